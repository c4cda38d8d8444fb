//! What clouds give out: sessions, keys, roles and accounts of AWS, Google Cloud and Microsoft Entra.

use super::{Row, line};
use crate::domain::containment::AccessKind;

pub(super) const ROWS: &[Row] = &[
    Row {
        kind: AccessKind::AwsSession,
        needs: &[],
        commands: &[line(&[
            "aws",
            "iam",
            "put-role-policy",
            "--role-name=<role>",
            "--policy-name=AWSRevokeOlderSessions",
            "--policy-document=<older_sessions>",
        ])],
        does: "denies everything to every session of the role that was issued before the time in the \
               policy: put the time at which you run it",
        does_not: "keep anybody from assuming the role again; spare the role's other users, whose \
                   sessions are denied too; work on service-linked roles; revoke sessions of other \
                   roles that were got from this one",
        title: "AWS IAM: Revoke IAM role temporary security credentials",
        url: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html",
    },
    Row {
        kind: AccessKind::AwsAccessKey,
        needs: &[],
        commands: &[line(&[
            "aws",
            "iam",
            "update-access-key",
            "--user-name=<user>",
            "--access-key-id=<id>",
            "--status=Inactive",
        ])],
        does: "requests that are signed with the key are refused; it can be made active again",
        does_not: "revoke sessions of roles that were got with it, which go on until they expire; \
                   take a console password",
        title: "AWS CLI: iam update-access-key",
        url: "https://docs.aws.amazon.com/cli/latest/reference/iam/update-access-key.html",
    },
    Row {
        kind: AccessKind::AwsRole,
        needs: &[("association", None)],
        commands: &[line(&[
            "aws",
            "eks",
            "delete-pod-identity-association",
            "--cluster-name=<cluster>",
            "--association-id=<association>",
        ])],
        does: "pods of the service account get no new credentials of the role",
        does_not: "revoke sessions that were issued already, which go on until they expire: deny \
                   older sessions of the role as well",
        title: "AWS CLI: eks delete-pod-identity-association",
        url: "https://docs.aws.amazon.com/cli/latest/reference/eks/delete-pod-identity-association.html",
    },
    Row {
        kind: AccessKind::AwsRole,
        needs: &[],
        commands: &[
            line(&["aws", "iam", "get-role", "--role-name=<role>"]),
            line(&[
                "aws",
                "iam",
                "update-assume-role-policy",
                "--role-name=<role>",
                "--policy-document=<nobody>",
            ]),
            line(&[
                "aws",
                "iam",
                "put-role-policy",
                "--role-name=<role>",
                "--policy-name=AWSRevokeOlderSessions",
                "--policy-document=<older_sessions>",
            ]),
        ],
        does: "shows the trust policy to be kept, lets nobody assume the role, and denies everything \
               to its older sessions",
        does_not: "end with the pod or its token: a session that was got by them outlives both; spare \
                   others who assume the role; take the annotation from the service account",
        title: "AWS CLI: iam update-assume-role-policy",
        url: "https://docs.aws.amazon.com/cli/latest/reference/iam/update-assume-role-policy.html",
    },
    Row {
        kind: AccessKind::GoogleKey,
        needs: &[],
        commands: &[line(&[
            "gcloud",
            "iam",
            "service-accounts",
            "keys",
            "disable",
            "<key>",
            "--iam-account=<email>",
        ])],
        does: "the key is no longer accepted; it can be enabled again",
        does_not: "revoke access tokens that were got with it, which last an hour by default: disable \
                   the account for that",
        title: "Google Cloud IAM: Disable and enable service account keys",
        url: "https://cloud.google.com/iam/docs/keys-disable-enable",
    },
    Row {
        kind: AccessKind::GoogleToken,
        needs: &[],
        commands: &[line(&["gcloud", "iam", "service-accounts", "disable", "<email>"])],
        does: "access tokens of the account that exist are rejected, and no new ones are given out, \
               as long as it is disabled",
        does_not: "revoke one token by itself: that cannot be done, and it would last an hour by \
                   default; spare others who use the account; hold once the account is enabled again",
        title: "Google Cloud IAM: projects.serviceAccounts.disable",
        url: "https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts/disable",
    },
    Row {
        kind: AccessKind::GoogleServiceAccount,
        needs: &[],
        commands: &[line(&["gcloud", "iam", "service-accounts", "disable", "<email>"])],
        does: "access tokens of the account that exist are rejected, and no new ones are given out, \
               as long as it is disabled",
        does_not: "spare others who use the account; take away roles that are bound to the Kubernetes \
                   service account itself",
        title: "Google Cloud IAM: projects.serviceAccounts.disable",
        url: "https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts/disable",
    },
    Row {
        kind: AccessKind::EntraToken,
        needs: &[],
        commands: &[line(&[
            "az",
            "rest",
            "--method=POST",
            "--url=https://graph.microsoft.com/v1.0/users/<principal|url>/revokeSignInSessions",
        ])],
        does: "refresh tokens and browser sessions of the user are no longer accepted",
        does_not: "revoke access tokens, which last an hour or so; but for services with continuous \
                   access evaluation; apply to service principals, which are disabled instead",
        title: "Microsoft Graph: user: revokeSignInSessions",
        url: "https://learn.microsoft.com/en-us/graph/api/user-revokesigninsessions",
    },
    Row {
        kind: AccessKind::EntraServicePrincipal,
        needs: &[("client", None)],
        commands: &[line(&[
            "az",
            "rest",
            "--method=PATCH",
            "--url=https://graph.microsoft.com/v1.0/servicePrincipals(appId='<client|url>')",
            "--body={\"accountEnabled\":false}",
        ])],
        does: "no new tokens are given to the service principal",
        does_not: "revoke access tokens that were issued, which last an hour or so; spare others who \
                   use it",
        title: "Microsoft Graph: Update servicePrincipal",
        url: "https://learn.microsoft.com/en-us/graph/api/serviceprincipal-update",
    },
    Row {
        kind: AccessKind::EntraServicePrincipal,
        needs: &[],
        commands: &[line(&[
            "az",
            "rest",
            "--method=PATCH",
            "--url=https://graph.microsoft.com/v1.0/servicePrincipals/<principal|url>",
            "--body={\"accountEnabled\":false}",
        ])],
        does: "no new tokens are given to the service principal",
        does_not: "revoke access tokens that were issued, which last an hour or so; remove the \
                   credential, which works again once the principal is enabled",
        title: "Microsoft Graph: Update servicePrincipal",
        url: "https://learn.microsoft.com/en-us/graph/api/serviceprincipal-update",
    },
];
