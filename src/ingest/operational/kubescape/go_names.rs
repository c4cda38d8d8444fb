//! Profiles as the storage keeps them inside: under the field names of the Go types, with the object's
//! metadata among the members (`{"kind":…,"name":…,"Spec":{"Execs":[{"Path":…}]}}`).

use serde_json::{Map, Value};

/// The same object in the names of the resource's definition; `None` when it is in them already.
pub fn to_wire(json: &str) -> Option<String> {
    // Most objects are not: a look at the text is cheaper than reading it twice.
    if !json.contains("\"Spec\"") {
        return None;
    }
    let Ok(Value::Object(mut members)) = serde_json::from_str(json) else { return None };
    let spec = members.remove("Spec")?;
    let mut wire = Map::new();
    for key in ["kind", "apiVersion"] {
        wire.extend(members.remove(key).map(|value| (key.to_owned(), value)));
    }
    let metadata = members.remove("metadata").or_else(|| members.remove("ObjectMeta"));
    wire.insert("metadata".to_owned(), metadata.unwrap_or(Value::Object(members)));
    wire.insert("spec".to_owned(), renamed(spec));
    Some(Value::Object(wire).to_string())
}

/// Every key in lower camel case. The nesting is that of a document that was read: bounded.
fn renamed(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            members.into_iter().map(|(key, value)| (lower_camel(&key), renamed(value))).collect()
        }
        Value::Array(items) => items.into_iter().map(renamed).collect(),
        other => other,
    }
}

/// `DNSNames` → `dnsNames`, `ImageID` → `imageID`, `Path` → `path`. Keys that are data (labels) do not
/// begin with a capital.
fn lower_camel(key: &str) -> String {
    let capitals = key.chars().take_while(char::is_ascii_uppercase).count();
    let lowered = match capitals {
        0 | 1 => capitals,
        all if all == key.len() => all,
        // The last capital begins the next word.
        several => several - 1,
    };
    let (head, tail) = key.split_at_checked(lowered).unwrap_or((key, ""));
    head.to_ascii_lowercase() + tail
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_names_become_wire_names() {
        for (go, wire) in [
            ("DNSNames", "dnsNames"),
            ("DNS", "dns"),
            ("IPAddress", "ipAddress"),
            ("ImageID", "imageID"),
            ("Path", "path"),
            ("app", "app"),
        ] {
            assert_eq!(lower_camel(go), wire);
        }
    }

    #[test]
    fn metadata_may_stand_among_the_members() {
        let check = |json: &str, expected: Option<&str>| {
            assert_eq!(to_wire(json).as_deref(), expected, "{json}");
        };
        check(
            r#"{"kind":"ContainerProfile","apiVersion":"g/v1","name":"n","Spec":{"Execs":[{"Path":"/bin/sh"}]}}"#,
            Some(
                r#"{"apiVersion":"g/v1","kind":"ContainerProfile","metadata":{"name":"n"},"spec":{"execs":[{"path":"/bin/sh"}]}}"#,
            ),
        );
        check(r#"{"kind":"ContainerProfile","spec":{}}"#, None);
    }
}
