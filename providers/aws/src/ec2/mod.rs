//! Amazon EC2: networks, addresses, gateways, security groups, launch templates.

resources! { subnet, vpc }

#[cfg(feature = "native")]
mod wire;
