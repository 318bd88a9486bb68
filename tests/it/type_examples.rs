//! Every example of every type is a stack without mistakes.

use std::collections::BTreeMap;
use std::sync::Arc;

use cairn::diagnostic::Report;
use cairn::language::{check, evaluate, resolve};
use cairn::view::human::diagnostic::{Style, render};
use cairn_provider::declaration::Example;

use crate::memory_files::MemoryFiles;

const HEADER: &str =
    "stack example {\n  cairn: \"1\"\n}\n\nimport aws\n\nprovider eu = aws.Target { region: \"eu-central-1\" }\n";

#[test]
fn every_example_checks() {
    let catalogue = Arc::new(cairn_aws::catalogue());
    let types = cairn_aws::declarations().map(|declared| (declared.vendor, declared.examples));
    let found = cairn_aws::look_up_declarations().map(|declared| (declared.name, declared.examples));
    let mut wrong = Vec::new();
    for (kind, examples) in types.chain(found) {
        for example in examples {
            let files = MemoryFiles(BTreeMap::from([
                ("header.cairn".to_owned(), HEADER.to_owned()),
                ("main.cairn".to_owned(), example.source.to_owned()),
            ]));
            wrong.extend(mistakes(&files, &catalogue, kind, example));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn mistakes(
    files: &MemoryFiles,
    catalogue: &Arc<cairn_provider::schema::catalogue::Catalogue>,
    kind: &str,
    example: &Example,
) -> Vec<String> {
    let (program, mut report): (_, Report) = resolve::load(files, Arc::clone(catalogue));
    let typed = check::check(&program, &mut report);
    let request =
        evaluate::Request { program: &program, typed: &typed, environment: None, overrides: &[], answers: None, files };
    evaluate::evaluate(&request, &mut report);
    let style = Style { width: 96, color: false, ascii: false };
    let told = report.into_sorted();
    told.iter().map(|told| format!("{kind}, {}:\n{}", example.title, render(told, &program.sources, style))).collect()
}
