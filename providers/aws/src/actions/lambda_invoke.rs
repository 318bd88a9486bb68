//! A call of a Lambda function, waited for.
//!
//! The sandbox runs it without running anything. A build for AWS refuses it until it carries the service's SDK.
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
