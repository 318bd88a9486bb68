//! Amazon CloudWatch: alarms.

resources! { alarm }
