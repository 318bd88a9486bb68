//! Every type with a handler, tried on the sandbox and, by the real SDK over HTTP, on the emulators its case lists.
//!
//! `CAIRN_CASE=ec2/subnet` tries one case only.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "tests fail loudly"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cairn_conformance::case::Case;
use cairn_conformance::coverage::untried;
use cairn_conformance::suite::{self, Place};
use cairn_provider::request::Target;
use cairn_provider::schema::catalogue::Catalogue;
use cairn_sim::{Faults, MemoryStorage, Sim};

#[test]
fn every_type_with_a_handler_has_a_case_that_tries_all_its_fields() {
    let catalogue = cairn_aws::catalogue();
    let cases = all_cases();
    let tried: BTreeSet<&str> = cases.values().map(|case| case.kind.as_str()).collect();
    let mut wrong = Vec::new();
    for declaration in cairn_aws::declarations() {
        let name = cairn_provider::naming::aws_type(declaration.vendor).unwrap();
        if !tried.contains(name.as_str()) {
            wrong.push(format!("{name} has no case"));
        }
    }
    for (file, case) in &cases {
        let schema = catalogue.get(&case.kind).unwrap();
        let untried = untried(case, schema);
        if !untried.is_empty() {
            wrong.push(format!("{file} never writes {}", untried.join(", ")));
        }
        if case.gaps.len() < 2 {
            wrong.push(format!("{file} is tried on no emulator"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn sandbox() {
    let catalogue = Arc::new(cairn_aws::catalogue());
    try_all("sandbox", &catalogue, |_| {
        let storage = Box::new(MemoryStorage);
        let sim = Sim::open("aws", Arc::clone(&catalogue), cairn_aws::declaration, storage, Faults::default()).unwrap();
        Box::new(sim)
    });
}

#[cfg(feature = "native")]
mod emulators {
    use std::path::Path;
    use std::sync::Arc;

    use aws_config::{BehaviorVersion, SdkConfig};
    use aws_credential_types::Credentials;
    use cairn_conformance::emulator::{Emulator, Kind};

    #[test]
    fn moto() {
        on(Kind::Moto);
    }

    #[test]
    fn ministack() {
        on(Kind::Ministack);
    }

    fn on(kind: Kind) {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let emulator = Emulator::start(kind, &repository).unwrap();
        let catalogue = Arc::new(cairn_aws::catalogue());
        super::try_all(kind.name(), &catalogue, |index| {
            // Every case has an account of its own where the emulator takes the access key for one.
            let environment = environment(&emulator.url(), index);
            Box::new(cairn_aws::Aws::in_environment(Arc::clone(&catalogue), environment))
        });
    }

    fn environment(url: &str, index: usize) -> SdkConfig {
        let key = format!("{:012}", index + 1);
        let credentials = Credentials::new(key, "secret", None, None, "test");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let loading = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(cairn_aws::native::connect::http())
            .retry_config(aws_config::retry::RetryConfig::disabled())
            .endpoint_url(url)
            .credentials_provider(credentials)
            .load();
        runtime.block_on(loading)
    }
}

/// Tries all cases that list a place, each with a provider of its own.
fn try_all(name: &str, catalogue: &Catalogue, provider: impl Fn(usize) -> Box<dyn cairn_provider::provider::Provider>) {
    let filter = std::env::var("CAIRN_CASE").unwrap_or_default();
    let mut failures = Vec::new();
    let mut count = 0;
    for (index, (file, case)) in all_cases().into_iter().enumerate() {
        if !file.contains(&filter) || !case.gaps.contains_key(name) {
            continue;
        }
        count += 1;
        let provider = provider(index);
        let place = Place {
            name,
            provider: provider.as_ref(),
            catalogue,
            target: Target { cloud: "aws".into(), settings: BTreeMap::from([("region".into(), region(&case).into())]) },
            unique: format!("u{index:07}").into(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        if let Err(faults) = runtime.block_on(suite::run(&place, &case)) {
            failures.push(format!("{file} on {name}:\n  {}", faults.join("\n  ")));
        }
    }
    println!("{count} cases on {name}");
    assert!(failures.is_empty(), "{} of {count} cases failed\n{}", failures.len(), failures.join("\n"));
    assert!(count > 0 || !filter.is_empty(), "no case was tried");
}

/// What lives in one region only is tried there.
fn region(case: &Case) -> &'static str {
    let lives_there = ["aws.cloudfront.", "aws.route53."].into_iter().any(|service| case.kind.starts_with(service));
    if lives_there { "us-east-1" } else { "eu-central-1" }
}

fn all_cases() -> BTreeMap<String, Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    let mut cases = BTreeMap::new();
    let mut folders: Vec<PathBuf> = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let file = path.strip_prefix(&root).unwrap().display().to_string();
            let case = Case::parse(&std::fs::read_to_string(&path).unwrap()).unwrap_or_else(|e| panic!("{file}: {e}"));
            cases.insert(file, case);
        }
    }
    cases
}
