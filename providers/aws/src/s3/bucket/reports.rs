//! Settings of which a bucket has several, told apart by an id: analytics, tiering, inventories, metrics.

use std::collections::BTreeSet;

use aws_sdk_s3::types;
use cairn_provider::error::ProviderError;
use cairn_provider::value::{Map, Value};

use super::tag_filters::{self, Written};
use crate::native::codec::{Decode, Encode, Mistake, built, fields_of, need, put, set, take};
use crate::native::session::Session;
use crate::s3::wire::regional_setting;

texts!(
    types::AnalyticsS3ExportFileFormat,
    types::IntelligentTieringAccessTier,
    types::IntelligentTieringStatus,
    types::InventoryFormat,
    types::InventoryFrequency,
    types::InventoryIncludedObjectVersions,
    types::InventoryOptionalField,
    types::StorageClassAnalysisSchemaVersion,
);

records! {
    both types::StorageClassAnalysis { data_export }
    both types::Tiering { access_tier, days }
}

const DESTINATION: [&str; 4] = ["bucket", "bucket_account_id", "format", "prefix"];

impl Encode for types::StorageClassAnalysisDataExport {
    fn encode(value: &Value) -> Result<Self, Mistake> {
        let map = fields_of(value, &["destination", "output_schema_version"])?;
        let destination = need::<types::AnalyticsS3BucketDestination>(map, "destination")?;
        let destination = types::AnalyticsExportDestination::builder().s3_bucket_destination(destination).build();
        built(send!(Self::builder(), map => output_schema_version).destination(destination).build())
    }
}

impl Decode for types::StorageClassAnalysisDataExport {
    fn decode(&self) -> Value {
        let mut map = read!(self => output_schema_version);
        let destination = self.destination().and_then(|destination| destination.s3_bucket_destination());
        put(&mut map, "destination", &destination);
        Value::from(map)
    }
}

records! {
    both types::AnalyticsS3BucketDestination { bucket, bucket_account_id, format, prefix }
}

impl Encode for types::AnalyticsConfiguration {
    fn encode(value: &Value) -> Result<Self, Mistake> {
        let map = fields_of(value, &["id", "prefix", "storage_class_analysis", "tag_filters"])?;
        let mut written = Written::of(map)?;
        let filter = if written.is_empty() {
            None
        } else if let Some(prefix) = written.only_prefix() {
            Some(types::AnalyticsFilter::Prefix(prefix))
        } else if let Some(tag) = written.only_tag() {
            Some(types::AnalyticsFilter::Tag(tag))
        } else {
            let and = types::AnalyticsAndOperator::builder().set_prefix(written.prefix).set_tags(Some(written.tags));
            Some(types::AnalyticsFilter::And(and.build()))
        };
        built(send!(Self::builder(), map => id, storage_class_analysis).set_filter(filter).build())
    }
}

impl Decode for types::AnalyticsConfiguration {
    fn decode(&self) -> Value {
        let mut map = read!(self => id, storage_class_analysis);
        if let Some(filter) = self.filter() {
            set(&mut map, "prefix", filter.as_prefix().map_or(Value::None, Decode::decode));
            set(&mut map, "tag_filters", filter.as_tag().map_or(Value::None, |tag| tag_filters::of(std::slice::from_ref(tag))));
            if let Ok(and) = filter.as_and() {
                map.extend(read!(and => prefix, tags as "tag_filters" via tag_filters));
            }
        }
        Value::from(map)
    }
}

impl Encode for types::MetricsConfiguration {
    fn encode(value: &Value) -> Result<Self, Mistake> {
        let map = fields_of(value, &["access_point_arn", "id", "prefix", "tag_filters"])?;
        let mut written = Written::of(map)?;
        let point: Option<String> = take(map, "access_point_arn")?;
        let filter = match point {
            None if written.is_empty() => None,
            Some(point) if written.is_empty() => Some(types::MetricsFilter::AccessPointArn(point)),
            None if written.tags.is_empty() => written.only_prefix().map(types::MetricsFilter::Prefix),
            None if written.prefix.is_none() && written.tags.len() == 1 => {
                written.only_tag().map(types::MetricsFilter::Tag)
            }
            point => {
                let and = types::MetricsAndOperator::builder().set_prefix(written.prefix).set_access_point_arn(point);
                Some(types::MetricsFilter::And(and.set_tags(Some(written.tags)).build()))
            }
        };
        built(send!(Self::builder(), map => id).set_filter(filter).build())
    }
}

impl Decode for types::MetricsConfiguration {
    fn decode(&self) -> Value {
        let mut map = read!(self => id);
        if let Some(filter) = self.filter() {
            set(&mut map, "access_point_arn", filter.as_access_point_arn().map_or(Value::None, Decode::decode));
            set(&mut map, "prefix", filter.as_prefix().map_or(Value::None, Decode::decode));
            set(&mut map, "tag_filters", filter.as_tag().map_or(Value::None, |tag| tag_filters::of(std::slice::from_ref(tag))));
            if let Ok(and) = filter.as_and() {
                map.extend(read!(and => access_point_arn, prefix, tags as "tag_filters" via tag_filters));
            }
        }
        Value::from(map)
    }
}

impl Encode for types::IntelligentTieringConfiguration {
    fn encode(value: &Value) -> Result<Self, Mistake> {
        let map = fields_of(value, &["id", "prefix", "status", "tag_filters", "tierings"])?;
        let mut written = Written::of(map)?;
        let builder = types::IntelligentTieringFilter::builder();
        let filter = if written.is_empty() {
            None
        } else if let Some(prefix) = written.only_prefix() {
            Some(builder.prefix(prefix).build())
        } else if let Some(tag) = written.only_tag() {
            Some(builder.tag(tag).build())
        } else {
            let and = types::IntelligentTieringAndOperator::builder().set_prefix(written.prefix);
            Some(builder.and(and.set_tags(Some(written.tags)).build()).build())
        };
        built(send!(Self::builder(), map => id, status, tierings).set_filter(filter).build())
    }
}

impl Decode for types::IntelligentTieringConfiguration {
    fn decode(&self) -> Value {
        let mut map = read!(self => id, status, tierings);
        if let Some(filter) = self.filter() {
            map.extend(read!(filter => prefix));
            set(&mut map, "tag_filters", filter.tag().map_or(Value::None, |tag| tag_filters::of(std::slice::from_ref(tag))));
            if let Some(and) = filter.and() {
                map.extend(read!(and => prefix, tags as "tag_filters" via tag_filters));
            }
        }
        Value::from(map)
    }
}

const INVENTORY: [&str; 7] =
    ["destination", "enabled", "id", "included_object_versions", "optional_fields", "prefix", "schedule_frequency"];

impl Encode for types::InventoryConfiguration {
    fn encode(value: &Value) -> Result<Self, Mistake> {
        let map = fields_of(value, &INVENTORY)?;
        let destination = fields_of(map.get("destination").unwrap_or(&Value::None), &DESTINATION)?;
        let destination = built(send!(types::InventoryS3BucketDestination::builder(), destination =>
            account_id as "bucket_account_id", bucket, format, prefix).build())?;
        let destination = types::InventoryDestination::builder().s3_bucket_destination(destination).build();
        let schedule = built(types::InventorySchedule::builder().frequency(need(map, "schedule_frequency")?).build())?;
        let prefix: Option<String> = take(map, "prefix")?;
        let filter = prefix.map(|prefix| built(types::InventoryFilter::builder().prefix(prefix).build())).transpose()?;
        let configuration = send!(Self::builder(), map =>
            id, is_enabled as "enabled", included_object_versions, optional_fields);
        built(configuration.destination(destination).schedule(schedule).set_filter(filter).build())
    }
}

impl Decode for types::InventoryConfiguration {
    fn decode(&self) -> Value {
        let mut map = read!(self => id, is_enabled as "enabled", included_object_versions, optional_fields);
        if let Some(destination) = self.destination().and_then(|destination| destination.s3_bucket_destination()) {
            let destination = read!(destination => account_id as "bucket_account_id", bucket, format, prefix);
            map.insert("destination".into(), Value::from(destination));
        }
        put(&mut map, "prefix", &self.filter().map(|filter| filter.prefix()));
        put(&mut map, "schedule_frequency", &self.schedule().map(|schedule| schedule.frequency()));
        Value::from(map)
    }
}

/// All of one kind.
pub async fn read(session: &Session, bucket: &str, field: &str) -> Result<Value, ProviderError> {
    macro_rules! all {
        ($operation:literal, $call:ident, $items:ident) => {{
            let call = |token| session.s3().$call().bucket(bucket).set_continuation_token(token).send();
            let found = session
                .pages($operation, call, |page| (page.$items.unwrap_or_default(), page.next_continuation_token))
                .await;
            Ok(regional_setting(found)?.map_or(Value::None, |found| found.decode()))
        }};
    }
    match field {
        "analytics_configurations" => {
            all!(
                "s3.ListBucketAnalyticsConfigurations",
                list_bucket_analytics_configurations,
                analytics_configuration_list
            )
        }
        "intelligent_tiering_configurations" => {
            all!(
                "s3.ListBucketIntelligentTieringConfigurations",
                list_bucket_intelligent_tiering_configurations,
                intelligent_tiering_configuration_list
            )
        }
        "inventory_configurations" => {
            all!(
                "s3.ListBucketInventoryConfigurations",
                list_bucket_inventory_configurations,
                inventory_configuration_list
            )
        }
        "metrics_configurations" => {
            all!("s3.ListBucketMetricsConfigurations", list_bucket_metrics_configurations, metrics_configuration_list)
        }
        other => Err(ProviderError::refused("s3.GetBucket", ecow::eco_format!("`{other}` cannot be read"))),
    }
}

/// Sets those of one kind that are written, and removes the others.
pub async fn write(
    session: &Session,
    bucket: &str,
    field: &str,
    inputs: &Map,
    observed: &Map,
) -> Result<(), ProviderError> {
    macro_rules! each {
        ($ty:path, $put_name:literal, $put:ident, $set:ident, $delete_name:literal, $delete:ident) => {{
            let written: Vec<$ty> = take(inputs, field)?.unwrap_or_default();
            let kept: BTreeSet<String> = written.iter().map(|one| one.id().to_owned()).collect();
            for one in written {
                let call = session.s3().$put().bucket(bucket).id(one.id().to_owned()).$set(one);
                session.write($put_name, call.send()).await?;
            }
            for id in ids(observed, field).filter(|id| !kept.contains(*id)) {
                session.delete($delete_name, session.s3().$delete().bucket(bucket).id(id).send()).await?;
            }
        }};
    }
    match field {
        "analytics_configurations" => each!(
            types::AnalyticsConfiguration,
            "s3.PutBucketAnalyticsConfiguration",
            put_bucket_analytics_configuration,
            analytics_configuration,
            "s3.DeleteBucketAnalyticsConfiguration",
            delete_bucket_analytics_configuration
        ),
        "intelligent_tiering_configurations" => each!(
            types::IntelligentTieringConfiguration,
            "s3.PutBucketIntelligentTieringConfiguration",
            put_bucket_intelligent_tiering_configuration,
            intelligent_tiering_configuration,
            "s3.DeleteBucketIntelligentTieringConfiguration",
            delete_bucket_intelligent_tiering_configuration
        ),
        "inventory_configurations" => each!(
            types::InventoryConfiguration,
            "s3.PutBucketInventoryConfiguration",
            put_bucket_inventory_configuration,
            inventory_configuration,
            "s3.DeleteBucketInventoryConfiguration",
            delete_bucket_inventory_configuration
        ),
        "metrics_configurations" => each!(
            types::MetricsConfiguration,
            "s3.PutBucketMetricsConfiguration",
            put_bucket_metrics_configuration,
            metrics_configuration,
            "s3.DeleteBucketMetricsConfiguration",
            delete_bucket_metrics_configuration
        ),
        other => return Err(ProviderError::refused("s3.PutBucket", ecow::eco_format!("`{other}` cannot be written"))),
    }
    Ok(())
}

fn ids<'a>(observed: &'a Map, field: &str) -> impl Iterator<Item = &'a str> {
    let items = observed.get(field).and_then(Value::as_list).unwrap_or_default();
    items.iter().filter_map(|item| item.at("id").and_then(Value::as_text))
}

#[cfg(test)]
mod tests {
    use super::types;
    use crate::native::codec::{Decode, Encode};
    use cairn_provider::value::{Value, from_json};

    /// What is read of a request is what was written.
    fn comes_back<T: Encode + Decode>(text: &str) {
        let document: Value = from_json(&serde_json::from_str(text).unwrap());
        assert_eq!(T::encode(&document).unwrap().decode(), document);
    }

    #[test]
    fn reports_come_back_as_they_were_written() {
        comes_back::<types::AnalyticsConfiguration>(
            r#"{"id":"a","prefix":"in/","tag_filters":{"k":"v"},"storage_class_analysis":{"data_export":{
                "output_schema_version":"V_1","destination":{"bucket":"arn:aws:s3:::x","format":"CSV","prefix":"p/"}}}}"#,
        );
        comes_back::<types::AnalyticsConfiguration>(r#"{"id":"b","tag_filters":{"k":"v"},"storage_class_analysis":{}}"#);
        comes_back::<types::MetricsConfiguration>(r#"{"id":"a"}"#);
        comes_back::<types::MetricsConfiguration>(r#"{"id":"b","tag_filters":{"k":"v"}}"#);
        comes_back::<types::MetricsConfiguration>(
            r#"{"id":"c","access_point_arn":"arn:aws:s3:eu-central-1:1:accesspoint/x","prefix":"in/","tag_filters":{"k":"v"}}"#,
        );
        comes_back::<types::IntelligentTieringConfiguration>(
            r#"{"id":"a","status":"Enabled","prefix":"in/","tierings":[{"access_tier":"ARCHIVE_ACCESS","days":90}]}"#,
        );
        comes_back::<types::InventoryConfiguration>(
            r#"{"id":"a","enabled":true,"included_object_versions":"All","schedule_frequency":"Weekly","prefix":"in/",
                "optional_fields":["Size"],"destination":{"bucket":"arn:aws:s3:::x","bucket_account_id":"111122223333",
                "format":"Parquet"}}"#,
        );
    }
}
