//! One sorted line in a service's `mod.rs` declares and registers a resource type.

/// Declares the modules of a service's types and lists their declarations, and with the SDK their handlers.
macro_rules! resources {
    ($($module:ident),+ $(,)?) => {
        $(pub mod $module;)+

        /// What is declared of the service's types.
        pub const DECLARATIONS: &[&cairn_provider::declaration::Declaration] = &[$(&$module::DECLARATION),+];
    };
}
