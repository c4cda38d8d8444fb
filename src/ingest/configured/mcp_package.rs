//! Whether a command runs a package or image of a fixed version.

/// `false` when the command fetches whatever version is newest. Commands that run local programs
/// fetch nothing and count as pinned.
pub fn is_pinned(words: &[&str]) -> bool {
    let words: Vec<&str> = words.iter().copied().filter(|word| !word.is_empty()).collect();
    let Some((program, rest)) = words.split_first() else { return true };
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program).to_ascii_lowercase();
    let name = [".exe", ".cmd"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    if WRAPPERS.contains(&name) {
        let inner =
            rest.iter().position(|word| !word.starts_with(['-', '/']) && !word.contains('='));
        return inner.and_then(|start| rest.get(start..)).is_none_or(is_pinned);
    }
    let Some(runner) = RUNNERS.iter().find(|runner| runner.program == name) else { return true };
    let Some(rest) = runner.after(rest) else { return true };
    match target(rest, runner.value_flags) {
        Some(target) => (runner.is_pinned)(target),
        None => true,
    }
}

/// Programs that only start another one.
const WRAPPERS: &[&str] = &["cmd", "env", "sudo"];

/// A program that fetches what it runs.
struct Runner {
    program: &'static str,
    /// The words between the program and its options; empty when it runs at once.
    command: &'static [&'static str],
    /// Options whose value is the next word.
    value_flags: &'static [&'static str],
    is_pinned: fn(&str) -> bool,
}

const PYTHON_FLAGS: &[&str] =
    &["--python", "-p", "--with", "--index-url", "--refresh-package", "--spec"];
const DOCKER_FLAGS: &[&str] = &[
    "-e",
    "--env",
    "--env-file",
    "-v",
    "--volume",
    "--mount",
    "--network",
    "--net",
    "--name",
    "-p",
    "--publish",
    "-u",
    "--user",
    "-w",
    "--workdir",
    "--entrypoint",
    "--platform",
    "-l",
    "--label",
    "--add-host",
    "-m",
    "--memory",
    "--cpus",
    "--cap-add",
    "--cap-drop",
    "--security-opt",
    "--tmpfs",
    "--pull",
    "-h",
    "--hostname",
    "--dns",
    "--device",
    "--gpus",
    "--ulimit",
    "--log-driver",
];

const fn runner(
    program: &'static str,
    command: &'static [&'static str],
    value_flags: &'static [&'static str],
    is_pinned: fn(&str) -> bool,
) -> Runner {
    Runner { program, command, value_flags, is_pinned }
}

const RUNNERS: &[Runner] = &[
    runner("npx", &[], &["-c", "--call"], is_npm_pinned),
    runner("bunx", &[], &[], is_npm_pinned),
    runner("pnpx", &[], &[], is_npm_pinned),
    runner("npm", &["exec"], &[], is_npm_pinned),
    runner("pnpm", &["dlx"], &[], is_npm_pinned),
    runner("yarn", &["dlx"], &[], is_npm_pinned),
    runner("bun", &["x"], &[], is_npm_pinned),
    runner("uvx", &[], PYTHON_FLAGS, is_python_pinned),
    runner("uv", &["tool", "run"], PYTHON_FLAGS, is_python_pinned),
    runner("pipx", &["run"], PYTHON_FLAGS, is_python_pinned),
    runner("docker", &["run"], DOCKER_FLAGS, is_image_pinned),
    runner("podman", &["run"], DOCKER_FLAGS, is_image_pinned),
    runner("nerdctl", &["run"], DOCKER_FLAGS, is_image_pinned),
];

impl Runner {
    /// The words after the runner's own command, when it is given.
    fn after<'a, 'b>(&self, words: &'a [&'b str]) -> Option<&'a [&'b str]> {
        words.strip_prefix(self.command)
    }
}

/// Options that name the package themselves.
const PACKAGE_FLAGS: &[&str] = &["--package", "--from", "--spec"];

/// The package or image: named by an option, or the first word that is none.
fn target<'a>(words: &[&'a str], value_flags: &[&str]) -> Option<&'a str> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (flag, value) = word.split_once('=').map_or((*word, None), |(f, v)| (f, Some(v)));
        if PACKAGE_FLAGS.contains(&flag) {
            return value.or_else(|| words.next().copied());
        }
        if value_flags.contains(&flag) {
            if value.is_none() {
                words.next();
            }
        } else if !word.starts_with('-') {
            return Some(word);
        }
    }
    None
}

/// `name@1.2.3` or `@scope/name@1.2.3`; a path is local.
fn is_npm_pinned(package: &str) -> bool {
    if package.starts_with(['.', '/', '~', '$']) {
        return true;
    }
    let name = package.strip_prefix('@').unwrap_or(package);
    name.split_once('@').is_some_and(|(_, version)| is_exact(version))
}

/// `name==1.2.3`, `name@1.2.3`, or a repository at a commit.
fn is_python_pinned(package: &str) -> bool {
    if package.starts_with(['.', '/', '~', '$']) {
        return true;
    }
    if package.contains("git+") {
        let commit = package.rsplit_once('@').map_or("", |(_, commit)| commit);
        return commit.len() >= 7 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    let version = package.split_once("==").or_else(|| package.split_once('@'));
    version.is_some_and(|(_, version)| is_exact(version))
}

/// A digest, or a tag that is not `latest`.
pub fn is_image_pinned(image: &str) -> bool {
    if image.contains("@sha256:") {
        return true;
    }
    let name = image.rsplit('/').next().unwrap_or(image);
    name.split_once(':').is_some_and(|(_, tag)| !tag.is_empty() && tag != "latest")
}

/// A version rather than a range or a moving tag: `1.2.3`, not `^1`, `latest`, `next`.
pub fn is_exact(version: &str) -> bool {
    version.trim_start_matches('v').starts_with(|first: char| first.is_ascii_digit())
        && !version.contains(['*', '>', '<', '|', ' '])
        && !version.ends_with(".x")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(command: &str, pinned: bool) {
        let words: Vec<&str> = command.split_whitespace().collect();
        assert_eq!(is_pinned(&words), pinned, "{command}");
    }

    #[test]
    fn packages() {
        check("npx -y @scope/server", false);
        check("npx -y @scope/server@latest", false);
        check("npx -y @scope/server@1.2.3 --flag", true);
        check("npx --package=server@2.0.0 server", true);
        check("/usr/bin/npx server@^1", false);
        check("cmd /c npx server", false);
        check("env A=b npx server@1.0.0", true);
        check("npx ./local", true);
        check("uvx server", false);
        check("uvx server@1.0", true);
        check("uvx --from git+https://h/r@0123abc server", true);
        check("uvx --from git+https://h/r server", false);
        check("uv tool run --python 3.12 server==1.0", true);
        check("uv run python server.py", true);
        check("npm run start", true);
        check("node server.js", true);
        check("", true);
    }

    #[test]
    fn images() {
        check("docker run -i --rm -e TOKEN ghcr.io/o/server", false);
        check("docker run -i --rm --env=A=b ghcr.io/o/server:latest", false);
        check("docker run --name x host:5000/o/server", false);
        check("docker run -v /a:/b o/server:1.2", true);
        check("podman run o/server@sha256:abcd", true);
        check("docker compose up", true);
    }
}
