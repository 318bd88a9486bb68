//! The process ends at every single record while objects are taken over, moved and forgotten: the next run finishes,
//! and nothing is lost, doubled or destroyed.

use std::collections::BTreeMap;

use crate::crash_points::cut;
use crate::faults::until_done;
use crate::project::Project;
use crate::sandbox_truth::{everything, objects, recorded};

const HEADER: &str =
    "stack small {\n  cairn: \"1\"\n}\n\nimport aws\n\nprovider eu = aws.Target { region: \"eu-central-1\" }\n\n";

/// What is there before.
const BEFORE: &str = r#"
resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }
resource subnet[zone in ["a", "b"]] = aws.ec2.Subnet {
  vpc
  cidr_block: if zone == "a" then 10.20.1.0/24 else 10.20.2.0/24
  availability_zone: "eu-central-1${zone}"
}
resource log = aws.logs.LogGroup { log_group_name: "small" }
resource topic = aws.sns.Topic { topic_name: "small" }
resource gateway = aws.ec2.VpcGatewayAttachment { vpc, internet_gateway: igw }
resource igw = aws.ec2.InternetGateway
"#;

/// The topic and the attachment are nobody's.
const LET_GO: &str = r#"
resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }
resource subnet[zone in ["a", "b"]] = aws.ec2.Subnet {
  vpc
  cidr_block: if zone == "a" then 10.20.1.0/24 else 10.20.2.0/24
  availability_zone: "eu-central-1${zone}"
}
resource log = aws.logs.LogGroup { log_group_name: "small" }
resource igw = aws.ec2.InternetGateway
forget topic
forget gateway
"#;

/// Moved, moved and changed, forgotten, taken over as it is, taken over and changed.
fn after(attachment: &str) -> String {
    format!(
        r#"
@was(vpc)
resource network = aws.ec2.Vpc {{ cidr_block: 10.20.0.0/16, enable_dns_hostnames: true }}
@was(subnet)
resource private[zone in ["a", "b"]] = aws.ec2.Subnet {{
  vpc: network
  cidr_block: if zone == "a" then 10.20.1.0/24 else 10.20.2.0/24
  availability_zone: "eu-central-1${{zone}}"
}}
forget log
@adopt("arn:aws:sns:eu-central-1:111122223333:small")
resource news = aws.sns.Topic {{ topic_name: "small", display_name: "News" }}
@adopt("{attachment}")
resource attached = aws.ec2.VpcGatewayAttachment {{ vpc: network, internet_gateway: igw }}
resource igw = aws.ec2.InternetGateway
"#
    )
}

/// What is managed afterwards.
const MANAGED: usize = 6;

/// What there is, before and afterwards.
const THERE: usize = 7;

/// A project in which everything waits to be moved.
fn prepared() -> Project {
    let project = Project::with(&format!("{HEADER}{BEFORE}"));
    project.expect(0, "apply --sandbox --yes");
    let attachment = project.json(0, "state show gateway --sandbox")["resources"][0]["id"].as_str().unwrap().to_owned();
    project.write("stack.cairn", &format!("{HEADER}{LET_GO}"));
    project.expect(0, "apply --sandbox --yes");
    project.write("stack.cairn", &format!("{HEADER}{}", after(&attachment)));
    project
}

fn finish(project: &Project, faults: &str) -> Result<(), String> {
    let plan = project.run("plan --sandbox");
    if plan.code != Some(0) || plan.out.contains(" delete") || plan.out.contains(" create") {
        return Err(format!("the plan between\n{}\n{}", plan.out, plan.err));
    }
    let again = project.run(&format!("apply --sandbox --yes{faults}"));
    if again.code != Some(0) {
        return Err(format!("the next run ends with {:?}\n{}\n{}", again.code, again.out, again.err));
    }
    let plan = project.run("plan --sandbox --detailed-exitcode");
    if plan.code != Some(0) {
        return Err(format!("the plan is not empty\n{}", plan.out));
    }
    let there = everything(project, "small");
    if there.len() != THERE {
        return Err(format!("{} objects of {THERE}: {there:?}", there.len()));
    }
    // Attachments have no tags: the sandbox still knows for whom they were made, as no cloud does.
    let tagged = |(key, address): ((String, String), String)| {
        let address = if key.0.ends_with("VpcGatewayAttachment") { String::new() } else { address };
        (key, address)
    };
    let marked: BTreeMap<_, _> = objects(project, "small").into_iter().map(tagged).collect();
    let known: BTreeMap<_, _> = recorded(project).into_iter().map(tagged).collect();
    if marked != known || known.len() != MANAGED {
        return Err(format!("marked {marked:?}\nrecorded {known:?}"));
    }
    Ok(())
}

fn all(faults: &str) {
    let mut failures = Vec::new();
    for hook in ["CAIRN_STOP_AFTER_RECORD", "CAIRN_STOP_BEFORE_RECORD"] {
        let mut record = 1;
        loop {
            let project = prepared();
            if !cut(&project, "apply --sandbox --yes", hook, record, faults) {
                break;
            }
            if let Err(why) = finish(&project, faults) {
                failures.push(format!("{hook}={record}{faults}: {why}"));
            }
            record += 1;
        }
        println!("{} records, {hook}", record - 1);
        assert!(record > 15, "{hook} ended only {} runs", record - 1);
    }
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n\n"));
}

#[test]
fn ended_at_any_record_of_a_move_the_next_run_finishes() {
    all("");
}

#[test]
fn ended_at_any_record_of_a_move_while_reads_lag_the_next_run_finishes() {
    all(" --sandbox-faults seed=5,lag=4");
}

/// Two ends one after the other: the second hits the run that resolves the first.
#[test]
fn ended_twice_in_a_move_the_third_run_finishes() {
    let mut failures = Vec::new();
    let mut pairs = 0;
    for first in (2..16).step_by(4) {
        for second in (1..14).step_by(2) {
            let project = prepared();
            let hit = cut(&project, "apply --sandbox --yes", "CAIRN_STOP_BEFORE_RECORD", first, "")
                && cut(&project, "apply --sandbox --yes", "CAIRN_STOP_BEFORE_RECORD", second, "");
            pairs += usize::from(hit);
            if let Err(why) = finish(&project, "") {
                failures.push(format!("{first} and {second}: {why}"));
            }
        }
    }
    assert!(pairs > 15, "only {pairs} pairs were hit");
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n\n"));
}

/// Throttled, refused and unanswered calls, and reads that lag: every run makes progress, and the end is exact.
#[test]
fn under_faults_moves_converge_and_nothing_is_lost_or_doubled() {
    let mut failures = Vec::new();
    let mut runs = 0;
    for seed in 1..=24 {
        let project = prepared();
        match until_done(&project, "apply --sandbox --yes", seed, 0) {
            Ok(count) => runs += count,
            Err(failure) => failures.push(failure),
        }
        if let Err(why) = finish(&project, "") {
            failures.push(format!("seed {seed}: {why}"));
        }
    }
    println!("24 seeds, {runs} runs");
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n\n"));
    assert!(runs > 30, "the faults hardly hit: {runs} runs for 24 seeds");
}
