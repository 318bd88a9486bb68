//! Stacks that read outputs of another one: typed by its source, valued by its state, known to it by name.

use crate::project::{Ended, Project};

const PLATFORM: &str = "stack platform {\n  cairn: \"1\"\n  environments: [\"dev\", \"production\"]\n}\nimport aws\n\
    provider eu = aws.Target { region: \"eu-central-1\" }\n\
    resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
    let zones = { a: 0, b: 1 }\n\
    resource subnet[az, slot in zones] = aws.ec2.Subnet {\n  vpc\n  availability_zone: \"eu-central-1${az}\"\n  \
    cidr_block: vpc.cidr_block.subnet(newbits: 8, index: slot)\n}\n\
    output vpc = vpc\noutput subnets = subnet\noutput keep: Duration = 35d\noutput names: [String] = [\"one\", \"two\"]\n\
    output login: Secret<String> = secret(\"env:LOGIN\")\n";

const SHOP: &str = "stack shop {\n  cairn: \"1\"\n  environments: [\"dev\", \"production\"]\n}\nimport aws\n\
    import stack platform from \"./platform\"\n\
    provider eu = aws.Target { region: \"eu-central-1\" }\n\
    resource group = aws.ec2.SecurityGroup { vpc: platform.vpc, group_description: \"web\" }\n\
    resource log[name in platform.names] = aws.logs.LogGroup { log_group_name: \"/shop/${name}\", retention_in_days: platform.keep - 5d }\n\
    resource nat[az in platform.subnets] = aws.ec2.NatGateway { subnet: platform.subnets[az], connectivity_type: \"private\" }\n\
    output space = platform.vpc.cidr_block\n\
    output zone = platform.subnets[\"b\"].availability_zone\n";

/// A stack with the one it reads in a directory of its own below it.
fn both() -> Project {
    let project = Project::with(SHOP).variable("LOGIN", "hunter2");
    project.write("platform/stack.cairn", PLATFORM);
    project
}

fn says(ended: &Ended, words: &str) {
    let all = format!("{}{}", ended.out, ended.err);
    let folded = all.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(folded.contains(words), "{words:?} is not in\n{all}");
}

const DEV: &str = "--env dev --sandbox --yes";

#[test]
fn values_come_from_the_state_of_the_same_environment() {
    let project = both();
    project.expect(0, "check");
    let unapplied = project.expect(1, "plan --env dev --sandbox");
    says(&unapplied, "`platform` has recorded no output `vpc`");
    says(&unapplied, "cairn::imports::state");
    project.expect(0, &format!("apply platform {DEV}"));
    let applied = project.expect(0, &format!("apply {DEV}"));
    says(&applied, "space = 10.20.0.0/16");
    says(&applied, "zone = \"eu-central-1b\"");
    let state = project.read("platform/.cairn/sandbox/platform/dev/state.json");
    assert!(!state.contains("hunter2") && state.contains("\"login\": null"), "{state}");
    let group = project.json(0, "state show group --env dev --sandbox");
    assert!(group["resources"][0]["inputs"]["vpc"].as_str().unwrap().starts_with("vpc-"), "{group:#}");
    project.expect(0, "plan --env dev --sandbox --detailed-exitcode");
    project.expect(0, &format!("apply platform {DEV}"));
    project.expect(0, "plan --env dev --sandbox --detailed-exitcode");
    // Production was never applied there: nothing of dev is taken for it.
    says(&project.expect(1, "plan --env production --sandbox"), "cairn apply platform --env production");
    // A saved plan is as good.
    project.expect(0, &format!("destroy {DEV}"));
    project.expect(0, "plan --env dev --sandbox --out saved.plan");
    project.expect(0, "apply saved.plan");
    project.expect(0, "plan --env dev --sandbox --detailed-exitcode");
}

#[test]
fn an_output_that_is_used_cannot_go() {
    let project = both();
    project.expect(0, &format!("apply platform {DEV}"));
    project.expect(0, &format!("apply {DEV}"));
    let whole = project.read("platform/stack.cairn");
    project.edit("platform/stack.cairn", "output keep: Duration = 35d\n", "");
    for command in [format!("apply platform {DEV}"), "plan platform --env dev --sandbox".to_owned()] {
        let refused = project.expect(3, &command);
        says(&refused, "The output `keep` is in use by shop / dev");
        says(&refused, "refused: other stacks use what would be gone");
        says(&refused, "cairn::plan::output_in_use");
    }
    // What nobody uses may go, and production, where nobody reads it, too.
    project.expect(0, "apply platform --env production --sandbox --yes");
    project.write("platform/stack.cairn", &whole);
    project.edit("platform/stack.cairn", "output login: Secret<String> = secret(\"env:LOGIN\")\n", "");
    project.expect(0, &format!("apply platform {DEV}"));
    says(&project.expect(3, &format!("destroy platform {DEV}")), "is in use by shop / dev");
    // The reader goes first: no embrace is deadly.
    project.edit("stack.cairn", "platform.keep - 5d", "30d");
    project.expect(0, &format!("apply {DEV}"));
    project.edit("platform/stack.cairn", "output keep: Duration = 35d\n", "");
    project.expect(0, &format!("apply platform {DEV}"));
    project.expect(0, &format!("destroy {DEV}"));
    project.expect(0, &format!("destroy platform {DEV}"));
}

#[test]
fn a_stack_that_reads_no_more_is_forgotten() {
    let project = both();
    project.expect(0, &format!("apply platform {DEV}"));
    project.expect(0, &format!("apply {DEV}"));
    project.write("stack.cairn", "stack shop {\n  cairn: \"1\"\n  environments: [\"dev\", \"production\"]\n}\n");
    project.expect(0, &format!("apply {DEV}"));
    project.expect(0, &format!("destroy platform {DEV}"));
}

#[test]
fn damage_is_said_and_not_taken_for_nobody() {
    let project = both();
    project.expect(0, &format!("apply platform {DEV}"));
    project.expect(0, &format!("apply {DEV}"));
    let readers = project.path().join("platform/.cairn/sandbox/platform/dev/readers");
    let reader = std::fs::read_dir(&readers).unwrap().next().unwrap().unwrap().path();
    std::fs::write(&reader, "{").unwrap();
    says(&project.expect(1, "plan platform --env dev --sandbox"), "readers");
}
