//! The process ends at every named place of the product, at its first, its second and its last time: the next run finishes.
//!
//! Takes about half a minute on two cores.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;

use cairn_provider::failpoint::Failpoint;

use crate::project::{Project, repository};
use crate::sandbox_truth::{objects, wrong};

const STACK: &str = r#"stack points {
  cairn: "1"
}

import aws

provider eu = aws.Target { region: "eu-central-1" }

input hostnames: Bool = true
input block: Cidr = 10.20.1.0/24

resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16, enable_dns_hostnames: hostnames }
resource subnet = aws.ec2.Subnet { vpc, cidr_block: block, availability_zone: "eu-central-1a" }
resource address = aws.ec2.Eip { domain: "vpc" }
resource nat = aws.ec2.NatGateway { subnet, allocation: address }
resource topic = aws.sns.Topic { topic_name: "points" }
"#;

const SIZE: usize = 5;

/// What comes before, the command that is cut off, its settings, and how many objects there are in the end.
const SCENES: [(&str, &[&str], &str, &str, usize); 3] = [
    ("create", &[], "apply", "", SIZE),
    ("change", &["apply --sandbox --yes"], "apply", " --set hostnames=false --set block=10.20.2.0/24", SIZE),
    ("destroy", &["apply --sandbox --yes"], "destroy", "", 0),
];

/// Ends a command at a place; whether it got there.
fn ends(project: &Project, line: &str, at: &str) -> bool {
    let mut child = project.command(line.split_whitespace());
    child.env("CAIRN_FAILPOINT", at).stdout(Stdio::null()).stderr(Stdio::null());
    child.status().unwrap().code().is_none()
}

fn prepared(before: &[&str]) -> Project {
    let project = Project::with(STACK);
    for line in before {
        project.expect(0, line);
    }
    project
}

/// Ends a scene at the n-th time a place is reached and goes on; nothing if it is not reached so often.
fn ended_at(scene: usize, point: Failpoint, time: usize) -> Option<Result<(), String>> {
    let (_, before, command, settings, size) = SCENES[scene];
    let project = prepared(before);
    let line = format!("{command} --sandbox --yes --parallelism 2{settings}");
    if !ends(&project, &line, &format!("{}:{time}", point.name())) {
        return None;
    }
    // Looking at what is left changes nothing and must not fail.
    let plan = project.run(&format!("plan --sandbox{settings}"));
    if plan.code != Some(0) {
        return Some(Err(format!("the plan between fails: {}", plan.err)));
    }
    let again = project.run(&line);
    if again.code != Some(0) {
        return Some(Err(format!("the next run ends with {:?}\n{}\n{}", again.code, again.out, again.err)));
    }
    if size == 0 {
        let left = objects(&project, "points");
        return Some(if left.is_empty() { Ok(()) } else { Err(format!("left behind {left:?}")) });
    }
    let plan = project.run(&format!("plan --sandbox --detailed-exitcode{settings}"));
    if plan.code != Some(0) {
        return Some(Err(format!("the plan is not empty\n{}", plan.out)));
    }
    Some(wrong(&project, "points", size).map_or(Ok(()), Err))
}

/// All results of a place in a scene: at its first, second, third time and at the last that is found by doubling.
fn results(scene: usize, point: Failpoint) -> Vec<(usize, Result<(), String>)> {
    let mut results = Vec::new();
    for time in [1, 2, 3, 5, 8, 13, 21] {
        match ended_at(scene, point, time) {
            Some(result) => results.push((time, result)),
            None => break,
        }
    }
    results
}

#[test]
fn ended_at_any_named_place_the_next_run_finishes() {
    let pieces: Vec<(usize, Failpoint)> =
        (0..SCENES.len()).flat_map(|scene| Failpoint::ALL.into_iter().map(move |point| (scene, point))).collect();
    let done = cairn::host::in_parallel(&pieces, |(scene, point)| results(*scene, *point));
    let (mut ends, mut failures) = (BTreeMap::<&str, usize>::new(), Vec::new());
    for ((scene, point), results) in pieces.iter().zip(done) {
        *ends.entry(point.name()).or_default() += results.len();
        for (time, result) in results {
            if let Err(why) = result {
                failures.push(format!("{}, {}:{time}: {why}", SCENES[*scene].0, point.name()));
            }
        }
    }
    println!("{} ends: {ends:?}", ends.values().sum::<usize>());
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n\n"));
    let few: Vec<_> = ends.iter().filter(|(_, count)| **count < SCENES.len()).collect();
    assert!(few.is_empty(), "hardly reached: {few:?}");
}

/// Places in the source and places in the list are the same.
#[test]
fn every_named_place_is_in_the_source_and_every_one_there_has_a_name() {
    let mut used = BTreeSet::new();
    for folder in ["src", "providers"] {
        collect(&repository().join(folder), &mut used);
    }
    let named: BTreeSet<String> = Failpoint::ALL.into_iter().map(|point| format!("{point:?}")).collect();
    assert_eq!(used, named);
}

fn collect(folder: &std::path::Path, used: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, used);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("failpoint.rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let places = text.split("Failpoint::").skip(1);
            used.extend(places.map(|rest| rest.chars().take_while(|c| c.is_alphanumeric()).collect()));
        }
    }
    used.remove("");
}
