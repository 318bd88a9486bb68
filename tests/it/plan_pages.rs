//! Plans as people read them: one of each kind, compared with the pages under `tests/golden/`.
//!
//! `UPDATE=1` writes the pages anew.

use std::path::PathBuf;

use cairn::model::Address;
use cairn::model::change::{Action, After, AttributeChange, Change, Reason, Risk};
use cairn::model::plan::{Base, Plan};
use cairn::source::SourceSet;
use cairn::state::Masked;
use cairn::view::human::diagnostic::Style;
use cairn::view::human::layout::Detail;
use cairn::view::human::plan::render;
use cairn::view::markdown;
use cairn_provider::schema::overlay::Replacement;
use cairn_provider::value::{Value, from_json};
use serde_json::json;
use unicode_width::UnicodeWidthStr as _;

const BEFORE: &str = "#!/bin/sh\nset -eu\necho one\nexit 0\n";
const AFTER: &str = "#!/bin/sh\nset -eu\necho two\nexit 0\n";
/// The same two texts in base64.
const BEFORE_ENCODED: &str = "IyEvYmluL3NoCnNldCAtZXUKZWNobyBvbmUKZXhpdCAwCg==";
const AFTER_ENCODED: &str = "IyEvYmluL3NoCnNldCAtZXUKZWNobyB0d28KZXhpdCAwCg==";

fn leaf(path: &str, before: Option<Value>, after: After) -> AttributeChange {
    let path = path.split('/').map(Into::into).collect();
    AttributeChange { path, before, after, sensitive: false, forces: false, unit: None, member: false }
}

fn set(path: &str, value: impl Into<Value>) -> AttributeChange {
    leaf(path, None, After::Value(value.into()))
}

fn waits(path: &str, source: &str) -> AttributeChange {
    leaf(path, None, After::Unknown(source.to_owned()))
}

fn differs(path: &str, before: impl Into<Value>, after: impl Into<Value>) -> AttributeChange {
    leaf(path, Some(before.into()), After::Value(after.into()))
}

fn document(json: serde_json::Value) -> Value {
    from_json(&json)
}

fn change(kind: &str, address: &str, action: Action, attributes: Vec<AttributeChange>) -> Change {
    Change {
        address: Address::from_text(address),
        previous: None,
        kind: kind.into(),
        action,
        id: None,
        source: "stack.cairn:7".into(),
        attributes,
        drift: Vec::new(),
        released: Vec::new(),
        reasons: vec![if action == Action::Create { Reason::New } else { Reason::Written }],
        risks: Vec::new(),
    }
}

fn create(kind: &str, address: &str, attributes: Vec<AttributeChange>) -> Change {
    change(kind, address, Action::Create, attributes)
}

fn update(kind: &str, address: &str, attributes: Vec<AttributeChange>) -> Change {
    change(kind, address, Action::Update, attributes)
}

fn plan(changes: Vec<Change>) -> Plan {
    Plan {
        stack: "shop".into(),
        environment: "staging".into(),
        changes,
        base: Base { lineage: "l".into(), sequence: 42 },
        places: vec!["eu-central-1".into()],
        ..Plan::default()
    }
}

fn creates() -> Plan {
    let tags = || [set("tags/app", "shop"), set("tags/env", "staging")];
    let subnet = |zone: &str, network: &str| {
        let mut attributes = vec![
            set("availability_zone", format!("eu-central-1{zone}").as_str()),
            set("cidr_block", network),
            set("tags/Name", format!("public-{zone}").as_str()),
            waits("vpc", "⟨vpc.vpc_id⟩"),
        ];
        attributes.extend(tags());
        create("aws.ec2.Subnet", &format!("public[\"{zone}\"]"), attributes)
    };
    let ip = |zone: &str| {
        let mut attributes = vec![set("domain", "vpc"), set("tags/Name", format!("ip-{zone}").as_str())];
        attributes.extend(tags());
        create("aws.ec2.Eip", &format!("ip[\"{zone}\"]"), attributes)
    };
    let mut password = set("master_user_password", "hunter2-hunter2");
    password.sensitive = true;
    let deep = "encryption/configuration/0/server_side_encryption_by_default/sse_algorithm_of_the_bucket_that_is_deep";
    let bucket = vec![
        set(deep, "AES256"),
        set("name", "shop-assets"),
        set("rules/0/id", "old"),
        set("rules/0/days", 30),
        set("rules/1/id", "a rule with a name that is so long that it takes a line of its own here"),
        set("rules/1/days", 60),
        set("startup", AFTER),
        set("user_data", AFTER_ENCODED),
    ];
    plan(vec![
        create(
            "aws.cloudfront.Distribution",
            "cdn",
            vec![
                set("aliases/0", "a.example"),
                set("aliases/1", "b.example"),
                waits("subnets/0", "⟨public[\"a\"].subnet_id⟩"),
                waits("subnets/1", "⟨public[\"b\"].subnet_id⟩"),
                waits("url", "https://⟨alb.dns_name⟩/healthz"),
            ],
        ),
        create("aws.rds.DbInstance", "data.db", vec![password, set("class", "db.t3.medium")]),
        create("aws.s3.Bucket", "assets", bucket),
        subnet("a", "10.0.0.0/24"),
        subnet("b", "10.0.7.0/24"),
        ip("a"),
        ip("b"),
    ])
}

fn updates() -> Plan {
    let mut ingress = [
        differs("ingress/0", document(json!({ "port": 22 })), document(json!({ "port": 443 }))),
        leaf("ingress/-", Some(document(json!({ "port": 80 }))), After::Absent),
    ];
    ingress.iter_mut().for_each(|change| change.member = true);
    let mut secret = differs("password", Masked::value("0a".into()), Masked::value("0b".into()));
    secret.sensitive = true;
    let old = json!({ "Statement": [{ "Sid": "A", "Action": ["s3:GetObject", "s3:List*"], "Effect": "Allow" },
        { "Sid": "B", "Action": "s3:*", "Effect": "Deny" }], "Version": "2012-10-17" });
    let new = json!({ "Statement": [{ "Sid": "A", "Action": ["s3:List*", "s3:*"], "Effect": "Allow" },
        { "Sid": "B", "Action": "s3:*", "Effect": "Deny" }], "Version": "2012-10-17" });
    let mut opened = update("aws.ec2.SecurityGroup", "web", ingress.into());
    opened.risks.push(Risk::Access("tcp 443 opens to 0.0.0.0/0".to_owned()));
    let follower = |name: &str| {
        let unknown = leaf("vpc", Some("vpc-1".into()), After::Unknown("⟨data.vpc.vpc_id⟩".to_owned()));
        let mut change = update("aws.ec2.RouteTable", name, vec![unknown]);
        change.reasons = vec![Reason::Follows(Address::from_text("data"))];
        change
    };
    let (first, second) = (follower("routes_a"), follower("routes_b"));
    let mut released = update("aws.sns.Topic", "alerts", vec![differs("display_name", "a", "b")]);
    released.released.push("policy".into());
    plan(vec![
        released,
        update("aws.ec2.Vpc", "data.vpc", vec![differs("enable_dns", false, true), differs("tenancy", "a", "b")]),
        first,
        second,
        update(
            "aws.iam.Policy",
            "policy",
            vec![
                differs("document", document(old.clone()), document(new.clone())),
                differs("text", old.to_string().as_str(), new.to_string().as_str()),
                secret,
            ],
        ),
        update(
            "aws.ec2.Instance",
            "server",
            vec![differs("startup", BEFORE, AFTER), differs("user_data", BEFORE_ENCODED, AFTER_ENCODED)],
        ),
        opened,
    ])
}

fn dangers() -> Plan {
    let mut forces = differs("storage_encrypted", false, true);
    forces.forces = true;
    let mut lost = change("aws.rds.DbInstance", "data.db", Action::Replace(Replacement::DestroyFirst), vec![forces]);
    lost.risks.push(Risk::DataLoss);
    let mut subnet = differs("subnet", "subnet-1", "subnet-2");
    subnet.forces = true;
    let replaced = change("aws.ec2.Instance", "app", Action::Replace(Replacement::CreateFirst), vec![subnet]);
    let mut gone = change("aws.ec2.Subnet", "net[\"b\"]", Action::Delete, Vec::new());
    gone.reasons = vec![Reason::KeyRemoved("b".into())];
    let mut drifted = change("aws.ec2.Vpc", "vpc", Action::Unchanged, Vec::new());
    drifted.drift = vec![differs("tags/Name", "main", "changed by hand")];
    plan(vec![
        create("aws.sns.Topic", "alerts", vec![set("display_name", "alerts")]),
        replaced,
        lost,
        gone,
        update("aws.ec2.RouteTable", "routes", vec![differs("tags/Name", "a", "b")]),
        drifted,
    ])
}

fn plain(width: usize) -> Style {
    Style { width, color: false, ascii: false }
}

fn golden(name: &str, text: &str) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&file).unwrap(), "{name}; UPDATE=1 writes it anew");
}

fn kinds() -> [(&'static str, Plan); 4] {
    [("creates", creates()), ("updates", updates()), ("dangers", dangers()), ("nothing", plan(Vec::new()))]
}

#[test]
fn pages_are_as_they_were() {
    for (name, plan) in kinds() {
        golden(&format!("{name}.txt"), &render(&plan, "plan", plain(100), Detail::Default));
        golden(&format!("{name}-60.txt"), &render(&plan, "plan", plain(60), Detail::Default));
        golden(&format!("{name}.md"), &markdown::plan(&plan, &[], &SourceSet::default(), Detail::Default));
    }
    golden("updates-full.txt", &render(&updates(), "apply", plain(100), Detail::Full));
    golden("updates-names.txt", &render(&updates(), "destroy", plain(100), Detail::Names));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for (name, plan) in kinds() {
        for detail in [Detail::Full, Detail::Default, Detail::Names] {
            for width in [60, 61, 72, 80, 100, 120] {
                for ascii in [false, true] {
                    let text = render(&plan, "plan", Style { ascii, ..plain(width) }, detail);
                    for line in text.lines() {
                        assert!(line.width() <= width, "{name} at {width}: {line}");
                        assert!(!ascii || line.is_ascii(), "{name}: {line}");
                    }
                }
            }
        }
    }
}

#[test]
fn colours_change_nothing_but_colours() {
    let escapes = regex::Regex::new("\u{1b}\\[[0-9]+m").unwrap();
    for (_, plan) in kinds() {
        let colored = render(&plan, "plan", Style { color: true, ..plain(80) }, Detail::Default);
        let without: Vec<String> =
            colored.lines().map(|line| escapes.replace_all(line, "").trim_end().to_owned()).collect();
        let expected: Vec<String> =
            render(&plan, "plan", plain(80), Detail::Default).lines().map(|line| line.trim_end().to_owned()).collect();
        assert_eq!(without, expected);
    }
}

#[test]
fn secrets_are_in_no_page() {
    for (_, plan) in kinds() {
        for detail in [Detail::Full, Detail::Default, Detail::Names] {
            let pages =
                [render(&plan, "plan", plain(100), detail), markdown::plan(&plan, &[], &SourceSet::default(), detail)];
            for page in pages {
                assert!(!page.contains("hunter2") && !page.contains("$secret"), "{page}");
            }
        }
    }
    // Inside of a record, too.
    let record = document(json!({ "name": "x" }));
    let secret = Value::map([("name".into(), Masked::value("0a0b0c".into()))]);
    let plan = plan(vec![update("a.b.C", "x", vec![differs("record", record, secret)])]);
    let page = render(&plan, "plan", plain(100), Detail::Full);
    assert!(page.contains("(sensitive)") && !page.contains("0a0b0c"), "{page}");
}

#[test]
fn what_was_edited_is_never_folded_as_a_follower() {
    let mut edited = update(
        "a.b.C",
        "x",
        vec![leaf("policy", Some("old".into()), After::Unknown("{ Action: \"*\", Resource: ⟨vpc.arn⟩ }".to_owned()))],
    );
    edited.reasons = vec![Reason::Follows(Address::from_text("vpc"))];
    let vpc = update("aws.ec2.Vpc", "vpc", vec![differs("tenancy", "a", "b")]);
    let page = render(&plan(vec![vpc, edited]), "plan", plain(100), Detail::Default);
    assert!(page.contains("Action: \"*\"") && !page.contains('↳'), "{page}");
}

#[test]
fn a_comment_with_many_changes_fits() {
    let many = |at: usize| {
        let attributes = vec![differs("description", "a".repeat(300).as_str(), "b".repeat(300).as_str())];
        update("aws.ec2.SecurityGroup", &format!("c{}.group{at}", at % 40), attributes)
    };
    let plan = plan((0..2000).map(many).collect());
    let page = markdown::plan(&plan, &[], &SourceSet::default(), Detail::Default);
    assert!(page.len() <= 65_000, "{}", page.len());
    let left: usize =
        page.lines().last().and_then(|line| line.strip_prefix("and ")?.split(' ').next()?.parse().ok()).unwrap();
    let shown = page.lines().filter(|line| line.contains("aws.ec2.SecurityGroup")).count();
    assert_eq!(shown + left, 2000);
    assert_eq!(page.matches("<details>").count(), page.matches("</details>").count());
}
