//! Clusters of databases: what their numbers mean. Nothing else is declared of them yet.

use cairn_provider::schema::Unit;
use cairn_provider::schema::overlay::{Overlay, Range};

/// What is laid over the registry's facts.
pub static OVERLAY: Overlay = Overlay {
    units: &[
        ("AllocatedStorage", Unit::Gibibytes),
        ("BackupRetentionPeriod", Unit::Days),
        ("BacktrackWindow", Unit::Seconds),
        ("MonitoringInterval", Unit::Seconds),
        ("PerformanceInsightsRetentionPeriod", Unit::Days),
        ("ScalingConfiguration.SecondsBeforeTimeout", Unit::Seconds),
        ("ScalingConfiguration.SecondsUntilAutoPause", Unit::Seconds),
        ("ServerlessV2ScalingConfiguration.SecondsUntilAutoPause", Unit::Seconds),
    ],
    numbers: &["Port"],
    ranges: &[
        Range {
            path: "BackupRetentionPeriod",
            min: 1,
            max: 35,
            because: "RDS keeps backups of a cluster for 1 to 35 days",
        },
        Range { path: "Port", min: 1150, max: 65535, because: "RDS takes ports from 1150 on" },
    ],
    noun: "a database cluster",
    ..Overlay::EMPTY
};
