//! Secrets of Azure's key vaults, read over their API with a token of whoever runs Cairn.
//!
//! A token goes to the vault it was asked for and to nobody else: the vault says whose tokens it takes, and is believed
//! only if that fits its own host.

mod challenge;
mod credentials;
mod machine;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cairn_provider::value::Value;
use serde_json::Value as Json;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

pub use self::machine::ThisMachine;

use self::challenge::Challenge;
use self::credentials::Token;
use self::machine::{Ask, Machine};
use crate::host::connection::Answer;
use crate::model::date::Date;
use crate::model::vault::VaultSecret;

/// For how long a vault that is busy is asked again.
const SERVED_WITHIN: Duration = Duration::from_secs(60);
/// More of what a vault says is not shown.
const SHOWN: usize = 600;

/// Reads secrets of vaults.
pub struct Vaults {
    machine: Arc<dyn Machine>,
    /// By the vault's host.
    tokens: Mutex<BTreeMap<String, Token>>,
}

impl Vaults {
    /// With what a machine has.
    pub fn new(machine: Arc<dyn Machine>) -> Self {
        Self { machine, tokens: Mutex::default() }
    }

    /// Reads a secret.
    ///
    /// # Errors
    /// There is none, or nobody may read it; a sentence without any secret.
    pub async fn read(&self, secret: &VaultSecret) -> Result<Value, String> {
        // One at a time: secrets of one vault share a token.
        let mut tokens = self.tokens.lock().await;
        let known = tokens.get(&secret.host).filter(|token| token.until > self.machine.now()).cloned();
        let token = match known {
            Some(token) => token,
            None => match self.token(secret).await? {
                Ok(token) => {
                    tokens.insert(secret.host.clone(), token.clone());
                    token
                }
                Err(answer) => return Err(explained(secret, &answer, None)),
            },
        };
        let answer = self.ask(secret, Some(&token)).await?;
        if answer.status == 401 {
            tokens.remove(&secret.host);
        }
        if answer.status != 200 {
            return Err(token.clean(&explained(secret, &answer, Some(&token))));
        }
        self.value(secret, &answer.body)
    }

    /// A token, after asking the vault whose it takes; the vault's answer if it asks for none.
    async fn token(&self, secret: &VaultSecret) -> Result<Result<Token, Answer>, String> {
        let answer = self.ask(secret, None).await?;
        if answer.status != 401 {
            return Ok(Err(answer));
        }
        let challenge = Challenge::of(&answer, secret, self.machine.as_ref())?;
        credentials::token(self.machine.as_ref(), secret.cloud, &challenge).await.map(Ok)
    }

    /// Asks the vault, again while it is busy.
    async fn ask(&self, secret: &VaultSecret, token: Option<&Token>) -> Result<Answer, String> {
        let ask = Ask {
            url: format!("https://{}{}", secret.host, secret.path()),
            headers: token.map(|token| ("authorization", format!("Bearer {}", token.value))).into_iter().collect(),
            form: None,
        };
        let end = Instant::now() + SERVED_WITHIN;
        let mut pause = Duration::from_secs(1);
        loop {
            let answer = self.machine.send(&ask).await.map_err(|why| {
                format!("the vault {} does not answer: {why}; is there a vault of this name?", secret.host)
            })?;
            if answer.status != 429 && answer.status < 500 {
                return Ok(answer);
            }
            let asked = answer.header("retry-after").and_then(|seconds| seconds.trim().parse().ok());
            let wait = asked.map_or(pause, Duration::from_secs);
            if Instant::now() + wait > end {
                return Ok(answer);
            }
            sleep(wait).await;
            pause *= 2;
        }
    }

    fn value(&self, secret: &VaultSecret, body: &str) -> Result<Value, String> {
        let json: Json = serde_json::from_str(body).unwrap_or_default();
        let name = &secret.name;
        let time = |field: &str| json.get("attributes")?.get(field)?.as_u64();
        let now = self.machine.now();
        if let Some(end) = time("exp").filter(|end| *end <= now) {
            return Err(format!("the secret {name} has expired on {}: renew it in the vault", day(end)));
        }
        if let Some(begin) = time("nbf").filter(|begin| *begin > now) {
            return Err(format!("the secret {name} is not valid before {}", day(begin)));
        }
        let value = json.get("value").and_then(Json::as_str);
        value.map(Value::text).ok_or_else(|| format!("the vault {} gave an answer without a value", secret.host))
    }
}

fn day(seconds: u64) -> String {
    i64::try_from(seconds / 86_400).map(|days| Date::from_days(days).to_string()).unwrap_or_default()
}

/// Why a vault gave no secret, in words.
fn explained(secret: &VaultSecret, answer: &Answer, token: Option<&Token>) -> String {
    let json: Json = serde_json::from_str(&answer.body).unwrap_or_default();
    let error = json.get("error");
    let text = |value: Option<&Json>| value.and_then(Json::as_str).unwrap_or_default().to_owned();
    let message = one_line(&text(error.and_then(|error| error.get("message"))));
    let inner = text(error.and_then(|error| error.get("innererror")).and_then(|inner| inner.get("code")));
    let said = if message.is_empty() { format!("status {}", answer.status) } else { message };
    let who = token.map_or_else(|| "nobody".to_owned(), |token| token.whose.clone());
    let (host, name) = (&secret.host, &secret.name);
    match answer.status {
        401 => format!("the vault {host} does not take the token of {who}: {said}"),
        403 if inner == "SecretDisabled" => format!("the secret {name} is disabled in the vault {host}: {said}"),
        403 => format!(
            "{who} may not read secrets of the vault {host}: {said} (the role `Key Vault Secrets User` lets it)"
        ),
        404 => match &secret.version {
            Some(version) => format!("the vault {host} has no secret {name} of the version {version}: {said}"),
            None => format!("the vault {host} has no secret {name}: {said}"),
        },
        429 => format!("the vault {host} is busy: {said}"),
        status => format!("the vault {host} answers {status}: {said}"),
    }
}

/// A text in one line, not longer than is shown.
fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
