//! Which events read sensitive data: as declared for the case, and by default.

use crate::domain::matcher::{Dialect, GlobIgnoringCase};
use crate::domain::sensitivity::DataRules;
use crate::domain::{Event, EventKind, Text};

/// A label with the rule that gave it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    pub label: Text,
    pub because: String,
}

/// The part of an event that a default looks at.
#[derive(Clone, Copy)]
enum Part {
    Action,
    Target,
    TargetKind,
}

/// What is sensitive when nobody declares it.
struct Default {
    label: &'static str,
    because: &'static str,
    kind: EventKind,
    part: Part,
    globs: &'static [&'static str],
}

const DEFAULTS: &[Default] = &[
    Default {
        label: "secret",
        because: "default: Secrets of Kubernetes",
        kind: EventKind::K8sApi,
        part: Part::TargetKind,
        globs: &["secrets"],
    },
    Default {
        label: "secret",
        because: "default: a secret store of a cloud",
        kind: EventKind::CloudApi,
        part: Part::Action,
        globs: &[
            "secretsmanager:GetSecretValue",
            "secretsmanager:BatchGetSecretValue",
            "ssm:GetParameter*",
            "kms:Decrypt",
            "secretmanager.versions.access",
            "Microsoft.KeyVault/vaults/secrets/*",
        ],
    },
    Default {
        label: "secret",
        because: "default: a file of credentials",
        kind: EventKind::File,
        part: Part::Target,
        globs: &[
            "/var/run/secrets/*",
            "/run/secrets/*",
            "*/.env",
            "*/.aws/credentials",
            "*/.kube/config",
            "*/.docker/config.json",
            "*/.ssh/id_*",
            "/etc/shadow",
            "/proc/*/environ",
        ],
    },
    Default {
        label: "stored data",
        because: "default: an object store or database of a cloud",
        kind: EventKind::CloudApi,
        part: Part::Action,
        globs: &[
            "s3:GetObject",
            "dynamodb:GetItem",
            "dynamodb:BatchGetItem",
            "dynamodb:Query",
            "dynamodb:Scan",
            "rds-data:ExecuteStatement",
            "athena:GetQueryResults",
            "storage.objects.get",
            "bigquery.tables.getData",
        ],
    },
    Default {
        label: "stored data",
        because: "default: a knowledge or memory store",
        kind: EventKind::ToolCall,
        part: Part::TargetKind,
        globs: &["retrieval", "memory"],
    },
];

/// What `ingest` writes in place of a secret: stars and the digits of a keyed digest.
const MASK: &str = "***";
const DIGEST: usize = 8;
const MASKED: &str = "default: a value that looks like a secret";

/// The labels of what an event read, sorted. A declared label goes before a default of its name.
pub fn labels(event: &Event, rules: &DataRules) -> Vec<Label> {
    let raw = |text: &Option<Text>| text.as_ref().map(|text| text.raw().to_owned());
    let is_tool = matches!(event.kind, EventKind::ToolCall | EventKind::ToolResult);
    let (action, target) = (raw(&event.action), raw(&event.target));
    let (tool, server) =
        if is_tool { (action.as_deref(), target.as_deref()) } else { (None, None) };
    let kind = event.target_kind.as_ref().map(Text::raw).filter(|_| !is_tool);
    let acted = !matches!(event.kind, EventKind::Catalog | EventKind::Other | EventKind::Alert);
    let declared = rules.sensitivity.iter().filter(|rule| {
        let resource = target.as_deref().filter(|_| !is_tool);
        acted && (rule.matches(tool, resource, server) || rule.matches(None, kind, None))
    });
    let mut labels: Vec<Label> = declared
        .map(|rule| Label { label: rule.label.as_str().into(), because: "declared".to_owned() })
        .collect();
    let mut default = |label: &str, because: &str| {
        if labels.iter().all(|known| known.label != *label) {
            labels.push(Label { label: label.into(), because: because.to_owned() });
        }
    };
    for row in DEFAULTS.iter().filter(|row| row.kind == event.kind) {
        let text = match row.part {
            Part::Action => &event.action,
            Part::Target => &event.target,
            Part::TargetKind => &event.target_kind,
        };
        let reads = super::sink::reads(event);
        let matches = |glob: &&str| {
            text.as_ref().is_some_and(|text| GlobIgnoringCase::matches(glob, text.raw()))
        };
        if reads && row.globs.iter().any(matches) {
            default(row.label, row.because);
        }
    }
    labels.sort();
    labels.dedup();
    labels
}

/// The label of a value that ingest has masked.
pub fn of_mask(value: &str) -> Option<Label> {
    let is_mask = value.match_indices(MASK).any(|(at, _)| {
        let digest = value.get(at + MASK.len()..).unwrap_or_default();
        digest.bytes().take_while(u8::is_ascii_hexdigit).count() >= DIGEST
    });
    is_mask.then(|| Label { label: "secret".into(), because: MASKED.to_owned() })
}
