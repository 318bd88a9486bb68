//! Reports that only a cloud, or what is recorded, leads to: each is triggered once.

use cairn::diagnostic::PAGES;
use cairn::engine::{Clouds, lookup};
use cairn::model::Address;
use cairn::model::desired::{LookupAnswers, WantedLookup};
use cairn::source::{SourceId, Span};
use cairn_provider::request::Target;

use crate::catalogue_pages::not_in_files;
use crate::project::{Project, repository};

const TWO: &str = "stack two {\n  cairn: \"1\"\n}\n\nimport aws\n\nprovider eu = aws.Target { region: \"eu-central-1\" }\n\n\
    resource one = aws.ec2.Vpc { cidr_block: 10.1.0.0/16, enable_dns_support: true }\n\
    resource other = aws.ec2.Vpc { cidr_block: 10.2.0.0/16, enable_dns_support: true }\n";

#[test]
fn a_look_up_without_its_cloud_fails_where_it_is_written() {
    let catalogue = cairn::registry::catalogue();
    let span = Span::new(SourceId(0), 3, 8);
    let wanted = WantedLookup {
        address: Address::from_text("zone"),
        kind: "aws.route53.HostedZone".into(),
        target: Target::default(),
        conditions: cairn_provider::value::Map::default(),
        many_by: None,
        span,
    };
    let clouds = Clouds::new(Vec::<cairn_provider::provider::SharedProvider>::new(), catalogue);
    let mut answers = LookupAnswers::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let faults = runtime.block_on(lookup::perform(&[wanted], &clouds, &mut answers));
    assert_eq!(
        faults.iter().map(|fault| (fault.code, fault.span())).collect::<Vec<_>>(),
        [("lookup::failed", Some(span))]
    );
    assert!(answers.answers.is_empty());
}

#[test]
fn what_may_never_be_replaced_is_not() {
    let project = Project::with(&format!(
        "{TWO}\n@replace(\"never\")\nresource third = aws.ec2.Vpc {{ cidr_block: 10.3.0.0/16 }}\n"
    ));
    project.expect(0, "apply --sandbox --yes");
    project.edit("stack.cairn", "10.3.0.0/16", "10.4.0.0/16");
    let refused = project.expect(3, "plan --sandbox");
    let said = refused.err + &refused.out;
    assert!(said.contains("cairn::plan::never_replaced") && said.contains("stack.cairn:13"), "{said}");
}

/// Codes that no text leads to are named by a test that triggers them; all others have a case in a suite, which
/// `every_code_is_in_a_suite` demands.
#[test]
fn every_code_is_triggered_by_a_test() {
    let mut tests = String::new();
    let mut pending = vec![repository().join("tests/it"), repository().join("src")];
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("catalogue_pages.rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            // Of a source, only its tests count; the lists of exceptions, left out above, trigger nothing.
            let from = if path.starts_with(repository().join("src")) { text.find("#[cfg(test)]") } else { Some(0) };
            tests.push_str(from.map_or("", |from| &text[from..]));
        }
    }
    let untriggered: Vec<&str> =
        PAGES.iter().map(|page| page.code).filter(|code| not_in_files(code) && !tests.contains(*code)).collect();
    assert!(untriggered.is_empty(), "no test triggers {untriggered:?}");
}
