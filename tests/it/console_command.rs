//! `cairn console`: values, types and phases; what is kept; where mistakes are.

use std::io::Write as _;
use std::process::Stdio;

use crate::project::{Ended, Project, ended};

const STACK: &str = "stack shop {
  cairn: \"1\"
  environments: [\"dev\", \"live\"]
}

import aws

input token: Secret<String>
input size: 1..9 = 2

provider eu = aws.Target { region: \"eu-central-1\" }

lookup image = aws.ssm.Parameter { name: \"/image\" }

resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }
resource net[az, n in { a: 0, b: 1 }] = aws.ec2.Subnet { vpc, cidr_block: vpc.cidr_block.subnet(newbits: 8, index: n) }

fn half(n: Int): Float = n / (n - n)
";

fn shop() -> Project {
    let project = Project::with(STACK);
    for name in ["dev", "live"] {
        project.write(&format!("env/{name}.cairn"), &format!("env {name} {{\n  token: secret(\"env:TOKEN\")\n}}\n"));
    }
    project
}

fn eval(project: &Project, expressions: &[&str]) -> Ended {
    let mut arguments = vec!["console", "--env", "dev"];
    arguments.extend(expressions.iter().flat_map(|expression| ["--eval", expression]));
    ended(project.command(arguments).output().unwrap())
}

fn typed(project: &Project, lines: &str) -> Ended {
    let mut command = project.command(["console", "--env", "dev"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    ended(child.wait_with_output().unwrap())
}

#[test]
fn values_have_a_type_and_a_phase() {
    let project = shop();
    for (expression, value, kind) in [
        ("1 + 2", "3", "Int · written"),
        ("size", "2", "1..9 · written"),
        ("env", "\"dev\"", "\"dev\" | \"live\" · written"),
        ("vpc.cidr_block", "10.20.0.0/16", "Cidr · written"),
        ("vpc.vpc_id", "⟨vpc.vpc_id⟩", "String · made"),
        ("image.value", "⟨image.value⟩", "String · read"),
        ("image", "⟨image⟩ aws.ssm.Parameter", "aws.ssm.Parameter · read"),
        ("net", "{ a: ⟨net[\"a\"]⟩, b: ⟨net[\"b\"]⟩ }", "Map<aws.ec2.Subnet> · made, its keys written"),
        ("[for az in net: net[az].cidr_block]", "[10.20.0.0/24, 10.20.1.0/24]", "[Cidr] · written"),
        ("{ for az in net: az => net[az].subnet_id }.keys()", "[\"a\", \"b\"]", "[String] · written"),
        ("\"at ${vpc.vpc_id}\"", "at ⟨vpc.vpc_id⟩", "String · made"),
        ("token", "(sensitive)", "Secret<String> · written"),
        ("{ a: token, b: 1 }", "{ a: (sensitive), b: 1 }", "{ a: Secret<String>, b: Int } · written"),
    ] {
        let ended = eval(&project, &[expression]);
        assert_eq!(ended.out, format!("{value}\n  {kind}\n"), "{expression}: {}", ended.err);
        assert_eq!(ended.code, Some(0));
    }
    assert_eq!(
        eval(&project, &["vpc"]).out,
        "⟨vpc⟩ aws.ec2.Vpc\n  cidr_block: \"10.20.0.0/16\"\n  aws.ec2.Vpc · made\n"
    );
}

#[test]
fn secrets_are_never_shown() {
    let project = shop().variable("TOKEN", "hunter2");
    for expression in ["token", "\"x${token}\"", "[token]", "token.upper()", "{ a: { b: token } }"] {
        let ended = eval(&project, &[expression]);
        assert!(ended.out.contains("(sensitive)"), "{expression}: {}{}", ended.out, ended.err);
        assert!(!format!("{}{}", ended.out, ended.err).to_lowercase().contains("hunter2"), "{expression}");
    }
}

#[test]
fn a_session_keeps_names() {
    let project = shop();
    let ended = typed(
        &project,
        "# nothing\nlet x = size + 1\nlet x = 7\nx * 2\n[x,\n 8]\n\nlet y: Duration = 2h\ny / 2\n:quit\nsize\n",
    );
    assert_eq!(
        ended.out,
        "3\n  Int · written\n7\n  Int · written\n14\n  Int · written\n[7, 8]\n  [Int] · written\n\
         2h\n  Duration · written\n1h\n  Duration · written\n",
        "{}",
        ended.err
    );
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
}

#[test]
fn mistakes_are_located_over_the_typed_line() {
    let project = shop();
    let ended = eval(&project, &["vcp.cidr_block"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("╭─[console:1:1]\n 1 │ vcp.cidr_block\n   · ─┬─"), "{}", ended.err);
    assert!(ended.err.contains("did you mean `vpc`?"), "{}", ended.err);
    for (line, code) in [
        ("1 + \"a\"", "types::operator"),
        ("1 +", "syntax::missing_operand"),
        ("vpc.cidr_blok", "unknown"),
        ("let vpc = 1", "names::duplicate"),
        ("let z = z", "names::circular"),
        ("net[\"c\"]", "refs::no_such_key"),
        // In a function of the stack, but only because of what was typed.
        ("half(1)", "evaluate::failed"),
    ] {
        let ended = eval(&project, &[line]);
        assert_eq!(ended.code, Some(1), "{line}: {}", ended.out);
        assert!(ended.err.contains(code), "{line}: {}", ended.err);
    }
    // A line that was wrong changes nothing, and the end says that there was one.
    let ended = typed(&project, "let a = b\na\n1\n");
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), "1\n  Int · written\n"));
    assert!(ended.err.contains("There is nothing called `a`"), "{}", ended.err);
}

#[test]
fn declarations_belong_into_files() {
    let project = shop();
    let ended = eval(&project, &["resource a = aws.ec2.Vpc {}"]);
    assert!(ended.err.contains("`resource` belongs into a file of the stack"), "{}", ended.err);
    // Words that are keywords elsewhere are names here.
    assert_eq!(eval(&project, &["env in [\"dev\"]"]).out, "true\n  Bool · written\n");
    assert!(eval(&project, &[":nothing"]).err.contains(":help"));
    assert!(eval(&project, &[":help"]).out.contains("let name = value"));
    assert!(eval(&project, &[":names"]).out.contains("vpc"));
}

#[test]
fn a_stack_with_mistakes_still_answers() {
    let project = shop();
    project.write("bad.cairn", "let wrong = nothing\nlet after = wrong\n");
    let ended = eval(&project, &["size", "after"]);
    assert_eq!(ended.out, "2\n  1..9 · written\n", "{}", ended.err);
    assert!(ended.err.contains("the stack has 1 error"), "{}", ended.err);
    assert!(ended.err.contains("depends on something that is wrong"), "{}", ended.err);
    assert_eq!(ended.code, Some(1));
}

#[test]
fn look_ups_are_read_on_the_sandbox() {
    let project = Project::with(
        "stack shop {\n  cairn: \"1\"\n}\n\nimport aws\n\nprovider eu = aws.Target { region: \"eu-central-1\" }\n\n\
         lookup caller = aws.sts.CallerIdentity {}\n",
    );
    let run = |sandbox: bool| {
        let mut arguments = vec!["console", "--eval", "caller.account"];
        arguments.extend(sandbox.then_some("--sandbox"));
        ended(project.command(arguments).output().unwrap())
    };
    assert_eq!(run(false).out, "⟨caller.account⟩\n  String · read\n");
    let read = run(true);
    assert!(read.out.starts_with('"') && read.out.ends_with("\n  String · read\n"), "{}{}", read.out, read.err);
}

#[test]
fn an_environment_must_be_chosen() {
    let project = shop();
    assert!(project.expect(1, "console --eval 1").err.contains("dev, live"));
    assert!(project.expect(1, "console --env stage --eval 1").err.contains("no environment stage"));
}
