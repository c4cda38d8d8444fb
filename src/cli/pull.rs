//! `diptych pull`.

use super::{Global, load, output};
use crate::pull::{self, Harvest, PullError};
use crate::workspace::{Error, ErrorKind, Given, LoadOptions};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    sensor: Sensor,
}

#[derive(Debug, clap::Subcommand)]
enum Sensor {
    /// Workloads, RBAC, network policies and Kubescape profiles from a cluster
    #[command(after_help = "\
Examples:
  diptych --case ./incident pull kube
  diptych --case ./incident pull kube --context prod")]
    Kube {
        /// The kubeconfig context; the current one when left out.
        #[arg(long)]
        context: Option<String>,
    },
    /// NDJSON or OTLP JSON from an address
    #[command(after_help = "\
Example:
  DIPTYCH_HTTP_TOKEN=… diptych pull http https://collector.example/export/traces.jsonl")]
    Http {
        url: String,
        /// Refuse answers of more bytes than this.
        #[arg(long, default_value_t = 4 << 30)]
        limit: u64,
    },
}

pub fn run(global: &Global, args: Args) -> Result<u8, Error> {
    let workspace = global.workspace_or_new()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| {
            Error::new(ErrorKind::Internal, format!("cannot start the runtime: {error}"))
        })?;
    let bar = load::spinner();
    let harvest = runtime.block_on(async {
        match &args.sensor {
            Sensor::Kube { context } => {
                pull::kube::pull(context.as_deref(), &mut |path| bar.set_message(path.to_owned()))
                    .await
            }
            Sensor::Http { url, limit } => {
                let token = std::env::var(pull::http::TOKEN_VARIABLE).ok();
                let progress = &mut |bytes| bar.set_message(format!("{bytes} bytes"));
                pull::http::pull(url, token.as_deref(), *limit, progress).await
            }
        }
    });
    bar.finish_and_clear();
    let Harvest { pulled, refused } = harvest.map_err(remote)?;
    for refusal in &refused {
        output::note(&format!("not had: {refusal}"));
    }
    let given =
        pulled.into_iter().map(|pulled| Given::Bytes { name: pulled.name, bytes: pulled.bytes });
    load::load_into(global, &workspace, given.collect(), LoadOptions::default())
}

fn remote(error: PullError) -> Error {
    Error::new(ErrorKind::Remote, error.message).with_hint(error.hint)
}
