//! Values that are known only while applying: what must hold of them is checked as soon as they are. About 10 s.

use serde_json::json;

use crate::project::Project;
use crate::sandbox_truth::objects;

const HEAD: &str = "stack small { cairn: \"1\" }\nimport aws\nimport http\n\
    provider eu = aws.Target { region: \"eu-central-1\" }\n\
    action probe = http.Probe { url: \"https://example.com\" }\n\
    resource template = aws.ec2.LaunchTemplate { launch_template_data: { image_id: \"ami-0123456789abcdef0\", instance_type: \"t4g.small\" } }\n";

fn group(most: i64) -> String {
    format!(
        "{HEAD}resource servers = aws.autoscaling.AutoScalingGroup {{\n  launch_template: {{ launch_template: template, \
         version: template.latest_version_number }}\n  availability_zones: [\"eu-central-1a\"]\n  \
         min_size: probe.status\n  max_size: {most}\n}}\n"
    )
}

#[test]
fn a_relation_of_values_that_wait_is_checked_before_its_step() {
    let project = Project::with(&group(5));
    project.expect(0, "check");
    project.expect(0, "plan --sandbox");
    let failed = project.expect(1, "apply --sandbox --yes");
    assert!(
        failed.err.contains("servers: `min_size` must not be larger than `max_size`: min_size is 200, max_size is 5"),
        "{}",
        failed.err
    );
    // Its step was not begun: nobody was asked for it.
    assert!(objects(&project, "small").values().all(|address| address != "servers"));
    // Now the value is known while planning, and the place with it.
    let plan = project.json(3, "plan --sandbox");
    let report = &plan["diagnostics"][0];
    assert_eq!((&report["code"], &report["line"]), (&json!("cairn::relations::order"), &json!(10)), "{plan:#}");
    project.write("stack.cairn", &group(500));
    project.expect(0, "apply --sandbox --yes");
    project.expect(0, "plan --sandbox --detailed-exitcode");
}

#[test]
fn a_network_in_one_that_is_looked_up_fits_into_it() {
    let stack = |network: &str| {
        format!(
            "stack small {{ cairn: \"1\" }}\nimport aws\nprovider eu = aws.Target {{ region: \"eu-central-1\" }}\n\
             lookup vpc = aws.ec2.Vpc {{ cidr_block: 172.31.0.0/16 }}\n\
             resource subnet = aws.ec2.Subnet {{\n  vpc\n  cidr_block: {network}\n}}\n"
        )
    };
    let project = Project::with(&stack("10.99.0.0/24"));
    project.expect(0, "check");
    let refused = project.expect(1, "plan --sandbox");
    assert!(
        refused.err.contains("cairn::network::outside") && refused.err.contains("[stack.cairn:7:15]"),
        "{}",
        refused.err
    );
    project.write("stack.cairn", &stack("172.31.1.0/24"));
    project.expect(0, "apply --sandbox --yes");
    project.expect(0, "plan --sandbox --detailed-exitcode");
}

#[test]
fn assertions_that_wait_are_checked_after_apply() {
    let stack = |status: i64| {
        format!(
            "{HEAD}output status = probe.status\nassert probe.status == {status}\n  else \"it answers ${{probe.status}}\"\n"
        )
    };
    let project = Project::with(&stack(204));
    project.expect(0, "check");
    project.expect(0, "plan --sandbox");
    let failed = project.expect(1, "apply --sandbox --yes");
    assert!(failed.err.contains("it answers 200") && failed.err.contains("[stack.cairn:8:8]"), "{}", failed.err);
    assert!(failed.err.contains("what the stack asserts does not hold: 1 error"), "{}", failed.err);
    // What was made is made; the next plan knows already.
    let plan = project.json(3, "plan --sandbox");
    assert_eq!(plan["diagnostics"][0]["code"], "cairn::assert::failed", "{plan:#}");
    project.write("stack.cairn", &stack(200));
    project.expect(0, "apply --sandbox --yes");
    // A saved plan carries them along.
    let project = Project::with(&stack(204));
    project.expect(0, "plan --sandbox --out saved.plan");
    assert!(project.expect(1, "apply saved.plan").err.contains("it answers 200"));
}
