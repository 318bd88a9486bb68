//! What all native handlers stand on: sessions, calls with classified errors, and the way between documents and the
//! SDK's types.

#[macro_use]
mod record;
mod classes;
pub mod codec;
pub mod connect;
mod failure;
mod provider;
pub mod reading;
pub mod session;
pub mod tags;
pub mod together;

pub use provider::Aws;
