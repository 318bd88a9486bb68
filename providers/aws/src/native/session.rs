//! A session: the clients of one target, and the way every call takes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use cairn_provider::error::{ErrorClass, ProviderError};
use cairn_provider::failpoint::{Failpoint, reached};
use cairn_provider::request::Caller;
use cairn_provider_net::calls::Calls;
use cairn_provider_net::lane::Lane;
use cairn_provider_net::repeat::reading;
use ecow::EcoString;
use tokio::sync::OnceCell;

use super::failure::understand;

/// The kinds of calls: services limit each of them for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Read,
    Change,
    Delete,
}

/// The clients of one target. They are made when they are first used.
pub struct Session {
    config: SdkConfig,
    calls: Arc<Calls>,
    lanes: Mutex<BTreeMap<(&'static str, Kind), Arc<Lane>>>,
    caller: OnceCell<Caller>,
    clients: Clients,
}

macro_rules! clients {
    ($($name:ident: $sdk:ident),+ $(,)?) => {
        #[derive(Default)]
        struct Clients {
            $($name: OnceLock<$sdk::Client>,)+
        }

        impl Session {
            $(
                /// The client of the service.
                pub fn $name(&self) -> &$sdk::Client {
                    self.clients.$name.get_or_init(|| $sdk::Client::new(&self.config))
                }
            )+
        }
    };
}

clients! {
    acm: aws_sdk_acm,
    autoscaling: aws_sdk_autoscaling,
    cloudfront: aws_sdk_cloudfront,
    cloudwatch: aws_sdk_cloudwatch,
    ec2: aws_sdk_ec2,
    elbv2: aws_sdk_elasticloadbalancingv2,
    iam: aws_sdk_iam,
    logs: aws_sdk_cloudwatchlogs,
    rds: aws_sdk_rds,
    route53: aws_sdk_route53,
    s3: aws_sdk_s3,
    secretsmanager: aws_sdk_secretsmanager,
    sns: aws_sdk_sns,
    ssm: aws_sdk_ssm,
    sts: aws_sdk_sts,
}

/// What a call of the SDK gives.
pub type Answer<T, E> = Result<T, SdkError<E, HttpResponse>>;

impl Session {
    /// A session on a configuration.
    pub fn new(config: SdkConfig, calls: Arc<Calls>) -> Self {
        Self { config, calls, lanes: Mutex::default(), caller: OnceCell::new(), clients: Clients::default() }
    }

    /// The region.
    pub fn region(&self) -> &str {
        self.config.region().map(AsRef::as_ref).unwrap_or_default()
    }

    /// The partition, the second part of ARNs.
    pub fn partition(&self) -> &'static str {
        super::connect::partition(self.region())
    }

    /// Who calls, asked once.
    ///
    /// # Errors
    /// The cloud does not say.
    pub async fn caller(&self) -> Result<&Caller, ProviderError> {
        let ask = || async {
            let answer = self.read("sts.GetCallerIdentity", || self.sts().get_caller_identity().send()).await?;
            let account = answer.account().unwrap_or_default().into();
            Ok(Caller { account, identity: answer.arn().unwrap_or_default().into() })
        };
        self.caller.get_or_try_init(ask).await
    }

    /// A call that changes nothing, repeated while its failure may pass. The operation is named `ec2.DescribeVpcs`.
    ///
    /// # Errors
    /// The last failure.
    pub async fn read<T, E, F>(&self, operation: &'static str, call: impl Fn() -> F) -> Result<T, ProviderError>
    where
        F: Future<Output = Answer<T, E>>,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        reading(|| self.once(operation, Kind::Read, call())).await
    }

    /// A call that changes something, sent once: whether it may be repeated is for the engine to say.
    ///
    /// # Errors
    /// Its failure.
    pub async fn write<T, E>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Answer<T, E>>,
    ) -> Result<T, ProviderError>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        self.once(operation, Kind::Change, call).await
    }

    /// A call that deletes something: what is not there any more is a success.
    ///
    /// # Errors
    /// Its failure.
    pub async fn delete<T, E>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Answer<T, E>>,
    ) -> Result<(), ProviderError>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        absent_is_done(self.once(operation, Kind::Delete, call).await.map(|_| ()))
    }

    /// All pages of a list, in order: `call` sends with a token, `take` gives the items and the next token.
    ///
    /// # Errors
    /// The failure of a page: an incomplete list says nothing about what is absent.
    pub async fn pages<T, E, F, I>(
        &self,
        operation: &'static str,
        call: impl Fn(Option<String>) -> F,
        take: impl Fn(T) -> (I, Option<String>),
    ) -> Result<Vec<I::Item>, ProviderError>
    where
        F: Future<Output = Answer<T, E>>,
        E: ProvideErrorMetadata + std::error::Error + 'static,
        I: IntoIterator,
    {
        let mut all = Vec::new();
        let mut token = None;
        loop {
            let page = self.read(operation, || call(token.clone())).await?;
            let (items, next) = take(page);
            all.extend(items);
            match next.filter(|next| !next.is_empty()) {
                Some(next) if Some(&next) == token.as_ref() => return Err(endless(operation)),
                Some(next) => token = Some(next),
                None => return Ok(all),
            }
        }
    }

    async fn once<T, E>(
        &self,
        operation: &'static str,
        kind: Kind,
        call: impl Future<Output = Answer<T, E>>,
    ) -> Result<T, ProviderError>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let service = operation.split('.').next().unwrap_or(operation);
        let (lane, mutating) = (self.lane(service, kind), kind != Kind::Read);
        let place = lane.enter().await;
        self.calls.count(operation);
        if mutating {
            reached(Failpoint::BeforeSend);
        }
        // The SDK's futures are large; on the heap they do not blow up those that wait for them.
        let answer = Box::pin(call).await;
        if mutating {
            reached(Failpoint::AfterSend);
        }
        match answer {
            Ok(answer) => {
                place.went_well();
                Ok(answer)
            }
            Err(error) => {
                let error = understand(operation, mutating, &error);
                if error.class == ErrorClass::Throttled {
                    place.was_throttled(error.retry_after);
                }
                Err(error)
            }
        }
    }

    fn lane(&self, service: &'static str, kind: Kind) -> Arc<Lane> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lanes.entry((service, kind)).or_default())
    }
}

/// For deletes: what is not there any more is a success.
///
/// # Errors
/// Every other failure.
pub fn absent_is_done(outcome: Result<(), ProviderError>) -> Result<(), ProviderError> {
    match outcome {
        Err(error) if error.class == ErrorClass::NotFound => Ok(()),
        outcome => outcome,
    }
}

/// For reads of one object: what is not there is `None`.
///
/// # Errors
/// Every other failure.
pub fn absent_is_none<T>(outcome: Result<T, ProviderError>) -> Result<Option<T>, ProviderError> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.class == ErrorClass::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

const UNOFFERED: [&str; 3] = ["InvalidAction", "InvalidOperationException", "UnknownOperationException"];

/// For reads of what not every region offers and not every object can have: where the operation is unknown or not valid
/// for the object, there is nothing to read.
///
/// # Errors
/// Every other failure.
pub fn unoffered_is_none<T>(outcome: Result<T, ProviderError>) -> Result<Option<T>, ProviderError> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error) if UNOFFERED.contains(&error.code.as_str()) => Ok(None),
        Err(error) => Err(error),
    }
}

fn endless(operation: &'static str) -> ProviderError {
    ProviderError::new(ErrorClass::Refused, "EndlessPages", operation, "the service gave the same page token twice")
}

/// What an answer must hold and the SDK calls optional.
///
/// # Errors
/// It is not there; the call may have had an effect.
pub fn given(value: Option<&str>, operation: &'static str) -> Result<EcoString, ProviderError> {
    value.filter(|value| !value.is_empty()).map(EcoString::from).ok_or_else(|| {
        ProviderError::new(ErrorClass::Ambiguous, "IncompleteAnswer", operation, "the answer lacks the identity")
    })
}
