//! Amazon CloudWatch Logs.

resources! { log_group }
