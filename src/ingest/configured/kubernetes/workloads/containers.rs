//! Containers and volumes of a pod: from what Kubernetes writes to what holds.

use std::collections::BTreeMap;

use super::wire;
use crate::domain::Text;
use crate::domain::configured::{
    Container, ContainerPort, ContainerRole, SecurityContext, ValueHolder, VariableSource, Volume,
    VolumeMount, VolumeSource,
};
use crate::ingest::mask::Masker;

/// What the node reported of each container, by name.
pub type Statuses = BTreeMap<Text, wire::ContainerStatus>;

/// A container with the settings of its pod merged in.
pub fn container(
    container: wire::Container<'_>,
    role: ContainerRole,
    pod: &wire::SecurityContext,
    statuses: &mut Statuses,
    masker: &Masker,
) -> Container {
    let restarts = container.restart_policy.is_some_and(|policy| policy == "Always");
    let role = match (role, restarts) {
        (ContainerRole::Init, true) => ContainerRole::Sidecar,
        (role, _) => role,
    };
    let words: Vec<&str> = container.command.iter().chain(&container.args).map(|w| &**w).collect();
    let status = statuses.remove(&container.name);
    let (image_id, id) =
        status.map_or((None, None), |status| (status.image_id, status.container_id));
    let known = |id: &Text| !id.is_empty();
    Container {
        role,
        image: container.image,
        image_id: image_id.filter(known),
        id: id.filter(known),
        command: (!words.is_empty()).then(|| masker.command_line(words).into()),
        security: security(container.security_context, pod),
        environment: container.env.iter().map(|variable| variable.name.clone()).collect(),
        variable_sources: variable_sources(container.env, container.env_from),
        mounts: container.volume_mounts.into_iter().map(mount).collect(),
        ports: container.ports.into_iter().filter_map(port).collect(),
        name: container.name,
    }
}

/// `core/v1` SecurityContext: what a container says wins over what its pod says.
fn security(own: wire::SecurityContext, pod: &wire::SecurityContext) -> SecurityContext {
    let profile = |own: Option<wire::Profile>, pod: &Option<wire::Profile>| {
        let profile = own.or_else(|| pod.clone())?;
        Some(match profile.localhost_profile {
            Some(local) => format!("{}/{}", profile.kind.raw(), local.raw()).into(),
            None => profile.kind,
        })
    };
    SecurityContext {
        privileged: own.privileged,
        run_as_user: own.run_as_user.or(pod.run_as_user),
        run_as_group: own.run_as_group.or(pod.run_as_group),
        run_as_non_root: own.run_as_non_root.or(pod.run_as_non_root),
        read_only_root: own.read_only_root_filesystem,
        allow_privilege_escalation: own.allow_privilege_escalation,
        added: own.capabilities.add,
        dropped: own.capabilities.drop,
        seccomp: profile(own.seccomp_profile, &pod.seccomp_profile),
        app_armor: profile(own.app_armor_profile, &pod.app_armor_profile),
    }
}

fn variable_sources(
    one_by_one: Vec<wire::Variable>,
    whole: Vec<wire::VariablesFrom>,
) -> Vec<VariableSource> {
    let source = |holder, of: Option<wire::KeyOf>, variable: Option<&Text>| {
        let of = of?;
        Some(VariableSource { holder, name: of.name, key: of.key, variable: variable.cloned() })
    };
    let single = one_by_one.into_iter().flat_map(|variable| {
        let wire::VariableSource { secret_key_ref, config_map_key_ref } = variable.value_from;
        [
            source(ValueHolder::Secret, secret_key_ref, Some(&variable.name)),
            source(ValueHolder::ConfigMap, config_map_key_ref, Some(&variable.name)),
        ]
    });
    let all = whole.into_iter().flat_map(|from| {
        [
            source(ValueHolder::Secret, from.secret_ref, None),
            source(ValueHolder::ConfigMap, from.config_map_ref, None),
        ]
    });
    single.chain(all).flatten().collect()
}

fn mount(mount: wire::VolumeMount) -> VolumeMount {
    VolumeMount {
        volume: mount.name,
        path: mount.mount_path,
        read_only: mount.read_only,
        sub_path: mount.sub_path,
    }
}

fn port(port: wire::Port) -> Option<ContainerPort> {
    Some(ContainerPort {
        name: port.name,
        number: port.container_port?,
        protocol: port.protocol.unwrap_or_else(|| "TCP".into()),
        host: port.host_port,
    })
}

/// A volume that each pod claims by itself, as `TEMPLATE-POD`.
pub fn claimed(template: wire::ClaimTemplate) -> Option<Volume> {
    let name = template.metadata.name?;
    let sources = vec![VolumeSource::PersistentVolumeClaim { name: name.clone() }];
    Some(Volume { name, sources })
}

/// Where the secrets store driver says what to mount.
const PROVIDER_CLASS: &str = "secretProviderClass";

pub fn volume(volume: wire::Volume<'_>) -> Volume {
    let secret = |of: wire::Projected| VolumeSource::Secret {
        name: of.name.unwrap_or_default(),
        keys: of.items.into_iter().map(|item| item.key).collect(),
    };
    let config_map = |of: wire::Projected| VolumeSource::ConfigMap {
        name: of.name.unwrap_or_default(),
        keys: of.items.into_iter().map(|item| item.key).collect(),
    };
    let token = |token: wire::Token| VolumeSource::ServiceAccountToken {
        audience: token.audience.filter(|audience| !audience.is_empty()),
        expires_after: token.expiration_seconds,
    };
    let other = |kind: &str| VolumeSource::Other { kind: kind.into() };
    let projected = volume.projected.sources.into_iter().flat_map(|source| {
        [
            source.secret.map(secret),
            source.config_map.map(config_map),
            source.service_account_token.map(token),
            source.downward_api.map(|_| other("downwardAPI")),
            source.cluster_trust_bundle.map(|_| other("clusterTrustBundle")),
        ]
    });
    let csi = |mut csi: wire::Csi| VolumeSource::Csi {
        driver: csi.driver,
        provider_class: csi.volume_attributes.remove(PROVIDER_CLASS).flatten(),
    };
    let own = [
        volume.secret.map(secret),
        volume.config_map.map(config_map),
        volume.host_path.map(|host| VolumeSource::HostPath { path: host.path }),
        volume
            .persistent_volume_claim
            .map(|claim| VolumeSource::PersistentVolumeClaim { name: claim.claim_name }),
        volume.csi.map(csi),
    ];
    let others = volume.others.keys().map(|kind| Some(other(kind)));
    Volume {
        name: volume.name,
        sources: own.into_iter().chain(projected).chain(others).flatten().collect(),
    }
}
