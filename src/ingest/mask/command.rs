//! Secrets in command lines and addresses.
//!
//! A configuration says that a secret is used; what it is never leaves the evidence. The rules err on
//! the side of masking. References such as `${TOKEN}` are no secrets and stay.

use super::Masker;
use super::names::is_secret_key;

/// Parts of a flag's or variable's name that say its value is a secret, beside those of any key.
const SECRET_NAMES: &[&str] =
    &["token", "pwd", "credential", "auth", "bearer", "cookie", "session", "signature", "private"];

/// How well-known secrets begin.
const SECRET_PREFIXES: &[&str] = &[
    "sk-",
    "sk_",
    "pk_",
    "ghp_",
    "gho_",
    "ghs_",
    "ghu_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "xapp-",
    "AKIA",
    "ASIA",
    "AIza",
    "ya29.",
    "eyJ",
    "hf_",
    "npm_",
    "pypi-",
    "dop_v1_",
    "Bearer ",
    "Basic ",
];

/// A token without a known prefix is at least this long and mixes letters with digits.
const TOKEN_LENGTH: usize = 32;

impl Masker {
    /// The command line as one string, secrets masked. Errs on the side of masking: for the
    /// configured side, where a long opaque word is a token rather than an id.
    pub fn command_line<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> String {
        let mut shown: Vec<String> = Vec::new();
        let mut flag_takes_secret = false;
        for word in words {
            let masked = match flag_takes_secret && !is_reference(word) && !word.starts_with('-') {
                true => self.mask(word),
                false => self.argument(word),
            };
            flag_takes_secret = word.starts_with('-') && !word.contains('=') && names_secret(word);
            shown.push(masked);
        }
        shown.join(" ")
    }

    /// An address with its password, secret parameters and opaque path parts masked.
    pub fn address(&self, url: &str) -> String {
        let (before, query) = url.split_once('?').map_or((url, None), |(b, q)| (b, Some(q)));
        let mut shown = match before.split_once("://") {
            Some((scheme, rest)) => {
                let authority = rest.find('/').unwrap_or(rest.len());
                match rest.get(..authority).and_then(|authority| authority.rfind('@')) {
                    Some(at) => {
                        let (user, rest) = rest.split_at(at);
                        format!("{scheme}://{}{rest}", self.mask(user))
                    }
                    None => before.to_owned(),
                }
            }
            None => before.to_owned(),
        };
        shown = shown.split('/').map(|part| self.token(part)).collect::<Vec<_>>().join("/");
        if let Some(query) = query {
            let parts: Vec<String> = query.split('&').map(|part| self.argument(part)).collect();
            shown.push('?');
            shown.push_str(&parts.join("&"));
        }
        shown
    }

    /// One argument: `NAME=value`, `Header: value`, an address, or a token by itself.
    fn argument(&self, word: &str) -> String {
        let scheme = word.find("://");
        if scheme.is_some_and(|scheme| word.find('=').is_none_or(|equals| scheme < equals)) {
            return self.address(word);
        }
        for separator in ['=', ':'] {
            if let Some((name, value)) = word.split_once(separator)
                && !value.is_empty()
                && !value.starts_with("//")
            {
                let is_secret = names_secret(name) && !is_reference(value);
                return match (is_secret, value.contains("://")) {
                    (true, _) => format!("{name}{separator}{}", self.mask(value)),
                    (_, true) => format!("{name}{separator}{}", self.address(value)),
                    _ => format!("{name}{separator}{}", self.token(value)),
                };
            }
        }
        self.token(word)
    }

    fn token(&self, word: &str) -> String {
        let trimmed = word.trim();
        let known = SECRET_PREFIXES
            .iter()
            .any(|prefix| trimmed.starts_with(prefix) && trimmed.len() > prefix.len() + 4);
        let opaque = trimmed.len() >= TOKEN_LENGTH
            && trimmed
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_+=.~".contains(&byte))
            && trimmed.bytes().any(|byte| byte.is_ascii_digit())
            && trimmed.bytes().any(|byte| byte.is_ascii_alphabetic());
        if known || opaque { self.mask(trimmed) } else { word.to_owned() }
    }
}

fn names_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    is_secret_key(&name)
        || SECRET_NAMES.iter().any(|part| name.contains(part))
        || name.ends_with("key")
}

/// `${input:token}`, `$TOKEN`, `%TOKEN%`, `{{token}}`.
fn is_reference(value: &str) -> bool {
    let value = value.trim().trim_start_matches("Bearer ");
    value.starts_with('$')
        || value.starts_with("{{")
        || (value.starts_with('%') && value.ends_with('%'))
}

#[cfg(test)]
mod tests {
    use super::super::tests::without_digests;
    use super::*;

    fn command_line<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
        without_digests(&Masker::default().command_line(words))
    }

    fn address(url: &str) -> String {
        without_digests(&Masker::default().address(url))
    }

    #[track_caller]
    fn check(words: &[&str], expected: &str) {
        assert_eq!(command_line(words.iter().copied()), expected);
    }

    #[test]
    fn secrets_in_arguments() {
        check(&["npx", "-y", "@scope/server@1.2.3"], "npx -y @scope/server@1.2.3");
        check(&["x", "--api-key", "abc", "--verbose"], "x --api-key *** --verbose");
        check(&["x", "--token=abc", "-e", "DB_PASSWORD=p"], "x --token=*** -e DB_PASSWORD=***");
        check(&["x", "--token", "${input:t}"], "x --token ${input:t}");
        check(&["x", "--header", "Authorization: Bearer abcdef"], "x --header Authorization:***");
        check(&["x", "ghp_0123456789abcdef"], "x ***");
        check(&["x", "0123456789abcdef0123456789abcdef"], "x ***");
        check(
            &["x", "tests/mcp_servers/weather_server.py"],
            "x tests/mcp_servers/weather_server.py",
        );
        check(&["x", "https://u:p@h/a?token=t&b=c"], "x https://***@h/a?token=***&b=c");
        check(&["x", "--db=postgres://u:p@h/db"], "x --db=postgres://***@h/db");
    }

    #[test]
    fn secrets_in_addresses() {
        assert_eq!(address("https://h:8080/mcp"), "https://h:8080/mcp");
        assert_eq!(address("https://h/sk-0123456789/sse"), "https://h/***/sse");
        assert_eq!(address("https://h/?api_key=1&x=2"), "https://h/?api_key=***&x=2");
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_masked(words in proptest::collection::vec(".*", 0..4)) {
            command_line(words.iter().map(String::as_str));
            words.iter().for_each(|word| drop(address(word)));
        }
    }
}
