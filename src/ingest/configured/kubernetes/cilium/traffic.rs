//! One entry of a section: the fields that name peers, ports and messages.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{labelled, ports};
use crate::domain::Text;
use crate::domain::configured::{CiliumDomain, CiliumIcmp, CiliumPeer, CiliumTraffic};
use crate::domain::text::visible;
use crate::ingest::configured::kubernetes::LabelSelector;
use crate::ingest::doubts::Doubts;
use crate::ingest::json::nullable;

/// How the names of the fields for peers begin.
pub type Direction = &'static str;
pub const INGRESS: Direction = "from";
pub const EGRESS: Direction = "to";

type Parse = fn(Value) -> Result<CiliumPeer, String>;

/// The fields that list peers, without `from` or `to`, and how an item of each is read.
const PEERS: &[(&str, Parse)] = &[
    ("Endpoints", |item| Ok(CiliumPeer::Endpoints { selector: labelled(parsed(item)?) })),
    ("Nodes", |item| Ok(CiliumPeer::Nodes { selector: labelled(parsed(item)?) })),
    ("Entities", entity),
    ("CIDR", |item| {
        Ok(CiliumPeer::Block { cidr: block(&parsed::<String>(item)?)?, except: Vec::new() })
    }),
    ("CIDRSet", cidr_rule),
    ("FQDNs", |item| Ok(CiliumPeer::Domain(parsed::<Domain>(item)?.into_domain()?))),
    ("Services", service),
];

const ENTITIES: &[&str] = &[
    "all",
    "world",
    "world-ipv4",
    "world-ipv6",
    "cluster",
    "host",
    "remote-node",
    "kube-apiserver",
    "init",
    "ingress",
    "health",
    "unmanaged",
    "none",
];

/// An entry being read.
pub struct Section<'a> {
    pub pointer: String,
    pub direction: Direction,
    pub doubts: &'a mut Doubts,
}

impl Section<'_> {
    pub fn traffic(mut self, entry: Value) -> CiliumTraffic {
        let mut traffic = CiliumTraffic::default();
        match entry {
            Value::Object(fields) => self.fields(fields, &mut traffic),
            _ => self.unknown(&mut traffic, "", "an entry that is no object"),
        }
        traffic
    }

    fn fields(&mut self, fields: Map<String, Value>, traffic: &mut CiliumTraffic) {
        for (field, value) in fields.into_iter().filter(|(_, value)| !value.is_null()) {
            let known = match field.as_str() {
                "toPorts" => each(value, ports::ports).map(|(found, reasons)| {
                    let found = found.into_iter();
                    traffic.ports =
                        found.map(|found| found.unwrap_or_else(ports::unknown)).collect();
                    reasons
                }),
                "icmps" => all(value, icmp).map(|found| {
                    traffic.icmp = found.into_iter().flatten().collect();
                    Vec::new()
                }),
                "authentication" => parsed::<Authentication>(value).map(|authentication| {
                    traffic.authentication = Some(authentication.mode);
                    Vec::new()
                }),
                _ => self.peers(&field, value, traffic),
            };
            match known {
                Ok(reasons) => {
                    reasons.iter().for_each(|reason| self.doubt(&field, reason));
                }
                Err(reason) => self.unknown(traffic, &field, &reason),
            }
        }
    }

    /// Reads a field that names peers; what is wrong with single ones, or why it is not known.
    fn peers(
        &self,
        field: &str,
        value: Value,
        traffic: &mut CiliumTraffic,
    ) -> Result<Vec<String>, String> {
        let named = field.strip_prefix(self.direction).unwrap_or_default();
        if named == "Requires" {
            traffic.requires = all(value, |item| Ok(labelled(parsed(item)?)))?;
            return Ok(Vec::new());
        }
        let (_, parse) =
            PEERS.iter().find(|(known, _)| *known == named).ok_or("a field that is not known")?;
        let (found, reasons) = each(value, parse)?;
        let unknown = || CiliumPeer::Unknown { field: field.into() };
        let found = found.into_iter().map(|peer| peer.unwrap_or_else(unknown));
        traffic.peers.get_or_insert_default().extend(found);
        Ok(reasons)
    }

    fn unknown(&mut self, traffic: &mut CiliumTraffic, field: &str, reason: &str) {
        self.doubt(field, reason);
        let unknown = CiliumPeer::Unknown { field: field.into() };
        traffic.peers.get_or_insert_default().push(unknown);
    }

    fn doubt(&mut self, field: &str, reason: &str) {
        self.doubts.add(&self.pointer, format!("{}: {}", visible(field), visible(reason)));
    }
}

pub fn parsed<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

/// What each item of a list is, `None` where it is not understood, and why not.
type Each<T> = (Vec<Option<T>>, Vec<String>);

fn each<T>(list: Value, parse: impl Fn(Value) -> Result<T, String>) -> Result<Each<T>, String> {
    let mut reasons = Vec::new();
    let found = parsed::<Vec<Value>>(list)?.into_iter().map(|item| match parse(item) {
        Ok(found) => Some(found),
        Err(reason) => {
            reasons.push(reason);
            None
        }
    });
    Ok((found.collect(), reasons))
}

/// Every item of a list of which none may be dropped: the rest would permit more.
fn all<T>(list: Value, parse: fn(Value) -> Result<T, String>) -> Result<Vec<T>, String> {
    parsed::<Vec<Value>>(list)?.into_iter().map(parse).collect()
}

fn entity(item: Value) -> Result<CiliumPeer, String> {
    let name: Text = parsed(item)?;
    match ENTITIES.contains(&name.raw()) {
        true => Ok(CiliumPeer::Entity { name }),
        false => Err(format!("no entity `{}`", name.raw())),
    }
}

/// A block, or an address, which is a block of one.
fn block(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| address()).map_err(|_| format!("`{text}` is no address block"))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CidrRule {
    #[serde(default)]
    cidr: Option<String>,
    #[serde(default)]
    cidr_group_ref: Option<Text>,
    #[serde(default)]
    cidr_group_selector: Option<LabelSelector>,
    #[serde(default, deserialize_with = "nullable")]
    except: Vec<String>,
}

fn cidr_rule(item: Value) -> Result<CiliumPeer, String> {
    let rule: CidrRule = parsed(item)?;
    let except = rule.except.iter().map(|block| self::block(block)).collect::<Result<_, _>>()?;
    match (rule.cidr, rule.cidr_group_ref, rule.cidr_group_selector) {
        (Some(cidr), None, None) => Ok(CiliumPeer::Block { cidr: block(&cidr)?, except }),
        (None, Some(name), None) => {
            Ok(CiliumPeer::CidrGroup { name: Some(name), selector: None, except })
        }
        (None, None, Some(selector)) => {
            let selector = Some(labelled(selector));
            Ok(CiliumPeer::CidrGroup { name: None, selector, except })
        }
        _ => Err("not exactly one of cidr, cidrGroupRef and cidrGroupSelector".to_owned()),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Domain {
    #[serde(default)]
    match_name: Option<Text>,
    #[serde(default)]
    match_pattern: Option<Text>,
}

impl Domain {
    pub fn into_domain(self) -> Result<CiliumDomain, String> {
        let named = |text: &Text| !text.is_empty();
        match (self.match_name.filter(named), self.match_pattern.filter(named)) {
            (Some(name), None) => Ok(CiliumDomain::Name(name)),
            (None, Some(pattern)) => Ok(CiliumDomain::Pattern(pattern)),
            _ => Err("not exactly one of matchName and matchPattern".to_owned()),
        }
    }
}

/// One member says which: a service by name, or services by labels.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Service {
    #[serde(rename_all = "camelCase")]
    K8sService {
        service_name: Option<Text>,
        namespace: Option<Text>,
    },
    K8sServiceSelector {
        selector: LabelSelector,
        namespace: Option<Text>,
    },
}

fn service(item: Value) -> Result<CiliumPeer, String> {
    Ok(match parsed(item)? {
        Service::K8sService { service_name: name, namespace } => {
            CiliumPeer::Service { name, selector: None, namespace }
        }
        Service::K8sServiceSelector { selector, namespace } => {
            CiliumPeer::Service { name: None, selector: Some(labelled(selector)), namespace }
        }
    })
}

#[derive(Deserialize)]
struct Authentication {
    mode: Text,
}

#[derive(Deserialize)]
struct Icmp {
    #[serde(default, deserialize_with = "nullable")]
    fields: Vec<IcmpField>,
}

#[derive(Deserialize)]
struct IcmpField {
    #[serde(default)]
    family: Option<Text>,
    #[serde(rename = "type")]
    message: Value,
}

fn icmp(item: Value) -> Result<Vec<CiliumIcmp>, String> {
    let fields = parsed::<Icmp>(item)?.fields.into_iter();
    let fields = fields.map(|field| CiliumIcmp {
        family: field.family.filter(|family| !family.is_empty()).unwrap_or_else(|| "IPv4".into()),
        message: match field.message {
            Value::String(name) => name.into(),
            number => number.to_string().into(),
        },
    });
    Ok(fields.collect())
}
