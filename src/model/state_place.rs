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
    /// The place as text that [`parse`](Self::parse) reads; nothing for files, which have a directory instead.
    pub fn address(&self) -> Option<String> {
        match self {
            Self::Local => None,
            Self::S3 { bucket, region, key, endpoint } => {
                let at = endpoint.as_ref().map(|at| format!("&endpoint={at}")).unwrap_or_default();
                Some(format!("s3://{bucket}/{key}?region={region}{at}"))
            }
            Self::AzureBlob { .. } => Some(self.describe()),
            Self::Postgres { url, key } => {
                Some(format!("postgres://{}:{}/{key}", url.scheme, url.name.replace("%", "%25").replace("/", "%2F")))
            }
        }
    }

    /// A place from its address; nothing if the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        // An endpoint is last: it may hold what stands between the others.
        let endpoint = query.find("endpoint=").and_then(|at| query.get(at + 9..)).map(EcoString::from);
        let (first, path) = path.split_once('/')?;
        match scheme {
            "s3" => {
                let region = query.strip_prefix("region=")?.split('&').next()?.into();
                Some(Self::S3 { bucket: first.into(), region, key: path.into(), endpoint })
            }
            "azure" => {
                let (container, key) = path.split_once('/')?;
                Some(Self::AzureBlob { account: first.into(), container: container.into(), key: key.into(), endpoint })
            }
            "postgres" => {
                let (scheme, name) = first.split_once(':')?;
                let url =
                    SecretSource { scheme: scheme.into(), name: name.replace("%2F", "/").replace("%25", "%").into() };
                Some(Self::Postgres { url, key: path.into() })
            }
            _ => None,
        }
    }

    /// The place of the sandbox's state beside the real one.
    #[must_use]
    pub fn of_sandbox(mut self) -> Self {
        match &mut self {
            Self::Local => {}
            Self::S3 { key, .. } | Self::AzureBlob { key, .. } | Self::Postgres { key, .. } => key.push_str("/sandbox"),
        }
        self
    }

    /// The place in one line: equal lines are equal places. Nothing secret is in it.
    pub fn describe(&self) -> String {
        let at =
            |endpoint: &Option<EcoString>| endpoint.as_ref().map(|at| format!("?endpoint={at}")).unwrap_or_default();
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

#[cfg(test)]
mod tests {
    use super::StatePlace;
    use crate::model::residual::SecretSource;

    #[test]
    fn an_address_is_read_as_it_was_written() {
        let source = |scheme: &str, name: &str| SecretSource { scheme: scheme.into(), name: name.into() };
        let places = [
            StatePlace::S3 { bucket: "b".into(), region: "eu-central-1".into(), key: "a/b".into(), endpoint: None },
            StatePlace::S3 {
                bucket: "b".into(),
                region: "r".into(),
                key: "k".into(),
                endpoint: Some("http://127.0.0.1:9000/x?y=1&z=2".into()),
            },
            StatePlace::AzureBlob { account: "a".into(), container: "c".into(), key: "k/l".into(), endpoint: None },
            StatePlace::Postgres { url: source("env", "URL"), key: "shop/dev".into() },
            StatePlace::Postgres { url: source("file", "secrets/a%b"), key: "shop".into() },
        ];
        for place in places {
            let address = place.address().unwrap();
            assert_eq!(StatePlace::parse(&address), Some(place.clone()), "{address}");
            assert_ne!(place.clone().of_sandbox(), place);
        }
        for text in ["/home/x/.cairn/shop/dev", "s3://b", "s3://b/k", "ftp://b/k", ""] {
            assert_eq!(StatePlace::parse(text), None, "{text}");
        }
    }
}
