//! Which workload a profile is about: the Deployment or Job, never the pod or ReplicaSet.

use super::{AgentKey, Metadata};

/// From the workload labels, and the workload id `wlid://cluster-C/namespace-N/kind-NAME`, which alone
/// names the cluster.
pub fn workload(metadata: &Metadata<'_>) -> Option<AgentKey> {
    let (cluster, namespace, name) = metadata.annotation("wlid").map(parse).unwrap_or_default();
    let namespace = metadata
        .label("workload-namespace")
        .or(namespace)
        .or(metadata.namespace.as_deref())
        .filter(|namespace| !namespace.is_empty())?;
    let name = metadata.label("workload-name").or(name).filter(|name| !name.is_empty())?;
    let cluster = metadata.label("cluster").or(cluster).unwrap_or_default();
    Some(AgentKey::new(cluster, namespace, name))
}

type Parts<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>);

fn parse(wlid: &str) -> Parts<'_> {
    let mut parts = wlid.strip_prefix("wlid://").unwrap_or(wlid).split('/');
    let mut after = |prefix| parts.next().and_then(|part| part.strip_prefix(prefix));
    let (cluster, namespace) = (after("cluster-"), after("namespace-"));
    let name = parts.next().and_then(|part| Some(part.split_once('-')?.1));
    (cluster, namespace, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workload_ids() {
        let parsed = parse("wlid://cluster-kind-kind/namespace-kube-system/deployment-core-dns");
        assert_eq!(parsed, (Some("kind-kind"), Some("kube-system"), Some("core-dns")));
        for odd in ["", "wlid://", "wlid:///", "x/y", "wlid://cluster-a/namespace-b"] {
            assert_eq!(parse(odd).2, None, "{odd}");
        }
    }
}
