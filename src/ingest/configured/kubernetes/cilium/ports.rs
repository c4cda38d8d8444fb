//! Ports, and the requests that are permitted on them.

use serde::Deserialize;
use serde_json::Value;

use super::traffic::{Domain, parsed};
use crate::domain::Text;
use crate::domain::configured::{CiliumHttp, CiliumKafka, CiliumPorts, CiliumRequests, Port};
use crate::ingest::json::nullable;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PortRule {
    #[serde(default, deserialize_with = "nullable")]
    ports: Vec<PortProtocol>,
    #[serde(default, deserialize_with = "nullable")]
    server_names: Vec<Text>,
    #[serde(default, deserialize_with = "nullable")]
    rules: Requests,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PortProtocol {
    port: Text,
    #[serde(default)]
    end_port: Option<u16>,
    #[serde(default)]
    protocol: Option<Text>,
}

/// Rules of one protocol; Cilium refuses a mixture.
#[derive(Default, Deserialize)]
struct Requests {
    #[serde(default)]
    http: Option<Vec<Http>>,
    #[serde(default)]
    dns: Option<Vec<Domain>>,
    #[serde(default)]
    kafka: Option<Vec<Kafka>>,
    #[serde(default)]
    l7proto: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Http {
    #[serde(default)]
    method: Option<Text>,
    #[serde(default)]
    path: Option<Text>,
    #[serde(default)]
    host: Option<Text>,
    /// `Name: value`, or the name alone.
    #[serde(default, deserialize_with = "nullable")]
    headers: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    header_matches: Vec<HeaderMatch>,
}

#[derive(Deserialize)]
struct HeaderMatch {
    name: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kafka {
    #[serde(default)]
    role: Option<Text>,
    #[serde(default)]
    api_key: Option<Text>,
    #[serde(default)]
    topic: Option<Text>,
    #[serde(default, rename = "clientID")]
    client: Option<Text>,
}

/// An item of `toPorts` that is not understood.
pub fn unknown() -> CiliumPorts {
    CiliumPorts { requests: Some(CiliumRequests::Unknown), ..CiliumPorts::default() }
}

/// One item of `toPorts`.
pub fn ports(item: Value) -> Result<CiliumPorts, String> {
    let rule: PortRule = parsed(item)?;
    let port = |port: PortProtocol| Port {
        protocol: port.protocol.filter(|named| !named.is_empty()).unwrap_or_else(|| "ANY".into()),
        port: Some(port.port),
        end: port.end_port.filter(|end| *end > 0),
    };
    Ok(CiliumPorts {
        ports: rule.ports.into_iter().map(port).collect(),
        server_names: rule.server_names,
        requests: rule.rules.into_requests()?,
    })
}

impl Requests {
    fn into_requests(self) -> Result<Option<CiliumRequests>, String> {
        Ok(match (self.http, self.dns, self.kafka, self.l7proto) {
            (None, None, None, None) => None,
            (Some(rules), None, None, None) => {
                Some(CiliumRequests::Http { rules: rules.into_iter().map(http).collect() })
            }
            (None, Some(names), None, None) => {
                let names = names.into_iter().map(Domain::into_domain);
                Some(CiliumRequests::Dns { names: names.collect::<Result<_, _>>()? })
            }
            (None, None, Some(rules), None) => {
                Some(CiliumRequests::Kafka { rules: rules.into_iter().map(kafka).collect() })
            }
            (None, None, None, Some(name)) => Some(CiliumRequests::Other { name }),
            _ => return Err("rules of more than one protocol".to_owned()),
        })
    }
}

fn http(rule: Http) -> CiliumHttp {
    let name = |header: &String| {
        let end = header.find([':', ' ']).unwrap_or(header.len());
        Text::from(&header[..end])
    };
    let matched = rule.header_matches.into_iter().map(|header| header.name);
    CiliumHttp {
        method: rule.method,
        path: rule.path,
        host: rule.host,
        headers: rule.headers.iter().map(name).chain(matched).collect(),
    }
}

fn kafka(rule: Kafka) -> CiliumKafka {
    CiliumKafka { role: rule.role, api_key: rule.api_key, topic: rule.topic, client: rule.client }
}
