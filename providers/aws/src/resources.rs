//! One line registers a service, and one sorted line in a service's `mod.rs` its resource types.

/// Declares the modules of a service's types and lists what they declare, and with the SDK their handlers.
///
/// Each module has a `DECLARATION`, and with the SDK a `HANDLER` and perhaps a `READER`. Types that can only be looked
/// up stand behind `look_up:`; their modules have a `LOOK_UP` and with the SDK a `FINDER`. Behind `find:` stand modules of
/// types of the registry whose objects are found in a better way than by listing them all: they have a `FINDER`.
macro_rules! resources {
    ($($module:ident),* $(,)? $(; look_up: $($found:ident),+ $(,)?)? $(; find: $($finder:ident),+ $(,)?)?) => {
        $(pub mod $module;)*
        $($(pub mod $found;)+)?

        /// What is declared of the service's types.
        pub const DECLARATIONS: &[&cairn_provider::declaration::Declaration] = &[$(&$module::DECLARATION),*];

        /// What is declared of the types that can only be looked up.
        pub const LOOK_UPS: &[&cairn_provider::declaration::LookUpDeclaration] = &[$($(&$found::LOOK_UP),+)?];

        /// The lifecycles of the service's types.
        #[cfg(feature = "native")]
        pub const HANDLERS: &[&dyn cairn_provider::provider::ResourceType<$crate::native::session::Session>] =
            &[$($module::HANDLER),*];

        /// Those that read; a type may be read by another's.
        #[cfg(feature = "native")]
        pub const READERS: &[Option<&dyn cairn_provider::provider::Reader<$crate::native::session::Session>>] =
            &[$($module::READER),*];

        /// Those that look up.
        #[cfg(feature = "native")]
        pub const FINDERS: &[&dyn cairn_provider::provider::LookUpType<$crate::native::session::Session>] =
            &[$($($found::FINDER,)+)? $($($finder::FINDER,)+)?];
    };
}

/// Declares the services and lists everything of all of them.
macro_rules! services {
    ($($service:ident),+ $(,)?) => {
        $(pub mod $service;)+

        /// Everything of all services, in one place.
        pub(crate) mod services {
            use cairn_provider::declaration::{Declaration, LookUpDeclaration};

            /// What is declared of types.
            pub fn declarations() -> impl Iterator<Item = &'static Declaration> {
                [$($crate::$service::DECLARATIONS),+].into_iter().flatten().copied()
            }

            /// What is declared of types that can only be looked up.
            pub fn look_up_declarations() -> impl Iterator<Item = &'static LookUpDeclaration> {
                [$($crate::$service::LOOK_UPS),+].into_iter().flatten().copied()
            }

            #[cfg(feature = "native")]
            pub use self::native::{handlers, look_ups, readers};

            #[cfg(feature = "native")]
            mod native {
                use cairn_provider::provider::{LookUpType, Reader, ResourceType};

                use $crate::native::session::Session;

                /// The lifecycles.
                pub fn handlers() -> impl Iterator<Item = &'static dyn ResourceType<Session>> {
                    [$($crate::$service::HANDLERS),+].into_iter().flatten().copied()
                }

                /// Those that read.
                pub fn readers() -> impl Iterator<Item = &'static dyn Reader<Session>> {
                    [$($crate::$service::READERS),+].into_iter().flatten().copied().flatten()
                }

                /// Those that look up.
                pub fn look_ups() -> impl Iterator<Item = &'static dyn LookUpType<Session>> {
                    [$($crate::$service::FINDERS),+].into_iter().flatten().copied()
                }
            }
        }
    };
}
