//! Amazon RDS: relational databases.

resources! { db_instance, db_subnet_group }

#[cfg(feature = "native")]
pub(crate) mod wire;
