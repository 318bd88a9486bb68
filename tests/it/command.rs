//! Every command as a person or a script runs it, on the sandbox: output, exit codes, what is on disk.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::project::{Project, ended};

const PROTECTED: &str = r#"stack kept {
  cairn: "1"
}

import aws

provider eu = aws.Target { region: "eu-central-1" }

input keep: Bool = true

@protect(keep)
resource vpc = aws.ec2.Vpc { cidr_block: 10.0.0.0/16 }
"#;

#[test]
fn a_network_lives_and_dies() {
    let project = Project::of("network");
    let checked = project.expect(0, "check");
    assert_eq!(checked.out, "checked network: nothing wrong\n");
    let plan = project.expect(2, "plan --sandbox --detailed-exitcode");
    assert!(plan.out.contains("3 create · 0 unchanged"), "{}", plan.out);
    let applied = project.expect(0, "apply --sandbox --yes");
    assert!(applied.out.contains("+ vpc created (vpc-"), "{}", applied.out);
    assert!(applied.out.contains("done in"), "{}", applied.out);
    project.expect(0, "plan --sandbox --detailed-exitcode");
    project.expect(0, "drift --sandbox");
    let list = project.expect(0, "state list --sandbox");
    assert_eq!(list.out.lines().count(), 3, "{}", list.out);
    let destroyed = project.expect(0, "destroy --sandbox --yes");
    assert!(destroyed.out.starts_with("cairn destroy · network"), "{}", destroyed.out);
    assert_eq!(project.expect(0, "state list --sandbox").out, "nothing is managed\n");
}

#[test]
fn a_change_is_an_update_and_drift_is_told_apart() {
    let project = Project::of("network");
    project.expect(0, "apply --sandbox --yes");
    project.edit("stack.cairn", "enable_dns_hostnames: true", "enable_dns_hostnames: false");
    let plan = project.json(2, "plan --sandbox --detailed-exitcode");
    assert_eq!(plan["summary"]["update"], 1);
    let change = &plan["changes"][0];
    assert_eq!((&change["address"], &change["action"]), (&json!("vpc"), &json!("update")));
    assert_eq!(change["reasons"], json!(["written"]));
    assert_eq!(change["source"]["file"], "stack.cairn");
    assert_eq!(change["attributes"][0]["path"], "enable_dns_hostnames");
    assert_eq!(change["attributes"][0]["before"], true);
    assert_eq!(change["attributes"][0]["after"], false);
    assert_eq!(plan["drift"], json!([]));
    project.expect(0, "apply --sandbox --yes");
    project.expect(0, "sandbox set vpc enable_dns_support=false");
    let drift = project.json(2, "drift --sandbox");
    assert_eq!(drift["drift"][0]["attributes"][0]["path"], "enable_dns_support");
    assert_eq!(drift["drift"][0]["attributes"][0]["before"], true);
    assert_eq!(drift["drift"][0]["attributes"][0]["after"], false);
    let plan = project.json(2, "plan --sandbox --detailed-exitcode");
    assert_eq!(plan["changes"][0]["reasons"], json!(["drifted"]));
    project.expect(0, "apply --sandbox --yes");
    project.expect(0, "drift --sandbox");
}

#[test]
fn a_reader_needs_what_it_reads_and_what_its_value_still_names() {
    let project = Project::with(
        r#"stack chain {
  cairn: "1"
}

import aws

provider eu = aws.Target { region: "eu-central-1" }

resource first = aws.ec2.Vpc { cidr_block: 10.0.0.0/16 }
resource second = aws.ec2.Vpc { cidr_block: first.cidr_block, tags: { First: first.vpc_id } }
resource third = aws.ec2.Vpc { cidr_block: second.cidr_block }
resource fourth = aws.ec2.Vpc { cidr_block: third.cidr_block, tags: second.tags }
"#,
    );
    project.expect(0, "apply --sandbox --yes");
    let list = project.json(0, "state list --sandbox");
    let resources = list["resources"].as_array().unwrap();
    let needs = |address: &str| resources.iter().find(|found| found["address"] == address).unwrap()["needs"].clone();
    assert_eq!(needs("second"), json!(["first"]));
    // What the address space was made of, the second one waits for.
    assert_eq!(needs("third"), json!(["second"]));
    // The tags carry the first one's identity.
    assert_eq!(needs("fourth"), json!(["first", "second", "third"]));
}

#[test]
fn what_vanished_is_made_again() {
    let project = Project::of("network");
    project.expect(0, "apply --sandbox --yes");
    project.expect(0, "sandbox remove subnet[\"a\"]");
    let drift = project.json(2, "drift --sandbox");
    assert_eq!(drift["drift"][0]["address"], "subnet[\"a\"]");
    let plan = project.json(0, "plan --sandbox");
    assert_eq!(plan["changes"][0]["reasons"], json!(["vanished"]));
    project.expect(0, "apply --sandbox --yes");
    project.expect(0, "plan --sandbox --detailed-exitcode");
}

#[test]
fn a_create_only_field_replaces() {
    let project = Project::of("network");
    project.expect(0, "apply --sandbox --yes");
    let plan = project.json(0, "plan --sandbox --set cidr=10.99.0.0/16");
    assert_eq!(plan["summary"]["replace"], 3);
    let vpc = plan["changes"].as_array().unwrap().iter().find(|change| change["address"] == "vpc").unwrap();
    assert_eq!(vpc["attributes"][0]["forces_replacement"], true);
    project.expect(0, "apply --sandbox --yes --set cidr=10.99.0.0/16");
    project.expect(0, "plan --sandbox --detailed-exitcode --set cidr=10.99.0.0/16");
}

#[test]
fn what_is_held_is_replaced_before_it_goes() {
    let source = |space: &str| {
        format!(
            r#"stack held {{
  cairn: "1"
}}

import aws

provider eu = aws.Target {{ region: "eu-central-1" }}

let space = {space}
let zones = {{ a: 0, b: 1 }}

resource vpc = aws.ec2.Vpc {{ cidr_block: space }}
resource subnet[zone, slot in zones] = aws.ec2.Subnet {{
  vpc
  availability_zone: "eu-central-1${{zone}}"
  cidr_block: space.subnet(newbits: 8, index: slot)
}}
resource group = aws.rds.DbSubnetGroup {{ db_subnet_group_description: "databases", subnets: subnet }}
"#
        )
    };
    let project = Project::with(&source("10.1.0.0/16"));
    project.expect(0, "apply --sandbox --yes");
    project.write("stack.cairn", &source("10.2.0.0/16"));
    let plan = project.json(0, "plan --sandbox");
    assert_eq!((&plan["summary"]["replace"], &plan["summary"]["update"]), (&json!(3), &json!(1)), "{plan:#}");
    let applied = project.expect(0, "apply --sandbox --yes");
    let at = |what: &str| applied.out.find(what).unwrap_or_else(|| panic!("{what}: {}", applied.out));
    assert!(at("~ group updated") < at("- subnet[\"a\"] deleted"), "{}", applied.out);
    project.expect(0, "plan --sandbox --detailed-exitcode");
    project.expect(0, "destroy --sandbox --yes");
}

#[test]
fn protected_resources_are_refused() {
    let project = Project::with(PROTECTED);
    project.expect(0, "apply --sandbox --yes");
    let refused = project.expect(3, "destroy --sandbox --yes");
    assert!(refused.err.contains("cairn::plan::protected"), "{}", refused.err);
    assert_eq!(project.expect(0, "state list --sandbox").out.lines().count(), 1);
    project.edit("stack.cairn", "10.0.0.0/16", "10.9.0.0/16");
    let plan = project.json(3, "plan --sandbox");
    assert_eq!(plan["summary"]["replace"], 1);
    project.expect(3, "apply --sandbox --yes");
    project.edit("stack.cairn", "10.9.0.0/16", "10.0.0.0/16");
    project.expect(0, "apply --sandbox --yes --set keep=false");
    project.expect(0, "destroy --sandbox --yes");
}

#[test]
fn usage_errors_fail() {
    let project = Project::of("network");
    project.expect(1, "plan --no-such-flag");
    project.expect(1, "plan --sandbox --env nowhere");
    project.expect(1, "plan nowhere");
    project.expect(1, "plan --sandbox --only nothing");
    project.expect(1, "plan --sandbox --set cidr");
    project.expect(1, "plan --sandbox --set nothing=1");
    project.expect(1, "state show nothing --sandbox");
    let unasked = project.expect(1, "apply --sandbox");
    assert!(unasked.err.contains("add --yes"), "{}", unasked.err);
    assert_eq!(project.expect(0, "state list --sandbox").out, "nothing is managed\n");
}

#[test]
fn mistakes_are_reported_to_programs() {
    let project = Project::of("network");
    project.edit("stack.cairn", "cidr_block: cidr\n", "cidr_blok: cidr\n");
    let checked = project.json(1, "check");
    let found = &checked["diagnostics"][0];
    assert_eq!(found["code"], "cairn::schema::unknown_field");
    assert_eq!(found["file"], "stack.cairn");
    assert_eq!(found["severity"], "error");
    assert!(found["line"].as_u64().unwrap() > 1 && found["end_column"].as_u64() > found["column"].as_u64());
    assert!(found["help"].as_str().unwrap().contains("cidr_block"));
    let plan = project.json(1, "plan --sandbox");
    assert_eq!(plan["diagnostics"][0]["code"], "cairn::schema::unknown_field");
    project.expect(1, "apply --sandbox --yes");
    assert!(!project.path().join(".cairn").exists(), "a wrong stack leaves nothing behind");
}

#[test]
fn only_a_part_is_planned_and_applied() {
    let project = Project::of("network");
    project.expect(0, "apply --sandbox --yes --only subnet[\"a\"]");
    let list = project.json(0, "state list --sandbox");
    let addresses: BTreeSet<&str> =
        list["resources"].as_array().unwrap().iter().map(|one| one["address"].as_str().unwrap()).collect();
    assert_eq!(addresses, BTreeSet::from(["vpc", "subnet[\"a\"]"]));
    project.expect(0, "apply --sandbox --yes");
    assert_eq!(project.json(0, "state list --sandbox")["resources"].as_array().unwrap().len(), 3);
}

#[test]
fn results_for_programs_and_for_comments() {
    let project = Project::of("network");
    let markdown = project.expect(0, "plan --sandbox --format markdown");
    assert!(markdown.out.contains("### cairn plan · `network`"), "{}", markdown.out);
    let applied = project.json(0, "apply --sandbox --yes");
    assert_eq!((&applied["complete"], &applied["done"]), (&json!(true), &json!(3)));
    assert!(applied["outputs"]["vpc_id"].as_str().unwrap().starts_with("vpc-"));
    let shown = project.json(0, "state show vpc --sandbox");
    assert_eq!(shown["resources"][0]["inputs"]["cidr_block"], "10.20.0.0/16");
    let graph = project.json(0, "graph");
    assert!(graph.is_object());
    let version = project.json(0, "version");
    assert!(version["types"].as_u64().unwrap() > 100);
    let stats = project.expect(0, "plan --sandbox --stats");
    assert!(stats.err.contains(" calls\n"), "{}", stats.err);
}

#[test]
fn outputs_fit_their_published_schemas() {
    let project = Project::of("network");
    let plan = project.json(0, "plan --sandbox");
    let applied = project.json(0, "apply --sandbox --yes");
    project.expect(0, "sandbox set vpc enable_dns_support=false");
    let drift = project.json(2, "drift --sandbox");
    let state = project.json(0, "state list --sandbox");
    let check = project.json(0, "check");
    let documents = [("plan", plan), ("apply", applied), ("drift", drift), ("state", state), ("check", check)];
    let schemas = cairn::view::json::schemas();
    for (name, document) in documents {
        let (_, text) = schemas.iter().find(|(file, _)| *file == format!("{name}.schema.json")).unwrap();
        let schema: Json = serde_json::from_str(text).unwrap();
        fits(&document, &schema, &schema, name);
        let mut broken = document.clone();
        broken.as_object_mut().unwrap().remove("format_version");
        assert!(std::panic::catch_unwind(|| fits(&broken, &schema, &schema, name)).is_err(), "{name}");
    }
}

/// Whether a document is what a schema says: types, required keys, listed values; all that our schemas use.
fn fits(document: &Json, schema: &Json, root: &Json, path: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        return fits(document, root.pointer(reference.trim_start_matches('#')).unwrap(), root, path);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        assert!(choices.iter().any(|choice| choice["const"] == *document), "{path}: {document} is not listed");
        return;
    }
    let name = match document {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "integer",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    };
    match &schema["type"] {
        Json::String(kind) => assert_eq!(kind, name, "{path}"),
        Json::Array(kinds) => assert!(kinds.contains(&json!(name)), "{path} is a {name}"),
        _ => {}
    }
    for key in schema["required"].as_array().into_iter().flatten() {
        assert!(document.get(key.as_str().unwrap()).is_some(), "{path} lacks {key}");
    }
    for (index, item) in document.as_array().into_iter().flatten().enumerate() {
        fits(item, &schema["items"], root, &format!("{path}[{index}]"));
    }
    if let Some(properties) = schema["properties"].as_object() {
        for (key, value) in document.as_object().unwrap() {
            fits(value, properties.get(key).unwrap_or_else(|| panic!("{path}.{key} is not in the schema")), root, key);
        }
    }
}

#[test]
fn terminals_get_what_they_can_show() {
    let project = Project::of("network");
    let plain = project.expect(0, "plan --sandbox");
    assert!(!plain.out.contains('\u{1b}'), "NO_COLOR");
    let mut command = project.command(["plan", "--sandbox"]);
    command.env_remove("NO_COLOR").env("CLICOLOR_FORCE", "1");
    assert!(ended(command.output().unwrap()).out.contains('\u{1b}'));
    let mut command = project.command(["plan", "--sandbox"]);
    command.env("LANG", "C").env("LC_ALL", "C");
    assert!(ended(command.output().unwrap()).out.is_ascii());
    let mut command = project.command(["plan", "--sandbox"]);
    command.env("COLUMNS", "60");
    let narrow = ended(command.output().unwrap()).out;
    assert!(narrow.lines().all(|line| line.chars().count() <= 100), "{narrow}");
}

#[test]
fn damaged_state_is_an_error_with_a_way_out() {
    let project = Project::of("network");
    project.expect(0, "apply --sandbox --yes");
    project.edit("stack.cairn", "enable_dns_hostnames: true", "enable_dns_hostnames: false");
    project.expect(0, "apply --sandbox --yes");
    let state = ".cairn/sandbox/network/default/state.json";
    let text = project.read(state);
    for damaged in [text.replacen("vpc-", "vpc_", 1), text[..text.len() / 2].to_owned(), String::new()] {
        project.write(state, &damaged);
        let refused = project.expect(1, "plan --sandbox");
        assert!(refused.err.contains("state restore"), "{}", refused.err);
        project.expect(1, "apply --sandbox --yes");
        assert_eq!(project.read(state), damaged, "damaged state is not written over");
    }
    project.write(state, &text);
    project.expect(0, "plan --sandbox --detailed-exitcode");
}

#[test]
fn a_second_apply_waits_for_nobody() {
    let project = Project::of("network");
    let mut first = project.command(["apply", "--sandbox", "--yes", "--sandbox-faults", "seed=1,lag=400"]);
    let mut child = first.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
    let lock = project.path().join(".cairn/sandbox/network/default/lock");
    let begun = std::time::Instant::now();
    while !lock.exists() && begun.elapsed().as_secs() < 20 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let second = project.run("apply --sandbox --yes");
    let still_running = child.try_wait().unwrap().is_none();
    child.wait().unwrap();
    assert!(!still_running || second.code == Some(4), "{second:?}");
    assert!(second.code == Some(0) || second.err.contains("lock") || second.err.contains("another"), "{second:?}");
    project.expect(0, "apply --sandbox --yes");
    assert_eq!(project.json(0, "state list --sandbox")["resources"].as_array().unwrap().len(), 3);
}

#[test]
fn secrets_reach_no_file_and_no_output() {
    let secret = "correct-horse-battery-staple";
    let source = r#"stack hidden {
  cairn: "1"
}

import aws

provider eu = aws.Target { region: "eu-central-1" }

resource login = aws.secretsmanager.Secret { name: "login", secret_string: secret("env:LOGIN") }
"#;
    let project = Project::with(source).variable("LOGIN", secret);
    let mut shown = String::new();
    for line in [
        "plan --sandbox",
        "plan --sandbox --format json",
        "plan --sandbox --out saved.plan",
        "apply saved.plan",
        "plan --sandbox",
        "state show login --sandbox",
        "state list --sandbox --format json",
        "drift --sandbox --format json",
    ] {
        let ended = project.expect(0, line);
        shown.push_str(&ended.out);
        shown.push_str(&ended.err);
    }
    assert!(!shown.contains(secret));
    let changed = project.variable("LOGIN", "another-secret-value");
    let plan = changed.expect(0, "plan --sandbox");
    assert!(plan.out.contains("(sensitive, changed)"), "{}", plan.out);
    let mut files = 0;
    each_file(&changed.path(), &mut |path, text| {
        if path.file_name().unwrap() != "sandbox.jsonl" {
            files += 1;
            assert!(!text.windows(secret.len()).any(|window| window == secret.as_bytes()), "{}", path.display());
        }
    });
    assert!(files >= 4);
}

fn each_file(directory: &std::path::Path, visit: &mut dyn FnMut(&std::path::Path, &[u8])) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            each_file(&path, visit);
        } else {
            visit(&path, &std::fs::read(&path).unwrap());
        }
    }
}
