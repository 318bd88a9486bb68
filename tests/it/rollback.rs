//! `--on-failure`: what a run that fails does next. A rollback is cut off at every record, and meets faults.

use std::collections::BTreeMap;

use crate::crash_points::cut;
use crate::faults::until_done;
use crate::project::Project;
use crate::sandbox_truth::{objects, recorded, wrong};

const SMALL: &str = r#"stack small {
  cairn: "1"
}

import aws

provider eu = aws.Target { region: "eu-central-1" }

input hostnames: Bool = true
input block: Cidr = 10.20.1.0/24
input shown: String = "x"
input more: known [String] = []

resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16, enable_dns_hostnames: hostnames }
resource subnet = aws.ec2.Subnet { vpc, cidr_block: block, availability_zone: "eu-central-1a" }
resource address[name in more] = aws.ec2.Eip { domain: "vpc" }
resource gateway = aws.ec2.InternetGateway
resource attached = aws.ec2.VpcGatewayAttachment { vpc, internet_gateway: gateway }

@after(vpc, subnet, address, attached)
resource topic = aws.sns.Topic { topic_name: "small", display_name: shown }
"#;

/// Without those that are only in `more`.
const SIZE: usize = 5;

const REFUSE: &str = " --sandbox-faults refuse=aws.sns.Topic";

/// A network that changes in place, an address that is new, a topic that cannot be changed.
const CHANGE: &str = " --set hostnames=false --set shown=y --set more=[\"a\"]";

/// The same, and a subnet that is replaced.
const REPLACE: &str = " --set hostnames=false --set shown=y --set block=10.20.2.0/24";

/// Every value that was written, by address.
fn written(project: &Project) -> BTreeMap<String, String> {
    let list = project.json(0, "state list --sandbox");
    let resources = list["resources"].as_array().unwrap().iter();
    resources.map(|one| (one["address"].as_str().unwrap().to_owned(), one["inputs"].to_string())).collect()
}

#[test]
fn a_run_that_fails_takes_back_what_it_made() {
    let project = Project::with(SMALL);
    let ended = project.expect(1, &format!("apply --sandbox --yes --on-failure rollback{REFUSE}"));
    assert!(ended.out.contains("rolling back run 1") && ended.err.contains("run 1 was rolled back"), "{ended:?}");
    assert!(objects(&project, "small").is_empty() && recorded(&project).is_empty());
    let runs = project.json(0, "runs --sandbox");
    let of = |index: usize, key: &str| runs["runs"][index][key].to_string();
    assert_eq!((of(1, "command"), of(1, "how")), ("\"apply\"".to_owned(), "\"failed\"".to_owned()));
    assert_eq!((of(0, "command"), of(0, "how")), ("\"rollback 1\"".to_owned(), "\"done\"".to_owned()));
    assert_eq!(
        (runs["runs"][1]["counts"]["created"].as_u64(), runs["runs"][0]["counts"]["deleted"].as_u64()),
        (Some(4), Some(4))
    );
    project.expect(0, "apply --sandbox --yes");
    assert_eq!(wrong(&project, "small", SIZE), None);
}

#[test]
fn a_run_that_fails_puts_back_what_it_changed() {
    let project = Project::with(SMALL);
    project.expect(0, "apply --sandbox --yes");
    let (before, there) = (written(&project), objects(&project, "small"));
    let ended = project.expect(1, &format!("apply --sandbox --yes --on-failure rollback{CHANGE}{REFUSE}"));
    assert!(ended.out.contains("vpc updated") && ended.out.contains("- address[\"a\"] deleted"), "{ended:?}");
    assert_eq!(written(&project), before);
    assert_eq!(objects(&project, "small"), there);
    let drift = project.expect(0, "drift --sandbox");
    assert!(drift.out.contains("no drift"), "{}", drift.out);
    project.expect(0, "plan --sandbox --detailed-exitcode");
}

#[test]
fn what_cannot_go_back_stays_and_is_named() {
    let project = Project::with(SMALL);
    project.expect(0, "apply --sandbox --yes");
    let ended = project.run(&format!("apply --sandbox --yes --format json --on-failure rollback{REPLACE}{REFUSE}"));
    assert_eq!(ended.code, Some(1));
    let outcome: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    let back = &outcome["rolled_back"];
    assert_eq!((back["run"].as_u64(), back["complete"].as_bool()), (Some(2), Some(true)), "{back}");
    let stays = back["stays"].as_array().unwrap();
    assert_eq!(stays.len(), 2, "{back}");
    assert_eq!((stays[0]["address"].as_str(), stays[1]["address"].as_str()), (Some("subnet"), Some("topic")));
    assert!(stays[1]["why"].as_str().unwrap().contains("it used `subnet`, which is not the object it was"), "{back}");
    assert!(stays[0]["why"].as_str().unwrap().contains("the object of before is gone"), "{back}");
    assert_eq!(wrong(&project, "small", SIZE), None);
    project.expect(0, "apply --sandbox --yes");
    project.expect(0, "plan --sandbox --detailed-exitcode");
}

#[test]
fn what_may_hold_data_and_what_it_stands_on_stays() {
    let project = Project::with(
        "stack small {\n  cairn: \"1\"\n}\n\nimport aws\n\nprovider eu = aws.Target { region: \"eu-central-1\" }\n\n\
         resource address = aws.ec2.Eip { domain: \"vpc\" }\n\
         resource bucket = aws.s3.Bucket { bucket_name: \"small\" }\n\n\
         @after(address)\n\
         resource other = aws.s3.Bucket { bucket_name: \"small-other\" }\n\n\
         @after(bucket, other)\n\
         resource topic = aws.sns.Topic { topic_name: \"small\" }\n",
    );
    let ended = project.expect(1, &format!("apply --sandbox --yes --on-failure rollback{REFUSE}"));
    assert!(ended.out.contains("bucket is not rolled back: it was made and may hold data already"), "{}", ended.out);
    assert!(ended.out.contains("address is not rolled back: `other` stays and needs it"), "{}", ended.out);
    assert_eq!(objects(&project, "small").len(), 3);
    project.expect(0, "apply --sandbox --yes");
    assert_eq!(wrong(&project, "small", 4), None);
}

#[test]
fn secrets_cannot_be_put_back_and_are_named() {
    let secret = |name: &str| {
        format!(
            "stack small {{\n  cairn: \"1\"\n}}\n\nimport aws\n\nprovider eu = aws.Target {{ region: \"eu-central-1\" }}\n\n\
             resource key = aws.secretsmanager.Secret {{ name: \"small\", secret_string: secret(\"env:{name}\") }}\n\n\
             @after(key)\n\
             resource topic = aws.sns.Topic {{ topic_name: \"small\", display_name: \"{name}\" }}\n"
        )
    };
    let project = Project::with(&secret("ONE")).variable("ONE", "canary-one-1").variable("TWO", "canary-two-2");
    let first = project.run("apply --sandbox --yes");
    assert_eq!(first.code, Some(0), "{}\n{}", first.out, first.err);
    project.write("stack.cairn", &secret("TWO"));
    let ended = project.expect(1, &format!("apply --sandbox --yes --on-failure rollback{REFUSE}"));
    assert!(ended.out.contains("key is not rolled back: `secret_string` holds a secret"), "{}", ended.out);
    assert!(!ended.out.contains("canary") && !ended.err.contains("canary"));
    let state = std::fs::read_to_string(project.path().join(".cairn/sandbox/small/default/state.json")).unwrap();
    assert!(!state.contains("canary"), "{state}");
    project.expect(0, "apply --sandbox --yes");
    project.expect(0, "plan --sandbox --detailed-exitcode");
}

#[test]
fn a_run_that_stops_at_a_failure_begins_nothing_new() {
    let source = SMALL.replace("input more: known [String] = []", "input more: known [String] = [\"a\", \"b\"]");
    // The network is on the longest way, so it is first.
    let line = "apply --sandbox --yes --parallelism 1 --sandbox-faults refuse=aws.ec2.Vpc";
    let stopped = Project::with(&source);
    let ended = stopped.expect(1, &format!("{line} --on-failure stop"));
    assert!(ended.err.contains("1 failed") && ended.err.contains("not begun"), "{}", ended.err);
    let finished = Project::with(&source);
    finished.expect(1, line);
    let (less, more) = (objects(&stopped, "small").len(), objects(&finished, "small").len());
    assert!(less < more && more == 3, "{less} of {more} that do not depend on what failed");
}

/// The next run after one that was cut off, wherever that was.
fn finish(project: &Project, settings: &str, size: usize) -> Result<(), String> {
    let plan = project.run(&format!("plan --sandbox{settings}"));
    if plan.code != Some(0) {
        return Err(format!("the plan fails\n{}", plan.err));
    }
    for line in [format!("apply --sandbox --yes{settings}"), format!("plan --sandbox --detailed-exitcode{settings}")] {
        let ended = project.run(&line);
        if ended.code != Some(0) {
            return Err(format!("{line} ends with {:?}\n{}\n{}", ended.code, ended.out, ended.err));
        }
    }
    wrong(project, "small", size).map_or(Ok(()), Err)
}

/// A network whose replacement is made before it goes, and something that stands on it.
const STANDING: &str = r#"stack small {
  cairn: "1"
}

import aws

provider eu = aws.Target { region: "eu-central-1" }

input block: Cidr = 10.20.0.0/16

@replace("create_first")
resource vpc = aws.ec2.Vpc { cidr_block: block }
resource topic = aws.sns.Topic { topic_name: "small", display_name: vpc.vpc_id }
"#;

const ANOTHER: &str = " --set block=10.30.0.0/16";

#[test]
fn what_is_replaced_and_still_there_comes_back() {
    let project = Project::with(STANDING);
    project.expect(0, "apply --sandbox --yes");
    let there = objects(&project, "small");
    let ended = project.expect(1, &format!("apply --sandbox --yes --on-failure rollback{ANOTHER}{REFUSE}"));
    assert!(ended.out.contains("+ vpc created") && ended.out.contains("- vpc deleted"), "{}", ended.out);
    assert!(ended.err.ends_with("run 2 was rolled back\n"), "{}", ended.err);
    assert_eq!(objects(&project, "small"), there);
    assert_eq!(recorded(&project), there);
    project.expect(0, "plan --sandbox --detailed-exitcode");
}

/// Cuts a run and its rollback off at every record; the next run finishes, with the old values or with the new.
fn exhaust(scene: &str, source: &str, prepared: bool, settings: &str, hook: &str) {
    let mut failures = Vec::new();
    let size = if source == STANDING { 2 } else { SIZE };
    let mut record = 1;
    loop {
        let project = Project::with(source);
        if prepared {
            project.expect(0, "apply --sandbox --yes");
        }
        if !cut(&project, &format!("apply --sandbox --yes --on-failure rollback{settings}"), hook, record, REFUSE) {
            break;
        }
        let (settings, more) = if record % 2 == 0 { (settings, settings.contains("more")) } else { ("", false) };
        if let Err(why) = finish(&project, settings, size + usize::from(more)) {
            failures.push(format!("{scene}, {hook}={record}{settings}: {why}"));
        }
        record += 1;
    }
    println!("{scene}: {} records, {hook}", record - 1);
    assert!(record > 12, "{scene}: {hook} ended only {record} runs");
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n\n"));
}

#[test]
fn ended_at_any_record_of_a_rollback_of_creates_the_next_run_finishes() {
    exhaust("create", SMALL, false, "", "CAIRN_STOP_AFTER_RECORD");
}

#[test]
fn ended_before_any_record_of_a_rollback_of_changes_the_next_run_finishes() {
    exhaust("change", SMALL, true, CHANGE, "CAIRN_STOP_BEFORE_RECORD");
    exhaust("replace", SMALL, true, REPLACE, "CAIRN_STOP_BEFORE_RECORD");
}

#[test]
fn ended_at_any_record_of_a_rollback_that_reinstates_the_next_run_finishes() {
    exhaust("reinstate", STANDING, true, ANOTHER, "CAIRN_STOP_AFTER_RECORD");
    exhaust("reinstate", STANDING, true, ANOTHER, "CAIRN_STOP_BEFORE_RECORD");
}

/// Throttled, refused and unanswered calls in the run and in its rollback: nothing is lost, and the end is exact.
#[test]
fn under_faults_rollbacks_leave_what_can_be_planned_from() {
    let mut failures = Vec::new();
    let mut rolled_back = 0;
    for seed in 1..=24 {
        let project = Project::with(SMALL);
        if seed % 2 == 0 {
            project.expect(0, "apply --sandbox --yes");
        }
        let settings = if seed % 2 == 0 { REPLACE } else { "" };
        let faults =
            format!(" --sandbox-faults seed={seed},fail=0.15,lose=0.15,throttle=0.1,lag=2,refuse=aws.sns.Topic");
        let ended = project.run(&format!("apply --sandbox --yes --on-failure rollback{settings}{faults}"));
        rolled_back += usize::from(ended.out.contains("rolling back"));
        if ended.code != Some(1) {
            failures.push(format!("seed {seed}: {ended:?}"));
        }
        if let Err(why) =
            until_done(&project, "apply --sandbox --yes", seed, 0).and_then(|_| finish(&project, "", SIZE))
        {
            failures.push(format!("seed {seed}: {why}"));
        }
    }
    println!("24 seeds, {rolled_back} rollbacks");
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n\n"));
    assert!(rolled_back > 15, "only {rolled_back} of 24 runs were rolled back");
}
