//! A launch template: how instances are started, in versions. Auto Scaling groups and instances name a template and a
//! version of it.
//!
//! A version never changes. When the data or the description here changes, a new version is made and becomes the
//! default; older ones stay and can be named by their number. Instances that run do not change: a group that names
//! `template.latest_version_number` starts new ones from the new version.
//!
//! User data is base64, at most 16 KiB, and everyone who may describe templates can read it: keep secrets elsewhere. A
//! block device that is not listed comes from the image, so encryption must be said here or in the account's settings.
//!
//! Vendor documentation:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-launchtemplate.html>

#[cfg(feature = "native")]
mod data;

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::Unit;
use cairn_provider::schema::overlay::{NameRule, Overlay, Range, Reference, Replacement, Values};

/// `aws.ec2.LaunchTemplate`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::EC2::LaunchTemplate",
    title: "Launch template",
    overlay: Overlay {
        noun: "a launch template",
        references: &[
            Reference { path: "LaunchTemplateData.KeyName", to: &[("AWS::EC2::KeyPair", "KeyName")] },
            Reference { path: "NetworkInterface.Groups", to: &[("AWS::EC2::SecurityGroup", "GroupId")] },
            Reference { path: "NetworkInterface.NetworkInterfaceId", to: &[("AWS::EC2::NetworkInterface", "Id")] },
            Reference { path: "Placement.GroupName", to: &[("AWS::EC2::PlacementGroup", "GroupName")] },
        ],
        units: &[
            ("AcceleratorTotalMemoryMiB.Max", Unit::Mebibytes),
            ("AcceleratorTotalMemoryMiB.Min", Unit::Mebibytes),
            ("ConnectionTrackingSpecification.TcpEstablishedTimeout", Unit::Seconds),
            ("ConnectionTrackingSpecification.UdpStreamTimeout", Unit::Seconds),
            ("ConnectionTrackingSpecification.UdpTimeout", Unit::Seconds),
            ("Ebs.VolumeSize", Unit::Gibibytes),
            ("InstanceRequirements.MaxSpotPriceAsPercentageOfOptimalOnDemandPrice", Unit::Percent),
            ("InstanceRequirements.OnDemandMaxPricePercentageOverLowestPrice", Unit::Percent),
            ("InstanceRequirements.SpotMaxPricePercentageOverLowestPrice", Unit::Percent),
            ("MemoryMiB.Max", Unit::Mebibytes),
            ("MemoryMiB.Min", Unit::Mebibytes),
            ("SpotOptions.BlockDurationMinutes", Unit::Minutes),
        ],
        ranges: &[
            Range {
                path: "MetadataOptions.HttpPutResponseHopLimit",
                min: 1,
                max: 64,
                because: "an answer of the metadata service may make 1 to 64 hops",
            },
            Range { path: "Placement.PartitionNumber", min: 1, max: 7, because: "a group has at most seven partitions" },
        ],
        values: &[
            Values { path: "CreditSpecification.CpuCredits", known: &["standard", "unlimited"], open: false, noun: "credit option" },
            Values { path: "InstanceRequirements.AcceleratorNames", known: &[], open: true, noun: "accelerator" },
            Values { path: "LaunchTemplateData.InstanceType", known: &[], open: true, noun: "instance type" },
            Values {
                path: "NetworkInterface.InterfaceType",
                known: &["efa", "efa-only", "interface"],
                open: true,
                noun: "type of network interface",
            },
        ],
        keyed: &[("LaunchTemplateTagSpecification.Tags", "Key", "Value"), ("TagSpecification.Tags", "Key", "Value")],
        unordered: &[
            "InstanceRequirements.AcceleratorManufacturers",
            "InstanceRequirements.AcceleratorNames",
            "InstanceRequirements.AcceleratorTypes",
            "InstanceRequirements.AllowedInstanceTypes",
            "InstanceRequirements.CpuManufacturers",
            "InstanceRequirements.ExcludedInstanceTypes",
            "InstanceRequirements.InstanceGenerations",
            "InstanceRequirements.LocalStorageTypes",
            "LaunchTemplateData.SecurityGroupIds",
            "NetworkInterface.Groups",
        ],
        // DescribeLaunchTemplateVersions and DescribeLaunchTemplates return all of it.
        readable: &["LaunchTemplateData", "TagSpecifications", "VersionDescription"],
        volatile: &["DefaultVersionNumber", "LatestVersionNumber"],
        name: Some(NameRule { property: "LaunchTemplateName", max: 128, lower: false, separators: "-_./()", renewed: true }),
        replacement: Replacement::CreateFirst,
        popular: &["LaunchTemplateData", "LaunchTemplateName", "TagSpecifications"],
        ..Overlay::EMPTY
    },
    // Names are unique in account and region.
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &["ec2:DescribeLaunchTemplateVersions", "ec2:DescribeLaunchTemplates"],
        write: &[
            "ec2:CreateLaunchTemplate",
            "ec2:CreateLaunchTemplateVersion",
            "ec2:CreateTags",
            "ec2:DeleteLaunchTemplate",
            "ec2:DeleteTags",
            "ec2:ModifyLaunchTemplate",
        ],
    },
    timings: Timings::INSTANT,
    examples: &[
        Example {
            title: "An image and a size",
            source: "resource template = aws.ec2.LaunchTemplate {\n  \
                     launch_template_data: { image_id: \"ami-0a1b2c3d4e5f60718\", instance_type: \"t4g.small\" }\n}\n",
        },
        Example {
            title: "Servers with an encrypted disk, a profile and a start script",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource web_sg = aws.ec2.SecurityGroup { vpc, group_description: \"servers\" }\n\
                     resource role = aws.iam.Role {\n  assume_role_policy_document: {\n    Version: \"2012-10-17\"\n    \
                     Statement: [{ Effect: \"Allow\", Principal: { Service: \"ec2.amazonaws.com\" }, \
                     Action: \"sts:AssumeRole\" }]\n  }\n}\n\
                     resource profile = aws.iam.InstanceProfile { roles: [role] }\n\
                     lookup image = aws.ec2.Image { owner: \"amazon\", name: \"al2023-ami-2023*-arm64\", most_recent: true }\n\
                     resource template = aws.ec2.LaunchTemplate {\n  launch_template_data: {\n    \
                     image_id: image.image_id\n    instance_type: \"m7g.large\"\n    security_groups: [web_sg]\n    \
                     iam_instance_profile: { arn: profile.arn }\n    metadata_options: { http_tokens: \"required\" }\n    \
                     block_device_mappings: [\n      { device_name: \"/dev/xvda\", ebs: { volume_size: 20GiB, \
                     volume_type: \"gp3\", encrypted: true } }\n    ]\n    \
                     user_data: base64(\"#!/bin/sh\\nexec /opt/shop/run\\n\")\n    \
                     tag_specifications: [{ resource_type: \"instance\", tags: { Name: \"web\" } }]\n  }\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};

#[cfg(feature = "native")]
mod lifecycle {
    use std::collections::BTreeMap;

    use async_trait::async_trait;
    use aws_sdk_ec2::types;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::{Live, Observed, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Monitor, ReadSet, Readings, Update};
    use cairn_provider::value::{Map, Value};
    use ecow::EcoString;

    use crate::ec2::wire;
    use crate::native::codec::{Mistake, need, put, set};
    use crate::native::reading::identities;
    use crate::native::session::{Session, given};
    use crate::native::tags;

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &LaunchTemplate;
    /// Reads launch templates.
    pub const READER: Option<&dyn Reader<Session>> = Some(&LaunchTemplate);

    struct LaunchTemplate;

    const KIND: &str = "aws.ec2.LaunchTemplate";

    /// What belongs to a version.
    const VERSIONED: [&str; 2] = ["launch_template_data", "version_description"];

    #[async_trait]
    impl ResourceType<Session> for LaunchTemplate {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let inputs = &request.inputs;
            let tagged = Create { inputs: own_tags(inputs)?, ..request.clone() };
            let call = send!(session.ec2().create_launch_template(), inputs =>
                launch_template_name, version_description, launch_template_data)
            .client_token(request.token.as_str())
            .tag_specifications(wire::tag_specification(&tagged, types::ResourceType::LaunchTemplate)?);
            let answer = session.write("ec2.CreateLaunchTemplate", call.send()).await?;
            let id = answer.launch_template().and_then(types::LaunchTemplate::launch_template_id);
            given(id, "ec2.CreateLaunchTemplate").map(Created::new)
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            let name: String = need(&request.inputs, "launch_template_name")?;
            let mut found = describe(session, vec![wire::filter("launch-template-name", [name])]).await?;
            found.retain(|template| {
                let (_, owner) = wire::read_tags(template.tags.as_deref());
                owner.as_ref() == Some(&request.owner)
            });
            Ok(identities(&found, types::LaunchTemplate::launch_template_id))
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            let (id, inputs) = (request.id.as_str(), &request.inputs);
            if VERSIONED.iter().any(|name| request.changed.contains(*name)) {
                let call = send!(session.ec2().create_launch_template_version(), inputs =>
                    version_description, launch_template_data)
                .client_token(request.token.as_str())
                .launch_template_id(id);
                let answer = session.write("ec2.CreateLaunchTemplateVersion", call.send()).await?;
                let number = answer.launch_template_version().and_then(types::LaunchTemplateVersion::version_number);
                let number = number.map(|number| number.to_string());
                let number = given(number.as_deref(), "ec2.CreateLaunchTemplateVersion")?;
                let call = session.ec2().modify_launch_template().launch_template_id(id);
                let call = call.default_version(number.as_str());
                session.write("ec2.ModifyLaunchTemplate", call.send()).await?;
            }
            if request.changed.contains("tag_specifications") {
                let tags = Update {
                    observed: own_tags(&request.observed)?,
                    inputs: own_tags(inputs)?,
                    changed: ["tags".into()].into(),
                    ..request.clone()
                };
                wire::update_tags(session, id, &tags).await?;
            }
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let call = session.ec2().delete_launch_template().launch_template_id(request.id.as_str());
            session.delete("ec2.DeleteLaunchTemplate", call.send()).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            let all = describe(session, Vec::new()).await?;
            Ok(identities(&all, types::LaunchTemplate::launch_template_id))
        }
    }

    #[async_trait]
    impl Reader<Session> for LaunchTemplate {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND]
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            let mut readings = Readings::default();
            let Some(wanted) = wanted.get(KIND) else { return Ok(readings) };
            // No filter takes ids: both lists are read whole.
            let mut found = describe(session, Vec::new()).await?;
            found.retain(|one| one.launch_template_id().is_some_and(|id| wanted.contains_key(id)));
            let versioned = wanted.values().any(|interest| interest.wants_any(&VERSIONED));
            let versions = if versioned && !found.is_empty() { latest(session).await? } else { BTreeMap::new() };
            for template in &found {
                let Some(id) = template.launch_template_id() else { continue };
                let version = versions.get(id);
                let mut live = live(id, template, version);
                if version.is_none() && wanted.get(id).is_some_and(|interest| interest.wants_any(&VERSIONED)) {
                    live.status = Status::Pending("its version is not listed yet".into());
                }
                readings.answer(KIND, id, Observed::Present(Box::new(live)));
            }
            Ok(readings)
        }
    }

    async fn describe(
        session: &Session,
        filters: Vec<types::Filter>,
    ) -> Result<Vec<types::LaunchTemplate>, ProviderError> {
        let call = |token| {
            let call = session.ec2().describe_launch_templates().set_filters(Some(filters.clone()));
            call.max_results(200).set_next_token(token).send()
        };
        session
            .pages("ec2.DescribeLaunchTemplates", call, |page| (page.launch_templates.unwrap_or_default(), page.next_token))
            .await
    }

    /// The newest version of every template.
    async fn latest(session: &Session) -> Result<BTreeMap<String, types::LaunchTemplateVersion>, ProviderError> {
        let call = |token| {
            let call = session.ec2().describe_launch_template_versions().versions("$Latest");
            call.max_results(200).set_next_token(token).send()
        };
        let all = session
            .pages("ec2.DescribeLaunchTemplateVersions", call, |page| {
                (page.launch_template_versions.unwrap_or_default(), page.next_token)
            })
            .await?;
        Ok(all.into_iter().filter_map(|version| Some((version.launch_template_id.clone()?, version))).collect())
    }

    fn live(id: &str, template: &types::LaunchTemplate, version: Option<&types::LaunchTemplateVersion>) -> Live {
        let mut attributes = read!(template => launch_template_id, launch_template_name);
        let number = |number: Option<i64>| number.map(|number| number.to_string());
        put(&mut attributes, "default_version_number", &number(template.default_version_number()));
        put(&mut attributes, "latest_version_number", &number(template.latest_version_number()));
        if let Some(version) = version {
            attributes.extend(read!(version => launch_template_data, version_description));
        }
        let (tags, owner) = wire::read_tags(template.tags.as_deref());
        let written = tags.as_map().is_some_and(|tags| !tags.is_empty());
        let specification =
            Value::map([("resource_type".into(), Value::text("launch-template")), ("tags".into(), tags)]);
        set(&mut attributes, "tag_specifications", Value::list(written.then_some(specification)));
        Live { id: id.into(), attributes, status: Status::Ready, owner }
    }

    /// The template's own tags, out of its tag specifications.
    fn own_tags(document: &Map) -> Result<Map, Mistake> {
        let specifications = document.get("tag_specifications").and_then(Value::as_list).unwrap_or_default();
        let mut all = Map::new();
        for specification in specifications.iter().filter_map(Value::as_map) {
            let kind = specification.get("resource_type").and_then(Value::as_text);
            if kind != Some("launch-template") {
                let mistake = Mistake::new("only a `launch-template` is tagged here; instances and volumes are tagged by \
                                            `launch_template_data.tag_specifications`");
                return Err(mistake.inside("resource_type").inside("tag_specifications"));
            }
            all.extend(tags::written(specification, "tags").into_iter().map(|(key, value)| (key.into(), value.as_str().into())));
        }
        Ok(Map::from([("tags".into(), Value::from(all))]))
    }
}
