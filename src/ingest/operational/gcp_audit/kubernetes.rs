//! Requests to a GKE cluster, as Cloud Logging names them.
//!
//! `methodName` is `io.k8s.<group reversed>.<version>.<resource>.<verb>`, `resourceName` is
//! `<group>/<version>/[namespaces/<namespace>/]<resource>[/<name>[/<subresource>]]`, with `core` for
//! the group that has no name.

/// A request in the words of the Kubernetes API.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Request<'a> {
    pub verb: &'a str,
    pub group: &'a str,
    pub resource: &'a str,
    pub subresource: &'a str,
    pub namespace: &'a str,
    pub name: &'a str,
}

impl<'a> Request<'a> {
    /// `None` when the name is that of no resource, as of a path outside the resource tree.
    pub fn of(method: &'a str, resource_name: &'a str) -> Option<Self> {
        let verb = verb(method);
        let mut steps = resource_name.split('/');
        let (group, version) = (steps.next()?, steps.next()?);
        if !version.starts_with('v') {
            return None;
        }
        let rest: Vec<&str> = steps.collect();
        let (namespace, rest) = match rest.as_slice() {
            // These belong to the namespace as an object.
            ["namespaces", _, "finalize" | "status"] => ("", rest.as_slice()),
            ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (*namespace, rest),
            rest => ("", rest),
        };
        let mut rest = rest.iter().copied();
        let resource = rest.next().filter(|resource| !resource.is_empty())?;
        let (name, subresource) = (rest.next().unwrap_or(""), rest.next().unwrap_or(""));
        let group = if group == "core" { "" } else { group };
        Some(Self { verb, group, resource, subresource, namespace, name })
    }

    /// `resource[.group][/subresource]`.
    pub fn target_kind(&self) -> String {
        let mut kind = self.resource.to_owned();
        for (separator, part) in [('.', self.group), ('/', self.subresource)] {
            if !part.is_empty() {
                kind.push(separator);
                kind.push_str(part);
            }
        }
        kind
    }
}

pub fn verb(method: &str) -> &str {
    method.rsplit('.').next().unwrap_or(method)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(method: &str, resource: &str, expected: &str) {
        let shown = Request::of(method, resource).map(|request| {
            format!(
                "{} {} {}/{}",
                request.verb,
                request.target_kind(),
                request.namespace,
                request.name
            )
        });
        assert_eq!(shown.unwrap_or_default(), expected, "{resource}");
    }

    #[test]
    fn requests_in_the_words_of_the_api() {
        check("io.k8s.core.v1.pods.list", "core/v1/namespaces/a/pods", "list pods a/");
        check("io.k8s.core.v1.pods.get", "core/v1/namespaces/a/pods/p", "get pods a/p");
        check(
            "io.k8s.core.v1.pods.exec.create",
            "core/v1/namespaces/a/pods/p/exec",
            "create pods/exec a/p",
        );
        check(
            "io.k8s.authorization.rbac.v1.clusterroles.create",
            "rbac.authorization.k8s.io/v1/clusterroles/x",
            "create clusterroles.rbac.authorization.k8s.io /x",
        );
        check("io.k8s.core.v1.namespaces.delete", "core/v1/namespaces/a", "delete namespaces /a");
        check(
            "io.k8s.core.v1.namespaces.status.update",
            "core/v1/namespaces/a/status",
            "update namespaces/status /a",
        );
        check("io.k8s.get", "readyz", "");
        check("io.k8s.get", "core/v1/", "");
        check("", "", "");
    }
}
