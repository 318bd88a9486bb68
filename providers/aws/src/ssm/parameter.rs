//! A parameter of the Parameter Store, found by its name.
//!
//! The vendor publishes parameters too, the ids of its newest machine images among them. A name may end in a version or
//! a label: `/shop/image:3`. What was read is pinned until somebody refreshes it.
//!
//! The value of a secure string is never read: what a look-up finds is written down. Pass the parameter's name to
//! whoever needs the secret.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html>

use cairn_provider::declaration::{Example, LookUpDeclaration};
use cairn_provider::schema::overlay::{Overlay, Values};

/// `aws.ssm.Parameter`.
pub static LOOK_UP: LookUpDeclaration = LookUpDeclaration {
    name: "aws.ssm.Parameter",
    title: "Parameter",
    facts: include_str!("../../catalogue/ssm/Parameter.json"),
    overlay: Overlay {
        noun: "a parameter",
        values: &[Values {
            path: "Type",
            known: &["SecureString", "String", "StringList"],
            open: false,
            noun: "type of parameter",
        }],
        popular: &["Name", "Value"],
        ..Overlay::EMPTY
    },
    permissions: &["ssm:GetParameter", "ssm:ListTagsForResource"],
    examples: &[
        Example {
            title: "The vendor's newest machine image",
            source: "lookup image = aws.ssm.Parameter {\n  \
                     name: \"/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64\"\n}\n",
        },
        Example {
            title: "An image of one's own pipeline",
            source: "lookup image = aws.ssm.Parameter { name: \"/shop/image/arm64\" }\n\
                     resource template = aws.ec2.LaunchTemplate {\n  \
                     launch_template_data: { image_id: image.value, instance_type: \"t4g.small\" }\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use finder::FINDER;

#[cfg(feature = "native")]
mod finder {
    use async_trait::async_trait;
    use aws_sdk_ssm::types;
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::{Live, Status};
    use cairn_provider::provider::LookUpType;
    use cairn_provider::schema::document::same;
    use cairn_provider::value::{Map, Value};

    use crate::native::codec::{set, take};
    use crate::native::session::{Session, absent_is_none};
    use crate::native::tags;

    /// Finds parameters.
    pub const FINDER: &dyn LookUpType<Session> = &Parameter;

    struct Parameter;

    #[async_trait]
    impl LookUpType<Session> for Parameter {
        fn kind(&self) -> &'static str {
            super::LOOK_UP.name
        }

        async fn look_up(&self, session: &Session, conditions: &Map) -> Result<Vec<Live>, ProviderError> {
            let Some(name) = take::<String>(conditions, "name")? else {
                return Err(ProviderError::refused("ssm.GetParameter", "a parameter is looked up by its `name`"));
            };
            // A secure string comes back encrypted, and is left out below.
            let call = || session.ssm().get_parameter().name(&name).with_decryption(false).send();
            let answer = absent_is_none(session.read("ssm.GetParameter", call).await)?;
            let Some(parameter) = answer.and_then(|answer| answer.parameter) else { return Ok(Vec::new()) };
            let mut attributes = read!(&parameter => data_type, r#type);
            set(&mut attributes, "name", Value::text(name.as_str()));
            if parameter.r#type() != Some(&types::ParameterType::SecureString) {
                set(&mut attributes, "value", parameter.value().map_or(Value::None, Value::text));
            }
            if conditions.contains_key("tags") {
                set(&mut attributes, "tags", tags_of(session, parameter.name().unwrap_or(&name)).await?);
            }
            let meets = conditions.iter().all(|(name, wanted)| match (wanted, attributes.get(name)) {
                (Value::Map(wanted), Some(Value::Map(found))) => {
                    wanted.iter().all(|(key, value)| found.get(key).is_some_and(|other| same(value, other)))
                }
                (wanted, found) => found.is_some_and(|found| same(wanted, found)),
            });
            let live = Live { id: name.as_str().into(), attributes, status: Status::Ready, owner: None };
            Ok(meets.then_some(live).into_iter().collect())
        }
    }

    async fn tags_of(session: &Session, name: &str) -> Result<Value, ProviderError> {
        let kind = types::ResourceTypeForTagging::Parameter;
        let call = || session.ssm().list_tags_for_resource().resource_type(kind.clone()).resource_id(name).send();
        let answer = session.read("ssm.ListTagsForResource", call).await?;
        Ok(tags::read(answer.tag_list().iter().map(|tag| (tag.key(), tag.value()))).0)
    }

    texts!(types::ParameterType);
}
