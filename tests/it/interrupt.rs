//! Ctrl-C while objects are only waited for: the first one stops soon, nothing is lost, the next apply goes on.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::project::Project;

const STACK: &str = r#"stack waiting {
  cairn: "1"
}

import aws

provider eu = aws.Target { region: "eu-central-1" }

resource vpc = aws.ec2.Vpc { cidr_block: 10.40.0.0/16 }
resource topic = aws.sns.Topic { topic_name: "waiting" }
resource subnet = aws.ec2.Subnet { vpc, cidr_block: 10.40.1.0/24 }
"#;

/// New objects stay invisible for longer than anybody waits, and the clock runs as in a real cloud: five minutes each.
const BLIND: &str = "lag=1000000,tempo=1";

/// Far less than the five minutes, far more than a stop takes on a busy machine.
const SOON: Duration = Duration::from_secs(60);

/// Tells a process something, as a terminal or a supervisor does.
fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([format!("-{name}"), child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// Begins an apply and returns when both first objects are waited for; the lines that follow come through the channel.
fn waiting(project: &Project) -> (Child, mpsc::Receiver<String>) {
    let mut child = project
        .command(["apply", "--yes", "--sandbox", "--sandbox-faults", BLIND])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| send.send(line)));
    let mut waits = std::collections::BTreeSet::new();
    while waits.len() < 2 {
        let line = receive.recv_timeout(SOON).expect("both objects are made and waited for");
        if let Some((address, _)) = line.trim_start_matches("… ").split_once(" waits: not visible yet") {
            waits.insert(address.to_owned());
        }
    }
    (child, receive)
}

/// How a stopped apply ended, and what it still said.
fn ended(mut child: Child, lines: &mpsc::Receiver<String>) -> (Option<i32>, String) {
    let mut rest = String::new();
    while let Ok(line) = lines.recv_timeout(SOON) {
        rest.push_str(&line);
        rest.push('\n');
    }
    (child.wait().unwrap().code(), rest)
}

fn finishes(project: &Project) {
    let again = project.expect(0, "apply --yes --sandbox");
    assert!(again.out.contains("an interrupted run left 2 steps open"), "{}", again.out);
    project.expect(0, "plan --sandbox --detailed-exitcode");
    let made = project.expect(0, "state list --sandbox").out;
    assert_eq!(made.lines().count(), 3, "{made}");
}

#[test]
fn the_first_interrupt_does_not_wait_for_what_only_has_to_become_visible() {
    for name in ["INT", "TERM"] {
        let project = Project::with(STACK);
        let (child, lines) = waiting(&project);
        signal(&child, name);
        let (code, rest) = ended(child, &lines);
        assert_eq!(code, Some(130), "{rest}");
        assert!(rest.contains("vpc: creating was begun and goes on without us: not visible yet"), "{rest}");
        assert!(rest.contains("topic: creating was begun and goes on without us: not visible yet"), "{rest}");
        assert!(!rest.contains("failed"), "{rest}");
        finishes(&project);
    }
}

#[test]
fn the_second_interrupt_loses_nothing_either() {
    let project = Project::with(STACK);
    let (child, lines) = waiting(&project);
    signal(&child, "INT");
    signal(&child, "INT");
    let (code, rest) = ended(child, &lines);
    assert_eq!(code, Some(130), "{rest}");
    finishes(&project);
}
