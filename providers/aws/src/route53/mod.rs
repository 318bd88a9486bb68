//! Amazon Route 53: hosted zones, their records, health checks.

resources! { health_check, hosted_zone, record_set; find: hosted_zone }

#[cfg(feature = "native")]
pub(crate) mod wire;
