//! What can go wrong between the engine and a cloud, by what to do about it.

use std::fmt;
use std::time::Duration;

use ecow::EcoString;

/// A failed call.
#[derive(Clone, Debug, PartialEq)]
pub struct ProviderError {
    /// What to do about it.
    pub class: ErrorClass,
    /// The vendor's code, `DependencyViolation`.
    pub code: EcoString,
    /// The vendor's message. It may quote what was sent: show it only through a filter for secrets.
    pub message: EcoString,
    /// The call, `ec2.DeleteVpc`.
    pub operation: EcoString,
    /// How long the cloud asked to wait.
    pub retry_after: Option<Duration>,
    /// The vendor's id of the request, for its support.
    pub request_id: Option<EcoString>,
}

/// What to do about a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// Too many calls: wait and repeat. It had no effect.
    Throttled,
    /// A passing fault that certainly had no effect: repeat.
    Transient,
    /// Nobody knows whether it had an effect: find out before repeating.
    Ambiguous,
    /// There is no such object.
    NotFound,
    /// Something else that was made a moment ago is not visible yet: wait and repeat.
    NotYetConsistent,
    /// Others hold it, or another change is under way: wait and repeat, then name the holders.
    InUse,
    /// It exists already.
    AlreadyExists,
    /// The credentials have expired.
    CredentialsExpired,
    /// The caller may not do this.
    Denied,
    /// A limit of the account is reached.
    Quota,
    /// The request itself is refused; repeating it changes nothing.
    Refused,
}

impl ErrorClass {
    /// Whether repeating the call cannot help: somebody has to change something first.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Denied | Self::Refused | Self::Quota)
    }
}

impl ProviderError {
    /// A refusal that Cairn itself pronounces, without a call.
    pub fn refused(operation: impl Into<EcoString>, message: impl Into<EcoString>) -> Self {
        Self::new(ErrorClass::Refused, "Refused", operation, message)
    }

    /// An error of a class.
    pub fn new(
        class: ErrorClass,
        code: impl Into<EcoString>,
        operation: impl Into<EcoString>,
        message: impl Into<EcoString>,
    ) -> Self {
        Self {
            class,
            code: code.into(),
            message: message.into(),
            operation: operation.into(),
            retry_after: None,
            request_id: None,
        }
    }

    /// Whether the call may have had an effect although it failed.
    pub fn may_have_effect(&self) -> bool {
        self.class == ErrorClass::Ambiguous
    }
}

impl fmt::Display for ProviderError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {} ({})", self.operation, self.message, self.code)?;
        if let Some(id) = &self.request_id {
            write!(formatter, ", request {id}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ProviderError {}
