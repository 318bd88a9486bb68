//! A log in a table of PostgreSQL: the primary key decides who wrote a slot.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Mutex;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, Row};
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use crate::state::log::{Listed, LogFailure, LogStore, Put};

/// What is not answered in this time is tried again.
const PATIENCE: Duration = Duration::from_secs(30);

/// Of all that create it at once, all but one wait here, until its transaction has ended.
const TABLE: &str = "SELECT pg_advisory_xact_lock(4835703278458516840);
    CREATE TABLE IF NOT EXISTS cairn_log (
        stack text NOT NULL,
        key text NOT NULL,
        body bytea NOT NULL,
        modified timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (stack, key)
    );";

const CREATE: &str = "INSERT INTO cairn_log (stack, key, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
const GET: &str = "SELECT body FROM cairn_log WHERE stack = $1 AND key = $2";
const LIST: &str = "SELECT key, floor(extract(epoch FROM modified))::bigint FROM cairn_log \
    WHERE stack = $1 AND starts_with(key, $2) ORDER BY key COLLATE \"C\"";
const DELETE: &str = "DELETE FROM cairn_log WHERE stack = $1 AND key = $2";
const HINT: &str = "INSERT INTO cairn_log (stack, key, body) VALUES ($1, $2, $3) \
    ON CONFLICT (stack, key) DO UPDATE SET body = excluded.body, modified = clock_timestamp()";

/// Rows of one state.
struct PostgresLog {
    config: Config,
    stack: String,
    client: Mutex<Option<Arc<Client>>>,
}

/// A log in a database. Nothing is connected yet.
pub fn open(url: &str, key: &str) -> Result<Arc<dyn LogStore>, String> {
    // What is wrong with an address is said without the address: it holds a password.
    let mut config: Config = url.parse().map_err(|_| {
        "the secret is no address of a database; it looks like postgresql://USER:PASSWORD@HOST:5432/DATABASE".to_owned()
    })?;
    config.application_name("cairn").connect_timeout(Duration::from_secs(10));
    Ok(Arc::new(PostgresLog { config, stack: key.to_owned(), client: Mutex::default() }))
}

impl PostgresLog {
    fn failure(&self, key: &str, why: impl Into<String>, passing: bool) -> LogFailure {
        LogFailure { what: format!("cairn_log {}/{key}", self.stack), why: why.into(), passing }
    }

    fn failed(&self, key: &str, error: &tokio_postgres::Error) -> LogFailure {
        let passing = match error.as_db_error() {
            Some(answer) => {
                let code = answer.code().code();
                // Connections, resources, intervention of an operator, collisions.
                ["08", "53", "57", "40"].iter().any(|class| code.starts_with(class))
            }
            None => true,
        };
        let why = error.as_db_error().map_or_else(|| chain(error), |answer| answer.message().to_owned());
        self.failure(key, why, passing)
    }

    async fn connect(&self) -> Result<Client, LogFailure> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let tls = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| self.failure("", error.to_string(), false))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let (client, connection) =
            self.config.connect(MakeRustlsConnect::new(tls)).await.map_err(|error| self.failed("", &error))?;
        tokio::spawn(async move {
            // How it ends shows at the client.
            let _ = connection.await;
        });
        // What is answered has to survive a power failure, whatever the database is set to.
        client.batch_execute("SET synchronous_commit = on").await.map_err(|error| self.failed("", &error))?;
        Ok(client)
    }

    async fn client(&self) -> Result<Arc<Client>, LogFailure> {
        let mut held = self.client.lock().await;
        if let Some(client) = held.as_ref().filter(|client| !client.is_closed()) {
            return Ok(Arc::clone(client));
        }
        let client = Arc::new(self.connect().await?);
        *held = Some(Arc::clone(&client));
        Ok(client)
    }

    /// Asks; a table that is not there yet holds nothing.
    async fn rows(&self, sql: &str, key: &str) -> Result<Vec<Row>, LogFailure> {
        let client = self.client().await?;
        let parameters: [&(dyn ToSql + Sync); 2] = [&self.stack, &key];
        match self.within(key, client.query(sql, &parameters)).await? {
            Ok(rows) => Ok(rows),
            Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => Ok(Vec::new()),
            Err(error) => Err(self.failed(key, &error)),
        }
    }

    /// Writes; the first one makes the table.
    async fn write(&self, client: &Client, sql: &str, key: &str, bytes: &[u8]) -> Result<u64, LogFailure> {
        let parameters: [&(dyn ToSql + Sync); 3] = [&self.stack, &key, &bytes];
        match self.within(key, client.execute(sql, &parameters)).await? {
            Ok(count) => return Ok(count),
            Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => {}
            Err(error) => return Err(self.failed(key, &error)),
        }
        self.within(key, client.batch_execute(TABLE)).await?.map_err(|error| self.failed(key, &error))?;
        self.within(key, client.execute(sql, &parameters)).await?.map_err(|error| self.failed(key, &error))
    }

    async fn within<T>(&self, key: &str, work: impl Future<Output = T>) -> Result<T, LogFailure> {
        match tokio::time::timeout(PATIENCE, work).await {
            Ok(result) => Ok(result),
            Err(_) => {
                // Nobody knows what this connection still does.
                *self.client.lock().await = None;
                Err(self.failure(key, "the database does not answer", true))
            }
        }
    }

    async fn creates(&self, client: &Client, key: &str, bytes: &[u8]) -> Result<Put, LogFailure> {
        let count = self.write(client, CREATE, key, bytes).await?;
        Ok(if count == 1 { Put::Created } else { Put::Exists })
    }
}

/// An error with what is behind it.
fn chain(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[async_trait]
impl LogStore for PostgresLog {
    async fn create(&self, key: &str, bytes: &[u8]) -> Result<Put, LogFailure> {
        let client = self.client().await?;
        self.creates(&client, key, bytes).await
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, LogFailure> {
        let rows = self.rows(GET, key).await?;
        rows.first().map(|row| row.try_get(0).map_err(|error| self.failed(key, &error))).transpose()
    }

    async fn list(&self, folder: &str) -> Result<Vec<Listed>, LogFailure> {
        let rows = self.rows(LIST, folder).await?;
        let listed = rows.iter().map(|row| {
            let key = row.try_get(0)?;
            let modified: i64 = row.try_get(1)?;
            Ok(Listed { key, modified: modified.try_into().unwrap_or_default() })
        });
        listed.collect::<Result<_, tokio_postgres::Error>>().map_err(|error| self.failed(folder, &error))
    }

    async fn delete(&self, key: &str) -> Result<(), LogFailure> {
        self.rows(DELETE, key).await.map(|_| ())
    }

    async fn put_hint(&self, key: &str, bytes: &[u8]) -> Result<(), LogFailure> {
        let client = self.client().await?;
        self.write(&client, HINT, key, bytes).await.map(|_| ())
    }

    async fn contest(&self, key: &str, first: &[u8], second: &[u8]) -> Result<[Put; 2], LogFailure> {
        let (one, two) = (self.client().await?, self.connect().await?);
        let (first, second) = tokio::join!(self.creates(&one, key, first), self.creates(&two, key, second));
        Ok([first?, second?])
    }
}
