//! Where a stack keeps its state, as its header says it.

use ecow::EcoString;

use super::residual::SecretSource;

/// Where a stack keeps its state in one environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StatePlace {
    /// Files beside the stack.
    #[default]
    Local,
    /// A bucket of S3, or of anything that speaks its language.
    S3 {
        /// The bucket.
        bucket: EcoString,
        /// The region.
        region: EcoString,
        /// The folder in the bucket.
        key: EcoString,
        /// Where the service is, if it is not that of AWS.
        endpoint: Option<EcoString>,
    },
    /// A container of a storage account of Azure.
    AzureBlob {
        /// The storage account.
        account: EcoString,
        /// The container.
        container: EcoString,
        /// The folder in the container.
        key: EcoString,
        /// Where the service is, if it is not that of Azure.
        endpoint: Option<EcoString>,
    },
    /// A table of a PostgreSQL database.
    Postgres {
        /// Where the address of the database is kept.
        url: SecretSource,
        /// The state among those of the database.
        key: EcoString,
    },
}

impl StatePlace {
    /// The place in one line: equal lines are equal places. Nothing secret is in it.
    pub fn describe(&self) -> String {
        let at = |endpoint: &Option<EcoString>| endpoint.as_ref().map(|at| format!("?endpoint={at}")).unwrap_or_default();
        match self {
            Self::Local => ".cairn".to_owned(),
            Self::S3 { bucket, region: _, key, endpoint } => format!("s3://{bucket}/{key}{}", at(endpoint)),
            Self::AzureBlob { account, container, key, endpoint } => {
                format!("azure://{account}/{container}/{key}{}", at(endpoint))
            }
            Self::Postgres { url, key } => format!("postgres://{}:{}/{key}", url.scheme, url.name),
        }
    }
}
