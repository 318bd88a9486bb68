//! The records of a launch template's data.

use aws_sdk_ec2::types;

records! {
    pair types::RequestLaunchTemplateData, types::ResponseLaunchTemplateData {
        block_device_mappings, capacity_reservation_specification, cpu_options, credit_specification, disable_api_stop,
        disable_api_termination, ebs_optimized, enclave_options, hibernation_options, iam_instance_profile, image_id,
        instance_initiated_shutdown_behavior, instance_market_options, instance_requirements, instance_type, kernel_id,
        key_name as "key", license_specifications, maintenance_options, metadata_options, monitoring,
        network_interfaces, placement, private_dns_name_options, ram_disk_id, security_group_ids as "security_groups",
        tag_specifications, user_data
    }
    pair types::LaunchTemplateBlockDeviceMappingRequest, types::LaunchTemplateBlockDeviceMapping {
        device_name, ebs, no_device, virtual_name
    }
    pair types::LaunchTemplateEbsBlockDeviceRequest, types::LaunchTemplateEbsBlockDevice {
        delete_on_termination, ebs_card_index, encrypted, iops, kms_key_id as "kms_key", snapshot_id, throughput,
        volume_initialization_rate, volume_size, volume_type
    }
    pair types::LaunchTemplateCapacityReservationSpecificationRequest,
        types::LaunchTemplateCapacityReservationSpecificationResponse {
        capacity_reservation_preference, capacity_reservation_target
    }
    pair types::CapacityReservationTarget, types::CapacityReservationTargetResponse {
        capacity_reservation_id, capacity_reservation_resource_group_arn
    }
    pair types::LaunchTemplateCpuOptionsRequest, types::LaunchTemplateCpuOptions {
        amd_sev_snp, core_count, threads_per_core
    }
    pair types::CreditSpecificationRequest, types::CreditSpecification { cpu_credits }
    pair types::LaunchTemplateEnclaveOptionsRequest, types::LaunchTemplateEnclaveOptions { enabled }
    pair types::LaunchTemplateHibernationOptionsRequest, types::LaunchTemplateHibernationOptions { configured }
    pair types::LaunchTemplateIamInstanceProfileSpecificationRequest,
        types::LaunchTemplateIamInstanceProfileSpecification { arn, name }
    pair types::LaunchTemplateInstanceMarketOptionsRequest, types::LaunchTemplateInstanceMarketOptions {
        market_type, spot_options
    }
    pair types::LaunchTemplateSpotMarketOptionsRequest, types::LaunchTemplateSpotMarketOptions {
        block_duration_minutes, instance_interruption_behavior, max_price, spot_instance_type, valid_until
    }
    pair types::LaunchTemplateLicenseConfigurationRequest, types::LaunchTemplateLicenseConfiguration {
        license_configuration_arn
    }
    pair types::LaunchTemplateInstanceMaintenanceOptionsRequest, types::LaunchTemplateInstanceMaintenanceOptions {
        auto_recovery
    }
    pair types::LaunchTemplateInstanceMetadataOptionsRequest, types::LaunchTemplateInstanceMetadataOptions {
        http_endpoint, http_protocol_ipv6, http_put_response_hop_limit, http_tokens, instance_metadata_tags
    }
    pair types::LaunchTemplatesMonitoringRequest, types::LaunchTemplatesMonitoring { enabled }
    pair types::LaunchTemplatePlacementRequest, types::LaunchTemplatePlacement {
        affinity, availability_zone, group_id, group_name as "group", host_id, host_resource_group_arn,
        partition_number, spread_domain, tenancy
    }
    pair types::LaunchTemplatePrivateDnsNameOptionsRequest, types::LaunchTemplatePrivateDnsNameOptions {
        enable_resource_name_dns_a_record, enable_resource_name_dns_aaaa_record, hostname_type
    }
    pair types::LaunchTemplateTagSpecificationRequest, types::LaunchTemplateTagSpecification {
        resource_type, tags via tag_map
    }
}

// Network interfaces.
records! {
    pair types::LaunchTemplateInstanceNetworkInterfaceSpecificationRequest,
        types::LaunchTemplateInstanceNetworkInterfaceSpecification {
        associate_carrier_ip_address, associate_public_ip_address, connection_tracking_specification,
        delete_on_termination, description, device_index, ena_queue_count, ena_srd_specification, groups,
        interface_type, ipv4_prefix_count, ipv4_prefixes, ipv6_address_count, ipv6_addresses, ipv6_prefix_count,
        ipv6_prefixes, network_card_index, network_interface_id as "network_interface", primary_ipv6,
        private_ip_address, private_ip_addresses, secondary_private_ip_address_count, subnet_id as "subnet"
    }
    pair types::ConnectionTrackingSpecificationRequest, types::ConnectionTrackingSpecification {
        tcp_established_timeout, udp_stream_timeout, udp_timeout
    }
    pair types::EnaSrdSpecificationRequest, types::LaunchTemplateEnaSrdSpecification {
        ena_srd_enabled, ena_srd_udp_specification
    }
    pair types::EnaSrdUdpSpecificationRequest, types::LaunchTemplateEnaSrdUdpSpecification { ena_srd_udp_enabled }
    pair types::InstanceIpv6AddressRequest, types::InstanceIpv6Address { ipv6_address }
    pair types::Ipv4PrefixSpecificationRequest, types::Ipv4PrefixSpecificationResponse { ipv4_prefix }
    pair types::Ipv6PrefixSpecificationRequest, types::Ipv6PrefixSpecificationResponse { ipv6_prefix }
    both types::PrivateIpAddressSpecification { primary, private_ip_address }
}

// Instance types by what they must have.
records! {
    pair types::InstanceRequirementsRequest, types::InstanceRequirements {
        accelerator_count, accelerator_manufacturers, accelerator_names, accelerator_total_memory_mib,
        accelerator_types, allowed_instance_types, bare_metal, baseline_ebs_bandwidth_mbps,
        baseline_performance_factors, burstable_performance, cpu_manufacturers, excluded_instance_types,
        instance_generations, local_storage, local_storage_types,
        max_spot_price_as_percentage_of_optimal_on_demand_price, memory_gib_per_v_cpu as "memory_gib_per_vcpu",
        memory_mib, network_bandwidth_gbps, network_interface_count, on_demand_max_price_percentage_over_lowest_price,
        require_hibernate_support, spot_max_price_percentage_over_lowest_price, total_local_storage_gb,
        v_cpu_count as "vcpu_count"
    }
    pair types::AcceleratorCountRequest, types::AcceleratorCount { max, min }
    pair types::AcceleratorTotalMemoryMiBRequest, types::AcceleratorTotalMemoryMiB { max, min }
    pair types::BaselineEbsBandwidthMbpsRequest, types::BaselineEbsBandwidthMbps { max, min }
    pair types::BaselinePerformanceFactorsRequest, types::BaselinePerformanceFactors { cpu }
    pair types::CpuPerformanceFactorRequest, types::CpuPerformanceFactor { references }
    pair types::MemoryGiBPerVCpuRequest, types::MemoryGiBPerVCpu { max, min }
    pair types::MemoryMiBRequest, types::MemoryMiB { max, min }
    pair types::NetworkBandwidthGbpsRequest, types::NetworkBandwidthGbps { max, min }
    pair types::NetworkInterfaceCountRequest, types::NetworkInterfaceCount { max, min }
    pair types::PerformanceFactorReferenceRequest, types::PerformanceFactorReference { instance_family }
    pair types::TotalLocalStorageGbRequest, types::TotalLocalStorageGb { max, min }
    pair types::VCpuCountRangeRequest, types::VCpuCountRange { max, min }
}

texts!(
    types::AcceleratorManufacturer,
    types::AcceleratorName,
    types::AcceleratorType,
    types::AmdSevSnpSpecification,
    types::BareMetal,
    types::BurstablePerformance,
    types::CapacityReservationPreference,
    types::CpuManufacturer,
    types::InstanceGeneration,
    types::InstanceInterruptionBehavior,
    types::InstanceType,
    types::LaunchTemplateAutoRecoveryState,
    types::LaunchTemplateHttpTokensState,
    types::LaunchTemplateInstanceMetadataEndpointState,
    types::LaunchTemplateInstanceMetadataProtocolIpv6,
    types::LaunchTemplateInstanceMetadataTagsState,
    types::LocalStorage,
    types::LocalStorageType,
    types::MarketType,
    types::ShutdownBehavior,
    types::SpotInstanceType,
    types::VolumeType,
);

/// Tags that are written as a map.
mod tag_map {
    use aws_sdk_ec2::types::Tag;
    use cairn_provider::value::{Map, Value};

    use crate::native::codec::Mistake;
    use crate::native::tags;

    pub fn take(map: &Map, name: &str) -> Result<Option<Vec<Tag>>, Mistake> {
        if !map.contains_key(name) {
            return Ok(None);
        }
        Ok(Some(tags::tag_list!(Tag, tags::written(map, name))))
    }

    pub fn decode(tags: &Option<Vec<Tag>>) -> Value {
        let Some(tags) = tags else { return Value::None };
        let pair = |tag: &Tag| Some((tag.key()?.into(), Value::text(tag.value().unwrap_or_default())));
        Value::map(tags.iter().filter_map(pair))
    }
}
