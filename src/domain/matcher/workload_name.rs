//! Names of workloads, under which those of their pods fall.

use super::Dialect;

/// Letters and digits that Kubernetes puts into generated names.
const GENERATED: &str = "bcdfghjklmnpqrstvwxz2456789";

/// A workload, and what is named after it: its ReplicaSets, Jobs and pods, which carry one generated
/// suffix or two. Without wildcards.
pub struct WorkloadName;

impl Dialect for WorkloadName {
    fn matches(pattern: &str, text: &str) -> bool {
        pattern == text || stems(text).any(|stem| stem == pattern)
    }

    fn covers(wide: &str, narrow: &str) -> bool {
        // What is named after one that is itself named after another may carry more suffixes.
        wide == narrow
    }
}

/// The name without one generated suffix, then without two.
pub fn stems(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(stem(name), |name| stem(name)).take(2)
}

/// The name without a generated suffix, when it has one.
pub fn stem(name: &str) -> Option<&str> {
    let (stem, suffix) = name.rsplit_once('-')?;
    is_generated(suffix).then_some(stem)
}

fn is_generated(suffix: &str) -> bool {
    let digits = !suffix.is_empty() && suffix.bytes().all(|byte| byte.is_ascii_digit());
    let random = (4..=10).contains(&suffix.len()) && suffix.chars().all(|c| GENERATED.contains(c));
    digits || random
}

#[cfg(test)]
mod tests {
    use super::super::properties::{check, dialect};
    use super::*;

    dialect!(names, WorkloadName, "[ab](-[0-9]){0,3}");

    #[test]
    fn pods_fall_under_their_workload() {
        check::<WorkloadName>(&[
            ("data/crm", "data/crm", true),
            ("data/crm", "data/crm-7f9c5d4b6-x2k9z", true),
            ("data/crm", "data/crm-0", true),
            ("data/crm", "data/crm-export", false),
            ("data/crm", "data/crm-export-7f9c5d4b6-x2k9z", false),
            ("data/crm", "shop/crm", false),
            ("data/crm", "data/crm-", false),
        ]);
    }
}
