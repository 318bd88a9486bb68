//! The language server: what an editor asks over a protocol, answered by the same compiler that plans.

mod background;
mod client;
mod complete;
mod documents;
mod edit;
mod navigate;
mod overlay;
mod positions;
mod publish;
mod server;
mod signature;
mod stack;
mod structure;
mod workspace;

pub use background::Evaluate;
pub use server::{Event, Server, Setup, serve};
