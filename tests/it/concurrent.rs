//! Several applies of one stack at once, and applies that are interrupted while they run.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::faults::{MIXED, SIZE};
use crate::project::{Project, ended};
use crate::sandbox_truth::{objects, state_directory, wrong};

fn spawn(project: &Project, line: &str) -> Child {
    let mut command = project.command(line.split_whitespace());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// What the lock forbids shows in the journal: between a `take` and the next one lies a `released`.
fn one_writer_at_a_time(several: u32, faults: &str, rounds: u32) {
    let (mut refused, mut done) = (0, 0);
    for round in 0..rounds {
        let project = Project::with(MIXED);
        let lines: Vec<String> = (0..several)
            .map(|writer| format!("apply --sandbox --yes --sandbox-faults seed={},{faults}", round * 10 + writer))
            .collect();
        let mut children = Vec::new();
        for (position, line) in lines.iter().enumerate() {
            // The others come sooner or later, up to when the first one is done.
            std::thread::sleep(Duration::from_millis(u64::from(round) * 7 * position as u64 / 2));
            children.push(spawn(&project, line));
        }
        for child in children {
            let ended = ended(child.wait_with_output().unwrap());
            match ended.code {
                Some(0) => done += 1,
                Some(4) => {
                    assert!(ended.err.contains("the state is being written by"), "{}", ended.err);
                    assert!(!ended.out.contains("created"), "{}", ended.out);
                    refused += 1;
                }
                other => panic!("round {round}: {other:?}\n{}\n{}", ended.out, ended.err),
            }
        }
        let plan = project.run("plan --sandbox --detailed-exitcode");
        assert_eq!(plan.code, Some(0), "round {round}: {}{}", plan.out, plan.err);
        assert_eq!(wrong(&project, "mixed", SIZE), None, "round {round}");
        project.expect(0, "destroy --sandbox --yes");
        assert!(objects(&project, "mixed").is_empty());
    }
    println!("{several} at once, {rounds} rounds: {done} done, {refused} refused");
    assert!(refused > 0 && done >= rounds, "{done} done, {refused} refused");
}

#[test]
fn two_applies_at_once_do_the_work_of_one() {
    one_writer_at_a_time(2, "throttle=0.1,lag=3", 24);
}

#[test]
fn three_applies_at_once_do_the_work_of_one() {
    one_writer_at_a_time(3, "throttle=0.1,lag=3", 16);
}

fn interrupt(child: &Child) {
    let sent = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// Waits until the sandbox holds something: the apply is in the middle.
fn until_something_is_made(project: &Project, child: &mut Child) -> bool {
    let end = Instant::now() + Duration::from_secs(60);
    while objects(project, "mixed").is_empty() {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        assert!(Instant::now() < end, "nothing was made in a minute");
        std::thread::sleep(Duration::from_millis(1));
    }
    true
}

fn finishes(project: &Project, what: &str) {
    let again = project.run("apply --sandbox --yes");
    assert_eq!(again.code, Some(0), "{what}: {}{}", again.out, again.err);
    project.expect(0, "plan --sandbox --detailed-exitcode");
    assert_eq!(wrong(project, "mixed", SIZE), None, "{what}");
}

/// Slow enough to be interrupted anywhere: reads lag and most calls are throttled.
const SLOW: &str = "apply --sandbox --yes --parallelism 3 --sandbox-faults throttle=0.3,lag=60";

#[test]
fn the_first_interrupt_lets_running_calls_end() {
    let mut stopped = 0;
    for round in 0..10 {
        let project = Project::with(MIXED).variable("CAIRN_QUARANTINE", "60");
        let mut child = spawn(&project, &format!("{SLOW},seed={round}"));
        assert!(until_something_is_made(&project, &mut child));
        std::thread::sleep(Duration::from_millis(round * 40));
        interrupt(&child);
        let ended = ended(child.wait_with_output().unwrap());
        assert!([Some(130), Some(0)].contains(&ended.code), "{:?}\n{}\n{}", ended.code, ended.out, ended.err);
        if ended.code == Some(130) {
            stopped += 1;
            assert!(ended.err.contains("nothing is lost"), "{}", ended.err);
            // Calls that ran have ended: of everything that was made the identity is known.
            let journal = std::fs::read_to_string(state_directory(&project, "mixed").join("journal.jsonl")).unwrap();
            assert_eq!(unidentified(&journal), 0, "{journal}");
        }
        finishes(&project, &format!("round {round}"));
    }
    assert!(stopped >= 5, "only {stopped} of 10 were stopped");
}

/// How many creates were begun of which neither the identity nor an end is recorded.
fn unidentified(journal: &str) -> usize {
    let mut open = std::collections::BTreeSet::new();
    for line in journal.lines() {
        let Some((_, record)) = line.split_once(' ') else { continue };
        let record: serde_json::Value = serde_json::from_str(record).unwrap();
        let body = &record["body"];
        let nonce = body["nonce"].as_str().unwrap_or_default().to_owned();
        match body["entry"].as_str() {
            Some("begun") if body["kind"] == "create" => open.insert(nonce),
            Some("identified" | "applied" | "failed") => open.remove(&nonce),
            _ => false,
        };
    }
    open.len()
}

#[test]
fn the_second_interrupt_leaves_at_once_and_loses_nothing() {
    let (mut left, mut slowest) = (0, Duration::ZERO);
    for round in 0..10 {
        let project = Project::with(MIXED).variable("CAIRN_QUARANTINE", "60");
        // Reads never see anything: only the second interrupt ends this one.
        let line =
            format!("apply --sandbox --yes --parallelism 3 --sandbox-faults throttle=0.2,lag=100000,seed={round}");
        let mut child = spawn(&project, &line);
        assert!(until_something_is_made(&project, &mut child));
        std::thread::sleep(Duration::from_millis(round * 15));
        interrupt(&child);
        std::thread::sleep(Duration::from_millis(20));
        let second = Instant::now();
        if child.try_wait().unwrap().is_none() {
            interrupt(&child);
        }
        let ended = ended(child.wait_with_output().unwrap());
        slowest = slowest.max(second.elapsed());
        assert_eq!(ended.code, Some(130), "{}\n{}", ended.out, ended.err);
        assert!(ended.err.contains("nothing is lost"), "{}", ended.err);
        left += 1;
        finishes(&project, &format!("round {round}"));
    }
    println!("{left} left, the slowest in {slowest:?}");
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
}
