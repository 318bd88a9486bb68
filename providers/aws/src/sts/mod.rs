//! AWS Security Token Service.

resources! { ; look_up: caller_identity }
