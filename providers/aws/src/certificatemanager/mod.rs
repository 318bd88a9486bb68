//! AWS Certificate Manager: certificates for what speaks TLS.

resources! { certificate }

#[cfg(feature = "native")]
mod validation;
