//! The process ends at every single record of the journal, before and after it is durable: the next run finishes.

use std::process::Stdio;

use crate::project::Project;
use crate::sandbox_truth::{objects, wrong};

const SMALL: &str = r#"stack small {
  cairn: "1"
}

import aws

provider eu = aws.Target { region: "eu-central-1" }

input block: Cidr = 10.20.1.0/24
input hostnames: Bool = true
input size: String = "db.t3.medium"

resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16, enable_dns_hostnames: hostnames }
resource subnet = aws.ec2.Subnet { vpc, cidr_block: block, availability_zone: "eu-central-1a" }
resource address = aws.ec2.Eip { domain: "vpc" }
resource nat = aws.ec2.NatGateway { subnet, allocation: address }
resource topic = aws.sns.Topic { topic_name: "small" }
"#;

const SIZE: usize = 5;

const WITH_ACTIONS: &str = r#"stack small {
  cairn: "1"
}

import aws
import time

provider eu = aws.Target { region: "eu-central-1" }

input release: String = "1"

resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }

@when(changed(release))
action migrate = aws.lambda.Invoke { function: existing("migrate"), payload: { vpc: vpc.vpc_id } }

@after(migrate)
resource topic = aws.sns.Topic { topic_name: "small-${release}" }

@after(topic)
action settle = time.Sleep { duration: 1s }

resource said = aws.sns.Topic { topic_name: "said-${migrate.executed_version}" }
"#;

const SIZE_WITH_ACTIONS: usize = 3;

/// What comes before, and the command that is cut off.
struct Scene {
    name: &'static str,
    before: &'static [&'static str],
    command: &'static str,
    /// What finishes it, and what must have nothing to do then.
    settings: &'static str,
    size: usize,
    source: &'static str,
}

const SCENES: &[Scene] = &[
    Scene { name: "create", before: &[], command: "apply --sandbox --yes", settings: "", size: SIZE, source: SMALL },
    Scene {
        name: "update and replace",
        before: &["apply --sandbox --yes"],
        command: "apply --sandbox --yes --set hostnames=false --set block=10.20.2.0/24",
        settings: " --set hostnames=false --set block=10.20.2.0/24",
        size: SIZE,
        source: SMALL,
    },
    Scene {
        name: "destroy",
        before: &["apply --sandbox --yes"],
        command: "destroy --sandbox --yes",
        settings: "",
        size: 0,
        source: SMALL,
    },
    Scene {
        name: "destroy, then wanted again",
        before: &["apply --sandbox --yes"],
        command: "destroy --sandbox --yes",
        settings: "",
        size: SIZE,
        source: SMALL,
    },
    Scene {
        name: "create with actions",
        before: &[],
        command: "apply --sandbox --yes",
        settings: "",
        size: SIZE_WITH_ACTIONS,
        source: WITH_ACTIONS,
    },
    Scene {
        name: "run again and replace",
        before: &["apply --sandbox --yes"],
        command: "apply --sandbox --yes --set release=2",
        settings: " --set release=2",
        size: SIZE_WITH_ACTIONS,
        source: WITH_ACTIONS,
    },
    Scene {
        name: "destroy with actions",
        before: &["apply --sandbox --yes"],
        command: "destroy --sandbox --yes",
        settings: "",
        size: 0,
        source: WITH_ACTIONS,
    },
];

/// Runs a command that is ended at a record; whether it was.
fn cut(project: &Project, command: &str, hook: &str, record: usize, faults: &str) -> bool {
    let line = format!("{command}{faults} --parallelism 2");
    let mut child = project.command(line.split_whitespace());
    child.env(hook, record.to_string()).stdout(Stdio::null()).stderr(Stdio::null());
    child.status().unwrap().code().is_none()
}

fn finish(project: &Project, scene: &Scene, faults: &str) -> Result<(), String> {
    let destroyed = scene.size == 0;
    let command = if destroyed {
        "destroy --sandbox --yes".to_owned()
    } else {
        format!("apply --sandbox --yes{}", scene.settings)
    };
    let again = project.run(&format!("{command}{faults}"));
    if again.code != Some(0) {
        return Err(format!("the next run ends with {:?}\n{}\n{}", again.code, again.out, again.err));
    }
    if destroyed {
        let left = objects(project, "small");
        return if left.is_empty() { Ok(()) } else { Err(format!("left behind {left:?}")) };
    }
    let plan = project.run(&format!("plan --sandbox --detailed-exitcode{}", scene.settings));
    if plan.code != Some(0) {
        return Err(format!("the plan is not empty\n{}", plan.out));
    }
    wrong(project, "small", scene.size).map_or(Ok(()), Err)
}

/// Cuts a scene at every record until there is none left to cut at; gives how many there were.
fn exhaust(scene: &Scene, hook: &str, faults: &str, failures: &mut Vec<String>) -> usize {
    for record in 1.. {
        let project = Project::with(scene.source);
        for line in scene.before {
            project.expect(0, line);
        }
        if !cut(&project, scene.command, hook, record, faults) {
            return record - 1;
        }
        // A plan between the two changes nothing and must not fail.
        let plan = project.run(&format!("plan --sandbox{}", scene.settings));
        let between = if plan.code == Some(0) { Ok(()) } else { Err(format!("the plan fails\n{}", plan.err)) };
        if let Err(why) = between.and_then(|()| finish(&project, scene, faults)) {
            failures.push(format!("{}, {hook}={record}{faults}: {why}", scene.name));
        }
    }
    0
}

fn all(faults: &str) {
    let mut failures = Vec::new();
    for scene in SCENES {
        for hook in ["CAIRN_STOP_AFTER_RECORD", "CAIRN_STOP_BEFORE_RECORD"] {
            let records = exhaust(scene, hook, faults, &mut failures);
            println!("{}: {records} records, {hook}", scene.name);
            assert!(records > 10, "{}: {hook} ended only {records} runs", scene.name);
        }
    }
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n\n"));
}

#[test]
fn ended_at_any_record_the_next_run_finishes() {
    all("");
}

#[test]
fn ended_at_any_record_while_reads_lag_the_next_run_finishes() {
    all(" --sandbox-faults seed=3,lag=6");
}

/// Two ends one after the other: the second hits the run that resolves the first.
#[test]
fn ended_twice_the_third_run_finishes() {
    let mut failures = Vec::new();
    let mut pairs = 0;
    for first in (2..14).step_by(3) {
        for second in 1..12 {
            let scene = &SCENES[1];
            let project = Project::with(SMALL);
            project.expect(0, "apply --sandbox --yes");
            let hit = cut(&project, scene.command, "CAIRN_STOP_BEFORE_RECORD", first, "")
                && cut(&project, scene.command, "CAIRN_STOP_BEFORE_RECORD", second, "");
            pairs += usize::from(hit);
            if let Err(why) = finish(&project, scene, "") {
                failures.push(format!("{first} and {second}: {why}"));
            }
        }
    }
    assert!(pairs > 20, "only {pairs} pairs were hit");
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n\n"));
}
