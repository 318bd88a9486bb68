//! A role: permissions that a service, an account or a federated user takes on for a while.
//!
//! `assume_role_policy_document` says who may take it on; `policies` and `managed_policies` what it may do then, and
//! `permissions_boundary` what it may do at most. Inline policies that are written here are all the role has: others
//! are removed, and so are managed policies that somebody else attached.
//!
//! A new role takes some seconds until all services know it. Roles cost nothing; an account has 1000 of them unless the
//! quota is raised, and ten managed policies go to a role by default.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-iam-role.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::Unit;
use cairn_provider::schema::overlay::{NameRule, Overlay, Range, Reference};

/// `aws.iam.Role`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::IAM::Role",
    title: "Role",
    overlay: Overlay {
        noun: "a role",
        references: &[
            Reference { path: "ManagedPolicyArns", to: &[("AWS::IAM::ManagedPolicy", "PolicyArn")] },
            Reference { path: "PermissionsBoundary", to: &[("AWS::IAM::ManagedPolicy", "PolicyArn")] },
        ],
        units: &[("MaxSessionDuration", Unit::Seconds)],
        ranges: &[Range {
            path: "MaxSessionDuration",
            min: 3_600,
            max: 43_200,
            because: "a role's session lasts from one hour to twelve",
        }],
        defaults: &[
            ("Path", "\"/\""),
            ("Description", "\"\""),
            ("MaxSessionDuration", "3600"),
            ("PermissionsBoundary", "null"),
        ],
        derived: &[("Arn", "arn:${partition}:iam::${account}:role${path}${role_name}")],
        name: Some(NameRule { property: "RoleName", max: 64, lower: false, separators: "-_+=,.@", renewed: false }),
        popular: &["ManagedPolicyArns", "Policies", "Tags"],
        ..Overlay::EMPTY
    },
    // CreateRole takes no token, but an account can have a name only once.
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &[
            "iam:GetAccountAuthorizationDetails",
            "iam:GetRole",
            "iam:GetRolePolicy",
            "iam:ListAttachedRolePolicies",
            "iam:ListRolePolicies",
            "iam:ListRoles",
        ],
        write: &[
            "iam:AttachRolePolicy",
            "iam:CreateRole",
            "iam:DeleteRole",
            "iam:DeleteRolePermissionsBoundary",
            "iam:DeleteRolePolicy",
            "iam:DetachRolePolicy",
            "iam:PutRolePermissionsBoundary",
            "iam:PutRolePolicy",
            "iam:TagRole",
            "iam:UntagRole",
            "iam:UpdateAssumeRolePolicy",
            "iam:UpdateRole",
        ],
    },
    timings: Timings::INSTANT,
    examples: &[
        Example {
            title: "A role for instances",
            source: "resource web_role = aws.iam.Role {\n  assume_role_policy_document: {\n    Version: \
                     \"2012-10-17\"\n    Statement: [{ Effect: \"Allow\", Principal: { Service: \
                     \"ec2.amazonaws.com\" }, Action: \"sts:AssumeRole\" }]\n  }\n}\n",
        },
        Example {
            title: "With what it may do, and what it may do at most",
            source: "resource worker = aws.iam.Role {\n  description: \"reads orders and \
                     writes logs\"\n  path: \"/shop/\"\n  assume_role_policy_document: {\n    Version: \
                     \"2012-10-17\"\n    Statement: [{ Effect: \"Allow\", Principal: { Service: \
                     \"ec2.amazonaws.com\" }, Action: \"sts:AssumeRole\" }]\n  }\n  managed_policies: \
                     [existing(\"arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore\")]\n  policies: [\n    {\n      \
                     policy_name: \"read-orders\"\n      policy_document: {\n        Version: \"2012-10-17\"\n        \
                     Statement: [{ Effect: \"Allow\", Action: \"s3:GetObject\", Resource: \
                     \"arn:aws:s3:::shop-orders/*\" }]\n      }\n    }\n  ]\n  permissions_boundary: \
                     existing(\"arn:aws:iam::aws:policy/PowerUserAccess\")\n  \
                     max_session_duration: 2h\n  tags: { team: \"orders\" }\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};

#[cfg(feature = "native")]
mod lifecycle {
    use std::collections::{BTreeMap, BTreeSet};

    use async_trait::async_trait;
    use aws_sdk_iam::types;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::{ErrorClass, ProviderError};
    use cairn_provider::object::{Live, Observed, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Interest, Monitor, ReadSet, Readings, Update};
    use cairn_provider::schema::Equality;
    use cairn_provider::schema::document::equal;
    use cairn_provider::value::{Map, Value, to_json};
    use ecow::EcoString;

    use crate::iam::wire;
    use crate::native::codec::{json, need, set, take};
    use crate::native::reading::one_by_one;
    use crate::native::session::{Session, absent_is_none, given};
    use crate::native::tags;

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &Role;
    /// Reads roles.
    pub const READER: Option<&dyn Reader<Session>> = Some(&Role);

    struct Role;

    const KIND: &str = "aws.iam.Role";

    /// So many roles are read one by one; for more, the account's details take fewer calls.
    const ONE_BY_ONE: usize = 2;

    #[async_trait]
    impl ResourceType<Session> for Role {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let inputs = &request.inputs;
            let call = send!(session.iam().create_role(), inputs =>
                assume_role_policy_document via json, description, max_session_duration, path, permissions_boundary,
                role_name)
            .set_tags(Some(wire::tags_of_new(request)?));
            let answer = session.write("iam.CreateRole", call.send()).await?;
            given(answer.role().map(types::Role::role_name), "iam.CreateRole").map(Created::new)
        }

        async fn configure(&self, session: &Session, id: &str, request: &Create) -> Result<(), ProviderError> {
            for arn in managed(&request.inputs)? {
                attach(session, id, &arn).await?;
            }
            for (name, document) in inline(&request.inputs) {
                put_policy(session, id, &name, &document).await?;
            }
            Ok(())
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            let name: String = need(&request.inputs, "role_name")?;
            let Some(role) = get(session, &name).await? else { return Ok(Vec::new()) };
            let (_, owner) = wire::read_tags(role.tags());
            let ours = tags::same_owner(owner.as_ref(), &request.owner);
            Ok(ours.then(|| EcoString::from(role.role_name())).into_iter().collect())
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            let (id, inputs) = (request.id.as_str(), &request.inputs);
            let changed = |field: &str| request.changed.contains(field);
            if changed("assume_role_policy_document") {
                let document: Option<String> = json::take(inputs, "assume_role_policy_document")?;
                let call = session.iam().update_assume_role_policy().role_name(id).set_policy_document(document);
                session.write("iam.UpdateAssumeRolePolicy", call.send()).await?;
            }
            if changed("description") || changed("max_session_duration") {
                // UpdateRole sets what it is not given back to its default.
                let both: Map = ["description", "max_session_duration"]
                    .into_iter()
                    .filter_map(|name| {
                        let value = inputs.get(name).or_else(|| request.observed.get(name))?;
                        Some((name.into(), value.clone()))
                    })
                    .collect();
                let call = send!(session.iam().update_role().role_name(id), &both => description, max_session_duration);
                session.write("iam.UpdateRole", call.send()).await?;
            }
            if changed("permissions_boundary") {
                bound(session, id, take(inputs, "permissions_boundary")?).await?;
            }
            if changed("managed_policies") {
                let (before, after) = (managed(&request.observed)?, managed(inputs)?);
                for arn in after.difference(&before) {
                    attach(session, id, arn).await?;
                }
                for arn in before.difference(&after) {
                    detach(session, id, arn).await?;
                }
            }
            if changed("policies") {
                let (before, after) = (inline(&request.observed), inline(inputs));
                for (name, document) in &after {
                    if !before.get(name).is_some_and(|found| equal(Equality::Document, document, found)) {
                        put_policy(session, id, name, document).await?;
                    }
                }
                for name in before.keys().filter(|name| !after.contains_key(*name)) {
                    delete_policy(session, id, name).await?;
                }
            }
            if changed("tags") {
                update_tags(session, request).await?;
            }
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let id = request.id.as_str();
            let Some(attached) = absent_is_none(attached(session, id).await)? else { return Ok(None) };
            for arn in attached {
                detach(session, id, &arn).await?;
            }
            for name in absent_is_none(policy_names(session, id).await)?.unwrap_or_default() {
                delete_policy(session, id, &name).await?;
            }
            session.delete("iam.DeleteRole", session.iam().delete_role().role_name(id).send()).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            Ok(all(session).await?.iter().map(|role| EcoString::from(role.role_name())).collect())
        }
    }

    #[async_trait]
    impl Reader<Session> for Role {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND]
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            let mut readings = Readings::default();
            let mut left = wanted.clone();
            if let Some(roles) = wanted.get(KIND).filter(|roles| roles.len() > ONE_BY_ONE) {
                let found = match details(session, roles).await {
                    // Who may not see the whole account may still see its own roles.
                    Err(error) if error.class == ErrorClass::Denied => Vec::new(),
                    found => found?,
                };
                for live in found {
                    left.entry(KIND.into()).or_default().remove(&live.id);
                    readings.answer(KIND, live.id.clone(), Observed::Present(Box::new(live)));
                }
            }
            // What the details lack may be newer than they are.
            readings.extend(one_by_one(KIND, &left, |id, interest| one(session, id, interest)).await);
            Ok(readings)
        }
    }

    /// Roles out of the account's details: everything but description and duration, which a list of roles has.
    async fn details(session: &Session, wanted: &BTreeMap<EcoString, Interest>) -> Result<Vec<Live>, ProviderError> {
        let call = |marker| {
            let call = session.iam().get_account_authorization_details().filter(types::EntityType::Role);
            call.max_items(1000).set_marker(marker).send()
        };
        let take = |page: aws_sdk_iam::operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput| {
            (page.role_detail_list.unwrap_or_default(), page.marker)
        };
        let details = session.pages("iam.GetAccountAuthorizationDetails", call, take).await?;
        let settings = wanted.values().any(|interest| interest.wants_any(&["description", "max_session_duration"]));
        let listed = if settings { all(session).await? } else { Vec::new() };
        let listed: BTreeMap<&str, &types::Role> = listed.iter().map(|role| (role.role_name(), role)).collect();
        let details = details.iter().filter_map(|detail| Some((detail.role_name()?, detail)));
        let details = details.filter(|(name, _)| wanted.contains_key(*name));
        Ok(details.map(|(name, detail)| from_detail(name, detail, listed.get(name).copied())).collect())
    }

    fn from_detail(name: &str, detail: &types::RoleDetail, listed: Option<&types::Role>) -> Live {
        let mut attributes = read!(detail => arn, path, role_id, role_name);
        set(&mut attributes, "assume_role_policy_document", wire::document(detail.assume_role_policy_document()));
        let boundary = detail.permissions_boundary().and_then(|boundary| boundary.permissions_boundary_arn());
        set(&mut attributes, "permissions_boundary", boundary.map_or(Value::None, Value::text));
        let arns = detail.attached_managed_policies().iter().filter_map(types::AttachedPolicy::policy_arn);
        set(&mut attributes, "managed_policies", Value::list(arns.map(Value::text)));
        let policies = detail.role_policy_list().iter().filter_map(|policy| {
            Some(self::policy(policy.policy_name()?, wire::document(policy.policy_document())))
        });
        set(&mut attributes, "policies", Value::list(policies));
        if let Some(role) = listed {
            settings(role, &mut attributes);
        }
        let (tags, owner) = wire::read_tags(detail.tags());
        set(&mut attributes, "tags", tags);
        Live { id: name.into(), attributes, status: Status::Ready, owner }
    }

    async fn one(session: &Session, id: &str, interest: &Interest) -> Result<Option<Live>, ProviderError> {
        let Some(role) = get(session, id).await? else { return Ok(None) };
        let mut attributes = read!(&role => arn, path, role_id, role_name);
        settings(&role, &mut attributes);
        set(&mut attributes, "assume_role_policy_document", wire::document(role.assume_role_policy_document()));
        let boundary = role.permissions_boundary().and_then(|boundary| boundary.permissions_boundary_arn());
        set(&mut attributes, "permissions_boundary", boundary.map_or(Value::None, Value::text));
        if interest.wants("managed_policies") {
            let attached = absent_is_none(attached(session, id).await)?.unwrap_or_default();
            set(&mut attributes, "managed_policies", Value::list(attached.into_iter().map(Value::text)));
        }
        if interest.wants("policies") {
            let mut policies = Vec::new();
            for name in absent_is_none(policy_names(session, id).await)?.unwrap_or_default() {
                let call = || session.iam().get_role_policy().role_name(id).policy_name(&name).send();
                if let Some(found) = absent_is_none(session.read("iam.GetRolePolicy", call).await)? {
                    policies.push(policy(&name, wire::document(Some(found.policy_document()))));
                }
            }
            set(&mut attributes, "policies", Value::list(policies));
        }
        let (tags, owner) = wire::read_tags(role.tags());
        set(&mut attributes, "tags", tags);
        Ok(Some(Live { id: id.into(), attributes, status: Status::Ready, owner }))
    }

    /// A role that nobody described has no description, which is as good as an empty one.
    fn settings(role: &types::Role, attributes: &mut Map) {
        set(attributes, "description", Value::text(role.description().unwrap_or_default()));
        set(attributes, "max_session_duration", role.max_session_duration().map_or(Value::None, Value::from));
    }

    fn policy(name: &str, document: Value) -> Value {
        Value::map([("policy_name".into(), Value::text(name)), ("policy_document".into(), document)])
    }

    /// The inline policies of a document by their names.
    fn inline(document: &Map) -> BTreeMap<EcoString, Value> {
        let policies = document.get("policies").and_then(Value::as_list).unwrap_or_default();
        let policies = policies.iter().filter_map(Value::as_map).filter_map(|policy| {
            let name = policy.get("policy_name").and_then(Value::as_text)?;
            Some((name.into(), policy.get("policy_document").cloned().unwrap_or(Value::None)))
        });
        policies.collect()
    }

    fn managed(document: &Map) -> Result<BTreeSet<String>, ProviderError> {
        Ok(take::<Vec<String>>(document, "managed_policies")?.unwrap_or_default().into_iter().collect())
    }

    async fn get(session: &Session, name: &str) -> Result<Option<types::Role>, ProviderError> {
        let call = || session.iam().get_role().role_name(name).send();
        Ok(absent_is_none(session.read("iam.GetRole", call).await)?.and_then(|answer| answer.role))
    }

    async fn all(session: &Session) -> Result<Vec<types::Role>, ProviderError> {
        let call = |marker| session.iam().list_roles().max_items(1000).set_marker(marker).send();
        session.pages("iam.ListRoles", call, |page| (page.roles, page.marker)).await
    }

    async fn attached(session: &Session, role: &str) -> Result<Vec<String>, ProviderError> {
        let call = |marker| session.iam().list_attached_role_policies().role_name(role).set_marker(marker).send();
        let take = |page: aws_sdk_iam::operation::list_attached_role_policies::ListAttachedRolePoliciesOutput| {
            (page.attached_policies.unwrap_or_default(), page.marker)
        };
        let policies = session.pages("iam.ListAttachedRolePolicies", call, take).await?;
        Ok(policies.into_iter().filter_map(|policy| policy.policy_arn).collect())
    }

    async fn policy_names(session: &Session, role: &str) -> Result<Vec<String>, ProviderError> {
        let call = |marker| session.iam().list_role_policies().role_name(role).set_marker(marker).send();
        session.pages("iam.ListRolePolicies", call, |page| (page.policy_names, page.marker)).await
    }

    async fn attach(session: &Session, role: &str, arn: &str) -> Result<(), ProviderError> {
        let call = session.iam().attach_role_policy().role_name(role).policy_arn(arn);
        session.write("iam.AttachRolePolicy", call.send()).await.map(|_| ())
    }

    async fn detach(session: &Session, role: &str, arn: &str) -> Result<(), ProviderError> {
        let call = session.iam().detach_role_policy().role_name(role).policy_arn(arn);
        session.delete("iam.DetachRolePolicy", call.send()).await
    }

    async fn put_policy(session: &Session, role: &str, name: &str, document: &Value) -> Result<(), ProviderError> {
        let text = document.as_text().map_or_else(|| to_json(document).to_string(), str::to_owned);
        let call = session.iam().put_role_policy().role_name(role).policy_name(name).policy_document(text);
        session.write("iam.PutRolePolicy", call.send()).await.map(|_| ())
    }

    async fn delete_policy(session: &Session, role: &str, name: &str) -> Result<(), ProviderError> {
        let call = session.iam().delete_role_policy().role_name(role).policy_name(name);
        session.delete("iam.DeleteRolePolicy", call.send()).await
    }

    async fn bound(session: &Session, role: &str, boundary: Option<String>) -> Result<(), ProviderError> {
        match boundary {
            Some(arn) => {
                let call = session.iam().put_role_permissions_boundary().role_name(role).permissions_boundary(arn);
                session.write("iam.PutRolePermissionsBoundary", call.send()).await.map(|_| ())
            }
            None => {
                let call = session.iam().delete_role_permissions_boundary().role_name(role);
                session.delete("iam.DeleteRolePermissionsBoundary", call.send()).await
            }
        }
    }

    async fn update_tags(session: &Session, request: &Update) -> Result<(), ProviderError> {
        let changes = tags::changes(&request.observed, &request.inputs, "tags");
        let id = request.id.as_str();
        if !changes.set.is_empty() {
            let list = tags::tag_list!(types::Tag, changes.set);
            session.write("iam.TagRole", session.iam().tag_role().role_name(id).set_tags(Some(list)).send()).await?;
        }
        if !changes.remove.is_empty() {
            let call = session.iam().untag_role().role_name(id).set_tag_keys(Some(changes.remove));
            session.write("iam.UntagRole", call.send()).await?;
        }
        Ok(())
    }
}
