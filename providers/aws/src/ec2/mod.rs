//! Amazon EC2: networks, addresses, gateways, security groups, launch templates.

resources! { launch_template, subnet, vpc; look_up: image }

#[cfg(feature = "native")]
mod wire;
