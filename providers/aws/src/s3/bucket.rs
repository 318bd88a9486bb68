//! A bucket: a place for objects, in one region, under a name that nobody else in the world has.
//!
//! New buckets are private and encrypted without being told so: public access is blocked, objects belong to the bucket's
//! owner, and S3 encrypts with keys of its own. Versioning keeps what is overwritten or deleted, and its storage is paid
//! for; combine it with a lifecycle rule for noncurrent versions. Once switched on it can only be suspended. Object lock
//! cannot be switched off.
//!
//! Every setting takes a call of its own. What a stack does not write is neither read nor changed. A setting that is
//! written no longer is removed, or goes back to what new buckets have.
//!
//! **Deleting** works for an empty bucket only, and Cairn never deletes objects: S3 refuses until somebody has removed all
//! objects, versions and delete markers. The name may be taken by others afterwards.
//!
//! A policy is a resource of its own, `aws.s3.BucketPolicy`.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-s3-bucket.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::overlay::{NameRule, Overlay, Reference};
use cairn_provider::schema::{Equality, Unit};

/// `aws.s3.Bucket`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::S3::Bucket",
    title: "Bucket",
    overlay: Overlay {
        noun: "a bucket",
        references: &[
            Reference { path: "Destination.BucketArn", to: &[("AWS::S3::Bucket", "Arn")] },
            Reference { path: "ReplicationDestination.Bucket", to: &[("AWS::S3::Bucket", "Arn")] },
            Reference { path: "LoggingConfiguration.DestinationBucketName", to: &[("AWS::S3::Bucket", "BucketName")] },
            Reference { path: "LambdaConfiguration.Function", to: &[("AWS::Lambda::Function", "Arn")] },
            Reference { path: "QueueConfiguration.Queue", to: &[("AWS::SQS::Queue", "Arn")] },
            Reference { path: "TopicConfiguration.Topic", to: &[("AWS::SNS::Topic", "TopicArn")] },
            Reference { path: "ReplicationConfiguration.Role", to: &[("AWS::IAM::Role", "Arn")] },
            Reference { path: "EncryptionConfiguration.ReplicaKmsKeyID", to: &[("AWS::KMS::Key", "Arn")] },
        ],
        units: &[
            ("AbortIncompleteMultipartUpload.DaysAfterInitiation", Unit::Days),
            ("CorsRule.MaxAge", Unit::Seconds),
            ("DefaultRetention.Days", Unit::Days),
            ("NoncurrentVersionExpiration.NoncurrentDays", Unit::Days),
            ("NoncurrentVersionTransition.TransitionInDays", Unit::Days),
            ("RecordExpiration.Days", Unit::Days),
            ("ReplicationTimeValue.Minutes", Unit::Minutes),
            ("Rule.ExpirationInDays", Unit::Days),
            ("Rule.NoncurrentVersionExpirationInDays", Unit::Days),
            ("Rule.ObjectSizeGreaterThan", Unit::Bytes),
            ("Rule.ObjectSizeLessThan", Unit::Bytes),
            ("Tiering.Days", Unit::Days),
            ("Transition.TransitionInDays", Unit::Days),
        ],
        keyed: &[
            ("AnalyticsConfiguration.TagFilters", "Key", "Value"),
            ("IntelligentTieringConfiguration.TagFilters", "Key", "Value"),
            ("MetricsConfiguration.TagFilters", "Key", "Value"),
            ("ReplicationRuleAndOperator.TagFilters", "Key", "Value"),
            ("Rule.TagFilters", "Key", "Value"),
            ("S3KeyFilter.Rules", "Name", "Value"),
        ],
        unordered: &[
            "AnalyticsConfigurations",
            "IntelligentTieringConfiguration.Tierings",
            "IntelligentTieringConfigurations",
            "InventoryConfiguration.OptionalFields",
            "InventoryConfigurations",
            "LifecycleConfiguration.Rules",
            "MetricsConfigurations",
            "NotificationConfiguration.LambdaConfigurations",
            "NotificationConfiguration.QueueConfigurations",
            "NotificationConfiguration.TopicConfigurations",
            "ReplicationConfiguration.Rules",
            "Rule.NoncurrentVersionTransitions",
            "Rule.Transitions",
        ],
        equality: &[
            ("NoncurrentVersionTransition.StorageClass", Equality::IgnoreCase),
            ("Transition.StorageClass", Equality::IgnoreCase),
        ],
        unsupported: &[
            ("BucketNamePrefix", "write the whole name as bucket_name: names with a prefix end in account and region"),
            (
                "ReplicationRule.Prefix",
                "write it inside of filter: a rule with a prefix of its own is of the first version and takes no filter",
            ),
        ],
        defaults: &DEFAULTS,
        derived: &[("Arn", "arn:${partition}:s3:::${bucket_name}")],
        name: Some(NameRule { property: "BucketName", max: 63, lower: true, separators: "-", renewed: false }),
        stateful: true,
        popular: &["VersioningConfiguration", "LifecycleConfiguration", "PublicAccessBlockConfiguration", "Tags"],
        ..Overlay::EMPTY
    },
    // The name is ours, and the tags that come with the call say whose the bucket is.
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &[
            "s3:GetAccelerateConfiguration",
            "s3:GetAnalyticsConfiguration",
            "s3:GetBucketAbac",
            "s3:GetBucketCORS",
            "s3:GetBucketLogging",
            "s3:GetBucketMetadataTableConfiguration",
            "s3:GetBucketNotification",
            "s3:GetBucketObjectLockConfiguration",
            "s3:GetBucketOwnershipControls",
            "s3:GetBucketPublicAccessBlock",
            "s3:GetBucketTagging",
            "s3:GetBucketVersioning",
            "s3:GetBucketWebsite",
            "s3:GetEncryptionConfiguration",
            "s3:GetIntelligentTieringConfiguration",
            "s3:GetInventoryConfiguration",
            "s3:GetLifecycleConfiguration",
            "s3:GetMetricsConfiguration",
            "s3:GetReplicationConfiguration",
            "s3:ListAllMyBuckets",
        ],
        write: &[
            "iam:PassRole",
            "s3:CreateBucket",
            "s3:CreateBucketMetadataTableConfiguration",
            "s3:DeleteBucket",
            "s3:DeleteBucketMetadataTableConfiguration",
            "s3:DeleteBucketWebsite",
            "s3:PutAccelerateConfiguration",
            "s3:PutAnalyticsConfiguration",
            "s3:PutBucketAbac",
            "s3:PutBucketAcl",
            "s3:PutBucketCORS",
            "s3:PutBucketLogging",
            "s3:PutBucketNotification",
            "s3:PutBucketObjectLockConfiguration",
            "s3:PutBucketOwnershipControls",
            "s3:PutBucketPublicAccessBlock",
            "s3:PutBucketTagging",
            "s3:PutBucketVersioning",
            "s3:PutBucketWebsite",
            "s3:PutEncryptionConfiguration",
            "s3:PutIntelligentTieringConfiguration",
            "s3:PutInventoryConfiguration",
            "s3:PutLifecycleConfiguration",
            "s3:PutMetricsConfiguration",
            "s3:PutReplicationConfiguration",
            "s3:TagResource",
            "s3:UpdateBucketMetadataInventoryTableConfiguration",
            "s3:UpdateBucketMetadataJournalTableConfiguration",
        ],
    },
    timings: Timings::INSTANT,
    examples: &EXAMPLES,
};

/// What new buckets have, or, where they have nothing, a document that says nothing.
const DEFAULTS: [(&str, &str); 16] = [
    ("AbacStatus", "\"Disabled\""),
    ("AccelerateConfiguration", r#"{"acceleration_status":"Suspended"}"#),
    ("AccessControl", "\"Private\""),
    (
        "BucketEncryption",
        r#"{"server_side_encryption_configuration":[{"server_side_encryption_by_default":{"sse_algorithm":"AES256"}}]}"#,
    ),
    ("CorsConfiguration", r#"{"cors_rules":[]}"#),
    ("LifecycleConfiguration", r#"{"rules":[]}"#),
    ("LoggingConfiguration", r#"{"destination_bucket":null,"log_file_prefix":null}"#),
    ("MetadataConfiguration", r#"{"journal_table_configuration":{"record_expiration":{"expiration":null}}}"#),
    ("MetadataTableConfiguration", r#"{"s3_tables_destination":{"table_name":null}}"#),
    (
        "NotificationConfiguration",
        r#"{"event_bridge_configuration":{"event_bridge_enabled":false},"lambda_configurations":[],
            "queue_configurations":[],"topic_configurations":[]}"#,
    ),
    ("ObjectLockConfiguration", r#"{"rule":{"default_retention":{"days":null,"mode":null,"years":null}}}"#),
    ("OwnershipControls", r#"{"rules":[{"object_ownership":"BucketOwnerEnforced"}]}"#),
    (
        "PublicAccessBlockConfiguration",
        r#"{"block_public_acls":true,"block_public_policy":true,"ignore_public_acls":true,
            "restrict_public_buckets":true}"#,
    ),
    ("ReplicationConfiguration", r#"{"rules":[]}"#),
    ("VersioningConfiguration", r#"{"status":"Suspended"}"#),
    (
        "WebsiteConfiguration",
        r#"{"error_document":null,"index_document":null,"redirect_all_requests_to":{"host_name":null},
            "routing_rules":[]}"#,
    ),
];

const EXAMPLES: [Example; 3] = [
    Example {
        title: "A private bucket",
        source: "resource files = aws.s3.Bucket { bucket_name: \"acme-files\" }\n",
    },
    Example {
        title: "A website",
        source: "resource site = aws.s3.Bucket {\n  bucket_name: \"acme-site\"\n  \
                 website_configuration: { index_document: \"index.html\", error_document: \"error.html\" }\n  \
                 cors_configuration: {\n    cors_rules: [\n      {\n        allowed_methods: [\"GET\"]\n        \
                 allowed_origins: [\"https://www.acme.example\"]\n        max_age: 1h\n      }\n    ]\n  }\n}\n",
    },
    Example {
        title: "For production: versions, encryption, old objects to cheaper storage, logs in another bucket",
        source: "resource logs = aws.s3.Bucket {\n  bucket_name: \"acme-logs\"\n  lifecycle_configuration: {\n    \
                 rules: [{ id: \"old\", status: \"Enabled\", expiration_in_days: 90d }]\n  }\n}\n\n\
                 @protect\nresource files = aws.s3.Bucket {\n  bucket_name: \"acme-orders\"\n  \
                 versioning_configuration: { status: \"Enabled\" }\n  bucket_encryption: {\n    \
                 server_side_encryption_configuration: [\n      \
                 { server_side_encryption_by_default: { sse_algorithm: \"AES256\" } }\n    ]\n  }\n  \
                 public_access_block_configuration: {\n    block_public_acls: true\n    block_public_policy: true\n    \
                 ignore_public_acls: true\n    restrict_public_buckets: true\n  }\n  lifecycle_configuration: {\n    \
                 rules: [\n      {\n        id: \"archive\"\n        status: \"Enabled\"\n        \
                 prefix: \"invoices/\"\n        \
                 transitions: [{ storage_class: \"GLACIER_IR\", transition_in_days: 90d }]\n        \
                 noncurrent_version_expiration: { noncurrent_days: 30d }\n        \
                 abort_incomplete_multipart_upload: { days_after_initiation: 7d }\n      }\n    ]\n  }\n  \
                 logging_configuration: { destination_bucket: logs, log_file_prefix: \"orders/\" }\n  \
                 tags: { team: \"orders\" }\n}\n",
    },
];

#[cfg(feature = "native")]
mod copies;
#[cfg(feature = "native")]
mod events;
#[cfg(feature = "native")]
mod lifecycle;
#[cfg(feature = "native")]
mod metadata;
#[cfg(feature = "native")]
mod objects;
#[cfg(feature = "native")]
mod reports;
#[cfg(feature = "native")]
mod settings;
#[cfg(feature = "native")]
mod tag_filters;
#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};
