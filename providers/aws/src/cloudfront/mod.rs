//! Amazon CloudFront: distributions, and how they reach their origins.

resources! { distribution, origin_access_control }

#[cfg(feature = "native")]
mod wire;
