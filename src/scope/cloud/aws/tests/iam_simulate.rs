//! Cases of a peer, cloud-copilot/iam-simulate, where its folder `src/core_engine/coreEngineTests` is
//! at hand as `iam-simulate` beside the real data. Its licence keeps the files out of this project.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::super::{Context, Decision, Denial, Policies, Policy, Principal, PrincipalKind, Request, evaluate};
use super::{documents, policies_of};
use crate::domain::ObjectRef;
use crate::domain::configured::cloud::aws::PolicyDocument;
