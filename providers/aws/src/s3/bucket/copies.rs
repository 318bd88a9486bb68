//! Where copies of objects go: the replication of a bucket.

use aws_sdk_s3::types;
use cairn_provider::error::ProviderError;
use cairn_provider::value::Value;

use super::tag_filters;
use crate::native::codec::Decode;
use crate::native::session::Session;
use crate::s3::wire::regional_setting as setting;

texts!(
    types::DeleteMarkerReplicationStatus,
    types::MetricsStatus,
    types::OwnerOverride,
    types::ReplicaModificationsStatus,
    types::ReplicationRuleStatus,
    types::ReplicationTimeStatus,
    types::SseKmsEncryptedObjectsStatus,
    types::StorageClass,
);

records! {
    both types::AccessControlTranslation { owner }
    both types::DeleteMarkerReplication { status }
    both types::Destination {
        access_control_translation, account, bucket, encryption_configuration, metrics, replication_time, storage_class
    }
    both types::EncryptionConfiguration { replica_kms_key_id as "replica_kms_key" }
    both types::Metrics { event_threshold, status }
    both types::ReplicaModifications { status }
    both types::ReplicationConfiguration { role, rules }
    both types::ReplicationRuleAndOperator { prefix, tags as "tag_filters" via tag_filters }
    both types::ReplicationRuleFilter { and, prefix, tag as "tag_filter" }
    both types::ReplicationTime { status, time }
    both types::ReplicationTimeValue { minutes }
    both types::SourceSelectionCriteria { replica_modifications, sse_kms_encrypted_objects }
    both types::SseKmsEncryptedObjects { status }
    both types::Tag { key, value }
}

#[expect(deprecated, reason = "the registry still has the prefix of the first version of rules")]
mod rule {
    use super::types;

    records! {
        both types::ReplicationRule {
            delete_marker_replication, destination, filter, id, prefix, priority, source_selection_criteria, status
        }
    }
}

/// The replication of a bucket.
pub async fn read(session: &Session, bucket: &str) -> Result<Value, ProviderError> {
    let call = || session.s3().get_bucket_replication().bucket(bucket).send();
    let found = setting(session.read("s3.GetBucketReplication", call).await)?;
    Ok(found.and_then(|found| found.replication_configuration).decode())
}

#[cfg(test)]
mod tests {
    use super::types;
    use crate::native::codec::{Decode, Encode};
    use cairn_provider::value::{Value, from_json};

    #[test]
    fn rules_come_back_as_they_were_written() {
        let text = r#"{"role":"arn:aws:iam::1:role/copy","rules":[{"id":"all","status":"Enabled","priority":1,
            "delete_marker_replication":{"status":"Disabled"},
            "filter":{"and":{"prefix":"in/","tag_filters":{"k":"v"}}},
            "destination":{"bucket":"arn:aws:s3:::x","storage_class":"STANDARD_IA","account":"111122223333",
                "access_control_translation":{"owner":"Destination"},
                "encryption_configuration":{"replica_kms_key":"arn:aws:kms:eu-west-1:1:key/k"},
                "replication_time":{"status":"Enabled","time":{"minutes":15}},
                "metrics":{"status":"Enabled","event_threshold":{"minutes":15}}},
            "source_selection_criteria":{"replica_modifications":{"status":"Enabled"},
                "sse_kms_encrypted_objects":{"status":"Enabled"}}}]}"#;
        let document: Value = from_json(&serde_json::from_str(text).unwrap());
        let encoded = types::ReplicationConfiguration::encode(&document).unwrap();
        assert_eq!(encoded.decode(), document);
    }
}
