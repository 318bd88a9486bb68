//! Functions that are called, and secrets of the vendor's store.
#![cfg(feature = "native")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail loudly")]

mod place;

use cairn_conformance::emulator::Kind;
use cairn_conformance::fake::Fake;
use cairn_provider::error::{ErrorClass, ProviderError};
use cairn_provider::provider::Provider;
use cairn_provider::request::RunAction;
use cairn_provider::value::{Map, Value, from_json, to_json};
use serde_json::{Value as Json, json};

async fn invoked(url: &str, arguments: Json) -> Result<Map, ProviderError> {
    let cloud = place::provider(&place::config(url).await);
    assert!(cloud.runs("aws.lambda.Invoke") && !cloud.runs("aws.lambda.Function"));
    let arguments = from_json(&arguments).as_map().unwrap().clone();
    let request = RunAction { kind: "aws.lambda.Invoke".into(), arguments, token: "t".into() };
    cloud.run(&place::target(), &request).await
}

#[tokio::test]
async fn a_function_is_called_and_answers() {
    let fake = Fake::start().unwrap();
    let payload = json!({ "release": "1.42.0", "count": 3 });
    let results = invoked(&fake.url(), json!({ "function": "echo", "payload": payload })).await.unwrap();
    assert_eq!(to_json(&results["response_payload"]), payload);
    assert_eq!((&results["status_code"], &results["executed_version"]), (&Value::Int(200), &Value::text("7")));
    assert_eq!(results["function"], Value::text("echo"));
    let results = invoked(&fake.url(), json!({ "function": "text" })).await.unwrap();
    assert_eq!(results["response_payload"], Value::text("not json"));
}

#[tokio::test]
async fn a_function_that_fails_or_is_not_there_says_so() {
    let fake = Fake::start().unwrap();
    let failed = invoked(&fake.url(), json!({ "function": "fails", "payload": { "a": 1 } })).await.unwrap_err();
    assert_eq!((failed.class, failed.code.as_str()), (ErrorClass::Refused, "Unhandled"));
    assert!(failed.message.contains(r#"the function failed: KeyError: given {"a":1}"#), "{failed}");
    let missing = invoked(&fake.url(), json!({ "function": "none" })).await.unwrap_err();
    assert_eq!((missing.class, missing.code.as_str()), (ErrorClass::NotFound, "ResourceNotFoundException"));
}

#[tokio::test]
async fn secrets_come_from_the_store() {
    let (_moto, config, cloud) = place::start(Kind::Moto).await;
    let store = aws_sdk_secretsmanager::Client::new(&config);
    let made = store.create_secret().name("shop/token").secret_string("one").send().await.unwrap();
    store.create_secret().name("shop/db").secret_string(r#"{"user":"shop"}"#).send().await.unwrap();
    store
        .create_secret()
        .name("shop/key")
        .secret_binary(aws_sdk_secretsmanager::primitives::Blob::new("raw"))
        .send()
        .await
        .unwrap();
    store.put_secret_value().secret_id("shop/token").secret_string("two").send().await.unwrap();
    let target = place::target();
    let read = async |name: &str| cloud.secret(&target, name).await;
    assert_eq!(read("shop/token").await.unwrap(), Value::text("two"), "the current version");
    assert_eq!(read(made.arn().unwrap()).await.unwrap(), Value::text("two"), "by its ARN");
    assert_eq!(read("shop/db").await.unwrap(), Value::text(r#"{"user":"shop"}"#));
    assert_eq!(read("shop/db:user").await.unwrap(), Value::text("shop"), "one part");
    assert_eq!(read(&format!("{}::AWSPREVIOUS", made.arn().unwrap())).await.unwrap(), Value::text("one"));
    let no_part = read("shop/db:password").await.unwrap_err();
    assert!(no_part.message.contains("the secret shop/db has no part `password`"), "{no_part}");
    assert_eq!(read("shop/token::never").await.unwrap_err().class, ErrorClass::NotFound);
    let missing = read("shop/none").await.unwrap_err();
    assert_eq!(missing.class, ErrorClass::NotFound);
    let binary = read("shop/key").await.unwrap_err();
    assert!(!binary.message.contains("raw"), "{binary}");
}

#[tokio::test]
async fn a_store_that_refuses_says_whom() {
    let fake = Fake::start().unwrap();
    let cloud = place::provider(&place::config(&fake.url()).await);
    let denied = cloud.secret(&place::target(), "shop/token").await.unwrap_err();
    assert_eq!(denied.class, ErrorClass::Denied);
    assert!(denied.message.contains("secretsmanager:GetSecretValue"), "{denied}");
}
