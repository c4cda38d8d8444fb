//! Command lines to show: argument words kept apart and quoted for a POSIX shell.
//!
//! A word that a shell would read as itself stands bare. Any other stands in single quotes, which keep
//! every character but the quote (POSIX.1-2024 XCU 2.2.2); one with characters that would act on a
//! terminal or hide from a reader stands in dollar-single-quotes, with those bytes as octal escapes
//! (2.2.4; also in bash, ksh and zsh). Whatever the word, it is one word to the shell.

use super::containment::Command;
use super::text::visible;

impl Command {
    /// The command as a person may read and copy it. Nothing in it is hidden.
    pub fn shown(&self) -> String {
        let words: Vec<String> = self.words.iter().map(|word| quoted(word.raw())).collect();
        match &self.input {
            Some(input) => format!("printf %s {} | {}", quoted(input.raw()), words.join(" ")),
            None => words.join(" "),
        }
    }
}

/// A word that no argument can carry: a NUL ends it.
pub fn is_expressible(word: &str) -> bool {
    !word.contains('\0')
}

/// One word of a command line.
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    if visible(word) == word {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut shown = String::from("$'");
    for character in word.chars() {
        match character {
            '\'' | '\\' => shown.extend(['\\', character]),
            ' '..='~' => shown.push(character),
            other => {
                for byte in other.encode_utf8(&mut [0; 4]).bytes() {
                    shown += &format!("\\{byte:03o}");
                }
            }
        }
    }
    shown.push('\'');
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Text;

    /// The words of a command line as a POSIX shell splits them (XCU 2.2, 2.3): blanks apart, quotes
    /// of the three kinds joined to what stands beside them. `None` where a shell would do more than
    /// pass words on: an operator, an expansion, a comment, a quote without its end.
    fn split(line: &str) -> Option<Vec<String>> {
        let (mut words, mut word): (Vec<String>, Option<Vec<u8>>) = (Vec::new(), None);
        let mut rest = line.chars().peekable();
        let utf8 = |c: char| c.to_string().into_bytes();
        while let Some(character) = rest.next() {
            match character {
                ' ' | '\t' | '\n' => {
                    if let Some(word) = word.take() {
                        words.push(String::from_utf8(word).ok()?);
                    }
                    if character == '\n' {
                        return None;
                    }
                }
                '\'' => {
                    let word = word.get_or_insert_default();
                    loop {
                        match rest.next()? {
                            '\'' => break,
                            inside => word.extend(utf8(inside)),
                        }
                    }
                }
                '\\' => word.get_or_insert_default().extend(utf8(rest.next()?)),
                '$' if rest.peek() == Some(&'\'') => {
                    rest.next();
                    let word = word.get_or_insert_default();
                    loop {
                        match rest.next()? {
                            '\'' => break,
                            '\\' => match rest.next()? {
                                quote @ ('\'' | '\\') => word.extend(utf8(quote)),
                                first @ '0'..='7' => {
                                    let mut byte = first.to_digit(8)?;
                                    for _ in 0..2 {
                                        byte = byte * 8 + rest.next()?.to_digit(8)?;
                                    }
                                    word.push(u8::try_from(byte).ok()?);
                                }
                                _ => return None,
                            },
                            inside => word.extend(utf8(inside)),
                        }
                    }
                }
                c if "|&;<>()$`\"*?[#~!{}".contains(c) => return None,
                plain => word.get_or_insert_default().extend(utf8(plain)),
            }
        }
        if let Some(word) = word {
            words.push(String::from_utf8(word).ok()?);
        }
        Some(words)
    }

    #[track_caller]
    fn check(word: &str, expected: &str) {
        assert_eq!(quoted(word), expected);
        assert_eq!(split(expected), Some(vec![word.to_owned()]));
    }

    #[test]
    fn words_are_quoted_as_needed() {
        check("billing-7f.x", "billing-7f.x");
        check("--namespace=agents", "--namespace=agents");
        check("", "''");
        check("a b", "'a b'");
        check("$(reboot)", "'$(reboot)'");
        check("`id`;rm -rf /", "'`id`;rm -rf /'");
        check("it's", r"'it'\''s'");
        check("a\nb", r"$'a\012b'");
        check("\u{202e}x'\\", r"$'\342\200\256x\'\\'");
    }

    #[test]
    fn the_splitter_of_the_tests_refuses_what_a_shell_would_run() {
        for line in
            ["a; b", "a $(b)", "a `b`", "a | b", "a > b", "a 'b", "a\nb", "a \"$b\"", "a # b"]
        {
            assert_eq!(split(line), None, "{line}");
        }
        assert_eq!(split("a  'b c'd"), Some(vec!["a".into(), "b cd".into()]));
    }

    proptest::proptest! {
        #[test]
        fn every_value_is_exactly_one_word(
            values in proptest::collection::vec("[^\0]{0,12}|[-'\"$`\\\\;|&\n\r\u{1b}\u{202e} ~#*!]{0,12}", 1..4),
        ) {
            let words: Vec<Text> = values.iter().map(Text::new).collect();
            let shown = Command { words, input: None }.shown();
            proptest::prop_assert_eq!(visible(&shown), shown.as_str());
            proptest::prop_assert_eq!(split(&shown), Some(values));
        }
    }
}
