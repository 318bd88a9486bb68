//! What is written is read again, as it was.

use cairn_provider::value::Value;

use super::{read_entry, read_snapshot, write_entry, write_snapshot};
use crate::model::Address;
use crate::state::{Entry, Masked, Ran, Recorded, Snapshot, Suspect};

fn recorded() -> Recorded {
    Recorded {
        kind: "aws.ec2.Vpc".into(),
        id: "vpc-1".into(),
        target: cairn_provider::request::Target {
            cloud: "aws".into(),
            settings: [("region".into(), "eu-central-1".into())].into(),
        },
        inputs: [
            ("cidr_block".into(), Value::text("10.0.0.0/16")),
            ("password".into(), Masked::value("ab".into())),
            ("ports".into(), Value::list([Value::Int(1), Value::Float(0.5), Value::Bool(true)])),
        ]
        .into(),
        needs: [Address::top("b").instance("x\"y")].into(),
        protect: true,
        incomplete: false,
        nonce: "n1".into(),
        source: "a.cairn:3".into(),
        made: 1_800_000_000,
    }
}

fn suspect() -> Suspect {
    let Recorded { kind, target, inputs, nonce, made, .. } = recorded();
    Suspect { address: Address::top("a"), kind, target, inputs, nonce, since: made }
}

fn ran() -> Ran {
    Ran {
        kind: "http.Probe".into(),
        run: "n2".into(),
        watched: [("release".into(), "ab".into())].into(),
        results: [("status".into(), Value::Int(200))].into(),
        unfinished: true,
        source: "a.cairn:9".into(),
    }
}

#[test]
fn a_state_of_before_there_were_actions_is_read() {
    let before = r#"{ "cairn_state": 1, "lineage": "l", "generation": 1, "previous": "", "sequence": 3, "epoch": 1, "resources": {} }"#;
    let snapshot = read_snapshot(before).unwrap();
    assert!(snapshot.actions.is_empty() && snapshot.sequence == 3);
}

#[test]
fn a_snapshot_survives_its_text() {
    let snapshot = Snapshot {
        lineage: "l".into(),
        generation: 3,
        resources: [(Address::top("a"), recorded())].into(),
        deposed: vec![(Address::top("a"), recorded())],
        suspects: [("n1".into(), suspect())].into(),
        used_plans: ["p".into()].into(),
        outputs: [
            ("keep".into(), Some(Value::Duration(cairn_provider::value::Duration::from_nanoseconds(5)))),
            ("login".into(), None),
        ]
        .into(),
        actions: [(Address::top("m"), ran())].into(),
        ..Snapshot::default()
    };
    assert_eq!(read_snapshot(&write_snapshot(&snapshot)), Ok(snapshot));
}

#[test]
fn an_entry_survives_its_line() {
    for entry in [
        Entry::Take { epoch: 2, who: "me".into() },
        Entry::Applied { nonce: "n".into(), recorded: Box::new(recorded()) },
        Entry::Gone { nonce: "n".into() },
        Entry::Renewed { nonce: "n".into() },
        Entry::Suspected(Box::new(suspect())),
        Entry::Cleared { nonce: "n".into() },
        Entry::Moved { from: Address::top("a"), to: Address::top("b").member("a") },
        Entry::RunBegun { address: Address::top("m"), kind: "http.Probe".into(), source: "a.cairn:9".into() },
        Entry::RunDone { address: Address::top("m"), ran: Box::new(ran()) },
        Entry::RunForgotten { address: Address::top("m") },
        Entry::CommandBegun { command: "undo 3".into(), at: 5 },
        Entry::CommandEnded { how: crate::state::Ending::Stopped, at: 6 },
        Entry::Reinstated { address: Address::top("a"), id: "i".into() },
        Entry::Rebuilt { lineage: "l".into(), resources: [(Address::top("a"), recorded())].into() },
        Entry::Released,
    ] {
        let line = write_entry(&entry);
        assert!(!line.contains('\n'));
        assert_eq!(read_entry(&line), Ok(entry));
    }
}

#[test]
fn other_versions_are_refused_by_name() {
    assert!(read_snapshot("{\"cairn_state\": 9}").unwrap_err().0.contains("version 9"));
    assert!(read_snapshot("{}").is_err());
    assert!(read_snapshot("").is_err());
}
