//! A secret: a value that is kept encrypted, with its versions, and handed out to who may read it.
//!
//! The value is written in `secret_string` or, better, made by the service as `generate_secret_string` says; a made
//! value is stored at once and shown nowhere. Another rule for making it makes a new value. Either way
//! `secret_string` can be handed on to other resources, and `reveal` shows it. With neither the secret is empty, for
//! somebody else to fill.
//!
//! A secret that is deleted can be restored for 30 days, and its name stays taken for as long. Made names are never
//! used twice; a written name that this stack deleted is restored and gets the new value. Replicas in other regions are
//! deleted at once and cannot be restored. Every secret costs by the month, and every replica counts as one.
//!
//! Vendor documentation:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-secretsmanager-secret.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::overlay::{NameRule, Overlay, Range, Reference, Replacement};

/// `aws.secretsmanager.Secret`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::SecretsManager::Secret",
    title: "Secret",
    overlay: Overlay {
        noun: "a secret",
        references: &[
            Reference { path: "KmsKeyId", to: &[("AWS::KMS::Key", "Arn"), ("AWS::KMS::Alias", "AliasName")] },
            Reference {
                path: "ReplicaRegion.KmsKeyId",
                to: &[("AWS::KMS::Key", "Arn"), ("AWS::KMS::Alias", "AliasName")],
            },
        ],
        ranges: &[Range {
            path: "GenerateSecretString.PasswordLength",
            min: 1,
            max: 4_096,
            because: "Secrets Manager makes passwords of one to 4096 characters",
        }],
        sensitive: &["SecretString"],
        volatile: &["SecretString"],
        defaults: &[("Description", "\"\""), ("KmsKeyId", "null")],
        // A name must not end in a hyphen and six characters: the service's own ARNs do.
        name: Some(NameRule { property: "Name", max: 512, lower: false, separators: "/_+=.@-", renewed: true }),
        replacement: Replacement::CreateFirst,
        stateful: true,
        popular: &["GenerateSecretString", "SecretString", "Description", "Tags"],
        ..Overlay::EMPTY
    },
    // CreateSecret takes a token, but a value that is made anew would not be the same request.
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:ListSecrets"],
        write: &[
            "secretsmanager:CreateSecret",
            "secretsmanager:DeleteSecret",
            "secretsmanager:GetRandomPassword",
            "secretsmanager:RemoveRegionsFromReplication",
            "secretsmanager:ReplicateSecretToRegions",
            "secretsmanager:RestoreSecret",
            "secretsmanager:TagResource",
            "secretsmanager:UntagResource",
            "secretsmanager:UpdateSecret",
        ],
    },
    timings: Timings::INSTANT,
    examples: &[
        Example {
            title: "A password that nobody has seen",
            source: "resource db_login = aws.secretsmanager.Secret {\n  generate_secret_string: { password_length: 32, \
                     exclude_punctuation: true }\n}\n",
        },
        Example {
            title: "A login with a made password, readable in two regions",
            source: "resource login = aws.secretsmanager.Secret {\n  name: \"shop/orders/login\"\n  description: \"how \
                     the shop signs in to its orders\"\n  kms_key: existing(\"alias/aws/secretsmanager\")\n  \
                     generate_secret_string: {\n    secret_string_template: \"{\\\"username\\\": \\\"shop\\\"}\"\n    \
                     generate_string_key: \"password\"\n    password_length: 40\n    exclude_characters: \
                     \"/@'\"\n    require_each_included_type: true\n  }\n  replica_regions: [{ region: \"eu-west-1\" \
                     }]\n  tags: { team: \"orders\" }\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER, stored};

#[cfg(feature = "native")]
mod lifecycle {
    use std::collections::BTreeMap;

    use async_trait::async_trait;
    use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
    use aws_sdk_secretsmanager::types;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::{ErrorClass, ProviderError};
    use cairn_provider::object::{Live, Ownership, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Monitor, ReadSet, Readings, Update};
    use cairn_provider::stored::StoredSecret;
    use cairn_provider::value::{Map, Value};
    use ecow::EcoString;

    use crate::native::codec::{Mistake, need, set, take};
    use crate::native::reading::{identities, one_by_one};
    use crate::native::session::{Session, absent_is_none, given};
    use crate::native::tags;

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &Secret;
    /// Reads secrets.
    pub const READER: Option<&dyn Reader<Session>> = Some(&Secret);

    struct Secret;

    const KIND: &str = "aws.secretsmanager.Secret";

    #[async_trait]
    impl ResourceType<Session> for Secret {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let inputs = &request.inputs;
            let value = value(session, inputs).await?;
            let call = send!(session.secretsmanager().create_secret(), inputs =>
                description, kms_key_id as "kms_key", name, r#type, add_replica_regions as "replica_regions")
            .client_request_token(request.token.as_str())
            .set_secret_string(value.clone())
            .set_tags(Some(tags_of_new(request)?));
            match session.write("secretsmanager.CreateSecret", call.send()).await {
                Ok(answer) => given(answer.arn(), "secretsmanager.CreateSecret").map(Created::new),
                Err(error) if error.class == ErrorClass::AlreadyExists => restore(session, request, value, error).await,
                Err(error) => Err(error),
            }
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            let name: String = need(&request.inputs, "name")?;
            let Some(secret) = describe(session, &name).await? else { return Ok(Vec::new()) };
            let (_, owner) = read_tags(&secret);
            let ours = secret.deleted_date.is_none() && tags::same_owner(owner.as_ref(), &request.owner);
            Ok(secret.arn().filter(|_| ours).map(EcoString::from).into_iter().collect())
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            let (id, inputs) = (request.id.as_str(), &request.inputs);
            let changed = |field: &str| request.changed.contains(field);
            let valued = changed("secret_string") || changed("generate_secret_string");
            let value = if valued { value(session, inputs).await? } else { None };
            if value.is_some() || ["description", "kms_key", "type"].into_iter().any(changed) {
                let call = session.secretsmanager().update_secret().secret_id(id);
                let mut call = call.client_request_token(request.token.as_str()).set_secret_string(value);
                if changed("description") {
                    call = call.description(take::<String>(inputs, "description")?.unwrap_or_default());
                }
                if changed("kms_key") {
                    // Empty is the key that the service manages itself.
                    call = call.kms_key_id(take::<String>(inputs, "kms_key")?.unwrap_or_default());
                }
                if changed("type") {
                    call = call.set_type(take(inputs, "type")?);
                }
                match session.write("secretsmanager.UpdateSecret", call.send()).await {
                    Ok(_) => {}
                    // The same token made a version before, of a value that is made and never the same twice.
                    Err(error) if error.class == ErrorClass::AlreadyExists && !inputs.contains_key("secret_string") => {}
                    Err(error) => return Err(error),
                }
            }
            if changed("replica_regions") {
                replicate(session, id, &request.observed, inputs).await?;
            }
            if changed("tags") {
                update_tags(session, id, &tags::changes(&request.observed, inputs, "tags")).await?;
            }
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let id = request.id.as_str();
            let Some(secret) = describe(session, id).await? else { return Ok(None) };
            if secret.deleted_date.is_some() {
                return Ok(None);
            }
            let regions = secret.replication_status().iter().filter_map(|replica| replica.region().map(str::to_owned));
            let regions: Vec<String> = regions.collect();
            if !regions.is_empty() {
                unreplicate(session, id, regions).await?;
            }
            let call = session.secretsmanager().delete_secret().secret_id(id);
            session.delete("secretsmanager.DeleteSecret", call.send()).await?;
            Ok(None)
        }

        async fn reveal(&self, session: &Session, id: &str, field: &str) -> Result<Value, ProviderError> {
            let operation = "secretsmanager.GetSecretValue";
            if field != "secret_string" {
                return Err(ProviderError::refused(operation, ecow::eco_format!("`{field}` is no value of a secret")));
            }
            stored(session, &StoredSecret { id, key: None, stage: None }).await
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            let call = |token| session.secretsmanager().list_secrets().max_results(100).set_next_token(token).send();
            let take = |page: aws_sdk_secretsmanager::operation::list_secrets::ListSecretsOutput| {
                (page.secret_list.unwrap_or_default(), page.next_token)
            };
            let all = session.pages("secretsmanager.ListSecrets", call, take).await?;
            Ok(identities(&all, types::SecretListEntry::arn))
        }
    }

    /// A secret of the store, or a part of it.
    ///
    /// # Errors
    /// There is none, or nobody may read it.
    pub async fn stored(session: &Session, secret: &StoredSecret<'_>) -> Result<Value, ProviderError> {
        let operation = "secretsmanager.GetSecretValue";
        let stage = secret.stage.map(str::to_owned);
        // The service takes a secret's name where it takes its ARN.
        let call = || {
            session.secretsmanager().get_secret_value().secret_id(secret.id).set_version_stage(stage.clone()).send()
        };
        let answer = session.read(operation, call).await?;
        let text = answer.secret_string();
        let text = text.ok_or_else(|| ProviderError::refused(operation, "the secret holds bytes and no text"))?;
        secret.part(text).map_err(|why| ProviderError::refused(operation, why))
    }

    #[async_trait]
    impl Reader<Session> for Secret {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND]
        }

        /// One call for each: lists of secrets may be five minutes old.
        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            Ok(one_by_one(KIND, wanted, |id, _| one(session, id)).await)
        }
    }

    async fn one(session: &Session, id: &str) -> Result<Option<Live>, ProviderError> {
        let Some(secret) = describe(session, id).await? else { return Ok(None) };
        if secret.deleted_date.is_some() {
            return Ok(None);
        }
        let mut attributes = read!(&secret => arn as "id", kms_key_id as "kms_key", name, r#type);
        set(&mut attributes, "description", Value::text(secret.description().unwrap_or_default()));
        set(&mut attributes, "replica_regions", Value::list(secret.replication_status().iter().map(replica)));
        let (tags, owner) = read_tags(&secret);
        set(&mut attributes, "tags", tags);
        let copying = |replica: &types::ReplicationStatusType| replica.status() == Some(&types::StatusType::InProgress);
        let status = if secret.replication_status().iter().any(copying) {
            Status::Pending("replicating".into())
        } else {
            Status::Ready
        };
        Ok(Some(Live { id: id.into(), attributes, status, owner }))
    }

    records! {
        send types::ReplicaRegionType { region, kms_key_id as "kms_key" }
    }

    fn replica(replica: &types::ReplicationStatusType) -> Value {
        read!(replica => region, kms_key_id as "kms_key").into()
    }

    async fn describe(session: &Session, id: &str) -> Result<Option<DescribeSecretOutput>, ProviderError> {
        let call = || session.secretsmanager().describe_secret().secret_id(id).send();
        absent_is_none(session.read("secretsmanager.DescribeSecret", call).await)
    }

    /// The value that is written, or one made as is written.
    async fn value(session: &Session, inputs: &Map) -> Result<Option<String>, ProviderError> {
        let written: Option<String> = take(inputs, "secret_string")?;
        match (written, inputs.get("generate_secret_string").and_then(Value::as_map)) {
            (Some(_), Some(_)) => {
                let both = "a value is either written or made: `generate_secret_string` is written too";
                Err(Mistake::new(both).inside("secret_string").into())
            }
            (Some(value), None) => Ok(Some(value)),
            (None, Some(rules)) => made(session, rules).await.map(Some),
            (None, None) => Ok(None),
        }
    }

    async fn made(session: &Session, rules: &Map) -> Result<String, ProviderError> {
        let call = send!(session.secretsmanager().get_random_password(), rules =>
            exclude_characters, exclude_lowercase, exclude_numbers, exclude_punctuation, exclude_uppercase,
            include_space, password_length, require_each_included_type);
        let operation = "secretsmanager.GetRandomPassword";
        let answer = session.read(operation, || call.clone().send()).await?;
        let Some(password) = answer.random_password else {
            return Err(ProviderError::refused(operation, "the answer lacks the password"));
        };
        let template: Option<String> = take(rules, "secret_string_template")?;
        let key: Option<String> = take(rules, "generate_string_key")?;
        Ok(filled(template, key, password).map_err(|mistake| mistake.inside("generate_secret_string"))?)
    }

    /// The password alone, or a JSON document with the password in it.
    fn filled(template: Option<String>, key: Option<String>, password: String) -> Result<String, Mistake> {
        let (template, key) = match (template, key) {
            (None, None) => return Ok(password),
            (Some(template), Some(key)) => (template, key),
            (Some(_), None) => return Err(Mistake::new("it goes with a template").inside("generate_string_key")),
            (None, Some(_)) => return Err(Mistake::new("it goes with a key").inside("secret_string_template")),
        };
        let document = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&template);
        let mut document =
            document.map_err(|_| Mistake::new("a JSON object is expected").inside("secret_string_template"))?;
        document.insert(key, password.into());
        Ok(serde_json::Value::from(document).to_string())
    }

    /// A secret of this name that this stack deleted, restored and brought to what is written.
    async fn restore(
        session: &Session,
        request: &Create,
        value: Option<String>,
        error: ProviderError,
    ) -> Result<Created, ProviderError> {
        let (inputs, name) = (&request.inputs, need::<String>(&request.inputs, "name")?);
        let Some(secret) = describe(session, &name).await? else { return Err(error) };
        let (found, owner) = read_tags(&secret);
        if secret.deleted_date.is_none() || !tags::same_owner(owner.as_ref(), &request.owner) {
            return Err(error);
        }
        let id = given(secret.arn(), "secretsmanager.DescribeSecret")?;
        let client = session.secretsmanager();
        session.write("secretsmanager.RestoreSecret", client.restore_secret().secret_id(id.as_str()).send()).await?;
        let call = send!(client.update_secret(), inputs => r#type)
            .secret_id(id.as_str())
            .client_request_token(request.token.as_str())
            .description(take::<String>(inputs, "description")?.unwrap_or_default())
            .kms_key_id(take::<String>(inputs, "kms_key")?.unwrap_or_default())
            .set_secret_string(value);
        session.write("secretsmanager.UpdateSecret", call.send()).await?;
        replicate(session, &id, &Map::new(), inputs).await?;
        let remove = tags::changes(&Map::from([("tags".into(), found)]), inputs, "tags").remove;
        let set = tags::of_new(inputs, "tags", &request.owner);
        update_tags(session, &id, &tags::Changes { set, remove }).await?;
        Ok(Created::new(id))
    }

    /// The regions of a document, each with its key if one is written.
    fn regions(document: &Map) -> BTreeMap<EcoString, Option<EcoString>> {
        let replicas = document.get("replica_regions").and_then(Value::as_list).unwrap_or_default();
        let text = |map: &Map, field: &str| map.get(field).and_then(Value::as_text).map(EcoString::from);
        let replicas = replicas.iter().filter_map(Value::as_map);
        replicas.filter_map(|replica| Some((text(replica, "region")?, text(replica, "kms_key")))).collect()
    }

    /// Brings the replicas to what is written. One that gets another key is made anew.
    async fn replicate(session: &Session, id: &str, observed: &Map, inputs: &Map) -> Result<(), ProviderError> {
        let (before, after) = (regions(observed), regions(inputs));
        let stays = |region: &EcoString| match (before.get(region), after.get(region)) {
            (Some(found), Some(wanted)) => wanted.is_none() || wanted == found,
            (_, _) => false,
        };
        let surplus: Vec<String> = before.keys().filter(|region| !stays(region)).map(ToString::to_string).collect();
        if !surplus.is_empty() {
            unreplicate(session, id, surplus).await?;
        }
        let missing = after.iter().filter(|(region, _)| !stays(region)).map(|(region, key)| {
            let replica = types::ReplicaRegionType::builder().region(region.as_str());
            replica.set_kms_key_id(key.as_ref().map(ToString::to_string)).build()
        });
        let missing: Vec<types::ReplicaRegionType> = missing.collect();
        if !missing.is_empty() {
            let call = session.secretsmanager().replicate_secret_to_regions().secret_id(id);
            let call = call.set_add_replica_regions(Some(missing));
            session.write("secretsmanager.ReplicateSecretToRegions", call.send()).await?;
        }
        Ok(())
    }

    async fn unreplicate(session: &Session, id: &str, regions: Vec<String>) -> Result<(), ProviderError> {
        let call = session.secretsmanager().remove_regions_from_replication().secret_id(id);
        let call = call.set_remove_replica_regions(Some(regions));
        session.write("secretsmanager.RemoveRegionsFromReplication", call.send()).await.map(|_| ())
    }

    fn tags_of_new(request: &Create) -> Result<Vec<types::Tag>, Mistake> {
        Ok(tags::tag_list!(types::Tag, tags::of_new(&request.inputs, "tags", &request.owner)))
    }

    fn read_tags(secret: &DescribeSecretOutput) -> (Value, Option<Ownership>) {
        let tags = secret.tags().iter();
        tags::read(tags.map(|tag| (tag.key().unwrap_or_default(), tag.value().unwrap_or_default())))
    }

    async fn update_tags(session: &Session, id: &str, changes: &tags::Changes) -> Result<(), ProviderError> {
        if !changes.set.is_empty() {
            let list = tags::tag_list!(types::Tag, changes.set.clone());
            let call = session.secretsmanager().tag_resource().secret_id(id).set_tags(Some(list));
            session.write("secretsmanager.TagResource", call.send()).await?;
        }
        if !changes.remove.is_empty() {
            let call = session.secretsmanager().untag_resource().secret_id(id);
            let call = call.set_tag_keys(Some(changes.remove.clone()));
            session.write("secretsmanager.UntagResource", call.send()).await?;
        }
        Ok(())
    }

    #[cfg(test)]
    mod tests {
        use super::filled;

        #[test]
        fn a_password_stands_alone_or_in_a_document() {
            let text = |text: &str| Some(text.to_owned());
            assert_eq!(filled(None, None, "p".into()).unwrap(), "p");
            let login = filled(text("{\"username\": \"shop\"}"), text("password"), "p\"q".into()).unwrap();
            assert_eq!(login, "{\"password\":\"p\\\"q\",\"username\":\"shop\"}");
            assert!(filled(text("{}"), None, "p".into()).is_err());
            assert!(filled(None, text("password"), "p".into()).is_err());
            assert!(filled(text("[1]"), text("password"), "p".into()).is_err());
        }
    }
}
