//! A machine image (AMI): what instances are started from. It can be looked up, not created.
//!
//! Conditions are matched by the service. Text may hold `*` for any characters and `?` for one. `owner` says whose
//! images are searched: `"self"`, `"amazon"`, `"aws-marketplace"`, or an account; without it images of everyone match,
//! so always give it. With `most_recent: true` the newest of all that match is taken. Images that cannot be used are
//! left out unless `state` says otherwise, and deprecated ones unless `include_deprecated` is true.
//!
//! A new image makes a new answer: what was read is pinned until somebody refreshes it.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html>

use cairn_provider::declaration::{Example, LookUpDeclaration};
use cairn_provider::schema::overlay::{Overlay, Values};

/// `aws.ec2.Image`.
pub static LOOK_UP: LookUpDeclaration = LookUpDeclaration {
    name: "aws.ec2.Image",
    title: "Machine image",
    facts: r#"{
 "type": "AWS::EC2::Image",
 "id": ["ImageId"],
 "lookup_only": true,
 "tags": "Tags",
 "properties": {
  "Architecture": {},
  "BootMode": {},
  "CreationDate": {},
  "DeprecationTime": {},
  "Description": {},
  "EnaSupport": {"type":"boolean"},
  "Hypervisor": {},
  "ImageId": {},
  "ImageLocation": {},
  "ImageOwnerAlias": {},
  "ImageType": {},
  "ImdsSupport": {},
  "IncludeDeprecated": {"type":"boolean"},
  "KernelId": {},
  "MostRecent": {"type":"boolean"},
  "Name": {},
  "Owner": {},
  "OwnerId": {},
  "Platform": {},
  "PlatformDetails": {},
  "Public": {"type":"boolean"},
  "RamdiskId": {},
  "RootDeviceName": {},
  "RootDeviceType": {},
  "SourceImageId": {},
  "SourceInstanceId": {},
  "SriovNetSupport": {},
  "State": {},
  "Tags": {"items":{"ref":"Tag"},"type":"array","unordered":true},
  "TpmSupport": {},
  "UsageOperation": {},
  "VirtualizationType": {}
 },
 "definitions": {
  "Tag": {"type":"object","required":["Key","Value"],"properties":{"Key":{},"Value":{}}}
 }
}"#,
    overlay: Overlay {
        noun: "an image",
        values: &[
            Values {
                path: "Architecture",
                known: &["arm64", "arm64_mac", "i386", "x86_64", "x86_64_mac"],
                open: true,
                noun: "architecture",
            },
            Values { path: "ImageType", known: &["kernel", "machine", "ramdisk"], open: false, noun: "type of image" },
            Values { path: "RootDeviceType", known: &["ebs", "instance-store"], open: false, noun: "type of device" },
            Values {
                path: "State",
                known: &["available", "disabled", "error", "failed", "invalid", "pending", "transient"],
                open: true,
                noun: "state of an image",
            },
            Values {
                path: "VirtualizationType",
                known: &["hvm", "paravirtual"],
                open: false,
                noun: "virtualization type",
            },
        ],
        popular: &["Owner", "Name", "Architecture", "MostRecent", "Tags"],
        ..Overlay::EMPTY
    },
    permissions: &["ec2:DescribeImages"],
    examples: &[
        Example {
            title: "The newest Amazon Linux",
            source: "lookup image = aws.ec2.Image { owner: \"amazon\", name: \"al2023-ami-2023*-arm64\", most_recent: true }\n",
        },
        Example {
            title: "The newest tested image of one's own",
            source: "lookup image = aws.ec2.Image {\n  owner: \"self\"\n  name: \"shop-*\"\n  \
                     architecture: \"arm64\"\n  root_device_type: \"ebs\"\n  virtualization_type: \"hvm\"\n  \
                     tags: { tested: \"yes\" }\n  most_recent: true\n}\n\
                     resource template = aws.ec2.LaunchTemplate {\n  \
                     launch_template_data: { image_id: image.image_id, instance_type: \"t4g.small\" }\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use finder::FINDER;

#[cfg(feature = "native")]
mod finder {
    use async_trait::async_trait;
    use aws_sdk_ec2::types;
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::{Live, Status};
    use cairn_provider::provider::LookUpType;
    use cairn_provider::schema::document::same;
    use cairn_provider::value::{Map, Value};

    use crate::ec2::wire;
    use crate::native::codec::{Encode, Mistake, set, take};
    use crate::native::session::Session;
    use crate::native::tags;

    /// Finds images.
    pub const FINDER: &dyn LookUpType<Session> = &Image;

    struct Image;

    /// Fields the service filters by, each with the name of the filter.
    const FILTERS: [(&str, &str); 21] = [
        ("architecture", "architecture"),
        ("boot_mode", "boot-mode"),
        ("creation_date", "creation-date"),
        ("description", "description"),
        ("ena_support", "ena-support"),
        ("hypervisor", "hypervisor"),
        ("image_id", "image-id"),
        ("image_location", "manifest-location"),
        ("image_owner_alias", "owner-alias"),
        ("image_type", "image-type"),
        ("kernel_id", "kernel-id"),
        ("name", "name"),
        ("owner_id", "owner-id"),
        ("platform", "platform"),
        ("public", "is-public"),
        ("ramdisk_id", "ramdisk-id"),
        ("root_device_name", "root-device-name"),
        ("root_device_type", "root-device-type"),
        ("source_image_id", "source-image-id"),
        ("source_instance_id", "source-instance-id"),
        ("virtualization_type", "virtualization-type"),
    ];

    /// Conditions on the search itself.
    const SEARCH: [&str; 5] = ["include_deprecated", "most_recent", "owner", "state", "tags"];

    #[async_trait]
    impl LookUpType<Session> for Image {
        fn kind(&self) -> &'static str {
            super::LOOK_UP.name
        }

        async fn look_up(&self, session: &Session, conditions: &Map) -> Result<Vec<Live>, ProviderError> {
            let filters = filters(conditions)?;
            let owner: Option<String> = take(conditions, "owner")?;
            let deprecated: Option<bool> = take(conditions, "include_deprecated")?;
            let call = |token| {
                let call = session.ec2().describe_images().set_filters(Some(filters.clone()));
                let call = call.set_owners(owner.clone().map(|owner| vec![owner])).set_include_deprecated(deprecated);
                call.max_results(1000).set_next_token(token).send()
            };
            let found = session
                .pages("ec2.DescribeImages", call, |page| (page.images.unwrap_or_default(), page.next_token))
                .await?;
            let mut found: Vec<Live> = found.iter().filter_map(|image| live(image, conditions)).collect();
            found.retain(|live| meets(live, conditions));
            if take::<bool>(conditions, "most_recent")? == Some(true) {
                // Points in time of one form: their order is that of their text.
                let newest = found.into_iter().max_by(|one, other| created(one).cmp(created(other)));
                found = newest.into_iter().collect();
            }
            Ok(found)
        }
    }

    fn filters(conditions: &Map) -> Result<Vec<types::Filter>, Mistake> {
        let mut filters = Vec::new();
        for (field, filter) in FILTERS {
            if let Some(value) = conditions.get(field) {
                let value = String::encode(value).map_err(|mistake| mistake.inside(field))?;
                filters.push(wire::filter(filter, [value]));
            }
        }
        let state = take::<String>(conditions, "state")?.unwrap_or_else(|| "available".to_owned());
        filters.push(wire::filter("state", [state]));
        for (key, value) in tags::written(conditions, "tags") {
            filters.push(wire::filter(&format!("tag:{key}"), [value]));
        }
        Ok(filters)
    }

    /// An image, and of the conditions on the search what they were.
    fn live(image: &types::Image, conditions: &Map) -> Option<Live> {
        let mut attributes = read!(image =>
            architecture, boot_mode, creation_date, deprecation_time, description, ena_support, hypervisor, image_id,
            image_location, image_owner_alias, image_type, imds_support, kernel_id, name, owner_id, platform,
            platform_details, public, ramdisk_id, root_device_name, root_device_type, source_image_id,
            source_instance_id, sriov_net_support, state, tpm_support, usage_operation, virtualization_type);
        for name in ["include_deprecated", "most_recent", "owner"] {
            set(&mut attributes, name, conditions.get(name).cloned().unwrap_or(Value::None));
        }
        let (tags, owner) = wire::read_tags(image.tags.as_deref());
        set(&mut attributes, "tags", tags);
        Some(Live { id: image.image_id()?.into(), attributes, status: Status::Ready, owner })
    }

    /// Whether an image meets the conditions that the service does not filter by.
    fn meets(live: &Live, conditions: &Map) -> bool {
        conditions.iter().all(|(name, wanted)| {
            let filtered = SEARCH.contains(&name.as_str()) || FILTERS.iter().any(|(field, _)| field == name);
            filtered || live.attributes.get(name).is_some_and(|found| same(wanted, found))
        })
    }

    fn created(live: &Live) -> &str {
        live.attributes.get("creation_date").and_then(Value::as_text).unwrap_or_default()
    }

    texts!(
        types::ArchitectureValues,
        types::BootModeValues,
        types::DeviceType,
        types::HypervisorType,
        types::ImageState,
        types::ImageTypeValues,
        types::ImdsSupportValues,
        types::PlatformValues,
        types::TpmSupportValues,
        types::VirtualizationType,
    );
}
