//! The cases, by the page that they are from.

use super::Written;

/// Pages of istio.io/latest/docs.
const REFERENCE: &str = "reference/config/security/authorization-policy";
const CONDITIONS: &str = "reference/config/security/conditions";
const CONCEPTS: &str = "concepts/security#authorization";
const HTTP: &str = "tasks/security/authorization/authz-http";
const TCP: &str = "tasks/security/authorization/authz-tcp";
const JWT: &str = "tasks/security/authorization/authz-jwt";
const DENY: &str = "tasks/security/authorization/authz-deny";
const DRY_RUN: &str = "tasks/security/authorization/authz-dry-run";
const TRUST_DOMAIN: &str = "tasks/security/authorization/authz-td-migration";
const BEST_PRACTICES: &str = "ops/best-practices/security";
const AMBIENT_L4: &str = "ambient/usage/l4-policy";
const AMBIENT_L7: &str = "ambient/usage/l7-features";

/// Several calls against one set of policies.
pub(super) struct Case {
    pub page: &'static str,
    pub policies: &'static [Written],
    pub calls: &'static [(&'static str, &'static str)],
}

const fn case(
    page: &'static str,
    policies: &'static [Written],
    calls: &'static [(&'static str, &'static str)],
) -> Case {
    Case { page, policies, calls }
}

pub(super) const CASES: &[Case] = &[
    // The first example: any source, any operation, all conditions.
    case(
        REFERENCE,
        &["foo {rules: [{from: [{source: {principals: [cluster.local/ns/default/sa/curl]}}, \
           {source: {namespaces: [test]}}], to: [{operation: {methods: [GET], paths: [/info*]}}, \
           {operation: {methods: [POST], paths: [/data]}}], \
           when: [{key: 'request.auth.claims[iss]', values: ['https://accounts.example.com']}]}]}"],
        &[
            (
                "from=default/curl methods=GET paths=/info/1 request.auth.claims[iss]=https://accounts.example.com",
                "yes",
            ),
            (
                "from=default/curl methods=POST paths=/data request.auth.claims[iss]=https://accounts.example.com",
                "yes",
            ),
            (
                "from=default/curl methods=POST paths=/info request.auth.claims[iss]=https://accounts.example.com",
                "no",
            ),
            (
                "from=test/any methods=GET paths=/info request.auth.claims[iss]=https://accounts.example.com",
                "yes",
            ),
            (
                "from=other/any methods=GET paths=/info request.auth.claims[iss]=https://accounts.example.com",
                "no",
            ),
            (
                "plain methods=GET paths=/info request.auth.claims[iss]=https://accounts.example.com",
                "no",
            ),
            (
                "from=default/curl methods=GET paths=/info request.auth.claims[iss]=https://other",
                "no",
            ),
            ("from=default/curl methods=GET paths=/info no-token", "no"),
            (
                "from=default/curl methods=GET paths=/info",
                "request.auth.claims[iss] is https://accounts.example.com",
            ),
            ("from=default/curl methods=PUT", "no"),
            // Methods have a case.
            (
                "from=default/curl methods=get paths=/info request.auth.claims[iss]=https://accounts.example.com",
                "no",
            ),
        ],
    ),
    case(
        REFERENCE,
        &[
            "foo {action: DENY, rules: [{from: [{source: {namespaces: [dev]}}], to: [{operation: {methods: [POST]}}]}]}",
        ],
        &[
            ("from=dev/any methods=POST", "no"),
            ("from=dev/any methods=GET", "yes"),
            ("from=prod/any methods=POST", "yes"),
            ("from=dev/any", "not: request.method is POST"),
            // Nobody's namespace: the policy does not match what comes in plain text.
            ("plain methods=POST", "yes"),
        ],
    ),
    // Missing attributes are treated as matches by DENY.
    case(
        REFERENCE,
        &["foo {action: DENY, rules: [{to: [{operation: {methods: [POST], ports: ['8080']}}]}]}"],
        &[
            ("ports=8080 methods=POST", "no"),
            ("ports=8080 methods=GET", "yes"),
            ("ports=8080 tcp", "no"),
            ("ports=9090 tcp", "yes"),
            ("tcp", "not: destination.port is 8080"),
        ],
    ),
    case(
        REFERENCE,
        &["foo {action: DENY, rules: [{to: [{operation: {methods: [POST]}}]}]}"],
        &[("ports=9090 tcp", "no")],
    ),
    case(
        REFERENCE,
        &[
            "foo {selector: {matchLabels: {app: web}}, action: AUDIT, rules: [{to: [{operation: {methods: [GET], paths: [/user/profile/*]}}]}]}",
        ],
        &[("methods=GET paths=/user/profile/1", "yes"), ("methods=POST paths=/", "yes")],
    ),
    case(REFERENCE, &["foo {}"], &[("methods=GET", "no"), ("plain", "no")]),
    case(
        REFERENCE,
        &["foo {rules: [{}]}"],
        &[("methods=GET", "yes"), ("plain", "yes"), ("tcp", "yes")],
    ),
    case(
        REFERENCE,
        &["foo {action: DENY, rules: [{}]}", "foo {rules: [{}]}"],
        &[("from=a/b", "no")],
    ),
    case(REFERENCE, &["foo {action: DENY}"], &[("from=a/b", "yes")]),
    case(REFERENCE, &["foo {selector: {matchLabels: {app: web}}}"], &[("from=a/b", "no")]),
    case(REFERENCE, &["foo {selector: {matchLabels: {app: other}}}"], &[("from=a/b", "yes")]),
    case(REFERENCE, &["bar {}"], &[("from=a/b", "yes")]),
    // The root namespace speaks for all.
    case(
        REFERENCE,
        &["istio-system {selector: {matchLabels: {version: v1}}}"],
        &[("from=a/b", "no")],
    ),
    case(
        REFERENCE,
        &["istio-system {selector: {matchLabels: {version: v2}}}"],
        &[("from=a/b", "yes")],
    ),
    case(
        REFERENCE,
        &[
            "foo {action: CUSTOM, provider: {name: checker}, rules: [{to: [{operation: {paths: [/admin/*]}}]}]}",
        ],
        &[
            ("paths=/admin/x", "not: the external authorizer checker refuses"),
            ("paths=/public", "yes"),
        ],
    ),
    // What the extension allows, DENY and ALLOW still refuse.
    case(
        REFERENCE,
        &[
            "foo {action: CUSTOM, provider: {name: checker}, rules: [{}]}",
            "foo {action: DENY, rules: [{to: [{operation: {methods: [PUT]}}]}]}",
            "foo {rules: [{to: [{operation: {methods: [GET, PUT]}}]}]}",
        ],
        &[
            ("methods=GET", "not: the external authorizer checker refuses"),
            ("methods=PUT", "no"),
            ("methods=POST", "no"),
        ],
    ),
    case(
        REFERENCE,
        &[
            "foo {rules: [{from: [{source: {principals: ['*/sa/admin', '*/sa/dev'], namespaces: [prod, test], notIpBlocks: [203.0.113.4]}}]}]}",
        ],
        &[
            ("from=prod/admin source.ip=203.0.113.5", "yes"),
            ("from=test/dev source.ip=203.0.113.5", "yes"),
            ("from=prod/admin source.ip=203.0.113.4", "no"),
            ("from=prod/other source.ip=203.0.113.5", "no"),
            ("from=stage/admin source.ip=203.0.113.5", "no"),
            ("from=prod/admin", "source.ip is not 203.0.113.4"),
        ],
    ),
    case(
        REFERENCE,
        &[
            "foo {rules: [{to: [{operation: {hosts: ['*.example.com'], methods: [GET, HEAD], notPaths: [/admin*]}}]}]}",
        ],
        &[
            ("hosts=a.example.com methods=HEAD paths=/x", "yes"),
            ("hosts=A.EXAMPLE.COM methods=GET paths=/x", "yes"),
            ("hosts=example.com methods=GET paths=/x", "no"),
            ("hosts=a.example.com methods=POST paths=/x", "no"),
            ("hosts=a.example.com methods=GET paths=/administration", "no"),
        ],
    ),
    case(
        REFERENCE,
        &["foo {rules: [{from: [{source: {serviceAccounts: [curl, bar/sleep]}}]}]}"],
        &[
            ("from=foo/curl", "yes"),
            ("from=bar/curl", "no"),
            ("from=bar/sleep", "yes"),
            ("plain", "no"),
        ],
    ),
    case(
        REFERENCE,
        &["foo {rules: [{to: [{operation: {methods: ['*'], paths: ['/tools/{*}/call']}}]}]}"],
        &[
            ("methods=PATCH paths=/tools/a/call", "yes"),
            ("methods=PATCH paths=/tools/a/b/call", "no"),
            ("paths=/tools/a/call", "yes"),
        ],
    ),
    case(CONCEPTS, &["bar {}", "foo {action: AUDIT, rules: [{}]}"], &[("plain", "yes")]),
    // Without a valid token: notRequestPrincipals.
    case(
        CONCEPTS,
        &["foo {action: DENY, rules: [{from: [{source: {notRequestPrincipals: ['*']}}]}]}"],
        &[
            ("no-token", "no"),
            ("requestPrincipals=issuer/subject", "yes"),
            ("from=a/b", "not: request.auth.principal is not *"),
        ],
    ),
    case(
        CONCEPTS,
        &["foo {action: DENY, rules: [{from: [{source: {notNamespaces: [foo]}}]}]}"],
        &[("from=bar/x", "no"), ("from=foo/x", "yes"), ("plain", "no")],
    ),
    case(
        CONCEPTS,
        &[
            "foo {rules: [{from: [{source: {requestPrincipals: ['*']}}], to: [{operation: {notPaths: [/healthz]}}]}]}",
        ],
        &[
            ("no-token paths=/x", "no"),
            ("requestPrincipals=i/s paths=/x", "yes"),
            ("requestPrincipals=i/s paths=/healthz", "no"),
        ],
    ),
    // Anybody who is authenticated, as against anybody.
    case(
        CONCEPTS,
        &["foo {rules: [{from: [{source: {principals: ['*']}}]}]}"],
        &[("from=a/b", "yes"), ("plain", "no")],
    ),
    case(
        DENY,
        &[
            "foo {selector: {matchLabels: {app: web}}, action: DENY, rules: [{to: [{operation: {methods: [GET]}}], \
           when: [{key: 'request.headers[x-token]', notValues: [admin]}]}]}",
        ],
        &[
            ("methods=GET request.headers[x-token]=admin", "yes"),
            ("methods=GET request.headers[X-Token]=admin", "yes"),
            ("methods=GET request.headers[x-token]=guest", "no"),
            ("methods=POST request.headers[x-token]=guest", "yes"),
            ("methods=GET", "not: request.headers[x-token] is not admin"),
        ],
    ),
    case(
        DENY,
        &[
            "foo {action: DENY, rules: [{to: [{operation: {methods: [GET]}}], when: [{key: 'request.headers[x-token]', notValues: [admin]}]}]}",
            "foo {action: ALLOW, rules: [{to: [{operation: {paths: [/ip]}}]}]}",
        ],
        &[
            ("methods=GET paths=/ip request.headers[x-token]=guest", "no"),
            ("methods=GET paths=/ip request.headers[x-token]=admin", "yes"),
            ("methods=GET paths=/get request.headers[x-token]=admin", "no"),
        ],
    ),
    case(
        HTTP,
        &[
            "foo {}",
            "foo {selector: {matchLabels: {app: web}}, rules: [{to: [{operation: {methods: [GET]}}]}]}",
        ],
        &[("plain methods=GET", "yes"), ("plain methods=POST", "no")],
    ),
    case(
        HTTP,
        &[
            "foo {}",
            "foo {rules: [{from: [{source: {principals: [cluster.local/ns/default/sa/page]}}], to: [{operation: {methods: [GET]}}]}]}",
        ],
        &[
            ("from=default/page methods=GET", "yes"),
            ("from=default/other methods=GET", "no"),
            ("from=default/page methods=POST", "no"),
            ("plain methods=GET", "no"),
        ],
    ),
    case(
        TCP,
        &["foo {rules: [{to: [{operation: {ports: ['9000', '9001']}}]}]}"],
        &[("tcp ports=9000", "yes"), ("tcp ports=9001", "yes"), ("tcp ports=9002", "no")],
    ),
    // An HTTP-only field makes the rule of an ALLOW policy be left out.
    case(
        TCP,
        &["foo {rules: [{to: [{operation: {methods: [GET], ports: ['9000']}}]}]}"],
        &[("tcp ports=9000", "no"), ("tcp ports=9001", "no"), ("methods=GET ports=9000", "yes")],
    ),
    case(
        TCP,
        &["foo {action: DENY, rules: [{to: [{operation: {methods: [GET], ports: ['9000']}}]}]}"],
        &[("tcp ports=9000", "no"), ("tcp ports=9001", "yes")],
    ),
    case(
        JWT,
        &[
            "foo {rules: [{from: [{source: {requestPrincipals: [tester@example.io/tester@example.io]}}], \
           when: [{key: 'request.auth.claims[groups]', values: [group1]}]}]}",
        ],
        &[
            (
                "requestPrincipals=tester@example.io/tester@example.io request.auth.claims[groups]=group1 request.auth.claims[groups]=group2",
                "yes",
            ),
            (
                "requestPrincipals=tester@example.io/tester@example.io request.auth.claims[groups]=group2",
                "no",
            ),
            (
                "requestPrincipals=other@example.io/tester@example.io request.auth.claims[groups]=group1",
                "no",
            ),
            ("requestPrincipals=tester@example.io/tester@example.io no-token", "no"),
        ],
    ),
    case(
        DRY_RUN,
        &["foo(dry-run) {action: DENY, rules: [{to: [{operation: {paths: [/headers]}}]}]}"],
        &[("paths=/headers", "yes"), ("paths=/get", "yes")],
    ),
    case(DRY_RUN, &["foo(dry-run) {}"], &[("paths=/headers", "yes")]),
    case(
        TRUST_DOMAIN,
        &[
            "foo {rules: [{from: [{source: {principals: [old-td/ns/allowed/sa/curl]}}], to: [{operation: {methods: [GET]}}]}]}",
        ],
        &[
            ("as=old-td/allowed/curl methods=GET", "yes"),
            ("as=new-td/allowed/curl methods=GET", "no"),
            ("as=new-td/allowed/curl methods=GET alias=new-td alias=old-td", "yes"),
            ("as=other-td/allowed/curl methods=GET alias=new-td alias=old-td", "no"),
            ("as=new-td/other/curl methods=GET alias=new-td alias=old-td", "no"),
        ],
    ),
    // Writing host match policies: a port makes another host.
    case(
        BEST_PRACTICES,
        &["foo {action: DENY, rules: [{to: [{operation: {hosts: [example.com]}}]}]}"],
        &[("hosts=example.com", "no"), ("hosts=example.com:8080", "yes")],
    ),
    case(
        BEST_PRACTICES,
        &[
            "foo {action: DENY, rules: [{to: [{operation: {hosts: [example.com, 'example.com:*']}}]}]}",
        ],
        &[
            ("hosts=example.com", "no"),
            ("hosts=example.com:8080", "no"),
            ("hosts=example.org", "yes"),
        ],
    ),
    // ALLOW with positive matching leaves out what was not thought of, DENY with negative does too.
    case(
        BEST_PRACTICES,
        &["foo {action: DENY, rules: [{to: [{operation: {notPaths: [/public]}}]}]}"],
        &[("paths=/public", "yes"), ("paths=/public/", "no")],
    ),
    case(
        CONDITIONS,
        &[
            "foo {rules: [{when: [{key: source.ip, values: [10.1.2.3, 10.2.0.0/16]}, {key: destination.port, values: ['80']}]}]}",
        ],
        &[
            ("source.ip=10.1.2.3 destination.port=80", "yes"),
            ("source.ip=10.2.9.9 destination.port=80", "yes"),
            ("source.ip=10.3.0.0 destination.port=80", "no"),
            ("source.ip=10.1.2.3 destination.port=443", "no"),
        ],
    ),
    case(
        CONDITIONS,
        &[
            "foo {rules: [{when: [{key: remote.ip, notValues: [10.0.0.0/8]}, {key: destination.ip, values: [10.9.0.1]}]}]}",
        ],
        &[
            ("remote.ip=192.0.2.1 destination.ip=10.9.0.1", "yes"),
            ("remote.ip=10.1.1.1 destination.ip=10.9.0.1", "no"),
        ],
    ),
    case(
        CONDITIONS,
        &[
            "foo {rules: [{when: [{key: source.namespace, values: [team-*]}, {key: source.principal, notValues: ['*/sa/default']}]}]}",
        ],
        &[("from=team-a/x", "yes"), ("from=team-a/default", "no"), ("from=other/x", "no")],
    ),
    case(
        CONDITIONS,
        &["foo {rules: [{when: [{key: connection.sni, values: [www.example.com]}]}]}"],
        &[("connection.sni=www.example.com tcp", "yes"), ("connection.sni=example.com tcp", "no")],
    ),
    case(
        CONDITIONS,
        &[
            "foo {rules: [{when: [{key: request.auth.audiences, values: [mcp]}, {key: request.auth.presenter, values: [client]}, \
           {key: 'request.auth.claims[realm][role]', values: [admin*]}]}]}",
        ],
        &[
            (
                "request.auth.audiences=mcp request.auth.presenter=client request.auth.claims[realm][role]=admins",
                "yes",
            ),
            (
                "request.auth.audiences=other request.auth.presenter=client request.auth.claims[realm][role]=admins",
                "no",
            ),
            (
                "request.auth.audiences=mcp request.auth.presenter=client request.auth.claims[realm][role]=user",
                "no",
            ),
        ],
    ),
    case(
        CONDITIONS,
        &[
            "foo {rules: [{when: [{key: 'experimental.envoy.filters.network.mysql_proxy[db.table]', values: [ok]}]}]}",
        ],
        &[("tcp", "experimental.envoy.filters.network.mysql_proxy[db.table] is ok")],
    ),
    case(
        AMBIENT_L4,
        &[
            "foo {selector: {matchLabels: {app: web}}, rules: [{from: [{source: {principals: [cluster.local/ns/demo/sa/curl]}}]}]}",
        ],
        &[("ztunnel from=demo/curl", "yes"), ("ztunnel from=demo/other", "no")],
    ),
    // The identity is right, but ztunnel cannot see the method.
    case(
        AMBIENT_L4,
        &[
            "foo {rules: [{from: [{source: {principals: [cluster.local/ns/demo/sa/curl]}}], to: [{operation: {methods: [GET]}}]}]}",
        ],
        &[("ztunnel from=demo/curl", "no")],
    ),
    case(
        AMBIENT_L4,
        &[
            "foo {action: DENY, rules: [{from: [{source: {namespaces: [demo]}}], to: [{operation: {methods: [GET]}}]}]}",
        ],
        &[("ztunnel from=demo/curl", "no"), ("ztunnel from=other/curl", "yes")],
    ),
    case(
        AMBIENT_L7,
        &[
            "foo {targetRefs: [{kind: Service, group: '', name: web}], rules: [{from: [{source: {principals: [cluster.local/ns/demo/sa/curl]}}], \
           to: [{operation: {methods: [GET]}}]}]}",
        ],
        &[
            ("waypoint from=demo/curl methods=GET", "yes"),
            ("waypoint from=demo/curl methods=DELETE", "no"),
            ("waypoint from=demo/other methods=GET", "no"),
            // It is attached to the waypoint: ztunnel is not told of it.
            ("ztunnel from=demo/other", "yes"),
        ],
    ),
    case(
        AMBIENT_L7,
        &["foo {targetRefs: [{kind: Gateway, group: gateway.networking.k8s.io, name: waypoint}]}"],
        &[("waypoint from=demo/curl", "no")],
    ),
    case(
        AMBIENT_L7,
        &["foo {targetRefs: [{kind: Service, name: other}]}"],
        &[("waypoint from=demo/curl", "yes")],
    ),
    // A waypoint does not honour selectors.
    case(
        AMBIENT_L7,
        &["foo {selector: {matchLabels: {app: web}}}"],
        &[("waypoint from=demo/curl", "yes")],
    ),
    case(
        AMBIENT_L7,
        &[
            "istio-system {targetRefs: [{kind: GatewayClass, group: gateway.networking.k8s.io, name: istio-waypoint}]}",
        ],
        &[("waypoint from=demo/curl", "no")],
    ),
    case(
        AMBIENT_L7,
        &[
            "foo {targetRefs: [{kind: GatewayClass, group: gateway.networking.k8s.io, name: istio-waypoint}]}",
        ],
        &[("waypoint from=demo/curl", "yes")],
    ),
];
