//! What signing in needs of the machine: its environment, its files, its clock, the network, Azure's command line.

use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use hyper::Uri;

use crate::host::connection::{self, Answer, Question};

/// A question over HTTP.
pub struct Ask {
    /// The address.
    pub url: String,
    /// Headers beside those of every question.
    pub headers: Vec<(&'static str, String)>,
    /// A form to be sent; without one it is a plain question.
    pub form: Option<Vec<(String, String)>>,
}

impl Ask {
    /// As it goes over a connection.
    ///
    /// # Errors
    /// The address is none.
    pub fn question(&self) -> Result<Question, String> {
        let uri: Uri = self.url.parse().map_err(|error| format!("{} is no address: {error}", self.url))?;
        let mut headers: Vec<(&'static str, String)> = self.headers.clone();
        let body = self.form.as_ref().map(|form| {
            headers.push(("content-type", "application/x-www-form-urlencoded".to_owned()));
            let pairs: Vec<String> = form.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
            pairs.join("&")
        });
        Ok(Question { uri, headers, body })
    }
}

/// A value of a form.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// A machine.
#[async_trait]
pub trait Machine: Send + Sync {
    /// A variable of the environment.
    fn variable(&self, name: &str) -> Option<String>;

    /// What a file holds.
    fn file(&self, path: &str) -> Result<String, String>;

    /// Seconds since 1970.
    fn now(&self) -> u64;

    /// Asks, and waits for an answer.
    async fn send(&self, ask: &Ask) -> Result<Answer, String>;

    /// What Azure's command line answers when it is asked for a token.
    async fn command_line(&self, scope: &str, tenant: &str) -> Result<String, String>;
}

/// The machine Cairn runs on.
pub struct ThisMachine;

/// How long an answer may take.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);
/// How long the service of a machine in Azure may take; on other machines nobody answers at all.
const MACHINE_WITHIN: Duration = Duration::from_secs(2);
/// How long Azure's command line may take.
const COMMAND_WITHIN: Duration = Duration::from_secs(30);

#[async_trait]
impl Machine for ThisMachine {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn file(&self, path: &str) -> Result<String, String> {
        std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
    }

    fn now(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }

    async fn send(&self, ask: &Ask) -> Result<Answer, String> {
        let question = ask.question()?;
        let secure = question.uri.scheme_str() == Some("https");
        let limit = if secure { ANSWERED_WITHIN } else { MACHINE_WITHIN };
        let host = question.uri.host().unwrap_or_default().to_owned();
        let port = question.uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let answer = tokio::time::timeout(limit, connection::send((&host, port), secure, question)).await;
        answer.unwrap_or_else(|_| Err(format!("no answer within {}s", limit.as_secs())))
    }

    async fn command_line(&self, scope: &str, tenant: &str) -> Result<String, String> {
        let mut command = tokio::process::Command::new("az");
        command
            .args(["account", "get-access-token", "--output", "json", "--scope", scope, "--tenant", tenant])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let ended = tokio::time::timeout(COMMAND_WITHIN, command.output()).await;
        let ended = ended.map_err(|_| format!("no answer within {}s", COMMAND_WITHIN.as_secs()))?;
        let output = ended.map_err(|error| error.to_string())?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(said.lines().find(|line| !line.trim().is_empty()).unwrap_or("it fails and says nothing").trim().to_owned())
    }
}
