//! An availability zone: a data centre, or several, that fails apart from the others of its region.
//!
//! The letter of a name (`eu-central-1a`) is shuffled for each account; `zone_id` (`euc1-az2`) is the same for all.
//! Local zones and Wavelength zones are found once the account has opted in to them.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAvailabilityZones.html>

use cairn_provider::declaration::{Example, LookUpDeclaration};
use cairn_provider::schema::overlay::Overlay;

/// `aws.ec2.AvailabilityZone`.
pub static LOOK_UP: LookUpDeclaration = LookUpDeclaration {
    name: "aws.ec2.AvailabilityZone",
    title: "Availability zone",
    facts: r#"{
 "id": ["ZoneName"],
 "lookup_only": true,
 "properties": {
  "GroupLongName": {},
  "GroupName": {},
  "NetworkBorderGroup": {},
  "OptInStatus": {"enum":["not-opted-in","opt-in-not-required","opted-in"]},
  "ParentZoneId": {},
  "ParentZoneName": {},
  "RegionName": {},
  "State": {"enum":["available","constrained","impaired","information","unavailable"]},
  "ZoneId": {},
  "ZoneName": {},
  "ZoneType": {"enum":["availability-zone","local-zone","wavelength-zone"]}
 },
 "type": "AWS::EC2::AvailabilityZone"
}"#,
    overlay: Overlay {
        noun: "an availability zone",
        popular: &["ZoneName", "ZoneId", "State", "ZoneType"],
        ..Overlay::EMPTY
    },
    permissions: &["ec2:DescribeAvailabilityZones"],
    examples: &[
        Example {
            title: "A zone by the name that is the same in all accounts",
            source: "lookup zone = aws.ec2.AvailabilityZone { zone_id: \"euc1-az2\" }\n\
                     resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource subnet = aws.ec2.Subnet {\n  vpc\n  cidr_block: 10.20.1.0/24\n  availability_zone: \
                     zone.zone_name\n}\n",
        },
        Example {
            title: "The names of all zones of the region",
            source: "@many(by: zone_name)\nlookup zones = aws.ec2.AvailabilityZone { state: \"available\", zone_type: \
                     \"availability-zone\" }\n\noutput names = zones.keys()\n",
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
    use cairn_provider::value::Map;

    use crate::ec2::wire;
    use crate::native::session::Session;

    /// Finds zones.
    pub const FINDER: &dyn LookUpType<Session> = &AvailabilityZone;

    struct AvailabilityZone;

    texts!(types::AvailabilityZoneOptInStatus, types::AvailabilityZoneState);

    /// Fields and the service's filters for them.
    const FILTERS: [(&str, &str); 10] = [
        ("group_long_name", "group-long-name"),
        ("group_name", "group-name"),
        ("opt_in_status", "opt-in-status"),
        ("parent_zone_id", "parent-zone-id"),
        ("parent_zone_name", "parent-zone-name"),
        ("region_name", "region-name"),
        ("state", "state"),
        ("zone_id", "zone-id"),
        ("zone_name", "zone-name"),
        ("zone_type", "zone-type"),
    ];

    #[async_trait]
    impl LookUpType<Session> for AvailabilityZone {
        fn kind(&self) -> &'static str {
            super::LOOK_UP.name
        }

        async fn look_up(&self, session: &Session, conditions: &Map) -> Result<Vec<Live>, ProviderError> {
            let filters = wire::conditions(conditions, &FILTERS);
            // Zones the account has not opted in to are shown only to who asks for them.
            let all = conditions.contains_key("opt_in_status");
            let call = || {
                let call = session.ec2().describe_availability_zones().set_filters(Some(filters.clone()));
                call.all_availability_zones(all).send()
            };
            let answer = session.read("ec2.DescribeAvailabilityZones", call).await?;
            let zones = answer.availability_zones().iter().map(live);
            Ok(zones.filter(|zone| wire::met(&zone.attributes, conditions)).collect())
        }
    }

    fn live(zone: &types::AvailabilityZone) -> Live {
        let attributes = read!(zone =>
            group_long_name, group_name, network_border_group, opt_in_status, parent_zone_id, parent_zone_name,
            region_name, state, zone_id, zone_name, zone_type);
        Live { id: zone.zone_name().unwrap_or_default().into(), attributes, status: Status::Ready, owner: None }
    }
}
