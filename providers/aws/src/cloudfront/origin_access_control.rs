//! An origin access control: CloudFront signs what it asks an origin for, so that only CloudFront is let in.
//!
//! The usual way to serve a private bucket: the origin of a distribution names the control, and the bucket's policy
//! lets `cloudfront.amazonaws.com` read for that distribution. It costs nothing. Its name is its own within an account;
//! while a distribution uses it, it cannot be deleted.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-cloudfront-originaccesscontrol.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::overlay::{Overlay, Replacement, Values};

/// `aws.cloudfront.OriginAccessControl`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::CloudFront::OriginAccessControl",
    title: "Origin access control",
    overlay: Overlay {
        noun: "an origin access control",
        replacement: Replacement::CreateFirst,
        values: &[
            Values {
                path: "OriginAccessControlConfig.OriginAccessControlOriginType",
                known: &["lambda", "mediapackagev2", "mediastore", "s3"],
                open: false,
                noun: "kind of origin",
            },
            Values {
                path: "OriginAccessControlConfig.SigningBehavior",
                known: &["always", "never", "no-override"],
                open: false,
                noun: "way to sign",
            },
            Values {
                path: "OriginAccessControlConfig.SigningProtocol",
                known: &["sigv4"],
                open: false,
                noun: "signature",
            },
        ],
        popular: &["OriginAccessControlConfig"],
        ..Overlay::EMPTY
    },
    // Names are unique in an account.
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &["cloudfront:GetOriginAccessControl", "cloudfront:ListOriginAccessControls"],
        write: &[
            "cloudfront:CreateOriginAccessControl",
            "cloudfront:DeleteOriginAccessControl",
            "cloudfront:UpdateOriginAccessControl",
        ],
    },
    timings: Timings::INSTANT,
    examples: &[
        Example {
            title: "For a bucket",
            source: "resource access = aws.cloudfront.OriginAccessControl {\n  origin_access_control_config: {\n    \
                     name: \"assets\"\n    origin_access_control_origin_type: \"s3\"\n    signing_behavior: \
                     \"always\"\n    signing_protocol: \"sigv4\"\n  }\n}\n",
        },
        Example {
            title: "For a function's address, unless the viewer signs",
            source: "resource access = aws.cloudfront.OriginAccessControl {\n  origin_access_control_config: {\n    \
                     name: \"orders\"\n    description: \"the function behind orders.shop.example\"\n    \
                     origin_access_control_origin_type: \"lambda\"\n    signing_behavior: \"no-override\"\n    \
                     signing_protocol: \"sigv4\"\n  }\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};

#[cfg(feature = "native")]
mod lifecycle {
    use async_trait::async_trait;
    use aws_sdk_cloudfront::types;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::{Live, Observed, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Monitor, ReadSet, Readings, Update};
    use cairn_provider::value::Value;
    use ecow::EcoString;

    use crate::native::codec::{need, set};
    use crate::native::session::{Session, absent_is_none, given};

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &OriginAccessControl;
    /// Reads controls.
    pub const READER: Option<&dyn Reader<Session>> = Some(&OriginAccessControl);

    struct OriginAccessControl;

    const KIND: &str = "aws.cloudfront.OriginAccessControl";
    const CONFIG: &str = "origin_access_control_config";

    texts!(
        types::OriginAccessControlOriginTypes,
        types::OriginAccessControlSigningBehaviors,
        types::OriginAccessControlSigningProtocols,
    );

    records! {
        send types::OriginAccessControlConfig {
            description, name, origin_access_control_origin_type, signing_behavior, signing_protocol,
        }
        read types::OriginAccessControlSummary {
            description, name, origin_access_control_origin_type, signing_behavior, signing_protocol,
        }
    }

    #[async_trait]
    impl ResourceType<Session> for OriginAccessControl {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let config: types::OriginAccessControlConfig = need(&request.inputs, CONFIG)?;
            let call = session.cloudfront().create_origin_access_control().origin_access_control_config(config);
            let answer = session.write("cloudfront.CreateOriginAccessControl", call.send()).await?;
            let control = answer.origin_access_control.as_ref().map(types::OriginAccessControl::id);
            given(control, "cloudfront.CreateOriginAccessControl").map(Created::new)
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            let written: types::OriginAccessControlConfig = need(&request.inputs, CONFIG)?;
            let all = all(session).await?;
            // A control carries no mark: one of that name is ours if it is exactly what is written.
            let ours = all.iter().filter(|found| {
                found.name == written.name
                    && found.description == written.description.as_deref().unwrap_or_default()
                    && found.origin_access_control_origin_type == written.origin_access_control_origin_type
                    && found.signing_behavior == written.signing_behavior
                    && found.signing_protocol == written.signing_protocol
            });
            Ok(ours.map(|found| found.id().into()).collect())
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            let mut config = request.observed.get(CONFIG).and_then(Value::as_map).cloned().unwrap_or_default();
            let written = request.inputs.get(CONFIG).and_then(Value::as_map).cloned().unwrap_or_default();
            config.extend(written);
            let config: types::OriginAccessControlConfig =
                need(&[(CONFIG.into(), Value::from(config))].into_iter().collect(), CONFIG)?;
            let version = version(session, &request.id).await?;
            let call = session.cloudfront().update_origin_access_control().id(request.id.as_str());
            let call = call.set_if_match(version.flatten()).origin_access_control_config(config);
            session.write("cloudfront.UpdateOriginAccessControl", call.send()).await?;
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let Some(version) = version(session, &request.id).await? else { return Ok(None) };
            let call = session.cloudfront().delete_origin_access_control().id(request.id.as_str());
            let call = call.set_if_match(version);
            session.delete("cloudfront.DeleteOriginAccessControl", call.send()).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            Ok(all(session).await?.iter().map(|control| control.id().into()).collect())
        }
    }

    #[async_trait]
    impl Reader<Session> for OriginAccessControl {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND]
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            let mut readings = Readings::default();
            let Some(wanted) = wanted.get(KIND) else { return Ok(readings) };
            for control in all(session).await?.iter().filter(|control| wanted.contains_key(control.id())) {
                let mut attributes = read!(control => id);
                set(&mut attributes, CONFIG, crate::native::codec::Decode::decode(control));
                let live = Live { id: control.id().into(), attributes, status: Status::Ready, owner: None };
                readings.answer(KIND, control.id(), Observed::Present(Box::new(live)));
            }
            Ok(readings)
        }
    }

    async fn all(session: &Session) -> Result<Vec<types::OriginAccessControlSummary>, ProviderError> {
        let call = |marker| session.cloudfront().list_origin_access_controls().set_marker(marker).send();
        let pages = session.pages("cloudfront.ListOriginAccessControls", call, |page| {
            let list = page.origin_access_control_list;
            list.map_or((Vec::new(), None), |list| (list.items.unwrap_or_default(), list.next_marker))
        });
        pages.await
    }

    /// The version that a change must name. Nothing if there is no such control.
    async fn version(session: &Session, id: &str) -> Result<Option<Option<String>>, ProviderError> {
        let call = || session.cloudfront().get_origin_access_control().id(id).send();
        let answer = absent_is_none(session.read("cloudfront.GetOriginAccessControl", call).await)?;
        Ok(answer.map(|answer| answer.e_tag))
    }
}
