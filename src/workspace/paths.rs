//! Where things are: the case that was opened last, the author's key, the witness of checkpoints.

use std::path::{Path, PathBuf};

use directories::ProjectDirs;

use super::error::{Error, ErrorKind};

/// The folders of one user. `DIPTYCH_HOME` puts all of them under one folder.
#[derive(Clone, Debug)]
pub struct Paths {
    data: PathBuf,
    config: PathBuf,
    state: PathBuf,
}

impl Paths {
    /// The platform's folders, or those under `home`.
    pub fn find(home: Option<PathBuf>) -> Result<Self, Error> {
        if let Some(home) = home {
            return Ok(Self {
                data: home.join("data"),
                config: home.join("config"),
                state: home.join("state"),
            });
        }
        let project = ProjectDirs::from("", "", "diptych").ok_or_else(|| {
            Error::new(ErrorKind::Usage, "no home folder is known for this user")
                .with_hint("Set DIPTYCH_HOME to a folder that Diptych may use.")
        })?;
        Ok(Self {
            data: project.data_dir().to_owned(),
            config: project.config_dir().to_owned(),
            state: project.state_dir().unwrap_or(project.data_local_dir()).to_owned(),
        })
    }

    /// The bundled sample's case.
    pub fn sample_case(&self) -> PathBuf {
        self.data.join("cases").join("sample")
    }

    /// The author's signing key.
    pub fn author_key(&self) -> PathBuf {
        self.config.join("author.key")
    }

    /// Overrides of views, queries and themes.
    pub fn catalog(&self) -> &Path {
        &self.config
    }

    /// Copies of ledger checkpoints, kept outside every case.
    pub fn witness(&self) -> PathBuf {
        self.state.join("checkpoints")
    }

    /// The case that was opened last, if it is still there.
    pub fn last_case(&self) -> Option<PathBuf> {
        let path = PathBuf::from(std::fs::read_to_string(self.data.join("last-case")).ok()?);
        path.is_dir().then_some(path)
    }

    /// Remembers the case that was opened last. Failing to is no reason to stop.
    pub fn remember_case(&self, case: &Path) {
        let absolute = std::path::absolute(case).unwrap_or_else(|_| case.to_owned());
        let written = std::fs::create_dir_all(&self.data).and_then(|()| {
            std::fs::write(self.data.join("last-case"), absolute.as_os_str().as_encoded_bytes())
        });
        drop(written);
    }
}
