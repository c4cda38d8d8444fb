//! What a secret is called and what it looks like.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// Whether text can hold anything that is masked: a quick no for nearly all of it.
pub fn may_hold_secret(raw: &str) -> bool {
    const SIGNS: &[&str] = &[
        "password",
        "passwd",
        "secret",
        "apikey",
        "api_key",
        "api-key",
        "authorization",
        "privatekey",
        "private_key",
        "private-key",
        "accesskey",
        "access_key",
        "access-key",
        "token",
        "credential",
        "cookie",
        "bearer",
        "sk-",
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "github_pat_",
        "glpat-",
        "xoxb-",
        "xoxp-",
        "aiza",
        "akia",
        "asia",
        "hf_",
        "eyj",
        "://",
    ];
    static FINDER: LazyLock<Option<AhoCorasick>> =
        LazyLock::new(|| AhoCorasick::builder().ascii_case_insensitive(true).build(SIGNS).ok());
    FINDER.as_ref().is_none_or(|finder| finder.is_match(raw))
}

/// Whether a key's name says that its value is secret. `max_tokens` is not, `access_token` is.
pub fn is_secret_key(key: &str) -> bool {
    const CONTAINED: &[&str] =
        &["password", "passwd", "secret", "apikey", "authorization", "privatekey", "accesskey"];
    const ENDINGS: &[&str] = &["token", "credential", "credentials", "cookie"];
    let name: String =
        key.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect();
    CONTAINED.iter().any(|part| name.contains(part)) || ENDINGS.iter().any(|e| name.ends_with(e))
}

/// Whether a key's name says that its value identifies a credential and is none: what one record
/// issued and another used is joined by it.
pub fn is_identifier_key(key: &str) -> bool {
    matches!(key, "issuedCredentialId" | "credentialId")
}

/// Whether a word has the shape of a well-known kind of credential.
pub fn is_secret_shape(word: &str) -> bool {
    /// Prefix and least length of the whole.
    const SHAPES: &[(&str, usize)] = &[
        ("sk-", 20),
        ("ghp_", 36),
        ("gho_", 36),
        ("ghu_", 36),
        ("ghs_", 36),
        ("github_pat_", 36),
        ("glpat-", 20),
        ("xoxb-", 20),
        ("xoxp-", 20),
        ("AIza", 35),
        ("AKIA", 20),
        ("ASIA", 20),
        ("hf_", 30),
    ];
    let is_token =
        SHAPES.iter().any(|(prefix, least)| word.len() >= *least && word.starts_with(prefix));
    is_token || (word.starts_with("eyJ") && word.len() >= 30 && word.matches('.').count() == 2)
}
