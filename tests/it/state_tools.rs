//! `cairn state mv`, `rm`, `pull`, `history`, `at`, `rebuild`.

use std::collections::BTreeSet;

use crate::crash_points::cut;
use crate::project::Project;
use crate::sandbox_truth::{everything, objects, recorded, state_directory, wrong};

const SMALL: &str = r#"stack small {
  cairn: "1"
}

import aws

provider eu = aws.Target { region: "eu-central-1" }

resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }
resource subnet[zone in ["a", "b"]] = aws.ec2.Subnet {
  vpc
  cidr_block: if zone == "a" then 10.20.1.0/24 else 10.20.2.0/24
  availability_zone: "eu-central-1${zone}"
}
resource gateway = aws.ec2.VpcGatewayAttachment { vpc, internet_gateway: igw }
resource igw = aws.ec2.InternetGateway
resource topic = aws.sns.Topic { topic_name: "small", display_name: "x" }
resource key = aws.secretsmanager.Secret { name: "small", secret_string: secret("env:TOKEN") }
"#;

const SIZE: usize = 7;

fn applied() -> Project {
    let project = Project::with(SMALL).variable("TOKEN", "canary-of-token");
    project.expect(0, "apply --sandbox --yes");
    project
}

fn addresses(project: &Project) -> BTreeSet<String> {
    recorded(project).into_values().collect()
}

#[test]
fn what_is_remembered_moves_with_its_marks_and_is_refused_where_it_would_be_made_anew() {
    let project = applied();
    let refused = project.expect(1, "state mv topic news --sandbox --yes");
    assert!(refused.err.contains("the source declares topic and not news"), "{}", refused.err);
    let unknown = project.expect(1, "state mv topik news --sandbox --yes");
    assert!(unknown.err.contains("nothing is remembered of topik; did you mean topic?"), "{}", unknown.err);
    let taken = project.expect(1, "state mv topic vpc --sandbox --yes");
    assert!(taken.err.contains("there is something at vpc already"), "{}", taken.err);
    project.edit("stack.cairn", "resource topic", "resource news");
    project.edit("stack.cairn", "resource subnet[", "resource private[");
    project.edit("stack.cairn", "resource vpc", "resource network");
    project.edit("stack.cairn", "  vpc\n", "  vpc: network\n");
    project.edit("stack.cairn", "{ vpc, internet", "{ vpc: network, internet");
    let asked = project.expect(1, "state mv topic news --sandbox");
    assert!(asked.out.contains("news") && asked.err.contains("nobody can answer"), "{asked:?}");
    for line in ["topic news", "subnet private", "vpc network"] {
        project.expect(0, &format!("state mv {line} --sandbox --yes"));
    }
    let marks: BTreeSet<String> =
        objects(&project, "small").into_values().filter(|address| address != "gateway").collect();
    let known: BTreeSet<String> = addresses(&project).into_iter().filter(|address| address != "gateway").collect();
    assert_eq!(marks, known);
    assert!(known.contains("private[\"a\"]") && known.contains("network"));
    let shown = project.json(0, "state show private[\"a\"] --sandbox");
    assert_eq!(shown["resources"][0]["needs"][0], "network");
    project.expect(0, "plan --sandbox --detailed-exitcode");
    assert_eq!(wrong(&project, "small", SIZE), None);
    let runs = project.json(0, "runs --sandbox");
    assert_eq!(runs["runs"][0]["command"], "state mv vpc network");
    assert_eq!(runs["runs"][1]["counts"]["moved"], 2);
}

#[test]
fn what_is_let_go_of_stays_in_the_cloud() {
    let project = applied();
    let there = everything(&project, "small");
    let said = project.expect(0, "state rm topic --sandbox --yes");
    assert!(said.err.contains("the source still declares topic"), "{}", said.err);
    assert_eq!(everything(&project, "small"), there);
    assert!(!objects(&project, "small").into_values().any(|address| address == "topic"), "its marks are gone");
    project.expect(0, "state rm subnet --keep-marks --sandbox --yes");
    assert_eq!(objects(&project, "small").values().filter(|address| address.starts_with("subnet")).count(), 2);
    assert_eq!(addresses(&project).len(), SIZE - 3);
    assert_eq!(everything(&project, "small"), there);
    // What an undo would make is there already: it is named instead.
    let refused = project.expect(3, "undo 2 --sandbox --yes");
    assert!(refused.err.contains("`topic` cannot be undone: it was let go of: @adopt("), "{}", refused.err);
}

#[test]
fn cut_off_at_any_record_moving_and_letting_go_are_finished_by_the_next() {
    let mut failures = Vec::new();
    for (command, left) in [("state mv topic news --sandbox --yes", SIZE), ("state rm topic --sandbox --yes", SIZE - 1)]
    {
        for hook in ["CAIRN_STOP_AFTER_RECORD", "CAIRN_STOP_BEFORE_RECORD"] {
            for record in 1.. {
                let project = applied();
                let renamed = SMALL.replace("resource topic", "resource news");
                let gone = SMALL
                    .replace("resource topic = aws.sns.Topic { topic_name: \"small\", display_name: \"x\" }\n", "");
                project.write("stack.cairn", if left == SIZE { &renamed } else { &gone });
                if !cut(&project, command, hook, record, "") {
                    assert!(record > 4, "{command}: {hook} ended only {record} runs");
                    break;
                }
                project.run(command);
                let known = addresses(&project);
                let marked = objects(&project, "small").len();
                if known.len() != left
                    || known.contains("topic")
                    || marked != left
                    || everything(&project, "small").len() != SIZE
                {
                    failures.push(format!("{command}, {hook}={record}: {known:?}, {marked} marked"));
                }
                let plan = project.run("plan --sandbox --detailed-exitcode");
                if plan.code != Some(0) {
                    failures.push(format!("{command}, {hook}={record}: {}", plan.out));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_state_is_printed_as_a_document_without_secrets() {
    let project = applied();
    let pulled = project.expect(0, "state pull --sandbox");
    let json: serde_json::Value = serde_json::from_str(&pulled.out).unwrap();
    assert_eq!(json["resources"].as_array().unwrap().len(), SIZE);
    assert_eq!(json["runs"].as_array().unwrap().len(), 1);
    assert_eq!(json["lineage"].as_str().unwrap().len(), 32);
    assert!(!pulled.out.contains("canary") && pulled.out.contains("(sensitive)"), "{}", pulled.out);
    assert!(json["open"].as_array().unwrap().is_empty() && json["deposed"].as_array().unwrap().is_empty());
}

#[test]
fn what_was_managed_after_each_run_can_be_listed() {
    let project = applied();
    project.write("stack.cairn", &SMALL.replace("\"a\", \"b\"", "\"a\""));
    project.expect(0, "apply --sandbox --yes");
    project.write(
        "stack.cairn",
        &SMALL.replace("\"a\", \"b\"", "\"a\"").replace("display_name: \"x\"", "display_name: \"y\""),
    );
    project.expect(0, "apply --sandbox --yes");
    let at = |run: u64| project.json(0, &format!("state at {run} --sandbox"))["resources"].as_array().unwrap().clone();
    let shown =
        |run: u64| at(run).iter().find(|one| one["address"] == "topic").unwrap()["inputs"]["display_name"].clone();
    assert_eq!((at(1).len(), at(2).len(), at(3).len()), (SIZE, SIZE - 1, SIZE - 1));
    assert_eq!((shown(2).as_str(), shown(3).as_str()), (Some("x"), Some("y")));
    assert!(project.expect(1, "state at 9 --sandbox").err.contains("there is no run 9"));
    let history = project.json(0, "state history --sandbox");
    assert_eq!(history["runs"].as_array().unwrap().len(), 3);
    assert_eq!(history["restorable"].as_array().unwrap().len(), history["generation"].as_u64().unwrap() as usize);
    let text = project.expect(0, "state history --sandbox").out;
    assert!(text.contains("run 2") && text.contains("1 deleted") && text.contains("cairn state restore"), "{text}");
}

/// Loses everything that is remembered; the cloud stays.
fn lose(project: &Project) {
    let directory = state_directory(project, "small");
    let sandbox = std::fs::read(directory.join("sandbox.jsonl")).unwrap();
    std::fs::remove_dir_all(&directory).unwrap();
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("sandbox.jsonl"), sandbox).unwrap();
}

#[test]
fn a_lost_state_is_rebuilt_from_the_marks_and_the_next_apply_makes_nothing_twice() {
    let project = applied();
    let there = everything(&project, "small");
    assert!(project.expect(1, "state rebuild --sandbox --yes").err.contains("nothing has to be rebuilt"));
    let lineage = project.expect(0, "state pull --sandbox").out;
    let lineage = serde_json::from_str::<serde_json::Value>(&lineage).unwrap()["lineage"].clone();
    lose(&project);
    let asked = project.expect(1, "state rebuild --sandbox");
    assert!(asked.err.contains("nobody can answer"), "{}", asked.err);
    let rebuilt = project.json(0, "state rebuild --sandbox --yes");
    assert_eq!(rebuilt["lineage"], lineage);
    assert_eq!(rebuilt["written"], true);
    // The attachment has no tags: it is found by what it connects.
    assert_eq!(rebuilt["resources"].as_array().unwrap().len(), SIZE);
    assert!(rebuilt["missing"].as_array().unwrap().is_empty());
    let plan = project.expect(0, "plan --sandbox");
    assert!(!plan.out.contains("delete") && !plan.out.contains("replace"), "{}", plan.out);
    project.expect(0, "apply --sandbox --yes");
    project.expect(0, "plan --sandbox --detailed-exitcode");
    assert_eq!(everything(&project, "small"), there);
    assert_eq!(wrong(&project, "small", SIZE), None);
    project.expect(0, "destroy --sandbox --yes");
    assert!(everything(&project, "small").is_empty());
}

#[test]
fn a_rebuild_that_is_cut_off_can_be_run_again() {
    for hook in ["CAIRN_STOP_AFTER_RECORD", "CAIRN_STOP_BEFORE_RECORD"] {
        let mut runs = 0;
        for record in 1.. {
            let project = applied();
            lose(&project);
            if !cut(&project, "state rebuild --yes --sandbox", hook, record, "") {
                break;
            }
            runs += 1;
            // All of it is written at once: it is there, or it can be done again.
            if addresses(&project).is_empty() {
                project.expect(0, "state rebuild --yes --sandbox");
            }
            project.expect(0, "apply --sandbox --yes");
            assert_eq!(wrong(&project, "small", SIZE), None, "{hook}={record}");
        }
        assert!(runs >= 4, "{hook} ended only {runs} runs");
    }
}

#[test]
fn several_objects_of_one_address_and_several_states_are_shown_and_not_guessed() {
    let project = applied();
    lose(&project);
    // Another state makes what has no name of its own once more.
    project.write(
        "stack.cairn",
        &SMALL
            .lines()
            .filter(|line| !line.contains("sns") && !line.contains("secretsmanager"))
            .collect::<Vec<_>>()
            .join("\n"),
    );
    project.expect(0, "apply --sandbox --yes");
    lose(&project);
    let refused = project.run("state rebuild --sandbox --yes --format json");
    assert_eq!(refused.code, Some(3), "{}", refused.err);
    let json: serde_json::Value = serde_json::from_str(&refused.out).unwrap();
    let lineages = json["lineages"].as_object().unwrap();
    assert_eq!((lineages.len(), json["written"].as_bool()), (2, Some(false)));
    assert!(refused.err.contains("choose one with --lineage"), "{}", refused.err);
    let (whole, _) = lineages.iter().max_by_key(|(_, count)| count.as_u64()).unwrap();
    // Somebody marks another network as ours.
    let file = state_directory(&project, "small").join("sandbox.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    let (other, _) = lineages.iter().min_by_key(|(_, count)| count.as_u64()).unwrap();
    std::fs::write(&file, text.replace(other.as_str(), whole)).unwrap();
    let refused = project.run("state rebuild --sandbox --yes --format json");
    let json: serde_json::Value = serde_json::from_str(&refused.out).unwrap();
    let conflicts = json["conflicts"].as_array().unwrap();
    assert_eq!(refused.code, Some(3));
    assert_eq!(conflicts.len(), 4, "{json}");
    let keep: Vec<String> =
        conflicts.iter().map(|one| format!("--keep {}", one["objects"][0]["id"].as_str().unwrap())).collect();
    project.expect(0, &format!("state rebuild --sandbox --yes {}", keep.join(" ")));
    assert!(addresses(&project).contains("vpc"));
}

/// The share that is printed is that of the declarations: every type whose objects have tags.
#[test]
fn the_share_of_types_that_can_be_found_is_that_of_the_declarations() {
    let project = applied();
    lose(&project);
    let rebuilt = project.json(0, "state rebuild --sandbox --yes");
    let catalogue = cairn::registry::catalogue();
    let managed: Vec<&str> = catalogue.names().filter(|kind| cairn::registry::declaration(kind).is_some()).collect();
    let tagged = managed.iter().filter(|kind| catalogue.get(kind).unwrap().tags.is_some()).count();
    assert_eq!(rebuilt["types"].as_u64(), Some(managed.len() as u64));
    assert_eq!(rebuilt["findable"].as_u64(), Some(tagged as u64));
    lose(&project);
    let text = project.expect(0, "state rebuild --sandbox --yes").out;
    let line = format!("objects of {tagged} of {} types can be found by their marks", managed.len());
    assert!(text.contains(&line), "{text}");
    println!("{line}");
}
