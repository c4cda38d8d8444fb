//! Where a chain begins: what is known of the first identity that a record names.

use super::actor::{Actor, Platform};
use super::name::Name;
use super::step::{Step, Walked};
use super::walk::Walk;
use super::workload::{self, Holding};
use crate::domain::configured::cloud::aws::Arn;
use crate::domain::{AgentKey, Attribution, HopState, Principal, RootKind, Text};
use crate::scope::Holders;

impl Actor {
    /// Whether the metadata service of a machine delivered its credential. Which process on the machine
    /// asked for it, nothing records.
    pub fn is_delivered(&self) -> bool {
        self.platform == Platform::Aws
            && self.instance.is_some()
            && Name::of(self.platform, self.principal.raw()).is_temporary()
    }

    /// The account of AWS that its name tells.
    pub fn account(&self) -> Option<&str> {
        let raw = self.principal.raw();
        let is_account = raw.len() == 12 && raw.bytes().all(|byte| byte.is_ascii_digit());
        Arn::parse(raw).and_then(|arn| arn.customer_account()).or(is_account.then_some(raw))
    }
}

impl Walk<'_> {
    /// The beginnings of a chain at this identity, each up to and with it.
    pub fn begin(&self, at: &Actor) -> Vec<Walked> {
        let name = Name::of(at.platform, at.principal.raw());
        if let Some(machine) = at.instance.as_ref().filter(|_| at.is_delivered()) {
            return vec![self.machine(at, machine.raw())];
        }
        if let Some(machine) = name.machine() {
            return vec![self.machine(at, machine)];
        }
        if let (Some(agent), Platform::Unchecked) = (&at.agent, at.platform) {
            return vec![self.named_agent(at, agent)];
        }
        let (hop, because) = at.platform.word();
        let one = |root, hop, because: &str| {
            vec![Walked::from(None, root, vec![Step::to(at, hop, because)])]
        };
        match (name, at.platform) {
            (Name::ServiceAccount { namespace, account }, _) => {
                self.workloads(at, namespace, account)
            }
            (Name::Node(_), _) => one(RootKind::Node, hop, because),
            (_, Platform::Token) => vec![self.of_token(at)],
            (Name::Service, _) => one(
                RootKind::Event,
                hop,
                "a service of AWS called; what made it call is not recorded",
            ),
            (Name::Account, _) if self.is_foreign(at) => {
                one(RootKind::Outside, HopState::Asserted, OUTSIDE)
            }
            (Name::Account, _) => one(RootKind::Account, hop, because),
            (Name::Person, _) => one(RootKind::Human, hop, because),
            (Name::GoogleAccount, _) if at.credential.is_some() => one(
                RootKind::Account,
                hop,
                "authenticated with a key that lives long; who holds it is not recorded",
            ),
            (Name::GoogleAccount | Name::RoleSession { .. }, _) => {
                let missing =
                    "what runs as the account: no record names a token of another identity";
                let root = Step::unrecorded(missing, "no record says who became the identity");
                let steps = vec![root, Step::to(at, hop, because)];
                vec![Walked::from(None, RootKind::Unknown, steps)]
            }
            (Name::Other, Platform::WebIdentity | Platform::Aws) => {
                one(RootKind::Outside, HopState::Asserted, OUTSIDE)
            }
            (Name::Other, _) => one(RootKind::Account, hop, because),
        }
    }

    fn is_foreign(&self, at: &Actor) -> bool {
        at.account().is_some_and(|account| self.known.is_foreign(account, self.logged))
    }

    /// A machine is named as itself; those that run on it are candidates at most.
    fn machine(&self, at: &Actor, machine: &str) -> Walked {
        let node = Principal::Node { realm: at.realm.clone(), name: machine.into() };
        let agents =
            self.known.on_machine(machine).map(|key| Principal::Agent { key: key.clone() });
        let mut candidates: Vec<Principal> = agents.collect();
        let (hop, because) = match (candidates.is_empty(), at.is_delivered()) {
            (true, true) => (
                HopState::Verified,
                "its metadata service delivered the session; which process asked is not recorded",
            ),
            (true, false) => (
                HopState::Asserted,
                "the session has the name of a machine, which whoever takes on a role chooses",
            ),
            (false, _) => {
                candidates.insert(0, node.clone());
                (
                    HopState::Ambiguous { candidates },
                    "any workload on the machine can ask for its role, and none is recorded",
                )
            }
        };
        let (role, authenticated) = at.platform.word();
        let steps = vec![Step::new(node, hop, because), Step::to(at, role, authenticated)];
        Walked::from(None, RootKind::Node, steps)
    }

    /// A service account: the workloads that run as it, each with a chain of its own.
    fn workloads(&self, at: &Actor, namespace: &str, account: &str) -> Vec<Walked> {
        let user = Text::from(format!("system:serviceaccount:{namespace}:{account}"));
        let realms = match at.platform {
            Platform::Kubernetes => vec![at.realm.clone()],
            _ => self.known.realms_of(&at.realm, namespace, account),
        };
        let holders = |realm| self.known.estate.holders_of(realm, &user, at.instance.as_ref());
        let found = realms.iter().map(holders).filter(|holders| !holders.agents.is_empty());
        let found: Vec<Holders> = found.collect();
        let holdings = match found.as_slice() {
            [] => return vec![self.unknown_workload(at)],
            [holders] => workload::holdings(holders),
            // Clusters that have an account of this name.
            several => workload::holdings(&Holders {
                agents: several.iter().flat_map(|holders| holders.agents.clone()).collect(),
                named_by_pod: false,
            }),
        };
        let chain = |(agent, holding): (AgentKey, Holding)| {
            let at = Actor { realm: agent.realm.clone(), ..at.clone() };
            let (kind, root) = workload::root(self.known.estate, &agent, UNTRACED);
            let mut link = workload::link(&agent, &holding);
            self.compare_passport(&at, &agent, &mut link);
            let (hop, because) = self.runs_as(&at, &agent, &holding, &user);
            let steps = vec![root, link, Step::to(&at, hop, because)];
            Walked::from(Some(agent), kind, steps)
        };
        holdings.into_iter().map(chain).collect()
    }

    /// A service account as which no workload is known to run.
    fn unknown_workload(&self, at: &Actor) -> Walked {
        let (hop, because) = at.platform.word();
        let last = Step::to(at, hop, because);
        let missing = "the workload that runs as the account: none is loaded";
        let root = Step::unrecorded(missing, "no record says who or what started it");
        let Some(agent) = at.agent.as_ref().filter(|_| at.platform != Platform::Token) else {
            return Walked::from(None, RootKind::Unknown, vec![root, last]);
        };
        let agent = self.known.estate.canonical(agent);
        let (kind, root) = workload::root(self.known.estate, &agent, UNTRACED);
        let named = Step::new(
            Principal::Agent { key: agent.clone() },
            HopState::Asserted,
            "the record itself names the agent",
        );
        Walked::from(Some(agent), kind, vec![root, named, last])
    }

    /// How the hop from a workload to its account is known.
    fn runs_as(
        &self,
        at: &Actor,
        agent: &AgentKey,
        holding: &Holding,
        user: &Text,
    ) -> (HopState, String) {
        if at.platform == Platform::Kubernetes {
            return workload::authenticated(self.known.estate, agent, holding, user);
        }
        if let Holding::OneOf(_) = holding {
            return workload::authenticated(self.known.estate, agent, holding, user);
        }
        if at.platform == Platform::Token {
            let (hop, because) = at.platform.word();
            return (hop, because.to_owned());
        }
        let is_seen = self.acting.contains(&(agent.host(), user.clone()));
        match (is_seen, holding) {
            (true, _) => (
                HopState::Verified,
                "two recorders: the cloud checked a token of the account, and the audit log shows a \
                 pod of the workload using such a token"
                    .to_owned(),
            ),
            (false, Holding::ByPod) => {
                (HopState::Asserted, "only the tags of the session name the pod".to_owned())
            }
            (false, _) => workload::authenticated(self.known.estate, agent, holding, user),
        }
    }

    /// A record that names its agent, an identity beside it, and perhaps a user.
    fn named_agent(&self, at: &Actor, agent: &AgentKey) -> Walked {
        let agent = self.known.estate.canonical(agent);
        let (hop, because) = at.platform.word();
        let (kind, root) = match at.before.first() {
            Some(user) => {
                let user = Principal::Human { name: user.clone() };
                (RootKind::Human, Step::new(user, hop.clone(), "the record itself names the user"))
            }
            None => workload::root(self.known.estate, &agent, UNTRACED),
        };
        let mut named = Step::new(Principal::Agent { key: agent.clone() }, hop.clone(), because);
        self.compare_passport(at, &agent, &mut named);
        let steps = vec![root, named, Step::to(at, hop, because)];
        Walked::from(Some(agent), kind, steps)
    }

    /// A passport is of one workload.
    fn compare_passport(&self, at: &Actor, agent: &AgentKey, step: &mut Step) {
        let named = at.passport.as_ref().and_then(|id| Some((id, self.known.passport(id)?)));
        let other = named.and_then(|(id, passport)| Some((id, passport.workload.as_ref()?)));
        if let Some((id, other)) = other.filter(|(_, workload)| **workload != agent.name) {
            let by = format!("the passport {} is of {}", id.visible(), other.visible());
            step.hop = HopState::Contradicted { by };
        }
    }

    /// The subject or the first actor of a token.
    fn of_token(&self, at: &Actor) -> Walked {
        let step = self.claimed(at);
        let root = match step.principal {
            Principal::Human { .. } => RootKind::Human,
            _ => RootKind::Account,
        };
        Walked::from(None, root, vec![step])
    }

    /// An actor as a token names it. Where the token is bound to a pod, the pod's owner has to be the
    /// agent that it names.
    pub fn claimed(&self, at: &Actor) -> Step {
        let (hop, because) = at.platform.word();
        let mut step = Step::to(at, hop, because);
        let agent = self.agent_called(at);
        if let Some(key) = &agent {
            step.principal = Principal::Agent { key: key.clone() };
        } else if let Some(name) = at.principal.raw().strip_prefix("agent:") {
            step.principal = Principal::Agent { key: AgentKey::new("", "", name) };
        }
        let estate = self.known.estate;
        let owner = at.agent.as_ref().map(|pod| estate.canonical(pod));
        let owner = owner.filter(|owner| estate.workload(owner).is_some());
        if let (Some(agent), Some(owner)) = (agent, owner)
            && agent != owner
        {
            let by = format!("the token is bound to a pod of {}", owner.visible());
            step.hop = HopState::Contradicted { by };
        }
        step
    }

    /// The known workload that a token means by the name of an actor.
    pub fn agent_called(&self, at: &Actor) -> Option<AgentKey> {
        let raw = at.principal.raw();
        if raw.starts_with("user:") {
            return None;
        }
        let name = raw.rsplit([':', '/']).next().unwrap_or(raw);
        let key = self.known.estate.canonical(&AgentKey::new(at.realm.clone(), "", name));
        self.known.estate.workload(&key).is_some().then_some(key)
    }
}

/// Why nobody is known to have asked.
const UNTRACED: &str = "no trace is tied to these requests";

const OUTSIDE: &str = "another organisation or issuer says so";
