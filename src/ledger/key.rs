//! Author keys: Ed25519 in the text forms of C2SP signed notes.
//!
//! The public form is `<name>+<8 hex digits of the key id>+<base64 of type and key>`; the secret
//! form, which the key file holds, puts `PRIVATE+KEY+` in front of the same with the seed.

use std::fmt;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use super::LedgerError;
use super::files;
use crate::domain::text;

/// The signature type of plain Ed25519 in a signed note.
const ED25519: u8 = 1;
const SECRET_PREFIX: &str = "PRIVATE+KEY+";
const NAME_LIMIT: usize = 64;
/// A key file holds one line; anything longer is something else.
const FILE_LIMIT: u64 = 4096;

/// An author's public key, with the name it signs under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    key: VerifyingKey,
}

/// An author's secret key. Made at first use, kept outside every case.
pub struct AuthorKey {
    secret: SigningKey,
    verifier: VerifierKey,
}

impl AuthorKey {
    /// Reads the key at `path`, or makes one for `author` there: file mode 0600, folder 0700. A key
    /// that exists keeps the name it was made with.
    pub fn load_or_create(path: &Path, author: &str) -> Result<Self, LedgerError> {
        match Self::load(path) {
            Err(LedgerError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Self::create(path, author)
            }
            loaded => loaded,
        }
    }

    /// The key of a seed. For tests and for the synthetic estate, where keys must be reproducible.
    pub fn from_seed(author: &str, seed: [u8; 32]) -> Result<Self, LedgerError> {
        if !is_author_name(author) {
            return Err(LedgerError::AuthorName { name: author.to_owned() });
        }
        let secret = SigningKey::from_bytes(&seed);
        let verifier = VerifierKey { name: author.to_owned(), key: secret.verifying_key() };
        Ok(Self { secret, verifier })
    }

    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.secret.sign(message).to_bytes()
    }

    fn load(path: &Path) -> Result<Self, LedgerError> {
        let file = fs::File::open(path).map_err(LedgerError::io("open", path))?;
        if files::is_exposed(&file).map_err(LedgerError::io("inspect", path))? {
            return Err(LedgerError::KeyExposed { path: path.to_owned() });
        }
        let mut stored = String::new();
        file.take(FILE_LIMIT).read_to_string(&mut stored).map_err(LedgerError::io("read", path))?;
        Self::from_stored(stored.trim_end())
            .ok_or_else(|| LedgerError::KeyMalformed { path: path.to_owned() })
    }

    /// The file is written under another name and linked into place: whoever comes second finds a
    /// whole key, and nobody's key is overwritten.
    fn create(path: &Path, author: &str) -> Result<Self, LedgerError> {
        let (mut seed, mut suffix) = ([0; 32], [0; 8]);
        for bytes in [seed.as_mut_slice(), suffix.as_mut_slice()] {
            getrandom::fill(bytes)
                .map_err(|error| io::Error::other(error.to_string()))
                .map_err(LedgerError::io("make a random key for", path))?;
        }
        let key = Self::from_seed(author, seed)?;
        if let Some(folder) = path.parent() {
            files::create_private_folder(folder).map_err(LedgerError::io("create", folder))?;
        }
        let temporary = files::with_suffix(path, &format!(".{:x}", u64::from_le_bytes(suffix)));
        let written = files::private()
            .write(true)
            .create_new(true)
            .open(&temporary)
            .and_then(|mut file| {
                file.write_all(key.stored().as_bytes())?;
                file.write_all(b"\n")?;
                file.sync_all()
            })
            .and_then(|()| fs::hard_link(&temporary, path));
        let removed = fs::remove_file(&temporary);
        match written {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::load(path),
            written => {
                written.and(removed).map_err(LedgerError::io("write", path))?;
                if let Some(folder) = path.parent() {
                    files::sync_folder(folder).map_err(LedgerError::io("sync", folder))?;
                }
                Ok(key)
            }
        }
    }

    fn stored(&self) -> String {
        let VerifierKey { name, .. } = &self.verifier;
        let id = self.verifier.id();
        format!("{SECRET_PREFIX}{name}+{id:08x}+{}", encode(self.secret.as_bytes()))
    }

    fn from_stored(stored: &str) -> Option<Self> {
        let (name, id, seed) = parts(stored.strip_prefix(SECRET_PREFIX)?)?;
        let key = Self::from_seed(name, seed).ok()?;
        (key.verifier.id() == id).then_some(key)
    }
}

impl fmt::Debug for AuthorKey {
    /// The secret stays out of logs and panics.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuthorKey({})", self.verifier)
    }
}

impl VerifierKey {
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first four bytes of SHA-256 over name, newline, type and key.
    pub fn id(&self) -> u32 {
        let mut hasher = Sha256::new();
        hasher.update(self.name.as_bytes());
        hasher.update([b'\n', ED25519]);
        hasher.update(self.key.as_bytes());
        let digest: [u8; 32] = hasher.finalize().into();
        let [a, b, c, d, ..] = digest;
        u32::from_be_bytes([a, b, c, d])
    }

    /// The name of this author's files in a ledger folder, without their extension.
    pub fn stem(&self) -> String {
        format!("{}-{:08x}", self.name, self.id())
    }

    pub fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        self.key.verify_strict(message, signature).is_ok()
    }

    /// Whether all the signatures are good; much faster than one by one, but names none.
    pub fn verifies_all(&self, messages: &[&[u8]], signatures: &[Signature]) -> bool {
        let keys = vec![self.key; messages.len()];
        ed25519_dalek::verify_batch(messages, signatures, &keys).is_ok()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{:08x}+{}", self.name, self.id(), encode(self.key.as_bytes()))
    }
}

/// The string is not the text form of an Ed25519 public key.
#[derive(Debug, thiserror::Error)]
#[error("not a verifier key: <name>+<key id>+<base64> expected")]
pub struct NotAVerifierKey;

impl FromStr for VerifierKey {
    type Err = NotAVerifierKey;

    fn from_str(text: &str) -> Result<Self, NotAVerifierKey> {
        let (name, id, key) = parts(text).ok_or(NotAVerifierKey)?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| NotAVerifierKey)?;
        // A key of small order verifies signatures that nobody made.
        let verifier = Self { name: name.to_owned(), key };
        match is_author_name(name) && verifier.id() == id && !key.is_weak() {
            true => Ok(verifier),
            false => Err(NotAVerifierKey),
        }
    }
}

/// Whether a name can stand in a key, a signed note and a file name alike.
pub fn is_author_name(name: &str) -> bool {
    let allowed = |character: char| character.is_alphanumeric() || "._@-".contains(character);
    name.len() <= NAME_LIMIT
        && name.starts_with(char::is_alphanumeric)
        && name.chars().all(allowed)
        && text::visible(name) == name
}

/// The type byte and the key, as both text forms carry them.
fn encode(key: &[u8; 32]) -> String {
    let mut typed = vec![ED25519];
    typed.extend_from_slice(key);
    STANDARD.encode(typed)
}

/// `<name>+<id>+<base64 of type and 32 bytes>` taken apart.
fn parts(text: &str) -> Option<(&str, u32, [u8; 32])> {
    let (name, rest) = text.split_once('+')?;
    let (id, encoded) = rest.split_once('+')?;
    let is_id = id.len() == 8 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let decoded = STANDARD.decode(encoded).ok()?;
    match decoded.split_first() {
        Some((&ED25519, key)) if is_id => {
            Some((name, u32::from_str_radix(id, 16).ok()?, key.try_into().ok()?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key pair of the documentation of golang.org/x/mod/sumdb/note.
    const SECRET: &str =
        "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const PUBLIC: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

    #[test]
    fn the_text_forms_are_those_of_signed_notes() {
        let key = AuthorKey::from_stored(SECRET).expect("a documented key");
        assert_eq!(key.verifier().to_string(), PUBLIC);
        assert_eq!(key.stored(), SECRET);
        assert_eq!(PUBLIC.parse::<VerifierKey>().expect("its public half"), *key.verifier());
    }

    #[test]
    fn a_mangled_public_key_is_refused() {
        for at in 0..PUBLIC.len() {
            assert!(PUBLIC[..at].parse::<VerifierKey>().is_err(), "first {at} bytes");
            let mut mangled = PUBLIC.as_bytes().to_vec();
            mangled[at] = mangled[at].wrapping_add(1);
            let mangled = String::from_utf8(mangled).expect("still ASCII");
            assert!(mangled.parse::<VerifierKey>().is_err(), "{mangled}");
        }
    }

    #[test]
    fn author_names_are_safe_in_file_names_and_notes() {
        for good in ["anna", "anna.m@example.org", "Zoë", "分析"] {
            assert!(is_author_name(good), "{good}");
        }
        for bad in ["", ".anna", "a b", "a+b", "a/b", "a\u{202e}b", "-x", "a\nb", "\u{3164}x"] {
            assert!(!is_author_name(bad), "{bad:?}");
        }
        assert!(!is_author_name(&"a".repeat(65)));
    }

    #[test]
    fn the_key_is_made_once_and_kept_private() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("keys/author.key");
        let made = AuthorKey::load_or_create(&path, "anna").expect("made at first use");
        let found = AuthorKey::load_or_create(&path, "someone-else").expect("found afterwards");
        assert_eq!(made.verifier(), found.verifier());
        let names = fs::read_dir(path.parent().expect("a folder")).expect("listed").count();
        assert_eq!(names, 1, "no temporary file is left");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode =
                |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
            assert_eq!(mode(&path), 0o600);
            assert_eq!(mode(path.parent().expect("a folder")), 0o700);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("changed");
            let refused = AuthorKey::load_or_create(&path, "anna");
            assert!(matches!(refused, Err(LedgerError::KeyExposed { .. })));
        }
    }
}
