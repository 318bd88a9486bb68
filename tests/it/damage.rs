//! State that was cut off or changed by something else: it is told with a way out, or a correct prefix is read.

use std::path::Path;

use cairn::host::local_store::LocalStore;
use cairn::state::codec::read_saved;
use cairn::state::{Folded, Loaded, StateStore as _, StoreError, fold};

use crate::project::Project;
use crate::sandbox_truth::state_directory;

/// Every n-th of the cuts is also shown to the whole command.
const WHOLE_COMMANDS: usize = 150;

/// A stack whose files are small enough for every bit of them.
const ONE: &str = r#"stack one {
  cairn: "1"
}

import aws

provider eu = aws.Target { region: "eu-central-1" }

input name: String = "one"

resource topic = aws.sns.Topic { topic_name: name }
"#;

fn load_all(directory: &Path) -> Result<Loaded, StoreError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(LocalStore::new(directory).load())
}

fn fold_all(loaded: Loaded) -> Folded {
    fold(loaded.snapshot, loaded.entries)
}

fn load(directory: &Path) -> Result<Folded, StoreError> {
    load_all(directory).map(fold_all)
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
    let loaded = load_all(directory).unwrap();
    (0..=loaded.entries.len())
        .map(|count| fold(loaded.snapshot.clone(), loaded.entries[..count].iter().cloned()))
        .collect()
}

/// A damage is told, with a way out that names a command or a backup.
fn told(error: &StoreError) -> bool {
    matches!(error, StoreError::Damaged { why, way_out, .. }
        if !why.is_empty() && (way_out.contains("cairn state restore") || way_out.contains("backup")))
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

/// Of a small state every bit, one after the other, through the reader that the product has.
#[test]
fn every_bit_that_turns_over_is_told() {
    let project = Project::with(ONE);
    project.expect(0, "apply --sandbox --yes");
    let mut child = project.command("apply --sandbox --yes --parallelism 1 --set name=two".split_whitespace());
    child.env("CAIRN_STOP_AFTER_RECORD", "5").stdout(std::process::Stdio::null());
    assert_eq!(child.output().unwrap().status.code(), None);
    let directory = state_directory(&project, "one");
    let whole = fold_all(load_all(&directory).unwrap());
    let shorter = prefixes(&directory).into_iter().rev().nth(1).unwrap();
    assert!(!whole.open.is_empty());
    for name in ["state.json", "journal.jsonl", "key"] {
        let text = std::fs::read(directory.join(name)).unwrap();
        let bits: Vec<usize> = (0..text.len() * 8).collect();
        // Each thread damages a copy of its own.
        let copies: Vec<tempfile::TempDir> = (0..2).map(|_| copied(&directory)).collect();
        let halves: Vec<(&Path, &[usize])> =
            copies.iter().map(tempfile::TempDir::path).zip(bits.chunks(bits.len().div_ceil(2))).collect();
        let found: Vec<Vec<usize>> = cairn::host::in_parallel(&halves, |(copy, bits)| {
            let unseen = bits.iter().filter(|bit| {
                std::fs::write(copy.join(name), flipped(&text, **bit)).unwrap();
                match load(copy) {
                    // Only the end of the last line can be taken for one that was never finished.
                    Ok(found) => name != "journal.jsonl" || **bit / 8 != text.len() - 1 || found != shorter,
                    Err(error) => !told(&error),
                }
            });
            unseen.copied().collect()
        });
        let unseen: Vec<usize> = found.concat();
        assert!(unseen.is_empty(), "{name}: bits {unseen:?} turned over and nobody saw it");
        println!("{name}: {} bits of {} bytes, all told", bits.len(), text.len());
        for at in (0..text.len() - 1).step_by(text.len() / 4) {
            let file = directory.join(name);
            std::fs::write(&file, flipped(&text, at * 8)).unwrap();
            command_refuses(&project, &file, &format!("{name}, byte {at}"));
            std::fs::write(&file, &text).unwrap();
        }
    }
}

fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut damaged = bytes.to_vec();
    damaged[bit / 8] ^= 1 << (bit % 8);
    damaged
}

fn copied(directory: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for name in ["state.json", "journal.jsonl", "key"] {
        std::fs::copy(directory.join(name), copy.path().join(name)).unwrap();
    }
    copy
}

/// The key: cut anywhere it is told, or whole without its checksum.
#[test]
fn every_cut_of_the_key_is_told() {
    let project = Project::with(ONE);
    project.expect(0, "apply --sandbox --yes");
    let directory = state_directory(&project, "one");
    let (file, key) = (directory.join("key"), load_all(&directory).unwrap().key);
    let whole = std::fs::read(&file).unwrap();
    for length in 0..whole.len() {
        std::fs::write(&file, &whole[..length]).unwrap();
        match load_all(&directory) {
            Ok(found) => assert!(length == key.len() && found.key == key, "cut at {length}"),
            Err(error) => assert!(told(&error), "cut at {length}: {error:?}"),
        }
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
    let project = Project::of("network");
    project.expect(0, "apply --sandbox --yes");
    let directory = state_directory(&project, "network");
    let mut child = project.command("apply --sandbox --yes --set cidr=10.99.0.0/16".split_whitespace());
    child.env("CAIRN_FAILPOINT", "between_snapshot_and_journal").stdout(std::process::Stdio::null());
    assert_eq!(child.output().unwrap().status.code(), None);
    let beside = load(&directory).unwrap();
    assert!(beside.open.is_empty() && beside.snapshot.deposed.is_empty());
    let journal = std::fs::read_to_string(directory.join("journal.jsonl")).unwrap();
    assert!(journal.lines().count() > 10, "the journal is the old one");
    project.expect(0, "plan --sandbox --detailed-exitcode --set cidr=10.99.0.0/16");
    project.expect(0, "apply --sandbox --yes --set cidr=10.98.0.0/16");
    project.expect(0, "plan --sandbox --detailed-exitcode --set cidr=10.98.0.0/16");
}

/// One file of a backup beside the other one of today.
#[test]
fn files_of_different_times_are_told() {
    let project = Project::of("network");
    let directory = state_directory(&project, "network");
    let files = ["state.json", "journal.jsonl"].map(|name| directory.join(name));
    let mut generations = Vec::new();
    for cidr in ["10.97.0.0/16", "10.98.0.0/16", "10.99.0.0/16"] {
        project.expect(0, &format!("apply --sandbox --yes --set cidr={cidr}"));
        generations.push(files.each_ref().map(|file| std::fs::read(file).unwrap()));
    }
    for (state, with_state) in generations.iter().enumerate() {
        for (journal, with_journal) in generations.iter().enumerate() {
            std::fs::write(&files[0], &with_state[0]).unwrap();
            std::fs::write(&files[1], &with_journal[1]).unwrap();
            match load(&directory) {
                Ok(found) => {
                    assert_eq!(state, journal, "a snapshot of one time was read with a journal of another");
                    assert!(found.open.is_empty());
                }
                Err(error) => {
                    assert!(state != journal && told(&error), "{state} {journal}: {error:?}");
                    let older = if state < journal { "state.json is damaged" } else { "journal.jsonl is damaged" };
                    assert!(error.to_string().contains(older), "{error}");
                }
            }
        }
    }
}

/// A file that is gone or empty is never a state that is not there yet.
#[test]
fn a_file_that_is_missing_or_empty_is_told() {
    for settled in [true, false] {
        let project = if settled { Project::of("network") } else { interrupted() };
        if settled {
            project.expect(0, "apply --sandbox --yes");
        }
        let directory = state_directory(&project, "network");
        for name in ["state.json", "journal.jsonl", "key"] {
            let file = directory.join(name);
            let whole = std::fs::read(&file).unwrap();
            for zeros in [None, Some(0), Some(whole.len())] {
                match zeros {
                    None => std::fs::remove_file(&file).unwrap(),
                    Some(length) => std::fs::write(&file, vec![0; length]).unwrap(),
                }
                let error = load(&directory).expect_err(&format!("{name} with {zeros:?} bytes was not seen"));
                assert!(told(&error), "{name}: {error:?}");
            }
            std::fs::write(&file, &whole).unwrap();
            load(&directory).unwrap();
        }
    }
}

/// Whatever a lock says of its holder, it is only shown; whether it is held is the kernel's to say.
#[test]
fn a_lock_with_other_words_in_it_locks_all_the_same() {
    let project = Project::with(ONE);
    project.expect(0, "apply --sandbox --yes");
    let directory = state_directory(&project, "one");
    let file = directory.join("lock");
    let words = std::fs::read(&file).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let before = load(&directory).unwrap().snapshot.resources;
    let cuts = (0..words.len()).map(|length| words[..length].to_vec());
    for damaged in cuts.chain((0..words.len() * 8).map(|bit| flipped(&words, bit))) {
        std::fs::write(&file, &damaged).unwrap();
        let (first, second) = (LocalStore::new(&directory), LocalStore::new(&directory));
        let mut taken = runtime.block_on(first.take("a test"));
        // A program that another test starts right now holds what this process has open, for a moment.
        while matches!(taken, Err(StoreError::Locked { .. })) {
            taken = runtime.block_on(first.take("a test"));
        }
        assert_eq!(fold_all(taken.unwrap()).snapshot.resources, before);
        std::fs::write(&file, &damaged).unwrap();
        let refused = runtime.block_on(second.take("another")).unwrap_err();
        assert!(matches!(refused, StoreError::Locked { .. }), "{refused:?}");
        runtime.block_on(first.release()).unwrap();
    }
}

/// A saved plan is what was saved, or is refused.
#[test]
fn every_bit_and_every_cut_of_a_saved_plan_is_told() {
    let project = Project::with(ONE);
    project.expect(0, "plan --sandbox --out one.plan");
    let whole = std::fs::read(project.path().join("one.plan")).unwrap();
    let saved = read_saved(std::str::from_utf8(&whole).unwrap()).unwrap();
    let read = |bytes: &[u8]| std::str::from_utf8(bytes).ok().and_then(|text| read_saved(text).ok());
    // Without the line end it is whole, too.
    for length in 0..whole.len() - 1 {
        assert_eq!(read(&whole[..length]), None, "cut at {length}");
    }
    let bits: Vec<usize> = (0..whole.len() * 8).collect();
    let same = cairn::host::in_parallel(&bits, |bit| read(&flipped(&whole, *bit)).map(|found| (*bit, found)));
    for (bit, found) in same.into_iter().flatten() {
        assert_eq!(found, saved, "bit {} of byte {} changed the plan", bit % 8, bit / 8);
    }
    println!("{} bits of a saved plan", bits.len());
    for at in (0..whole.len()).step_by(whole.len() / 12) {
        std::fs::write(project.path().join("one.plan"), flipped(&whole, at * 8 + 1)).unwrap();
        let ended = project.run("apply one.plan --sandbox");
        assert_eq!(ended.code, Some(1), "{}{}", ended.out, ended.err);
        assert!(ended.err.contains("is no saved plan"), "{}", ended.err);
    }
}
