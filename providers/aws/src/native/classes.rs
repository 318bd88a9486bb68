//! What AWS's error codes mean for the next step.
//!
//! Sources: the errors sections of each service's API reference, and the EC2 error code list
//! (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>). Codes that are not listed are
//! decided by the HTTP status.

use cairn_provider::error::ErrorClass;
use cairn_provider_net::classify::Rule;

const fn any(code: &'static str, class: ErrorClass) -> Rule {
    Rule { service: "", operation: "", code, message: "", class }
}

const fn of(service: &'static str, code: &'static str, class: ErrorClass) -> Rule {
    Rule { service, operation: "", code, message: "", class }
}

const fn on(service: &'static str, operation: &'static str, code: &'static str, class: ErrorClass) -> Rule {
    Rule { service, operation, code, message: "", class }
}

const fn saying(service: &'static str, code: &'static str, message: &'static str, class: ErrorClass) -> Rule {
    Rule { service, operation: "", code, message, class }
}

const fn gone(service: &'static str, operation: &'static str, code: &'static str, message: &'static str) -> Rule {
    Rule { service, operation, code, message, class: ErrorClass::NotFound }
}

/// The rules, the special ones first.
pub const RULES: &[Rule] = &[
    // Too many calls.
    any("Throttl*", ErrorClass::Throttled),
    any("RequestThrottled*", ErrorClass::Throttled),
    any("RequestLimitExceeded", ErrorClass::Throttled),
    any("TooManyRequests*", ErrorClass::Throttled),
    any("SlowDown", ErrorClass::Throttled),
    any("BandwidthLimitExceeded", ErrorClass::Throttled),
    any("EC2ThrottledException", ErrorClass::Throttled),
    any("PriorRequestNotComplete", ErrorClass::Throttled),
    any("ProvisionedThroughputExceeded*", ErrorClass::Throttled),
    saying("elbv2", "", "Rate exceeded", ErrorClass::Throttled),
    // Who calls, and as whom.
    any("ExpiredToken*", ErrorClass::CredentialsExpired),
    any("TokenRefreshRequired", ErrorClass::CredentialsExpired),
    any("RequestExpired", ErrorClass::CredentialsExpired),
    // ReleaseAddress answers so while a NAT gateway still holds the address.
    on("ec2", "Release", "AuthFailure", ErrorClass::InUse),
    any("AuthFailure", ErrorClass::Denied),
    any("AccessDenied*", ErrorClass::Denied),
    any("UnauthorizedOperation", ErrorClass::Denied),
    any("UnrecognizedClientException", ErrorClass::Denied),
    any("InvalidClientTokenId", ErrorClass::Denied),
    any("SignatureDoesNotMatch", ErrorClass::Denied),
    any("OptInRequired", ErrorClass::Denied),
    any("NotAuthorized*", ErrorClass::Denied),
    // Limits of the account.
    any("VcpuLimitExceeded", ErrorClass::Quota),
    any("InstanceLimitExceeded", ErrorClass::Quota),
    any("AddressLimitExceeded", ErrorClass::Quota),
    any("VpcLimitExceeded", ErrorClass::Quota),
    any("SubnetLimitExceeded", ErrorClass::Quota),
    any("InternetGatewayLimitExceeded", ErrorClass::Quota),
    any("NatGatewayLimitExceeded", ErrorClass::Quota),
    any("RouteTableLimitExceeded", ErrorClass::Quota),
    any("RouteLimitExceeded", ErrorClass::Quota),
    any("SecurityGroupLimitExceeded", ErrorClass::Quota),
    any("RulesPerSecurityGroupLimitExceeded", ErrorClass::Quota),
    // An instance profile holds one role: the one before it is still on its way out.
    on("iam", "AddRole", "LimitExceeded", ErrorClass::InUse),
    any("LimitExceeded*", ErrorClass::Quota),
    any("ServiceQuotaExceeded*", ErrorClass::Quota),
    any("TooManyBuckets", ErrorClass::Quota),
    any("TooManyDistributions", ErrorClass::Quota),
    any("TooManyHealthChecks", ErrorClass::Quota),
    any("TooManyHostedZones", ErrorClass::Quota),
    any("TooManyLoadBalancers", ErrorClass::Quota),
    any("TooManyTargetGroups", ErrorClass::Quota),
    any("InstanceQuotaExceeded*", ErrorClass::Quota),
    any("StorageQuotaExceeded*", ErrorClass::Quota),
    any("DBInstanceQuotaExceeded*", ErrorClass::Quota),
    any("DBClusterQuotaExceeded*", ErrorClass::Quota),
    any("DBSubnetGroupQuotaExceeded*", ErrorClass::Quota),
    of("cloudcontrol", "ServiceLimitExceededException", ErrorClass::Quota),
    // What Cloud Control has no handlers for, or does not know.
    of("cloudcontrol", "TypeNotFoundException", ErrorClass::Refused),
    of("cloudcontrol", "UnsupportedActionException", ErrorClass::Refused),
    of("cloudcontrol", "RequestTokenNotFoundException", ErrorClass::Refused),
    of("cloudcontrol", "ClientTokenConflictException", ErrorClass::Refused),
    of("cloudformation", "TypeNotFoundException", ErrorClass::Refused),
    // Passing faults that the services document as such: the request was not carried out.
    any("ServiceUnavailable*", ErrorClass::Transient),
    any("Unavailable", ErrorClass::Transient),
    any("RequestTimeout", ErrorClass::Transient),
    any("IDPCommunicationError", ErrorClass::Transient),
    // A name that is not visible yet to the service that uses it.
    saying("autoscaling", "ValidationError", "Invalid IamInstanceProfile", ErrorClass::NotYetConsistent),
    saying("autoscaling", "ValidationError", "AutoScalingGroup name not found", ErrorClass::NotFound),
    gone("autoscaling", "Delete", "ValidationError", "not found"),
    gone("autoscaling", "Describe", "ValidationError", "not found"),
    gone("autoscaling", "Detach", "ValidationError", "not found"),
    saying("autoscaling", "ValidationError", "not found", ErrorClass::NotYetConsistent),
    saying("ec2", "InvalidParameterValue", "iamInstanceProfile", ErrorClass::NotYetConsistent),
    saying("ec2", "InvalidParameterValue", "IAM Instance Profile", ErrorClass::NotYetConsistent),
    saying("rds", "InvalidParameterValue", "IAM role ARN value is invalid", ErrorClass::NotYetConsistent),
    // A policy of the vendor that is not there will never be; our own may take a moment to be seen.
    saying("iam", "NoSuchEntity", ":iam::aws:policy/", ErrorClass::NotFound),
    on("iam", "Attach", "NoSuchEntity", ErrorClass::NotYetConsistent),
    on("iam", "AddRole", "NoSuchEntity", ErrorClass::NotYetConsistent),
    on("iam", "Create", "NoSuchEntity", ErrorClass::NotYetConsistent),
    on("iam", "Put", "NoSuchEntity", ErrorClass::NotYetConsistent),
    saying("iam", "MalformedPolicyDocument", "Invalid principal", ErrorClass::NotYetConsistent),
    saying("s3", "MalformedPolicy", "Invalid principal", ErrorClass::NotYetConsistent),
    saying("sns", "InvalidParameter", "PrincipalNotFound", ErrorClass::NotYetConsistent),
    on("elbv2", "Create", "CertificateNotFound", ErrorClass::NotYetConsistent),
    on("elbv2", "Modify", "CertificateNotFound", ErrorClass::NotYetConsistent),
    on("elbv2", "Create", "TargetGroupNotFound", ErrorClass::NotYetConsistent),
    on("elbv2", "Create", "ListenerNotFound", ErrorClass::NotYetConsistent),
    on("elbv2", "Create", "LoadBalancerNotFound", ErrorClass::NotYetConsistent),
    on("elbv2", "Create", "SubnetNotFound", ErrorClass::NotYetConsistent),
    on("elbv2", "Create", "InvalidSubnet", ErrorClass::NotYetConsistent),
    on("elbv2", "Create", "InvalidSecurityGroup", ErrorClass::NotYetConsistent),
    on("rds", "Create", "InvalidSubnet", ErrorClass::NotYetConsistent),
    on("rds", "Create", "DBSubnetGroupNotFound*", ErrorClass::NotYetConsistent),
    on("rds", "Create", "DBClusterNotFound*", ErrorClass::NotYetConsistent),
    on("rds", "Create", "DBParameterGroupNotFound*", ErrorClass::NotYetConsistent),
    on("rds", "Create", "DBClusterParameterGroupNotFound*", ErrorClass::NotYetConsistent),
    on("rds", "Create", "OptionGroupNotFound*", ErrorClass::NotYetConsistent),
    // A bucket that was just made is not known everywhere at once.
    on("s3", "Put", "NoSuchBucket", ErrorClass::NotYetConsistent),
    on("ec2", "Create", "InvalidVpcID.NotFound", ErrorClass::NotYetConsistent),
    on("ec2", "Create", "InvalidSubnetID.NotFound", ErrorClass::NotYetConsistent),
    on("ec2", "Create", "InvalidAllocationID.NotFound", ErrorClass::NotYetConsistent),
    on("ec2", "Create", "InvalidRouteTableID.NotFound", ErrorClass::NotYetConsistent),
    on("ec2", "Create", "InvalidInternetGatewayID.NotFound", ErrorClass::NotYetConsistent),
    on("ec2", "Create", "InvalidGatewayID.NotFound", ErrorClass::NotYetConsistent),
    on("ec2", "Create", "InvalidNatGatewayID.NotFound", ErrorClass::NotYetConsistent),
    on("ec2", "Create", "NatGatewayNotFound", ErrorClass::NotYetConsistent),
    on("ec2", "Create", "InvalidGroup.NotFound", ErrorClass::NotYetConsistent),
    on("ec2", "Attach", "InvalidInternetGatewayID.NotFound", ErrorClass::NotYetConsistent),
    on("ec2", "Attach", "InvalidVpcID.NotFound", ErrorClass::NotYetConsistent),
    on("ec2", "Associate", "InvalidRouteTableID.NotFound", ErrorClass::NotYetConsistent),
    on("ec2", "Associate", "InvalidSubnetID.NotFound", ErrorClass::NotYetConsistent),
    on("ec2", "Associate", "InvalidAllocationID.NotFound", ErrorClass::NotYetConsistent),
    on("ec2", "Associate", "InvalidInstanceID.NotFound", ErrorClass::NotYetConsistent),
    saying("ec2", "InvalidInstanceID", "is not in a valid state", ErrorClass::NotYetConsistent),
    on("ec2", "Attach", "InvalidVpnGatewayID.NotFound", ErrorClass::NotYetConsistent),
    on("ec2", "Replace", "InvalidGatewayID.NotFound", ErrorClass::NotYetConsistent),
    on("ec2", "Replace", "InvalidInternetGatewayID.NotFound", ErrorClass::NotYetConsistent),
    on("ec2", "Replace", "InvalidNatGatewayID.NotFound", ErrorClass::NotYetConsistent),
    on("ec2", "Authorize", "InvalidGroup.NotFound", ErrorClass::NotYetConsistent),
    on("ec2", "Modify", "InvalidVpcID.NotFound", ErrorClass::NotYetConsistent),
    on("ec2", "Modify", "InvalidSubnetID.NotFound", ErrorClass::NotYetConsistent),
    saying("route53", "InvalidChangeBatch", "but that target was not found", ErrorClass::NotYetConsistent),
    on("route53", "Create", "InvalidVPCId", ErrorClass::NotYetConsistent),
    on("route53", "Associate", "InvalidVPCId", ErrorClass::NotYetConsistent),
    of("lambda", "ResourceNotReadyException", ErrorClass::NotYetConsistent),
    of("lambda", "ResourceConflictException", ErrorClass::NotYetConsistent),
    // Held by others, or another change is under way.
    of("cloudcontrol", "ConcurrentOperationException", ErrorClass::InUse),
    any("DependencyViolation", ErrorClass::InUse),
    any("ResourceInUse*", ErrorClass::InUse),
    any("DeleteConflict", ErrorClass::InUse),
    any("ConcurrentModification*", ErrorClass::InUse),
    any("OperationAborted", ErrorClass::InUse),
    of("logs", "OperationAbortedException", ErrorClass::InUse),
    of("ec2", "Gateway.NotAttached", ErrorClass::NotFound),
    of("ec2", "InvalidVpnGatewayAttachment.NotFound", ErrorClass::NotFound),
    of("ec2", "InvalidVpnGatewayID.NotFound", ErrorClass::NotFound),
    of("ec2", "InvalidAddress.Locked", ErrorClass::InUse),
    of("ec2", "InvalidGroup.InUse", ErrorClass::InUse),
    of("ec2", "InvalidIPAddress.InUse", ErrorClass::InUse),
    of("ec2", "CannotDelete", ErrorClass::InUse),
    on("ec2", "Disassociate", "InvalidAssociationID.NotFound", ErrorClass::NotFound),
    of("autoscaling", "ScalingActivityInProgress*", ErrorClass::InUse),
    of("autoscaling", "ResourceContention*", ErrorClass::InUse),
    of("rds", "InvalidDBInstanceState*", ErrorClass::InUse),
    of("rds", "InvalidDBClusterStateFault", ErrorClass::InUse),
    of("rds", "InvalidDBSubnetGroupStateFault", ErrorClass::InUse),
    of("cloudfront", "OriginAccessControlInUse", ErrorClass::InUse),
    of("cloudfront", "DistributionNotDisabled", ErrorClass::InUse),
    of("cloudfront", "PreconditionFailed", ErrorClass::InUse),
    of("cloudfront", "InvalidIfMatchVersion", ErrorClass::InUse),
    of("acm", "ConflictException", ErrorClass::InUse),
    of("route53", "HostedZoneNotEmpty", ErrorClass::InUse),
    of("route53", "HealthCheckInUse", ErrorClass::InUse),
    of("route53", "HealthCheckVersionMismatch", ErrorClass::InUse),
    // Somebody changed the record between reading and deleting it.
    saying("route53", "InvalidChangeBatch", "do not match the current values", ErrorClass::InUse),
    of("s3", "BucketNotEmpty", ErrorClass::Refused),
    saying("secretsmanager", "InvalidParameterException", "still has replica regions", ErrorClass::InUse),
    saying("secretsmanager", "InvalidRequestException", "marked for deletion", ErrorClass::NotFound),
    // The bucket lives in another region, or its name is not known everywhere yet.
    of("s3", "PermanentRedirect", ErrorClass::Refused),
    of("s3", "TemporaryRedirect", ErrorClass::NotYetConsistent),
    saying("secretsmanager", "InvalidRequestException", "scheduled for deletion", ErrorClass::AlreadyExists),
    // There already, or not there at all.
    of("s3", "BucketAlreadyOwnedByYou", ErrorClass::AlreadyExists),
    of("s3", "BucketAlreadyExists", ErrorClass::AlreadyExists),
    any("EntityAlreadyExists*", ErrorClass::AlreadyExists),
    any("ResourceExists*", ErrorClass::AlreadyExists),
    any("ResourceAlreadyExists*", ErrorClass::AlreadyExists),
    any("AlreadyExists*", ErrorClass::AlreadyExists),
    any("DBInstanceAlreadyExists", ErrorClass::AlreadyExists),
    any("DBClusterAlreadyExistsFault", ErrorClass::AlreadyExists),
    any("DBSubnetGroupAlreadyExists", ErrorClass::AlreadyExists),
    of("rds", "DBInstanceRoleAlreadyExists", ErrorClass::AlreadyExists),
    any("DuplicateLoadBalancerName", ErrorClass::AlreadyExists),
    any("DuplicateTargetGroupName", ErrorClass::AlreadyExists),
    any("DuplicateListener", ErrorClass::AlreadyExists),
    any("PriorityInUse", ErrorClass::AlreadyExists),
    any("InvalidGroup.Duplicate", ErrorClass::AlreadyExists),
    any("InvalidPermission.Duplicate", ErrorClass::AlreadyExists),
    any("InvalidLaunchTemplateName.AlreadyExists*", ErrorClass::AlreadyExists),
    any("RouteAlreadyExists", ErrorClass::AlreadyExists),
    any("Resource.AlreadyAssociated", ErrorClass::AlreadyExists),
    saying("sns", "InvalidParameter", "already exists with different", ErrorClass::AlreadyExists),
    of("cloudfront", "OriginAccessControlAlreadyExists", ErrorClass::AlreadyExists),
    of("cloudfront", "DistributionAlreadyExists", ErrorClass::AlreadyExists),
    of("route53", "HostedZoneAlreadyExists", ErrorClass::AlreadyExists),
    of("route53", "HealthCheckAlreadyExists", ErrorClass::AlreadyExists),
    of("route53", "QueryLoggingConfigAlreadyExists", ErrorClass::AlreadyExists),
    saying("route53", "InvalidChangeBatch", "but it already exists", ErrorClass::AlreadyExists),
    saying("route53", "InvalidChangeBatch", "but it was not found", ErrorClass::NotFound),
    on("route53", "Disassociate", "VPCAssociationNotFound", ErrorClass::NotFound),
    any("NoSuch*", ErrorClass::NotFound),
    any("ResourceNotFound*", ErrorClass::NotFound),
    any("NotFound*", ErrorClass::NotFound),
    of("ec2", "InvalidVpcID.NotFound", ErrorClass::NotFound),
    of("ec2", "InvalidSubnetID.NotFound", ErrorClass::NotFound),
    of("ec2", "InvalidInternetGatewayID.NotFound", ErrorClass::NotFound),
    of("ec2", "InvalidAllocationID.NotFound", ErrorClass::NotFound),
    of("ec2", "InvalidAddress.NotFound", ErrorClass::NotFound),
    of("ec2", "NatGatewayNotFound", ErrorClass::NotFound),
    of("ec2", "InvalidNatGatewayID.NotFound", ErrorClass::NotFound),
    of("ec2", "InvalidRouteTableID.NotFound", ErrorClass::NotFound),
    of("ec2", "InvalidRoute.NotFound", ErrorClass::NotFound),
    of("ec2", "InvalidAssociationID.NotFound", ErrorClass::NotFound),
    of("ec2", "InvalidGroup.NotFound", ErrorClass::NotFound),
    of("ec2", "InvalidGroupId.NotFound", ErrorClass::NotFound),
    of("ec2", "InvalidPermission.NotFound", ErrorClass::NotFound),
    of("ec2", "InvalidSecurityGroupRuleId.NotFound", ErrorClass::NotFound),
    of("ec2", "InvalidLaunchTemplateId.NotFound*", ErrorClass::NotFound),
    of("ec2", "InvalidLaunchTemplateName.NotFound*", ErrorClass::NotFound),
    of("elbv2", "LoadBalancerNotFound", ErrorClass::NotFound),
    of("elbv2", "TargetGroupNotFound", ErrorClass::NotFound),
    of("elbv2", "ListenerNotFound", ErrorClass::NotFound),
    of("elbv2", "RuleNotFound", ErrorClass::NotFound),
    of("ssm", "ParameterNotFound", ErrorClass::NotFound),
    of("ssm", "ParameterVersionNotFound", ErrorClass::NotFound),
    of("rds", "DBInstanceNotFound*", ErrorClass::NotFound),
    of("rds", "DBClusterNotFound*", ErrorClass::NotFound),
    of("rds", "DBSubnetGroupNotFound*", ErrorClass::NotFound),
    of("rds", "DBInstanceRoleNotFound*", ErrorClass::NotFound),
];

#[cfg(test)]
mod tests {
    use super::RULES;
    use cairn_provider::error::ErrorClass;
    use cairn_provider_net::classify::{Failure, Reached, classify};

    fn check(service: &str, operation: &str, code: &str, message: &str) -> ErrorClass {
        let mutating = !operation.starts_with("Describe");
        classify(RULES, &Failure { service, operation, mutating, reached: Reached::Answered(400), code, message })
    }

    #[test]
    fn codes_are_understood() {
        assert_eq!(check("ec2", "DeleteVpc", "DependencyViolation", ""), ErrorClass::InUse);
        assert_eq!(check("ec2", "CreateSubnet", "InvalidVpcID.NotFound", ""), ErrorClass::NotYetConsistent);
        assert_eq!(check("ec2", "DeleteVpc", "InvalidVpcID.NotFound", ""), ErrorClass::NotFound);
        assert_eq!(check("ec2", "DescribeVpcs", "RequestLimitExceeded", ""), ErrorClass::Throttled);
        assert_eq!(check("iam", "CreateRole", "EntityAlreadyExists", ""), ErrorClass::AlreadyExists);
        assert_eq!(check("iam", "AttachRolePolicy", "NoSuchEntity", ""), ErrorClass::NotYetConsistent);
        let vendors = "Policy arn:aws:iam::aws:policy/None does not exist or is not attachable.";
        assert_eq!(check("iam", "AttachRolePolicy", "NoSuchEntity", vendors), ErrorClass::NotFound);
        assert_eq!(check("iam", "DeleteRole", "NoSuchEntity", ""), ErrorClass::NotFound);
        let taken = "Invalid parameter: Tags Reason: Topic already exists with different tags";
        assert_eq!(check("sns", "CreateTopic", "InvalidParameter", taken), ErrorClass::AlreadyExists);
        let reserved =
            "You can't create this secret because a secret with this name is already scheduled for deletion.";
        let create = check("secretsmanager", "CreateSecret", "InvalidRequestException", reserved);
        assert_eq!(create, ErrorClass::AlreadyExists);
        assert_eq!(check("s3", "CreateBucket", "BucketAlreadyOwnedByYou", ""), ErrorClass::AlreadyExists);
        assert_eq!(check("ec2", "CreateVpc", "InvalidVpc.Range", ""), ErrorClass::Refused);
        assert_eq!(check("ec2", "CreateVpc", "UnauthorizedOperation", ""), ErrorClass::Denied);
        assert_eq!(check("sts", "GetCallerIdentity", "ExpiredToken", ""), ErrorClass::CredentialsExpired);
    }

    #[test]
    fn no_rule_hides_another() {
        for (index, rule) in RULES.iter().enumerate() {
            let failure = Failure {
                service: rule.service,
                operation: rule.operation,
                mutating: true,
                reached: Reached::Answered(400),
                code: rule.code.trim_end_matches('*'),
                message: rule.message,
            };
            let first = RULES.get(..index).unwrap().iter().find(|earlier| {
                classify(std::slice::from_ref(earlier), &Failure { reached: Reached::Unknown, ..failure })
                    != ErrorClass::Ambiguous
            });
            assert!(first.is_none(), "{rule:?} never speaks: {first:?} does");
        }
    }
}
