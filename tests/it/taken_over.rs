//! The state is taken from a process that stands still or works on: it finds out, stops, and has changed nothing since.
//!
//! Takes about ten seconds on two cores.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use cairn::host::local_store::LocalStore;
use cairn::model::Address;
use cairn::state::{Entry, Folded, Loaded, StateStore as _, StoreError, fold};

use crate::project::{Ended, Project, ended};
use crate::sandbox_truth::{objects, state_directory, wrong};

fn folded(loaded: Loaded) -> Folded {
    fold(loaded.snapshot, loaded.entries)
}

fn noted(address: &str) -> Entry {
    Entry::Forgotten { address: Address::top(address) }
}

/// Whoever was taken over can neither add, nor replace, nor end; what the other one writes stays.
#[test]
fn who_was_taken_over_changes_nothing_any_more() {
    let directory = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (first, second) = (LocalStore::new(directory.path()), LocalStore::new(directory.path()));
        let before = folded(first.take("the first").await.unwrap());
        first.append(&[noted("a")]).await.unwrap();
        let after = folded(second.take_over("the second").unwrap());
        assert_eq!(after.snapshot.epoch, before.snapshot.epoch + 1);
        assert_eq!(after.snapshot.sequence, before.snapshot.sequence + 2);
        second.append(&[noted("b")]).await.unwrap();
        let journal = std::fs::read(directory.path().join("journal.jsonl")).unwrap();
        let fenced = |result: Result<(), StoreError>| match result {
            Err(StoreError::Fenced { by }) => assert_eq!(by, "the second"),
            other => panic!("{other:?}"),
        };
        fenced(first.append(&[noted("c")]).await);
        fenced(first.compact(&before.snapshot).await);
        fenced(first.release().await);
        assert_eq!(std::fs::read(directory.path().join("journal.jsonl")).unwrap(), journal);
        second.compact(&folded(second.load().await.unwrap()).snapshot).await.unwrap();
        second.release().await.unwrap();
        let last = folded(LocalStore::new(directory.path()).take("a third").await.unwrap());
        assert_eq!(last.writer.as_deref(), Some("a third"));
        assert_eq!(last.snapshot.epoch, before.snapshot.epoch + 2);
    });
}

const STACK: &str = r#"stack taken {
  cairn: "1"
}

import aws

provider eu = aws.Target { region: "eu-central-1" }

resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }
resource subnet[n in 0..3] = aws.ec2.Subnet {
  vpc
  cidr_block: 10.20.0.0/16.subnet(newbits: 8, index: n)
  availability_zone: "eu-central-1a"
}
resource topic[n in 0..8] = aws.sns.Topic { topic_name: "taken-${n}" }
"#;

const SIZE: usize = 14;

fn signal(child: &Child, name: &str) {
    let status = std::process::Command::new("kill").args([format!("-{name}"), child.id().to_string()]).status();
    assert!(status.unwrap().success());
}

/// Stops an apply somewhere in its middle, lets another one finish, wakes it up again. How the first one ended.
fn zombie(project: &Project, round: u64) -> Ended {
    let line = format!("apply --sandbox --yes --parallelism 2 --sandbox-faults throttle=0.3,lag=40,seed={round}");
    let mut command = project.command(line.split_whitespace());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    while objects(project, "taken").len() < (round % 11) as usize + 1 && Instant::now() < end {
        std::thread::sleep(Duration::from_micros(300));
    }
    signal(&child, "STOP");
    let locked = project.run("apply --sandbox --yes");
    assert!([Some(4), Some(0)].contains(&locked.code), "{locked:?}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = LocalStore::new(&state_directory(project, "taken"));
        store.take_over("somebody with patience at an end").unwrap();
        store.release().await.unwrap();
    });
    project.expect(0, "apply --sandbox --yes");
    signal(&child, "CONT");
    ended(child.wait_with_output().unwrap())
}

#[test]
fn a_process_that_wakes_up_after_it_was_taken_over_stops() {
    let mut fenced = 0;
    for round in 0..16 {
        let project = Project::with(STACK);
        let woken = zombie(&project, round);
        if woken.code != Some(0) {
            assert_eq!(woken.code, Some(4), "round {round}: {woken:?}");
            assert!(woken.err.contains("the state was taken over by"), "{}", woken.err);
            fenced += 1;
        }
        let plan = project.run("plan --sandbox --detailed-exitcode");
        assert_eq!(plan.code, Some(0), "round {round}: {}{}", plan.out, plan.err);
        assert_eq!(wrong(&project, "taken", SIZE), None, "round {round}");
        project.expect(0, "destroy --sandbox --yes");
        assert!(objects(&project, "taken").is_empty());
    }
    println!("{fenced} of 16 were fenced");
    assert!(fenced >= 10, "only {fenced} were fenced");
}
