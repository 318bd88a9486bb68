//! States in real stores: who wins a slot, processes that are killed or stopped, two applies at once, moving.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::project::{Ended, Project, ended};
use crate::sandbox_truth::{objects, state_directory};
use crate::state_servers::Server;

const SHARED: &str = "--sandbox --remote-state";

/// How many objects the stack makes.
const WANTED: usize = 6;

fn source(state: &str) -> String {
    format!(
        "stack shop {{\n  cairn: \"1\"\n  state: {state}\n}}\nimport aws\n\
         provider eu = aws.Target {{ region: \"eu-central-1\" }}\n\
         resource vpc = aws.ec2.Vpc {{ cidr_block: 10.20.0.0/16 }}\n\
         resource subnet[name, slot in {{ a: 0, b: 1, c: 2 }}] = aws.ec2.Subnet {{\n  vpc\n  \
         availability_zone: \"eu-central-1a\"\n  cidr_block: vpc.cidr_block.subnet(newbits: 8, index: slot)\n}}\n\
         resource group = aws.ec2.SecurityGroup {{ vpc, group_description: \"web\" }}\n\
         resource address = aws.ec2.Eip {{ domain: \"vpc\" }}\n"
    )
}

/// A project whose state is in a store, under a key of its own.
fn project(server: &Server, key: &str) -> Project {
    server.reached_by(Project::with(&source(&server.header(key)))).variable("CAIRN_QUARANTINE", "1")
}

fn says(ended: &Ended, words: &str) {
    let all = format!("{}{}", ended.out, ended.err);
    assert!(all.split_whitespace().collect::<Vec<_>>().join(" ").contains(words), "{words:?} is not in\n{all}");
}

#[track_caller]
fn whole(project: &Project, what: &str) {
    let there = objects(project, "shop");
    let listed = project.json(0, &format!("state list {SHARED}"));
    assert_eq!(there.len(), WANTED, "{what}: {there:?}");
    assert_eq!(listed["resources"].as_array().unwrap().len(), WANTED, "{what}");
    project.expect(0, &format!("plan {SHARED} --detailed-exitcode"));
}

/// Everything that is expected of a store; each test does it with another one.
fn serves(server: &Server) {
    one_winner(server);
    killed(server);
    fenced(server);
    two_at_once(server);
    moved(server);
}

#[test]
fn s3_serves_a_state() {
    serves(&Server::moto());
}

#[test]
fn azure_blob_serves_a_state() {
    serves(&Server::azurite());
}

#[test]
fn postgres_serves_a_state() {
    serves(&Server::postgres());
}

/// 16 writers race for 200 slots.
fn one_winner(server: &Server) {
    let project = project(server, "race");
    let shown = project.expect(0, "state verify-store");
    says(&shown, "16 writers raced for 200 slots");
    says(&shown, "200 slots with exactly one winner");
    // Nothing is left: a state can begin here.
    says(&project.expect(0, "state list"), "nothing is managed");
}

/// The process ends at every slot it writes, before and after; the next one finishes alone, at once.
fn killed(server: &Server) {
    for how in ["BEFORE", "AFTER"] {
        for slot in 1..100 {
            let name = format!("killed-{how}-{slot}").to_lowercase();
            let project = project(server, &name);
            let apply = format!("apply {SHARED} --yes");
            let mut command = project.command(apply.split_whitespace());
            let first = ended(command.env(format!("CAIRN_STOP_{how}_SLOT"), slot.to_string()).output().unwrap());
            if first.code == Some(0) {
                assert!(slot > 5, "the stop was never reached");
                break;
            }
            assert_eq!(first.code, None, "{name}: {}{}", first.out, first.err);
            project.expect(0, &apply);
            whole(&project, &name);
            // One of them to the end.
            if slot == 3 {
                let destroy = format!("destroy {SHARED} --yes");
                let mut command = project.command(destroy.split_whitespace());
                ended(command.env(format!("CAIRN_STOP_{how}_SLOT"), "3").output().unwrap());
                project.expect(0, &destroy);
                assert!(objects(&project, "shop").is_empty(), "{name}");
            }
        }
    }
}

fn spawn(project: &Project, line: &str, variable: (&str, &str)) -> Child {
    let mut command = project.command(line.split_whitespace());
    command.env(variable.0, variable.1).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn signal(child: &Child, signal: &str) {
    let sent = std::process::Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// Waits until a process is stopped.
fn stopped(child: &Child) {
    let begun = Instant::now();
    loop {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
        let state = stat.rsplit_once(')').unwrap().1.split_whitespace().next().unwrap().to_owned();
        if state == "T" {
            return;
        }
        assert!(state != "Z" && begun.elapsed() < Duration::from_secs(30), "it does not stop: {state}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A process that sleeps while its state is unlocked and used by another one touches nothing when it wakes up.
fn fenced(server: &Server) {
    let project = project(server, "fenced");
    let apply = format!("apply {SHARED} --yes");
    // The slots: the first one, the taking; it stops before it writes what it is about to do.
    let sleeper = spawn(&project, &apply, ("CAIRN_PAUSE_BEFORE_SLOT", "3"));
    stopped(&sleeper);
    let held = project.expect(4, &apply);
    says(&held, "the state is being written by");
    says(&held, "cairn unlock");
    says(&project.expect(0, &format!("unlock {SHARED}")), "does not hold the state any more");
    project.expect(0, &apply);
    whole(&project, "fenced");
    let before = std::fs::read_to_string(state_directory(&project, "shop").join("sandbox.jsonl")).unwrap();
    signal(&sleeper, "-CONT");
    let woken = ended(sleeper.wait_with_output().unwrap());
    assert_eq!(woken.code, Some(4), "{}{}", woken.out, woken.err);
    says(&woken, "the state was taken over by");
    let after = std::fs::read_to_string(state_directory(&project, "shop").join("sandbox.jsonl")).unwrap();
    assert_eq!(before, after, "it touched something");
    whole(&project, "after the sleeper");
    // Another one that never wakes up is taken over once it was silent.
    project.edit("stack.cairn", "\"web\"", "\"changed\"");
    let sleeper = spawn(&project, &apply, ("CAIRN_PAUSE_BEFORE_SLOT", "2"));
    stopped(&sleeper);
    let mut patient = project.command(format!("{apply} --take-over").split_whitespace());
    let taken = ended(patient.env("CAIRN_SILENT_AFTER", "1").output().unwrap());
    assert_eq!(taken.code, Some(0), "{}{}", taken.out, taken.err);
    whole(&project, "after a silent one");
    signal(&sleeper, "-KILL");
    sleeper.wait_with_output().unwrap();
}

/// Two applies at the same moment: one works, the other works after it or is told who does.
fn two_at_once(server: &Server) {
    for round in 0..3 {
        let project = project(server, &format!("two-{round}"));
        let apply = format!("apply {SHARED} --yes");
        let both = [spawn(&project, &apply, ("NOTHING", "")), spawn(&project, &apply, ("NOTHING", ""))];
        let both = both.map(|child| ended(child.wait_with_output().unwrap()));
        let codes = [both[0].code.unwrap(), both[1].code.unwrap()];
        assert!(codes.contains(&0) && codes.iter().all(|code| [0, 4].contains(code)), "{codes:?}\n{both:#?}");
        whole(&project, "two at once");
    }
}

/// From files into the store, changed there, and back to files.
fn moved(server: &Server) {
    let project = project(server, "moved");
    let remote = project.read("stack.cairn");
    project.write("stack.cairn", &source("LocalState {}"));
    project.expect(0, "apply --sandbox --yes");
    let header = server.header("moved");
    let migrate = |option: &str, store: &str| {
        let line = format!("state migrate {SHARED} {option}");
        let mut command = project.command(line.split_whitespace());
        ended(command.arg(store).output().unwrap())
    };
    let done = migrate("--to", &header);
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    says(&done, "moved the state with 6 objects from .cairn to");
    says(&project.expect(1, "plan --sandbox"), "the state was moved from");
    says(&project.expect(1, "apply --sandbox --yes"), "the state was moved from");
    project.write("stack.cairn", &remote);
    whole(&project, "moved");
    // Once more is the same: the move is done.
    assert_eq!(migrate("--from", "LocalState {}").code, Some(0));
    project.edit("stack.cairn", "\"web\"", "\"changed\"");
    project.expect(0, &format!("apply {SHARED} --yes"));
    let back = migrate("--to", "LocalState {}");
    assert_eq!(back.code, Some(0), "{}{}", back.out, back.err);
    says(&project.expect(1, &format!("apply {SHARED} --yes")), "the state was moved from");
    project.edit("stack.cairn", &header, "LocalState {}");
    project.expect(0, "plan --sandbox --detailed-exitcode");
    let elsewhere = migrate("--to", &header);
    says(&elsewhere, "this state was kept here before it was moved away");
    project.expect(0, "plan --sandbox --detailed-exitcode");
    project.expect(0, "destroy --sandbox --yes");
}
