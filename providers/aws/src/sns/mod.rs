//! Amazon Simple Notification Service: topics and who listens to them.

resources! { subscription, topic }

#[cfg(feature = "native")]
mod wire;
