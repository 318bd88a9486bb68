//! `cairn runs`, `cairn undo`: what a run did is taken back, and what cannot be is named.

use crate::project::Project;
use crate::sandbox_truth::{objects, wrong};

const SMALL: &str = r#"stack small {
  cairn: "1"
}

import aws

provider eu = aws.Target { region: "eu-central-1" }

resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16, enable_dns_hostnames: true }
resource topic = aws.sns.Topic { topic_name: "small", display_name: "one" }

output named = topic.display_name
"#;

#[test]
fn an_update_and_a_create_are_taken_back_as_a_plan() {
    let project = Project::with(SMALL);
    project.expect(0, "apply --sandbox --yes");
    project.edit("stack.cairn", "\"one\"", "\"two\"");
    project.edit("stack.cairn", "\noutput", "resource address = aws.ec2.Eip { domain: \"vpc\" }\n\noutput");
    project.expect(0, "apply --sandbox --yes");
    let asked = project.expect(1, "undo 2 --sandbox");
    assert!(asked.out.contains("run 2 is taken back") && asked.err.contains("nobody can answer"), "{asked:?}");
    assert_eq!(objects(&project, "small").len(), 3, "nothing is done without consent");
    let done = project.expect(0, "undo 2 --sandbox --yes");
    assert!(done.out.contains("1 delete · 1 update"), "{}", done.out);
    assert_eq!(wrong(&project, "small", 2), None);
    let shown = project.json(0, "state show topic --sandbox");
    assert_eq!(shown["resources"][0]["inputs"]["display_name"], "one");
    let runs = project.json(0, "runs --sandbox");
    assert_eq!(runs["runs"][0]["command"], "undo 2");
    assert_eq!(runs["runs"].as_array().unwrap().len(), 3);
    // Twice is as good as once, and a way back has a way back.
    let again = project.expect(0, "undo 2 --sandbox --yes");
    assert!(again.out.contains("0 unchanged") || again.out.contains("nothing"), "{}", again.out);
    project.expect(0, "undo 3 --sandbox --yes --partial");
    let shown = project.json(0, "state show topic --sandbox");
    assert_eq!(shown["resources"][0]["inputs"]["display_name"], "two");
    project.expect(0, "apply --sandbox --yes");
    project.expect(0, "plan --sandbox --detailed-exitcode");
}

#[test]
fn what_a_later_run_changed_is_refused_with_its_number() {
    let project = Project::with(SMALL);
    project.expect(0, "apply --sandbox --yes");
    project.edit("stack.cairn", "\"one\"", "\"two\"");
    project.edit("stack.cairn", "enable_dns_hostnames: true", "enable_dns_hostnames: false");
    project.expect(0, "apply --sandbox --yes");
    project.edit("stack.cairn", "\"two\"", "\"three\"");
    project.expect(0, "apply --sandbox --yes");
    let refused = project.expect(3, "undo 2 --sandbox --yes");
    assert!(refused.err.contains("cairn::plan::not_undone"), "{}", refused.err);
    assert!(refused.err.contains("`topic` cannot be undone: run 3 changed it since"), "{}", refused.err);
    assert!(refused.err.contains("refused: not all of it can be undone"), "{}", refused.err);
    let part = project.expect(0, "undo 2 --sandbox --yes --partial");
    assert!(part.out.contains("vpc updated") && !part.out.contains("topic updated"), "{}", part.out);
}

#[test]
fn what_was_destroyed_is_made_again_only_where_that_is_the_same() {
    let project =
        Project::with(&format!("{SMALL}resource bucket = aws.s3.Bucket {{ bucket_name: \"small-bucket\" }}\n"));
    project.expect(0, "apply --sandbox --yes");
    project.edit("stack.cairn", "resource bucket = aws.s3.Bucket { bucket_name: \"small-bucket\" }\n", "");
    project.edit(
        "stack.cairn",
        "resource topic = aws.sns.Topic { topic_name: \"small\", display_name: \"one\" }\n",
        "",
    );
    project.edit("stack.cairn", "output named = topic.display_name\n", "");
    project.expect(0, "apply --sandbox --yes");
    let refused = project.expect(3, "undo 2 --sandbox --yes");
    assert!(refused.err.contains("`bucket` cannot be undone: it was destroyed with its data"), "{}", refused.err);
    assert!(!refused.err.contains("`topic`"), "{}", refused.err);
    project.expect(0, "undo 2 --sandbox --yes --partial");
    assert_eq!(wrong(&project, "small", 2), None);
}

#[test]
fn protected_objects_are_not_undone_and_too_many_are_refused() {
    let project = Project::with(&SMALL.replace("resource topic", "@protect\nresource topic"));
    project.expect(0, "apply --sandbox --yes");
    let refused = project.expect(3, "undo 1 --sandbox --yes");
    assert!(refused.err.contains("it was made and is protected"), "{}", refused.err);
    let refused = project.expect(3, "undo 1 --sandbox --yes --partial --max-destroy 0");
    assert!(refused.err.contains("cairn::plan::too_many_destroyed"), "{}", refused.err);
    assert_eq!(objects(&project, "small").len(), 2);
}

#[test]
fn a_new_address_stays_and_the_rest_goes_back() {
    let project = Project::with(SMALL);
    project.expect(0, "apply --sandbox --yes");
    project.edit("stack.cairn", "resource topic", "@was(topic)\nresource news");
    project.edit("stack.cairn", "= topic.display_name", "= news.display_name");
    project.edit("stack.cairn", "\"one\"", "\"two\"");
    project.expect(0, "apply --sandbox --yes");
    let undone = project.expect(0, "undo 2 --sandbox --yes");
    assert!(undone.err.contains("`cairn state mv news topic` gives it the old one"), "{}", undone.err);
    let shown = project.json(0, "state show news --sandbox");
    assert_eq!(shown["resources"][0]["inputs"]["display_name"], "one");
    assert_eq!(wrong(&project, "small", 2), None);
}

#[test]
fn a_run_that_is_not_there_is_named() {
    let project = Project::with(SMALL);
    let none = project.expect(1, "undo 1 --sandbox --yes");
    assert!(none.err.contains("there is no run 1"), "{}", none.err);
    assert!(project.expect(0, "runs --sandbox").out.contains("nothing was run yet"));
    project.expect(0, "apply --sandbox --yes");
    project.expect(0, "apply --sandbox --yes");
    assert_eq!(
        project.json(0, "runs --sandbox")["runs"].as_array().unwrap().len(),
        1,
        "an apply without changes is none"
    );
    for number in 0..11 {
        project.write("stack.cairn", &SMALL.replace("\"one\"", &format!("\"{number}\"")));
        project.expect(0, "apply --sandbox --yes");
    }
    let old = project.expect(1, "undo 1 --sandbox --yes");
    assert!(old.err.contains("not kept any more; the oldest run of which it is: 3"), "{}", old.err);
}
