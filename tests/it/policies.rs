//! The policies of the standard library: a stack that satisfies all of them, and a mistake for each.

use std::collections::BTreeSet;

use cairn::language::standard::PARTS;

use crate::project::{Project, repository};

/// The stack in `tests/policies`.
fn stack() -> Project {
    let project = Project::empty();
    let root = repository().join("tests/policies");
    for folder in ["", "test/"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.file_name().unwrap().to_str().unwrap();
                project.write(&format!("{folder}{name}"), &std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    project
}

/// The policies of the library, those that look at changes left out.
fn policies() -> BTreeSet<String> {
    let lines = PARTS.iter().filter(|part| part.name.starts_with("policies/")).flat_map(|part| part.text.lines());
    lines
        .filter_map(|line| line.strip_prefix("policy "))
        .filter(|line| !line.contains("changes("))
        .map(|line| line.split('[').next().unwrap().to_owned())
        .collect()
}

#[test]
fn each_policy_of_the_library_is_violated_by_its_case_and_satisfied_without() {
    let policies = policies();
    assert!(policies.len() >= 25, "{}", policies.len());
    let project = stack();
    assert!(project.expect(0, "check").out.contains("nothing wrong"));
    let results = project.json(0, "test");
    let cases = results["cases"].as_array().unwrap();
    let names: BTreeSet<String> =
        cases.iter().map(|case| case["name"].as_str().unwrap().to_owned()).filter(|name| name != "satisfied").collect();
    assert_eq!(names, policies);
    assert_eq!(results["failed"], 0);
}

#[test]
fn a_mistake_violates_one_policy_and_no_other() {
    let project = stack();
    for policy in policies() {
        let run = project.run(&format!("check --format json --set mistake={policy}"));
        let found: serde_json::Value = serde_json::from_str(&run.out).unwrap();
        let found = found["diagnostics"].as_array().unwrap();
        assert_eq!(found.len(), 1, "{policy}: {found:#?}");
        let help = found[0]["help"].as_str().unwrap();
        assert!(help.contains(&format!("@waive({policy}, ")), "{policy}: {help}");
    }
}

const CONSENT: &str = r#"stack shop { cairn: "1" }
import aws
import { data_loss } from "std:policies/databases"
provider eu = aws.Target { region: "eu-central-1" }
input name: String = "shop-a"
resource db = aws.rds.DbInstance {
  engine: "postgres"
  db_instance_identifier: name
  db_instance_class: "db.t4g.medium"
  allocated_storage: 20GiB
  master_username: "shop"
  manage_master_user_password: true
  publicly_accessible: false
  storage_encrypted: true
}
policy smaller[c in changes(aws.rds.DbInstance)] = Deny {
  when: c.kind == "update" && (c.before?.allocated_storage ?? 0GiB) > 50GiB && c.after?.db_instance_class == "db.t4g.micro"
  because: "large databases need large machines"
}
policy grows[c in changes(aws.rds.DbInstance)] = Warn {
  when: "allocated_storage" in c.fields && c.kind == "update"
  because: "storage never shrinks again"
}
"#;

#[test]
fn consent_is_asked_for_what_changes_and_given_on_the_command_line() {
    let project = Project::with(CONSENT);
    // Nobody is asked about a first database.
    project.expect(0, "apply --sandbox --yes");
    let renamed = "--sandbox --set name=shop-b";
    let plan = project.expect(0, &format!("plan {renamed}"));
    assert!(plan.out.contains("policies: 1 wants approval (data), 2 passed"), "{}", plan.out);
    assert!(plan.out.contains("db: this destroys the data of a database; data has to agree: --approve data"));
    assert!(project.expect(0, &format!("plan {renamed} --format markdown")).out.contains("1 wants approval (data)"));
    let json = project.json(0, &format!("plan {renamed}"));
    assert_eq!(json["policies"]["approvers"], serde_json::json!(["data"]));
    let finding = &json["policies"]["findings"][0];
    assert_eq!(
        (&finding["policy"], &finding["verdict"], &finding["by"]),
        (&"data_loss".into(), &"approve".into(), &"data".into())
    );
    let refused = project.expect(3, &format!("apply {renamed} --yes"));
    assert!(refused.err.contains("cairn::policy::approval"), "{}", refused.err);
    assert!(refused.err.contains("refused until it is agreed to: --approve data; nothing was touched"));
    let other = project.expect(3, &format!("apply {renamed} --yes --approve network"));
    assert!(other.err.contains("--approve network: no policy asks for it"), "{}", other.err);
    // A saved plan asks for the same consent, and being refused does not make it stale.
    project.expect(0, &format!("plan {renamed} --out saved.plan"));
    project.expect(3, "apply saved.plan");
    project.expect(0, "apply saved.plan --approve data");
    project.expect(3, &format!("destroy {renamed} --yes"));
    project.expect(0, &format!("destroy {renamed} --yes --approve data"));
}

#[test]
fn policies_see_what_is_there_and_what_is_wanted() {
    let project = Project::with(CONSENT);
    project.edit("stack.cairn", "20GiB", "60GiB");
    project.expect(0, "apply --sandbox --yes");
    project.edit("stack.cairn", "db_instance_class: \"db.t4g.medium", "db_instance_class: \"db.t4g.micro");
    for command in ["plan --sandbox", "apply --sandbox --yes"] {
        let refused = project.expect(3, command);
        assert!(refused.err.contains("cairn::policy::denied"), "{}", refused.err);
        assert!(refused.err.contains("large databases need large machines"), "{}", refused.err);
        assert!(refused.err.contains("refused by a policy"), "{}", refused.err);
    }
    project.edit("stack.cairn", "db_instance_class: \"db.t4g.micro", "db_instance_class: \"db.t4g.large");
    project.edit("stack.cairn", "60GiB", "70GiB");
    let warned = project.expect(0, "apply --sandbox --yes");
    assert!(warned.err.contains("storage never shrinks again"), "{}", warned.err);
}

/// A stack whose policy depends on what another resource makes.
fn undecided(condition: &str) -> Project {
    Project::with(&format!(
        "stack shop {{ cairn: \"1\" }}\nimport aws\nprovider eu = aws.Target {{ region: \"eu-central-1\" }}\n\
         resource topic = aws.sns.Topic\n\
         resource files = aws.s3.Bucket {{ tags: {{ topic: topic.topic_arn }} }}\n\
         policy right_topic[b in aws.s3.Bucket] = Deny {{ when: {condition}, because: \"the wrong topic\" }}\n"
    ))
}

#[test]
fn what_is_undecided_is_decided_before_its_step() {
    let holds = undecided("!((b.tags ?? {}).get(\"topic\") ?? \"\").starts_with(\"arn:\")");
    let plan = holds.expect(0, "plan --sandbox");
    assert!(plan.out.contains("policies: 1 undecided, 0 passed"), "{}", plan.out);
    holds.expect(0, "plan --sandbox --out saved.plan");
    holds.expect(0, "apply saved.plan");
    holds.expect(0, "plan --sandbox --detailed-exitcode");
    let violated = undecided("((b.tags ?? {}).get(\"topic\") ?? \"\").starts_with(\"arn:\")");
    violated.expect(0, "plan --sandbox --out saved.plan");
    for command in ["apply saved.plan", "apply --sandbox --yes"] {
        let refused = violated.run(command);
        assert_ne!(refused.code, Some(0));
        assert!(refused.err.contains("refused by"), "{command}: {}{}", refused.out, refused.err);
        assert!(refused.err.contains("the wrong topic"), "{command}: {}{}", refused.out, refused.err);
    }
    let kept = violated.expect(0, "state list --sandbox").out;
    assert!(kept.contains("topic") && !kept.contains("files"), "{kept}");
}

#[test]
fn what_only_the_resource_itself_will_say_counts_as_refused() {
    let project = undecided("b.arn == \"x\" || b.dual_stack_domain_name == \"x\"");
    for command in ["plan --sandbox", "apply --sandbox --yes"] {
        let refused = project.expect(3, command);
        assert!(refused.err.contains("cairn::policy::undecided"), "{}", refused.err);
    }
}

#[test]
fn exceptions_are_counted_in_the_plan_and_can_be_judged_as_of_a_day() {
    let project = undecided("(b.tags ?? {}).get(\"team\") == none");
    project.expect(1, "check");
    project.edit(
        "stack.cairn",
        "resource files",
        "@waive(right_topic, until: \"2999-12-31\", because: \"old\")\nresource files",
    );
    assert!(project.expect(0, "plan --sandbox").out.contains("policies: 1 waived, 0 passed"));
    assert_eq!(project.json(0, "plan --sandbox")["policies"]["findings"][0]["until"], "2999-12-31");
    project.expect(0, "check --as-of 2999-12-31");
    let ended = project.expect(1, "check --as-of 3000-01-01");
    assert!(ended.err.contains("This exception ended on 2999-12-31") && ended.err.contains("yesterday"));
    project.expect(1, "check --as-of tomorrow");
}

#[test]
fn cases_are_run_filtered_and_reported() {
    let project = undecided("(b.tags ?? {}).get(\"team\") == none");
    project.write(
        "test/files.cairn",
        "test named = Case { expect: [files.tags.get(\"team\") == \"<web>\"] }\n\
         test refused = Case { fails: \"the wrong topic\" }\n",
    );
    let failed = project.expect(1, "test --junit results.xml");
    assert!(failed.out.contains("FAIL  named") && failed.out.contains("ok    refused"), "{}", failed.out);
    assert!(failed.out.contains("1 passed, 1 failed"), "{}", failed.out);
    assert!(failed.err.contains("cairn::test::failed") && failed.err.contains("the wrong topic"), "{}", failed.err);
    let xml = project.read("results.xml");
    assert!(xml.contains("<testsuite name=\"shop\" tests=\"2\" failures=\"1\""), "{xml}");
    assert!(xml.contains("type=\"cairn::test::failed\"") && !xml.contains("<web>"), "{xml}");
    assert!(project.expect(0, "test --filter refused").out.contains("1 passed in"));
    assert!(project.expect(1, "test --filter refusd").err.contains("did you mean refused?"));
    let json = project.json(1, "test");
    assert_eq!((&json["passed"], &json["failed"]), (&1.into(), &1.into()));
    project.edit("test/files.cairn", "expect: [files", "expect: [filez");
    assert!(project.expect(1, "test").err.contains("cairn::names::undefined"));
}
