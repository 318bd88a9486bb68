//! A call of a Lambda function, waited for.
//!
//! The sandbox runs it without running anything.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>

use cairn_provider::declaration::{ActionDeclaration, Example};
use cairn_provider::schema::overlay::{Overlay, Reference};

/// `aws.lambda.Invoke`.
pub static ACTION: ActionDeclaration = ActionDeclaration {
    name: "aws.lambda.Invoke",
    title: "Calls a Lambda function and waits for its answer",
    facts: r#"{
        "type": "AWS::Lambda::Invoke", "action": true, "id": ["ExecutedVersion"],
        "required": ["FunctionName"],
        "read_only": ["ExecutedVersion", "ResponsePayload", "StatusCode"],
        "properties": {
          "FunctionName": { "max_length": 170 },
          "Payload": { "type": "json" },
          "Qualifier": { "max_length": 128 },
          "ExecutedVersion": {},
          "ResponsePayload": { "type": "json" },
          "StatusCode": { "type": "integer" }
        }
    }"#,
    overlay: Overlay {
        references: &[Reference { path: "FunctionName", to: &[("AWS::Lambda::Function", "FunctionName")] }],
        popular: &["Payload"],
        noun: "a call of a function",
        ..Overlay::EMPTY
    },
    permissions: &["lambda:InvokeFunction"],
    examples: &[Example {
        title: "A migration whenever the release changes",
        source: "input release: String = \"1.42.0\"\n\n@when(changed(release))\naction migrate = aws.lambda.Invoke {\n  \
                 function: existing(\"shop-migrate\")\n  payload: { release: release }\n}\n",
    }],
};

#[cfg(feature = "native")]
pub use native::run;

#[cfg(feature = "native")]
mod native {
    use std::time::Duration;

    use aws_sdk_lambda::config::Builder;
    use aws_sdk_lambda::config::timeout::TimeoutConfig;
    use aws_sdk_lambda::primitives::Blob;
    use aws_sdk_lambda::types::InvocationType;
    use cairn_provider::error::{ErrorClass, ProviderError};
    use cairn_provider::request::RunAction;
    use cairn_provider::value::{Map, Value, from_json, to_json};
    use ecow::{EcoString, eco_format};

    use crate::native::codec::{need, take};
    use crate::native::session::Session;

    const OPERATION: &str = "lambda.Invoke";
    /// A function runs for a quarter of an hour at most; how long it may run here is the engine's to say.
    const LONGEST: Duration = Duration::from_secs(920);
    /// More of what a failed function says is not shown.
    const SHOWN: usize = 2_000;

    /// Calls the function and waits for its answer.
    ///
    /// # Errors
    /// It could not be called, or it failed: the message holds what it says, which may hold secrets.
    pub async fn run(session: &Session, request: &RunAction) -> Result<Map, ProviderError> {
        let arguments = &request.arguments;
        let payload = arguments.get("payload").filter(|payload| !payload.is_none());
        let timeouts = TimeoutConfig::builder().read_timeout(LONGEST).operation_attempt_timeout(LONGEST).build();
        let call = session
            .lambda()
            .invoke()
            .function_name(need::<String>(arguments, "function")?)
            .invocation_type(InvocationType::RequestResponse)
            .set_qualifier(take(arguments, "qualifier")?)
            .set_payload(payload.map(|payload| Blob::new(to_json(payload).to_string())))
            .customize()
            .config_override(Builder::default().timeout_config(timeouts));
        let answer = session.write(OPERATION, call.send()).await?;
        let said = answer.payload().map(AsRef::as_ref).unwrap_or_default();
        if let Some(kind) = answer.function_error() {
            let said = failure(said);
            return Err(ProviderError::new(
                ErrorClass::Refused,
                kind,
                OPERATION,
                eco_format!("the function failed: {said}"),
            ));
        }
        let mut results = arguments.clone();
        results.insert("status_code".into(), Value::Int(answer.status_code().into()));
        results.insert("executed_version".into(), Value::text(answer.executed_version().unwrap_or("$LATEST")));
        results.insert("response_payload".into(), payload_of(said));
        Ok(results)
    }

    /// The answer as JSON, or else as text.
    fn payload_of(said: &[u8]) -> Value {
        match serde_json::from_slice(said) {
            Ok(json) => from_json(&json),
            Err(_) if said.is_empty() => Value::None,
            Err(_) => Value::text(String::from_utf8_lossy(said).as_ref()),
        }
    }

    /// What a failed function says of itself: kind and message where it says them, or else everything.
    fn failure(said: &[u8]) -> EcoString {
        let json: Option<serde_json::Value> = serde_json::from_slice(said).ok();
        let text = |name: &str| json.as_ref()?.get(name)?.as_str().filter(|text| !text.is_empty());
        let all = match (text("errorType"), text("errorMessage")) {
            (Some(kind), Some(message)) => format!("{kind}: {message}"),
            (None, Some(message)) => message.to_owned(),
            (_, None) => String::from_utf8_lossy(said).into_owned(),
        };
        match all.char_indices().nth(SHOWN) {
            Some((end, _)) => eco_format!("{}…", all.get(..end).unwrap_or_default()),
            None => all.into(),
        }
    }

    #[cfg(test)]
    mod tests {
        use cairn_provider::value::Value;

        use super::{failure, payload_of};

        #[test]
        fn a_failed_function_is_quoted() {
            assert_eq!(
                failure(br#"{"errorMessage":"no table","errorType":"KeyError","stackTrace":[]}"#),
                "KeyError: no table"
            );
            assert_eq!(failure(br#"{"errorMessage":"RequestId: 1 Task timed out"}"#), "RequestId: 1 Task timed out");
            assert_eq!(failure(b"plain"), "plain");
            assert_eq!(failure("x".repeat(3_000).as_bytes()).chars().count(), 2_001);
        }

        #[test]
        fn an_answer_is_json_or_text() {
            assert_eq!(payload_of(b"[1]"), Value::list([Value::Int(1)]));
            assert_eq!(payload_of(b"done"), Value::text("done"));
            assert_eq!(payload_of(b""), Value::None);
        }
    }
}
