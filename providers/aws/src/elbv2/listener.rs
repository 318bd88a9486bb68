//! A listener: the port and protocol on which a load balancer takes connections, and what happens to those that no rule
//! claims.
//!
//! An HTTPS or TLS listener needs a certificate of the same region. Further certificates are attached with
//! `aws.elbv2.ListenerCertificate`. Everything but the load balancer can be changed in place. Attributes are written as
//! text under the vendor's names; headers that are written no longer are added no longer.
//!
//! The client secret of an OpenID Connect action is never read back, so a change of it in the cloud goes unnoticed.
//!
//! Vendor documentation:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-elasticloadbalancingv2-listener.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::Unit;
use cairn_provider::schema::overlay::{Overlay, Reference, Relation, Replacement, Values};

/// What attributes are when nobody writes them; a header without a value is not added
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ListenerAttribute.html>).
const ATTRIBUTES: &[(&str, &str)] = &[
    ("routing.http.response.access_control_allow_credentials.header_value", ""),
    ("routing.http.response.access_control_allow_headers.header_value", ""),
    ("routing.http.response.access_control_allow_methods.header_value", ""),
    ("routing.http.response.access_control_allow_origin.header_value", ""),
    ("routing.http.response.access_control_expose_headers.header_value", ""),
    ("routing.http.response.access_control_max_age.header_value", ""),
    ("routing.http.response.content_security_policy.header_value", ""),
    ("routing.http.response.server.enabled", "true"),
    ("routing.http.response.strict_transport_security.header_value", ""),
    ("routing.http.response.x_content_type_options.header_value", ""),
    ("routing.http.response.x_frame_options.header_value", ""),
    ("send_tcp_reset.on_idle_timeout.enabled", "false"),
    ("tcp.idle_timeout.seconds", "350"),
];

/// What target groups are referred to by.
const TARGET_GROUP: &[(&str, &str)] = &[("AWS::ElasticLoadBalancingV2::TargetGroup", "TargetGroupArn")];

/// `aws.elbv2.Listener`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::ElasticLoadBalancingV2::Listener",
    title: "Listener of a load balancer",
    overlay: Overlay {
        noun: "a listener",
        references: &[
            Reference {
                path: "LoadBalancerArn",
                to: &[("AWS::ElasticLoadBalancingV2::LoadBalancer", "LoadBalancerArn")],
            },
            Reference { path: "Action.TargetGroupArn", to: TARGET_GROUP },
            Reference { path: "TargetGroupTuple.TargetGroupArn", to: TARGET_GROUP },
        ],
        units: &[
            ("AuthenticateCognitoConfig.SessionTimeout", Unit::Seconds),
            ("AuthenticateOidcConfig.SessionTimeout", Unit::Seconds),
            ("TargetGroupStickinessConfig.DurationSeconds", Unit::Seconds),
        ],
        values: &[
            Values {
                path: "AlpnPolicy",
                known: &["HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None"],
                open: true,
                noun: "ALPN policy",
            },
            Values {
                path: "MutualAuthentication.Mode",
                known: &["off", "passthrough", "verify"],
                open: false,
                noun: "mode of mutual authentication",
            },
        ],
        keyed: &[("ListenerAttributes", "Key", "Value")],
        entries: &[("ListenerAttributes", ATTRIBUTES)],
        sensitive: &["AuthenticateOidcConfig.ClientSecret"],
        defaults: &[("MutualAuthentication", "{\"mode\":\"off\"}")],
        relations: &[Relation::Unique { field: "Port", per: "LoadBalancerArn" }],
        replacement: Replacement::CreateFirst,
        popular: &["LoadBalancerArn", "Port", "Protocol", "DefaultActions", "Certificates", "SslPolicy"],
        ..Overlay::EMPTY
    },
    // A load balancer has one listener for a port.
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &[
            "elasticloadbalancing:DescribeListenerAttributes",
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeTags",
        ],
        write: &[
            "elasticloadbalancing:AddTags",
            "elasticloadbalancing:CreateListener",
            "elasticloadbalancing:DeleteListener",
            "elasticloadbalancing:ModifyListener",
            "elasticloadbalancing:ModifyListenerAttributes",
        ],
    },
    timings: Timings::INSTANT,
    examples: &[
        Example {
            title: "A fixed answer",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource a = aws.ec2.Subnet { vpc, cidr_block: 10.20.0.0/24, availability_zone: \"eu-central-1a\" }\n\
                     resource b = aws.ec2.Subnet { vpc, cidr_block: 10.20.1.0/24, availability_zone: \"eu-central-1b\" }\n\
                     resource alb = aws.elbv2.LoadBalancer { subnets: [a, b] }\n\
                     resource http = aws.elbv2.Listener {\n  load_balancer: alb\n  protocol: \"HTTP\"\n  port: 80\n  \
                     default_actions: [{ type: \"fixed-response\", fixed_response_config: { status_code: \"404\" } }]\n}\n",
        },
        Example {
            title: "HTTP that leads to HTTPS, and HTTPS that leads to servers",
            source: "resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
                     resource a = aws.ec2.Subnet { vpc, cidr_block: 10.20.0.0/24, availability_zone: \"eu-central-1a\" }\n\
                     resource b = aws.ec2.Subnet { vpc, cidr_block: 10.20.1.0/24, availability_zone: \"eu-central-1b\" }\n\
                     resource alb = aws.elbv2.LoadBalancer { subnets: [a, b] }\n\
                     resource cert = aws.certificatemanager.Certificate { domain_name: \"shop.example\" }\n\
                     resource pool = aws.elbv2.TargetGroup { vpc, protocol: \"HTTP\", port: 8080 }\n\
                     resource http = aws.elbv2.Listener {\n  load_balancer: alb\n  protocol: \"HTTP\"\n  port: 80\n  \
                     default_actions: [{ type: \"redirect\", redirect_config: { protocol: \"HTTPS\", port: \"443\", \
                     status_code: \"HTTP_301\" } }]\n}\n\
                     resource https = aws.elbv2.Listener {\n  load_balancer: alb\n  protocol: \"HTTPS\"\n  port: 443\n  \
                     ssl_policy: \"ELBSecurityPolicy-TLS13-1-2-2021-06\"\n  certificates: [{ certificate: cert }]\n  \
                     default_actions: [{ type: \"forward\", target_group: pool }]\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub(super) use lifecycle::all_arns;
#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};

#[cfg(feature = "native")]
mod lifecycle {
    use std::collections::BTreeSet;

    use async_trait::async_trait;
    use aws_sdk_elasticloadbalancingv2::types;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::{Live, Observed, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Interest, Monitor, ReadSet, Readings, Update};
    use cairn_provider::value::Map;
    use ecow::EcoString;

    use super::ATTRIBUTES;
    use crate::elbv2::{load_balancer, wire};
    use crate::native::codec::{Mistake, need, set, take};
    use crate::native::reading::identities;
    use crate::native::session::{Session, absent_is_none, given};

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &Listener;
    /// Reads listeners.
    pub const READER: Option<&dyn Reader<Session>> = Some(&Listener);

    struct Listener;

    const KIND: &str = "aws.elbv2.Listener";

    /// What ModifyListener takes.
    const SETTINGS: [&str; 7] = [
        "alpn_policy",
        "certificates",
        "default_actions",
        "mutual_authentication",
        "port",
        "protocol",
        "ssl_policy",
    ];

    #[async_trait]
    impl ResourceType<Session> for Listener {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let inputs = &request.inputs;
            let call = send!(session.elbv2().create_listener(), inputs =>
                load_balancer_arn as "load_balancer", port, protocol, ssl_policy, certificates via given_list,
                default_actions, alpn_policy via given_list, mutual_authentication)
            .set_tags(Some(wire::new_tags(request)?));
            let answer = session.write("elbv2.CreateListener", call.send()).await?;
            let arn = answer.listeners().first().and_then(types::Listener::listener_arn);
            given(arn, "elbv2.CreateListener").map(Created::new)
        }

        async fn configure(&self, session: &Session, id: &str, request: &Create) -> Result<(), ProviderError> {
            let attributes = wire::new_attributes(&request.inputs, "listener_attributes")?;
            modify_attributes(session, id, attributes).await
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            let balancer: String = need(&request.inputs, "load_balancer")?;
            let port: Option<i32> = take(&request.inputs, "port")?;
            let mut found = describe(session, &balancer).await?.unwrap_or_default();
            found.retain(|listener| listener.port() == port);
            let arns = identities(&found, types::Listener::listener_arn);
            wire::marked(session, arns, request).await
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            let id = request.id.as_str();
            if SETTINGS.iter().any(|name| request.changed.contains(*name)) {
                let inputs = &request.inputs;
                let mut call = send!(session.elbv2().modify_listener(), inputs =>
                    port, protocol, ssl_policy, certificates via given_list, default_actions,
                    alpn_policy via given_list);
                if request.changed.contains("alpn_policy") && call.get_alpn_policy().is_none() {
                    call = call.alpn_policy("None");
                }
                // Other protocols refuse even to switch it off; a change to one of them does that by itself.
                if call.get_protocol().as_ref() == Some(&types::ProtocolEnum::Https) {
                    call = call.set_mutual_authentication(take(inputs, "mutual_authentication")?);
                }
                session.write("elbv2.ModifyListener", call.listener_arn(id).send()).await?;
            }
            if request.changed.contains("listener_attributes") {
                let changes = wire::changed_attributes(request, "listener_attributes", ATTRIBUTES)?;
                modify_attributes(session, id, changes).await?;
            }
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let call = session.elbv2().delete_listener().listener_arn(request.id.as_str());
            session.delete("elbv2.DeleteListener", call.send()).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            all_arns(session).await
        }
    }

    #[async_trait]
    impl Reader<Session> for Listener {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND]
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            let mut readings = Readings::default();
            let Some(wanted) = wanted.get(KIND) else { return Ok(readings) };
            let balancers = wire::parents(&mut readings, KIND, wanted.keys(), wire::load_balancer_of, no_arn);
            let arns: Vec<&str> =
                wanted.keys().filter(|arn| wire::load_balancer_of(arn).is_some()).map(|arn| arn.as_str()).collect();
            for listener in some(session, &arns, &balancers).await? {
                let Some(arn) = listener.listener_arn() else { continue };
                let Some(interest) = wanted.get(arn) else { continue };
                if let Some(live) = live(session, arn, &listener, interest).await? {
                    readings.answer(KIND, arn, Observed::Present(Box::new(live)));
                }
            }
            Ok(readings)
        }
    }

    fn no_arn(id: &str) -> ProviderError {
        ProviderError::refused("elbv2.DescribeListeners", ecow::eco_format!("`{id}` is no ARN of a listener"))
    }

    /// Listeners by their ARNs, or all of their load balancers if that takes fewer calls or one of them is gone.
    async fn some(
        session: &Session,
        arns: &[&str],
        balancers: &BTreeSet<EcoString>,
    ) -> Result<Vec<types::Listener>, ProviderError> {
        let mut found = Vec::new();
        if arns.len().div_ceil(wire::NAMED) < balancers.len() {
            let mut complete = true;
            for arns in arns.chunks(wire::NAMED) {
                let arns: Vec<String> = arns.iter().map(|arn| (*arn).to_owned()).collect();
                let call = || session.elbv2().describe_listeners().set_listener_arns(Some(arns.clone())).send();
                match absent_is_none(session.read("elbv2.DescribeListeners", call).await)? {
                    Some(answer) => found.extend(answer.listeners.unwrap_or_default()),
                    None => complete = false,
                }
            }
            if complete {
                return Ok(found);
            }
            found.clear();
        }
        for balancer in balancers {
            found.extend(describe(session, balancer).await?.unwrap_or_default());
        }
        Ok(found)
    }

    /// The listeners of a load balancer; none if it is not there.
    async fn describe(session: &Session, balancer: &str) -> Result<Option<Vec<types::Listener>>, ProviderError> {
        let call = |token| {
            let call = session.elbv2().describe_listeners().load_balancer_arn(balancer);
            call.page_size(wire::PAGE).set_marker(token).send()
        };
        let all = session
            .pages("elbv2.DescribeListeners", call, |page| (page.listeners.unwrap_or_default(), page.next_marker))
            .await;
        absent_is_none(all)
    }

    /// The ARNs of the listeners of all load balancers.
    pub async fn all_arns(session: &Session) -> Result<Vec<EcoString>, ProviderError> {
        let mut arns = Vec::new();
        for balancer in load_balancer::all_arns(session).await? {
            let listeners = describe(session, &balancer).await?.unwrap_or_default();
            arns.extend(identities(&listeners, types::Listener::listener_arn));
        }
        Ok(arns)
    }

    /// What is observed of a listener; none if it went away while it was read.
    async fn live(
        session: &Session,
        arn: &str,
        listener: &types::Listener,
        interest: &Interest,
    ) -> Result<Option<Live>, ProviderError> {
        let mut attributes = read!(listener =>
            alpn_policy, certificates, default_actions, listener_arn, load_balancer_arn as "load_balancer",
            mutual_authentication, port, protocol, ssl_policy);
        if interest.wants("listener_attributes") {
            let call = || session.elbv2().describe_listener_attributes().listener_arn(arn).send();
            let answer = session.read("elbv2.DescribeListenerAttributes", call).await;
            let Some(answer) = absent_is_none(answer)? else { return Ok(None) };
            let pairs = answer.attributes().iter().map(|one| (one.key(), one.value()));
            set(&mut attributes, "listener_attributes", wire::read_attributes(pairs));
        }
        Ok(Some(Live { id: arn.into(), attributes, status: Status::Ready, owner: None }))
    }

    async fn modify_attributes(
        session: &Session,
        arn: &str,
        attributes: Vec<(String, String)>,
    ) -> Result<(), ProviderError> {
        let make = |(key, value)| types::ListenerAttribute::builder().key(key).value(value).build();
        let call = |list| {
            session.elbv2().modify_listener_attributes().listener_arn(arn).set_attributes(Some(list)).send()
        };
        wire::send_attributes(session, "elbv2.ModifyListenerAttributes", attributes, make, call).await
    }

    /// Lists that the service does not take empty.
    mod given_list {
        use super::{Map, Mistake};
        use crate::native::codec::Encode;

        pub fn take<T: Encode>(map: &Map, name: &str) -> Result<Option<Vec<T>>, Mistake> {
            Ok(crate::native::codec::take::<Vec<T>>(map, name)?.filter(|list| !list.is_empty()))
        }
    }

    records! {
        both types::Certificate { certificate_arn as "certificate" }
        both types::MutualAuthenticationAttributes {
            advertise_trust_store_ca_names, ignore_client_certificate_expiry, mode, trust_store_arn
        }
    }
    texts!(types::AdvertiseTrustStoreCaNamesEnum);
}
