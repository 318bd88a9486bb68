//! Applies and destroys on a sandbox that throttles, refuses, loses answers and lags: every run ends well or says what
//! failed, a few runs converge, and the end is exact.

use crate::project::{Ended, Project};
use crate::sandbox_truth::{objects, wrong};

/// Objects of every kind of idempotency, of slow and of quick types, with a secret and names that are identities.
pub const MIXED: &str = r#"stack mixed {
  cairn: "1"
}

import aws

provider eu = aws.Target { region: "eu-central-1" }

input hostnames: Bool = true
input group: String = "servers"

let zones = { a: 0, b: 1 }

resource vpc = aws.ec2.Vpc { cidr_block: 10.40.0.0/16, enable_dns_support: true, enable_dns_hostnames: hostnames }
resource igw = aws.ec2.InternetGateway
resource attachment = aws.ec2.VpcGatewayAttachment { vpc, internet_gateway: igw }

resource subnet[zone, slot in zones] = aws.ec2.Subnet {
  vpc
  availability_zone: "eu-central-1${zone}"
  cidr_block: 10.40.0.0/16.subnet(newbits: 8, index: slot)
}

@after(attachment)
resource address[zone in zones] = aws.ec2.Eip { domain: "vpc" }
resource nat[zone in zones] = aws.ec2.NatGateway { subnet: subnet[zone], allocation: address[zone] }
resource routes[zone in zones] = aws.ec2.RouteTable { vpc }
resource out[zone in zones] = aws.ec2.Route {
  route_table: routes[zone]
  destination_cidr_block: 0.0.0.0/0
  nat_gateway: nat[zone]
}

resource web_sg = aws.ec2.SecurityGroup { vpc, group_description: group }
resource db_sg = aws.ec2.SecurityGroup { vpc, group_description: "database" }
resource db_from_web = aws.ec2.SecurityGroupIngress {
  group: db_sg
  ip_protocol: "tcp"
  from_port: 27017
  to_port: 27017
  source_security_group: web_sg
}

resource login = aws.secretsmanager.Secret {
  name: "mixed-login"
  generate_secret_string: { password_length: 40, exclude_punctuation: true }
}
resource db_subnets = aws.docdb.DbSubnetGroup { db_subnet_group_description: "both zones", subnets: subnet }
resource db = aws.docdb.DbCluster {
  db_cluster_identifier: "mixed-db"
  engine_version: "5.0.0"
  master_username: "owner"
  master_user_password: login.secret_string
  db_subnet_group: db_subnets
  vpc_security_groups: [db_sg]
}
resource db_instance[n in 0..1] = aws.docdb.DbInstance {
  db_cluster_identifier: db
  db_instance_identifier: "mixed-db-${n}"
  db_instance_class: "db.t3.medium"
}

resource role = aws.iam.Role {
  assume_role_policy_document: {
    Version: "2012-10-17"
    Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }]
  }
}
resource profile = aws.iam.InstanceProfile { roles: [role] }
resource topic = aws.sns.Topic { topic_name: "mixed-alarms" }
resource log = aws.logs.LogGroup { retention_in_days: 14d }
"#;

/// How many objects it wants.
pub const SIZE: usize = 25;

/// How many sequences of faults are tried; `CAIRN_FAULT_SEEDS` says another number.
const SEEDS: u64 = 60;

/// After so many runs everything must be done: each makes progress, none depends on luck alone.
const MOST_RUNS: u64 = 12;

/// Every second seed is hard.
fn faults(seed: u64, run: u64) -> String {
    let share = if seed.is_multiple_of(2) {
        "throttle=0.2,fail=0.1,lose=0.1,lag=3"
    } else {
        "throttle=0.4,fail=0.2,lose=0.3,lag=8"
    };
    format!("--sandbox-faults seed={},{share}", seed * 1_000 + run)
}

/// A run that failed says which step failed, or what could not be read.
fn says_what_failed(ended: &Ended) -> bool {
    let named =
        ["SandboxFailure", "AnswerLost", "Throttling", "NotVisible", "could not be read", "could not be resolved"];
    ended.code == Some(1) && named.iter().any(|word| ended.err.contains(word)) && !ended.err.contains("panicked")
}

/// Runs a command under faults until it ends well.
pub fn until_done(project: &Project, command: &str, seed: u64, first: u64) -> Result<u64, String> {
    for run in first..first + MOST_RUNS {
        let ended = project.run(&format!("{command} {}", faults(seed, run)));
        if ended.code == Some(0) {
            return Ok(run - first + 1);
        }
        if !says_what_failed(&ended) {
            return Err(format!("seed {seed}, run {run} of {command}: {:?}\n{}\n{}", ended.code, ended.out, ended.err));
        }
    }
    Err(format!("seed {seed}: {command} did not end well in {MOST_RUNS} runs"))
}

/// A life under faults: made, changed with replacements, destroyed.
fn live(seed: u64) -> Result<u64, String> {
    let project = Project::with(MIXED);
    let exact = |at: &str, settings: &str| {
        let plan = project.run(&format!("plan --sandbox --detailed-exitcode{settings}"));
        if plan.code != Some(0) {
            return Err(format!("seed {seed}, {at}: the plan is not empty\n{}{}", plan.out, plan.err));
        }
        wrong(&project, "mixed", SIZE).map_or(Ok(()), |why| Err(format!("seed {seed}, {at}: {why}")))
    };
    let mut runs = until_done(&project, "apply --sandbox --yes", seed, 0)?;
    exact("made", "")?;
    let settings = " --set group=workers --set hostnames=false";
    runs += until_done(&project, &format!("apply --sandbox --yes{settings}"), seed, 100)?;
    exact("changed", settings)?;
    runs += until_done(&project, "destroy --sandbox --yes", seed, 200)?;
    let left = objects(&project, "mixed");
    if left.is_empty() { Ok(runs) } else { Err(format!("seed {seed}: left behind {left:?}")) }
}

#[test]
fn under_faults_runs_converge_and_nothing_is_lost_or_doubled() {
    let seeds = std::env::var("CAIRN_FAULT_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(SEEDS);
    let mut failures = Vec::new();
    let mut runs = 0;
    for seed in 1..=seeds {
        match live(seed) {
            Ok(count) => runs += count,
            Err(failure) => failures.push(failure),
        }
    }
    println!("{seeds} seeds, {runs} runs");
    assert!(failures.is_empty(), "{} of {seeds} seeds\n{}", failures.len(), failures.join("\n\n"));
    assert!(runs > 4 * seeds, "the faults hardly hit: {runs} runs for {seeds} seeds of three commands");
}

/// Names that are identities, and slow to become visible.
const NAMED: &str = r#"stack named {
  cairn: "1"
}

import aws

provider eu = aws.Target { region: "eu-central-1" }

resource db = aws.docdb.DbCluster {
  db_cluster_identifier: "named-db"
  master_username: "owner"
  master_user_password: secret("env:NAMED_PASSWORD")
}
resource db_instance = aws.docdb.DbInstance {
  db_cluster_identifier: db
  db_instance_identifier: "named-db-0"
  db_instance_class: "db.t3.medium"
}
"#;

/// What was made a moment ago and is not seen yet is neither taken for vanished nor made once more.
#[test]
fn what_is_too_new_to_be_seen_has_not_vanished() {
    let project = Project::with(NAMED).variable("CAIRN_QUARANTINE", "0").variable("NAMED_PASSWORD", "long enough");
    let (mut vanished, mut runs) = (0, 0);
    let mut blind = "lag=1000000";
    for _ in 0..8 {
        let ended = project.run(&format!("apply --sandbox --yes --sandbox-faults {blind}"));
        vanished += ended.out.matches("it has vanished from the cloud").count();
        runs += 1;
        assert!(ended.code == Some(0) || ended.err.contains("NotVisible"), "{}", ended.err);
        if ended.code == Some(0) {
            break;
        }
        blind = "lag=1";
    }
    assert!(runs > 1, "nothing was invisible");
    assert_eq!(vanished, 0);
    assert_eq!(wrong(&project, "named", 2), None);
}
