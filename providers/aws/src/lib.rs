//! AWS: the catalogue of its types, and native handlers on the vendor's SDK.
//!
//! The catalogue ([`catalogue`]) needs no SDK. A type with a handler is one file, `src/<service>/<resource>.rs`: what
//! it is, what the vendor's schema does not say of it ([`cairn_provider::declaration::Declaration`]), and, with the
//! feature `native`, its lifecycle.

#[macro_use]
mod resources;
pub mod actions;
mod facts;
mod catalogue;
mod unlisted;
#[cfg(feature = "native")]
mod cloudcontrol;
#[cfg(feature = "native")]
#[macro_use]
pub mod native;

services! {
    autoscaling, certificatemanager, cloudfront, cloudwatch, docdb, ec2, elbv2, iam, logs, rds, route53, s3, secretsmanager, sns, ssm, sts
}

pub use actions::{action_declaration, action_declarations};
pub use catalogue::{catalogue, declaration, declarations, look_up_declaration, look_up_declarations};
pub use facts::FACTS;
#[cfg(feature = "native")]
pub use native::Aws;
