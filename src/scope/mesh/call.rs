//! A call, as far as it is known.

use std::collections::BTreeMap;

use super::attribute;
use crate::domain::Text;

/// What is known of a call. An attribute that is not listed is decided by the request alone.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// By full name; no value at all means that the call is known not to have it.
    known: BTreeMap<Text, Vec<Text>>,
    has_no_token: bool,
}

/// Who a workload is to others, by its certificate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    pub trust_domain: Text,
    pub namespace: Text,
    pub account: Text,
}

/// Attributes of the certificate of a caller: a call in plain text has none of them.
const OF_CERTIFICATE: [&str; 4] =
    ["source.principal", "source.namespace", "source.serviceAccount", "source.trustDomain"];

/// Attributes of the token of a request.
const OF_TOKEN: &str = "request.auth.";

impl Call {
    /// Over mutual TLS, as this identity.
    pub fn by(self, caller: &Identity) -> Self {
        let Identity { trust_domain, namespace, account } = caller;
        let (domain, space, name) = (trust_domain.raw(), namespace.raw(), account.raw());
        self.with("source.principal", &format!("{domain}/ns/{space}/sa/{name}"))
            .with("source.namespace", space)
            .with("source.serviceAccount", &format!("{space}/{name}"))
            .with("source.trustDomain", domain)
    }

    /// In plain text: nobody vouches for the caller.
    pub fn in_plain_text(mut self) -> Self {
        self.known.extend(OF_CERTIFICATE.map(|name| (Text::from(name), Vec::new())));
        self
    }

    /// Without a token that the workload would take.
    pub fn without_token(self) -> Self {
        Self { has_no_token: true, ..self }
    }

    /// With one more value of an attribute, by any of its names.
    pub fn with(mut self, named: &str, value: &str) -> Self {
        if let Some(attribute) = attribute::find(named) {
            self.known.entry(attribute.full_name(named)).or_default().push(value.into());
        }
        self
    }

    /// The values of an attribute; `None` when only the request decides.
    pub(super) fn values(&self, full_name: &Text) -> Option<&[Text]> {
        match self.known.get(full_name) {
            Some(values) => Some(values),
            None if self.has_no_token && full_name.raw().starts_with(OF_TOKEN) => Some(&[]),
            None => None,
        }
    }
}
