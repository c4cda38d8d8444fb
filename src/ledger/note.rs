//! Signed notes (C2SP signed-note v1.0.0): a text, a blank line, and signature lines.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signature;

use super::{AuthorKey, VerifierKey};

/// Signs `text`, which must end with a newline.
pub fn sign(text: &str, key: &AuthorKey) -> String {
    let verifier = key.verifier();
    let mut signature = verifier.id().to_be_bytes().to_vec();
    signature.extend_from_slice(&key.sign(text.as_bytes()));
    format!("{text}\n— {} {}\n", verifier.name(), STANDARD.encode(signature))
}

/// Why a note is not trusted.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    #[error("it is not a signed note")]
    Malformed,
    #[error("it carries no signature of {0}")]
    Unsigned(String),
    #[error("its signature is wrong")]
    BadSignature,
}

/// The text of a note that `key` signed. Signatures of other keys are passed over, as the
/// specification asks.
pub fn open<'a>(note: &'a str, key: &VerifierKey) -> Result<&'a str, NoteError> {
    let blank = note.rfind("\n\n").ok_or(NoteError::Malformed)?;
    let (text, lines) = note.split_at(blank + 1);
    let lines = lines.strip_prefix('\n').and_then(|lines| lines.strip_suffix('\n'));
    let mut signed = false;
    for line in lines.ok_or(NoteError::Malformed)?.split('\n') {
        let (name, encoded) = line
            .strip_prefix("— ")
            .and_then(|rest| rest.split_once(' '))
            .ok_or(NoteError::Malformed)?;
        let decoded = STANDARD.decode(encoded).map_err(|_| NoteError::Malformed)?;
        let (id, signature) = decoded.split_at_checked(4).ok_or(NoteError::Malformed)?;
        if name != key.name() || id != key.id().to_be_bytes() {
            continue;
        }
        let signature = Signature::from_slice(signature).map_err(|_| NoteError::BadSignature)?;
        if !key.verifies(text.as_bytes(), &signature) {
            return Err(NoteError::BadSignature);
        }
        signed = true;
    }
    match signed {
        true => Ok(text),
        false => Err(NoteError::Unsigned(key.name().to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the documentation of golang.org/x/mod/sumdb/note.
    const PUBLIC: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                        then you don't know what your problem is.\n";
    const SIGNATURE: &str = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    fn peter() -> VerifierKey {
        PUBLIC.parse().expect("a documented key")
    }

    #[test]
    fn the_documented_note_opens() {
        assert_eq!(open(&format!("{TEXT}\n{SIGNATURE}"), &peter()), Ok(TEXT));
    }

    #[test]
    fn unknown_signatures_are_passed_over() {
        let anna = AuthorKey::from_seed("anna", [7; 32]).expect("a name");
        let both = format!("{}{SIGNATURE}", sign(TEXT, &anna));
        assert_eq!(open(&both, &peter()), Ok(TEXT));
        assert_eq!(open(&both, anna.verifier()), Ok(TEXT));
        let alone = sign(TEXT, &anna);
        assert_eq!(open(&alone, &peter()), Err(NoteError::Unsigned("PeterNeumann".to_owned())));
    }

    #[test]
    fn any_changed_byte_is_found() {
        let note = format!("{TEXT}\n{SIGNATURE}");
        for at in 0..note.len() {
            let mut changed = note.clone().into_bytes();
            changed[at] ^= 1;
            if let Ok(changed) = String::from_utf8(changed) {
                assert!(open(&changed, &peter()).is_err(), "byte {at}");
            }
        }
    }
}
