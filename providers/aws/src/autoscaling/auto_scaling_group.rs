//! An Auto Scaling group: keeps a number of instances running, over zones, behind target groups, within a smallest and
//! a largest size.
//!
//! The group is there as soon as the service says so: that its instances are up and healthy is not waited for here. A
//! change of the launch template changes which instances are started next; those that run stay. Leave
//! `desired_capacity` out where policies size the group, or every plan sets it back.
//!
//! Destroying a group scales it to nothing first, waits until its instances are gone (lifecycle hooks included), and
//! deletes it then. Instances that would never go by themselves, in standby or because termination is suspended, are
//! terminated along with it. A group whose `deletion_protection` forbids that is not touched.
//!
//! Tags are written as text, or as a record that says whether new instances get the tag too; text means they do.
//!
//! Vendor documentation:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-autoscaling-autoscalinggroup.html>

#[cfg(feature = "native")]
mod data;
#[cfg(feature = "native")]
mod parts;
#[cfg(feature = "native")]
mod removal;

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::overlay::{Exception, NameRule, Overlay, Range, Reference, Relation, Replacement, Values};
use cairn_provider::schema::{Change, Unit};

/// `aws.autoscaling.AutoScalingGroup`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::AutoScaling::AutoScalingGroup",
    title: "Auto Scaling group",
    overlay: Overlay {
        noun: "an Auto Scaling group",
        references: &[
            Reference { path: "InstanceId", to: &[("AWS::EC2::Instance", "InstanceId")] },
            Reference {
                path: "LaunchConfigurationName",
                to: &[("AWS::AutoScaling::LaunchConfiguration", "LaunchConfigurationName")],
            },
            Reference {
                path: "LaunchTemplateSpecification.LaunchTemplateId",
                to: &[("AWS::EC2::LaunchTemplate", "LaunchTemplateId")],
            },
            Reference {
                path: "LaunchTemplateSpecification.LaunchTemplateName",
                to: &[("AWS::EC2::LaunchTemplate", "LaunchTemplateName")],
            },
            Reference {
                path: "LifecycleHookSpecification.NotificationTargetARN",
                to: &[("AWS::SNS::Topic", "TopicArn"), ("AWS::SQS::Queue", "Arn")],
            },
            Reference { path: "NotificationConfiguration.TopicARN", to: &[("AWS::SNS::Topic", "TopicArn")] },
            Reference { path: "PlacementGroup", to: &[("AWS::EC2::PlacementGroup", "GroupName")] },
            Reference {
                path: "TargetGroupARNs",
                to: &[("AWS::ElasticLoadBalancingV2::TargetGroup", "TargetGroupArn")],
            },
            Reference { path: "VPCZoneIdentifier", to: &[("AWS::EC2::Subnet", "SubnetId")] },
        ],
        units: &[
            ("AcceleratorTotalMemoryMiBRequest.Max", Unit::Mebibytes),
            ("AcceleratorTotalMemoryMiBRequest.Min", Unit::Mebibytes),
            ("Cooldown", Unit::Seconds),
            ("DefaultInstanceWarmup", Unit::Seconds),
            ("HealthCheckGracePeriod", Unit::Seconds),
            ("InstanceMaintenancePolicy.MaxHealthyPercentage", Unit::Percent),
            ("InstanceMaintenancePolicy.MinHealthyPercentage", Unit::Percent),
            ("InstanceRequirements.MaxSpotPriceAsPercentageOfOptimalOnDemandPrice", Unit::Percent),
            ("InstanceRequirements.OnDemandMaxPricePercentageOverLowestPrice", Unit::Percent),
            ("InstanceRequirements.SpotMaxPricePercentageOverLowestPrice", Unit::Percent),
            ("InstancesDistribution.OnDemandPercentageAboveBaseCapacity", Unit::Percent),
            ("LifecycleHookSpecification.HeartbeatTimeout", Unit::Seconds),
            ("MaxInstanceLifetime", Unit::Seconds),
            ("MemoryMiBRequest.Max", Unit::Mebibytes),
            ("MemoryMiBRequest.Min", Unit::Mebibytes),
        ],
        numbers: &["DesiredCapacity", "LaunchTemplateOverrides.WeightedCapacity", "MaxSize", "MinSize"],
        ranges: &[
            Range { path: "DesiredCapacity", min: 0, max: 10_000, because: "a group has 0 to 10000 instances" },
            Range {
                path: "LaunchTemplateOverrides.WeightedCapacity",
                min: 1,
                max: 999,
                because: "an instance counts for 1 to 999",
            },
            Range {
                path: "LifecycleHookSpecification.HeartbeatTimeout",
                min: 30,
                max: 172_800,
                because: "a lifecycle hook waits from 30 seconds to 48 hours",
            },
            Range { path: "MaxSize", min: 0, max: 10_000, because: "a group has 0 to 10000 instances" },
            Range { path: "MinSize", min: 0, max: 10_000, because: "a group has 0 to 10000 instances" },
        ],
        values: &[
            Values {
                path: "DesiredCapacityType",
                known: &["memory-mib", "units", "vcpu"],
                open: false,
                noun: "unit of capacity",
            },
            Values { path: "InstanceRequirements.AcceleratorNames", known: &[], open: true, noun: "accelerator" },
            Values {
                path: "InstancesDistribution.OnDemandAllocationStrategy",
                known: &["lowest-price", "prioritized"],
                open: true,
                noun: "allocation strategy",
            },
            Values {
                path: "InstancesDistribution.SpotAllocationStrategy",
                known: &[
                    "capacity-optimized",
                    "capacity-optimized-prioritized",
                    "diversified",
                    "lowest-price",
                    "price-capacity-optimized",
                ],
                open: true,
                noun: "allocation strategy",
            },
            Values {
                path: "LifecycleHookSpecification.DefaultResult",
                known: &["ABANDON", "CONTINUE"],
                open: false,
                noun: "result of a lifecycle hook",
            },
            Values {
                path: "LifecycleHookSpecification.LifecycleTransition",
                known: &[
                    "autoscaling:EC2_INSTANCE_LAUNCHING",
                    "autoscaling:EC2_INSTANCE_TERMINATING",
                    "autoscaling:EC2_INSTANCE_ROOT_VOLUME_REPLACING",
                ],
                open: true,
                noun: "lifecycle transition",
            },
            Values { path: "MetricsCollection.Granularity", known: &["1Minute"], open: false, noun: "granularity" },
            Values {
                path: "NotificationConfiguration.NotificationTypes",
                known: &[
                    "autoscaling:EC2_INSTANCE_LAUNCH",
                    "autoscaling:EC2_INSTANCE_LAUNCH_ERROR",
                    "autoscaling:EC2_INSTANCE_TERMINATE",
                    "autoscaling:EC2_INSTANCE_TERMINATE_ERROR",
                    "autoscaling:TEST_NOTIFICATION",
                ],
                open: true,
                noun: "notification type",
            },
            Values {
                path: "TrafficSourceIdentifier.Type",
                known: &["elb", "elbv2", "vpc-lattice"],
                open: true,
                noun: "type of traffic source",
            },
        ],
        unordered: &[
            "InstanceRequirements.AllowedInstanceTypes",
            "InstanceRequirements.ExcludedInstanceTypes",
            "LoadBalancerNames",
            "MetricsCollection",
            "NotificationConfigurations",
        ],
        keyed: &[("Tags", "Key", "Value")],
        defaults: &[
            ("AvailabilityZoneDistribution", "{\"capacity_distribution_strategy\":\"balanced-best-effort\"}"),
            ("CapacityRebalance", "false"),
            ("CapacityReservationSpecification", "{\"capacity_reservation_preference\":\"default\"}"),
            ("Cooldown", "300"),
            ("DefaultInstanceWarmup", "-1"),
            ("DeletionProtection", "\"none\""),
            ("DesiredCapacityType", "\"units\""),
            ("HealthCheckGracePeriod", "0"),
            ("HealthCheckType", "\"EC2\""),
            ("InstanceMaintenancePolicy", "{\"max_healthy_percentage\":-1,\"min_healthy_percentage\":-1}"),
            ("MaxInstanceLifetime", "0"),
            ("NewInstancesProtectedFromScaleIn", "false"),
            ("TerminationPolicies", "[\"Default\"]"),
        ],
        kept: &["AvailabilityZoneIds", "AvailabilityZones"],
        exceptions: &[
            Exception {
                path: "LaunchConfigurationName",
                change: Change::Update,
                because: "UpdateAutoScalingGroup takes it, for instances that start from then on",
            },
            Exception {
                path: "LaunchTemplate",
                change: Change::Update,
                because: "UpdateAutoScalingGroup takes it, for instances that start from then on",
            },
            Exception {
                path: "MixedInstancesPolicy",
                change: Change::Update,
                because: "UpdateAutoScalingGroup takes it, for instances that start from then on",
            },
            Exception {
                path: "VPCZoneIdentifier",
                change: Change::Update,
                because: "UpdateAutoScalingGroup takes it and moves instances by itself",
            },
        ],
        name: Some(NameRule { property: "AutoScalingGroupName", max: 255, lower: false, separators: "-_.", renewed: true }),
        relations: &[
            Relation::AtMost { lower: "MinSize", upper: "MaxSize" },
            Relation::AtMost { lower: "DesiredCapacity", upper: "MaxSize" },
            Relation::AtMost { lower: "MinSize", upper: "DesiredCapacity" },
        ],
        replacement: Replacement::CreateFirst,
        popular: &[
            "LaunchTemplate",
            "VPCZoneIdentifier",
            "MinSize",
            "MaxSize",
            "TargetGroupARNs",
            "HealthCheckType",
            "HealthCheckGracePeriod",
            "Tags",
        ],
        ..Overlay::EMPTY
    },
    // The name identifies a group in account and region.
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &[
            "autoscaling:DescribeAutoScalingGroups",
            "autoscaling:DescribeLifecycleHooks",
            "autoscaling:DescribeNotificationConfigurations",
        ],
        write: &[
            "autoscaling:AttachLoadBalancerTargetGroups",
            "autoscaling:AttachLoadBalancers",
            "autoscaling:AttachTrafficSources",
            "autoscaling:CreateAutoScalingGroup",
            "autoscaling:CreateOrUpdateTags",
            "autoscaling:DeleteAutoScalingGroup",
            "autoscaling:DeleteLifecycleHook",
            "autoscaling:DeleteNotificationConfiguration",
            "autoscaling:DeleteTags",
            "autoscaling:DetachLoadBalancerTargetGroups",
            "autoscaling:DetachLoadBalancers",
            "autoscaling:DetachTrafficSources",
            "autoscaling:DisableMetricsCollection",
            "autoscaling:EnableMetricsCollection",
            "autoscaling:PutLifecycleHook",
            "autoscaling:PutNotificationConfiguration",
            "autoscaling:SetInstanceProtection",
            "autoscaling:UpdateAutoScalingGroup",
            "ec2:RunInstances",
            "iam:CreateServiceLinkedRole",
            "iam:PassRole",
        ],
    },
    timings: Timings { create: 600, update: 600, delete: 3_600, typical: 5, poll: 5 },
    examples: &[
        Example {
            title: "One instance, always",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource a = aws.ec2.Subnet { vpc, cidr_block: 10.20.0.0/24, availability_zone: \"eu-central-1a\" }\n\
                     resource template = aws.ec2.LaunchTemplate {\n  \
                     launch_template_data: { image_id: \"ami-0a1b2c3d4e5f60718\", instance_type: \"t4g.small\" }\n}\n\
                     resource web = aws.autoscaling.AutoScalingGroup {\n  \
                     launch_template: { launch_template: template, version: template.latest_version_number }\n  \
                     vpc_zone_identifier: [a]\n  min_size: 1\n  max_size: 1\n}\n",
        },
        Example {
            title: "Spot and on-demand instances of two types behind a load balancer",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource a = aws.ec2.Subnet { vpc, cidr_block: 10.20.0.0/24, availability_zone: \"eu-central-1a\" }\n\
                     resource b = aws.ec2.Subnet { vpc, cidr_block: 10.20.1.0/24, availability_zone: \"eu-central-1b\" }\n\
                     resource pool = aws.elbv2.TargetGroup { vpc, protocol: \"HTTP\", port: 8080 }\n\
                     resource template = aws.ec2.LaunchTemplate {\n  \
                     launch_template_data: { image_id: \"ami-0a1b2c3d4e5f60718\", instance_type: \"m7g.large\" }\n}\n\
                     resource web = aws.autoscaling.AutoScalingGroup {\n  mixed_instances_policy: {\n    \
                     launch_template: {\n      launch_template_specification: \
                     { launch_template: template, version: template.latest_version_number }\n      \
                     overrides: [{ instance_type: \"m7g.large\" }, { instance_type: \"m6g.large\" }]\n    }\n    \
                     instances_distribution: {\n      on_demand_base_capacity: 2\n      \
                     on_demand_percentage_above_base_capacity: 25%\n      \
                     spot_allocation_strategy: \"price-capacity-optimized\"\n    }\n  }\n  \
                     vpc_zone_identifier: [a, b]\n  target_groups: [pool]\n  min_size: 2\n  max_size: 10\n  \
                     health_check_type: \"ELB\"\n  health_check_grace_period: 90s\n  default_instance_warmup: 2min\n  \
                     capacity_rebalance: true\n  metrics_collection: [{ granularity: \"1Minute\" }]\n  \
                     tags: { Name: \"web\", owner: { value: \"shop\", propagate_at_launch: false } }\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};

#[cfg(feature = "native")]
mod lifecycle {
    use async_trait::async_trait;
    use aws_sdk_autoscaling::types;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::{Live, Observed, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Interest, Monitor, ReadSet, Readings, Update};
    use cairn_provider::value::{Map, Value};
    use ecow::EcoString;

    use super::data::subnets;
    use super::{parts, removal};
    use crate::native::codec::{need, set};
    use crate::native::reading::identities;
    use crate::native::session::Session;

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &AutoScalingGroup;
    /// Reads groups.
    pub const READER: Option<&dyn Reader<Session>> = Some(&AutoScalingGroup);

    struct AutoScalingGroup;

    const KIND: &str = "aws.autoscaling.AutoScalingGroup";

    /// DescribeAutoScalingGroups takes so many names, and leaves out those that name nothing.
    const NAMES: usize = 50;

    /// What UpdateAutoScalingGroup takes.
    const SETTINGS: [&str; 27] = [
        "availability_zone_distribution",
        "availability_zone_ids",
        "availability_zone_impairment_policy",
        "availability_zones",
        "capacity_rebalance",
        "capacity_reservation_specification",
        "context",
        "cooldown",
        "default_instance_warmup",
        "deletion_protection",
        "desired_capacity",
        "desired_capacity_type",
        "health_check_grace_period",
        "health_check_type",
        "instance_lifecycle_policy",
        "instance_maintenance_policy",
        "launch_configuration",
        "launch_template",
        "max_instance_lifetime",
        "max_size",
        "min_size",
        "mixed_instances_policy",
        "new_instances_protected_from_scale_in",
        "placement_group",
        "service_linked_role",
        "termination_policies",
        "vpc_zone_identifier",
    ];

    #[async_trait]
    impl ResourceType<Session> for AutoScalingGroup {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let inputs = &request.inputs;
            let name: String = need(inputs, "auto_scaling_group_name")?;
            let call = send!(session.autoscaling().create_auto_scaling_group(), inputs =>
                availability_zone_distribution, availability_zone_ids, availability_zone_impairment_policy,
                availability_zones, capacity_rebalance, capacity_reservation_specification, context,
                default_cooldown as "cooldown", default_instance_warmup, deletion_protection, desired_capacity,
                desired_capacity_type, health_check_grace_period, health_check_type, instance_id as "instance",
                instance_lifecycle_policy, instance_maintenance_policy,
                launch_configuration_name as "launch_configuration", launch_template,
                lifecycle_hook_specification_list, load_balancer_names, max_instance_lifetime, max_size, min_size,
                mixed_instances_policy, new_instances_protected_from_scale_in, placement_group,
                service_linked_role_arn as "service_linked_role", skip_zonal_shift_validation,
                target_group_arns as "target_groups", termination_policies, traffic_sources,
                vpc_zone_identifier via subnets)
            .auto_scaling_group_name(&name)
            .set_tags(Some(parts::new_tags(&name, request)?));
            session.write("autoscaling.CreateAutoScalingGroup", call.send()).await?;
            Ok(Created::new(name))
        }

        async fn configure(&self, session: &Session, id: &str, request: &Create) -> Result<(), ProviderError> {
            parts::configure(session, id, &request.inputs).await
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            let name: EcoString = need::<String>(&request.inputs, "auto_scaling_group_name")?.into();
            let mut found = named(session, &[&name]).await?;
            found.retain(|group| {
                let (_, owner) = parts::read_tags(group);
                owner.as_ref() == Some(&request.owner)
            });
            Ok(identities(&found, types::AutoScalingGroup::auto_scaling_group_name))
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            let id = request.id.as_str();
            // What is ignored or as it should be is not sent again: others may have changed it for a reason.
            let changed: Map = request
                .inputs
                .iter()
                .filter(|(name, _)| SETTINGS.contains(&name.as_str()) && request.changed.contains(*name))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            if !changed.is_empty() {
                let changed = &changed;
                let inputs = &request.inputs;
                let call = send!(session.autoscaling().update_auto_scaling_group(), changed =>
                    availability_zone_distribution, availability_zone_ids, availability_zone_impairment_policy,
                    availability_zones, capacity_rebalance, capacity_reservation_specification, context,
                    default_cooldown as "cooldown", default_instance_warmup, deletion_protection, desired_capacity,
                    desired_capacity_type, health_check_grace_period, health_check_type, instance_lifecycle_policy,
                    instance_maintenance_policy, launch_configuration_name as "launch_configuration",
                    launch_template, max_instance_lifetime, max_size, min_size, mixed_instances_policy,
                    new_instances_protected_from_scale_in, placement_group,
                    service_linked_role_arn as "service_linked_role", termination_policies,
                    vpc_zone_identifier via subnets);
                let call = send!(call, inputs => skip_zonal_shift_validation).auto_scaling_group_name(id);
                session.write("autoscaling.UpdateAutoScalingGroup", call.send()).await?;
            }
            parts::update(session, request).await?;
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            if let Some(group) = named(session, &[&request.id]).await?.first() {
                removal::remove(session, &request.id, group).await?;
            }
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            let all = describe(session, None, false).await?;
            Ok(identities(&all, types::AutoScalingGroup::auto_scaling_group_name))
        }
    }

    #[async_trait]
    impl Reader<Session> for AutoScalingGroup {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND]
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            let mut readings = Readings::default();
            let Some(wanted) = wanted.get(KIND) else { return Ok(readings) };
            let ids: Vec<&EcoString> = wanted.keys().collect();
            for ids in ids.chunks(NAMES) {
                let names = ids.iter().map(|id| id.to_string()).collect();
                for group in describe(session, Some(names), false).await? {
                    let Some(id) = group.auto_scaling_group_name() else { continue };
                    let Some(interest) = wanted.get(id) else { continue };
                    if let Some(live) = live(session, id, &group, interest).await? {
                        readings.answer(KIND, id, Observed::Present(Box::new(live)));
                    }
                }
            }
            Ok(readings)
        }
    }

    /// Groups by name, with their instances.
    async fn named(session: &Session, names: &[&EcoString]) -> Result<Vec<types::AutoScalingGroup>, ProviderError> {
        describe(session, Some(names.iter().map(|name| name.to_string()).collect()), true).await
    }

    async fn describe(
        session: &Session,
        names: Option<Vec<String>>,
        instances: bool,
    ) -> Result<Vec<types::AutoScalingGroup>, ProviderError> {
        let call = |token| {
            let call = session.autoscaling().describe_auto_scaling_groups();
            let call = call.set_auto_scaling_group_names(names.clone()).include_instances(instances);
            call.max_records(100).set_next_token(token).send()
        };
        session
            .pages("autoscaling.DescribeAutoScalingGroups", call, |page| {
                (page.auto_scaling_groups.unwrap_or_default(), page.next_token)
            })
            .await
    }

    /// What the service means by a setting that its answer lacks: the words that UpdateAutoScalingGroup takes for it.
    fn unset() -> [(&'static str, Value); 6] {
        let percentages = ["max_healthy_percentage", "min_healthy_percentage"];
        [
            ("capacity_rebalance", Value::Bool(false)),
            ("default_instance_warmup", Value::Int(-1)),
            ("deletion_protection", Value::text("none")),
            ("desired_capacity_type", Value::text("units")),
            ("instance_maintenance_policy", Value::map(percentages.map(|name| (name.into(), Value::Int(-1))))),
            ("max_instance_lifetime", Value::Int(0)),
        ]
    }

    /// What is observed of a group; none if it went away while it was read.
    async fn live(
        session: &Session,
        id: &str,
        group: &types::AutoScalingGroup,
        interest: &Interest,
    ) -> Result<Option<Live>, ProviderError> {
        let mut attributes = read!(group =>
            auto_scaling_group_arn, auto_scaling_group_name, availability_zone_distribution, availability_zone_ids,
            availability_zone_impairment_policy, availability_zones, capacity_rebalance,
            capacity_reservation_specification, context, default_cooldown as "cooldown", default_instance_warmup,
            deletion_protection, desired_capacity, desired_capacity_type, health_check_grace_period,
            health_check_type, instance_lifecycle_policy, instance_maintenance_policy,
            launch_configuration_name as "launch_configuration", launch_template, load_balancer_names,
            max_instance_lifetime, max_size, min_size, mixed_instances_policy, new_instances_protected_from_scale_in,
            placement_group, service_linked_role_arn as "service_linked_role",
            target_group_arns as "target_groups", termination_policies, traffic_sources,
            vpc_zone_identifier via subnets);
        for (name, value) in unset() {
            attributes.entry(name.into()).or_insert(value);
        }
        set(&mut attributes, "metrics_collection", parts::read_metrics(group));
        if interest.wants("lifecycle_hook_specification_list") {
            let Some(hooks) = parts::read_hooks(session, id).await? else { return Ok(None) };
            set(&mut attributes, "lifecycle_hook_specification_list", hooks);
        }
        if interest.wants_any(&["notification_configuration", "notification_configurations"]) {
            let Some(topics) = parts::read_notifications(session, id).await? else { return Ok(None) };
            if let [only] = topics.as_slice() {
                set(&mut attributes, "notification_configuration", only.clone());
            }
            set(&mut attributes, "notification_configurations", Value::list(topics));
        }
        let (tags, owner) = parts::read_tags(group);
        set(&mut attributes, "tags", tags);
        // The service sets a status only while it deletes a group.
        let status = if group.status().is_some() { Status::Deleting } else { Status::Ready };
        Ok(Some(Live { id: id.into(), attributes, status, owner }))
    }
}
