//! On what a call acted: the resources that the record lists, else what its parameters name.

use serde_json::{Map, Value};

use super::wire::Record;

/// More resources of one call are left to the parameters of the event.
const MOST: usize = 16;

/// Parameters that name a resource, the particular one before the one it belongs to, with the
/// resource type as CloudFormation spells it.
const NAMING: &[(&str, &str)] = &[
    ("/resourceArn", "resource"),
    ("/userName", "AWS::IAM::User"),
    ("/roleName", "AWS::IAM::Role"),
    ("/groupName", "AWS::IAM::Group"),
    ("/policyArn", "AWS::IAM::ManagedPolicy"),
    ("/instanceProfileName", "AWS::IAM::InstanceProfile"),
    ("/secretId", "AWS::SecretsManager::Secret"),
    ("/functionName", "AWS::Lambda::Function"),
    ("/keyId", "AWS::KMS::Key"),
    ("/tableName", "AWS::DynamoDB::Table"),
    ("/queueUrl", "AWS::SQS::Queue"),
    ("/topicArn", "AWS::SNS::Topic"),
    ("/streamName", "AWS::Kinesis::Stream"),
    ("/stateMachineArn", "AWS::StepFunctions::StateMachine"),
    ("/agentRuntimeArn", "AWS::BedrockAgentCore::Runtime"),
    ("/agentId", "AWS::Bedrock::Agent"),
    ("/modelId", "AWS::Bedrock::Model"),
    ("/knowledgeBaseId", "AWS::Bedrock::KnowledgeBase"),
    ("/repositoryName", "AWS::ECR::Repository"),
    ("/stackName", "AWS::CloudFormation::Stack"),
    ("/documentName", "AWS::SSM::Document"),
    ("/logGroupName", "AWS::Logs::LogGroup"),
    ("/dBClusterIdentifier", "AWS::RDS::DBCluster"),
    ("/dBSnapshotIdentifier", "AWS::RDS::DBSnapshot"),
    ("/dBInstanceIdentifier", "AWS::RDS::DBInstance"),
    ("/imageId", "AWS::EC2::Image"),
    ("/snapshotId", "AWS::EC2::Snapshot"),
    ("/instanceId", "AWS::EC2::Instance"),
    ("/instancesSet/items/0/instanceId", "AWS::EC2::Instance"),
    ("/instancesSet/items/0/imageId", "AWS::EC2::Image"),
    ("/routeTableId", "AWS::EC2::RouteTable"),
    ("/groupId", "AWS::EC2::SecurityGroup"),
    ("/vpcId", "AWS::EC2::VPC"),
    ("/clusterName", "AWS::EKS::Cluster"),
    ("/trailName", "AWS::CloudTrail::Trail"),
    ("/roleArn", "AWS::IAM::Role"),
    ("/name", "resource"),
];

/// What a call acted on, and of which type that is.
#[derive(Debug, PartialEq, Eq)]
pub struct Target {
    /// One name, or the ARNs of several resources of one type with a space between them.
    pub name: String,
    pub kind: Option<String>,
}

/// The resources of the record's first type: an object comes with its bucket, and is meant alone.
pub fn target(record: &Record<'_>, parameters: &Map<String, Value>) -> Option<Target> {
    let first = record.resources.iter().find(|resource| resource.arn.get().is_some());
    let Some(first) = first else { return named(record, parameters) };
    let same = record.resources.iter().filter(|resource| resource.kind == first.kind);
    let arns: Vec<&str> = same.filter_map(|resource| resource.arn.get()).take(MOST).collect();
    Some(Target { name: arns.join(" "), kind: first.kind.get().map(str::to_owned) })
}

fn named(record: &Record<'_>, parameters: &Map<String, Value>) -> Option<Target> {
    let text = |name: &str| parameters.get(name)?.as_str().filter(|text| !text.is_empty());
    if let (true, Some(bucket)) = (record.event_source.is("s3.amazonaws.com"), text("bucketName")) {
        let bucket = format!("arn:{}:s3:::{bucket}", partition(record));
        return Some(match text("key") {
            Some(key) => typed(format!("{bucket}/{key}"), "AWS::S3::Object"),
            None => typed(bucket, "AWS::S3::Bucket"),
        });
    }
    NAMING.iter().find_map(|(pointer, kind)| {
        let name = at(parameters, pointer)?;
        (!name.is_empty()).then(|| typed(name.to_owned(), kind))
    })
}

fn typed(name: String, kind: &str) -> Target {
    Target { name, kind: Some(kind.to_owned()) }
}

fn at<'v>(parameters: &'v Map<String, Value>, pointer: &str) -> Option<&'v str> {
    let (first, rest) = pointer.strip_prefix('/')?.split_once('/').unzip();
    match (first, rest) {
        (Some(first), Some(rest)) => parameters.get(first)?.pointer(&format!("/{rest}"))?.as_str(),
        _ => parameters.get(pointer.strip_prefix('/')?)?.as_str(),
    }
}

/// The partition of the record's region (AWS general reference, "Amazon Resource Names").
fn partition(record: &Record<'_>) -> &'static str {
    match record.aws_region.get().unwrap_or_default() {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// Every parameter of the call that names a resource, as `parameter name`. Not as a member: the name
/// of a secret is not one, and would be masked as one.
pub fn names(parameters: &Map<String, Value>) -> Option<Vec<String>> {
    let named = NAMING.iter().filter_map(|(pointer, _)| {
        let parameter = pointer.rsplit('/').next()?;
        Some(format!("{parameter} {}", at(parameters, pointer)?))
    });
    Some(named.collect()).filter(|names: &Vec<_>| !names.is_empty())
}
