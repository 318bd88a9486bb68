//! A distribution: what viewers ask for is answered near them, from a cache, and fetched from its origins if need be.
//!
//! A distribution has `origins`, one `default_cache_behavior` and others for paths, each naming the origin it asks by
//! `target_origin_id`. Cache policies, origin request policies and response headers policies are shared settings; AWS
//! provides several, which `existing("…")` takes by their ids. `aliases` need a certificate that lives in us-east-1 and
//! holds these names, and records in the DNS: aliases to `domain_name` in CloudFront's own zone, `Z2FDTNDATAQYW2`.
//!
//! Every change takes some minutes until it is everywhere, and is waited for. A distribution must be disabled before it
//! can be deleted; deleting it does both, one after the other. What you pay for is what is delivered, by region
//! (`price_class` leaves the dear ones out).
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-cloudfront-distribution.html>

#[cfg(feature = "native")]
mod config;
#[cfg(feature = "native")]
mod document;
mod overlay;

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};

/// `aws.cloudfront.Distribution`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::CloudFront::Distribution",
    title: "Distribution",
    overlay: overlay::OVERLAY,
    // The caller reference is ours, and the configuration tells it.
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &["cloudfront:GetDistribution", "cloudfront:ListDistributions", "cloudfront:ListTagsForResource"],
        write: &[
            "cloudfront:CreateDistribution",
            "cloudfront:DeleteDistribution",
            "cloudfront:TagResource",
            "cloudfront:UntagResource",
            "cloudfront:UpdateDistribution",
        ],
    },
    timings: Timings { typical: 300, ..Timings::LONG },
    examples: &[
        Example {
            title: "In front of one server",
            source: "let caching: aws.cloudfront.CachePolicy = \
                     existing(\"658327ea-f89d-4fab-a63d-7e88639e58f6\")\n\nresource cdn = aws.cloudfront.Distribution \
                     {\n  distribution_config: {\n    enabled: true\n    origins: [\n      {\n        id: \"app\"\n        \
                     domain_name: \"origin.shop.example\"\n        custom_origin_config: { origin_protocol_policy: \
                     \"https-only\", origin_ssl_protocols: [\"TLSv1.2\"] }\n      }\n    ]\n    \
                     default_cache_behavior: {\n      target_origin_id: \"app\"\n      viewer_protocol_policy: \
                     \"redirect-to-https\"\n      cache_policy: caching\n    }\n  }\n}\n",
        },
        Example {
            title: "A server and a bucket's files, with a name and a page for errors",
            source: "@default\nprovider home = aws.Target { region: \"us-east-1\" }\n\nlookup zone = aws.route53.HostedZone { \
                     name: \"shop.example\" }\n\nlet caching: aws.cloudfront.CachePolicy = \
                     existing(\"658327ea-f89d-4fab-a63d-7e88639e58f6\")\nlet no_caching: aws.cloudfront.CachePolicy = \
                     existing(\"4135ea2d-6df8-44a3-9df3-4b5a84be39ad\")\n\nresource certificate = \
                     aws.certificatemanager.Certificate {\n  domain_name: \"www.shop.example\"\n  validation_method: \
                     \"DNS\"\n  domain_validation_options: [{ domain_name: \"www.shop.example\", hosted_zone: zone \
                     }]\n}\n\nresource files = aws.s3.Bucket { bucket_name: \"shop-files\" }\n\nresource access = \
                     aws.cloudfront.OriginAccessControl {\n  origin_access_control_config: {\n    name: \
                     \"shop-files\"\n    origin_access_control_origin_type: \"s3\"\n    signing_behavior: \
                     \"always\"\n    signing_protocol: \"sigv4\"\n  }\n}\n\nresource cdn = aws.cloudfront.Distribution \
                     {\n  distribution_config: {\n    enabled: true\n    comment: \"the shop\"\n    http_version: \
                     \"http2and3\"\n    ipv6_enabled: true\n    price_class: \"PriceClass_100\"\n    aliases: \
                     [\"www.shop.example\"]\n    viewer_certificate: {\n      acm_certificate: certificate\n      \
                     ssl_support_method: \"sni-only\"\n      minimum_protocol_version: \"TLSv1.2_2021\"\n    }\n    \
                     origins: [\n      {\n        id: \"app\"\n        domain_name: \"origin.shop.example\"\n        \
                     origin_custom_headers: { \"X-From\": \"cdn\" }\n        custom_origin_config: {\n          \
                     origin_protocol_policy: \"https-only\"\n          origin_ssl_protocols: [\"TLSv1.2\"]\n          \
                     origin_read_timeout: 60s\n        }\n      }\n      {\n        id: \"files\"\n        \
                     domain_name: files.regional_domain_name\n        origin_access_control: access\n        \
                     s3_origin_config: { origin_access_identity: \"\" }\n      }\n    ]\n    \
                     default_cache_behavior: {\n      target_origin_id: \"app\"\n      viewer_protocol_policy: \
                     \"redirect-to-https\"\n      allowed_methods: [\"GET\", \"HEAD\", \"OPTIONS\", \"PUT\", \"POST\", \
                     \"PATCH\", \"DELETE\"]\n      cache_policy: no_caching\n    }\n    cache_behaviors: [\n      {\n        \
                     path_pattern: \"/static/*\"\n        target_origin_id: \"files\"\n        \
                     viewer_protocol_policy: \"redirect-to-https\"\n        compress: true\n        cache_policy: \
                     caching\n      }\n    ]\n    custom_error_responses: [{ error_code: 404, response_code: 404, \
                     response_page_path: \"/static/404.html\", error_caching_min_ttl: 1min }]\n  }\n  tags: { Name: \
                     \"shop\" }\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};

#[cfg(feature = "native")]
mod lifecycle {
    use async_trait::async_trait;
    use aws_sdk_cloudfront::operation::get_distribution::GetDistributionOutput;
    use aws_sdk_cloudfront::types;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::{ErrorClass, ProviderError};
    use cairn_provider::object::{Live, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Interest, Monitor, ReadSet, Readings, Update};
    use cairn_provider::value::{Map, Value};
    use ecow::{EcoString, eco_format};

    use super::document;
    use crate::cloudfront::wire;
    use crate::native::codec::set;
    use crate::native::reading::one_by_one;
    use crate::native::session::{Session, absent_is_none, given};
    use crate::native::tags;

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &Distribution;
    /// Reads distributions.
    pub const READER: Option<&dyn Reader<Session>> = Some(&Distribution);

    struct Distribution;

    const KIND: &str = "aws.cloudfront.Distribution";
    const CONFIG: &str = "distribution_config";
    /// The status of a distribution that is everywhere.
    const DEPLOYED: &str = "Deployed";

    #[async_trait]
    impl ResourceType<Session> for Distribution {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let config = document::new_config(&written(&request.inputs), &request.token)?;
            let tags = wire::tag_list(tags::of_new(&request.inputs, "tags", &request.owner))?;
            let config = types::DistributionConfigWithTags::builder().distribution_config(config).tags(tags).build();
            let call = session.cloudfront().create_distribution_with_tags().distribution_config_with_tags(config);
            let answer = session.write("cloudfront.CreateDistributionWithTags", call.send()).await?;
            let distribution = answer.distribution.as_ref().map(types::Distribution::id);
            given(distribution, "cloudfront.CreateDistributionWithTags").map(Created::new)
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            let written = written(&request.inputs);
            let comment = written.get("comment").and_then(Value::as_text).unwrap_or_default();
            let mut found = Vec::new();
            for summary in all(session).await?.into_iter().filter(|summary| summary.comment == comment) {
                let config = get(session, &summary.id).await?.and_then(|answer| config_of(&answer));
                if config.is_some_and(|config| config.caller_reference == request.token.as_str()) {
                    found.push(summary.id.into());
                }
            }
            Ok(found)
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            let found = get(session, &request.id).await?;
            let found = found.ok_or_else(|| {
                let message = eco_format!("{} is not there any more", request.id);
                ProviderError::new(ErrorClass::NotFound, "NoSuchDistribution", "cloudfront.GetDistribution", message)
            })?;
            if request.changed.contains(CONFIG)
                && let Some(config) = config_of(&found)
            {
                let config = document::changed_config(&config, &written(&request.inputs))?;
                put(session, &request.id, found.e_tag.clone(), config).await?;
            }
            if request.changed.contains("tags")
                && let Some(distribution) = &found.distribution
            {
                let changes = tags::changes(&request.observed, &request.inputs, "tags");
                wire::change_tags(session, distribution.arn(), changes).await?;
            }
            Ok(None)
        }

        /// A distribution is disabled first, and can only go when that is everywhere: until then, this is repeated.
        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let Some(found) = get(session, &request.id).await? else { return Ok(None) };
            if let Some(mut config) = config_of(&found).filter(|config| config.enabled) {
                config.enabled = false;
                let put = absent_is_none(put(session, &request.id, found.e_tag, config).await)?;
                return if put.is_some() { Err(going(&request.id)) } else { Ok(None) };
            }
            if found.distribution.is_some_and(|distribution| distribution.status != DEPLOYED) {
                return Err(going(&request.id));
            }
            let call = session.cloudfront().delete_distribution().id(request.id.as_str()).set_if_match(found.e_tag);
            session.delete("cloudfront.DeleteDistribution", call.send()).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            Ok(all(session).await?.into_iter().map(|summary| summary.id.into()).collect())
        }
    }

    #[async_trait]
    impl Reader<Session> for Distribution {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND]
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            Ok(one_by_one(KIND, wanted, |id, interest| read(session, id, interest)).await)
        }
    }

    async fn read(session: &Session, id: &EcoString, interest: &Interest) -> Result<Option<Live>, ProviderError> {
        let Some(distribution) = get(session, id).await?.and_then(|answer| answer.distribution) else {
            return Ok(None);
        };
        let mut attributes = read!(&distribution => domain_name, id);
        if let Some(config) = distribution.distribution_config() {
            set(&mut attributes, CONFIG, Value::from(document::read(config)));
        }
        let mut owner = None;
        if interest.wants("tags") {
            let Some(list) = wire::tags_of(session, distribution.arn()).await? else { return Ok(None) };
            let pairs = list.iter().map(|tag| (tag.key(), tag.value().unwrap_or_default()));
            let (users, mark) = tags::read(pairs);
            set(&mut attributes, "tags", users);
            owner = mark;
        }
        let status = match distribution.status() {
            DEPLOYED => Status::Ready,
            status => Status::Pending(status.into()),
        };
        Ok(Some(Live { id: id.clone(), attributes, status, owner }))
    }

    fn written(inputs: &Map) -> Map {
        inputs.get(CONFIG).and_then(Value::as_map).cloned().unwrap_or_default()
    }

    fn config_of(answer: &GetDistributionOutput) -> Option<types::DistributionConfig> {
        answer.distribution().and_then(types::Distribution::distribution_config).cloned()
    }

    async fn get(session: &Session, id: &str) -> Result<Option<GetDistributionOutput>, ProviderError> {
        let call = || session.cloudfront().get_distribution().id(id).send();
        absent_is_none(session.read("cloudfront.GetDistribution", call).await)
    }

    async fn put(
        session: &Session,
        id: &str,
        version: Option<String>,
        config: types::DistributionConfig,
    ) -> Result<(), ProviderError> {
        let call = session.cloudfront().update_distribution().id(id).set_if_match(version).distribution_config(config);
        session.write("cloudfront.UpdateDistribution", call.send()).await?;
        Ok(())
    }

    fn going(id: &str) -> ProviderError {
        let message = eco_format!("{id} is being disabled, which takes some minutes; then it can be deleted");
        ProviderError::new(ErrorClass::InUse, "DistributionNotDisabled", "cloudfront.DeleteDistribution", message)
    }

    async fn all(session: &Session) -> Result<Vec<types::DistributionSummary>, ProviderError> {
        let call = |marker| session.cloudfront().list_distributions().set_marker(marker).send();
        let pages = session.pages("cloudfront.ListDistributions", call, |page| {
            let list = page.distribution_list;
            list.map_or((Vec::new(), None), |list| (list.items.unwrap_or_default(), list.next_marker))
        });
        pages.await
    }
}
