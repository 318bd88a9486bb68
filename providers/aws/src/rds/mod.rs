//! Amazon RDS: relational databases.

resources! { db_instance, db_subnet_group }

pub mod db_cluster;

#[cfg(feature = "native")]
pub(crate) mod wire;
