//! How many calls a plan without changes makes, by service and operation, and how many the pages need.
//!
//! `cargo bench --profile dev --bench calls [-- SIZE]` writes a stack of about SIZE mixed resources (198 unless said),
//! applies it to emulators and plans it again. It fails if an operation is called more often than is needed.
//!
//! Of the mix that Terraform was measured with, types that are not managed here are replaced: instances by launch
//! templates, parameters by secrets, attachments of policies by inline policies of the roles and by instance profiles,
//! settings of buckets by fields of the buckets. KMS keys, ECS, ECR, CodeBuild and ElastiCache have no replacement;
//! health checks, addresses, outgoing rules, subscriptions and groups of subnets fill their place.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a benchmark fails loudly"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use cairn_conformance::emulator::{Emulator, Kind};

/// How many objects a unit of the mix has.
const UNIT: usize = 99;

/// How many zones the records are in, whatever the size.
const ZONES: usize = 2;

/// An operation, what it reads, how many of them one call answers for, and how often Terraform's provider called it for
/// a comparable stack of 990, where that was measured.
type Need = (&'static str, &'static [&'static str], usize, Option<usize>);

/// What is asked for with a call of its own for each of the types.
const APART: [&str; 2] = ["ec2.DescribeInternetGateways", "elbv2.DescribeTags"];

/// What a plan needs. A filter of EC2 takes 200 values, and a page of route tables has 100. Lists of IAM have 1,000 a
/// page. Groups, topics, buckets, secrets and tags of alarms and logs are given one at a time.
const NEEDS: &[Need] = &[
    ("cloudwatch.DescribeAlarms", &["cloudwatch.Alarm"], 100, None),
    ("cloudwatch.ListTagsForResource", &["cloudwatch.Alarm"], 1, None),
    ("ec2.DescribeAddresses", &["ec2.Eip"], 200, None),
    // By their ids for the gateways, by their networks for the attachments.
    ("ec2.DescribeInternetGateways", &["ec2.InternetGateway", "ec2.VpcGatewayAttachment"], 200, None),
    ("ec2.DescribeLaunchTemplateVersions", &["ec2.LaunchTemplate"], 200, None),
    ("ec2.DescribeLaunchTemplates", &["ec2.LaunchTemplate"], 200, None),
    ("ec2.DescribeRouteTables", &["ec2.RouteTable"], 100, Some(104)),
    ("ec2.DescribeSecurityGroupRules", &["ec2.SecurityGroupIngress", "ec2.SecurityGroupEgress"], 200, Some(160)),
    ("ec2.DescribeSecurityGroups", &["ec2.SecurityGroup"], 200, None),
    ("ec2.DescribeSubnets", &["ec2.Subnet"], 200, None),
    ("ec2.DescribeVpcs", &["ec2.Vpc"], 200, None),
    ("elbv2.DescribeListeners", &["elbv2.Listener"], 20, None),
    ("elbv2.DescribeLoadBalancers", &["elbv2.LoadBalancer"], 400, None),
    ("elbv2.DescribeRules", &["elbv2.ListenerRule"], 20, None),
    ("elbv2.DescribeTags", &["elbv2.LoadBalancer", "elbv2.TargetGroup"], 20, Some(78)),
    ("elbv2.DescribeTargetGroupAttributes", &["elbv2.TargetGroup"], 1, None),
    ("elbv2.DescribeTargetGroups", &["elbv2.TargetGroup"], 400, None),
    ("iam.GetAccountAuthorizationDetails", &["iam.Role"], 1000, None),
    ("iam.ListInstanceProfiles", &["iam.InstanceProfile"], 1000, None),
    ("iam.ListRoles", &["iam.Role"], 1000, None),
    ("logs.DescribeLogGroups", &["logs.LogGroup"], 50, None),
    ("logs.ListTagsForResource", &["logs.LogGroup"], 1, None),
    ("rds.DescribeDBSubnetGroups", &["rds.DbSubnetGroup"], 100, None),
    ("route53.ListHealthChecks", &["route53.HealthCheck"], 100, None),
    ("route53.ListHostedZones", &["route53.HostedZone"], 100, None),
    ("route53.ListResourceRecordSets", &["route53.HostedZone"], 1, None),
    ("route53.ListTagsForResources", &["route53.HealthCheck"], 10, None),
    ("s3.GetBucketPolicy", &["s3.BucketPolicy"], 1, None),
    ("s3.GetBucketTagging", &["s3.Bucket"], 1, None),
    ("s3.GetBucketVersioning", &["s3.Bucket"], 1, None),
    ("secretsmanager.DescribeSecret", &["secretsmanager.Secret"], 1, None),
    ("sns.GetSubscriptionAttributes", &["sns.Subscription"], 1, None),
    ("sns.GetTopicAttributes", &["sns.Topic"], 1, None),
    ("sns.ListTagsForResource", &["sns.Topic"], 1, None),
];

fn main() {
    let size = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(198);
    let units = usize::max(size / UNIT, 1);
    let mut made = BTreeMap::new();
    let mut calls = BTreeMap::new();
    for (kind, text) in [(Kind::Moto, network(units)), (Kind::Ministack, services(units))] {
        for line in text.lines().filter_map(|line| line.strip_prefix("resource ")) {
            let kind = line.split_once("= aws.").unwrap().1.trim_end_matches(" {");
            *made.entry(kind.to_owned()).or_insert(0) += 1;
        }
        calls.extend(measure(kind, &text));
    }
    print(&made, &calls);
}

/// Prints the table; fails if there are more calls than the pages need.
fn print(made: &BTreeMap<String, usize>, calls: &BTreeMap<String, usize>) {
    println!("| operation | objects | calls | needed | Terraform |");
    println!("|---|--:|--:|--:|--:|");
    let (mut total, mut all_needed, mut too_many) = (0, 0, Vec::new());
    for (operation, &count) in calls {
        let row = NEEDS.iter().find(|(name, ..)| name == operation);
        let (kinds, each, terraform) = row.map_or((&[][..], 1, None), |row| (row.1, row.2, row.3));
        let of = |kind: &&str| made.get(*kind).copied().unwrap_or(0);
        let objects: usize = kinds.iter().map(of).sum();
        let needed = if APART.contains(&operation.as_str()) {
            kinds.iter().map(|kind| of(kind).div_ceil(each)).sum()
        } else {
            objects.div_ceil(each)
        };
        let terraform = terraform.map_or_else(String::new, |count| count.to_string());
        println!("| {operation} | {objects} | {count} | {needed} | {terraform} |");
        total += count;
        all_needed += needed;
        if count > needed {
            too_many.push(operation);
        }
    }
    let resources: usize = made.values().sum();
    println!("| all | {resources} | {total} | {all_needed} | |");
    assert!(too_many.is_empty(), "more calls than needed: {too_many:?}");
}

/// Applies a stack to an emulator; the calls of a plan after that.
fn measure(kind: Kind, text: &str) -> BTreeMap<String, usize> {
    let emulator = Emulator::start(kind, Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("stack.cairn"), text).unwrap();
    run(directory.path(), &emulator, &["apply", "--yes"]);
    let stats = run(directory.path(), &emulator, &["plan", "--detailed-exitcode", "--stats"]);
    calls(&stats)
}

/// The calls by operation, out of what `--stats` prints.
fn calls(stats: &str) -> BTreeMap<String, usize> {
    let mut calls = BTreeMap::new();
    for line in stats.lines().filter(|line| line.starts_with("  ")) {
        let mut words = line.split_whitespace();
        let (Some(service), Some(_)) = (words.next(), words.next()) else { continue };
        let rest: Vec<&str> = words.collect();
        for operation in rest.join(" ").split(", ") {
            let Some((name, count)) = operation.split_once(' ') else { continue };
            let Ok(count) = count.parse() else { continue };
            calls.insert(format!("{service}.{name}"), count);
        }
    }
    calls
}

/// Runs the binary; gives what it says beside its result.
fn run(directory: &Path, emulator: &Emulator, arguments: &[&str]) -> String {
    let begun = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_cairn"))
        .args(arguments)
        .current_dir(directory)
        .env("LANG", "C.UTF-8")
        .env("AWS_ENDPOINT_URL", emulator.url())
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("CAIRN_QUARANTINE", "0")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "cairn {arguments:?} failed\n{out}\n{err}");
    eprintln!("cairn {} took {:.1} s", arguments.join(" "), begun.elapsed().as_secs_f64());
    err.into_owned()
}

const HEAD: &str =
    "stack calls {\n  cairn: \"1\"\n}\n\nimport aws\n\nprovider eu = aws.Target { region: \"eu-central-1\" }\n";

const TRUST: &str = "{ Version: \"2012-10-17\", Statement: [{ Effect: \"Allow\", Principal: { Service: \
                     \"ec2.amazonaws.com\" }, Action: \"sts:AssumeRole\" }] }";

const READS: &str = "{ Version: \"2012-10-17\", Statement: [{ Effect: \"Allow\", Action: \"s3:GetObject\", Resource: \
                     \"*\" }] }";

/// Networks with what stands in them, and roles.
fn network(units: usize) -> String {
    let mut text = HEAD.to_owned();
    let mut put = |name: String, kind: &str, body: String| {
        let body = body.replace('\n', "\n  ");
        writeln!(text, "resource {name} = aws.{kind} {{\n  {body}\n}}").unwrap();
    };
    for z in 0..ZONES {
        put(format!("zone_{z}"), "route53.HostedZone", format!("name: \"shop{z}.example\""));
    }
    for u in 0..units {
        let net = format!("10.{}", u % 256);
        put(format!("vpc_{u}"), "ec2.Vpc", format!("cidr_block: {net}.0.0/16\ntags: {{ Name: \"{u}\" }}"));
        put(format!("igw_{u}"), "ec2.InternetGateway", "tags: { team: \"net\" }".into());
        put(format!("igw_in_{u}"), "ec2.VpcGatewayAttachment", format!("vpc: vpc_{u}\ninternet_gateway: igw_{u}"));
        put(format!("routes_{u}"), "ec2.RouteTable", format!("vpc: vpc_{u}"));
        let route = format!("route_table: routes_{u}\ndestination_cidr_block: 0.0.0.0/0\ngateway: igw_{u}");
        put(format!("out_{u}"), "ec2.Route", route);
        for e in 0..4 {
            put(format!("eip_{u}_{e}"), "ec2.Eip", format!("tags: {{ Name: \"{u}-{e}\" }}"));
        }
        for s in 0..8 {
            let zone = if s % 2 == 0 { "a" } else { "b" };
            let subnet = format!("vpc: vpc_{u}\ncidr_block: {net}.{s}.0/24\navailability_zone: \"eu-central-1{zone}\"");
            put(format!("subnet_{u}_{s}"), "ec2.Subnet", subnet);
            let routed = format!("subnet: subnet_{u}_{s}\nroute_table: routes_{u}");
            put(format!("routed_{u}_{s}"), "ec2.SubnetRouteTableAssociation", routed);
        }
        for g in 0..4 {
            let group = format!("vpc: vpc_{u}\ngroup_description: \"group {g}\"\ntags: {{ Name: \"{u}-{g}\" }}");
            put(format!("sg_{u}_{g}"), "ec2.SecurityGroup", group);
            for r in 0..4 {
                let port = 8000 + r;
                let rule = format!(
                    "group: sg_{u}_{g}\nip_protocol: \"tcp\"\nfrom_port: {port}\nto_port: {port}\ncidr_ip: 10.0.0.0/8"
                );
                put(format!("in_{u}_{g}_{r}"), "ec2.SecurityGroupIngress", rule);
            }
            let rule =
                format!("group: sg_{u}_{g}\nip_protocol: \"tcp\"\nfrom_port: 443\nto_port: 443\ncidr_ip: 10.0.0.0/8");
            put(format!("eg_{u}_{g}"), "ec2.SecurityGroupEgress", rule);
            let role = format!(
                "description: \"does {g}\"\nassume_role_policy_document: {TRUST}\npolicies: [{{ \
                 policy_name: \"read\", policy_document: {READS} }}]\ntags: {{ team: \"shop\" }}"
            );
            put(format!("role_{u}_{g}"), "iam.Role", role);
            put(format!("profile_{u}_{g}"), "iam.InstanceProfile", format!("roles: [role_{u}_{g}]"));
            let z = u % ZONES;
            let record = format!(
                "hosted_zone: zone_{z}\nname: \"r{u}-{g}.shop{z}.example\"\ntype: \"A\"\nttl: 5min\n\
                 resource_records: [\"203.0.113.10\"]"
            );
            put(format!("record_{u}_{g}"), "route53.RecordSet", record);
        }
        for t in 0..3 {
            let data = "launch_template_data: { image_id: \"ami-0a1b2c3d4e5f60718\", instance_type: \"t4g.small\" }";
            put(format!("template_{u}_{t}"), "ec2.LaunchTemplate", data.into());
            let pool = format!(
                "vpc: vpc_{u}\nprotocol: \"HTTP\"\nport: 80\ntarget_group_attributes: {{ \
                 \"deregistration_delay.timeout_seconds\": \"60\" }}\ntags: {{ team: \"shop\" }}"
            );
            put(format!("pool_{u}_{t}"), "elbv2.TargetGroup", pool);
        }
        let subnets = format!("subnets: [subnet_{u}_0, subnet_{u}_1]");
        put(format!("alb_{u}"), "elbv2.LoadBalancer", format!("{subnets}\ntags: {{ team: \"shop\" }}"));
        let fixed = "[{ type: \"fixed-response\", fixed_response_config: { status_code: \"404\" } }]";
        let http = format!("load_balancer: alb_{u}\nprotocol: \"HTTP\"\nport: 80\ndefault_actions: {fixed}");
        put(format!("http_{u}"), "elbv2.Listener", http);
        for r in 0..4 {
            let rule = format!(
                "listener: http_{u}\npriority: {}\nconditions: [{{ field: \"path-pattern\", path_pattern_config: \
                 {{ values: [\"/{r}/*\"] }} }}]\nactions: [{{ type: \"forward\", target_group: pool_{u}_{} }}]",
                r + 1,
                r % 3
            );
            put(format!("rule_{u}_{r}"), "elbv2.ListenerRule", rule);
        }
        for d in 0..2 {
            let check = "health_check_config: { type: \"TCP\", ip_address: 203.0.113.10, port: 443 }\n\
                         health_check_tags: { team: \"shop\" }";
            put(format!("check_{u}_{d}"), "route53.HealthCheck", check.into());
            let group = format!("db_subnet_group_description: \"two zones\"\n{subnets}");
            put(format!("databases_{u}_{d}"), "rds.DbSubnetGroup", group);
        }
    }
    text
}

/// Services beside the networks.
fn services(units: usize) -> String {
    let mut text = HEAD.to_owned();
    let mut put = |name: String, kind: &str, body: String| {
        let body = body.replace('\n', "\n  ");
        writeln!(text, "resource {name} = aws.{kind} {{\n  {body}\n}}").unwrap();
    };
    for u in 0..units {
        for i in 0..4 {
            let log = format!("log_group_name: \"/shop/{u}/{i}\"\nretention_in_days: 30d\ntags: {{ team: \"shop\" }}");
            put(format!("log_{u}_{i}"), "logs.LogGroup", log);
            let alarm = "namespace: \"Shop\"\nmetric_name: \"Orders\"\nstatistic: \"Sum\"\nperiod: 1min\n\
                         evaluation_periods: 5\ncomparison_operator: \"LessThanThreshold\"\nthreshold: 1\n\
                         tags: { team: \"shop\" }";
            put(format!("alarm_{u}_{i}"), "cloudwatch.Alarm", alarm.into());
            put(format!("secret_{u}_{i}"), "secretsmanager.Secret", "tags: { team: \"shop\" }".into());
        }
        for i in 0..3 {
            let bucket = "versioning_configuration: { status: \"Enabled\" }\ntags: { team: \"shop\" }";
            put(format!("bucket_{u}_{i}"), "s3.Bucket", bucket.into());
            let policy = format!(
                "bucket: bucket_{u}_{i}\npolicy_document: {{ Version: \"2012-10-17\", Statement: [{{ Effect: \"Deny\", \
                 Principal: \"*\", Action: \"s3:*\", Resource: \"${{bucket_{u}_{i}.arn}}/*\", Condition: {{ Bool: {{ \
                 \"aws:SecureTransport\": \"false\" }} }} }}] }}"
            );
            put(format!("policy_{u}_{i}"), "s3.BucketPolicy", policy);
        }
        for i in 0..2 {
            put(format!("topic_{u}_{i}"), "sns.Topic", "display_name: \"Shop\"\ntags: { team: \"shop\" }".into());
            let endpoint = "arn:aws:sqs:eu-central-1:111122223333:orders";
            let to = format!("topic: topic_{u}_{i}\nprotocol: \"sqs\"\nendpoint: \"{endpoint}\"");
            put(format!("sub_{u}_{i}"), "sns.Subscription", to);
        }
    }
    text
}
