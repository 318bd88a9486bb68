//! The configuration of a distribution, to the SDK's types and back.
//!
//! Documents are in the form that [`super::document`] gives them: methods nested as the API nests them, everything the
//! API demands filled in.
#![expect(deprecated, reason = "forwarded values and the times beside them: the vendor has newer ways and takes both")]

use aws_sdk_cloudfront::types;
use cairn_provider::value::{Map, Value};

use crate::native::codec::{self, Decode, Encode, Mistake, fields_of, put, take};

texts!(
    types::ConnectionMode,
    types::EventType,
    types::GeoRestrictionType,
    types::HttpVersion,
    types::IpAddressType,
    types::ItemSelection,
    types::Method,
    types::MinimumProtocolVersion,
    types::OriginGroupSelectionCriteria,
    types::OriginProtocolPolicy,
    types::PriceClass,
    types::SslProtocol,
    types::SslSupportMethod,
    types::ViewerMtlsMode,
    types::ViewerProtocolPolicy,
);

/// Lists that the API sends with the number of their items: documents have the items only.
macro_rules! counted {
    ($($ty:ident),+ $(,)?) => {$(
        impl Encode for types::$ty {
            fn encode(value: &Value) -> Result<Self, Mistake> {
                let items = Vec::encode(value)?;
                let builder = types::$ty::builder().quantity(count(&items)?);
                codec::built(builder.set_items(Some(items)).build())
            }
        }

        impl Decode for types::$ty {
            fn decode(&self) -> Value {
                self.items.decode()
            }
        }
    )+};
}

/// Lists that are switched on by having items.
macro_rules! trusted {
    ($($ty:ident),+ $(,)?) => {$(
        impl Encode for types::$ty {
            fn encode(value: &Value) -> Result<Self, Mistake> {
                let items: Vec<String> = Vec::encode(value)?;
                let builder = types::$ty::builder().quantity(count(&items)?).enabled(!items.is_empty());
                codec::built(builder.set_items(Some(items)).build())
            }
        }

        impl Decode for types::$ty {
            fn decode(&self) -> Value {
                self.items.decode()
            }
        }
    )+};
}

counted!(
    Aliases,
    CacheBehaviors,
    CachedMethods,
    CookieNames,
    CustomErrorResponses,
    FunctionAssociations,
    Headers,
    LambdaFunctionAssociations,
    OriginSslProtocols,
    Origins,
    QueryStringCacheKeys,
);

trusted!(TrustedKeyGroups, TrustedSigners);

fn count<T>(items: &[T]) -> Result<i32, Mistake> {
    i32::try_from(items.len()).map_err(|_| Mistake::new("the list is too long"))
}

records! {
    both types::CacheTagConfig { header_name }
    both types::ConnectionFunctionAssociation { id }
    both types::CookiePreference { forward, whitelisted_names }
    both types::CustomErrorResponse { error_caching_min_ttl, error_code, response_code via number, response_page_path }
    both types::CustomOriginConfig {
        http_port, https_port, ip_address_type, origin_keepalive_timeout, origin_mtls_config, origin_protocol_policy,
        origin_read_timeout, origin_ssl_protocols,
    }
    both types::ForwardedValues { cookies, headers, query_string, query_string_cache_keys }
    both types::FunctionAssociation { event_type, function_arn as "function" }
    both types::GrpcConfig { enabled }
    both types::LambdaFunctionAssociation { event_type, include_body, lambda_function_arn }
    both types::LoggingConfig { bucket, enabled, include_cookies, prefix }
    both types::Origin {
        connection_attempts, connection_timeout, custom_headers as "origin_custom_headers", custom_origin_config,
        domain_name, id, origin_access_control_id as "origin_access_control", origin_path, origin_shield,
        response_completion_timeout, s3_origin_config, vpc_origin_config,
    }
    both types::OriginGroup { failover_criteria, id, members, selection_criteria }
    both types::OriginGroupFailoverCriteria { status_codes }
    both types::OriginGroupMember { origin_id }
    both types::OriginGroupMembers { items, quantity }
    both types::OriginGroups { items, quantity }
    both types::OriginMtlsConfig { client_certificate_arn as "client_certificate" }
    both types::OriginShield { enabled, origin_shield_region }
    both types::ParameterDefinition { definition, name }
    both types::ParameterDefinitionSchema { string_schema }
    both types::Restrictions { geo_restriction }
    both types::S3OriginConfig { origin_access_identity, origin_read_timeout }
    both types::StatusCodes { items, quantity }
    both types::StringSchemaConfig { comment, default_value, required }
    both types::TenantConfig { parameter_definitions }
    both types::TrustStoreConfig { advertise_trust_store_ca_names, ignore_certificate_expiry, trust_store_id }
    both types::ViewerCertificate {
        acm_certificate_arn as "acm_certificate", cloud_front_default_certificate, iam_certificate_id,
        minimum_protocol_version, ssl_support_method,
    }
    both types::ViewerMtlsConfig { mode, trust_store_config }
    both types::VpcOriginConfig { origin_keepalive_timeout, origin_read_timeout, owner_account_id, vpc_origin_id }
    both types::DefaultCacheBehavior {
        allowed_methods, cache_policy_id as "cache_policy", compress, default_ttl, field_level_encryption_id,
        forwarded_values, function_associations, grpc_config, lambda_function_associations, max_ttl, min_ttl,
        origin_request_policy_id as "origin_request_policy", realtime_log_config_arn,
        response_headers_policy_id as "response_headers_policy", smooth_streaming, target_origin_id,
        trusted_key_groups, trusted_signers, viewer_protocol_policy,
    }
    both types::CacheBehavior {
        allowed_methods, cache_policy_id as "cache_policy", compress, default_ttl, field_level_encryption_id,
        forwarded_values, function_associations, grpc_config, lambda_function_associations, max_ttl, min_ttl,
        origin_request_policy_id as "origin_request_policy", path_pattern, realtime_log_config_arn,
        response_headers_policy_id as "response_headers_policy", smooth_streaming, target_origin_id,
        trusted_key_groups, trusted_signers, viewer_protocol_policy,
    }
    both types::DistributionConfig {
        aliases, anycast_ip_list_id, cache_behaviors, cache_tag_config, caller_reference, comment,
        connection_function_association, connection_mode, continuous_deployment_policy_id, custom_error_responses,
        default_cache_behavior, default_root_object, enabled, http_version, is_ipv6_enabled as "ipv6_enabled",
        logging, origin_groups, origins, price_class, restrictions, staging, tenant_config, viewer_certificate,
        viewer_mtls_config, web_acl_id as "web_acl",
    }
}

/// A number that the API carries as text.
mod number {
    use cairn_provider::value::{Map, Value};

    use crate::native::codec::{self, Decode, Mistake};

    pub fn take(map: &Map, name: &str) -> Result<Option<String>, Mistake> {
        codec::take(map, name)
    }

    pub fn decode(text: &Option<String>) -> Value {
        let number = text.as_ref().and_then(|text| text.parse::<i64>().ok());
        number.decode()
    }
}

impl Encode for types::AllowedMethods {
    fn encode(value: &Value) -> Result<Self, Mistake> {
        let map = fields_of(value, &["cached", "items"])?;
        let items: Vec<types::Method> = take(map, "items")?.unwrap_or_default();
        let builder = Self::builder().quantity(count(&items)?).set_items(Some(items));
        codec::built(builder.set_cached_methods(take(map, "cached")?).build())
    }
}

impl Decode for types::AllowedMethods {
    fn decode(&self) -> Value {
        let mut map = Map::new();
        put(&mut map, "items", &self.items);
        put(&mut map, "cached", &self.cached_methods);
        Value::from(map)
    }
}

impl Encode for types::GeoRestriction {
    fn encode(value: &Value) -> Result<Self, Mistake> {
        let map = fields_of(value, &["locations", "restriction_type"])?;
        let items: Vec<String> = take(map, "locations")?.unwrap_or_default();
        let builder = Self::builder().quantity(count(&items)?).set_restriction_type(take(map, "restriction_type")?);
        codec::built(builder.set_items(Some(items).filter(|items| !items.is_empty())).build())
    }
}

impl Decode for types::GeoRestriction {
    fn decode(&self) -> Value {
        let mut map = Map::new();
        put(&mut map, "restriction_type", &self.restriction_type);
        put(&mut map, "locations", &self.items);
        Value::from(map)
    }
}

impl Encode for types::CustomHeaders {
    fn encode(value: &Value) -> Result<Self, Mistake> {
        let map = value.as_map().ok_or_else(|| Mistake::new("a map is expected"))?;
        let headers = map.iter().map(|(name, value)| {
            let value = String::encode(value).map_err(|mistake| mistake.inside(name))?;
            codec::built(types::OriginCustomHeader::builder().header_name(name.as_str()).header_value(value).build())
        });
        let items = headers.collect::<Result<Vec<_>, _>>()?;
        codec::built(Self::builder().quantity(count(&items)?).set_items(Some(items)).build())
    }
}

impl Decode for types::CustomHeaders {
    fn decode(&self) -> Value {
        let headers = self.items().iter();
        Value::map(headers.map(|header| (header.header_name().into(), Value::text(header.header_value()))))
    }
}
