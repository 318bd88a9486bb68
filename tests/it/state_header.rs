//! What the header says of the state, as commands understand it.

use crate::project::{Ended, Project};

fn says(ended: &Ended, words: &str) {
    let all = format!("{}{}", ended.out, ended.err);
    assert!(all.split_whitespace().collect::<Vec<_>>().join(" ").contains(words), "{words:?} is not in\n{all}");
}

fn stack(state: &str) -> Project {
    Project::with(&format!(
        "stack shop {{\n  cairn: \"1\"\n  environments: [\"dev\", \"production\"]\n  state: {state}\n}}\nimport aws\n\
         provider eu = aws.Target {{ region: \"eu-central-1\" }}\n\
         resource vpc = aws.ec2.Vpc {{ cidr_block: 10.20.0.0/16 }}\n"
    ))
}

#[test]
fn two_environments_in_one_place_are_refused() {
    let project = stack("S3State { bucket: \"b\", region: \"eu-central-1\", key: \"shop\" }");
    let checked = project.expect(1, "check");
    says(&checked, "dev and production keep their states in the same place");
    says(&checked, "cairn::stack::state");
    project.edit("stack.cairn", "\"shop\"", "\"shop/${env}\"");
    project.expect(0, "check");
}

#[test]
fn the_sandbox_needs_no_store() {
    let project = stack(
        "S3State { bucket: \"b\", region: \"eu-central-1\", key: \"shop/${env}\", endpoint: \"http://127.0.0.1:9\" }",
    );
    project.expect(0, "apply --env dev --sandbox --yes");
    project.expect(0, "plan --env dev --sandbox --detailed-exitcode");
    says(&project.expect(0, "state list --env dev --sandbox"), "vpc");
    project.expect(0, "destroy --env dev --sandbox --yes");
}

#[test]
fn a_database_without_its_address_is_named_by_its_variable() {
    let project = stack("PostgresState { url: secret(\"env:CAIRN_STATE_URL\") }");
    project.expect(0, "check");
    let listed = project.expect(1, "state list --env dev");
    says(&listed, "CAIRN_STATE_URL");
}

/// What is wrong with an address is said without it: it holds a password.
#[cfg(feature = "state-postgres")]
#[test]
fn an_address_that_is_none_is_not_shown() {
    let project = stack("PostgresState { url: secret(\"env:CAIRN_STATE_URL\") }")
        .variable("CAIRN_STATE_URL", "postgresql://me:hunter2@[::nowhere/x");
    let listed = project.expect(1, "state list --env dev");
    says(&listed, "is no address of a database");
    assert!(!format!("{}{}", listed.out, listed.err).contains("hunter2"));
}

#[cfg(not(feature = "state-object"))]
#[test]
fn a_build_without_a_store_says_which_feature_has_it() {
    let project = stack("S3State { bucket: \"b\", region: \"eu-central-1\", key: \"shop/${env}\" }");
    says(&project.expect(1, "state list --env dev"), "build it with the feature `state-object`");
}

#[test]
fn a_state_in_files_is_held_by_a_process_alone() {
    let project = stack("LocalState {}");
    says(&project.expect(1, "state verify-store --env dev"), "the state is kept in files");
    says(&project.expect(1, "state migrate --env dev --to LocalState{}"), "already");
    project.expect(0, "apply --env dev --sandbox --yes");
    says(&project.expect(0, "unlock --env dev --sandbox"), "nobody held the state");
    let nowhere = project.expect(1, "state migrate --env dev --sandbox --to S3Stat{}");
    says(&nowhere, "did you mean `S3State`?");
    project.expect(0, "plan --env dev --sandbox --detailed-exitcode");
}
