//! What is newer than the catalogue, and functions that are called, by the binary over HTTP. Our own fakes stand for Cloud
//! Control and for functions, moto for the service of a type with a handler. A few seconds.

use cairn_conformance::emulator::{Emulator, Kind};
use cairn_conformance::fake::Fake;
use serde_json::{Value as Json, json};

use crate::project::{Project, repository};

fn stack(source: &str, url: &str) -> Project {
    let header = "stack newer { cairn: \"1\" }\nimport aws\nprovider eu = aws.Target { region: \"eu-central-1\" }\n";
    Project::with(&format!("{header}{source}")).against(url)
}

fn object(fake: &Fake, kind: &str, id: &str) -> Json {
    fake.cloud().object(kind, id).cloned().unwrap_or_default()
}

const THING: &str = "resource thing = aws.Unlisted {\n  type_name: \"AWS::New::Thing\"\n  \
                     properties: { Name: \"news\", Size: 1, Net: { Ports: [1, 2] }, Password: \"p\", Tags: [{ Key: \"a\", Value: \"b\" }] }\n}\n\
                     output id = thing.identifier\n";

#[test]
fn an_unlisted_type_is_made_changed_and_destroyed() {
    let fake = Fake::start().unwrap();
    let project = stack(THING, &fake.url());
    // The answer to the first create is lost, and every request takes a while.
    fake.cloud().looks = 1;
    fake.cloud().unanswered = vec!["CREATE"];
    let applied = project.json(0, "apply --yes");
    assert_eq!(applied["complete"], true, "{applied:#}");
    assert_eq!(fake.cloud().count(), 1);
    assert_eq!(object(&fake, "AWS::New::Thing", "news")["Tags"].as_array().unwrap().len(), 4);
    project.expect(0, "plan --detailed-exitcode");
    project.expect(0, "drift");
    // A change is an operation that is followed, and keeps what nobody wrote and what is never returned.
    project.edit("stack.cairn", "Size: 1, Net: { Ports: [1, 2] }", "Net: { Ports: [2, 1] }");
    let plan = project.json(2, "plan --detailed-exitcode");
    let paths: Vec<&Json> =
        plan["changes"][0]["attributes"].as_array().unwrap().iter().map(|one| &one["path"]).collect();
    assert_eq!(paths, ["properties.Net.Ports", "properties.Size"], "{plan:#}");
    project.expect(0, "apply --yes");
    let thing = object(&fake, "AWS::New::Thing", "news");
    assert_eq!((&thing["Net"], thing.get("Size")), (&json!({ "Ports": [2, 1], "Zone": "a" }), None));
    assert_eq!((&thing["Password"], &thing["Mode"]), (&json!("p"), &json!("standard")));
    project.expect(0, "plan --detailed-exitcode");
    // Somebody else changes what is written, and what is not.
    let mut other = thing;
    other["Net"]["Zone"] = "b".into();
    other["Net"]["Ports"] = json!([3]);
    fake.cloud().put("AWS::New::Thing", "news", other);
    let drift = project.json(2, "drift");
    let drift = drift["drift"][0]["attributes"].as_array().unwrap();
    assert_eq!((drift.len(), &drift[0]["path"]), (1, &json!("properties.Net.Ports")));
    project.expect(0, "apply --yes");
    // What needs a new object is refused, and nothing is touched.
    project.edit("stack.cairn", "Name: \"news\"", "Name: \"other\"");
    let refused = project.run("apply --yes");
    assert_ne!(refused.code, Some(0));
    assert!(
        format!("{}{}", refused.out, refused.err).contains("Name of AWS::New::Thing cannot be changed"),
        "{}",
        refused.err
    );
    assert_eq!(object(&fake, "AWS::New::Thing", "news")["Net"]["Ports"], json!([2, 1]));
    // Asked for, it is a new object.
    project.expect(0, "apply --yes --replace thing");
    assert_eq!(fake.cloud().count(), 1);
    assert_eq!(object(&fake, "AWS::New::Thing", "other")["Password"], "p");
    project.expect(0, "destroy --yes");
    assert_eq!(fake.cloud().count(), 0);
}

#[test]
fn what_was_there_before_is_not_touched() {
    let fake = Fake::start().unwrap();
    fake.cloud().put("AWS::New::Plain", "a|b", json!({ "Of": "somebody" }));
    let source = "resource plain = aws.Unlisted { type_name: \"AWS::New::Plain\", properties: { Name: \"a\", Stage: \"b\", Size: 1 } }\n";
    let project = stack(source, &fake.url());
    let refused = project.run("apply --yes");
    assert_ne!(refused.code, Some(0));
    assert!(format!("{}{}", refused.out, refused.err).contains("a|b exists already"), "{}{}", refused.out, refused.err);
    project.expect(0, "destroy --yes");
    assert_eq!(object(&fake, "AWS::New::Plain", "a|b"), json!({ "Of": "somebody" }));
    // Taken over on purpose, it is changed in what is written and in nothing else.
    project.edit("stack.cairn", "resource plain", "@adopt(\"AWS::New::Plain|a|b\")\nresource plain");
    project.expect(0, "apply --yes");
    let found = object(&fake, "AWS::New::Plain", "a|b");
    assert_eq!((&found["Of"], &found["Size"]), (&json!("somebody"), &json!(1)));
    project.expect(0, "plan --detailed-exitcode");
}

#[test]
fn raw_properties_are_sent_beside_those_of_the_handler() {
    let moto = Emulator::start(Kind::Moto, repository()).unwrap();
    let fake = Fake::start().unwrap();
    let source = "resource topic = aws.sns.Topic { topic_name: \"news\", display_name: \"News\", raw: { NewProperty: { Deep: [1] } } }\n\
                  output arn = topic.topic_arn\n";
    let project = stack(source, &moto.url())
        .variable("AWS_ENDPOINT_URL_CLOUDCONTROL", &fake.url())
        .variable("AWS_ENDPOINT_URL_CLOUDFORMATION", &fake.url());
    fake.cloud().looks = 1;
    let plan = project.json(0, "plan");
    assert_eq!(plan["unchecked"], json!({ "topic": ["NewProperty"] }));
    project.expect(0, "apply --yes");
    project.expect(0, "plan --detailed-exitcode");
    let arn = "arn:aws:sns:eu-central-1:123456789012:news";
    assert_eq!(object(&fake, "AWS::SNS::Topic", arn)["NewProperty"], json!({ "Deep": [1] }));
    project.edit("stack.cairn", "Deep: [1]", "Deep: [2]");
    project.edit("stack.cairn", "\"News\"", "\"Newer\"");
    project.expect(0, "apply --yes");
    assert_eq!(object(&fake, "AWS::SNS::Topic", arn)["NewProperty"], json!({ "Deep": [2] }));
    project.expect(0, "plan --detailed-exitcode");
    fake.cloud().put("AWS::SNS::Topic", arn, json!({ "NewProperty": { "Deep": [3], "Own": 1 } }));
    let drift = project.json(2, "drift");
    assert_eq!(drift["drift"][0]["attributes"][0]["path"], "raw.NewProperty.Deep", "{drift:#}");
    project.edit("stack.cairn", ", raw: { NewProperty: { Deep: [2] } }", "");
    project.expect(0, "apply --yes");
    assert_eq!(object(&fake, "AWS::SNS::Topic", arn), json!({}));
    project.expect(0, "plan --detailed-exitcode");
    project.expect(0, "destroy --yes");
}

#[test]
fn functions_are_called() {
    let fake = Fake::start().unwrap();
    let source = "input release: String = \"1\"\n\
                  @when(changed(release))\n\
                  action migrate = aws.lambda.Invoke { function: existing(\"echo\"), payload: { release: release } }\n\
                  output said = migrate.response_payload\n";
    let project = stack(source, &fake.url());
    let applied = project.json(0, "apply --yes");
    assert_eq!(applied["outputs"]["said"]["release"], "1", "{applied:#}");
    project.expect(0, "plan --detailed-exitcode");
    project.edit("stack.cairn", "\"echo\"", "\"fails\"");
    let failed = project.run("apply --yes --set release=2");
    assert_ne!(failed.code, Some(0));
    let told = format!("{}{}", failed.out, failed.err);
    assert!(told.contains("the function failed: KeyError: given {\"release\":\"2\"}"), "{told}");
    project.edit("stack.cairn", "\"fails\"", "\"slow\"");
    project.edit("stack.cairn", "@when", "@timeout(run: 1s)\n@when");
    let late = project.run("apply --yes --set release=2");
    assert!(format!("{}{}", late.out, late.err).contains("has not ended within 1s"), "{}{}", late.out, late.err);
    assert_ne!(late.code, Some(0));
}
