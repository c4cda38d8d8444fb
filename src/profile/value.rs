//! Values as they are compared: what they look like, in one spelling.

use super::argument::Sort;

/// Digits of a bank account or a card, at least.
const ACCOUNT_DIGITS: usize = 9;

/// Longer words of digits and letters are no IBAN.
const IBAN: std::ops::RangeInclusive<usize> = 15..=34;

/// What a text looks like.
pub fn sort_of(text: &str) -> Sort {
    let text = text.trim();
    if text.contains(char::is_whitespace) {
        return match text {
            text if is_account(text) => Sort::Account,
            text if is_date(text) => Sort::Date,
            _ => Sort::Text,
        };
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    match text.split_once('@') {
        Some((user, host)) if !user.is_empty() && is_host(host) => return Sort::Email,
        _ => {}
    }
    if text.contains("://") || is_host(text.split('/').next().unwrap_or(text)) {
        return Sort::Url;
    }
    match () {
        () if is_date(text) => Sort::Date,
        () if is_account(text) => Sort::Account,
        () if text.parse::<f64>().is_ok() => Sort::Number,
        () if digits > 0 => Sort::Id,
        () => Sort::Word,
    }
}

/// `name.tld`, the last part of letters only.
fn is_host(text: &str) -> bool {
    let mut labels = text.split('.');
    let last = labels.next_back().unwrap_or_default();
    let is_label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
    };
    last.len() >= 2
        && last.chars().all(char::is_alphabetic)
        && text.contains('.')
        && labels.all(is_label)
}

/// Many digits and nothing but what groups them, or an IBAN.
fn is_account(text: &str) -> bool {
    let compact = || text.chars().filter(|c| !matches!(c, ' ' | '-'));
    let length = compact().count();
    let is_iban = || {
        IBAN.contains(&length)
            && compact().take(2).all(|c| c.is_ascii_uppercase())
            && compact().skip(2).take(2).all(|c| c.is_ascii_digit())
            && compact().all(|c| c.is_ascii_alphanumeric())
    };
    (length >= ACCOUNT_DIGITS && compact().all(|c| c.is_ascii_digit())) || is_iban()
}

/// `2024-05-26`, `26.05.2024`, with or without a time behind it.
fn is_date(text: &str) -> bool {
    let day = text.split([' ', 'T']).next().unwrap_or(text);
    let parts: Vec<&str> = day.split(['-', '.', '/']).collect();
    let is_part = |part: &&str| matches!(part.len(), 1 | 2 | 4) && part.parse::<u32>().is_ok();
    parts.len() == 3 && parts.iter().all(is_part) && parts.iter().any(|part| part.len() == 4)
}

/// The digest of a value in one spelling: case, blanks and the dress of addresses do not matter.
pub fn digest(sort: Sort, text: &str) -> u64 {
    let folded = text.trim().to_lowercase();
    let bare = match sort {
        Sort::Url => {
            let rest = folded.split_once("://").map_or(folded.as_str(), |(_, rest)| rest);
            rest.strip_prefix("www.").unwrap_or(rest).trim_end_matches('/')
        }
        _ => folded.as_str(),
    };
    match sort {
        Sort::Account => hash(&bare.replace([' ', '-'], "")),
        Sort::Text => hash(&bare.split_whitespace().collect::<Vec<_>>().join(" ")),
        _ => hash(bare),
    }
}

/// 64 bits of BLAKE3: nobody can make an unknown value look like a known one.
pub fn hash(text: &str) -> u64 {
    blake3::hash(text.as_bytes())
        .as_bytes()
        .first_chunk()
        .map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// The addresses inside a longer text.
pub fn addresses(text: &str) -> impl Iterator<Item = (Sort, &str)> {
    let inside = |c: char| {
        c.is_alphanumeric()
            || matches!(c, '@' | '.' | '_' | '-' | '+' | '%' | ':' | '/' | '?' | '=' | '&' | '#')
    };
    text.split(move |c: char| !inside(c))
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .map(|word| (sort_of(word), word))
        .filter(|(sort, _)| sort.is_address())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_apart_by_what_they_look_like() {
        let check = |text: &str, expected: Sort| assert_eq!(sort_of(text), expected, "{text}");
        check("eve@evil.example", Sort::Email);
        check("https://evil.example/a?b=c", Sort::Url);
        check("www.informations.com", Sort::Url);
        check("GB29NWBK60161331926819", Sort::Account);
        check("4111 1111 1111 1111", Sort::Account);
        check("2024-05-26", Sort::Date);
        check("2024-05-26 10:20", Sort::Date);
        check("13", Sort::Number);
        check("-1.5", Sort::Number);
        check("certificate_7504069", Sort::Id);
        check("Alice", Sort::Word);
        check("two words", Sort::Text);
        check("", Sort::Word);
    }

    #[test]
    fn spellings_of_one_value_are_one_value() {
        let check = |sort, a: &str, b: &str| assert_eq!(digest(sort, a), digest(sort, b), "{a}");
        check(Sort::Url, "https://www.Evil.example/", "evil.example");
        check(Sort::Email, " Eve@evil.example", "eve@EVIL.example");
        check(Sort::Account, "4111 1111 1111 1111", "4111-1111-1111-1111");
        assert_ne!(digest(Sort::Word, "a"), digest(Sort::Word, "b"));
    }

    #[test]
    fn addresses_are_found_inside_texts() {
        let found: Vec<&str> = addresses("Write to <eve@evil.example>, see http://evil.example/x.")
            .map(|a| a.1)
            .collect();
        assert_eq!(found, ["eve@evil.example", "http://evil.example/x"]);
    }
}
