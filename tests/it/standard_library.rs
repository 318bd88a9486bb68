//! The standard library is what its folders hold, and `cairn show` prints it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use cairn::language::standard::{PARTS, Part};
use cairn::language::syntax;
use cairn::language::syntax::ast::{ItemKind, TypeExpr, TypeKind};
use cairn::source::{SourceSet, SourceText, Span};

use crate::project::{Project, repository};

/// The folders below `stacks/`, and what the names of their parts begin with.
const FOLDERS: &[(&str, &str)] = &[("lib", ""), ("policies", "policies/")];

#[test]
fn every_file_is_compiled_in() {
    let mut found: BTreeSet<String> = BTreeSet::new();
    for (folder, prefix) in FOLDERS {
        let root = repository().join("stacks").join(folder);
        if root.is_dir() {
            collect(&root, prefix, &mut found);
        }
    }
    let compiled: BTreeSet<String> = PARTS.iter().map(|part| part.name.to_owned()).collect();
    assert_eq!(compiled, found);
    assert_eq!(PARTS.len(), found.len(), "a part stands in the table twice");
}

fn collect(folder: &Path, prefix: &str, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        // Not a part, but the tests of all parts.
        if path.is_dir() && name == "tests" {
            continue;
        }
        if path.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), found);
            continue;
        }
        assert_eq!(path.extension().unwrap(), "cairn", "{}", path.display());
        let name = format!("{prefix}{name}");
        let part = PARTS.iter().find(|part| part.name == name);
        let part = part.unwrap_or_else(|| panic!("{name} is not in the table of src/language/standard.rs"));
        assert_eq!(part.text, std::fs::read_to_string(&path).unwrap(), "{name}");
        found.insert(name);
    }
}

/// The chapter of the book: what each part takes and gives, in the words of its source.
pub fn chapter() -> String {
    let mut text = String::from(CHAPTER);
    for part in PARTS.iter().filter(|part| !part.name.starts_with("policies/")) {
        interface(part, &mut text);
    }
    text
}

const CHAPTER: &str = "\
# The standard library

Components and functions that are written in Cairn itself and compiled into the tool. They have no privileges: everything they
do can be written outside, and `cairn show std:aws/network` prints the source of one, to read or to copy. Their version is the
tool's.

```text
import Network from \"std:aws/network\"
import { ports } from \"std:aws/rules\"

resource network = Network { cidr: 10.20.0.0/16 }

resource web = aws.ec2.SecurityGroup {
  vpc: network.vpc
  group_description: \"web\"
  security_group_ingress: [{ ...ports(tcp/443), cidr_ip: 0.0.0.0/0 }]
}
```

A plan addresses what is inside as `network.public[\"a\"]` and names its line as `std:aws/network:34`. How the stack `bitebuddy`
uses most of them: `stacks/bitebuddy/aws`.
";

/// A type as it was written. The brackets of a list are no part of its place.
fn written(ty: &TypeExpr, of: &dyn Fn(Span) -> String) -> String {
    match &ty.kind {
        TypeKind::List(inner) => format!("[{}]", written(inner, of)),
        TypeKind::Known(inner) => format!("known {}", written(inner, of)),
        TypeKind::Optional(inner) => format!("{}?", written(inner, of)),
        _ => of(ty.span),
    }
}

fn interface(part: &Part, text: &mut String) {
    let mut sources = SourceSet::default();
    let source = sources.add(SourceText::new(format!("std:{}", part.name), part.text));
    let (document, diagnostics) = syntax::parse(source, sources.get(source));
    assert!(diagnostics.is_empty(), "{}", part.name);
    let of = |span: Span| sources.text(span).replace('|', "\\|").split_whitespace().collect::<Vec<_>>().join(" ");
    let (mut inputs, mut outputs, mut functions, mut about) =
        (String::new(), String::new(), String::new(), String::new());
    for item in &document.items {
        let said = item.docs.as_deref().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        match &item.kind {
            ItemKind::Component(name) => about = format!("`{}`. {said}", name.text),
            ItemKind::Input(input) => {
                assert!(!said.is_empty(), "{}: nothing is said about `{}`", part.name, input.name.text);
                let default =
                    input.default.as_ref().map_or_else(String::new, |default| format!("`{}`", of(default.span)));
                writeln!(inputs, "| `{}` | `{}` | {default} | {said} |", input.name.text, written(&input.ty, &of))
                    .unwrap();
            }
            ItemKind::Output(output) => {
                assert!(!said.is_empty(), "{}: nothing is said about `{}`", part.name, output.name.text);
                let ty = output.ty.as_ref().map_or_else(String::new, |ty| written(ty, &of));
                writeln!(outputs, "| `{}` | `{ty}` | {said} |", output.name.text).unwrap();
            }
            ItemKind::Function(function) => {
                let params: Vec<String> = function
                    .params
                    .iter()
                    .map(|param| format!("{}: {}", param.name.text, written(&param.ty, &of)))
                    .collect();
                let (name, result) = (&function.name.text, written(&function.result, &of));
                writeln!(functions, "| `{name}({})` | `{result}` | {said} |", params.join(", ")).unwrap();
            }
            _ => {}
        }
    }
    writeln!(text, "\n## `std:{}`\n", part.name).unwrap();
    if !about.is_empty() {
        writeln!(text, "{about}\n").unwrap();
    }
    for (head, rows) in [
        ("| input | type | if left out | |\n|---|---|---|---|\n", inputs),
        ("| output | type | |\n|---|---|---|\n", outputs),
        ("| function | gives | |\n|---|---|---|\n", functions),
    ] {
        if !rows.is_empty() {
            writeln!(text, "{head}{rows}").unwrap();
        }
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
}

#[test]
fn show_prints_sources() {
    let project = Project::empty();
    let shown = project.expect(0, "show std:aws/network").out;
    assert_eq!(shown, std::fs::read_to_string(repository().join("stacks/lib/aws/network.cairn")).unwrap());
    assert_eq!(project.expect(0, "show aws/network").out, shown);
    assert!(project.expect(0, "show").out.contains("std:aws/network\n"));
    let wrong = project.expect(1, "show std:aws/netwrok");
    assert!(wrong.err.contains("did you mean std:aws/network?"), "{}", wrong.err);
}

#[test]
fn mistakes_are_shown_where_the_library_is_used() {
    let project = Project::with(
        "stack shop { cairn: \"1\" }\nimport aws\nimport Network from \"std:aws/network\"\n\
         provider eu = aws.Target { region: \"eu-central-1\" }\n\
         resource network = Network { cidr: 10.20.0.0/16, zones: {} }\n",
    );
    let wrong = project.expect(1, "check");
    assert!(wrong.err.contains("[stack.cairn:5:10]"), "{}", wrong.err);
    assert!(wrong.err.contains("a network needs at least one zone"), "{}", wrong.err);
    assert!(wrong.err.contains("std:aws/network:18: "), "{}", wrong.err);
    // What is wrong in the stack itself is why the library cannot be made; nothing is said of the library then.
    project.edit(
        "stack.cairn",
        "provider eu = aws.Target { region: \"eu-central-1\" }",
        "let region = region\n\
         provider eu = aws.Target { region }",
    );
    let wrong = project.expect(1, "check");
    assert!(wrong.err.contains("cairn::names::circular") && !wrong.err.contains("one zone"), "{}", wrong.err);
}

/// What each part promises, as its own tests say it.
#[test]
fn every_part_keeps_its_promises() {
    let project = Project::of("lib/tests");
    project.expect(0, "check");
    let tested = project.expect(0, "test").out;
    assert!(tested.contains("20 passed"), "{tested}");
    let stack = project.read("stack.cairn");
    for part in PARTS.iter().filter(|part| !part.name.starts_with("policies/")) {
        assert!(stack.contains(&format!("\"std:{}\"", part.name)), "{} has no tests", part.name);
    }
}

/// A system of every part: planned, made, planned empty, destroyed.
#[test]
fn every_part_lives_on_the_sandbox() {
    let project = Project::with(EVERY_PART);
    project.expect(0, "check");
    let made = project.json(2, "plan --sandbox --detailed-exitcode")["summary"]["create"].as_u64().unwrap();
    assert!(made > 40, "{made}");
    let applied = project.expect(0, "apply --sandbox --yes").out;
    for output in ["address = \"shop-orders-db-", "answers = \"shop-web-alb-", "files = \"shop-site-files"] {
        assert!(applied.contains(output), "{output} is not in\n{applied}");
    }
    project.expect(0, "plan --sandbox --detailed-exitcode");
    project.expect(0, "drift --sandbox");
    project.expect(0, "destroy --sandbox --yes");
    assert_eq!(project.expect(0, "state list --sandbox").out, "nothing is managed\n");
}

/// One gateway for all zones, a third zone, a service that stays with its customers.
#[test]
fn parts_change_in_place() {
    let project = Project::with(EVERY_PART);
    project.expect(0, "apply --sandbox --yes");
    project.edit("stack.cairn", "zones: { a: 0, b: 1 }", "zones: { a: 0, b: 1, c: 2 }, nat: \"shared\"");
    project.edit("stack.cairn", "port: 8080", "port: 8080, sticky: 1h");
    let plan = project.json(2, "plan --sandbox --detailed-exitcode");
    // The gateway of the second zone goes, with its address; no subnet moves.
    assert_eq!((&plan["summary"]["replace"], &plan["summary"]["delete"]), (&0.into(), &2.into()), "{plan:#}");
    project.expect(0, "apply --sandbox --yes");
    project.expect(0, "plan --sandbox --detailed-exitcode");
    project.expect(0, "destroy --sandbox --yes");
}

#[test]
fn parts_refuse_what_cannot_be() {
    for (right, wrong, said) in [
        ("zones: { a: 0, b: 1 }", "zones: {}", "a network needs at least one zone"),
        ("storage: 50GiB", "storage: 500GiB", "must not be larger than `max_allocated_storage`"),
        ("backups: 7d", "backups: 0d", "keep backups for at least a day"),
        ("max: 4", "max: 1", "`min_size` must not be larger than `max_size`"),
        ("statistic: \"p99\"", "statistic: \"most\"", "\"most\" is not a value of `statistic`"),
        ("[\"shop.example\"]", "[]", "a site needs at least one name"),
    ] {
        let project = Project::with(&EVERY_PART.replacen(right, wrong, 1));
        let refused = project.expect(1, "check");
        assert!(refused.err.contains(said), "{wrong}: {}", refused.err);
        assert!(refused.out.contains("1 error"), "{wrong}: {}{}", refused.out, refused.err);
    }
}

const EVERY_PART: &str = r##"stack shop { cairn: "1" }

import aws
import Alarm from "std:aws/alarm"
import Certificate from "std:aws/certificate"
import Database from "std:aws/database"
import Network from "std:aws/network"
import Service from "std:aws/service"
import StaticSite from "std:aws/static_site"
import { assumed_by } from "std:aws/rules"

@default
provider eu = aws.Target { region: "eu-central-1" }
provider us = aws.Target { ...eu, region: "us-east-1" }

resource oncall = aws.sns.Topic
resource zone = aws.route53.HostedZone { name: "shop.example" }
resource role = aws.iam.Role { assume_role_policy_document: assumed_by("ec2.amazonaws.com") }
resource profile = aws.iam.InstanceProfile { roles: [role] }

resource network = Network { cidr: 10.20.0.0/16, zones: { a: 0, b: 1 } }
resource web_cert = Certificate { domain: "api.shop.example", zone }

resource web = Service {
  vpc: network.vpc
  public: network.public
  private: network.private
  certificate: web_cert.certificate
  port: 8080
  image_id: "ami-0123456789abcdef0"
  user_data: "#!/bin/sh"
  profile
  scale: { min: 2, max: 4 }
  notify: [oncall]
}

resource orders = Database {
  vpc: network.vpc
  subnets: network.private
  clients: { web: web.security_group }
  database: "orders"
  storage: 50GiB
  backups: 7d
  keep_data: false
  notify: [oncall]
}

@on(us)
resource site_cert = Certificate { domain: "shop.example", zone }

resource site = StaticSite {
  names: ["shop.example"]
  zone
  certificate: site_cert.certificate
}

resource slow_site = Alarm {
  description: "the site is slow"
  namespace: "AWS/CloudFront"
  metric: "OriginLatency"
  of: { DistributionId: site.distribution.id, Region: "Global" }
  statistic: "p99"
  above: 500
  notify: [oncall]
}

output address = orders.address
output answers = web.dns_name
output files = site.files.bucket_name
"##;
