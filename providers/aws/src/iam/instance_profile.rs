//! An instance profile: what hands a role to instances.
//!
//! Instances take a profile, never a role itself, and a profile holds one role. Its role can be exchanged in place;
//! instances see the new one's permissions within minutes. A new profile takes some seconds until EC2 knows it.
//!
//! Vendor documentation:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-iam-instanceprofile.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::overlay::{NameRule, Overlay, Reference};

/// `aws.iam.InstanceProfile`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::IAM::InstanceProfile",
    title: "Instance profile",
    overlay: Overlay {
        noun: "an instance profile",
        references: &[Reference { path: "Roles", to: &[("AWS::IAM::Role", "RoleName")] }],
        defaults: &[("Path", "\"/\"")],
        derived: &[("Arn", "arn:${partition}:iam::${account}:instance-profile${path}${instance_profile_name}")],
        name: Some(NameRule {
            property: "InstanceProfileName",
            max: 128,
            lower: false,
            separators: "-_+=,.@",
            renewed: false,
        }),
        popular: &["InstanceProfileName"],
        ..Overlay::EMPTY
    },
    // CreateInstanceProfile takes no token, but an account can have a name only once.
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &["iam:GetInstanceProfile", "iam:ListInstanceProfiles"],
        write: &[
            "iam:AddRoleToInstanceProfile",
            "iam:CreateInstanceProfile",
            "iam:DeleteInstanceProfile",
            "iam:PassRole",
            "iam:RemoveRoleFromInstanceProfile",
            "iam:TagInstanceProfile",
        ],
    },
    timings: Timings::INSTANT,
    examples: &[
        Example {
            title: "A role and its profile",
            source: "resource web_role = aws.iam.Role {\n  assume_role_policy_document: {\n    Version: \
                     \"2012-10-17\"\n    Statement: [{ Effect: \"Allow\", Principal: { Service: \
                     \"ec2.amazonaws.com\" }, Action: \"sts:AssumeRole\" }]\n  }\n}\nresource web_profile = \
                     aws.iam.InstanceProfile { roles: [web_role] }\n",
        },
        Example {
            title: "With names that people know",
            source: "resource web_role = aws.iam.Role {\n  role_name: \"shop-web\"\n  path: \"/shop/\"\n  \
                     assume_role_policy_document: {\n    Version: \"2012-10-17\"\n    Statement: [{ Effect: \
                     \"Allow\", Principal: { Service: \"ec2.amazonaws.com\" }, Action: \"sts:AssumeRole\" }]\n  \
                     }\n  managed_policies: [existing(\"arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore\")]\n\
                     }\nresource web_profile = aws.iam.InstanceProfile {\n  instance_profile_name: \
                     \"shop-web\"\n  path: \"/shop/\"\n  roles: [web_role]\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};

#[cfg(feature = "native")]
mod lifecycle {
    use std::collections::BTreeSet;

    use async_trait::async_trait;
    use aws_sdk_iam::types;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::{Live, Observed, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Monitor, ReadSet, Readings, Update};
    use cairn_provider::value::{Map, Value};
    use ecow::EcoString;

    use crate::iam::wire;
    use crate::native::codec::{need, set, take};
    use crate::native::reading::one_by_one;
    use crate::native::session::{Session, absent_is_none, given};
    use crate::native::tags;

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &InstanceProfile;
    /// Reads instance profiles.
    pub const READER: Option<&dyn Reader<Session>> = Some(&InstanceProfile);

    struct InstanceProfile;

    const KIND: &str = "aws.iam.InstanceProfile";

    /// So many profiles are read one by one; more of them out of the complete list.
    const ONE_BY_ONE: usize = 2;

    #[async_trait]
    impl ResourceType<Session> for InstanceProfile {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let inputs = &request.inputs;
            let call = send!(session.iam().create_instance_profile(), inputs => instance_profile_name, path)
                .set_tags(Some(wire::tags_of_new(request)?));
            let answer = session.write("iam.CreateInstanceProfile", call.send()).await?;
            let name = answer.instance_profile().map(types::InstanceProfile::instance_profile_name);
            given(name, "iam.CreateInstanceProfile").map(Created::new)
        }

        async fn configure(&self, session: &Session, id: &str, request: &Create) -> Result<(), ProviderError> {
            hold(session, id, &request.inputs).await
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            let name: String = need(&request.inputs, "instance_profile_name")?;
            let Some(profile) = get(session, &name).await? else { return Ok(Vec::new()) };
            let (_, owner) = wire::read_tags(profile.tags());
            let ours = tags::same_owner(owner.as_ref(), &request.owner);
            Ok(ours.then(|| EcoString::from(profile.instance_profile_name())).into_iter().collect())
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            if request.changed.contains("roles") {
                hold(session, &request.id, &request.inputs).await?;
            }
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let id = request.id.as_str();
            let Some(profile) = get(session, id).await? else { return Ok(None) };
            for role in profile.roles() {
                remove(session, id, role.role_name()).await?;
            }
            let call = session.iam().delete_instance_profile().instance_profile_name(id);
            session.delete("iam.DeleteInstanceProfile", call.send()).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            Ok(all(session).await?.iter().map(|one| EcoString::from(one.instance_profile_name())).collect())
        }
    }

    #[async_trait]
    impl Reader<Session> for InstanceProfile {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND]
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            let mut readings = Readings::default();
            let mut left = wanted.clone();
            if let Some(profiles) = wanted.get(KIND).filter(|profiles| profiles.len() > ONE_BY_ONE) {
                let listed = all(session).await?;
                for live in listed.iter().filter(|one| profiles.contains_key(one.instance_profile_name())).map(live) {
                    left.entry(KIND.into()).or_default().remove(&live.id);
                    readings.answer(KIND, live.id.clone(), Observed::Present(Box::new(live)));
                }
            }
            // What the list lacks may be newer than it is.
            readings.extend(one_by_one(KIND, &left, |id, _| one(session, id)).await);
            Ok(readings)
        }
    }

    async fn one(session: &Session, id: &str) -> Result<Option<Live>, ProviderError> {
        Ok(get(session, id).await?.as_ref().map(live))
    }

    fn live(profile: &types::InstanceProfile) -> Live {
        let mut attributes = read!(profile => arn, instance_profile_name, path);
        let roles = profile.roles().iter().map(|role| Value::text(role.role_name()));
        set(&mut attributes, "roles", Value::list(roles));
        let (_, owner) = wire::read_tags(profile.tags());
        Live { id: profile.instance_profile_name().into(), attributes, status: Status::Ready, owner }
    }

    async fn get(session: &Session, name: &str) -> Result<Option<types::InstanceProfile>, ProviderError> {
        let call = || session.iam().get_instance_profile().instance_profile_name(name).send();
        let answer = absent_is_none(session.read("iam.GetInstanceProfile", call).await)?;
        Ok(answer.and_then(|answer| answer.instance_profile))
    }

    async fn all(session: &Session) -> Result<Vec<types::InstanceProfile>, ProviderError> {
        let call = |marker| session.iam().list_instance_profiles().max_items(1000).set_marker(marker).send();
        session.pages("iam.ListInstanceProfiles", call, |page| (page.instance_profiles, page.marker)).await
    }

    /// Brings a profile to the roles that are written. It holds one at a time, so the old one goes first.
    async fn hold(session: &Session, id: &str, inputs: &Map) -> Result<(), ProviderError> {
        let wanted: BTreeSet<String> = take::<Vec<String>>(inputs, "roles")?.unwrap_or_default().into_iter().collect();
        let held: BTreeSet<String> = match get(session, id).await? {
            Some(profile) => profile.roles().iter().map(|role| role.role_name().to_owned()).collect(),
            None => BTreeSet::new(),
        };
        for role in held.difference(&wanted) {
            remove(session, id, role).await?;
        }
        for role in wanted.difference(&held) {
            let call = session.iam().add_role_to_instance_profile().instance_profile_name(id).role_name(role);
            session.write("iam.AddRoleToInstanceProfile", call.send()).await?;
        }
        Ok(())
    }

    async fn remove(session: &Session, id: &str, role: &str) -> Result<(), ProviderError> {
        let call = session.iam().remove_role_from_instance_profile().instance_profile_name(id).role_name(role);
        session.delete("iam.RemoveRoleFromInstanceProfile", call.send()).await
    }
}
