//! AWS Identity and Access Management: roles and what carries them.

resources! { instance_profile, role }

#[cfg(feature = "native")]
mod wire;
