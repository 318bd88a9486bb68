//! Elastic Load Balancing: load balancers, their listeners and rules, and the groups of targets behind them.

resources! { listener, listener_rule, load_balancer, target_group }

#[cfg(feature = "native")]
mod action;
#[cfg(feature = "native")]
mod wire;
