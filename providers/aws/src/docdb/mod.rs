//! Amazon DocumentDB: databases that speak MongoDB's protocol, managed through the API of RDS.

resources! { db_cluster, db_instance, db_subnet_group }
