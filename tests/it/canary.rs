//! A secret goes through every way into a stack and through it, and is found nowhere but in the cloud: in no output, no file
//! of the state, no plan, no report, no panic.

mod traces;

use std::io::{Read as _, Write as _};
use std::process::Stdio;

use crate::project::{Project, ended};
use traces::Traces;

/// It looks different in every encoding.
const CANARY: &str = "Cnry/\"7f x+Qz\u{e4}=9\\k";

const HEADER: &str = "stack shop {\n  cairn: \"1\"\n  allow: [\"exec\"]\n}\n\nimport aws\nimport exec\nimport http\n\n\
    provider eu = aws.Target { region: \"eu-central-1\" }\n\n";

const DATABASE: &str = "resource db = aws.docdb.DbCluster {\n  db_cluster_identifier: \"shop\"\n  engine_version: \"5.0.0\"\n  \
    master_username: \"shop\"\n  master_user_password: token\n}\n";

const NETWORK: &str = "resource vpc = aws.ec2.Vpc { cidr_block: 10.40.0.0/16 }\n\
    resource one = aws.ec2.Subnet { vpc, cidr_block: 10.40.1.0/24, availability_zone: \"eu-central-1a\" }\n\
    resource two = aws.ec2.Subnet { vpc, cidr_block: 10.40.2.0/24, availability_zone: \"eu-central-1b\" }\n\
    resource lb = aws.elbv2.LoadBalancer { subnets: [one, two], type: \"application\" }\n";

const LISTENER: &str = "resource listener = aws.elbv2.Listener {\n  load_balancer: lb\n  port: 443\n  protocol: \"HTTPS\"\n  \
    default_actions: [{\n    type: \"authenticate-oidc\"\n    order: 1\n    authenticate_oidc_config: {\n      \
    authorization_endpoint: \"https://id.example/a\"\n      client_id: \"shop\"\n      client_secret: token\n      \
    issuer: \"https://id.example\"\n      token_endpoint: \"https://id.example/t\"\n      \
    user_info_endpoint: \"https://id.example/u\"\n    }\n  }, {\n    type: \"fixed-response\"\n    order: 2\n    \
    fixed_response_config: { status_code: \"200\" }\n  }]\n}\n";

const BALANCER: &str = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/shop/0123456789abcdef";

/// What comes of a path.
#[derive(Clone, Copy, PartialEq)]
enum End {
    /// The cloud is given the secret.
    Arrives,
    /// It goes well.
    Stays,
    /// It is refused while checking, with this code.
    Refused(&'static str),
    /// It fails while planning or applying.
    Fails,
}

use End::{Arrives, Fails, Refused, Stays};

/// A way through a stack.
struct Way {
    name: &'static str,
    source: String,
    end: End,
    /// Added to what talks to the sandbox.
    faults: &'static str,
    /// Written first: names and texts of files.
    files: Vec<(&'static str, String)>,
}

fn way(name: &'static str, source: impl Into<String>, end: End) -> Way {
    Way { name, source: source.into(), end, faults: "", files: Vec::new() }
}

/// With the secret from the environment, as `token`.
fn token(source: &str) -> String {
    format!("let token = secret(\"env:CANARY\")\n{source}")
}

/// Something whose content is secret.
fn kept(value: &str) -> String {
    token(&format!("resource kept = aws.secretsmanager.Secret {{ secret_string: {value} }}\n"))
}

/// The ways that end in the cloud, or nowhere.
fn good_ways() -> Vec<Way> {
    let component = "component Keeper\n\nimport aws\n\ninput value: Secret<String>\n\
        resource kept = aws.secretsmanager.Secret { secret_string: value }\noutput value: Secret<String> = value\n";
    vec![
        way("an environment variable", token(DATABASE), Arrives),
        way("a file", format!("let token = secret(\"file:canary.txt\")\n{DATABASE}"), Arrives),
        way("a store of the cloud", format!("let token = secret(\"aws-sm:shop/token\")\n{DATABASE}"), Arrives),
        way(
            "a secret that another resource keeps",
            format!(
                "{}let token = kept.secret_string\n{DATABASE}",
                kept("secret(\"env:CANARY\")").replacen("let token", "let first", 1)
            ),
            Arrives,
        ),
        way("a field inside of lists and records", token(&format!("{NETWORK}{LISTENER}")), Stays),
        way("text around it", kept("\"postgres://shop:${token}@db/shop\""), Arrives),
        way("Base64", kept("base64(token)"), Arrives),
        way("Base64 of text around it", kept("\"Basic ${base64(\"shop:${token}\")}\""), Arrives),
        way("JSON", kept("json({ user: \"shop\", password: token })"), Arrives),
        way("an address", kept("\"https://u:${url_encode(token)}@h\""), Arrives),
        way("a checksum", kept("sha256(token)"), Stays),
        way(
            "a record",
            token(
                "let all = { a: { b: [token] } }\nresource kept = aws.secretsmanager.Secret { secret_string: all.a.b[0] }\n",
            ),
            Arrives,
        ),
        way(
            "a function",
            kept("wrapped(token)") + "fn wrapped(s: Secret<String>): Secret<String> = \"<${s}>\"\n",
            Arrives,
        ),
        way(
            "a loop",
            token("resource kept[n in 0..1] = aws.secretsmanager.Secret { secret_string: \"${n}${token}\" }\n"),
            Arrives,
        ),
        way(
            "a condition on something else",
            token(
                "input open: Bool = false\nresource kept = aws.secretsmanager.Secret { secret_string: if open then \"x\" else token }\n",
            ),
            Arrives,
        ),
        Way {
            files: vec![("keeper/keeper.cairn", component.to_owned())],
            ..way(
                "a component's input and output",
                token(
                    "import { Keeper } from \"./keeper/keeper.cairn\"\nresource keeper = Keeper { value: token }\noutput out: Secret<String> = keeper.value\n",
                ),
                Arrives,
            )
        },
        way(
            "a secret output",
            token(&format!(
                "{DATABASE}output token: Secret<String> = token\noutput url: Secret<String> = \"u:${{token}}\"\n"
            )),
            Arrives,
        ),
        way(
            "beside what is revealed",
            token(&format!(
                "{DATABASE}let other = secret(\"env:OTHER\")\noutput shown: String = reveal(other, because: \"a test\")\noutput kept: Secret<String> = \"${{other}}${{token}}\"\n"
            )),
            Arrives,
        ),
        way(
            "a policy that looks at it",
            token(&format!(
                "{DATABASE}policy named[d in aws.docdb.DbCluster] = Warn {{\n  when: d.master_username == \"shop\"\n  because: \"named ${{d.master_username ?? \"\"}}\"\n}}\n"
            )),
            Arrives,
        ),
        way(
            "a test case",
            token(&format!("{DATABASE}test case = Case {{ expect: [db.master_username == \"shop\"] }}\n")),
            Arrives,
        ),
        way(
            "the environment and input of a command of the sandbox",
            token("action run = exec.Run { command: [\"cat\"], environment: { T: token }, input: \"<${token}>\" }\n"),
            Stays,
        ),
    ]
}

/// The ways that end badly.
fn bad_ways() -> Vec<Way> {
    let quoting = "quote=1";
    let two = format!("{DATABASE}resource log = aws.logs.LogGroup {{ log_group_name: \"shop\" }}\n");
    vec![
        Way { faults: quoting, ..way("a refusal that quotes it", token(&two), Fails) },
        Way {
            faults: quoting,
            ..way("a refusal that quotes what is made of it", kept("\"Bearer ${base64(\"u:${token}\")}\""), Fails)
        },
        Way {
            faults: quoting,
            ..way(
                "a refusal that quotes lists and records",
                token(&LISTENER.replace("load_balancer: lb", &format!("load_balancer: existing({BALANCER:?})"))),
                Fails,
            )
        },
        Way { faults: "seed=3,quote=0.6,throttle=0.3,lose=0.3", ..way("faults of every kind", token(&two), Fails) },
        way(
            "a tag",
            token("resource v = aws.ec2.Vpc { cidr_block: 10.0.0.0/16, tags: { t: token } }\n"),
            Refused("secret::leak"),
        ),
        way("a name", token("resource l = aws.logs.LogGroup { log_group_name: token }\n"), Refused("secret::leak")),
        way(
            "text in a name",
            token("resource l = aws.logs.LogGroup { log_group_name: \"a${token}\" }\n"),
            Refused("secret::leak"),
        ),
        way(
            "raw properties",
            token("resource v = aws.ec2.Vpc { cidr_block: 10.0.0.0/16, raw: { New: token } }\n"),
            Refused("secret::leak"),
        ),
        way(
            "keys of a loop",
            token("resource v[k in [token]] = aws.ec2.Vpc { cidr_block: 10.0.0.0/16 }\n"),
            Refused("secret::leak"),
        ),
        way(
            "a condition",
            token("resource v if token == \"x\" = aws.ec2.Vpc { cidr_block: 10.0.0.0/16 }\n"),
            Refused("secret::leak"),
        ),
        way("an output in clear", token("output o: String = token\n"), Refused("secret::output")),
        way("a number that it is not", token("let n: Secret<Int> = token\n"), Refused("types::mismatch")),
        way(
            "the words of a command",
            token("action run = exec.Run { command: [\"echo\", token] }\n"),
            Refused("secret::leak"),
        ),
        way(
            "the address of a probe",
            token("action up = http.Probe { url: \"https://h/${token}\" }\n"),
            Refused("secret::leak"),
        ),
        way("the message of an assertion", token("assert token.len() > 99 else \"not ${token}\"\n"), Refused("")),
        way(
            "the message of a policy",
            token(&format!(
                "{DATABASE}policy p[d in aws.docdb.DbCluster] = Deny {{ when: true, because: \"${{token}}\" }}\n"
            )),
            Refused(""),
        ),
        way(
            "the condition of a policy",
            token(&format!(
                "{DATABASE}policy p[d in aws.docdb.DbCluster] = Deny {{\n  when: d.master_user_password == \"x\"\n  because: \"no\"\n}}\n"
            )),
            Refused(""),
        ),
        way(
            "a region",
            "let token = secret(\"env:CANARY\")\nprovider us = aws.Target { region: token }\n",
            Refused(""),
        ),
    ]
}

fn project(way: &Way) -> Project {
    let project = Project::with(&format!("{HEADER}{}", way.source));
    for (name, text) in &way.files {
        project.write(name, text);
    }
    project.write("canary.txt", &format!("{CANARY}\n"));
    let project =
        project.variable("CANARY", CANARY).variable("OTHER", "something-else").variable("PATH", "/usr/bin:/bin");
    if way.source.contains("aws-sm:") {
        let set = format!("secret_string={CANARY}");
        let put = ended(project.command(["sandbox", "set", "aws-sm:shop/token", &set]).output().unwrap());
        assert_eq!(put.code, Some(0), "{}", put.err);
    }
    project
}

/// Runs a command and looks for the secret in all it says.
#[track_caller]
fn quiet(traces: &Traces, project: &Project, name: &str, line: &str) -> Option<i32> {
    let ended = project.run(line);
    let all = format!("{}{}", ended.out, ended.err);
    traces.assert_absent(&format!("{name}: cairn {line}"), all.as_bytes());
    assert!(!all.contains("this is a bug in Cairn"), "{name}: cairn {line}\n{all}");
    ended.code
}

/// Every command that shows something of a stack.
const SHOWN: [&str; 11] = [
    "check --format json",
    "check --format markdown",
    "test --format junit",
    "docs",
    "graph --format json",
    "console --eval token",
    "state list --sandbox",
    "state show --sandbox",
    "state show --sandbox --format json",
    "plan --sandbox",
    "plan --sandbox --format markdown",
];

fn goes(traces: &Traces, way: &Way) {
    let project = project(way);
    let name = way.name;
    let faults = if way.faults.is_empty() { String::new() } else { format!(" --sandbox-faults {}", way.faults) };
    let run = |line: &str| quiet(traces, &project, name, line);
    if let Refused(code) = way.end {
        let checked = project.expect(1, "check");
        assert!(checked.err.contains(code), "{name}:\n{}", checked.err);
    } else {
        assert_eq!(run("check"), Some(0), "{name}: {}", project.run("check").err);
    }
    if matches!(way.end, Arrives) {
        // The cloud refuses it once and quotes what it was sent.
        let refused = project.run("apply --sandbox --yes --sandbox-faults quote=1");
        assert!(refused.err.contains("told to quote") && refused.err.contains("(secret)"), "{name}:\n{}", refused.err);
        traces.assert_absent(name, format!("{}{}", refused.out, refused.err).as_bytes());
    }
    let planned = run("plan --sandbox --format json --out saved.plan");
    let applied = run(&format!("apply --sandbox --yes{faults}"));
    match way.end {
        Arrives | Stays => {
            assert_eq!((planned, applied), (Some(0), Some(0)), "{name}: {}", project.run("apply --sandbox --yes").err);
        }
        Refused(_) => assert_eq!((planned, applied), (Some(1), Some(1)), "{name}"),
        Fails => {
            assert_eq!((planned, applied), (Some(0), Some(1)), "{name}");
            let again = project.run(&format!("apply --sandbox --yes{faults}"));
            assert!(again.err.contains("(secret)") || way.faults.contains("seed"), "{name}: {}", again.err);
        }
    }
    for line in SHOWN {
        run(line);
    }
    run("apply saved.plan");
    run(&format!("drift --sandbox --format json{faults}"));
    run(&format!("plan --sandbox{faults}"));
    traces.assert_in_no_file(name, &project, &["canary.txt"]);
    // Changed from inside and outside: what was and what is are compared.
    if way.end == Arrives && way.source.contains("resource db") {
        let meddled = project.run("sandbox set db master_user_password=changed");
        assert_eq!(meddled.code, Some(0), "{}", meddled.err);
        run("drift --sandbox --format markdown");
        run("apply --sandbox --yes --format json");
    }
    run(&format!("destroy --sandbox --yes --format json{faults}"));
    traces.assert_in_no_file(name, &project, &["canary.txt"]);
}

/// A few at once: each is a chain of processes.
fn all_go(ways: &[Way]) {
    let traces = Traces::of(CANARY);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let failed = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(way) = ways.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    let gone = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| goes(&traces, way)));
                    if gone.is_err() {
                        failed.lock().unwrap().push(way.name);
                    }
                }
            });
        }
    });
    // All of them are tried: one leak does not hide another.
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn a_secret_that_goes_through_a_stack_is_found_in_the_cloud_alone() {
    all_go(&good_ways());
}

#[test]
fn a_secret_on_its_way_to_an_error_is_found_nowhere() {
    all_go(&bad_ways());
}

/// With the secret of the environment.
fn with_canary(source: &str) -> Project {
    let project = Project::with(source);
    project.variable("CANARY", CANARY).variable("OTHER", "something-else").variable("PATH", "/usr/bin:/bin")
}

#[test]
fn a_panic_says_no_secret_and_no_core_is_left() {
    let traces = Traces::of(CANARY);
    let project = with_canary(&format!("{HEADER}{}", token(DATABASE))).variable("CAIRN_PANIC_WITH_SECRET", "1");
    for trace in ["0", "1"] {
        let project = project.command(["plan", "--sandbox"]).env("RUST_BACKTRACE", trace).output().unwrap();
        let ended = ended(project);
        assert_eq!(ended.code, Some(101));
        assert!(ended.err.contains("this is a bug in Cairn") && ended.err.contains("(secret)"), "{}", ended.err);
        traces.assert_absent("a panic", format!("{}{}", ended.out, ended.err).as_bytes());
    }
    traces.assert_in_no_file("a panic", &project, &[]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_running_process_leaves_no_core_file_nor_do_its_commands() {
    let project = with_canary(
        "stack local {\n  cairn: \"1\"\n  allow: [\"exec\"]\n}\nimport exec\n\
         action look = exec.Run { command: [\"sh\", \"-c\", \"ulimit -c; ulimit -Hc; grep core /proc/$PPID/limits; stat -c %u:%a /proc/$PPID/mem; sleep 1\"] }\n",
    );
    let ended = project.expect(0, "apply --yes");
    let said: Vec<&str> =
        ended.out.lines().filter_map(|line| line.split_once("look \u{2502} ")).map(|(_, said)| said).collect();
    assert_eq!(said[..2], ["0", "0"], "{}", ended.out);
    let limit: Vec<&str> = said[2].split_whitespace().collect();
    assert_eq!(limit[..6], ["Max", "core", "file", "size", "0", "0"], "{}", ended.out);
    // What may be dumped belongs to its user; what may not belongs to root.
    assert!(said[3].starts_with("0:"), "{}", ended.out);
}

#[test]
fn an_action_says_and_gives_no_secret() {
    let traces = Traces::of(CANARY);
    let script = "printf '%s\\n' \\\"$T\\\"; printf '%s\\n' \\\"$T\\\" | base64; printf %s \\\"$T\\\" | od -An -tx1 | tr -d ' \\n'; echo; printf 'user:%s' \\\"$T\\\" | base64 | tr '/+' '_-'; echo \\\"lost $T\\\" >&2; cat";
    let project = with_canary(&format!(
        "stack local {{\n  cairn: \"1\"\n  allow: [\"exec\"]\n}}\nimport exec\nlet token = secret(\"env:CANARY\")\n\
         action talk = exec.Run {{ command: [\"sh\", \"-c\", \"{}\"], environment: {{ T: token }}, input: json({{ a: token }}) }}\n\
         @after(talk)\naction fail = exec.Run {{ command: [\"sh\", \"-c\", \"echo \\\"lost $T\\\" >&2; exit 3\"], environment: {{ T: token }} }}\n\
         output said = talk.stdout\n",
        script
    ));
    for line in ["apply --yes", "apply --yes --format json", "plan --format json", "plan", "state show", "state list"] {
        quiet(&traces, &project, "an action", line);
    }
    let ended = project.run("apply --yes");
    assert!(ended.err.contains("lost (secret)"), "{}", ended.err);
    traces.assert_in_no_file("an action", &project, &[]);
}

#[test]
fn only_what_is_revealed_can_be_read() {
    let traces = Traces::of(CANARY);
    let project = with_canary(&format!(
        "{HEADER}{}let other = secret(\"env:OTHER\")\n\
         resource vpc = aws.ec2.Vpc {{ cidr_block: 10.0.0.0/16, tags: {{ t: reveal(other, because: \"the vendor asks for it\") }} }}\n\
         output both: Secret<String> = \"${{other}} ${{token}}\"\n\
         output shown: String = reveal(\"<${{other}}>\", because: \"the vendor asks for it\")\n",
        token(DATABASE)
    ));
    for line in ["plan --sandbox", "plan --sandbox --format json", "plan --sandbox --format markdown"] {
        let ended = project.expect(0, line);
        assert!(ended.out.contains("something-else") && ended.out.contains("the vendor asks for it"), "{}", ended.out);
        traces.assert_absent(line, ended.out.as_bytes());
    }
    let applied = project.json(0, "apply --sandbox --yes");
    assert_eq!(applied["outputs"]["shown"], "<something-else>");
    assert_eq!(applied["outputs"]["both"], "(sensitive)");
    assert!(project.expect(0, "state show vpc --sandbox").out.contains("something-else"));
    traces.assert_in_no_file("reveal", &project, &[]);
}

#[test]
fn what_somebody_put_where_no_schema_marks_it_is_not_shown() {
    let traces = Traces::of(CANARY);
    let project = with_canary(&format!(
        "{HEADER}{}resource vpc = aws.ec2.Vpc {{ cidr_block: 10.0.0.0/16, tags: {{ t: \"plain\" }} }}\n\
         output tag = vpc.tags\noutput range = vpc.cidr_block\n",
        token(DATABASE)
    ));
    project.expect(0, "apply --sandbox --yes");
    let set = ended(project.command(["sandbox", "set", "vpc", &format!("tags.t=x{CANARY}x")]).output().unwrap());
    assert_eq!(set.code, Some(0), "{}", set.err);
    for line in [
        "plan --sandbox",
        "plan --sandbox --format json",
        "plan --sandbox --format markdown --out saved.plan",
        "drift --sandbox",
        "drift --sandbox --format json",
        "drift --sandbox --format markdown",
        "plan --sandbox --only db",
        "apply --sandbox --yes --only db --format json",
        "apply saved.plan",
        "destroy --sandbox --yes",
    ] {
        quiet(&traces, &project, "a tag from outside", line);
        traces.assert_in_no_file("a tag from outside", &project, &[]);
    }
}

#[test]
fn a_secret_that_a_cloud_made_is_handed_on_and_kept_nowhere() {
    let made = "resource kept = aws.secretsmanager.Secret { generate_secret_string: { password_length: 40, exclude_punctuation: true } }\n\
        let token = kept.secret_string\n";
    let project = Project::with(&format!("{HEADER}{made}{DATABASE}")).variable("PATH", "/usr/bin:/bin");
    project.expect(0, "apply --sandbox --yes");
    // What the cloud made is seen by a command that is given it, outside of Cairn.
    project.write(
        "stack.cairn",
        &format!("{HEADER}{made}{DATABASE}output shown: String = reveal(token, because: \"to look for it\")\n"),
    );
    let shown = project.json(0, "plan --sandbox");
    assert_eq!(shown["revealed"][0]["because"], "to look for it");
    let revealed = project.json(0, "apply --sandbox --yes")["outputs"]["shown"].as_str().unwrap().to_owned();
    assert!(revealed.len() >= 20, "{revealed}");
    let traces = Traces::of(&revealed);
    project.write("stack.cairn", &format!("{HEADER}{made}{DATABASE}"));
    project.expect(0, "apply --sandbox --yes");
    let fresh = Project::with(&format!("{HEADER}{made}{DATABASE}"));
    for line in [
        "plan --sandbox",
        "state show --sandbox --format json",
        "apply --sandbox --yes --sandbox-faults quote=1",
        "drift --sandbox",
    ] {
        quiet(&traces, &project, "a secret of the cloud", line);
        quiet(&traces, &fresh, "a secret of the cloud", line);
    }
    let state = traces::files(&project.path()).into_iter().find(|path| path.ends_with("state.json")).unwrap();
    traces.assert_absent("the state", &std::fs::read(state).unwrap());
    traces.assert_in_no_file("a secret of the cloud", &fresh, &[]);
}

#[test]
fn a_secret_input_names_its_source_and_no_more() {
    let traces = Traces::of(CANARY);
    let source = format!("{HEADER}input token: Secret<String>\n{DATABASE}")
        .replace("allow: [", "environments: [\"dev\"]\n  allow: [");
    let project = with_canary(&source);
    project.write("env/dev.cairn", "env dev {\n  token: secret(\"env:CANARY\")\n}\n");
    for line in [
        "check",
        "docs",
        "plan --env dev --sandbox --format json",
        "apply --env dev --sandbox --yes",
        "drift --env dev --sandbox",
        "console --env dev --eval token",
    ] {
        assert_eq!(quiet(&traces, &project, "an environment file", line), Some(0), "{line}: {}", project.run(line).err);
    }
    traces.assert_in_no_file("an environment file", &project, &[]);
    // What is written instead of its source is refused, and the command line is no better place.
    let set = ended(
        project.command(["plan", "--env", "dev", "--sandbox", "--set", &format!("token={CANARY}")]).output().unwrap(),
    );
    assert_eq!(set.code, Some(1));
    traces.assert_absent("--set", format!("{}{}", set.out, set.err).as_bytes());
}

#[test]
fn an_editor_is_told_no_secret() {
    let traces = Traces::of(CANARY);
    let project = with_canary(&format!("{HEADER}{}", token(DATABASE)));
    let path = project.path().join("stack.cairn");
    let uri = format!("file://{}", path.display());
    let text = project.read("stack.cairn");
    let line = text.lines().position(|line| line.starts_with("let token")).unwrap();
    let at = serde_json::json!({ "textDocument": { "uri": uri }, "position": { "line": line, "character": 6 } });
    let messages = [
        serde_json::json!({ "id": 1, "method": "initialize", "params": { "capabilities": {}, "rootUri": format!("file://{}", project.path().display()) } }),
        serde_json::json!({ "method": "initialized", "params": {} }),
        serde_json::json!({ "method": "textDocument/didOpen", "params": { "textDocument": { "uri": uri, "languageId": "cairn", "version": 1, "text": text } } }),
        serde_json::json!({ "id": 2, "method": "textDocument/hover", "params": at }),
        serde_json::json!({ "id": 3, "method": "textDocument/inlayHint", "params": { "textDocument": { "uri": uri }, "range": { "start": { "line": 0, "character": 0 }, "end": { "line": 40, "character": 0 } } } }),
        serde_json::json!({ "id": 4, "method": "textDocument/completion", "params": at }),
        serde_json::json!({ "id": 5, "method": "shutdown" }),
        serde_json::json!({ "method": "exit" }),
    ];
    let mut child = project.command(["lsp"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    for mut message in messages {
        message["jsonrpc"] = "2.0".into();
        let text = message.to_string();
        write!(input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    drop(input);
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    child.wait().unwrap();
    assert!(out.contains("env:CANARY") || out.contains("Secret<String>"), "{out}");
    traces.assert_absent("an editor", out.as_bytes());
}
