//! The records of a group, and forms that differ from the documents'.

use aws_sdk_autoscaling::types;

records! {
    both types::AvailabilityZoneDistribution { capacity_distribution_strategy }
    both types::AvailabilityZoneImpairmentPolicy { impaired_zone_health_check_behavior, zonal_shift_enabled }
    both types::CapacityReservationSpecification { capacity_reservation_preference, capacity_reservation_target }
    both types::CapacityReservationTarget { capacity_reservation_ids, capacity_reservation_resource_group_arns }
    both types::InstanceLifecyclePolicy { retention_triggers }
    both types::InstanceMaintenancePolicy { max_healthy_percentage, min_healthy_percentage }
    both types::RetentionTriggers { terminate_hook_abandon }
    both types::TrafficSourceIdentifier { identifier, r#type }
    pair types::LifecycleHookSpecification, types::LifecycleHook {
        default_result, heartbeat_timeout, lifecycle_hook_name, lifecycle_transition, notification_metadata,
        notification_target_arn as "notification_target", role_arn as "role"
    }
}

// What instances are started from.
records! {
    both types::InstancesDistribution {
        on_demand_allocation_strategy, on_demand_base_capacity, on_demand_percentage_above_base_capacity,
        spot_allocation_strategy, spot_instance_pools, spot_max_price
    }
    both types::LaunchTemplate { launch_template_specification, overrides }
    both types::LaunchTemplateOverrides {
        image_id, instance_requirements, instance_type, launch_template_specification, weighted_capacity via count
    }
    both types::LaunchTemplateSpecification { launch_template_id as "launch_template", version }
    both types::MixedInstancesPolicy { instances_distribution, launch_template }
}

// Instance types by what they must have.
records! {
    both types::InstanceRequirements {
        accelerator_count, accelerator_manufacturers, accelerator_names, accelerator_total_memory_mib,
        accelerator_types, allowed_instance_types, bare_metal, baseline_ebs_bandwidth_mbps,
        baseline_performance_factors, burstable_performance, cpu_manufacturers, excluded_instance_types,
        instance_generations, local_storage, local_storage_types,
        max_spot_price_as_percentage_of_optimal_on_demand_price, memory_gib_per_v_cpu as "memory_gib_per_vcpu",
        memory_mib, network_bandwidth_gbps, network_interface_count, on_demand_max_price_percentage_over_lowest_price,
        require_hibernate_support, spot_max_price_percentage_over_lowest_price, total_local_storage_gb,
        v_cpu_count as "vcpu_count"
    }
    both types::AcceleratorCountRequest { max, min }
    both types::AcceleratorTotalMemoryMiBRequest { max, min }
    both types::BaselineEbsBandwidthMbpsRequest { max, min }
    both types::BaselinePerformanceFactorsRequest { cpu }
    both types::CpuPerformanceFactorRequest { references }
    both types::MemoryGiBPerVCpuRequest { max, min }
    both types::MemoryMiBRequest { max, min }
    both types::NetworkBandwidthGbpsRequest { max, min }
    both types::NetworkInterfaceCountRequest { max, min }
    both types::PerformanceFactorReferenceRequest { instance_family }
    both types::TotalLocalStorageGbRequest { max, min }
    both types::VCpuCountRequest { max, min }
}

texts!(
    types::AcceleratorManufacturer,
    types::AcceleratorName,
    types::AcceleratorType,
    types::BareMetal,
    types::BurstablePerformance,
    types::CapacityDistributionStrategy,
    types::CapacityReservationPreference,
    types::CpuManufacturer,
    types::DeletionProtection,
    types::ImpairedZoneHealthCheckBehavior,
    types::InstanceGeneration,
    types::LocalStorage,
    types::LocalStorageType,
    types::RetentionAction,
);

/// A list of subnets that the service takes as one text.
pub mod subnets {
    use cairn_provider::value::{Map, Value};

    use crate::native::codec::{self, Mistake};

    /// The text of a list.
    pub fn take(map: &Map, name: &str) -> Result<Option<String>, Mistake> {
        Ok(codec::take::<Vec<String>>(map, name)?.map(|subnets| subnets.join(",")))
    }

    /// The list of a text.
    pub fn decode(text: &Option<String>) -> Value {
        let subnets = text.iter().flat_map(|text| text.split(',')).map(str::trim).filter(|subnet| !subnet.is_empty());
        Value::list(subnets.map(Value::text))
    }
}

/// A number that the service carries as text.
pub mod count {
    use cairn_provider::value::{Map, Value};

    use crate::native::codec::{self, Mistake};

    /// The text of a number.
    pub fn take(map: &Map, name: &str) -> Result<Option<String>, Mistake> {
        codec::take::<String>(map, name)
    }

    /// The number of a text.
    pub fn decode(text: &Option<String>) -> Value {
        text.as_ref().and_then(|text| text.parse().ok()).map_or(Value::None, Value::Int)
    }
}
