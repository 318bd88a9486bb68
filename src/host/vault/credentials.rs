//! Who asks: the first of those that the machine has. A secret or a federated token of the environment, the identity
//! that Azure gave to the machine, whoever is signed in to Azure's command line.

use serde_json::Value as Json;

use super::challenge::Challenge;
use super::machine::{Ask, Machine};
use super::one_line;
use crate::model::vault::VaultCloud;

/// A token, and whose it is.
#[derive(Clone)]
pub struct Token {
    /// The token itself.
    pub value: String,
    /// Until when it is used, in seconds since 1970.
    pub until: u64,
    /// Whose it is, for messages.
    pub whose: String,
}

impl Token {
    /// A text without the token.
    pub fn clean(&self, text: &str) -> String {
        text.replace(&self.value, "(secret)")
    }
}

/// A token is not used in its last minutes, in seconds.
const LAST: u64 = 300;
/// Where a machine of Azure asks for its own identity.
const METADATA: &str = "http://169.254.169.254/metadata/identity/oauth2/token";

/// A token for the vaults of a cloud.
///
/// # Errors
/// Nobody is signed in, or who is there was refused; the sentence says who was tried.
pub async fn token(machine: &dyn Machine, cloud: &VaultCloud, challenge: &Challenge) -> Result<Token, String> {
    let resource = format!("https://{}", cloud.suffix);
    let scope = format!("{resource}/.default");
    let variable = |name: &str| machine.variable(name).filter(|value| !value.is_empty());
    let (client, tenant) = (variable("AZURE_CLIENT_ID"), variable("AZURE_TENANT_ID"));
    if let (Some(client), Some(tenant)) = (&client, &tenant) {
        let signing = Signing { machine, challenge, client, tenant, scope: &scope };
        if let Some(secret) = variable("AZURE_CLIENT_SECRET") {
            return signing.with(&[("client_secret", &secret)], &secret).await;
        }
        if let Some(path) = variable("AZURE_FEDERATED_TOKEN_FILE") {
            let assertion = machine.file(&path).map_err(|why| format!("AZURE_FEDERATED_TOKEN_FILE: {why}"))?;
            let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
            let proof = [("client_assertion_type", kind), ("client_assertion", assertion.trim())];
            return signing.with(&proof, assertion.trim()).await;
        }
    }
    let identity = match of_the_machine(machine, &resource, client.as_deref()).await {
        Ok(token) => return Ok(token),
        Err(why) => why,
    };
    let said = match machine.command_line(&scope, &challenge.tenant).await {
        Ok(said) => said,
        Err(why) => {
            return Err(format!(
                "nobody is signed in to Azure: no AZURE_CLIENT_ID and AZURE_TENANT_ID with AZURE_CLIENT_SECRET or \
                 AZURE_FEDERATED_TOKEN_FILE; the machine's own identity: {identity}; `az`: {why}"
            ));
        }
    };
    let json: Json = serde_json::from_str(&said).unwrap_or_default();
    let value = json.get("accessToken").and_then(Json::as_str).unwrap_or_default();
    if value.is_empty() {
        return Err("`az account get-access-token` gave no token".to_owned());
    }
    let until = json.get("expires_on").and_then(seconds).unwrap_or_else(|| machine.now() + 2 * LAST);
    Ok(Token {
        value: value.to_owned(),
        until: until.saturating_sub(LAST),
        whose: "whoever is signed in to `az`".into(),
    })
}

/// An application that signs in.
struct Signing<'a> {
    machine: &'a dyn Machine,
    challenge: &'a Challenge,
    client: &'a str,
    tenant: &'a str,
    scope: &'a str,
}

impl Signing<'_> {
    /// Signs in with a proof of who it is.
    async fn with(&self, proof: &[(&str, &str)], secret: &str) -> Result<Token, String> {
        let tenant = self.tenant;
        if !tenant.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte)) {
            return Err("AZURE_TENANT_ID is no tenant".to_owned());
        }
        let mut form = vec![("grant_type", "client_credentials"), ("client_id", self.client), ("scope", self.scope)];
        form.extend(proof);
        let ask = Ask {
            url: format!("https://{}/{tenant}/oauth2/v2.0/token", self.challenge.authority),
            headers: Vec::new(),
            form: Some(form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()),
        };
        let whose = format!("the application {}", self.client);
        let authority = &self.challenge.authority;
        let answer = self.machine.send(&ask).await;
        let answer = answer.map_err(|why| format!("{authority}, where {whose} signs in, does not answer: {why}"))?;
        let json: Json = serde_json::from_str(&answer.body).unwrap_or_default();
        match token_of(&json, self.machine, &whose) {
            Some(token) if answer.status == 200 => Ok(token),
            _ => {
                let why = json.get("error_description").and_then(Json::as_str).unwrap_or("it gives no reason");
                let why = one_line(why).replace(secret, "(secret)");
                Err(format!("{authority} does not let {whose} sign in: {why}"))
            }
        }
    }
}

/// The identity that Azure gave to the machine, by the service that only it can reach.
async fn of_the_machine(machine: &dyn Machine, resource: &str, client: Option<&str>) -> Result<Token, String> {
    let mut url = format!("{METADATA}?api-version=2018-02-01&resource={resource}");
    if let Some(client) =
        client.filter(|client| client.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
    {
        url.push_str(&format!("&client_id={client}"));
    }
    let ask = Ask { url, headers: vec![("metadata", "true".to_owned())], form: None };
    let answer = machine.send(&ask).await?;
    let json: Json = serde_json::from_str(&answer.body).unwrap_or_default();
    match token_of(&json, machine, "the machine's own identity") {
        Some(token) if answer.status == 200 => Ok(token),
        _ => {
            let why = json.get("error_description").and_then(Json::as_str).map(one_line);
            Err(why.unwrap_or_else(|| format!("status {}", answer.status)))
        }
    }
}

fn token_of(json: &Json, machine: &dyn Machine, whose: &str) -> Option<Token> {
    let value = json.get("access_token").and_then(Json::as_str).filter(|value| !value.is_empty())?;
    let lasts = json.get("expires_in").and_then(seconds).unwrap_or(2 * LAST);
    Some(Token { value: value.to_owned(), until: machine.now() + lasts.saturating_sub(LAST), whose: whose.to_owned() })
}

/// Seconds, which one service writes as a number and another as text.
fn seconds(value: &Json) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}
