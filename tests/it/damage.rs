//! State that was cut off or changed by something else: it is told with a way out, or a correct prefix is read.

use std::path::Path;

use cairn::host::local_store::LocalStore;
use cairn::state::{Folded, StateStore as _, StoreError, fold};

use crate::project::Project;
use crate::sandbox_truth::state_directory;

/// Bits that are turned over in each file.
const FLIPS: usize = 1_500;

/// Every n-th of the flips and cuts is also shown to the whole command.
const WHOLE_COMMANDS: usize = 150;

fn load(directory: &Path) -> Result<Folded, StoreError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let loaded = runtime.block_on(LocalStore::new(directory).load())?;
    Ok(fold(loaded.snapshot, loaded.entries))
}

/// A state with a snapshot and a journal that has a lot to say: the process ended in the middle.
fn interrupted() -> Project {
    let project = Project::of("network");
    project.expect(0, "apply --sandbox --yes");
    let mut child = project.command("apply --sandbox --yes --parallelism 1 --set cidr=10.99.0.0/16".split_whitespace());
    child.env("CAIRN_STOP_AFTER_RECORD", "13").stdout(std::process::Stdio::null());
    assert_eq!(child.output().unwrap().status.code(), None);
    project
}

/// All states that a correct prefix of the journal gives, from nothing behind the snapshot to everything.
fn prefixes(directory: &Path) -> Vec<Folded> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let loaded = runtime.block_on(LocalStore::new(directory).load()).unwrap();
    (0..=loaded.entries.len())
        .map(|count| fold(loaded.snapshot.clone(), loaded.entries[..count].iter().cloned()))
        .collect()
}

/// A damage is told, with a way out that names a command or a backup.
fn told(error: &StoreError) -> bool {
    matches!(error, StoreError::Damaged { why, way_out, .. }
        if !why.is_empty() && (way_out.contains("cairn state restore") || way_out.contains("backup")))
}

struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
    }
}

/// The command says so, changes nothing, and does not panic.
fn command_refuses(project: &Project, file: &Path, what: &str) {
    let before = std::fs::read(file).unwrap();
    for line in ["plan --sandbox", "apply --sandbox --yes", "state list --sandbox"] {
        let ended = project.run(line);
        assert_eq!(ended.code, Some(1), "{what}: {line}\n{}{}", ended.out, ended.err);
        assert!(ended.err.contains("is damaged"), "{what}: {line}\n{}", ended.err);
        assert!(ended.err.contains("cairn state restore") || ended.err.contains("backup"), "{what}\n{}", ended.err);
    }
    assert_eq!(std::fs::read(file).unwrap(), before, "{what}: the damaged file was changed");
}

#[test]
fn every_cut_of_the_journal_is_a_prefix_or_told() {
    let project = interrupted();
    let directory = state_directory(&project, "network");
    let file = directory.join("journal.jsonl");
    let whole = std::fs::read(&file).unwrap();
    let prefixes = prefixes(&directory);
    assert!(prefixes.len() > 10 && !prefixes.last().unwrap().open.is_empty());
    let (mut read, mut refused) = (0, 0);
    for length in 0..whole.len() {
        std::fs::write(&file, &whole[..length]).unwrap();
        match load(&directory) {
            Ok(found) => {
                let complete = whole[..length].iter().filter(|byte| **byte == b'\n').count();
                assert_eq!(found, prefixes[complete - 1], "cut at {length}");
                read += 1;
            }
            Err(error) => {
                assert!(told(&error), "cut at {length}: {error:?}");
                if refused % WHOLE_COMMANDS == 0 {
                    command_refuses(&project, &file, &format!("cut at {length}"));
                }
                refused += 1;
            }
        }
    }
    println!("{read} cuts are a prefix, {refused} are told");
    assert!(read > 1_000 && refused > 0);
}

#[test]
fn every_cut_of_the_snapshot_is_told() {
    let project = interrupted();
    let directory = state_directory(&project, "network");
    let file = directory.join("state.json");
    let whole = std::fs::read(&file).unwrap();
    for length in 0..whole.len() {
        std::fs::write(&file, &whole[..length]).unwrap();
        let error = load(&directory).expect_err(&format!("cut at {length} was not seen"));
        assert!(told(&error), "cut at {length}: {error:?}");
        if length % WHOLE_COMMANDS == 0 {
            command_refuses(&project, &file, &format!("cut at {length}"));
        }
    }
}

#[test]
fn bits_that_turn_over_are_told() {
    let project = interrupted();
    let directory = state_directory(&project, "network");
    let mut numbers = Numbers(0x5EED);
    for name in ["state.json", "journal.jsonl"] {
        let prefixes = prefixes(&directory);
        let file = directory.join(name);
        let whole = std::fs::read(&file).unwrap();
        let (mut shorter, mut refused) = (0, 0);
        for round in 0..FLIPS {
            let (at, bit) = (numbers.below(whole.len()), numbers.below(8));
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << bit;
            std::fs::write(&file, &damaged).unwrap();
            match load(&directory) {
                // Only the end of the last line can be taken for one that was never finished.
                Ok(found) => {
                    assert_eq!(at, whole.len() - 1, "{name}: bit {bit} of byte {at} was not seen");
                    assert!(name == "journal.jsonl" && found == prefixes[prefixes.len() - 2], "{name}: {at}");
                    shorter += 1;
                }
                Err(error) => {
                    assert!(told(&error), "{name}: bit {bit} of byte {at}: {error:?}");
                    refused += 1;
                }
            }
            if round % WHOLE_COMMANDS == 0 && at != whole.len() - 1 {
                command_refuses(&project, &file, &format!("{name}: bit {bit} of byte {at}"));
            }
        }
        println!("{name}: {refused} told, {shorter} a prefix");
        std::fs::write(&file, &whole).unwrap();
    }
}

/// Zeros behind the end, lines that are missing, doubled or exchanged, a journal of an older snapshot.
#[test]
fn a_journal_whose_lines_do_not_follow_each_other_is_told() {
    let project = interrupted();
    let directory = state_directory(&project, "network");
    let file = directory.join("journal.jsonl");
    let whole = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    for at in 0..lines.len() {
        let mut missing = lines.clone();
        missing.remove(at);
        if at + 1 < lines.len() {
            std::fs::write(&file, missing.concat()).unwrap();
            assert!(told(&load(&directory).expect_err(&format!("line {at} is missing and nobody saw it"))));
            let mut exchanged = lines.clone();
            exchanged.swap(at, at + 1);
            std::fs::write(&file, exchanged.concat()).unwrap();
            assert!(told(&load(&directory).expect_err(&format!("lines from {at} are exchanged and nobody saw it"))));
        }
        let mut doubled = lines.clone();
        doubled.insert(at, lines[at]);
        std::fs::write(&file, doubled.concat()).unwrap();
        assert!(told(&load(&directory).expect_err(&format!("line {at} is there twice and nobody saw it"))));
    }
    std::fs::write(&file, format!("{whole}\0\0\0\0")).unwrap();
    assert_eq!(load(&directory).unwrap(), prefixes(&directory).pop().unwrap());
}

/// A crash between the two files of a compaction: the new snapshot stands beside the old journal.
#[test]
fn a_journal_that_is_folded_in_already_changes_nothing() {
    let project = interrupted();
    let directory = state_directory(&project, "network");
    let journal = std::fs::read(directory.join("journal.jsonl")).unwrap();
    project.expect(0, "apply --sandbox --yes --set cidr=10.99.0.0/16");
    let after = load(&directory).unwrap();
    std::fs::write(directory.join("journal.jsonl"), journal).unwrap();
    let beside = load(&directory).unwrap();
    assert_eq!(beside.snapshot.resources, after.snapshot.resources);
    assert_eq!(beside.snapshot.epoch, after.snapshot.epoch);
    assert!(beside.open.is_empty() && beside.snapshot.deposed.is_empty());
    project.expect(0, "plan --sandbox --detailed-exitcode --set cidr=10.99.0.0/16");
    project.expect(0, "apply --sandbox --yes --set cidr=10.98.0.0/16");
    project.expect(0, "plan --sandbox --detailed-exitcode --set cidr=10.98.0.0/16");
}
