//! State files as they were ever written stay readable: each folder of `tests/golden/states` is read as its
//! `expected.json` says, and state of a later version is refused by name.

use std::path::{Path, PathBuf};

use cairn::host::local_store::LocalStore;
use cairn::state::{Folded, Recorded, StateStore as _, StoreError, fold};
use serde_json::{Value as Json, json};

use crate::project::repository;

fn read(directory: &Path) -> Result<Folded, StoreError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let loaded = runtime.block_on(LocalStore::new(directory).load())?;
    Ok(fold(loaded.snapshot, loaded.entries))
}

/// All folders with a state, in the order of their names.
fn states() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for version in std::fs::read_dir(repository().join("tests/golden/states")).unwrap() {
        for state in std::fs::read_dir(version.unwrap().path()).unwrap() {
            found.push(state.unwrap().path());
        }
    }
    found.sort();
    found
}

/// What a state says, in words that do not depend on how it is written.
fn said(folded: &Folded) -> Json {
    let object = |recorded: &Recorded| {
        json!({
            "type": recorded.kind.as_str(),
            "id": recorded.id.as_str(),
            "region": recorded.target.setting("region"),
            "inputs": recorded.inputs.keys().map(|name| name.as_str()).collect::<Vec<_>>(),
            "needs": recorded.needs.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "protect": recorded.protect,
            "incomplete": recorded.incomplete,
            "nonce": recorded.nonce.as_str(),
            "source": recorded.source.as_str(),
        })
    };
    let snapshot = &folded.snapshot;
    json!({
        "lineage": snapshot.lineage.as_str(),
        "generation": snapshot.generation,
        "sequence": snapshot.sequence,
        "epoch": snapshot.epoch,
        "writer": folded.writer.as_deref(),
        "used_plans": snapshot.used_plans.iter().map(|plan| plan.as_str()).collect::<Vec<_>>(),
        "outputs": snapshot.outputs.keys().map(|name| name.as_str()).collect::<Vec<_>>(),
        "resources": snapshot.resources.iter().map(|(at, it)| (at.to_string(), object(it))).collect::<serde_json::Map<_, _>>(),
        "deposed": snapshot.deposed.iter().map(|(at, it)| json!([at.to_string(), object(it)])).collect::<Vec<_>>(),
        "actions": snapshot.actions.iter().map(|(at, ran)| {
            (at.to_string(), json!({ "type": ran.kind.as_str(), "run": ran.run.as_str(), "unfinished": ran.unfinished }))
        }).collect::<serde_json::Map<_, _>>(),
        "open": folded.open.iter().map(|open| json!({
            "kind": format!("{:?}", open.intent.kind),
            "address": open.intent.address.to_string(),
            "type": open.intent.resource.as_str(),
            "nonce": open.intent.nonce.as_str(),
            "id": open.id.as_deref().or(open.intent.id.as_deref()),
            "monitor": open.monitor.as_deref(),
        })).collect::<Vec<_>>(),
    })
}

#[test]
fn every_state_ever_written_is_read_as_it_was() {
    let states = states();
    assert!(states.len() >= 3, "{states:?}");
    for directory in states {
        let found = said(&read(&directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display())));
        let file = directory.join("expected.json");
        let Ok(text) = std::fs::read_to_string(&file) else {
            // A new one is written once and committed; what is there is never changed.
            std::fs::write(&file, format!("{found:#}\n")).unwrap();
            panic!("{} is new: look at it and commit it", file.display());
        };
        assert_eq!(serde_json::from_str::<Json>(&text).unwrap(), found, "{}", directory.display());
    }
}

/// Copies a state without its history.
fn copied(directory: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for name in ["state.json", "journal.jsonl", "key"] {
        std::fs::copy(directory.join(name), copy.path().join(name)).unwrap();
    }
    copy
}

/// A text of which one part is another one, with the checksum it then has.
fn resealed(text: &str, before: &str, after: &str) -> String {
    use sha2::{Digest as _, Sha256};
    assert!(text.contains(before), "{text}");
    let changed = text.replacen(before, after, 1);
    let start = changed.find("\"sum\": \"").unwrap() + 8;
    let zeroed = format!("{}{}{}", &changed[..start], "0".repeat(64), &changed[start + 64..]);
    zeroed.replacen(&"0".repeat(64), &hex::encode(Sha256::digest(&zeroed)), 1)
}

fn refused(directory: &Path, word: &str) {
    let error = read(directory).unwrap_err();
    assert!(matches!(error, StoreError::Newer { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("was written by a newer version of Cairn") && text.contains(word), "{text}");
}

#[test]
fn a_state_of_a_later_version_is_refused_by_name() {
    let first = states().remove(0);
    let copy = copied(&first);
    let file = copy.path().join("state.json");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, resealed(&text, "\"cairn_state\": 1", "\"cairn_state\": 2")).unwrap();
    refused(copy.path(), "version 2 of the state");
}

#[test]
fn a_journal_of_a_later_version_is_refused_by_name() {
    let first = states().remove(0);
    let copy = copied(&first);
    let file = copy.path().join("journal.jsonl");
    let line = |json: &str| format!("{:08x} {json}\n", crc32c::crc32c(json.as_bytes()));
    let lineage = said(&read(&first).unwrap())["lineage"].as_str().unwrap().to_owned();
    std::fs::write(&file, line(&format!(r#"{{"journal":2,"lineage":"{lineage}","base":0,"prev":""}}"#))).unwrap();
    refused(copy.path(), "version 2 of the journal");
    // An entry that is whole and unknown.
    use sha2::{Digest as _, Sha256};
    let header = line(&format!(r#"{{"journal":1,"lineage":"{lineage}","base":0,"prev":""}}"#));
    let link = &hex::encode(Sha256::digest(header.trim_end()))[..16];
    let entry = line(&format!(r#"{{"seq":1,"prev":"{link}","body":{{"entry":"telepathy"}}}}"#));
    std::fs::write(&file, format!("{header}{entry}")).unwrap();
    refused(copy.path(), "line 2");
}
