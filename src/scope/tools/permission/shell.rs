//! The commands in a line of shell (POSIX.1-2024, Shell Command Language, 2.9 and 2.10), as far as
//! permission rules need them: where one ends and the next begins.

/// Words that run what follows them (Claude Code, "Wrappers"), with how many arguments come between.
const WRAPPERS: &[(&str, usize)] = &[
    ("timeout", 1),
    ("time", 0),
    ("nice", 0),
    ("nohup", 0),
    ("stdbuf", 0),
    ("command", 0),
    ("builtin", 0),
    ("noglob", 0),
    ("xargs", 0),
];

/// The commands of a line, in order. `None` when the line runs something that does not stand in it
/// (a substitution) or ends inside quotes.
pub fn commands(line: &str) -> Option<Vec<&str>> {
    let mut commands = Vec::new();
    let mut start = 0;
    let mut quote = None;
    let mut characters = line.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match (quote, character) {
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (Some('\''), _) => {}
            (_, '\\') => drop(characters.next()),
            (_, '`') => return None,
            (_, '$') if characters.peek().is_some_and(|(_, next)| *next == '(') => return None,
            (None, '\'' | '"') => quote = Some(character),
            (None, '<' | '>') if characters.peek().is_some_and(|(_, next)| *next == '(') => {
                return None;
            }
            // `>&2` and `&>` redirect; they end nothing.
            (None, '&') if is_redirection(line, at) => {}
            (None, '&' | '|' | ';' | '\n') => {
                commands.push(line.get(start..at)?);
                start = at + character.len_utf8();
            }
            _ => {}
        }
    }
    commands.push(line.get(start..)?);
    let commands = commands.into_iter().map(str::trim).filter(|command| !command.is_empty());
    quote.is_none().then(|| commands.collect())
}

fn is_redirection(line: &str, at: usize) -> bool {
    let before = line.get(..at).is_some_and(|before| before.ends_with(['>', '<']));
    before || line.get(at + 1..).is_some_and(|after| after.starts_with('>'))
}

/// The command inside wrappers: `timeout 30 npm test` runs `npm test`.
pub fn unwrapped(command: &str) -> &str {
    std::iter::successors(Some(command), |command| inside(command)).last().unwrap_or(command)
}

/// What a wrapper runs. With options it is judged as the command that it is.
fn inside(command: &str) -> Option<&str> {
    let (first, after) = word(command)?;
    let (_, arguments) = WRAPPERS.iter().find(|(wrapper, _)| *wrapper == first)?;
    let inner = (0..*arguments).try_fold(after, |rest, _| Some(word(rest)?.1))?;
    (!inner.is_empty() && !after.starts_with('-')).then_some(inner)
}

/// The command after the variables that are set for it, as far as `passes` names them.
pub fn after_variables(command: &str, passes: impl Fn(&str) -> bool) -> &str {
    let mut command = command;
    while let Some((first, after)) = word(command)
        && let Some((name, _)) = first.split_once('=').filter(|_| is_assignment(first))
        && passes(name)
        && !after.is_empty()
    {
        command = after;
    }
    command
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && !name.starts_with(|first: char| first.is_ascii_digit())
            && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
    })
}

/// The first word and what follows it. An assignment with quotes is no single word.
fn word(command: &str) -> Option<(&str, &str)> {
    let command = command.trim_start();
    let (word, after) = command.split_once(char::is_whitespace)?;
    (!word.contains(['\'', '"'])).then_some((word, after.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: Option<&[&str]>) {
        assert_eq!(commands(line).as_deref(), expected, "{line}");
    }

    #[test]
    fn commands_of_a_line() {
        check("git status", Some(&["git status"]));
        check("a && b || c; d | e |& f & g\nh", Some(&["a", "b", "c", "d", "e", "f", "g", "h"]));
        check("echo 'a && b' \"c | d\" e\\;f", Some(&["echo 'a && b' \"c | d\" e\\;f"]));
        check("make 2>&1 | tee log", Some(&["make 2>&1", "tee log"]));
        check("make &> log", Some(&["make &> log"]));
        check("echo $HOME", Some(&["echo $HOME"]));
        check("echo '$(x)'", Some(&["echo '$(x)'"]));
        check("echo $(x)", None);
        check("echo \"$(x)\"", None);
        check("echo `x`", None);
        check("diff <(a) b", None);
        check("echo 'open", None);
        check("", Some(&[]));
    }

    #[test]
    fn what_wrappers_and_variables_run() {
        for (command, inner) in [
            ("timeout 30 npm test", "npm test"),
            ("nohup nice npm test", "npm test"),
            ("xargs grep x", "grep x"),
            ("xargs -n1 grep x", "xargs -n1 grep x"),
            ("npx npm test", "npx npm test"),
            ("timeout", "timeout"),
            ("command -v git", "command -v git"),
        ] {
            assert_eq!(unwrapped(command), inner, "{command}");
        }
        for (command, any, safe) in [
            ("FOO=bar B=1 rm -rf t", "rm -rf t", "FOO=bar B=1 rm -rf t"),
            ("NODE_ENV=test npm test", "npm test", "npm test"),
            ("a=b", "a=b", "a=b"),
            ("1=b rm", "1=b rm", "1=b rm"),
        ] {
            assert_eq!(after_variables(command, |_| true), any, "{command}");
            assert_eq!(after_variables(command, |name| name == "NODE_ENV"), safe, "{command}");
        }
    }

    proptest::proptest! {
        #[test]
        fn commands_hold_every_letter_of_the_line(line in "[ab &|;'\"\\\\$(>]{0,12}") {
            if let Some(commands) = commands(&line) {
                let letters = |text: &str| text.chars().filter(char::is_ascii_alphabetic).count();
                let found: usize = commands.iter().map(|command| letters(command)).sum();
                proptest::prop_assert_eq!(found, letters(&line));
            }
        }
    }
}
