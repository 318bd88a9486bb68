//! Taking over, renaming and forgetting, as a person does it on the sandbox.

use serde_json::{Value as Json, json};

use crate::project::Project;
use crate::sandbox_truth::{everything, objects, state_directory, wrong};

const HEADER: &str =
    "stack small {\n  cairn: \"1\"\n}\n\nimport aws\n\nprovider eu = aws.Target { region: \"eu-central-1\" }\n\n";

const NETWORK: &str = "component Network\nimport aws\n\ninput cidr: Cidr\n\n\
    resource vpc = aws.ec2.Vpc { cidr_block: cidr }\n\
    resource subnet[zone, slot in { a: 0, b: 1 }] = aws.ec2.Subnet {\n  vpc\n  \
    cidr_block: cidr.subnet(newbits: 8, index: slot)\n  availability_zone: \"eu-central-1${zone}\"\n}\n";

fn write(project: &Project, source: &str) {
    project.write("stack.cairn", &format!("{HEADER}{source}"));
}

fn stack(source: &str) -> Project {
    let project = Project::empty();
    write(&project, source);
    project.write("network.cairn", NETWORK);
    project
}

fn actions(plan: &Json) -> Vec<(String, String, Json)> {
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    let changes = plan["changes"].as_array().unwrap().iter();
    changes.map(|one| (text(&one["address"]), text(&one["action"]), one["previous_address"].clone())).collect()
}

fn moved(pairs: &[(&str, &str)]) -> Vec<(String, String, Json)> {
    pairs.iter().map(|(to, from)| ((*to).to_owned(), "move".to_owned(), json!(from))).collect()
}

/// A plan that is carried out, after which nothing is left to do and nothing is doubled or lost.
fn settles(project: &Project, size: usize) {
    project.expect(0, "apply --sandbox --yes");
    project.expect(0, "plan --sandbox --detailed-exitcode");
    assert_eq!(wrong(project, "small", size), None);
}

#[test]
fn a_new_name_moves_what_is_recorded() {
    let project = stack("resource vpc = aws.ec2.Vpc { cidr_block: 10.0.0.0/16 }\n");
    settles(&project, 1);
    let before = everything(&project, "small");
    write(&project, "resource net = aws.ec2.Vpc { cidr_block: 10.0.0.0/16 }\n");
    let plan = project.json(0, "plan --sandbox");
    assert_eq!((&plan["summary"]["delete"], &plan["summary"]["create"]), (&json!(1), &json!(1)));
    let hint = &plan["diagnostics"][0];
    assert_eq!((&hint["code"], &hint["severity"]), (&json!("cairn::plan::looks_renamed"), &json!("warning")));
    assert_eq!((&hint["line"], &hint["column"]), (&json!(9), &json!(10)));
    assert!(hint["help"].as_str().unwrap().ends_with("@was(vpc)"), "{hint}");
    write(&project, "@was(vpc)\nresource net = aws.ec2.Vpc { cidr_block: 10.0.0.0/16 }\n");
    let plan = project.json(2, "plan --sandbox --detailed-exitcode");
    assert_eq!(actions(&plan), moved(&[("net", "vpc")]));
    assert_eq!((&plan["summary"]["move"], &plan["diagnostics"]), (&json!(1), &json!([])));
    let text = project.expect(0, "plan --sandbox").out;
    assert!(text.contains(">  aws.ec2.Vpc net   moved from vpc"), "{text}");
    let markdown = project.expect(0, "plan --sandbox --format markdown").out;
    assert!(markdown.contains("> aws.ec2.Vpc net    moved from vpc"), "{markdown}");
    settles(&project, 1);
    assert_eq!(everything(&project, "small"), before);
    // A chain: an environment that never saw the name between is told both.
    write(
        &project,
        "@was(net, vpc)\nresource main = aws.ec2.Vpc { cidr_block: 10.0.0.0/16, enable_dns_hostnames: true }\n",
    );
    let plan = project.json(0, "plan --sandbox");
    assert_eq!(actions(&plan), [("main".into(), "update".into(), json!("net"))]);
    settles(&project, 1);
    assert_eq!(everything(&project, "small"), before);
}

#[test]
fn instances_follow_their_loop_and_take_other_keys() {
    let source = |head: &str| format!("{head} = aws.sns.Topic {{ topic_name: k, display_name: \"x\" }}\n");
    let project = stack(&source("resource old[k in [\"a\", \"b\"]]"));
    settles(&project, 2);
    let before = everything(&project, "small");
    write(&project, &source("@was(old)\nresource new[k in [\"a\", \"b\"]]"));
    let plan = project.json(0, "plan --sandbox");
    assert_eq!(actions(&plan), moved(&[("new[\"a\"]", "old[\"a\"]"), ("new[\"b\"]", "old[\"b\"]")]));
    settles(&project, 2);
    // Out of the loop, and its other instance by another name of its own.
    let single = "@was(new[\"a\"])\nresource first = aws.sns.Topic { topic_name: \"a\", display_name: \"x\" }\n";
    write(&project, &format!("{single}{}", source("@was(new[k])\nresource rest[k in [\"b\"]]")));
    let plan = project.json(0, "plan --sandbox");
    assert_eq!(actions(&plan), moved(&[("first", "new[\"a\"]"), ("rest[\"b\"]", "new[\"b\"]")]));
    settles(&project, 2);
    // Into a loop again; the key says which one.
    write(&project, &source("@was(a: first, b: rest[\"b\"])\nresource all[k in [\"a\", \"b\"]]"));
    let plan = project.json(0, "plan --sandbox");
    assert_eq!(actions(&plan), moved(&[("all[\"a\"]", "first"), ("all[\"b\"]", "rest[\"b\"]")]));
    settles(&project, 2);
    assert_eq!(everything(&project, "small"), before);
}

#[test]
fn one_object_cannot_become_two() {
    let project = stack("resource old = aws.sns.Topic { topic_name: \"t\" }\n");
    settles(&project, 1);
    write(&project, "@was(old)\nresource new[k in [\"t\", \"u\"]] = aws.sns.Topic { topic_name: k }\n");
    let plan = project.json(3, "plan --sandbox");
    assert_eq!(plan["diagnostics"][0]["code"], "cairn::moves::claimed_twice");
    let refused = project.expect(3, "apply --sandbox --yes");
    assert!(refused.err.ends_with("refused: 1 error; nothing was touched\n"), "{}", refused.err);
    write(&project, "@was(t: old)\nresource new[k in [\"t\", \"u\"]] = aws.sns.Topic { topic_name: k }\n");
    settles(&project, 2);
}

#[test]
fn members_follow_their_component_and_leave_and_join_one() {
    let loose = "resource vpc = aws.ec2.Vpc { cidr_block: 10.0.0.0/16 }\n\
        resource private[zone, slot in { a: 0, b: 1 }] = aws.ec2.Subnet {\n  vpc\n  \
        cidr_block: 10.0.0.0/16.subnet(newbits: 8, index: slot)\n  availability_zone: \"eu-central-1${zone}\"\n}\n";
    let project = stack(loose);
    settles(&project, 3);
    let before = everything(&project, "small");
    let import = "import Network from \"./network.cairn\"\n";
    write(
        &project,
        &format!("{import}@was(vpc: vpc, subnet: private)\nresource net = Network {{ cidr: 10.0.0.0/16 }}\n"),
    );
    let plan = project.json(0, "plan --sandbox");
    let joined = [("net.subnet[\"a\"]", "private[\"a\"]"), ("net.subnet[\"b\"]", "private[\"b\"]"), ("net.vpc", "vpc")];
    assert_eq!(actions(&plan), moved(&joined));
    settles(&project, 3);
    write(&project, &format!("{import}resource shop = Network {{ cidr: 10.0.0.0/16 }}\n"));
    let plan = project.json(0, "plan --sandbox");
    let hints: Vec<&Json> = plan["diagnostics"].as_array().unwrap().iter().collect();
    assert_eq!(hints.len(), 1, "{hints:?}");
    assert!(hints[0]["help"].as_str().unwrap().ends_with("@was(net)"), "{hints:?}");
    assert_eq!((&hints[0]["file"], &hints[0]["line"]), (&json!("stack.cairn"), &json!(10)));
    write(&project, &format!("{import}@was(net)\nresource shop = Network {{ cidr: 10.0.0.0/16 }}\n"));
    assert_eq!(project.json(0, "plan --sandbox")["summary"]["move"], 3);
    settles(&project, 3);
    write(
        &project,
        &loose
            .replace("resource vpc", "@was(shop.vpc)\nresource vpc")
            .replace("resource private", "@was(shop.subnet)\nresource private"),
    );
    assert_eq!(project.json(0, "plan --sandbox")["summary"]["move"], 3);
    settles(&project, 3);
    assert_eq!(everything(&project, "small"), before);
}

#[test]
fn what_is_forgotten_stays_and_is_taken_over_again() {
    let project = stack("@protect\nresource topic = aws.sns.Topic { topic_name: \"t\", tags: { Team: \"web\" } }\n");
    settles(&project, 1);
    let before = everything(&project, "small");
    write(&project, "forget topic\nforget nothing\n");
    // Protection is against destroying it; it stays.
    let plan = project.json(2, "plan --sandbox --detailed-exitcode");
    assert_eq!(actions(&plan), [("topic".into(), "forget".into(), Json::Null)]);
    assert_eq!(plan["changes"][0]["reasons"], json!(["forgotten"]));
    assert_eq!((&plan["summary"]["forget"], &plan["changes"][0]["risk"]), (&json!(1), &json!([])));
    let text = project.expect(0, "plan --sandbox").out;
    assert!(text.contains(".  aws.sns.Topic topic") && text.contains("which stays in the cloud"), "{text}");
    settles(&project, 0);
    assert_eq!(everything(&project, "small"), before);
    assert!(objects(&project, "small").is_empty());
    let adopt = "@adopt(\"arn:aws:sns:eu-central-1:111122223333:t\")\n";
    let body = "= aws.sns.Topic { topic_name: \"t\", tags: { Team: \"shop\" } }\n";
    write(&project, &format!("{adopt}resource news {body}"));
    let plan = project.json(2, "plan --sandbox --detailed-exitcode");
    assert_eq!(actions(&plan), [("news".into(), "import".into(), Json::Null)]);
    assert_eq!((&plan["summary"]["import"], &plan["changes"][0]["reasons"]), (&json!(1), &json!(["adopted"])));
    assert_eq!(plan["changes"][0]["id"], "arn:aws:sns:eu-central-1:111122223333:t");
    let attribute = &plan["changes"][0]["attributes"][0];
    assert_eq!(
        (&attribute["path"], &attribute["before"], &attribute["after"]),
        (&json!("tags.Team"), &json!("web"), &json!("shop"))
    );
    let markdown = project.expect(0, "plan --sandbox --format markdown").out;
    assert!(markdown.contains("= aws.sns.Topic news    take over arn:"), "{markdown}");
    settles(&project, 1);
    assert_eq!(everything(&project, "small"), before);
    // Once taken over, the decorator says nothing more.
    write(&project, &format!("resource news {body}"));
    project.expect(0, "plan --sandbox --detailed-exitcode");
    write(&project, &format!("{adopt}resource other {body}forget news\n"));
    let plan = project.json(3, "plan --sandbox");
    assert_eq!(plan["diagnostics"][0]["code"], "cairn::adopt::managed");
    assert!(plan["diagnostics"][0]["help"].as_str().unwrap().contains("@was(news)"));
}

#[test]
fn what_cannot_be_taken_over_is_refused() {
    let topic = "arn:aws:sns:eu-central-1:111122223333:t";
    let adopting = |id: &str, name: &str| {
        format!("@adopt(\"{id}\")\nresource news = aws.sns.Topic {{ topic_name: \"{name}\" }}\n")
    };
    let project = stack(&adopting(topic, "t"));
    let plan = project.json(3, "plan --sandbox");
    assert_eq!(plan["diagnostics"][0]["code"], "cairn::adopt::absent");
    assert_eq!((&plan["diagnostics"][0]["line"], &plan["diagnostics"][0]["column"]), (&json!(9), &json!(8)));
    project.expect(3, "apply --sandbox --yes");
    assert!(everything(&project, "small").is_empty(), "nothing is made in its stead");
    write(&project, "resource news = aws.sns.Topic { topic_name: \"t\" }\n");
    settles(&project, 1);
    // Another stack's: its state is lost here, and its marks are on the object.
    let directory = state_directory(&project, "small");
    for file in std::fs::read_dir(&directory).unwrap().map(|file| file.unwrap().path()) {
        if file.file_name().unwrap() != "sandbox.jsonl" {
            if file.is_dir() { std::fs::remove_dir_all(file).unwrap() } else { std::fs::remove_file(file).unwrap() }
        }
    }
    write(&project, &adopting(topic, "t"));
    let plan = project.json(3, "plan --sandbox");
    assert_eq!(plan["diagnostics"][0]["code"], "cairn::adopt::foreign");
    assert!(plan["diagnostics"][0]["message"].as_str().unwrap().ends_with("as `news`"));
}

#[test]
fn taking_over_never_replaces() {
    let project = stack("resource vpc = aws.ec2.Vpc { cidr_block: 10.0.0.0/16 }\n");
    settles(&project, 1);
    let id = project.json(0, "state list --sandbox")["resources"][0]["id"].as_str().unwrap().to_owned();
    write(&project, "forget vpc\n");
    settles(&project, 0);
    write(&project, &format!("@adopt(\"{id}\")\nresource net = aws.ec2.Vpc {{ cidr_block: 10.1.0.0/16 }}\n"));
    let plan = project.json(3, "plan --sandbox");
    let refused = &plan["diagnostics"][0];
    assert_eq!((&refused["code"], &refused["line"]), (&json!("cairn::adopt::replaces"), &json!(10)));
    assert_eq!(refused["column"], 30);
    let text = project.run("plan --sandbox").err;
    assert!(text.contains("there it is \"10.0.0.0/16\"; it cannot change in place"), "{text}");
    project.edit("stack.cairn", "10.1.0.0/16", "10.0.0.0/16");
    settles(&project, 1);
    // Afterwards a change replaces as it always does, and the decorator is only about the first object.
    project.edit("stack.cairn", "10.0.0.0/16", "10.2.0.0/16");
    assert_eq!(project.json(0, "plan --sandbox")["summary"]["replace"], 1);
    project.expect(0, "apply --sandbox --yes");
    let plan = project.json(0, "plan --sandbox --detailed-exitcode");
    assert_eq!(plan["diagnostics"][0]["code"], "cairn::adopt::without_effect");
}

#[test]
fn members_of_components_are_taken_over() {
    let import = "import Network from \"./network.cairn\"\n";
    let project = stack(&format!("{import}resource net = Network {{ cidr: 10.0.0.0/16 }}\n"));
    settles(&project, 3);
    let before = everything(&project, "small");
    let state = project.json(0, "state list --sandbox");
    let id = |address: &str| {
        let resources = state["resources"].as_array().unwrap().iter();
        resources.clone().find(|one| one["address"] == address).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let (vpc, a, b) = (id("net.vpc"), id("net.subnet[\"a\"]"), id("net.subnet[\"b\"]"));
    write(&project, "forget net\n");
    assert_eq!(project.json(0, "plan --sandbox")["summary"]["forget"], 3);
    settles(&project, 0);
    write(
        &project,
        &format!(
            "{import}@adopt(vpc: \"{vpc}\", subnet: {{ a: \"{a}\", b: \"{b}\" }})\nresource shop = Network {{ cidr: 10.0.0.0/16 }}\n"
        ),
    );
    assert_eq!(project.json(0, "plan --sandbox")["summary"]["import"], 3);
    settles(&project, 3);
    assert_eq!(everything(&project, "small"), before);
}

#[test]
fn destroying_a_stack_leaves_what_it_forgets() {
    let project =
        stack("resource a = aws.sns.Topic { topic_name: \"a\" }\nresource b = aws.sns.Topic { topic_name: \"b\" }\n");
    settles(&project, 2);
    write(&project, "resource a = aws.sns.Topic { topic_name: \"a\" }\nforget b\n");
    project.expect(0, "destroy --sandbox --yes");
    let left = everything(&project, "small");
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left.iter().all(|(_, id)| id.ends_with(":b")), "{left:?}");
    assert_eq!(project.expect(0, "state list --sandbox").out, "nothing is managed\n");
}

#[test]
fn saved_plans_take_over_move_and_forget() {
    let project =
        stack("resource a = aws.sns.Topic { topic_name: \"a\" }\nresource b = aws.sns.Topic { topic_name: \"b\" }\n");
    settles(&project, 2);
    write(&project, "forget a\n@was(b)\nresource c = aws.sns.Topic { topic_name: \"b\" }\n");
    project.expect(0, "plan --sandbox --out one.plan");
    project.expect(0, "apply one.plan");
    project.expect(0, "plan --sandbox --detailed-exitcode");
    let adopted =
        "@adopt(\"arn:aws:sns:eu-central-1:111122223333:a\")\nresource a = aws.sns.Topic { topic_name: \"a\" }\n";
    write(&project, &format!("{adopted}resource c = aws.sns.Topic {{ topic_name: \"b\" }}\n"));
    project.expect(0, "plan --sandbox --out two.plan");
    project.expect(0, "apply two.plan");
    project.expect(0, "plan --sandbox --detailed-exitcode");
    assert_eq!(wrong(&project, "small", 2), None);
}

#[test]
fn raw_properties_are_carried_and_marked() {
    let project = stack("resource t = aws.sns.Topic { topic_name: \"t\", raw: { NewProperty: { Deep: [1] } } }\n");
    let plan = project.json(0, "plan --sandbox");
    assert_eq!(plan["unchecked"], json!({ "t": ["NewProperty"] }));
    settles(&project, 1);
    let text = project.expect(0, "plan --sandbox").out;
    assert!(text.contains("UNCHECKED") && text.contains("t: NewProperty, sent as written"), "{text}");
    project.edit("stack.cairn", "[1]", "[2]");
    let plan = project.json(0, "plan --sandbox");
    assert_eq!(
        (&plan["summary"]["update"], &plan["changes"][0]["attributes"][0]["path"]),
        (&json!(1), &json!("raw.NewProperty.Deep"))
    );
    settles(&project, 1);
    project.expect(0, "sandbox set t raw=1");
    assert_eq!(project.expect(2, "drift --sandbox").code, Some(2));
}

#[test]
fn types_that_are_not_in_the_catalogue_live_on_the_sandbox() {
    let thing = "resource thing = aws.Unlisted { type_name: \"AWS::New::Thing\", properties: { Name: \"x\", Net: vpc.vpc_id } }\n\
        resource vpc = aws.ec2.Vpc { cidr_block: 10.0.0.0/16, tags: { Thing: thing.identifier } }\n";
    let project = stack(&thing.replace(", tags: { Thing: thing.identifier }", ""));
    let plan = project.json(0, "plan --sandbox");
    assert_eq!(plan["unchecked"], json!({ "thing": ["AWS::New::Thing"] }));
    settles(&project, 2);
    project.edit("stack.cairn", "Name: \"x\"", "Name: \"y\"");
    assert_eq!(project.json(0, "plan --sandbox")["summary"]["update"], 1);
    settles(&project, 2);
    project.edit("stack.cairn", "New::Thing", "New::Other");
    assert_eq!(project.json(0, "plan --sandbox")["summary"]["replace"], 1);
    settles(&project, 2);
    project.expect(0, "destroy --sandbox --yes");
    assert!(everything(&project, "small").is_empty());
}

/// Whoever lets go of an object keeps it, even of one that was made a moment ago and still carries the marks.
#[test]
fn what_was_let_go_is_nobodys_stray() {
    let project = stack("resource vpc = aws.ec2.Vpc { cidr_block: 10.0.0.0/16 }\n");
    settles(&project, 1);
    let before = everything(&project, "small");
    project.expect(0, "state rm vpc --keep-marks --sandbox --yes");
    write(&project, "resource topic = aws.sns.Topic { topic_name: \"other\" }\n");
    let applied = project.expect(0, "apply --sandbox --yes").out;
    assert!(!applied.contains("is destroyed"), "{applied}");
    assert!(everything(&project, "small").is_superset(&before));
}
