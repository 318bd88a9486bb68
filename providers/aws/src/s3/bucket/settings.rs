//! The settings of a bucket: each is read, written and removed with calls of its own.

use aws_sdk_s3::types;
use cairn_provider::error::ProviderError;
use cairn_provider::value::{Map, Value};

use super::{copies, events, metadata, objects, reports};
use crate::native::codec::{Decode, Mistake, built, need, take};
use crate::native::session::{Session, absent_is_done};
use crate::s3::wire::regional_setting as setting;

/// In which order settings are written: what others need comes first.
pub const ORDER: [&str; 21] = [
    "public_access_block_configuration",
    "ownership_controls",
    "access_control",
    "abac_status",
    "bucket_encryption",
    "versioning_configuration",
    "object_lock_enabled",
    "object_lock_configuration",
    "lifecycle_configuration",
    "cors_configuration",
    "website_configuration",
    "accelerate_configuration",
    "logging_configuration",
    "notification_configuration",
    "replication_configuration",
    "analytics_configurations",
    "intelligent_tiering_configurations",
    "inventory_configurations",
    "metrics_configurations",
    "metadata_configuration",
    "metadata_table_configuration",
];

/// Those that can be read: all but the access control list, which is written by a short name only.
pub const READ: [&str; 20] = [
    "abac_status",
    "accelerate_configuration",
    "analytics_configurations",
    "bucket_encryption",
    "cors_configuration",
    "intelligent_tiering_configurations",
    "inventory_configurations",
    "lifecycle_configuration",
    "logging_configuration",
    "metadata_configuration",
    "metadata_table_configuration",
    "metrics_configurations",
    "notification_configuration",
    "object_lock_configuration",
    "object_lock_enabled",
    "ownership_controls",
    "public_access_block_configuration",
    "replication_configuration",
    "versioning_configuration",
    "website_configuration",
];

texts!(
    types::BucketAbacStatus,
    types::BucketAccelerateStatus,
    types::BucketVersioningStatus,
    types::EncryptionType,
    types::ObjectLockEnabled,
    types::ObjectLockRetentionMode,
    types::ObjectOwnership,
    types::PartitionDateSource,
    types::Protocol,
    types::ServerSideEncryption,
);

records! {
    both types::AccelerateConfiguration { status as "acceleration_status" }
    both types::BlockedEncryptionTypes { encryption_type }
    both types::CorsConfiguration { cors_rules }
    both types::CorsRule {
        id, allowed_headers, allowed_methods, allowed_origins, expose_headers as "exposed_headers",
        max_age_seconds as "max_age"
    }
    both types::DefaultRetention { mode, days, years }
    read types::LoggingEnabled {
        target_bucket as "destination_bucket", target_prefix as "log_file_prefix",
        target_object_key_format via key_format
    }
    both types::ObjectLockConfiguration { object_lock_enabled, rule }
    both types::ObjectLockRule { default_retention }
    both types::OwnershipControls { rules }
    both types::OwnershipControlsRule { object_ownership }
    both types::PublicAccessBlockConfiguration {
        block_public_acls, block_public_policy, ignore_public_acls, restrict_public_buckets
    }
    both types::ServerSideEncryptionByDefault { sse_algorithm, kms_master_key_id as "kms_master_key" }
    both types::ServerSideEncryptionConfiguration { rules as "server_side_encryption_configuration" }
    both types::ServerSideEncryptionRule {
        apply_server_side_encryption_by_default as "server_side_encryption_by_default", bucket_key_enabled,
        blocked_encryption_types
    }
    both types::VersioningConfiguration { status }
    both types::Condition { http_error_code_returned_equals, key_prefix_equals }
    both types::Redirect { host_name, http_redirect_code, protocol, replace_key_prefix_with, replace_key_with }
    both types::RedirectAllRequestsTo { host_name, protocol }
    both types::RoutingRule { condition as "routing_rule_condition", redirect as "redirect_rule" }
    send types::WebsiteConfiguration {
        error_document via error_document, index_document via index_document, redirect_all_requests_to, routing_rules
    }
}

/// How log files are named: a document in the vendor's spelling.
mod key_format {
    use aws_sdk_s3::types;
    use cairn_provider::value::{Map, Value};

    use crate::native::codec::{Decode, Mistake, take as text};

    /// From a document.
    pub fn take_format(format: &Map) -> Result<types::TargetObjectKeyFormat, Mistake> {
        let builder = types::TargetObjectKeyFormat::builder();
        if let Some(partitioned) = format.get("PartitionedPrefix").and_then(Value::as_map) {
            let source = text::<types::PartitionDateSource>(partitioned, "PartitionDateSource")?;
            let prefix = types::PartitionedPrefix::builder().set_partition_date_source(source).build();
            return Ok(builder.partitioned_prefix(prefix).build());
        }
        if format.contains_key("SimplePrefix") {
            return Ok(builder.simple_prefix(types::SimplePrefix::builder().build()).build());
        }
        Err(Mistake::new("`PartitionedPrefix` or `SimplePrefix` is expected"))
    }

    /// One field of a document.
    pub fn take(map: &Map, name: &str) -> Result<Option<types::TargetObjectKeyFormat>, Mistake> {
        let format = map.get(name).and_then(Value::as_map);
        format.map(take_format).transpose().map_err(|mistake| mistake.inside(name))
    }

    /// To a document.
    pub fn decode(format: &Option<types::TargetObjectKeyFormat>) -> Value {
        let Some(format) = format else { return Value::None };
        match format.partitioned_prefix() {
            Some(partitioned) => {
                let source = partitioned.partition_date_source.decode();
                let prefix = Value::map([("PartitionDateSource".into(), source)]);
                Value::map([("PartitionedPrefix".into(), prefix)])
            }
            None => Value::map([("SimplePrefix".into(), Value::map([]))]),
        }
    }
}

/// The object a website answers errors with.
mod error_document {
    use aws_sdk_s3::types;
    use cairn_provider::value::Map;

    use crate::native::codec::{Mistake, built, take as text};

    /// One field of a document.
    pub fn take(map: &Map, name: &str) -> Result<Option<types::ErrorDocument>, Mistake> {
        let key: Option<String> = text(map, name)?;
        key.map(|key| built(types::ErrorDocument::builder().key(key).build())).transpose()
    }
}

/// The object a website answers folders with.
mod index_document {
    use aws_sdk_s3::types;
    use cairn_provider::value::Map;

    use crate::native::codec::{Mistake, built, take as text};

    /// One field of a document.
    pub fn take(map: &Map, name: &str) -> Result<Option<types::IndexDocument>, Mistake> {
        let suffix: Option<String> = text(map, name)?;
        suffix.map(|suffix| built(types::IndexDocument::builder().suffix(suffix).build())).transpose()
    }
}

/// Whether a document says nothing: what a setting is that is written no longer.
pub fn is_empty(value: &Value) -> bool {
    value.is_none()
        || value.as_list().is_some_and(|items| items.is_empty())
        || value.as_map().is_some_and(|map| map.values().all(is_empty))
}

/// A setting of a bucket, as a document.
pub async fn read(session: &Session, bucket: &str, field: &str) -> Result<Value, ProviderError> {
    let s3 = session.s3();
    Ok(match field {
        "abac_status" => {
            let call = || s3.get_bucket_abac().bucket(bucket).send();
            let found = setting(session.read("s3.GetBucketAbac", call).await)?;
            found.and_then(|found| found.abac_status).and_then(|found| found.status).decode()
        }
        "accelerate_configuration" => {
            let call = || s3.get_bucket_accelerate_configuration().bucket(bucket).send();
            let found = setting(session.read("s3.GetBucketAccelerateConfiguration", call).await)?;
            let status = found.and_then(|found| found.status);
            status.map_or(Value::None, |status| Value::map([("acceleration_status".into(), status.decode())]))
        }
        "bucket_encryption" => {
            let call = || s3.get_bucket_encryption().bucket(bucket).send();
            let found = setting(session.read("s3.GetBucketEncryption", call).await)?;
            found.and_then(|found| found.server_side_encryption_configuration).decode()
        }
        "cors_configuration" => {
            let call = || s3.get_bucket_cors().bucket(bucket).send();
            let found = setting(session.read("s3.GetBucketCors", call).await)?;
            found.map_or(Value::None, |found| Value::map([("cors_rules".into(), found.cors_rules.decode())]))
        }
        "lifecycle_configuration" => objects::read(session, bucket).await?,
        "logging_configuration" => {
            let call = || s3.get_bucket_logging().bucket(bucket).send();
            setting(session.read("s3.GetBucketLogging", call).await)?.and_then(|found| found.logging_enabled).decode()
        }
        "notification_configuration" => events::read(session, bucket).await?,
        "object_lock_configuration" | "object_lock_enabled" => {
            let call = || s3.get_object_lock_configuration().bucket(bucket).send();
            let found = setting(session.read("s3.GetObjectLockConfiguration", call).await)?;
            let found = found.and_then(|found| found.object_lock_configuration);
            if field == "object_lock_enabled" { Value::Bool(found.is_some()) } else { found.decode() }
        }
        "ownership_controls" => {
            let call = || s3.get_bucket_ownership_controls().bucket(bucket).send();
            let found = setting(session.read("s3.GetBucketOwnershipControls", call).await)?;
            found.and_then(|found| found.ownership_controls).decode()
        }
        "public_access_block_configuration" => {
            let call = || s3.get_public_access_block().bucket(bucket).send();
            let found = setting(session.read("s3.GetPublicAccessBlock", call).await)?;
            found.and_then(|found| found.public_access_block_configuration).decode()
        }
        "replication_configuration" => copies::read(session, bucket).await?,
        "versioning_configuration" => {
            let call = || s3.get_bucket_versioning().bucket(bucket).send();
            let status = session.read("s3.GetBucketVersioning", call).await?.status;
            status.map_or(Value::None, |status| Value::map([("status".into(), status.decode())]))
        }
        "website_configuration" => {
            let call = || s3.get_bucket_website().bucket(bucket).send();
            let found = setting(session.read("s3.GetBucketWebsite", call).await)?;
            found.map_or(Value::None, |found| {
                let mut website = read!(&found => redirect_all_requests_to, routing_rules);
                let key = found.error_document.map(|document| document.key);
                crate::native::codec::put(&mut website, "error_document", &key);
                let suffix = found.index_document.map(|document| document.suffix);
                crate::native::codec::put(&mut website, "index_document", &suffix);
                Value::from(website)
            })
        }
        "metadata_configuration" => metadata::read(session, bucket).await?,
        "metadata_table_configuration" => metadata::read_table(session, bucket).await?,
        _ => reports::read(session, bucket, field).await?,
    })
}

/// Brings a setting of a bucket to what is written; what says nothing is removed.
pub async fn write(
    session: &Session,
    bucket: &str,
    field: &str,
    inputs: &Map,
    observed: &Map,
) -> Result<(), ProviderError> {
    let s3 = session.s3();
    let gone = inputs.get(field).is_none_or(is_empty);
    match field {
        "abac_status" => {
            let status = types::AbacStatus::builder().set_status(take(inputs, field)?).build();
            session.write("s3.PutBucketAbac", s3.put_bucket_abac().bucket(bucket).abac_status(status).send()).await?;
        }
        "accelerate_configuration" => {
            let call = s3.put_bucket_accelerate_configuration().bucket(bucket);
            let call = call.accelerate_configuration(need(inputs, field)?);
            session.write("s3.PutBucketAccelerateConfiguration", call.send()).await?;
        }
        "access_control" => {
            let call = s3.put_bucket_acl().bucket(bucket).acl(canned(&need::<String>(inputs, field)?)?);
            session.write("s3.PutBucketAcl", call.send()).await?;
        }
        "bucket_encryption" if gone => {
            session.delete("s3.DeleteBucketEncryption", s3.delete_bucket_encryption().bucket(bucket).send()).await?;
        }
        "bucket_encryption" => {
            let call = s3.put_bucket_encryption().bucket(bucket);
            let call = call.server_side_encryption_configuration(need(inputs, field)?);
            session.write("s3.PutBucketEncryption", call.send()).await?;
        }
        "cors_configuration" if gone => {
            session.delete("s3.DeleteBucketCors", s3.delete_bucket_cors().bucket(bucket).send()).await?;
        }
        "cors_configuration" => {
            let call = s3.put_bucket_cors().bucket(bucket).cors_configuration(need(inputs, field)?);
            session.write("s3.PutBucketCors", call.send()).await?;
        }
        "lifecycle_configuration" => objects::write(session, bucket, inputs.get(field).filter(|_| !gone)).await?,
        "logging_configuration" => {
            let enabled = if gone { None } else { Some(logging(bucket, inputs)?) };
            let status = types::BucketLoggingStatus::builder().set_logging_enabled(enabled).build();
            let call = s3.put_bucket_logging().bucket(bucket).bucket_logging_status(status);
            session.write("s3.PutBucketLogging", call.send()).await?;
        }
        "notification_configuration" => events::write(session, bucket, inputs).await?,
        "object_lock_enabled" => {
            if inputs.get(field).and_then(Value::as_bool) == Some(true) {
                lock(session, bucket, inputs).await?;
            } else if observed.get(field).and_then(Value::as_bool) == Some(true) {
                let why = "object lock cannot be switched off again";
                return Err(ProviderError::refused("s3.PutObjectLockConfiguration", why));
            }
        }
        "object_lock_configuration" => lock(session, bucket, inputs).await?,
        "ownership_controls" if gone => {
            let call = s3.delete_bucket_ownership_controls().bucket(bucket);
            session.delete("s3.DeleteBucketOwnershipControls", call.send()).await?;
        }
        "ownership_controls" => {
            let call = s3.put_bucket_ownership_controls().bucket(bucket).ownership_controls(need(inputs, field)?);
            session.write("s3.PutBucketOwnershipControls", call.send()).await?;
        }
        "public_access_block_configuration" if gone => {
            session.delete("s3.DeletePublicAccessBlock", s3.delete_public_access_block().bucket(bucket).send()).await?;
        }
        "public_access_block_configuration" => {
            let call = s3.put_public_access_block().bucket(bucket);
            let call = call.public_access_block_configuration(need(inputs, field)?);
            session.write("s3.PutPublicAccessBlock", call.send()).await?;
        }
        "replication_configuration" if gone => {
            session.delete("s3.DeleteBucketReplication", s3.delete_bucket_replication().bucket(bucket).send()).await?;
        }
        "replication_configuration" => {
            let call = s3.put_bucket_replication().bucket(bucket).replication_configuration(need(inputs, field)?);
            session.write("s3.PutBucketReplication", call.send()).await?;
        }
        "versioning_configuration" => {
            let call = s3.put_bucket_versioning().bucket(bucket).versioning_configuration(need(inputs, field)?);
            session.write("s3.PutBucketVersioning", call.send()).await?;
        }
        "website_configuration" if gone => {
            session.delete("s3.DeleteBucketWebsite", s3.delete_bucket_website().bucket(bucket).send()).await?;
        }
        "website_configuration" => {
            let call = s3.put_bucket_website().bucket(bucket).website_configuration(need(inputs, field)?);
            session.write("s3.PutBucketWebsite", call.send()).await?;
        }
        "metadata_configuration" if gone => {
            let call = s3.delete_bucket_metadata_configuration().bucket(bucket).send();
            absent_is_done(session.write("s3.DeleteBucketMetadataConfiguration", call).await.map(drop))?;
        }
        "metadata_configuration" => metadata::write(session, bucket, inputs, observed).await?,
        "metadata_table_configuration" => metadata::write_table(session, bucket, inputs, gone).await?,
        _ => reports::write(session, bucket, field, inputs, observed).await?,
    }
    Ok(())
}

/// Object lock is switched on with or without a rule for all objects.
async fn lock(session: &Session, bucket: &str, inputs: &Map) -> Result<(), ProviderError> {
    let mut configuration = types::ObjectLockConfiguration::builder().object_lock_enabled(types::ObjectLockEnabled::Enabled);
    let written = inputs.get("object_lock_configuration").and_then(Value::as_map);
    if let Some(rule) = written.and_then(|written| written.get("rule")).filter(|rule| !is_empty(rule)) {
        let rule = crate::native::codec::Encode::encode(rule).map_err(|mistake: Mistake| mistake.inside("rule"))?;
        configuration = configuration.rule(rule);
    }
    let call = session.s3().put_object_lock_configuration().bucket(bucket);
    let call = call.object_lock_configuration(configuration.build());
    session.write("s3.PutObjectLockConfiguration", call.send()).await?;
    Ok(())
}

/// Where the log goes: into the bucket itself if nothing else is written.
fn logging(bucket: &str, inputs: &Map) -> Result<types::LoggingEnabled, Mistake> {
    let none = Map::new();
    let written = inputs.get("logging_configuration").and_then(Value::as_map).unwrap_or(&none);
    let destination = take(written, "destination_bucket")?.unwrap_or_else(|| bucket.to_owned());
    let prefix: String = take(written, "log_file_prefix")?.unwrap_or_default();
    let format = key_format::take(written, "target_object_key_format")?;
    let logging = types::LoggingEnabled::builder().target_bucket(destination).target_prefix(prefix);
    built(logging.set_target_object_key_format(format).build())
}

/// An access control list by its short name, which the registry spells otherwise than the API.
fn canned(name: &str) -> Result<types::BucketCannedAcl, Mistake> {
    Ok(match name {
        "AuthenticatedRead" => types::BucketCannedAcl::AuthenticatedRead,
        "Private" => types::BucketCannedAcl::Private,
        "PublicRead" => types::BucketCannedAcl::PublicRead,
        "PublicReadWrite" => types::BucketCannedAcl::PublicReadWrite,
        "AwsExecRead" => types::BucketCannedAcl::from("aws-exec-read"),
        "BucketOwnerFullControl" => types::BucketCannedAcl::from("bucket-owner-full-control"),
        "BucketOwnerRead" => types::BucketCannedAcl::from("bucket-owner-read"),
        "LogDeliveryWrite" => types::BucketCannedAcl::from("log-delivery-write"),
        other => return Err(Mistake::new(ecow::eco_format!("there is no `{other}`")).inside("access_control")),
    })
}
