//! Amazon EC2: networks, addresses, gateways, security groups, launch templates.

resources! {
    eip, internet_gateway, launch_template, nat_gateway, route, route_table, security_group, security_group_egress,
    security_group_ingress, subnet, subnet_route_table_association, vpc, vpc_gateway_attachment;
    look_up: availability_zone, image;
    find: prefix_list
}

#[cfg(feature = "native")]
pub mod prefix_list;
#[cfg(feature = "native")]
mod security_rule;
#[cfg(feature = "native")]
mod wire;
