//! What an editor asks of a program: plain data in, plain data out; nothing of a protocol.

mod called;
mod complete;
mod describe;
mod hints;
mod insert;
mod marker;
mod marks;
mod members;
mod outline;
mod rename;
mod spot;
mod starts;

pub use called::{Called, called};
pub use complete::{Completion, CompletionKind, Place, complete};
pub use describe::{Description, describe, keyword_span};
pub use hints::{Hint, Observed, hints};
pub use insert::Insert;
pub use marker::{Marked, is_found, marked};
pub use marks::{BUILT_IN_NAMES, Mark, MarkKind, Short, Target, kind_of, marks, name_of};
pub use outline::{Symbol, outline};
pub use rename::{Renaming, rename, uses};
pub use spot::expressions_of;
pub use starts::line_starts;
