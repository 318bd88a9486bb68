//! `cairn fmt` and `cairn fix`, as somebody runs them; all stacks of the repository are formatted.

use std::process::{Command, Stdio};

use serde_json::Value as Json;

use crate::project::{Project, repository};
use crate::shared_examples;
use cairn::language::{format, syntax};

const HEADER: &str = "stack test {\n  cairn: \"1\"\n}\n";

#[test]
fn all_stacks_are_formatted() {
    let mut wrong = Vec::new();
    let mut files = 0;
    for (path, text) in shared_examples::sources(&repository().join("stacks")) {
        files += 1;
        let formatted = format::format(&text).unwrap();
        assert_eq!(formatted.broken, 0, "{path} cannot be read");
        if formatted.text != text {
            wrong.push(path);
        }
    }
    assert!(files > 10, "only {files} files");
    assert!(wrong.is_empty(), "cargo run -- fmt stacks: {wrong:?}");
}

#[test]
fn examples_change_little_and_only_once() {
    let Some(root) = shared_examples::examples() else { return };
    let (mut lines, mut changed) = (0, 0);
    for (path, text) in shared_examples::sources(&root) {
        let tokens = syntax::tree(&text).tokens();
        assert_eq!(tokens.iter().map(|token| token.text(&text)).collect::<String>(), text, "{path}");
        let once = format::format(&text).unwrap().text;
        assert_eq!(format::format(&once).unwrap().text, once, "{path}");
        lines += text.lines().count();
        let kept: std::collections::BTreeSet<&str> = once.lines().collect();
        changed += text.lines().filter(|line| !kept.contains(line)).count();
    }
    assert!(changed * 50 < lines, "{changed} of {lines} lines are written differently");
}

#[test]
fn files_are_written_anew_and_listed() {
    let project = Project::with(HEADER);
    project.write("a.cairn", "let  a = 1");
    project.write("env/dev.cairn", "env dev { a:1 }\n");
    project.write(".hidden/b.cairn", "let  b = 1\n");
    project.write("note.txt", "let  c = 1\n");
    let ended = project.run("fmt --check");
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.out, "a.cairn\nenv/dev.cairn\n");
    assert!(ended.err.contains("2 files are not formatted"), "{}", ended.err);
    assert_eq!(project.read("a.cairn"), "let  a = 1");

    let ended = project.run("fmt --format json --check");
    let document: Json = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(document["written"], false);
    assert_eq!(document["files"].as_array().unwrap().len(), 3);
    assert_eq!(document["files"][0]["path"], "a.cairn");
    assert_eq!(document["files"][0]["changed"], true);

    let ended = project.run("fmt");
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), "a.cairn\nenv/dev.cairn\n"));
    assert_eq!(project.read("a.cairn"), "let a = 1\n");
    assert_eq!(project.read("env/dev.cairn"), "env dev { a: 1 }\n");
    assert_eq!(project.read(".hidden/b.cairn"), "let  b = 1\n");
    let ended = project.run("fmt --check");
    assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (Some(0), "", ""));
}

#[test]
fn what_cannot_be_read_is_left_and_said() {
    let project = Project::with(HEADER);
    project.write("a.cairn", "let  a = = 1\nlet  b = 1\n");
    std::fs::write(project.path().join("z.cairn"), b"let a = \"\xff\"\n").unwrap();
    let ended = project.run("fmt");
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(ended.err.contains("a.cairn: 1 place could not be read"), "{}", ended.err);
    assert!(ended.err.contains("z.cairn: no UTF-8 text from byte 9 on"), "{}", ended.err);
    assert_eq!(project.read("a.cairn"), "let  a = = 1\nlet b = 1\n");
    let ended = project.run("fmt missing.cairn");
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.starts_with("missing.cairn: "), "{}", ended.err);
}

#[cfg(unix)]
#[test]
fn permissions_and_links_stay() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = Project::with(HEADER);
    project.write("a.cairn", "let  a = 1\n");
    let path = project.path().join("a.cairn");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o750)).unwrap();
    let link = project.path().join("link.cairn");
    std::os::unix::fs::symlink("a.cairn", &link).unwrap();
    assert_eq!(project.run("fmt link.cairn").code, Some(0));
    assert_eq!(project.read("a.cairn"), "let a = 1\n");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o750);
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());

    project.write("b.cairn", "let  b = 1\n");
    let path = project.path().join("b.cairn");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).unwrap();
    let ended = project.run("fmt b.cairn");
    assert_eq!((ended.code, ended.err.as_str()), (Some(1), "b.cairn: it is read-only\n"));
    let left: Vec<_> = std::fs::read_dir(project.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with('.')), "{left:?}");
}

#[test]
fn standard_input_is_formatted_to_standard_output() {
    let format = |arguments: &[&str], text: &[u8]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cairn"));
        command.arg("fmt").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = command.spawn().unwrap();
        std::io::Write::write_all(running.stdin.as_mut().unwrap(), text).unwrap();
        drop(running.stdin.take());
        let output = running.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(format(&["--stdin"], b"let  a=1"), (Some(0), "let a = 1\n".into(), String::new()));
    assert_eq!(format(&["--stdin", "--check"], b"let  a=1"), (Some(1), String::new(), String::new()));
    assert_eq!(format(&["--stdin", "--check"], b"let a = 1\n").0, Some(0));
    let (code, out, err) = format(&["--stdin"], b"\xff");
    assert_eq!((code, out.as_str(), err.as_str()), (Some(1), "", "standard input: no UTF-8 text from byte 0 on\n"));
}

const MISTAKEN: &str = "stack test {
  cairn: \"1\"
  environmnts: [\"dev\"]
}

import aws

provider eu = aws.Target { region: \"eu-central-1\" }

@protct
resource vpc = aws.ec2.Vpc {
  cidr_blok: 10.0.0.0/16
  EnableDnsSupport: true
  EnableDnsHostnames = true  # kept
}

resorce net = aws.ec2.Subnet { vpc_id: vpc.vpc_id, cidr_block: 10.0.1.0/24 }
resource other = aws.ec2.Subnet {
  vpc: \"vpc-0a1b2c3d4e5f60718\"
  cidr_block: 10.0.2.0/24;
  tags: { Name: 'x' }
}
// a note
output id = othr.subnet_idd
";

const MENDED: &str = "stack test {
  cairn: \"1\"
  environments: [\"dev\"]
}

import aws

provider eu = aws.Target { region: \"eu-central-1\" }

@protect
resource vpc = aws.ec2.Vpc {
  cidr_block: 10.0.0.0/16
  enable_dns_support: true
  enable_dns_hostnames : true  # kept
}

resource net = aws.ec2.Subnet { vpc: vpc, cidr_block: 10.0.1.0/24 }
resource other = aws.ec2.Subnet {
  vpc: existing(\"vpc-0a1b2c3d4e5f60718\")
  cidr_block: 10.0.2.0/24
  tags: { Name: \"x\" }
}
# a note
output id = other.subnet_id
";

#[test]
fn mistakes_with_one_way_out_are_fixed() {
    let project = Project::with(MISTAKEN);
    let dry = project.run("fix --dry-run");
    assert_eq!(dry.code, Some(0), "{}", dry.err);
    assert!(dry.err.contains("nothing was written"), "{}", dry.err);
    assert_eq!(project.read("stack.cairn"), MISTAKEN);

    let ended = project.run("fix");
    assert_eq!(project.read("stack.cairn"), MENDED, "{}", ended.err);
    assert_eq!(ended.out, dry.out);
    assert!(ended.out.contains("stack.cairn:3  write `environments`  (cairn::stack::field)\n"), "{}", ended.out);
    assert!(ended.err.contains("nothing is wrong"), "{}", ended.err);
    assert_eq!(project.run("check").code, Some(0));

    let again = project.run("fix --format json");
    let document: Json = serde_json::from_str(&again.out).unwrap();
    assert_eq!((document["fixes"].as_array().unwrap().len(), &document["left"]), (0, &Json::from(0)));
}

#[test]
fn what_needs_somebody_who_looks_is_offered_and_left() {
    // Two names are equally near, a name is missing, a name elsewhere is imported.
    let source = format!(
        "{HEADER}\nimport {{ wrong }} from \"../other.cairn\"\nlet zone_a = 1\nlet zone_b = 2\nlet a = zone_c\nlet b = nothing_like_it\nlet c = wrong\n"
    );
    let project = Project::with(&source);
    let other = project.path().parent().unwrap().join("other.cairn");
    std::fs::write(&other, "let number = 1\nlet wrong = numbr\n").unwrap();
    let ended = project.run("fix");
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.err.contains("nothing can be fixed without somebody who looks"), "{}", ended.err);
    assert_eq!(project.read("stack.cairn"), source);
    assert_eq!(std::fs::read_to_string(&other).unwrap(), "let number = 1\nlet wrong = numbr\n");

    let checked = project.run("check --format json");
    let document: Json = serde_json::from_str(&checked.out).unwrap();
    let reports = document["diagnostics"].as_array().unwrap();
    let near = reports.iter().find(|report| report["message"].as_str().unwrap().contains("zone_c")).unwrap();
    let fixes = near["fixes"].as_array().unwrap();
    assert_eq!(fixes.len(), 2, "{near:#}");
    assert_eq!((&fixes[0]["certain"], &fixes[0]["edits"][0]["text"]), (&Json::from(false), &Json::from("zone_a")));
    assert_eq!(fixes[0]["edits"][0]["line"], near["line"]);
}

#[test]
fn every_certain_fix_of_the_suites_leads_to_fewer_reports_or_is_not_applied() {
    use crate::literate::{cases, diagnose, documents, with_header};
    use cairn::diagnostic::fixes;
    let root = repository();
    let (mut offered, mut better) = (0, 0);
    for folder in ["tests/language", "src/diagnostic/catalogue"] {
        for file in documents(&root.join(folder)) {
            for case in cases(&std::fs::read_to_string(&file).unwrap()) {
                let files = with_header(&case);
                let found = diagnose(&files);
                let together = fixes::together(&found.diagnostics);
                if together.is_empty() {
                    continue;
                }
                offered += 1;
                let mut changed = files.0.clone();
                for source in found.sources.ids() {
                    let text = found.sources.get(source);
                    if changed.contains_key(&text.path) {
                        changed.insert(text.path.clone(), fixes::apply(&text.text, source, &together));
                    }
                }
                let after = diagnose(&crate::memory_files::MemoryFiles(changed));
                better += usize::from(after.diagnostics.len() < found.diagnostics.len());
            }
        }
    }
    assert!(offered > 40, "only {offered} cases offer fixes");
    assert!(better * 10 >= offered * 8, "{better} of {offered} cases have fewer reports when their fixes are applied");
}
