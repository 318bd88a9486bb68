//! For people at a terminal.

pub mod diagnostic;
pub mod layout;
pub mod text;
pub mod node;
pub mod value;
pub mod piece;
pub mod likeness;
pub mod outline;
pub mod detail;
pub mod plan;
pub mod event;
pub mod progress;
pub mod inspected;
pub mod page;
pub mod rebuilt;
pub mod runs;
pub mod schema;
pub mod state;
