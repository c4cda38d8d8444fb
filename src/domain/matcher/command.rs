//! Commands of a shell as Claude Code's `Bash(…)` rules spell them (code.claude.com/docs, "Configure
//! permissions", Bash).

use super::Dialect;
use super::tokens::{self, Token};

/// `*` for any characters, at any place. At the end after a space, or as `:*`, it stands for any
/// arguments or none: `ls *` is `ls` and `ls -l`, not `lsof`.
pub struct Command;

impl Dialect for Command {
    fn matches(pattern: &str, text: &str) -> bool {
        tokens::matches(&read(pattern), text.trim(), NONE)
    }

    fn covers(wide: &str, narrow: &str) -> bool {
        tokens::covers(&read(wide), &read(narrow), NONE)
    }
}

/// No wildcard stops in a command.
const NONE: char = '\0';

fn read(pattern: &str) -> Vec<Vec<Token>> {
    let pattern = pattern.trim();
    let plain = |pattern: &str| -> Vec<Token> {
        let tokens = pattern.chars().map(|character| match character {
            '*' => Token::Across,
            other => Token::Char(other),
        });
        tokens.collect()
    };
    match pattern.strip_suffix(":*").or_else(|| pattern.strip_suffix(" *")) {
        Some(command) => {
            let command = plain(command.trim_end());
            let with_arguments = [command.as_slice(), &[Token::Char(' '), Token::Across]].concat();
            vec![command, with_arguments]
        }
        None => vec![plain(pattern)],
    }
}

#[cfg(test)]
mod tests {
    use super::super::properties::{check, dialect};
    use super::*;

    dialect!(commands, Command, "[ab*]{1,3}( \\*|:\\*)?");

    #[test]
    fn commands_of_the_documentation() {
        check::<Command>(&[
            ("npm run build", "npm run build", true),
            ("npm run build", "npm run build --watch", false),
            ("npm run test *", "npm run test -- -u", true),
            ("npm *", "npm install", true),
            ("* install", "npm install", true),
            ("* install", "npm install x", false),
            ("git * main", "git checkout main", true),
            ("git * main", "git log --oneline main", true),
            ("git *", "git log --oneline --all", true),
            ("ls *", "ls -la", true),
            ("ls *", "ls", true),
            ("ls *", "lsof", false),
            ("ls*", "lsof", true),
            ("ls:*", "ls -la", true),
            ("ls:*", "lsof", false),
            ("git:* push", "git push", false),
            ("*", "anything at all", true),
        ]);
    }

    #[test]
    fn wider_commands_cover_narrower_ones() {
        for (wide, narrow, covered) in [
            ("git:*", "git *", true),
            ("git *", "git log *", true),
            ("git log *", "git *", false),
            ("*", "git:*", true),
            ("git * main", "git checkout main", true),
            ("git*", "git:*", true),
            ("git:*", "git*", false),
        ] {
            assert_eq!(Command::covers(wide, narrow), covered, "{wide} {narrow}");
        }
    }
}
