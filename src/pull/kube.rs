//! Objects from the current kubeconfig context.
//!
//! Lists are read in pages and kept as one list document per kind: every item byte for byte, the
//! metadata of the last page, so that the reader sees a complete list. Kubescape lists return empty
//! specs (formats.md §2.3), so each of those objects is fetched by itself.

use std::time::Duration;

use kube::Client;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::params::{GetParams, ListParams};
use kube::core::request::Request;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Harvest, PullError, Pulled};

/// The lists that are read.
const LISTS: [&str; 14] = [
    "/api/v1/namespaces",
    "/api/v1/pods",
    "/api/v1/serviceaccounts",
    "/apis/apps/v1/deployments",
    "/apis/apps/v1/statefulsets",
    "/apis/apps/v1/daemonsets",
    "/apis/apps/v1/replicasets",
    "/apis/batch/v1/jobs",
    "/apis/batch/v1/cronjobs",
    "/apis/rbac.authorization.k8s.io/v1/roles",
    "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "/apis/rbac.authorization.k8s.io/v1/rolebindings",
    "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "/apis/networking.k8s.io/v1/networkpolicies",
];

/// Kubescape kinds, whose lists only name the objects.
const KUBESCAPE: &str = "/apis/spdx.softwarecomposition.kubescape.io/v1beta1";
const PROFILES: [&str; 3] = ["applicationprofiles", "networkneighborhoods", "containerprofiles"];

const PAGE: u32 = 500;
/// Attempts when the server says that it is busy, and the pause before the first repetition.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(200);

/// Connects to `context`, or the current one, and reads everything that the readers understand.
/// `progress` is told each path as it is asked.
pub async fn pull(
    context: Option<&str>,
    progress: &mut (dyn FnMut(&str) + Send),
) -> Result<Harvest, PullError> {
    let client = connect(context).await?;
    let mut harvest = Harvest::default();
    for path in LISTS {
        progress(path);
        match list(&client, path).await {
            Ok(bytes) => harvest.pulled.push(Pulled { name: format!("kube:{path}"), bytes }),
            Err(error) => refused(&mut harvest, path, &error)?,
        }
    }
    for kind in PROFILES {
        let path = format!("{KUBESCAPE}/{kind}");
        progress(&path);
        match profiles(&client, &path).await {
            Ok(pulled) => harvest.pulled.extend(pulled),
            // A cluster without Kubescape has no such path: nothing is lost.
            Err(error) if status(&error) == Some(404) => {}
            Err(error) => refused(&mut harvest, &path, &error)?,
        }
    }
    match harvest.pulled.is_empty() {
        true => Err(PullError::new(
            format!("the cluster refused every list: {}", harvest.refused.join("; ")),
            "Give this identity the verbs get and list, for example through the ClusterRole `view`.",
        )),
        false => Ok(harvest),
    }
}

async fn connect(context: Option<&str>) -> Result<Client, PullError> {
    let options = KubeConfigOptions { context: context.map(str::to_owned), ..Default::default() };
    let hint = "Check KUBECONFIG and `kubectl config current-context`.";
    let config = match context {
        None => {
            kube::Config::infer().await.map_err(|error| PullError::new(error.to_string(), hint))?
        }
        Some(_) => {
            let kubeconfig =
                Kubeconfig::read().map_err(|error| PullError::new(error.to_string(), hint))?;
            kube::Config::from_custom_kubeconfig(kubeconfig, &options)
                .await
                .map_err(|error| PullError::new(error.to_string(), hint))?
        }
    };
    Client::try_from(config).map_err(|error| PullError::new(error.to_string(), hint))
}

/// A page of a list, items untouched.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    #[serde(borrow)]
    kind: &'a RawValue,
    #[serde(borrow)]
    api_version: &'a RawValue,
    metadata: PageMetadata,
    #[serde(borrow, default)]
    items: Vec<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PageMetadata {
    #[serde(rename = "continue")]
    next: Option<String>,
    resource_version: Option<String>,
}

/// All pages of a list as one list document.
async fn list(client: &Client, path: &str) -> Result<Vec<u8>, kube::Error> {
    let mut items: Vec<u8> = Vec::new();
    let mut next: Option<String> = None;
    loop {
        let mut params = ListParams::default().limit(PAGE);
        params.continue_token = next.take();
        let text = request(client, || Request::new(path).list(&params)).await?;
        let page: Page<'_> = serde_json::from_str(&text).map_err(kube::Error::SerdeError)?;
        for item in &page.items {
            if !items.is_empty() {
                items.extend_from_slice(b",\n");
            }
            items.extend_from_slice(item.get().as_bytes());
        }
        next = page.metadata.next.filter(|token| !token.is_empty());
        if next.is_none() {
            let version =
                serde_json::to_string(&page.metadata.resource_version.unwrap_or_default())
                    .map_err(kube::Error::SerdeError)?;
            let head = format!(
                "{{\"kind\":{},\"apiVersion\":{},\"metadata\":{{\"resourceVersion\":{version}}},\"items\":[\n",
                page.kind.get(),
                page.api_version.get(),
            );
            let mut document = head.into_bytes();
            document.append(&mut items);
            document.extend_from_slice(b"\n]}\n");
            return Ok(document);
        }
    }
}

#[derive(Deserialize)]
struct Names {
    #[serde(default)]
    items: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    metadata: Name,
}

#[derive(Deserialize)]
struct Name {
    name: String,
    namespace: Option<String>,
}

/// Every object of a Kubescape list, fetched one by one.
async fn profiles(client: &Client, path: &str) -> Result<Vec<Pulled>, kube::Error> {
    let names = list(client, path).await?;
    let names: Names = serde_json::from_slice(&names).map_err(kube::Error::SerdeError)?;
    let (root, kind) = path.rsplit_once('/').unwrap_or((path, ""));
    let mut pulled = Vec::with_capacity(names.items.len());
    for Named { metadata: Name { name, namespace } } in names.items {
        let folder = match &namespace {
            Some(namespace) => format!("{root}/namespaces/{namespace}/{kind}"),
            None => path.to_owned(),
        };
        let text =
            request(client, || Request::new(&folder).get(&name, &GetParams::default())).await?;
        pulled.push(Pulled { name: format!("kube:{folder}/{name}"), bytes: text.into_bytes() });
    }
    Ok(pulled)
}

/// One request; repeated with growing pauses while the server says that it is busy.
async fn request(
    client: &Client,
    build: impl Fn() -> Result<::http::Request<Vec<u8>>, kube::core::request::Error>,
) -> Result<String, kube::Error> {
    let mut pause = PAUSE;
    let mut attempt = 1;
    loop {
        let answer = client.request_text(build().map_err(kube::Error::BuildRequest)?).await;
        match answer {
            Err(error) if status(&error) == Some(429) && attempt < ATTEMPTS => {
                tokio::time::sleep(pause).await;
                pause *= 2;
                attempt += 1;
            }
            answer => return answer,
        }
    }
}

fn status(error: &kube::Error) -> Option<u16> {
    match error {
        kube::Error::Api(status) => Some(status.code),
        _ => None,
    }
}

/// A list that is refused or missing is counted and the rest goes on; anything else ends the pull.
fn refused(harvest: &mut Harvest, path: &str, error: &kube::Error) -> Result<(), PullError> {
    match status(error) {
        Some(401) => Err(PullError::new(
            format!("the cluster does not accept the credentials: {error}"),
            "Log in again; the kubeconfig's token or certificate has probably expired.",
        )),
        Some(code @ (403 | 404 | 410)) => {
            harvest.refused.push(format!("{path}: {code}"));
            Ok(())
        }
        _ => Err(PullError::new(
            format!("{path}: {error}"),
            "Check that the cluster can be reached: `kubectl version`.",
        )),
    }
}
