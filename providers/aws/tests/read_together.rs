//! Objects that are read together read the same as each alone, and what is not among them is absent.
#![cfg(feature = "native")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "tests fail loudly"
)]

mod place;

use std::collections::BTreeMap;

use cairn_aws::Aws;
use cairn_conformance::emulator::{Emulator, Kind};
use cairn_provider::object::{Live, Observed, Ownership};
use cairn_provider::provider::Provider;
use cairn_provider::request::{Create, Interest, ReadSet, Target};
use cairn_provider::value::{Map, from_json};
use serde_json::json;

#[tokio::test]
async fn roles_and_their_profiles() {
    for kind in [Kind::Ministack, Kind::Moto] {
        let place = Place::on(kind).await;
        let trust = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "Service": "ec2.amazonaws.com" },
                "Action": "sts:AssumeRole",
            }],
        });
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*" }],
        });
        let role = |name: &str| {
            json!({
                "role_name": name,
                "description": format!("does {name}"),
                "max_session_duration": 7200,
                "assume_role_policy_document": trust,
                "policies": [{ "policy_name": "read", "policy_document": policy }],
                "tags": { "name": name },
            })
        };
        place.same_together("aws.iam.Role", role).await;
        let profile = |name: &str| json!({ "instance_profile_name": name, "path": "/shop/", "roles": [name] });
        place.same_together("aws.iam.InstanceProfile", profile).await;
    }
}

#[tokio::test]
async fn log_groups_and_alarms() {
    let place = Place::on(Kind::Ministack).await;
    let group = |name: &str| json!({ "log_group_name": name, "retention_in_days": 7, "tags": { "name": name } });
    place.same_together("aws.logs.LogGroup", group).await;
    let alarm = |name: &str| {
        json!({
            "alarm_name": name,
            "namespace": "Shop",
            "metric_name": "Orders",
            "dimensions": { "Name": name },
            "statistic": "Sum",
            "period": 60,
            "evaluation_periods": 1,
            "comparison_operator": "LessThanThreshold",
            "threshold": 1,
            "tags": { "name": name },
        })
    };
    place.same_together("aws.cloudwatch.Alarm", alarm).await;
}

/// An emulator and a provider on it.
struct Place {
    _emulator: Emulator,
    cloud: Aws,
    target: Target,
}

impl Place {
    async fn on(kind: Kind) -> Self {
        let (emulator, _, cloud) = place::start(kind).await;
        Self { _emulator: emulator, cloud, target: place::target() }
    }

    /// Makes several objects of a type, named by their identity, and reads them together and alone.
    async fn same_together(&self, kind: &str, document: impl Fn(&str) -> serde_json::Value) {
        let names = ["one", "two", "three", "four"];
        for name in names {
            let owner = Ownership { stack: "together".into(), address: "x[\"y\"]".into(), nonce: name.into() };
            let inputs: Map = from_json(&document(name)).as_map().unwrap().clone();
            let request = Create { kind: kind.into(), inputs, owner, token: name.into() };
            let created = self.cloud.create(&self.target, &request).await.unwrap();
            assert_eq!(created.id, name);
            self.cloud.configure(&self.target, name, &request).await.unwrap();
        }
        let mut together = self.read(kind, &["one", "two", "three", "four", "nobody"]).await;
        assert_eq!(together.remove("nobody"), Some(None), "{kind}");
        for name in names {
            let alone = self.read(kind, &[name]).await.remove(name).flatten().unwrap();
            let found = together.remove(name).flatten().unwrap();
            assert_eq!(found.attributes, alone.attributes, "{kind}");
            assert_eq!(found.status, alone.status, "{kind}");
        }
    }

    async fn read(&self, kind: &str, names: &[&str]) -> BTreeMap<String, Option<Live>> {
        let ids = names.iter().map(|name| ((*name).into(), Interest::All)).collect();
        let mut readings = self.cloud.read(&self.target, &ReadSet::from([(kind.into(), ids)])).await;
        let answer = |name: &&str| match readings.take(&kind.into(), &(*name).into()).unwrap() {
            Observed::Present(live) => ((*name).to_owned(), Some(*live)),
            Observed::Absent => ((*name).to_owned(), None),
            Observed::Unreadable(error) => panic!("{kind} {name}: {error}"),
        };
        names.iter().map(answer).collect()
    }
}
