//! A log in S3 or in Azure Blob. Of conditions only "create if it is not there" is used.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, RetryConfig};

use super::connector::Connector;
use crate::state::log::{Listed, LogFailure, LogStore, Put};

/// Objects below a folder.
struct ObjectLog {
    store: Box<dyn ObjectStore>,
    folder: String,
    place: String,
}

/// Short: whoever uses the log asks again itself, and knows its own slot when it does.
fn retries() -> RetryConfig {
    RetryConfig { max_retries: 2, retry_timeout: Duration::from_secs(20), ..RetryConfig::default() }
}

/// A log in a bucket. Credentials come from the environment, or from the machine if it has a role.
pub fn s3(bucket: &str, region: &str, key: &str, endpoint: Option<&str>) -> Result<Arc<dyn LogStore>, String> {
    let mut builder = AmazonS3Builder::from_env()
        .with_bucket_name(bucket)
        .with_region(region)
        .with_http_connector(Connector)
        .with_retry(retries());
    if let Some(endpoint) = endpoint {
        builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
    }
    let store = builder.build().map_err(|error| error.to_string())?;
    Ok(Arc::new(ObjectLog { store: Box::new(store), folder: key.to_owned(), place: format!("s3://{bucket}") }))
}

/// A log in a container. Credentials come from the environment, or from the machine if it has an identity.
pub fn azure(account: &str, container: &str, key: &str, endpoint: Option<&str>) -> Result<Arc<dyn LogStore>, String> {
    let mut builder = MicrosoftAzureBuilder::from_env()
        .with_account(account)
        .with_container_name(container)
        .with_http_connector(Connector)
        .with_retry(retries());
    if let Some(endpoint) = endpoint {
        builder = builder.with_endpoint(endpoint.to_owned()).with_allow_http(endpoint.starts_with("http://"));
    }
    let store = builder.build().map_err(|error| error.to_string())?;
    let place = format!("azure://{account}/{container}");
    Ok(Arc::new(ObjectLog { store: Box::new(store), folder: key.to_owned(), place }))
}

impl ObjectLog {
    fn path(&self, key: &str) -> Path {
        Path::from(format!("{}/{key}", self.folder))
    }

    fn failure(&self, key: &str, error: &Error) -> LogFailure {
        let text = error.to_string();
        // What is wrong with a request stays wrong; what the service could not do, it can later.
        let later = ["4", "429", "408"].map(|code| text.contains(&format!("status code: {code}")));
        let passing = matches!(error, Error::JoinError { .. })
            || matches!(error, Error::Generic { .. }) && matches!(later, [false, ..] | [_, true, _] | [.., true]);
        LogFailure { what: format!("{}/{}/{key}", self.place, self.folder), why: words(error), passing }
    }
}

/// What went wrong, with the way out where it is known.
fn words(error: &Error) -> String {
    let hint = if matches!(error, Error::PermissionDenied { .. } | Error::Unauthenticated { .. }) {
        "\nthe credentials come from the environment (AWS_ACCESS_KEY_ID … or AZURE_STORAGE_ACCOUNT_KEY …) or from the role of this machine"
    } else if matches!(error, Error::NotFound { .. }) {
        "\nthe bucket or container must be there before a state can be kept in it"
    } else {
        ""
    };
    format!("{error}{hint}")
}

#[async_trait]
impl LogStore for ObjectLog {
    async fn create(&self, key: &str, bytes: &[u8]) -> Result<Put, LogFailure> {
        let payload = PutPayload::from(bytes.to_vec());
        match self.store.put_opts(&self.path(key), payload, PutOptions::from(PutMode::Create)).await {
            Ok(_) => Ok(Put::Created),
            Err(Error::AlreadyExists { .. }) => Ok(Put::Exists),
            Err(error) => Err(self.failure(key, &error)),
        }
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, LogFailure> {
        match self.store.get(&self.path(key)).await {
            Ok(found) => {
                found.bytes().await.map(|bytes| Some(bytes.to_vec())).map_err(|error| self.failure(key, &error))
            }
            Err(error @ Error::NotFound { .. }) => {
                // A missing bucket is no missing object.
                let text = error.to_string();
                let whole = text.contains("NoSuchBucket") || text.contains("ContainerNotFound");
                if whole { Err(self.failure(key, &error)) } else { Ok(None) }
            }
            Err(error) => Err(self.failure(key, &error)),
        }
    }

    async fn list(&self, folder: &str) -> Result<Vec<Listed>, LogFailure> {
        let below = self.path(folder.trim_end_matches('/'));
        let found = self.store.list_with_delimiter(Some(&below)).await.map_err(|error| self.failure(folder, &error))?;
        let mut listed: Vec<Listed> = found
            .objects
            .into_iter()
            .filter_map(|object| {
                let name = object.location.filename()?;
                let modified = object.last_modified.timestamp().try_into().unwrap_or_default();
                Some(Listed { key: format!("{folder}{name}"), modified })
            })
            .collect();
        listed.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(listed)
    }

    async fn delete(&self, key: &str) -> Result<(), LogFailure> {
        match self.store.delete(&self.path(key)).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failure(key, &error)),
        }
    }

    async fn put_hint(&self, key: &str, bytes: &[u8]) -> Result<(), LogFailure> {
        let payload = PutPayload::from(bytes.to_vec());
        self.store.put(&self.path(key), payload).await.map(|_| ()).map_err(|error| self.failure(key, &error))
    }
}
