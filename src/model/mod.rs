//! The vocabulary that stages hand to each other. Plain data; no stage lives here.

pub mod address;
pub mod change;
pub mod date;
pub mod desired;
pub mod encoding;
pub mod event;
pub mod inspected;
pub mod interface;
pub mod naming;
pub mod plan;
pub mod policy;
pub mod residual;
pub mod state_place;
pub mod type_page;
pub mod vault;

pub use address::Address;
pub use residual::Residual;
