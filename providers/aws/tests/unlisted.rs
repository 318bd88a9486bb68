//! Types that the catalogue does not have, through Cloud Control: our own fake stands for it, since no emulator has it.
#![cfg(feature = "native")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail loudly")]

mod place;

use std::collections::BTreeMap;

use cairn_aws::Aws;
use cairn_conformance::fake::Fake;
use cairn_provider::error::{ErrorClass, ProviderError};
use cairn_provider::object::{Live, Observed, Ownership};
use cairn_provider::provider::Provider;
use cairn_provider::request::{Create, Created, Delete, Interest, LookUp, Monitor, Progress, ReadSet, Update};
use cairn_provider::value::{Map, from_json, to_json};
use ecow::EcoString;
use serde_json::{Value as Json, json};

const KIND: &str = "aws.Unlisted";

struct Place {
    fake: Fake,
    cloud: Aws,
}

impl Place {
    async fn start() -> Self {
        let fake = Fake::start().unwrap();
        let cloud = place::provider(&place::config(&fake.url()).await);
        Self { fake, cloud }
    }

    async fn create(&self, vendor: &str, nonce: &str, properties: Json) -> Result<Created, ProviderError> {
        self.cloud.create(&place::target(), &wanted(vendor, nonce, properties)).await
    }

    async fn read(&self, id: &str) -> Option<Live> {
        let wanted = ReadSet::from([(KIND.into(), BTreeMap::from([(id.into(), Interest::All)]))]);
        let mut readings = self.cloud.read(&place::target(), &wanted).await;
        match readings.take(&KIND.into(), &id.into()).unwrap() {
            Observed::Present(live) => Some(*live),
            Observed::Absent => None,
            Observed::Unreadable(error) => panic!("{error}"),
        }
    }

    async fn update(&self, id: &str, properties: Json, token: &str) -> Result<Option<Monitor>, ProviderError> {
        let observed = self.read(id).await.unwrap().attributes;
        let create = wanted(id.split_once('|').unwrap().0, "n", properties);
        let request = Update {
            kind: KIND.into(),
            id: id.into(),
            observed,
            inputs: create.inputs,
            changed: ["properties".into()].into(),
            owner: create.owner,
            token: token.into(),
        };
        self.cloud.update(&place::target(), &request).await
    }

    async fn delete(&self, id: &str) -> Result<Option<Monitor>, ProviderError> {
        let request = Delete { kind: KIND.into(), id: id.into(), inputs: Map::new() };
        self.cloud.delete(&place::target(), &request).await
    }

    /// Looks until an operation has ended; how often it was still running, and how it ended.
    async fn follow(&self, monitor: &Monitor) -> (u32, Progress) {
        for looks in 0..20 {
            match self.cloud.poll(&place::target(), monitor).await.unwrap() {
                Progress::Running(_) => {}
                ended @ (Progress::Done | Progress::Failed(_)) => return (looks, ended),
            }
        }
        panic!("it never ends");
    }

    fn object(&self, vendor: &str, id: &str) -> Json {
        self.fake.cloud().object(vendor, id).cloned().unwrap_or_default()
    }
}

fn wanted(vendor: &str, nonce: &str, properties: Json) -> Create {
    let inputs = json!({ "type_name": vendor, "properties": properties });
    Create {
        kind: KIND.into(),
        inputs: from_json(&inputs).as_map().unwrap().clone(),
        owner: Ownership { stack: "s".into(), address: "thing".into(), nonce: nonce.into() },
        token: format!("token-of-{nonce}").into(),
    }
}

fn properties(live: &Live) -> Json {
    to_json(&live.attributes["properties"])
}

#[tokio::test]
async fn an_object_lives_and_dies() {
    let place = Place::start().await;
    let written = json!({ "Name": "x", "Password": "p", "Net": { "Size": 2 }, "Tags": [{ "Key": "a", "Value": "1" }] });
    let created = place.create("AWS::New::Thing", "n", written).await.unwrap();
    assert_eq!((created.id.as_str(), &created.monitor), ("AWS::New::Thing|x", &None));
    let made = place.object("AWS::New::Thing", "x");
    assert_eq!(made["Tags"].as_array().unwrap().len(), 4, "{made}");
    assert_eq!(made["Net"], json!({ "Zone": "a", "Size": 2 }));
    let live = place.read(&created.id).await.unwrap();
    assert_eq!(live.owner.as_ref().unwrap().nonce, "n");
    assert_eq!(live.attributes["identifier"].as_text(), Some("x"));
    assert_eq!(properties(&live)["Tags"], json!([{ "Key": "a", "Value": "1" }]));
    // What is never returned is sent again, so that it is not forgotten.
    let changed = json!({ "Name": "x", "Password": "p", "Net": { "Size": 3 }, "Tags": [{ "Key": "a", "Value": "2" }] });
    assert_eq!(place.update(&created.id, changed, "t1").await.unwrap(), None);
    let made = place.object("AWS::New::Thing", "x");
    assert_eq!((&made["Password"], &made["Net"]), (&json!("p"), &json!({ "Zone": "a", "Size": 3 })));
    assert_eq!(made["Tags"].as_array().unwrap().len(), 4, "the marks are sent along: {made}");
    // What cannot change is refused before anything is sent.
    let refused = place.update(&created.id, json!({ "Name": "y" }), "t2").await.unwrap_err();
    assert_eq!((refused.class, refused.code.as_str()), (ErrorClass::Refused, "NotUpdatable"));
    assert!(refused.message.contains("Name of AWS::New::Thing") && refused.message.contains("new object"), "{refused}");
    assert_eq!(place.fake.cloud().log.iter().filter(|name| *name == "UpdateResource").count(), 1);
    assert_eq!(place.delete(&created.id).await.unwrap(), None);
    assert_eq!(place.read(&created.id).await, None);
    assert_eq!(place.delete(&created.id).await.unwrap(), None, "what is gone is deleted");
    // The registry was asked once.
    assert_eq!(place.fake.cloud().log.iter().filter(|name| *name == "DescribeType").count(), 1);
}

#[tokio::test]
async fn what_takes_a_while_is_followed() {
    let place = Place::start().await;
    place.fake.cloud().looks = 2;
    let created = place.create("AWS::New::Stream", "n", json!({ "Tags": { "a": "1" } })).await.unwrap();
    assert_eq!((created.id.as_str(), &created.monitor), ("AWS::New::Stream|id-1", &None));
    let live = place.read(&created.id).await.unwrap();
    assert_eq!((properties(&live)["Tags"].clone(), live.owner.unwrap().address), (json!({ "a": "1" }), "thing".into()));
    let monitor = place.update(&created.id, json!({ "Size": 2 }), "t1").await.unwrap().unwrap();
    assert!(monitor.0.starts_with("aws.Unlisted|request-"), "{monitor:?}");
    assert_eq!(place.follow(&monitor).await, (1, Progress::Done));
    assert_eq!(place.object("AWS::New::Stream", "id-1")["Size"], 2);
    let monitor = place.delete(&created.id).await.unwrap().unwrap();
    assert_eq!(place.follow(&monitor).await, (1, Progress::Done));
    // What the service does not remember any more has ended.
    assert_eq!(place.follow(&Monitor("aws.Unlisted|request-99".into())).await, (0, Progress::Done));
}

#[tokio::test]
async fn what_was_there_before_is_left_alone() {
    let place = Place::start().await;
    for (vendor, id, written) in [
        ("AWS::New::Thing", "x", json!({ "Name": "x" })),
        ("AWS::New::Plain", "x|y", json!({ "Name": "x", "Stage": "y" })),
    ] {
        place.fake.cloud().put(vendor, id, json!({ "Of": "somebody" }));
        place.fake.cloud().looks = 2;
        let error = place.create(vendor, id, written.clone()).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::AlreadyExists, "{error}");
        let found = place.cloud.resolve(&place::target(), &wanted(vendor, id, written)).await.unwrap();
        assert_eq!(found, Vec::<EcoString>::new());
        assert_eq!(place.object(vendor, id), json!({ "Of": "somebody" }));
    }
}

#[tokio::test]
async fn a_create_that_was_cut_off_makes_one_object() {
    let place = Place::start().await;
    // With tags it is found by its marks.
    for (nonce, vendor, written) in
        [("n1", "AWS::New::Thing", json!({ "Name": "x" })), ("n2", "AWS::New::Stream", json!({ "Size": 1 }))]
    {
        place.fake.cloud().unanswered = vec!["CREATE"];
        let error = place.create(vendor, nonce, written.clone()).await.unwrap_err();
        assert!(error.may_have_effect(), "{error}");
        let found = place.cloud.resolve(&place::target(), &wanted(vendor, nonce, written.clone())).await.unwrap();
        assert_eq!(found.len(), 1, "{vendor}");
        let again = place.create(vendor, nonce, written.clone()).await.unwrap();
        assert_eq!(again.id, found[0], "the same token gives the same object");
        let other = place.cloud.resolve(&place::target(), &wanted(vendor, "other", written)).await.unwrap();
        assert!(other.is_empty(), "{other:?}");
    }
    // Without them by its token alone.
    place.fake.cloud().unanswered = vec!["CREATE"];
    let written = json!({ "Name": "a", "Stage": "b" });
    assert!(place.create("AWS::New::Plain", "n3", written.clone()).await.unwrap_err().may_have_effect());
    assert_eq!(place.create("AWS::New::Plain", "n3", written).await.unwrap().id, "AWS::New::Plain|a|b");
    assert_eq!(place.fake.cloud().count(), 3);
}

#[tokio::test]
async fn a_busy_service_is_asked_again() {
    let place = Place::start().await;
    place.fake.cloud().busy = 1;
    let created = place.create("AWS::New::Thing", "n", json!({ "Name": "x" })).await.unwrap();
    assert_eq!(created.id, "AWS::New::Thing|x");
}

#[tokio::test]
async fn what_cannot_be_managed_says_so() {
    let place = Place::start().await;
    let unknown = place.create("AWS::No::Thing", "n", json!({})).await.unwrap_err();
    assert!(unknown.message.contains("no type AWS::No::Thing in eu-central-1"), "{unknown}");
    let old = place.create("AWS::Old::Thing", "n", json!({})).await.unwrap_err();
    assert!(old.message.contains("Cloud Control cannot manage objects of AWS::Old::Thing"), "{old}");
    assert!([unknown.class, old.class].iter().all(|class| class.is_final()));
}

#[tokio::test]
async fn objects_are_looked_up() {
    let place = Place::start().await;
    for name in ["a", "b"] {
        place.create("AWS::New::Thing", name, json!({ "Name": name, "Size": 1 })).await.unwrap();
    }
    let found = async |conditions: Json| {
        let conditions = from_json(&conditions).as_map().unwrap().clone();
        let request = LookUp { kind: KIND.into(), conditions };
        let found = place.cloud.look_up(&place::target(), &request).await.unwrap();
        found.into_iter().map(|live| live.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(found(json!({ "type_name": "AWS::New::Thing", "identifier": "b" })).await, ["AWS::New::Thing|b"]);
    assert_eq!(
        found(json!({ "type_name": "AWS::New::Thing", "properties": { "Name": "a" } })).await,
        ["AWS::New::Thing|a"]
    );
    assert_eq!(found(json!({ "type_name": "AWS::New::Thing", "properties": { "Size": 1 } })).await.len(), 2);
    assert!(found(json!({ "type_name": "AWS::New::Thing", "identifier": "c" })).await.is_empty());
}
