//! The disk is full, or breaks, at every single request of a run: nothing is lost, and the next run finishes.
//!
//! Takes about half a minute on two cores.

use std::path::Path;

use crate::project::{Ended, Project};
use crate::sandbox_truth::{objects, state_directory, wrong};

const STACK: &str = r#"stack full {
  cairn: "1"
}

import aws

provider eu = aws.Target { region: "eu-central-1" }

input hostnames: Bool = true

resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16, enable_dns_hostnames: hostnames }
resource subnet = aws.ec2.Subnet { vpc, cidr_block: 10.20.1.0/24, availability_zone: "eu-central-1a" }
resource topic = aws.sns.Topic { topic_name: "full" }
"#;

const SIZE: usize = 3;

/// What comes before, and the command that meets the fault.
const SCENES: [(&[&str], &str, usize); 3] = [
    (&[], "apply --sandbox --yes --parallelism 2", SIZE),
    (&["apply --sandbox --yes"], "apply --sandbox --yes --parallelism 2 --set hostnames=false", SIZE),
    (&["apply --sandbox --yes"], "destroy --sandbox --yes --parallelism 2", 0),
];

fn meets(project: &Project, line: &str, fault: &str) -> Ended {
    let output = project.command(line.split_whitespace()).env("CAIRN_DISK_FAULT", fault).output().unwrap();
    crate::project::ended(output)
}

/// Says which file it was and what the disk said, and changes no more than that.
fn told(ended: &Ended, fault: &str) -> bool {
    let words = if fault.starts_with("full") { "there is no room left for" } else { "Input/output error" };
    ended.code == Some(1) && ended.err.contains(words) && !ended.err.contains("panicked")
}

/// Everything that is there is known: nothing was made without an intent, no identity was lost.
fn nothing_unknown(directory: &Path, project: &Project) -> Result<(), String> {
    if !directory.join("state.json").exists() {
        let there = objects(project, "full");
        return if there.is_empty() { Ok(()) } else { Err(format!("no state, but {there:?}")) };
    }
    let plan = project.run("plan --sandbox");
    if plan.code == Some(0) { Ok(()) } else { Err(format!("the plan fails: {}", plan.err)) }
}

/// Runs a scene with a fault at a request; nothing if the run makes fewer requests.
fn with_fault(scene: usize, fault: &str, request: usize) -> Option<Result<(), String>> {
    let (before, command, size) = SCENES[scene];
    let project = Project::with(STACK);
    for line in before {
        project.expect(0, line);
    }
    let fault = format!("{fault}:{request}");
    let met = meets(&project, command, &fault);
    if met.code == Some(0) {
        return None;
    }
    if !told(&met, &fault) {
        return Some(Err(format!("it ends with {:?}\n{}\n{}", met.code, met.out, met.err)));
    }
    let directory = state_directory(&project, "full");
    if let Err(why) = nothing_unknown(&directory, &project) {
        return Some(Err(why));
    }
    let again = project.run(command);
    if again.code != Some(0) {
        return Some(Err(format!("the next run ends with {:?}\n{}\n{}", again.code, again.out, again.err)));
    }
    if size == 0 {
        let left = objects(&project, "full");
        return Some(if left.is_empty() { Ok(()) } else { Err(format!("left behind {left:?}")) });
    }
    Some(wrong(&project, "full", size).map_or(Ok(()), Err))
}

fn every_request(fault: &'static str) {
    let mut pieces = Vec::new();
    for scene in 0..SCENES.len() {
        for lane in 0..2 {
            pieces.push((scene, lane));
        }
    }
    let done = cairn::host::in_parallel(&pieces, |(scene, lane)| {
        let (mut count, mut failures, mut unmet) = (0, Vec::new(), 0);
        for request in (1 + lane..).step_by(2) {
            match with_fault(*scene, fault, request) {
                Some(Ok(())) => count += 1,
                Some(Err(why)) => failures.push(format!("scene {scene}, {fault}:{request}: {why}")),
                // A fault that nobody minds is not the end of the requests yet.
                None => unmet += 1,
            }
            if unmet == 4 {
                break;
            }
        }
        (count, failures)
    });
    let met: usize = done.iter().map(|(count, _)| count).sum();
    let failures: Vec<String> = done.into_iter().flat_map(|(_, failures)| failures).collect();
    println!("{fault}: {met} requests");
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n\n"));
    assert!(met > 60, "only {met} requests failed");
}

#[test]
fn a_disk_that_is_full_at_any_request_loses_nothing() {
    every_request("full");
}

#[test]
fn a_disk_that_breaks_at_any_request_loses_nothing() {
    every_request("broken");
}
