//! Tables that S3 keeps about the objects of a bucket.

use aws_sdk_s3::types;
use cairn_provider::error::ProviderError;
use cairn_provider::value::{Map, Value};

use crate::native::codec::{Decode, need, set};
use crate::native::session::{Session, absent_is_done};
use crate::s3::wire::regional_setting;

texts!(
    types::ExpirationState,
    types::InventoryConfigurationState,
    types::S3TablesBucketType,
    types::TableSseAlgorithm,
);

records! {
    read types::DestinationResult { table_bucket_arn, table_bucket_type, table_namespace }
    send types::InventoryTableConfiguration { configuration_state, encryption_configuration }
    read types::InventoryTableConfigurationResult { configuration_state, table_arn, table_name }
    send types::InventoryTableConfigurationUpdates { configuration_state, encryption_configuration }
    send types::JournalTableConfiguration { encryption_configuration, record_expiration }
    read types::JournalTableConfigurationResult { record_expiration, table_arn, table_name }
    send types::MetadataConfiguration { inventory_table_configuration, journal_table_configuration }
    send types::MetadataTableConfiguration { s3_tables_destination }
    send types::MetadataTableEncryptionConfiguration { kms_key_arn as "kms_key", sse_algorithm }
    both types::RecordExpiration { days, expiration }
    send types::S3TablesDestination { table_bucket_arn, table_name }
    read types::S3TablesDestinationResult { table_arn, table_bucket_arn, table_name, table_namespace }
}

/// The tables of a bucket.
pub async fn read(session: &Session, bucket: &str) -> Result<Value, ProviderError> {
    let call = || session.s3().get_bucket_metadata_configuration().bucket(bucket).send();
    let found = regional_setting(session.read("s3.GetBucketMetadataConfiguration", call).await)?;
    let found = found.and_then(|found| found.get_bucket_metadata_configuration_result);
    let Some(found) = found.and_then(|found| found.metadata_configuration_result) else { return Ok(Value::None) };
    let mut map = Map::new();
    set(&mut map, "destination", found.destination_result.decode());
    set(&mut map, "journal_table_configuration", found.journal_table_configuration_result.decode());
    set(&mut map, "inventory_table_configuration", found.inventory_table_configuration_result.decode());
    Ok(Value::from(map))
}

/// Makes the tables, or changes what can be changed of them.
pub async fn write(session: &Session, bucket: &str, inputs: &Map, observed: &Map) -> Result<(), ProviderError> {
    const FIELD: &str = "metadata_configuration";
    let s3 = session.s3();
    let Some(before) = observed.get(FIELD).and_then(Value::as_map) else {
        let call = s3.create_bucket_metadata_configuration().bucket(bucket);
        let call = call.metadata_configuration(need(inputs, FIELD)?);
        session.write("s3.CreateBucketMetadataConfiguration", call.send()).await?;
        return Ok(());
    };
    let none = Map::new();
    let after = inputs.get(FIELD).and_then(Value::as_map).unwrap_or(&none);
    let journal = "journal_table_configuration";
    if let Some(written) = after.get(journal).and_then(Value::as_map)
        && written.get("record_expiration") != before.get(journal).and_then(|found| found.at("record_expiration"))
    {
        let updates = types::JournalTableConfigurationUpdates::builder();
        let updates = updates.record_expiration(need(written, "record_expiration")?).build();
        let call = s3.update_bucket_metadata_journal_table_configuration().bucket(bucket);
        let call = call.journal_table_configuration(updates);
        session.write("s3.UpdateBucketMetadataJournalTableConfiguration", call.send()).await?;
    }
    let inventory = "inventory_table_configuration";
    let state = |map: &Map| map.get(inventory).and_then(|table| table.at("configuration_state").cloned());
    if after.contains_key(inventory) && state(after) != state(before) {
        let call = s3.update_bucket_metadata_inventory_table_configuration().bucket(bucket);
        let call = call.inventory_table_configuration(need(after, inventory)?);
        session.write("s3.UpdateBucketMetadataInventoryTableConfiguration", call.send()).await?;
    }
    Ok(())
}

/// The table of a bucket, in the first version of the service.
pub async fn read_table(session: &Session, bucket: &str) -> Result<Value, ProviderError> {
    let call = || session.s3().get_bucket_metadata_table_configuration().bucket(bucket).send();
    let found = regional_setting(session.read("s3.GetBucketMetadataTableConfiguration", call).await)?;
    let found = found.and_then(|found| found.get_bucket_metadata_table_configuration_result);
    let found = found.and_then(|found| found.metadata_table_configuration_result);
    let destination = found.and_then(|found| found.s3_tables_destination_result).decode();
    Ok(if destination.is_none() { destination } else { Value::map([("s3_tables_destination".into(), destination)]) })
}

/// Makes the table, after another one was removed; or removes it.
pub async fn write_table(session: &Session, bucket: &str, inputs: &Map, gone: bool) -> Result<(), ProviderError> {
    let call = session.s3().delete_bucket_metadata_table_configuration().bucket(bucket).send();
    absent_is_done(session.write("s3.DeleteBucketMetadataTableConfiguration", call).await.map(drop))?;
    if gone {
        return Ok(());
    }
    let call = session.s3().create_bucket_metadata_table_configuration().bucket(bucket);
    let call = call.metadata_table_configuration(need(inputs, "metadata_table_configuration")?);
    session.write("s3.CreateBucketMetadataTableConfiguration", call.send()).await?;
    Ok(())
}
