//! Resources that move from one stack into another: planned as moves, done in one transaction of both states, finished
//! by the next run wherever the process ends. About 90 s on two cores.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::crash_points::cut;
use crate::project::Project;
use crate::sandbox_truth::{everything, objects, state_directory};

const IMPORT: &str = "import aws\nprovider eu = aws.Target { region: \"eu-central-1\" }\n";

/// The stack that has everything at first.
const BEFORE: &str = r#"
import Network from "../network.cairn"
resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }
resource subnet[zone in ["a", "b"]] = aws.ec2.Subnet {
  vpc
  cidr_block: if zone == "a" then 10.20.1.0/24 else 10.20.2.0/24
  availability_zone: "eu-central-1${zone}"
}
resource gateway = aws.ec2.VpcGatewayAttachment { vpc, internet_gateway: igw }
resource igw = aws.ec2.InternetGateway
resource stays = aws.sns.Topic { topic_name: "stays" }
resource net = Network { name: "inner" }
"#;

const NETWORK: &str = "component Network\nimport aws\ninput name: String\n\
    resource topic = aws.sns.Topic { topic_name: name }\n\
    resource log = aws.logs.LogGroup { log_group_name: name }\n";

/// What stays there.
const LEFT: &str = "resource stays = aws.sns.Topic { topic_name: \"stays\" }\n";

/// What is here afterwards: renamed, changed on the way, out of a component and into one.
const AFTER: &str = r#"
import Network from "./network.cairn"
import stack platform from "./platform"
@was(platform.vpc)
resource main = aws.ec2.Vpc { cidr_block: 10.20.0.0/16, enable_dns_hostnames: true }
@was(platform.subnet)
resource private[zone in ["a", "b"]] = aws.ec2.Subnet {
  vpc: main
  cidr_block: if zone == "a" then 10.20.1.0/24 else 10.20.2.0/24
  availability_zone: "eu-central-1${zone}"
}
@was(platform.gateway)
resource attached = aws.ec2.VpcGatewayAttachment { vpc: main, internet_gateway: igw }
@was(platform.igw)
resource igw = aws.ec2.InternetGateway
@was(platform.net)
resource net = Network { name: "inner" }
resource own = aws.sns.Topic { topic_name: "own" }
"#;

fn stack(name: &str, body: &str) -> String {
    format!("stack {name} {{\n  cairn: \"1\"\n}}\n{IMPORT}{body}")
}

/// Two stacks, with everything in the platform's.
fn before() -> Project {
    let project = Project::with(&stack("shop", "resource own = aws.sns.Topic { topic_name: \"own\" }\n"));
    project.write("network.cairn", NETWORK);
    project.write("platform/stack.cairn", &stack("platform", BEFORE));
    project.expect(0, "apply platform --sandbox --yes");
    project.expect(0, "apply --sandbox --yes");
    project
}

/// The same, and the sources say that all but one belong to the shop.
fn moving() -> Project {
    let project = before();
    project.write("platform/stack.cairn", &stack("platform", LEFT));
    project.write("stack.cairn", &stack("shop", AFTER));
    project
}

fn recorded(project: &Project, stack: &str) -> BTreeMap<String, String> {
    let list = project.json(0, &format!("state list {stack} --sandbox"));
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    let resources = list["resources"].as_array().unwrap().iter();
    resources.map(|resource| (text(&resource["address"]), text(&resource["id"]))).collect()
}

const HERE: [&str; 8] = ["attached", "igw", "main", "net.log", "net.topic", "own", "private[\"a\"]", "private[\"b\"]"];

/// What is not as it must be after a next run.
fn finish(project: &Project, ids: &BTreeMap<String, String>) -> Result<(), String> {
    let plan = project.run("plan --sandbox");
    if plan.code != Some(0) || plan.out.contains(" delete") || plan.out.contains(" create") {
        return Err(format!("the plan between\n{}\n{}", plan.out, plan.err));
    }
    let again = project.run("apply --sandbox --yes");
    if again.code != Some(0) {
        return Err(format!("the next run ends with {:?}\n{}\n{}", again.code, again.out, again.err));
    }
    for stack in ["", "platform"] {
        let plan = project.run(&format!("plan {stack} --sandbox --detailed-exitcode"));
        if plan.code != Some(0) {
            return Err(format!("the plan of {stack:?} is not empty\n{}{}", plan.out, plan.err));
        }
    }
    let here = recorded(project, "");
    let there = recorded(project, "platform");
    if here.keys().collect::<Vec<_>>() != HERE || there.keys().collect::<Vec<_>>() != ["stays"] {
        return Err(format!("here {here:?}\nthere {there:?}"));
    }
    for (old, new) in [("vpc", "main"), ("subnet[\"a\"]", "private[\"a\"]"), ("net.log", "net.log")] {
        if ids[old] != here[new] {
            return Err(format!("{old} was {} and {new} is {}", ids[old], here[new]));
        }
    }
    let kinds: Vec<String> = everything(project, "shop").into_iter().map(|(kind, _)| kind).collect();
    if kinds.len() != HERE.len() {
        return Err(format!("{} objects of {}: {kinds:?}", kinds.len(), HERE.len()));
    }
    // Marks in the cloud name this stack's addresses, wherever there are marks.
    let marked = objects(project, "shop");
    let wrong: Vec<_> = marked
        .iter()
        .filter(|((kind, id), address)| !kind.ends_with("VpcGatewayAttachment") && here.get(*address) != Some(id))
        .collect();
    if wrong.is_empty() { Ok(()) } else { Err(format!("marked wrongly: {wrong:?}")) }
}

#[test]
fn both_states_see_one_move() {
    let project = moving();
    let ids = recorded(&project, "platform");
    let plan = project.json(0, "plan --sandbox");
    let changes = plan["changes"].as_array().unwrap();
    let moved: Vec<(&Json, &Json)> =
        changes.iter().map(|change| (&change["address"], &change["previous_address"])).collect();
    assert!(moved.contains(&(&json!("main"), &json!("platform.vpc"))), "{plan:#}");
    assert!(moved.contains(&(&json!("private[\"b\"]"), &json!("platform.subnet[\"b\"]"))), "{plan:#}");
    assert!(moved.contains(&(&json!("net.topic"), &json!("platform.net.topic"))), "{plan:#}");
    assert_eq!((&plan["summary"]["create"], &plan["summary"]["delete"]), (&json!(0), &json!(0)), "{plan:#}");
    let text = project.expect(0, "plan --sandbox").out;
    assert!(text.contains("moved from platform.vpc"), "{text}");
    finish(&project, &ids).unwrap();
    // The decorators have nothing to do any more, and the import can go with them.
    let without: String =
        AFTER.lines().filter(|line| !line.contains("platform")).map(|line| format!("{line}\n")).collect();
    project.write("stack.cairn", &stack("shop", &without));
    project.expect(0, "plan --sandbox --detailed-exitcode");
    project.expect(0, "apply --sandbox --yes");
    project.expect(0, "plan --sandbox --detailed-exitcode");
    project.expect(0, "destroy platform --sandbox --yes");
    project.expect(0, "destroy --sandbox --yes");
    assert!(everything(&project, "shop").is_empty());
}

#[test]
fn what_is_still_declared_there_stays_there() {
    let project = moving();
    project.write("platform/stack.cairn", &stack("platform", BEFORE));
    let refused = project.json(1, "check");
    let codes: Vec<&Json> = refused["diagnostics"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
    assert_eq!(codes, vec![&json!("cairn::moves::still_declared"); 5], "{refused:#}");
    // A member of a loop that stays: found when the other stack is evaluated.
    project.write("stack.cairn", &stack("shop", "import stack platform from \"./platform\"\n\
        @was(platform.subnet[\"a\"])\nresource one = aws.ec2.Subnet { vpc: existing(\"vpc-1\"), cidr_block: 10.20.1.0/24 }\n"));
    let refused = project.json(3, "plan --sandbox");
    assert_eq!(refused["diagnostics"][0]["code"], "cairn::moves::still_declared", "{refused:#}");
    project.expect(3, "apply --sandbox --yes");
    assert_eq!(recorded(&project, "platform").len(), 8);
    // Nothing is held: the other stack can be applied.
    project.expect(0, "apply platform --sandbox --yes");
}

#[test]
fn a_saved_plan_moves_and_a_state_that_is_written_is_not_taken() {
    let project = moving();
    let ids = recorded(&project, "platform");
    let lock = std::fs::File::create(state_of_platform(&project).join("lock")).unwrap();
    lock.lock().unwrap();
    let refused = project.run("apply --sandbox --yes");
    assert_ne!(refused.code, Some(0), "{}", refused.out);
    assert!(refused.err.contains("`platform`, from which something moves here"), "{}", refused.err);
    drop(lock);
    assert_eq!(recorded(&project, "platform"), ids);
    project.expect(0, "plan --sandbox --out saved.plan");
    project.expect(0, "apply saved.plan");
    finish(&project, &ids).unwrap();
}

fn state_of_platform(project: &Project) -> std::path::PathBuf {
    let own = state_directory(project, "platform");
    project.path().join("platform").join(own.strip_prefix(project.path()).unwrap())
}

#[test]
fn ended_at_any_record_the_next_run_finishes_in_both() {
    let mut failures = Vec::new();
    for hook in ["CAIRN_STOP_AFTER_RECORD", "CAIRN_STOP_BEFORE_RECORD"] {
        let mut record = 1;
        loop {
            let project = moving();
            let ids = recorded(&project, "platform");
            if !cut(&project, "apply --sandbox --yes", hook, record, "") {
                break;
            }
            let owners = shared(&project);
            if !owners.is_empty() {
                failures.push(format!("{hook}={record}: in both states: {owners:?}"));
            }
            if let Err(why) = finish(&project, &ids) {
                failures.push(format!("{hook}={record}: {why}"));
            }
            record += 1;
        }
        println!("{} records, {hook}", record - 1);
        assert!(record > 40, "{hook} ended only {} runs", record - 1);
    }
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n\n"));
}

/// Identities that both states manage.
fn shared(project: &Project) -> Vec<String> {
    let there: Vec<String> = recorded(project, "platform").into_values().collect();
    recorded(project, "").into_values().filter(|id| there.contains(id)).collect()
}

/// The other stack is applied between the end and the next run: it has nothing to destroy that was handed over, and what
/// was not is still its own.
#[test]
fn the_other_stack_may_go_on_between() {
    for record in [2, 9, 10, 12, 16, 18, 20, 26, 30] {
        let project = moving();
        let ids = recorded(&project, "platform");
        assert!(cut(&project, "apply --sandbox --yes", "CAIRN_STOP_AFTER_RECORD", record, ""));
        // As before the move: what the platform still has, it wants.
        let owned = recorded(&project, "platform").len();
        project.expect(0, "plan platform --sandbox");
        let again = project.run("apply --sandbox --yes");
        assert_eq!(again.code, Some(0), "after {record}, {owned} there\n{}\n{}", again.out, again.err);
        finish(&project, &ids).unwrap_or_else(|why| panic!("{record}: {why}"));
    }
}
