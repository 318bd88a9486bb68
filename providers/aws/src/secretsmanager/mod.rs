//! AWS Secrets Manager.

resources! { secret }
