//! Who calls: the account, and the user or role as whom the stack is planned and applied.
//!
//! It can only be looked up. Everyone may ask; no permission is needed.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>

use cairn_provider::declaration::{Example, LookUpDeclaration};
use cairn_provider::schema::overlay::Overlay;

/// `aws.sts.CallerIdentity`.
pub static LOOK_UP: LookUpDeclaration = LookUpDeclaration {
    name: "aws.sts.CallerIdentity",
    title: "The caller's identity",
    facts: r#"{
        "type": "AWS::STS::CallerIdentity",
        "lookup_only": true,
        "id": ["Arn"],
        "properties": { "Account": {}, "Arn": {}, "UserId": {} },
        "read_only": ["Account", "Arn", "UserId"]
    }"#,
    overlay: Overlay { noun: "a caller's identity", popular: &["Account"], ..Overlay::EMPTY },
    permissions: &[],
    examples: &[
        Example { title: "The account", source: "lookup me = aws.sts.CallerIdentity {}\noutput account = me.account\n" },
        Example {
            title: "A policy for the own account",
            source: "lookup me = aws.sts.CallerIdentity {}\nresource reader = aws.iam.Role {\n  \
                     assume_role_policy_document: {\n    Version: \"2012-10-17\"\n    Statement: [{ Effect: \"Allow\", \
                     Principal: { AWS: \"arn:aws:iam::${me.account}:root\" }, Action: \"sts:AssumeRole\" }]\n  }\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::FINDER;

#[cfg(feature = "native")]
mod lifecycle {
    use async_trait::async_trait;
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::{Live, Status};
    use cairn_provider::provider::LookUpType;
    use cairn_provider::value::Map;

    use crate::native::session::{Session, given};

    /// Finds the caller.
    pub const FINDER: &dyn LookUpType<Session> = &CallerIdentity;

    struct CallerIdentity;

    #[async_trait]
    impl LookUpType<Session> for CallerIdentity {
        fn kind(&self) -> &'static str {
            super::LOOK_UP.name
        }

        async fn look_up(&self, session: &Session, conditions: &Map) -> Result<Vec<Live>, ProviderError> {
            let operation = "sts.GetCallerIdentity";
            let answer = session.read(operation, || session.sts().get_caller_identity().send()).await?;
            let attributes = read!(&answer => account, arn, user_id);
            if conditions.iter().any(|(name, wanted)| attributes.get(name) != Some(wanted)) {
                return Ok(Vec::new());
            }
            let id = given(answer.arn(), operation)?;
            Ok(vec![Live { id, attributes, status: Status::Ready, owner: None }])
        }
    }
}
