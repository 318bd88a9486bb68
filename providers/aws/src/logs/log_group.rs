//! A log group: streams of log events that share retention, encryption and permissions.
//!
//! Without `retention_in_days` events are kept for ever, and paid for. Only certain numbers of days are accepted: 1, 3,
//! 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653. The class
//! `INFREQUENT_ACCESS` costs half and knows neither masking nor metric filters; a group cannot change its class, so a
//! new one is made and the old events are lost. Many services make groups of their own (`/aws/lambda/…`): declare the
//! group before the function runs for the first time, or adopt it.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-logs-loggroup.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::overlay::{Exception, NameRule, Overlay, Range};
use cairn_provider::schema::{Change, Unit};

/// `aws.logs.LogGroup`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::Logs::LogGroup",
    title: "Log group",
    overlay: Overlay {
        noun: "a log group",
        units: &[("RetentionInDays", Unit::Days)],
        ranges: &[Range {
            path: "RetentionInDays",
            min: 1,
            max: 3_653,
            because: "CloudWatch Logs keeps events for at most ten years, or for ever when nothing is written",
        }],
        exceptions: &[Exception {
            path: "LogGroupClass",
            change: Change::Replace,
            because: "CreateLogGroup sets the class and no call changes it",
        }],
        defaults: &[
            ("BearerTokenAuthenticationEnabled", "false"),
            ("DataProtectionPolicy", "null"),
            ("DeletionProtectionEnabled", "false"),
            ("KmsKeyId", "null"),
            ("LogGroupClass", "\"STANDARD\""),
            ("ResourcePolicyDocument", "null"),
            ("RetentionInDays", "null"),
        ],
        derived: &[("Arn", "arn:${partition}:logs:${region}:${account}:log-group:${log_group_name}:*")],
        name: Some(NameRule { property: "LogGroupName", max: 512, lower: false, separators: "-_/.#", renewed: false }),
        stateful: true,
        popular: &["LogGroupName", "RetentionInDays", "KmsKeyId", "Tags"],
        ..Overlay::EMPTY
    },
    // CreateLogGroup takes no token, but a region can have a name only once.
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &[
            "logs:DescribeIndexPolicies",
            "logs:DescribeLogGroups",
            "logs:DescribeResourcePolicies",
            "logs:GetDataProtectionPolicy",
            "logs:ListTagsForResource",
        ],
        write: &[
            "logs:AssociateKmsKey",
            "logs:CreateLogGroup",
            "logs:DeleteDataProtectionPolicy",
            "logs:DeleteIndexPolicy",
            "logs:DeleteLogGroup",
            "logs:DeleteResourcePolicy",
            "logs:DeleteRetentionPolicy",
            "logs:DisassociateKmsKey",
            "logs:PutBearerTokenAuthentication",
            "logs:PutDataProtectionPolicy",
            "logs:PutIndexPolicy",
            "logs:PutLogGroupDeletionProtection",
            "logs:PutResourcePolicy",
            "logs:PutRetentionPolicy",
            "logs:TagResource",
            "logs:UntagResource",
        ],
    },
    timings: Timings::INSTANT,
    examples: &[
        Example {
            title: "Logs that are kept for a month",
            source: "resource app_log = aws.logs.LogGroup { retention_in_days: 30d }\n",
        },
        Example {
            title: "Protected, indexed, with mail addresses masked",
            source: "resource app_log = aws.logs.LogGroup {\n  log_group_name: \"/shop/app\"\n  retention_in_days: \
                     365d\n  deletion_protection_enabled: true\n  field_index_policies: [{ Fields: [\"requestId\", \
                     \"customer\"] }]\n  data_protection_policy: {\n    Name: \"mails\"\n    Version: \
                     \"2021-06-01\"\n    Statement: [\n      { Sid: \"audit\", DataIdentifier: \
                     [\"arn:aws:dataprotection::aws:data-identifier/EmailAddress\"], Operation: { Audit: { \
                     FindingsDestination: {} } } }\n      { Sid: \"mask\", DataIdentifier: \
                     [\"arn:aws:dataprotection::aws:data-identifier/EmailAddress\"], Operation: { Deidentify: { \
                     MaskConfig: {} } } }\n    ]\n  }\n  tags: { team: \"orders\" }\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};

#[cfg(feature = "native")]
mod lifecycle {
    use std::collections::{BTreeMap, HashMap};

    use async_trait::async_trait;
    use aws_sdk_cloudwatchlogs::operation::describe_log_groups::builders::DescribeLogGroupsFluentBuilder;
    use aws_sdk_cloudwatchlogs::types;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::{Live, Ownership, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Interest, Monitor, ReadSet, Readings, Update};
    use cairn_provider::value::{Map, Value, to_json};
    use ecow::{EcoString, eco_format};

    use crate::native::codec::{Mistake, json, need, set, take};
    use crate::native::reading::{identities, one_by_one};
    use crate::native::session::{Session, absent_is_none, unoffered_is_none};
    use crate::native::tags;
    use crate::native::together::together;

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &LogGroup;
    /// Reads log groups.
    pub const READER: Option<&dyn Reader<Session>> = Some(&LogGroup);

    struct LogGroup;

    const KIND: &str = "aws.logs.LogGroup";

    /// DescribeLogGroups takes so many names.
    const NAMES: usize = 50;

    /// What is set with a call each. The class and what CreateLogGroup takes are not among it.
    const CONFIGURED: [&str; 5] = [
        "bearer_token_authentication_enabled",
        "data_protection_policy",
        "field_index_policies",
        "resource_policy_document",
        "retention_in_days",
    ];

    #[async_trait]
    impl ResourceType<Session> for LogGroup {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let inputs = &request.inputs;
            let name: String = need(inputs, "log_group_name")?;
            let tags: HashMap<String, String> = tags::of_new(inputs, "tags", &request.owner).into_iter().collect();
            let call = send!(session.logs().create_log_group().log_group_name(&name), inputs =>
                deletion_protection_enabled, kms_key_id as "kms_key", log_group_class)
            .set_tags(Some(tags));
            session.write("logs.CreateLogGroup", call.send()).await?;
            Ok(Created::new(name))
        }

        async fn configure(&self, session: &Session, id: &str, request: &Create) -> Result<(), ProviderError> {
            for field in CONFIGURED.into_iter().filter(|field| request.inputs.contains_key(*field)) {
                put(session, id, field, &request.inputs).await?;
            }
            Ok(())
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            let name: String = need(&request.inputs, "log_group_name")?;
            let Some(group) = with_name(session, &name).await? else { return Ok(Vec::new()) };
            let (_, owner) = read_tags(session, &plain_arn(&group)).await?;
            Ok(tags::same_owner(owner.as_ref(), &request.owner).then(|| EcoString::from(name)).into_iter().collect())
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            let (id, inputs) = (request.id.as_str(), &request.inputs);
            for field in CONFIGURED.into_iter().filter(|field| request.changed.contains(*field)) {
                put(session, id, field, inputs).await?;
            }
            if request.changed.contains("kms_key") {
                encrypt(session, id, take(inputs, "kms_key")?).await?;
            }
            if request.changed.contains("deletion_protection_enabled") {
                let call = send!(session.logs().put_log_group_deletion_protection().log_group_identifier(id), inputs =>
                    deletion_protection_enabled);
                session.write("logs.PutLogGroupDeletionProtection", call.send()).await?;
            }
            if request.changed.contains("tags") {
                update_tags(session, request).await?;
            }
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let call = session.logs().delete_log_group().log_group_name(request.id.as_str());
            session.delete("logs.DeleteLogGroup", call.send()).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            let all = describe(session, |call| call).await?;
            Ok(identities(&all, types::LogGroup::log_group_name))
        }
    }

    #[async_trait]
    impl Reader<Session> for LogGroup {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND]
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            let names: Vec<&EcoString> = wanted.get(KIND).into_iter().flat_map(|wanted| wanted.keys()).collect();
            let found = find(session, &names).await?;
            Ok(one_by_one(KIND, wanted, |id, interest| live(session, found.get(id), interest)).await)
        }
    }

    /// Log groups by their names. Several are asked for together; what that answer lacks is asked for once more alone,
    /// because nobody says what the service does when one of several names is unknown.
    async fn find(session: &Session, names: &[&EcoString]) -> Result<BTreeMap<EcoString, types::LogGroup>, ProviderError> {
        let mut found = BTreeMap::new();
        if names.len() > 1 {
            for names in names.chunks(NAMES) {
                let names: Vec<String> = names.iter().map(ToString::to_string).collect();
                let groups = describe(session, |call| call.set_log_group_identifiers(Some(names.clone()))).await;
                found.extend(absent_is_none(groups)?.unwrap_or_default().into_iter().filter_map(named));
            }
        }
        let left = names.iter().filter(|name| !found.contains_key(**name)).map(|name| Box::pin(with_name(session, name)));
        for group in together(left).await {
            found.extend(group?.and_then(named));
        }
        Ok(found)
    }

    fn named(group: types::LogGroup) -> Option<(EcoString, types::LogGroup)> {
        Some((group.log_group_name()?.into(), group))
    }

    async fn with_name(session: &Session, name: &str) -> Result<Option<types::LogGroup>, ProviderError> {
        let groups = describe(session, |call| call.log_group_name_prefix(name)).await?;
        Ok(groups.into_iter().find(|group| group.log_group_name() == Some(name)))
    }

    async fn describe(
        session: &Session,
        narrow: impl Fn(DescribeLogGroupsFluentBuilder) -> DescribeLogGroupsFluentBuilder,
    ) -> Result<Vec<types::LogGroup>, ProviderError> {
        let call = |token| narrow(session.logs().describe_log_groups().set_next_token(token)).send();
        let take = |page: aws_sdk_cloudwatchlogs::operation::describe_log_groups::DescribeLogGroupsOutput| {
            (page.log_groups.unwrap_or_default(), page.next_token)
        };
        session.pages("logs.DescribeLogGroups", call, take).await
    }

    async fn live(
        session: &Session,
        group: Option<&types::LogGroup>,
        interest: &Interest,
    ) -> Result<Option<Live>, ProviderError> {
        let Some((group, id)) = group.and_then(|group| Some((group, group.log_group_name()?))) else { return Ok(None) };
        let arn = plain_arn(group);
        let mut attributes = read!(group => kms_key_id as "kms_key", log_group_class, log_group_name, retention_in_days);
        set(&mut attributes, "arn", Value::Text(eco_format!("{arn}:*")));
        let flags = [
            ("bearer_token_authentication_enabled", group.bearer_token_authentication_enabled),
            ("deletion_protection_enabled", group.deletion_protection_enabled),
        ];
        for (field, flag) in flags {
            set(&mut attributes, field, Value::Bool(flag.unwrap_or_default()));
        }
        // Only groups with a status have a policy, or had one.
        if group.data_protection_status.is_some() && interest.wants("data_protection_policy") {
            let call = || session.logs().get_data_protection_policy().log_group_identifier(id).send();
            let answer = absent_is_none(session.read("logs.GetDataProtectionPolicy", call).await)?;
            let policy = answer.and_then(|answer| answer.policy_document).filter(|text| !text.is_empty());
            set(&mut attributes, "data_protection_policy", json::decode(&policy));
        }
        let standard = group.log_group_class().is_none_or(|class| *class == types::LogGroupClass::Standard);
        if standard && interest.wants("field_index_policies") {
            set(&mut attributes, "field_index_policies", index_policies(session, id).await?);
        }
        if interest.wants("resource_policy_document") {
            let policy = resource_policy(session, &arn).await?.and_then(|policy| policy.policy_document);
            set(&mut attributes, "resource_policy_document", json::decode(&policy));
        }
        let mut owner = None;
        if interest.wants("tags") {
            let (tags, marks) = read_tags(session, &arn).await?;
            set(&mut attributes, "tags", tags);
            owner = marks;
        }
        Ok(Some(Live { id: id.into(), attributes, status: Status::Ready, owner }))
    }

    texts!(types::LogGroupClass);

    /// The ARN without the asterisk that stands for all streams.
    fn plain_arn(group: &types::LogGroup) -> String {
        let arn = group.log_group_arn().or_else(|| group.arn()).unwrap_or_default();
        arn.trim_end_matches(":*").to_owned()
    }

    /// The policy of the group itself; those of the account are nobody's here.
    async fn index_policies(session: &Session, id: &str) -> Result<Value, ProviderError> {
        let call = |token| session.logs().describe_index_policies().log_group_identifiers(id).set_next_token(token).send();
        let take = |page: aws_sdk_cloudwatchlogs::operation::describe_index_policies::DescribeIndexPoliciesOutput| {
            (page.index_policies.unwrap_or_default(), page.next_token)
        };
        let found = unoffered_is_none(session.pages("logs.DescribeIndexPolicies", call, take).await)?;
        let found = found.unwrap_or_default();
        let own = found.iter().filter(|policy| policy.source() != Some(&types::IndexSource::Account));
        Ok(Value::list(own.map(|policy| json::decode(&policy.policy_document)).filter(|policy| !policy.is_none())))
    }

    async fn resource_policy(session: &Session, arn: &str) -> Result<Option<types::ResourcePolicy>, ProviderError> {
        let call = |token| {
            let call = session.logs().describe_resource_policies().resource_arn(arn);
            call.policy_scope(types::PolicyScope::Resource).set_next_token(token).send()
        };
        let take = |page: aws_sdk_cloudwatchlogs::operation::describe_resource_policies::DescribeResourcePoliciesOutput| {
            (page.resource_policies.unwrap_or_default(), page.next_token)
        };
        let found = absent_is_none(session.pages("logs.DescribeResourcePolicies", call, take).await)?;
        Ok(found.unwrap_or_default().into_iter().find(|policy| policy.resource_arn().is_none_or(|own| own == arn)))
    }

    /// Brings one field to what is written; one that goes back to nothing is taken away.
    async fn put(session: &Session, id: &str, field: &str, inputs: &Map) -> Result<(), ProviderError> {
        let logs = session.logs();
        match field {
            "retention_in_days" => match take::<i32>(inputs, field)? {
                Some(days) => {
                    let call = logs.put_retention_policy().log_group_name(id).retention_in_days(days);
                    session.write("logs.PutRetentionPolicy", call.send()).await.map(|_| ())
                }
                None => {
                    let call = logs.delete_retention_policy().log_group_name(id);
                    session.delete("logs.DeleteRetentionPolicy", call.send()).await
                }
            },
            "data_protection_policy" => match json::take(inputs, field)? {
                Some(policy) => {
                    let call = logs.put_data_protection_policy().log_group_identifier(id).policy_document(policy);
                    session.write("logs.PutDataProtectionPolicy", call.send()).await.map(|_| ())
                }
                None => {
                    let call = logs.delete_data_protection_policy().log_group_identifier(id);
                    session.delete("logs.DeleteDataProtectionPolicy", call.send()).await
                }
            },
            "field_index_policies" => match index_policy(inputs)? {
                Some(policy) => {
                    let call = logs.put_index_policy().log_group_identifier(id).policy_document(policy);
                    session.write("logs.PutIndexPolicy", call.send()).await.map(|_| ())
                }
                None => {
                    let call = logs.delete_index_policy().log_group_identifier(id);
                    session.delete("logs.DeleteIndexPolicy", call.send()).await
                }
            },
            "resource_policy_document" => put_resource_policy(session, id, json::take(inputs, field)?).await,
            _ => {
                let call = send!(logs.put_bearer_token_authentication().log_group_identifier(id), inputs =>
                    bearer_token_authentication_enabled);
                session.write("logs.PutBearerTokenAuthentication", call.send()).await.map(|_| ())
            }
        }
    }

    /// The registry has a list; the service takes one policy.
    fn index_policy(inputs: &Map) -> Result<Option<String>, Mistake> {
        let policies = inputs.get("field_index_policies").and_then(Value::as_list).unwrap_or_default();
        match policies {
            [] => Ok(None),
            [policy] => Ok(Some(to_json(policy).to_string())),
            [_, _, ..] => Err(Mistake::new("a log group has one such policy").inside("field_index_policies")),
        }
    }

    async fn put_resource_policy(session: &Session, id: &str, document: Option<String>) -> Result<(), ProviderError> {
        let Some(group) = with_name(session, id).await? else {
            return Err(ProviderError::refused("logs.PutResourcePolicy", eco_format!("the log group {id} is not there")));
        };
        let arn = plain_arn(&group);
        // A change names the revision it is made on.
        let before = resource_policy(session, &arn).await?;
        let revision = before.and_then(|policy| policy.revision_id);
        match document {
            Some(document) => {
                let call = session.logs().put_resource_policy().resource_arn(&arn).policy_document(document);
                let call = call.set_expected_revision_id(revision);
                session.write("logs.PutResourcePolicy", call.send()).await.map(|_| ())
            }
            None => {
                let call = session.logs().delete_resource_policy().resource_arn(&arn);
                let call = call.set_expected_revision_id(revision);
                session.delete("logs.DeleteResourcePolicy", call.send()).await
            }
        }
    }

    async fn encrypt(session: &Session, id: &str, key: Option<String>) -> Result<(), ProviderError> {
        match key {
            Some(key) => {
                let call = session.logs().associate_kms_key().log_group_name(id).kms_key_id(key);
                session.write("logs.AssociateKmsKey", call.send()).await.map(|_| ())
            }
            None => {
                let call = session.logs().disassociate_kms_key().log_group_name(id);
                session.write("logs.DisassociateKmsKey", call.send()).await.map(|_| ())
            }
        }
    }

    async fn read_tags(session: &Session, arn: &str) -> Result<(Value, Option<Ownership>), ProviderError> {
        let call = || session.logs().list_tags_for_resource().resource_arn(arn).send();
        let answer = session.read("logs.ListTagsForResource", call).await?;
        let found: BTreeMap<String, String> = answer.tags.unwrap_or_default().into_iter().collect();
        Ok(tags::read(found.iter().map(|(key, value)| (key.as_str(), value.as_str()))))
    }

    async fn update_tags(session: &Session, request: &Update) -> Result<(), ProviderError> {
        let changes = tags::changes(&request.observed, &request.inputs, "tags");
        let arn = request.observed.get("arn").and_then(Value::as_text).unwrap_or_default();
        let arn = arn.trim_end_matches(":*");
        if !changes.set.is_empty() {
            let tags = changes.set.into_iter().collect();
            let call = session.logs().tag_resource().resource_arn(arn).set_tags(Some(tags));
            session.write("logs.TagResource", call.send()).await?;
        }
        if !changes.remove.is_empty() {
            let call = session.logs().untag_resource().resource_arn(arn).set_tag_keys(Some(changes.remove));
            session.write("logs.UntagResource", call.send()).await?;
        }
        Ok(())
    }
}
