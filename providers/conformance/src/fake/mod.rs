//! Our own fakes of services that no emulator has, or has in a way that is of no use: Cloud Control with the registry,
//! functions that answer or fail, and a store of secrets that refuses.

pub mod cloud_control;
pub mod http;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;

use self::cloud_control::{CloudControl, fault};
use self::http::{Request, Response, Server};

/// A fake of several services at one address.
pub struct Fake {
    server: Server,
    cloud: Arc<Mutex<CloudControl>>,
}

impl Fake {
    /// Starts one.
    ///
    /// # Errors
    /// There is no free port.
    pub fn start() -> Result<Self, String> {
        let cloud = Arc::new(Mutex::new(CloudControl::default()));
        let shared = Arc::clone(&cloud);
        let server = Server::start(Arc::new(move |request| answer(&shared, request)))?;
        Ok(Self { server, cloud })
    }

    /// The address, for `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Cloud Control, to look at and to meddle with.
    pub fn cloud(&self) -> MutexGuard<'_, CloudControl> {
        self.cloud.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn answer(cloud: &Mutex<CloudControl>, request: &Request) -> Response {
    let cloud = || cloud.lock().unwrap_or_else(PoisonError::into_inner);
    let target = request.header("x-amz-target");
    if let Some(operation) = target.strip_prefix("CloudApiService.") {
        return cloud().answer(operation, request);
    }
    if target == "secretsmanager.GetSecretValue" {
        let message =
            "User: arn:aws:iam::000000000001:user/x is not authorized to perform: secretsmanager:GetSecretValue";
        return fault(400, "AccessDeniedException", message);
    }
    if let Some(rest) = request.path.strip_prefix("/2015-03-31/functions/") {
        return function(rest.split('/').next().unwrap_or_default(), request);
    }
    let form = request.text();
    if form.contains("Action=DescribeType") {
        return cloud().describe(&form);
    }
    if form.contains("Action=GetCallerIdentity") {
        return Response::new(
            200,
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::000000000001:user/x</Arn>\
             <UserId>x</UserId><Account>000000000001</Account></GetCallerIdentityResult>\
             <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>",
        )
        .with("content-type", "text/xml");
    }
    fault(400, "UnknownOperationException", "the fake does not know this")
}

#[expect(clippy::disallowed_methods, reason = "a slow function sleeps")]
/// Functions by their names: `echo` answers what it is given, `slow` later, `fails` and `text` as they are called.
fn function(name: &str, request: &Request) -> Response {
    let ran =
        |response: Response| response.with("x-amz-executed-version", "7").with("content-type", "application/json");
    match name {
        "echo" => ran(Response::new(200, request.text())),
        "slow" => {
            std::thread::sleep(Duration::from_secs(5));
            ran(Response::new(200, "null"))
        }
        "text" => ran(Response::new(200, "not json")),
        "fails" => {
            let body = json!({ "errorType": "KeyError", "errorMessage": format!("given {}", request.text()) });
            ran(Response::new(200, body.to_string())).with("x-amz-function-error", "Unhandled")
        }
        _ => {
            let message = format!("Function not found: arn:aws:lambda:eu-central-1:000000000001:function:{name}");
            fault(404, "ResourceNotFoundException", &message).with("x-amzn-errortype", "ResourceNotFoundException")
        }
    }
}
