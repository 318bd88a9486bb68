//! What the vendor's schema does not say of a distribution.

use cairn_provider::schema::overlay::{Overlay, Range, Reference, Relation, Replacement, Values};
use cairn_provider::schema::{Equality, Unit};

/// The overlay of `aws.cloudfront.Distribution`.
pub const OVERLAY: Overlay = Overlay {
    noun: "a distribution",
    replacement: Replacement::CreateFirst,
    references: &[
        Reference { path: "DistributionConfig.WebACLId", to: &[("AWS::WAFv2::WebACL", "Arn")] },
        Reference { path: "Logging.Bucket", to: &[("AWS::S3::Bucket", "DomainName")] },
        Reference { path: "Origin.OriginAccessControlId", to: &[("AWS::CloudFront::OriginAccessControl", "Id")] },
        Reference {
            path: "OriginMtlsConfig.ClientCertificateArn",
            to: &[("AWS::CertificateManager::Certificate", "Id")],
        },
        Reference { path: "DefaultCacheBehavior.CachePolicyId", to: &[("AWS::CloudFront::CachePolicy", "Id")] },
        Reference { path: "CacheBehavior.CachePolicyId", to: &[("AWS::CloudFront::CachePolicy", "Id")] },
        Reference {
            path: "DefaultCacheBehavior.OriginRequestPolicyId",
            to: &[("AWS::CloudFront::OriginRequestPolicy", "Id")],
        },
        Reference {
            path: "CacheBehavior.OriginRequestPolicyId",
            to: &[("AWS::CloudFront::OriginRequestPolicy", "Id")],
        },
        Reference {
            path: "DefaultCacheBehavior.ResponseHeadersPolicyId",
            to: &[("AWS::CloudFront::ResponseHeadersPolicy", "Id")],
        },
        Reference {
            path: "CacheBehavior.ResponseHeadersPolicyId",
            to: &[("AWS::CloudFront::ResponseHeadersPolicy", "Id")],
        },
        Reference { path: "DefaultCacheBehavior.TrustedKeyGroups", to: &[("AWS::CloudFront::KeyGroup", "Id")] },
        Reference { path: "CacheBehavior.TrustedKeyGroups", to: &[("AWS::CloudFront::KeyGroup", "Id")] },
        Reference { path: "FunctionAssociation.FunctionARN", to: &[("AWS::CloudFront::Function", "FunctionARN")] },
    ],
    units: &[
        ("CacheBehavior.DefaultTTL", Unit::Seconds),
        ("CacheBehavior.MaxTTL", Unit::Seconds),
        ("CacheBehavior.MinTTL", Unit::Seconds),
        ("CustomErrorResponse.ErrorCachingMinTTL", Unit::Seconds),
        ("CustomOriginConfig.OriginKeepaliveTimeout", Unit::Seconds),
        ("CustomOriginConfig.OriginReadTimeout", Unit::Seconds),
        ("DefaultCacheBehavior.DefaultTTL", Unit::Seconds),
        ("DefaultCacheBehavior.MaxTTL", Unit::Seconds),
        ("DefaultCacheBehavior.MinTTL", Unit::Seconds),
        ("Origin.ConnectionTimeout", Unit::Seconds),
        ("Origin.ResponseCompletionTimeout", Unit::Seconds),
        ("S3OriginConfig.OriginReadTimeout", Unit::Seconds),
        ("VpcOriginConfig.OriginKeepaliveTimeout", Unit::Seconds),
        ("VpcOriginConfig.OriginReadTimeout", Unit::Seconds),
    ],
    ranges: &[
        Range { path: "Origin.ConnectionAttempts", min: 1, max: 3, because: "CloudFront tries one to three times" },
        Range { path: "Origin.ConnectionTimeout", min: 1, max: 10, because: "CloudFront waits one to ten seconds" },
    ],
    values: &[
        Values {
            path: "CacheBehavior.ViewerProtocolPolicy",
            known: &["allow-all", "https-only", "redirect-to-https"],
            open: false,
            noun: "policy for viewers",
        },
        Values {
            path: "CustomOriginConfig.OriginProtocolPolicy",
            known: &["http-only", "https-only", "match-viewer"],
            open: false,
            noun: "policy for origins",
        },
        Values {
            path: "CustomOriginConfig.OriginSSLProtocols",
            known: &["SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"],
            open: true,
            noun: "version of TLS",
        },
        Values {
            path: "DefaultCacheBehavior.AllowedMethods",
            known: &["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"],
            open: false,
            noun: "method",
        },
        Values {
            path: "CacheBehavior.AllowedMethods",
            known: &["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"],
            open: false,
            noun: "method",
        },
        Values {
            path: "DefaultCacheBehavior.CachedMethods",
            known: &["GET", "HEAD", "OPTIONS"],
            open: false,
            noun: "method that can be cached",
        },
        Values {
            path: "CacheBehavior.CachedMethods",
            known: &["GET", "HEAD", "OPTIONS"],
            open: false,
            noun: "method that can be cached",
        },
        Values {
            path: "FunctionAssociation.EventType",
            known: &["viewer-request", "viewer-response"],
            open: false,
            noun: "event",
        },
        Values {
            path: "LambdaFunctionAssociation.EventType",
            known: &["origin-request", "origin-response", "viewer-request", "viewer-response"],
            open: false,
            noun: "event",
        },
    ],
    keyed: &[("Origin.OriginCustomHeaders", "HeaderName", "HeaderValue")],
    unordered: &[
        "CacheBehavior.AllowedMethods",
        "CacheBehavior.CachedMethods",
        "CacheBehavior.FunctionAssociations",
        "CacheBehavior.LambdaFunctionAssociations",
        "CacheBehavior.TrustedKeyGroups",
        "CacheBehavior.TrustedSigners",
        "Cookies.WhitelistedNames",
        "CustomOriginConfig.OriginSSLProtocols",
        "DefaultCacheBehavior.AllowedMethods",
        "DefaultCacheBehavior.CachedMethods",
        "DefaultCacheBehavior.FunctionAssociations",
        "DefaultCacheBehavior.LambdaFunctionAssociations",
        "DefaultCacheBehavior.TrustedKeyGroups",
        "DefaultCacheBehavior.TrustedSigners",
        "DistributionConfig.Aliases",
        "DistributionConfig.CustomErrorResponses",
        "ForwardedValues.Headers",
        "ForwardedValues.QueryStringCacheKeys",
        "GeoRestriction.Locations",
        "OriginGroups.Items",
        "StatusCodes.Items",
    ],
    equality: &[
        ("DistributionConfig.Aliases", Equality::DomainName),
        ("DistributionConfig.HttpVersion", Equality::IgnoreCase),
        ("Origin.DomainName", Equality::DomainName),
    ],
    unsupported: &[
        ("DistributionConfig.CNAMEs", "the older spelling of `aliases`: write those"),
        ("DistributionConfig.CustomOrigin", "the older spelling of one of the `origins`: write it there"),
        ("DistributionConfig.S3Origin", "the older spelling of one of the `origins`: write it there"),
    ],
    relations: &[
        Relation::LivesIn {
            reference: "DistributionConfig/ViewerCertificate/AcmCertificateArn",
            region: "us-east-1",
            because: "CloudFront takes certificates",
        },
        Relation::NamesPart {
            field: "DistributionConfig/DefaultCacheBehavior/TargetOriginId",
            parts: &["DistributionConfig/Origins", "DistributionConfig/OriginGroups/Items"],
            key: "Id",
            noun: "origin",
        },
        Relation::NamesPart {
            field: "DistributionConfig/CacheBehaviors/*/TargetOriginId",
            parts: &["DistributionConfig/Origins", "DistributionConfig/OriginGroups/Items"],
            key: "Id",
            noun: "origin",
        },
    ],
    popular: &["DistributionConfig", "Tags"],
    ..Overlay::EMPTY
};
