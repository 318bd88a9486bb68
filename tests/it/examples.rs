//! The examples of all resource types live: checked, planned, applied, planned empty, destroyed on the sandbox.

use crate::project::Project;

const HEADER: &str =
    "stack example {\n  cairn: \"1\"\n}\n\nimport aws\n\nprovider eu = aws.Target { region: \"eu-central-1\" }\n\n";

/// What keeps an object from being destroyed, and the same without.
const PROTECTIONS: &[(&str, &str)] = &[
    ("@protect\n", "@protect(false)\n"),
    ("deletion_protection: true", "deletion_protection: false"),
    ("deletion_protection_enabled: true", "deletion_protection_enabled: false"),
    ("\"deletion_protection.enabled\": \"true\"", "\"deletion_protection.enabled\": \"false\""),
];

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
    let run = |line: &str| {
        let ended = project.run(line);
        if ended.code == Some(0) {
            return Ok(());
        }
        Err(format!("cairn {line} ended with {:?}\n{}{}", ended.code, ended.out, ended.err))
    };
    run("check")?;
    if source.contains("existing(\"") {
        // What was there before Cairn is not on the sandbox.
        return run("plan --sandbox");
    }
    run("apply --sandbox --yes")?;
    run("plan --sandbox --detailed-exitcode")?;
    run("drift --sandbox")?;
    let open = PROTECTIONS.iter().fold(source.to_owned(), |text, (on, off)| text.replace(on, off));
    if open != source {
        run("destroy --sandbox --yes").expect_err("what is protected stays");
        project.write("stack.cairn", &format!("{HEADER}{open}"));
        run("apply --sandbox --yes")?;
    }
    run("destroy --sandbox --yes")?;
    let left = project.run("state list --sandbox").out;
    if left == "nothing is managed\n" { Ok(()) } else { Err(format!("left behind:\n{left}")) }
}
