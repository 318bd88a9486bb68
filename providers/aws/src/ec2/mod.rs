//! Amazon EC2: networks, addresses, gateways, security groups, launch templates.

resources! { subnet, vpc }
