//! What must not be destroyed is not: protection that is recorded, protection by default, limits, accounts, strangers.

use crate::project::Project;
use crate::sandbox_truth::{objects, wrong};

const HEADER: &str =
    "stack small {\n  cairn: \"1\"\n}\n\nimport aws\n\nprovider eu = aws.Target { region: \"eu-central-1\" }\n\n";

fn small(rest: &str) -> String {
    format!("{HEADER}{rest}")
}

#[test]
fn a_protection_goes_away_only_by_an_apply_that_says_so() {
    let project = Project::with(&small("@protect\nresource topic = aws.sns.Topic { topic_name: \"t\" }\n"));
    project.expect(0, "apply --sandbox --yes");
    // Decorator and resource at once.
    project.write("stack.cairn", HEADER);
    let refused = project.expect(3, "apply --sandbox --yes");
    assert!(refused.err.contains("cairn::plan::protected"), "{}", refused.err);
    // The decorator alone, together with a change: the change is made, the protection stays.
    project.write("stack.cairn", &small("resource topic = aws.sns.Topic { topic_name: \"t\", display_name: \"x\" }\n"));
    project.expect(0, "apply --sandbox --yes");
    project.write("stack.cairn", HEADER);
    project.expect(3, "apply --sandbox --yes");
    project.expect(3, "destroy --sandbox --yes");
    assert_eq!(objects(&project, "small").len(), 1);
    project.write("stack.cairn", &small("@protect(false)\nresource topic = aws.sns.Topic { topic_name: \"t\" }\n"));
    project.expect(0, "apply --sandbox --yes");
    project.write("stack.cairn", HEADER);
    project.expect(0, "apply --sandbox --yes");
    assert!(objects(&project, "small").is_empty());
}

#[test]
fn a_create_that_is_cut_off_is_protected_already() {
    let source = small("@protect\nresource topic = aws.sns.Topic { topic_name: \"t\" }\n");
    let mut cut = 0;
    for record in 1..12 {
        let project = Project::with(&source);
        if !crate::crash_points::cut(&project, "apply --sandbox --yes", "CAIRN_STOP_AFTER_RECORD", record, "") {
            break;
        }
        let known = !objects(&project, "small").is_empty();
        project.write("stack.cairn", HEADER);
        project.expect(if known { 3 } else { 0 }, "apply --sandbox --yes");
        cut += usize::from(known);
    }
    assert!(cut >= 2, "only {cut} runs were cut off with an object there");
}

#[test]
fn what_holds_data_is_protected_where_the_header_says_so() {
    let source = |protected: &str| {
        format!(
            "stack small {{\n  cairn: \"1\"\n  environments: [\"staging\", \"production\"]\n{protected}}}\n\nimport aws\n\n\
             provider eu = aws.Target {{ region: \"eu-central-1\" }}\n\n\
             resource topic = aws.sns.Topic {{ topic_name: \"t-${{env}}\" }}\n\
             resource bucket = aws.s3.Bucket {{ bucket_name: \"small-${{env}}\" }}\n\n\
             @protect(false)\n\
             resource scratch = aws.s3.Bucket {{ bucket_name: \"scratch-${{env}}\" }}\n"
        )
    };
    let project = Project::with(&source("  protected: [\"production\"]\n"));
    for env in ["staging", "production"] {
        project.expect(0, &format!("apply --sandbox --yes --env {env}"));
        let list = project.json(0, &format!("state list --sandbox --env {env}"));
        let protected: Vec<&str> = list["resources"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|resource| resource["protected"].as_bool().unwrap())
            .map(|resource| resource["address"].as_str().unwrap())
            .collect();
        assert_eq!(protected, if env == "production" { vec!["bucket"] } else { vec![] });
    }
    // What was recorded holds, whatever the header says later.
    project.write("stack.cairn", &source(""));
    project.expect(0, "destroy --sandbox --yes --env staging");
    let refused = project.expect(3, "destroy --sandbox --yes --env production");
    assert!(refused.err.contains("`bucket`") && !refused.err.contains("`scratch`"), "{}", refused.err);
}

#[test]
fn no_more_is_destroyed_than_the_command_line_allows() {
    let network = "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                   resource subnet = aws.ec2.Subnet { vpc, cidr_block: 10.20.1.0/24, availability_zone: \"eu-central-1a\" }\n\
                   resource topic = aws.sns.Topic { topic_name: \"t\" }\n";
    let project = Project::with(&small(network));
    project.expect(0, "apply --sandbox --yes --max-destroy 0");
    project.write(
        "stack.cairn",
        &small(&network.replace("10.20.1.0/24", "10.20.2.0/24").replace("topic_name: \"t\"", "topic_name: \"u\"")),
    );
    for line in ["plan --sandbox --max-destroy 1", "apply --sandbox --yes --max-destroy 1"] {
        let refused = project.expect(3, line);
        let said = &refused.err;
        assert!(said.contains("cairn::plan::too_many_destroyed") && said.contains("destroys 2 objects"), "{said}");
        assert!(said.contains("replace subnet") && said.contains("replace topic"), "{said}");
    }
    project.expect(0, "plan --sandbox --out saved.plan");
    project.expect(3, "apply saved.plan --max-destroy 1");
    project.expect(0, "apply --sandbox --yes --max-destroy 2");
    let refused = project.expect(3, "destroy --sandbox --yes --max-destroy 2");
    assert!(refused.err.contains("refused: more would be destroyed than --max-destroy allows"), "{}", refused.err);
    assert_eq!(wrong(&project, "small", 3), None);
}

#[test]
fn another_account_than_the_pinned_one_is_refused() {
    let source = HEADER.replace("region: \"eu-central-1\"", "region: \"eu-central-1\", account: \"444455556666\"");
    let project = Project::with(&format!("{source}resource topic = aws.sns.Topic {{ topic_name: \"t\" }}\n"));
    for line in ["plan --sandbox", "apply --sandbox --yes", "state rebuild --sandbox --yes"] {
        let refused = project.expect(3, &format!("{line} --sandbox-faults account=111122223333"));
        let said = refused.err;
        assert!(said.contains("pins the account 444455556666, and the credentials are of 111122223333"), "{said}");
        assert!(objects(&project, "small").is_empty());
    }
    project.expect(0, "apply --sandbox --yes --sandbox-faults account=444455556666");
    // Nothing is wanted there any more, and still all of it would seem to have vanished.
    project.write("stack.cairn", HEADER);
    for line in
        ["destroy --sandbox --yes", "undo 1 --sandbox --yes", "state rm topic --sandbox --yes", "apply --sandbox --yes"]
    {
        project.expect(3, &format!("{line} --sandbox-faults account=111122223333"));
    }
    assert_eq!(wrong(&project, "small", 1), None);
}

#[test]
fn what_is_not_ours_is_left_alone_unless_it_is_adopted() {
    let project = Project::with(&small("resource topic = aws.sns.Topic { topic_name: \"t\" }\n"));
    project.expect(0, "apply --sandbox --yes");
    // Nobody's from here on, and still there.
    project.write("stack.cairn", &small("forget topic\n"));
    project.expect(0, "apply --sandbox --yes");
    project
        .write("stack.cairn", &small("resource other = aws.sns.Topic { topic_name: \"t\", display_name: \"mine\" }\n"));
    let refused = project.expect(1, "apply --sandbox --yes");
    assert!(refused.err.contains("does not carry this stack's mark, so it is left alone"), "{}", refused.err);
    assert!(objects(&project, "small").is_empty());
    let adopt = "@adopt(\"arn:aws:sns:eu-central-1:111122223333:t\")\nresource other = aws.sns.Topic { topic_name: \"t\", display_name: \"mine\" }\n";
    project.write("stack.cairn", &small(adopt));
    project.expect(0, "apply --sandbox --yes");
    assert_eq!(wrong(&project, "small", 1), None);
}

#[test]
fn what_is_unfinished_is_healed_and_what_is_broken_is_replaced_only_if_that_loses_nothing() {
    let source = small(
        "resource nat = aws.ec2.Eip { domain: \"vpc\" }\nresource bucket = aws.s3.Bucket { bucket_name: \"small-bucket\" }\n",
    );
    let broken = |kind: &str| format!("--sandbox-faults broken={kind}");
    let project = Project::with(&source);
    let failed = project.expect(1, &format!("apply --sandbox --yes {}", broken("aws.s3.Bucket")));
    assert!(failed.err.contains("told to be broken"), "{}", failed.err);
    let made = objects(&project, "small");
    assert_eq!(made.len(), 2);
    // Still broken: it holds data, so it is not replaced without being asked.
    let refused = project.expect(3, &format!("apply --sandbox --yes {}", broken("aws.s3.Bucket")));
    assert!(
        refused.err.contains("cairn::plan::broken") && refused.err.contains("--replace \"bucket\""),
        "{}",
        refused.err
    );
    assert!(refused.err.contains("stack.cairn:10"), "{}", refused.err);
    let asked = project.expect(0, &format!("plan --sandbox --replace bucket {}", broken("aws.s3.Bucket")));
    assert!(asked.out.contains("--replace asks for a new one") && asked.out.contains("it is broken"), "{}", asked.out);
    // Healthy again: it is finished and kept.
    let plan = project.expect(0, "plan --sandbox");
    assert!(plan.out.contains("it was left unfinished") && !plan.out.contains("replace"), "{}", plan.out);
    project.expect(0, "apply --sandbox --yes");
    assert_eq!(objects(&project, "small"), made);
    // What holds no data is replaced when it is broken.
    let plan = project.expect(0, &format!("plan --sandbox {}", broken("aws.ec2.Eip")));
    assert!(plan.out.contains("1 replace"), "{}", plan.out);
    project.expect(0, "plan --sandbox --detailed-exitcode");
}

#[test]
fn a_new_object_can_be_asked_for() {
    let source = small(
        "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\nresource bucket = aws.s3.Bucket { bucket_name: \"small-bucket\" }\n",
    );
    let project = Project::with(&source);
    project.expect(0, "apply --sandbox --yes");
    let before = objects(&project, "small");
    let unknown = project.expect(1, "plan --sandbox --replace vpd");
    assert!(unknown.err.contains("--replace vpd: there is no such address; did you mean vpc?"), "{}", unknown.err);
    project.expect(0, "plan --sandbox --replace vpc --out saved.plan");
    project.expect(0, "apply saved.plan");
    let after = objects(&project, "small");
    assert_eq!(wrong(&project, "small", 2), None);
    assert_eq!(before.keys().filter(|key| after.contains_key(*key)).count(), 1, "the network is another one");
    project.write("stack.cairn", &source.replace("resource bucket", "@protect\nresource bucket"));
    project.expect(0, "apply --sandbox --yes");
    project.expect(3, "apply --sandbox --yes --replace bucket");
}
