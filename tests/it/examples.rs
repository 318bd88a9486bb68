//! The examples of all resource types live: checked, planned, applied, planned empty, destroyed on the sandbox.

use crate::project::Project;

const HEADER: &str =
    "stack example {\n  cairn: \"1\"\n}\n\nimport aws\n\nprovider eu = aws.Target { region: \"eu-central-1\" }\n\n";

#[test]
fn examples_live_on_the_sandbox() {
    let catalogue = cairn::registry::catalogue();
    let mut failures = Vec::new();
    let mut count = 0;
    for name in catalogue.names() {
        for example in cairn::registry::examples(name) {
            count += 1;
            if let Err(why) = lives(example.source) {
                failures.push(format!("── {name}: {}\n{}\n{why}", example.title, example.source));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {count} examples fail\n{}", failures.len(), failures.join("\n"));
    assert!(count > 1);
}

fn lives(source: &str) -> Result<(), String> {
    let project = Project::with(&format!("{HEADER}{source}"));
    let lines = [
        "check",
        "apply --sandbox --yes",
        "plan --sandbox --detailed-exitcode",
        "drift --sandbox",
        "destroy --sandbox --yes",
    ];
    for line in lines {
        let ended = project.run(line);
        if ended.code != Some(0) {
            return Err(format!("cairn {line} ended with {:?}\n{}{}", ended.code, ended.out, ended.err));
        }
    }
    let left = project.run("state list --sandbox").out;
    if left == "nothing is managed\n" { Ok(()) } else { Err(format!("left behind:\n{left}")) }
}
