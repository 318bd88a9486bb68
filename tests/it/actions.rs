//! Actions as a person meets them: planned, run, remembered, run again after failure, cut off, probed, and silent about
//! secrets.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::project::Project;

const TOKEN: &str = "tok-5f0e8c";

/// A stack without any cloud: what it runs, it runs here.
fn local(actions: &str) -> Project {
    let header = "stack local {\n  cairn: \"1\"\n  allow: [\"exec\"]\n}\n\nimport exec\nimport http\nimport time\n\n";
    let project = Project::with(&format!("{header}input release: String = \"1\"\n\n{actions}"));
    project.variable("PATH", "/usr/local/bin:/usr/bin:/bin").variable("SHOP_TOKEN", TOKEN)
}

/// Whether a text stands in any file of the state.
fn remembered(project: &Project, text: &str) -> bool {
    let mut pending = vec![project.path().join(".cairn")];
    while let Some(next) = pending.pop() {
        if next.is_dir() {
            pending.extend(std::fs::read_dir(&next).unwrap().map(|entry| entry.unwrap().path()));
        } else if std::fs::read(&next).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(text)) {
            return true;
        }
    }
    false
}

#[test]
fn a_command_runs_once_and_again_when_what_it_refers_to_changed() {
    let project = local(
        "action hello = exec.Run { command: [\"sh\", \"-c\", \"echo ran >> log; echo it is $RELEASE\"], environment: { RELEASE: release } }\n\
         output said = hello.stdout\n",
    );
    let first = project.expect(0, "apply --yes");
    assert!(first.out.contains("»  exec.Run hello   run, because it has not run yet"), "{}", first.out);
    assert!(first.out.contains("hello │ it is 1") && first.out.contains("said = \"it is 1\""), "{}", first.out);
    let again = project.expect(0, "apply --yes");
    assert!(again.out.contains("no changes") && again.out.contains("said = \"it is 1\""), "{}", again.out);
    project.expect(0, "plan --detailed-exitcode");
    let plan = project.json(2, "plan --detailed-exitcode --set release=2");
    assert_eq!(plan["summary"]["run"], 1);
    assert_eq!(plan["changes"][0]["action"], "run");
    assert_eq!(plan["changes"][0]["reasons"][0], "changed: environment");
    let changed = project.expect(0, "apply --yes --set release=2");
    assert!(changed.out.contains("because environment changed"), "{}", changed.out);
    assert_eq!(project.read("log"), "ran\nran\n");
}

#[test]
fn no_secret_leaves_an_action() {
    let project = local(
        "let token = secret(\"env:SHOP_TOKEN\")\n\
         action talk = exec.Run {\n  command: [\"sh\", \"-c\", \"echo out $T; echo err $T >&2; printf %s $T | base64; cat\"]\n  \
         environment: { T: token }\n  input: \"in ${token}\"\n}\n\
         @after(talk)\naction fail = exec.Run { command: [\"sh\", \"-c\", \"echo lost $T >&2; exit 3\"], environment: { T: token } }\n\
         output said = talk.stdout\n",
    );
    let ended = project.expect(1, "apply --yes");
    let shown = format!("{}{}", ended.out, ended.err);
    assert!(shown.contains("talk │ out (secret)") && shown.contains("talk │ err (secret)"), "{shown}");
    assert!(shown.contains("in (secret)"), "{shown}");
    assert!(shown.contains("exit status: 3: lost (secret)"), "{shown}");
    let json = project.run("plan --format json").out;
    for text in [TOKEN, "dG9rLTVmMGU4Yw=="] {
        assert!(!shown.contains(text) && !json.contains(text) && !remembered(&project, text), "{text}\n{shown}");
    }
}

#[test]
fn a_failed_action_stops_what_comes_after_it_and_runs_again() {
    let project = local(
        "action first = exec.Run { command: [\"sh\", \"-c\", \"test -f ready\"] }\n\
         @after(first)\naction second = exec.Run { command: [\"touch\", \"done\"] }\n\
         action aside = exec.Run { command: [\"touch\", \"aside\"] }\n",
    );
    let failed = project.expect(1, "apply --yes");
    assert!(failed.err.contains("1 done, 1 failed, 1 not tried"), "{}", failed.err);
    assert!(!project.path().join("done").exists() && project.path().join("aside").exists());
    let plan = project.expect(0, "plan");
    assert!(plan.out.contains("first   run, because its last run has not ended well"), "{}", plan.out);
    assert!(plan.out.contains("2 run"), "{}", plan.out);
    project.write("ready", "");
    project.expect(0, "apply --yes");
    assert!(project.path().join("done").exists());
    project.expect(0, "plan --detailed-exitcode");
}

#[test]
fn a_condition_decides() {
    let project = local(
        "@when(changed(release))\naction on_release = exec.Run { command: [\"sh\", \"-c\", \"echo r >> releases\"] }\n\
         @when(release == \"always\")\naction sometimes = exec.Run { command: [\"sh\", \"-c\", \"echo s >> sometimes\"] }\n\
         @when(changed(release) && release != \"3\")\naction both = exec.Run { command: [\"sh\", \"-c\", \"echo b >> both\"] }\n",
    );
    for (settings, runs) in
        [("", 2), ("", 0), (" --set release=2", 2), (" --set release=3", 1), (" --set release=always", 3)]
    {
        let plan = project.json(0, &format!("plan{settings}"));
        assert_eq!(plan["summary"]["run"], runs, "{settings}\n{plan:#}");
        project.expect(0, &format!("apply --yes{settings}"));
    }
    let plan = project.expect(0, "plan --set release=always");
    assert!(plan.out.contains("sometimes   run, because its condition holds"), "{}", plan.out);
    assert_eq!(
        (project.read("releases").len(), project.read("sometimes").len(), project.read("both").len()),
        (8, 2, 6)
    );
}

#[cfg(unix)]
#[test]
fn a_command_that_takes_too_long_is_killed_with_all_it_began() {
    let project = local(
        "@timeout(run: 1s)\naction slow = exec.Run { command: [\"sh\", \"-c\", \"sleep 300 & echo $! > child; wait\"] }\n",
    );
    let begun = Instant::now();
    let ended = project.expect(1, "apply --yes");
    assert!(ended.err.contains("sh has not ended within 1s and was killed"), "{}", ended.err);
    assert!(begun.elapsed() < Duration::from_secs(60));
    assert!(is_gone(project.read("child").trim()));
}

/// Whether a process is gone, perhaps a moment later.
#[cfg(unix)]
fn is_gone(id: &str) -> bool {
    let status = format!("/proc/{id}/status");
    for _ in 0..100 {
        match std::fs::read_to_string(&status) {
            Err(_) => return true,
            // Nobody has collected it yet.
            Ok(text) if text.contains("State:\tZ") => return true,
            Ok(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    }
    false
}

#[cfg(unix)]
#[test]
fn interrupted_twice_a_command_is_killed_and_runs_again() {
    let project = local(
        "action slow = exec.Run { command: [\"sh\", \"-c\", \"test -f child && exit 0; sleep 300 & echo $! > child; wait\"] }\n",
    );
    let mut child = project.command(["apply", "--yes"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while !project.path().join("child").exists() || project.read("child").trim().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it never began");
        std::thread::sleep(Duration::from_millis(20));
    }
    for _ in 0..2 {
        std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        std::thread::sleep(Duration::from_millis(300));
    }
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(is_gone(project.read("child").trim()));
    let plan = project.expect(0, "plan");
    assert!(plan.out.contains("because its last run has not ended well"), "{}", plan.out);
    project.expect(0, "apply --yes");
    project.expect(0, "plan --detailed-exitcode");
}

/// A server on this machine that answers what it is told, one after the other, the last one for ever.
fn server(answers: Vec<&'static str>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut left = answers.into_iter().peekable();
        while let Ok((mut stream, _)) = listener.accept() {
            let mut request = [0; 2048];
            let _ = stream.read(&mut request);
            let answer = *left.peek().unwrap();
            if left.len() > 1 {
                left.next();
            }
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    port
}

const BUSY: &str = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const GOOD: &str = "HTTP/1.1 200 OK\r\nX-Release: 7\r\nContent-Length: 8\r\nConnection: close\r\n\r\nall good";

#[test]
fn a_probe_asks_until_it_has_passed_often_enough() {
    let port = server(vec![BUSY, GOOD, BUSY, GOOD, GOOD]);
    let project = local(&format!(
        "action smoke = http.Probe {{\n  url: \"http://127.0.0.1:{port}/healthz\"\n  every: 20ms\n  passes: 2\n  \
         expect: {{ status: 200, within: 2s, body_contains: \"good\", header: {{ \"x-release\": \"7\" }} }}\n}}\n\
         output health: Health = smoke.health\noutput status = smoke.status\n",
    ));
    for place in ["", " --sandbox"] {
        let ended = project.expect(0, &format!("apply --yes{place}"));
        assert!(ended.out.contains("health = \"healthy\"") && ended.out.contains("status = 200"), "{}", ended.out);
    }
    let ended = project.run("plan");
    assert!(ended.out.contains("no changes"), "{}{}", ended.out, ended.err);
}

#[test]
fn a_probe_that_does_not_pass_says_why() {
    for (answer, expect, why) in [
        (BUSY, "status: 200", "it answered 503, not 200"),
        (GOOD, "body_contains: \"bad\"", "its body does not contain \"bad\""),
        (GOOD, "header: { \"x-release\": \"8\" }", "its header x-release is \"7\", not \"8\""),
    ] {
        let port = server(vec![answer]);
        let project = local(&format!(
            "@timeout(run: 2s)\naction smoke = http.Probe {{ url: \"http://127.0.0.1:{port}\", every: 50ms, expect: {{ {expect} }} }}\n"
        ));
        let ended = project.expect(1, "apply --yes");
        assert!(ended.err.contains(why), "{}", ended.err);
    }
}

#[test]
fn nothing_leaves_the_sandbox() {
    let project = local(
        "action smoke = http.Probe { url: \"https://www.shop.example/healthz\" }\n\
         action hello = exec.Run { command: [\"touch\", \"touched\"] }\n\
         action pause = time.Sleep { duration: 1h }\n",
    );
    let ended = project.expect(0, "apply --sandbox --yes");
    assert!(ended.out.contains("smoke │ sandbox: nobody is asked, it counts as passed"), "{}", ended.out);
    assert!(ended.out.contains("hello │ sandbox: not run: touch touched"), "{}", ended.out);
    assert!(!project.path().join("touched").exists());
}

const CLOUD: &str = r#"stack shop {
  cairn: "1"
}

import aws

provider eu = aws.Target { region: "eu-central-1" }

input hostnames: Bool = true

resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16, enable_dns_hostnames: hostnames }

@when(changed(vpc))
action migrate = aws.lambda.Invoke { function: existing("migrate"), payload: { vpc: vpc.vpc_id } }

@after(migrate)
resource subnet = aws.ec2.Subnet { vpc, cidr_block: 10.20.1.0/24, tags: { by: migrate.executed_version } }

@before(subnet)
action early = aws.lambda.Invoke { function: existing("early") }
"#;

#[test]
fn an_action_of_a_cloud_stands_in_the_graph() {
    let project = Project::with(CLOUD);
    let first = project.expect(0, "apply --sandbox --yes");
    let at = |text: &str| first.out.find(text).unwrap_or_else(|| panic!("{text} is not in\n{}", first.out));
    assert!(at("+ vpc created") < at("… migrate running") && at("» migrate run\n") < at("… subnet creating"));
    assert!(at("» early run\n") < at("… subnet creating"));
    project.expect(0, "plan --sandbox --detailed-exitcode");
    let plan = project.expect(0, "plan --sandbox --set hostnames=false");
    assert!(plan.out.contains("»  aws.lambda.Invoke migrate   run, because vpc changed"), "{}", plan.out);
    assert!(plan.out.contains("1 update · 1 run") || plan.out.contains("2 update · 1 run"), "{}", plan.out);
    let comment = project.expect(0, "plan --sandbox --set hostnames=false --format markdown");
    assert!(comment.out.contains("# aws.lambda.Invoke migrate    run, because vpc changed"), "{}", comment.out);
    let graph = project.expect(0, "graph");
    assert!(graph.out.contains("migrate  aws.lambda.Invoke\n  needs vpc"), "{}", graph.out);
    let drift = project.expect(0, "drift --sandbox");
    assert!(!drift.out.contains("migrate"), "{}", drift.out);
    let destroyed = project.expect(0, "destroy --sandbox --yes");
    assert!(!destroyed.out.contains("migrate"), "{}", destroyed.out);
    assert!(destroyed.out.find("- subnet deleted") < destroyed.out.find("- vpc deleted"), "{}", destroyed.out);
    // What was forgotten with the rest has not run yet.
    let plan = project.expect(0, "plan --sandbox");
    assert!(plan.out.contains("migrate   run, because it has not run yet"), "{}", plan.out);
}

#[test]
fn a_saved_plan_runs_its_actions() {
    let project = Project::with(CLOUD);
    project.expect(0, "plan --sandbox --out first.plan");
    let ended = project.expect(0, "apply first.plan");
    assert!(ended.out.contains("» migrate run"), "{}", ended.out);
    project.expect(0, "plan --sandbox --detailed-exitcode");
}

const STORE: &str = r#"stack shop {
  cairn: "1"
}

import aws

provider eu = aws.Target { region: "eu-central-1" }

let token = secret("aws-sm:shop/token")

resource kept = aws.secretsmanager.Secret { secret_string: token }
resource made = aws.secretsmanager.Secret { generate_secret_string: { password_length: 32 } }
resource again = aws.secretsmanager.Secret { secret_string: made.secret_string }
resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16, tags: { shown: reveal("t-${token}", because: "a demo") } }
output opened = reveal(made.secret_string, because: "a demo")
"#;

#[test]
fn secrets_come_from_the_store_of_a_cloud() {
    let project = Project::with(STORE);
    let missing = project.expect(1, "plan --sandbox");
    assert!(
        missing.err.contains("cairn::secret::missing") && missing.err.contains("aws-sm:shop/token"),
        "{}",
        missing.err
    );
    assert!(missing.err.contains("stack.cairn:11"), "{}", missing.err);
    project.expect(0, &format!("sandbox set aws-sm:shop/token secret_string={TOKEN}"));
    let plan = project.expect(0, "plan --sandbox");
    assert!(plan.out.contains("▲ REVEALS A SECRET  \"t-${token}\" at stack.cairn:14: a demo"), "{}", plan.out);
    assert!(plan.out.contains(&format!("t-{TOKEN}")), "{}", plan.out);
    let json = project.json(0, "plan --sandbox");
    assert_eq!(json["revealed"][0]["because"], "a demo");
    assert!(
        project.expect(0, "plan --sandbox --format markdown").out.contains("is a secret and is **revealed**: a demo")
    );
    let applied = project.expect(0, "apply --sandbox --yes");
    assert!(applied.out.contains("  opened = \""), "{}", applied.out);
    project.expect(0, "plan --sandbox --detailed-exitcode");
    project.expect(0, "sandbox set aws-sm:shop/token secret_string=tok-another");
    let rotated = project.expect(0, "plan --sandbox");
    assert!(rotated.out.contains("kept") && !rotated.out.contains("made  "), "{}", rotated.out);
}

#[test]
fn the_sandbox_keeps_secrets_of_every_cloud() {
    let source = STORE.replace("aws-sm:shop/token", "azure-kv:shop/token");
    let source: String =
        source.lines().filter(|line| !line.contains("reveal(")).fold(String::new(), |all, line| all + line + "\n");
    let project = Project::with(&source);
    let missing = project.expect(1, "plan --sandbox");
    assert!(missing.err.contains("azure-kv:shop/token") && missing.err.contains("stack.cairn:11"), "{}", missing.err);
    project.expect(0, &format!("sandbox set azure-kv:shop/token secret_string={TOKEN}"));
    project.expect(0, "apply --sandbox --yes");
    project.expect(0, "plan --sandbox --detailed-exitcode");
    project.edit(
        "stack.cairn",
        "secret_string: made.secret_string",
        "secret_string: secret(\"aws-sm:shop/db:password\")",
    );
    project.expect(0, "sandbox set aws-sm:shop/db secret_string={\"user\":\"shop\"}");
    let missing = project.expect(1, "plan --sandbox");
    assert!(missing.err.contains("has no part `password`"), "{}", missing.err);
    project.expect(0, &format!("sandbox set aws-sm:shop/db secret_string={{\"password\":\"{TOKEN}\"}}"));
    project.expect(0, "apply --sandbox --yes");
    project.expect(0, "sandbox set azure-kv:shop/token secret_string=tok-another");
    assert_eq!(project.json(2, "plan --sandbox --detailed-exitcode")["summary"]["update"], 1);
}

#[test]
fn a_secret_that_is_missing_is_shown_where_it_is_wanted() {
    let project = local(
        "action talk = exec.Run { command: [\"true\"], environment: { T: secret(\"env:NOT_SET\") } }\n\
         action read = exec.Run { command: [\"true\"], input: secret(\"file:none.txt\") }\n",
    );
    let ended = project.expect(1, "plan");
    for part in
        ["cairn::secret::missing", "env:NOT_SET", "file:none.txt", "stack.cairn:12", "stack.cairn:13", "2 errors"]
    {
        assert!(ended.err.contains(part), "{part}\n{}", ended.err);
    }
}
