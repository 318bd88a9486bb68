//! Vaults, and the places where one signs in, played by a server on the loopback.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use cairn_conformance::fake::http::{Request, Response, Server};
use cairn_provider::value::Value;

use super::Vaults;
use super::machine::{Ask, Machine};
use crate::host::connection::{self, Answer};
use crate::model::vault::VaultSecret;

const NOW: u64 = 1_800_000_000;
const VALUE: &str = "canary-value-5581";
const SECRET: &str = "canary-client-9 &=ü";
const TOKEN: &str = "canary-token-7733";

/// A machine whose whole network is one server.
struct Machinery {
    server: Server,
    variables: BTreeMap<&'static str, String>,
    signed_in: bool,
    log: Arc<Mutex<Vec<String>>>,
}

#[async_trait]
impl Machine for Machinery {
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    fn file(&self, path: &str) -> Result<String, String> {
        if path == "/token" { Ok("canary-assertion\n".to_owned()) } else { Err(format!("{path}: it is not there")) }
    }

    fn now(&self) -> u64 {
        NOW
    }

    async fn send(&self, ask: &Ask) -> Result<Answer, String> {
        let port: u16 = self.server.url().rsplit(':').next().unwrap().parse().unwrap();
        connection::send(("127.0.0.1", port), false, ask.question()?).await
    }

    async fn command_line(&self, scope: &str, tenant: &str) -> Result<String, String> {
        self.log.lock().unwrap().push(format!("az {scope} {tenant}"));
        if self.signed_in {
            return Ok(format!(r#"{{ "accessToken": "{TOKEN}", "expires_on": {} }}"#, NOW + 3_600));
        }
        Err("Please run 'az login' to setup account.".to_owned())
    }
}

/// How the vault behaves that has been asked with a token.
type Vault = fn(&Request, usize) -> Response;

fn good(_: &Request, _: usize) -> Response {
    Response::new(200, format!(r#"{{ "value": "{VALUE}", "attributes": {{ "enabled": true, "exp": {} }} }}"#, NOW + 9))
}

fn error(status: u16, code: &str, message: &str, inner: &str) -> Response {
    let inner = format!(r#""innererror": {{ "code": "{inner}" }}"#);
    Response::new(status, format!(r#"{{ "error": {{ "code": "{code}", "message": "{message}", {inner} }} }}"#))
}

/// What answers in the place of everybody: vaults ask for a token first, whoever signs in gives one.
fn answer(request: &Request, vault: Vault, challenge: &str, log: &Mutex<Vec<String>>) -> Response {
    let host = request.header("host").to_owned();
    let signed = request.header("authorization") == format!("Bearer {TOKEN}");
    let mut log = log.lock().unwrap();
    log.push(format!("{} {host}{}{}", request.method, request.path, if signed { " signed" } else { "" }));
    let token = |token: &str| Response::new(200, format!(r#"{{ "access_token": "{token}", "expires_in": 3600 }}"#));
    if host.starts_with("login.") {
        let form = request.text();
        log.push(form.clone());
        return match form.contains("client_secret=canary-client-9%20%26%3D%C3%BC") || form.contains("=canary-assertion")
        {
            true => token(TOKEN),
            false => Response::new(
                401,
                format!(
                    r#"{{ "error_description": "AADSTS7000215: Invalid client secret.\r\nGiven: wrong {SECRET}" }}"#
                ),
            ),
        };
    }
    if host == "169.254.169.254" {
        return match request.header("metadata") {
            "true" if request.path.contains("client_id=of-the-machine") => token(TOKEN),
            _ => Response::new(400, r#"{ "error_description": "Identity not found" }"#),
        };
    }
    if !signed {
        return Response::new(401, "").with("WWW-Authenticate", challenge);
    }
    let times = log.iter().filter(|line| line.ends_with(" signed")).count();
    vault(request, times)
}

fn machine(vault: Vault, challenge: &str, variables: &[(&'static str, &str)]) -> Machinery {
    let log = Arc::new(Mutex::new(Vec::new()));
    let (shared, challenge) = (Arc::clone(&log), challenge.to_owned());
    let server = Server::start(Arc::new(move |request: &Request| answer(request, vault, &challenge, &shared))).unwrap();
    let variables = variables.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Machinery { server, variables, signed_in: false, log }
}

fn challenge(authority: &str, resource: &str) -> String {
    format!(r#"Bearer authorization="https://{authority}/tenant-1", resource="https://{resource}""#)
}

const PUBLIC: &str =
    r#"Bearer authorization="https://login.microsoftonline.com/tenant-1", resource="https://vault.azure.net""#;
const APPLICATION: [(&str, &str); 3] =
    [("AZURE_CLIENT_ID", "app"), ("AZURE_TENANT_ID", "tenant-1"), ("AZURE_CLIENT_SECRET", SECRET)];

/// Reads secrets one after the other; what came, and what was asked for.
fn read(machine: Machinery, names: &[&str]) -> (Vec<Result<Value, String>>, Vec<String>) {
    let log = Arc::clone(&machine.log);
    let vaults = Vaults::new(Arc::new(machine));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let results = names.iter().map(|name| runtime.block_on(vaults.read(&VaultSecret::parse(name).unwrap()))).collect();
    let log = log.lock().unwrap().clone();
    (results, log)
}

/// Why a secret of a vault is not read by an application that is signed in; the sentence holds no secret.
fn refused(vault: Vault) -> String {
    let (results, _) = read(machine(vault, PUBLIC, &APPLICATION), &["shop/token"]);
    let why = results[0].clone().unwrap_err();
    assert!(!why.contains("canary"), "{why}");
    why
}

#[test]
fn an_application_reads_in_every_cloud() {
    for (vault, authority, resource) in [
        ("shop", "login.microsoftonline.com", "vault.azure.net"),
        ("shop.vault.azure.cn", "login.chinacloudapi.cn", "vault.azure.cn"),
        ("shop.vault.usgovcloudapi.net", "login.microsoftonline.us", "vault.usgovcloudapi.net"),
    ] {
        let names = [format!("{vault}/token"), format!("{vault}/other/0123")];
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (results, log) = read(machine(good, &challenge(authority, resource), &APPLICATION), &names);
        assert!(results.iter().all(|result| *result == Ok(Value::text(VALUE))), "{results:?}");
        let host = format!("shop.{resource}");
        let form = format!(
            "grant_type=client_credentials&client_id=app&scope=https%3A%2F%2F{resource}%2F.default\
             &client_secret=canary-client-9%20%26%3D%C3%BC"
        );
        // The token is asked for once, and goes to the vault alone.
        assert_eq!(
            log,
            [
                format!("GET {host}/secrets/token?api-version=7.4"),
                format!("POST {authority}/tenant-1/oauth2/v2.0/token"),
                form,
                format!("GET {host}/secrets/token?api-version=7.4 signed"),
                format!("GET {host}/secrets/other/0123?api-version=7.4 signed"),
            ]
        );
    }
}

#[test]
fn the_first_who_is_there_reads() {
    let federated =
        [("AZURE_CLIENT_ID", "app"), ("AZURE_TENANT_ID", "tenant-1"), ("AZURE_FEDERATED_TOKEN_FILE", "/token")];
    let (results, log) = read(machine(good, PUBLIC, &federated), &["shop/token"]);
    assert_eq!(results, [Ok(Value::text(VALUE))]);
    assert!(
        log.iter()
            .any(|line| line.contains("client_assertion=canary-assertion&") || line.ends_with("=canary-assertion")),
        "{log:?}"
    );
    let (results, log) = read(machine(good, PUBLIC, &[("AZURE_CLIENT_ID", "of-the-machine")]), &["shop/token"]);
    assert_eq!(results, [Ok(Value::text(VALUE))]);
    assert!(log[1].starts_with("GET 169.254.169.254/metadata/identity/oauth2/token?"), "{log:?}");
    assert!(log[1].contains("resource=https://vault.azure.net"), "{log:?}");
    let person = Machinery { signed_in: true, ..machine(good, PUBLIC, &[]) };
    let (results, log) = read(person, &["shop/token"]);
    assert_eq!(results, [Ok(Value::text(VALUE))]);
    assert_eq!(log[2], "az https://vault.azure.net/.default tenant-1");
}

#[test]
fn nobody_and_whoever_is_refused_are_told_apart() {
    let (results, _) = read(machine(good, PUBLIC, &[]), &["shop/token"]);
    let why = results[0].clone().unwrap_err();
    for part in ["nobody is signed in to Azure", "AZURE_CLIENT_SECRET", "Identity not found", "az login"] {
        assert!(why.contains(part), "{part}: {why}");
    }
    let wrong = [("AZURE_CLIENT_ID", "app"), ("AZURE_TENANT_ID", "tenant-1"), ("AZURE_CLIENT_SECRET", "wrong")];
    let (results, _) = read(machine(good, PUBLIC, &wrong), &["shop/token"]);
    let why = results[0].clone().unwrap_err();
    assert!(why.contains("does not let the application app sign in: AADSTS7000215"), "{why}");
    assert!(!why.contains("wrong"), "{why}");
    let missing = [("AZURE_CLIENT_ID", "a"), ("AZURE_TENANT_ID", "t"), ("AZURE_FEDERATED_TOKEN_FILE", "/none")];
    let (results, _) = read(machine(good, PUBLIC, &missing), &["shop/token"]);
    assert!(results[0].clone().unwrap_err().contains("AZURE_FEDERATED_TOKEN_FILE: /none"), "{results:?}");
}

#[test]
fn no_token_goes_to_somebody_else() {
    for (said, told) in [
        (challenge("login.microsoftonline.com", "evil.example"), "evil.example, which is not its own"),
        (challenge("login.microsoftonline.com", "management.azure.com"), "which is not its own"),
        (challenge("login.microsoftonline.com", "ault.azure.net"), "which is not its own"),
        (challenge("login.evil.example", "vault.azure.net"), "sends to login.evil.example to sign in"),
        ("Basic realm=x".to_owned(), "does not say whose tokens it takes"),
        ("Bearer resource=\"http://vault.azure.net\"".to_owned(), "does not say whose tokens it takes"),
    ] {
        let (results, log) = read(machine(good, &said, &APPLICATION), &["shop/token"]);
        let why = results[0].clone().unwrap_err();
        assert!(why.contains(told), "{why}");
        assert_eq!(log, ["GET shop.vault.azure.net/secrets/token?api-version=7.4"], "nobody else was asked");
    }
    let chosen = [&APPLICATION[..], &[("AZURE_AUTHORITY_HOST", "http://login.example.com")]].concat();
    let (results, _) = read(machine(good, PUBLIC, &chosen), &["shop/token"]);
    assert!(results[0].clone().unwrap_err().contains("AZURE_AUTHORITY_HOST is no address with https"), "{results:?}");
}

#[test]
fn a_vault_that_gives_nothing_says_why() {
    let why = refused(|_, _| error(401, "Unauthorized", "AKV10032: Invalid issuer.", ""));
    assert!(why.contains("does not take the token of the application app: AKV10032: Invalid issuer."), "{why}");
    let why =
        refused(|_, _| error(403, "Forbidden", "The user, group or application 'appid=app' has no permission.", ""));
    assert!(why.contains("the application app may not read secrets of the vault shop.vault.azure.net"), "{why}");
    assert!(why.contains("appid=app") && why.contains("Key Vault Secrets User"), "{why}");
    let why = refused(|_, _| error(403, "Forbidden", "Operation get is not allowed.", "SecretDisabled"));
    assert!(why.contains("the secret token is disabled in the vault"), "{why}");
    let why = refused(|_, _| error(404, "SecretNotFound", "A secret with (name/id) token was not found.", ""));
    assert!(why.contains("the vault shop.vault.azure.net has no secret token: A secret with"), "{why}");
    let why = refused(|_, _| Response::new(200, r#"{ "value": "canary", "attributes": { "exp": 1767312000 } }"#));
    assert!(why.contains("the secret token has expired on 2026-01-02"), "{why}");
    let why = refused(|_, _| Response::new(200, r#"{ "value": "canary", "attributes": { "nbf": 1900000000 } }"#));
    assert!(why.contains("not valid before 2030-03-17"), "{why}");
    let why = refused(|_, _| Response::new(200, "canary"));
    assert!(why.contains("without a value"), "{why}");
    // Whatever a vault says, the token it was given is not repeated.
    let why = refused(|request, _| error(400, "BadRequest", request.header("authorization"), ""));
    assert!(why.contains("answers 400: Bearer (secret)"), "{why}");
}

#[test]
fn a_busy_vault_is_asked_again_when_it_says() {
    let begun = std::time::Instant::now();
    let (results, log) = read(
        machine(
            |request, times| match times {
                1 => error(429, "Throttled", "busy", "").with("Retry-After", "1"),
                2 => Response::new(503, ""),
                _ => good(request, times),
            },
            PUBLIC,
            &APPLICATION,
        ),
        &["shop/token"],
    );
    assert_eq!(results, [Ok(Value::text(VALUE))]);
    assert!(begun.elapsed() >= std::time::Duration::from_secs(1));
    assert_eq!(log.iter().filter(|line| line.ends_with(" signed")).count(), 3);
    let why = refused(|_, _| error(429, "Throttled", "busy", "").with("Retry-After", "3600"));
    assert!(why.contains("the vault shop.vault.azure.net is busy"), "{why}");
}
