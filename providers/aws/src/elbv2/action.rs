//! What listeners and rules do with a request: the records of their actions.

use aws_sdk_elasticloadbalancingv2::types;

records! {
    both types::Action {
        authenticate_cognito_config, authenticate_oidc_config, fixed_response_config, forward_config,
        jwt_validation_config, order, redirect_config, target_group_arn as "target_group", r#type
    }
    both types::AuthenticateCognitoActionConfig {
        authentication_request_extra_params, on_unauthenticated_request, scope, session_cookie_name, session_timeout,
        user_pool_arn, user_pool_client_id, user_pool_domain
    }
    both types::FixedResponseActionConfig { content_type, message_body, status_code }
    both types::ForwardActionConfig { target_group_stickiness_config, target_groups }
    both types::JwtValidationActionAdditionalClaim { format, name, values }
    both types::JwtValidationActionConfig { additional_claims, issuer, jwks_endpoint }
    both types::RedirectActionConfig { host, path, port, protocol, query, status_code }
    both types::TargetGroupStickinessConfig { duration_seconds, enabled }
    both types::TargetGroupTuple { target_group_arn as "target_group", weight }
    send types::AuthenticateOidcActionConfig {
        authentication_request_extra_params, authorization_endpoint, client_id, client_secret, issuer,
        on_unauthenticated_request, scope, session_cookie_name, session_timeout, token_endpoint,
        use_existing_client_secret, user_info_endpoint
    }
    read types::AuthenticateOidcActionConfig {
        authentication_request_extra_params, authorization_endpoint, client_id, issuer, on_unauthenticated_request,
        scope, session_cookie_name, session_timeout, token_endpoint, use_existing_client_secret, user_info_endpoint
    }
}

texts!(
    types::ActionTypeEnum,
    types::AuthenticateCognitoActionConditionalBehaviorEnum,
    types::AuthenticateOidcActionConditionalBehaviorEnum,
    types::JwtValidationActionAdditionalClaimFormatEnum,
    types::RedirectActionStatusCodeEnum,
);
