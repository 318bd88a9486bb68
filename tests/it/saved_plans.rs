//! Saved plans: sealed, applied once, in time, and only while what they are about is as it was.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::project::Project;

const STACK: &str = r#"stack shop {
  cairn: "1"
}

import aws

provider eu = aws.Target { region: "eu-central-1" }

input hostnames: Bool = false
input retention: Duration = 7d

resource vpc = aws.ec2.Vpc { cidr_block: 10.40.0.0/16, enable_dns_support: true, enable_dns_hostnames: hostnames }
resource subnet = aws.ec2.Subnet { vpc, cidr_block: 10.40.1.0/24 }
resource log = aws.logs.LogGroup { log_group_name: "shop", retention_in_days: retention }
"#;

fn applied() -> Project {
    let project = Project::with(STACK);
    project.expect(0, "apply --sandbox --yes");
    project
}

fn stale(project: &Project, plan: &str, why: &str) {
    let ended = project.expect(5, &format!("apply {plan}"));
    assert!(ended.err.contains(why) && ended.err.contains("plan again"), "{}", ended.err);
}

#[test]
fn it_is_applied_once() {
    let project = Project::with(STACK);
    // The first of a stack: there is no state before.
    project.expect(0, "plan --sandbox --out first.plan");
    project.expect(0, "apply first.plan");
    stale(&project, "first.plan", "it was applied already");
    project.expect(0, "plan --sandbox --detailed-exitcode");
}

#[test]
fn nothing_can_be_read_in_it_or_changed() {
    let project = applied();
    project.expect(0, "plan --sandbox --set hostnames=true --out a.plan");
    let text = project.read("a.plan");
    assert!(!text.contains("hostnames") && !text.contains("10.40"), "{text}");
    for (before, after) in
        [("\"sandbox\": true", "\"sandbox\": false"), ("\"environment\": \"\"", "\"environment\": \"x\"")]
    {
        assert!(text.contains(before), "{text}");
        project.write("b.plan", &text.replace(before, after));
        let ended = project.run("apply b.plan");
        assert!(ended.code == Some(5) || ended.err.contains("it was changed"), "{}", ended.err);
    }
    // Every character of what is sealed, exchanged for another one.
    let begin = text.find("\"sealed\": \"").unwrap() + "\"sealed\": \"".len();
    let end = begin + text[begin..].find('"').unwrap();
    for at in (begin..end).step_by(97) {
        let mut bytes = text.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        project.write("b.plan", &String::from_utf8(bytes).unwrap());
        let ended = project.expect(1, "apply b.plan");
        assert!(ended.err.contains("it was changed"), "{at}: {}", ended.err);
    }
    project.expect(0, "apply a.plan");
}

#[test]
fn its_time_ends() {
    let project = applied();
    project.expect(0, "plan --sandbox --set hostnames=true --out a.plan --valid-for 0s");
    stale(&project, "a.plan", "its time is over");
    project.expect(0, "plan --sandbox --set hostnames=true --out a.plan --valid-for 1min");
    project.expect(0, "apply a.plan");
    let wrong = project.run("plan --sandbox --out a.plan --valid-for soon");
    assert!(wrong.err.contains("30min, 4h, 2d"), "{}", wrong.err);
}

#[test]
fn plans_about_different_things_are_both_applied() {
    let project = applied();
    project.expect(0, "plan --sandbox --set hostnames=true --out vpc.plan");
    project.expect(0, "plan --sandbox --set retention=30d --out log.plan");
    project.expect(0, "apply vpc.plan");
    project.expect(0, "apply log.plan");
    project.expect(0, "plan --sandbox --detailed-exitcode --set hostnames=true --set retention=30d");
}

#[test]
fn plans_about_the_same_thing_are_not() {
    let project = applied();
    project.expect(0, "plan --sandbox --set retention=14d --out one.plan");
    project.expect(0, "plan --sandbox --set retention=30d --out two.plan");
    project.expect(0, "apply one.plan");
    stale(&project, "two.plan", "what it read has changed since");
    // What a change stands on was replaced by another apply.
    project.expect(0, "plan --sandbox --set retention=14d --set hostnames=true --out three.plan");
    project.expect(0, "sandbox set vpc enable_dns_support=false");
    stale(&project, "three.plan", "what it read has changed since");
}

#[test]
fn what_it_would_have_changed_may_be_gone() {
    let project = applied();
    project.expect(0, "plan --sandbox --set retention=30d --out one.plan");
    project.edit(
        "stack.cairn",
        "resource log = aws.logs.LogGroup { log_group_name: \"shop\", retention_in_days: retention }\n",
        "",
    );
    project.expect(0, "apply --sandbox --yes");
    stale(&project, "one.plan", "what it read has changed since");
}

/// Between the plan and the step, in the same run, somebody changes the object the step is about.
#[test]
fn an_object_is_looked_at_again_before_it_is_changed() {
    let project = applied();
    let source = project.read("stack.cairn").replace(
        "resource vpc",
        "resource slow = aws.docdb.DbCluster { db_cluster_identifier: \"slow\", master_username: \"owner\", manage_master_user_password: true }\n\
         @after(slow)\nresource vpc",
    );
    project.write("stack.cairn", &source);
    let arguments = ["apply", "--sandbox", "--yes", "--set", "hostnames=true", "--sandbox-faults", "lag=6,tempo=0.2"];
    let mut child = project.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("slow creating")), "the first step begins");
    project.expect(0, "sandbox set vpc enable_dns_support=false");
    let rest: Vec<String> = lines.collect();
    let output = child.wait_with_output().unwrap();
    let said = format!("{}\n{}", rest.join("\n"), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(5), "{said}");
    assert!(said.contains("changed since the plan was made: enable_dns_support"), "{said}");
    // Nothing was done to it: the next plan sees what somebody else did.
    let drift = project.expect(2, "drift --sandbox --set hostnames=true").out;
    assert!(drift.contains("enable_dns_support"), "{drift}");
}
