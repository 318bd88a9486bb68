//! A bucket policy: who may do what with a bucket and its objects, beside the identities' own policies.
//!
//! A bucket has one policy at most, and this resource is all of it. A policy somebody else wrote is left alone: creating
//! fails unless it says the same. With `block_public_policy` S3 refuses a policy that opens the bucket to everyone.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-s3-bucketpolicy.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::overlay::{Overlay, Reference};

/// `aws.s3.BucketPolicy`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::S3::BucketPolicy",
    title: "Bucket policy",
    overlay: Overlay {
        noun: "a bucket policy",
        references: &[Reference { path: "Bucket", to: &[("AWS::S3::Bucket", "BucketName")] }],
        popular: &["Bucket", "PolicyDocument"],
        ..Overlay::EMPTY
    },
    // The bucket is the identity: it has one policy.
    idempotency: Idempotency::Identity,
    permissions: Permissions {
        read: &["s3:GetBucketPolicy"],
        write: &["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"],
    },
    timings: Timings::INSTANT,
    examples: &[
        Example {
            title: "Encrypted connections only",
            source: "resource files = aws.s3.Bucket { bucket_name: \"acme-files\" }\n\
                     resource policy = aws.s3.BucketPolicy {\n  bucket: files\n  policy_document: {\n    \
                     Version: \"2012-10-17\"\n    Statement: [\n      {\n        Effect: \"Deny\"\n        \
                     Principal: \"*\"\n        Action: \"s3:*\"\n        \
                     Resource: [files.arn, \"${files.arn}/*\"]\n        \
                     Condition: { Bool: { \"aws:SecureTransport\": \"false\" } }\n      }\n    ]\n  }\n}\n",
        },
        Example {
            title: "Objects for one role of another account",
            source: "resource files = aws.s3.Bucket { bucket_name: \"acme-shared-files\" }\n\
                     resource policy = aws.s3.BucketPolicy {\n  bucket: files\n  policy_document: {\n    \
                     Version: \"2012-10-17\"\n    Statement: [\n      {\n        Sid: \"Readers\"\n        \
                     Effect: \"Allow\"\n        \
                     Principal: { AWS: \"arn:aws:iam::222233334444:role/reader\" }\n        \
                     Action: [\"s3:GetObject\", \"s3:ListBucket\"]\n        \
                     Resource: [files.arn, \"${files.arn}/*\"]\n      }\n    ]\n  }\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};

#[cfg(feature = "native")]
mod lifecycle {
    use async_trait::async_trait;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::{ErrorClass, ProviderError};
    use cairn_provider::object::{Live, Observed, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Monitor, ReadSet, Readings, Update};
    use cairn_provider::schema::Equality;
    use cairn_provider::schema::document::equal;
    use cairn_provider::value::{Map, Value};
    use ecow::EcoString;

    use crate::native::codec::{json, need};
    use crate::native::session::{Session, absent_is_none};
    use crate::native::together::{Call, together};
    use crate::s3::wire;

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &BucketPolicy;
    /// Reads policies.
    pub const READER: Option<&dyn Reader<Session>> = Some(&BucketPolicy);

    struct BucketPolicy;

    const KIND: &str = "aws.s3.BucketPolicy";

    #[async_trait]
    impl ResourceType<Session> for BucketPolicy {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let bucket: String = need(&request.inputs, "bucket")?;
            // PutBucketPolicy replaces what is there, whoever wrote it.
            match policy(session, &bucket).await? {
                Some(found) if says_the_same(request, &found) => {}
                Some(_) => {
                    let why = format!("the bucket {bucket} has a policy");
                    let class = ErrorClass::AlreadyExists;
                    return Err(ProviderError::new(class, "BucketPolicyExists", "s3.PutBucketPolicy", why));
                }
                None => put(session, &bucket, &request.inputs).await?,
            }
            Ok(Created::new(bucket))
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            let bucket: String = need(&request.inputs, "bucket")?;
            let found = policy(session, &bucket).await?.filter(|found| says_the_same(request, found));
            Ok(found.map(|_| bucket.into()).into_iter().collect())
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            if request.changed.contains("policy_document") {
                put(session, &request.id, &request.inputs).await?;
            }
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let call = session.s3().delete_bucket_policy().bucket(request.id.as_str());
            session.delete("s3.DeleteBucketPolicy", call.send()).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            let buckets = wire::buckets(session).await?;
            let read = together(buckets.iter().map(|bucket| -> Call<'_, _> { Box::pin(policy(session, bucket)) })).await;
            let mut with_policy = Vec::new();
            for (bucket, policy) in buckets.into_iter().zip(read) {
                with_policy.extend(policy?.map(|_| bucket));
            }
            Ok(with_policy)
        }
    }

    #[async_trait]
    impl Reader<Session> for BucketPolicy {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND]
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            let mut readings = Readings::default();
            let buckets: Vec<&EcoString> = wanted.get(KIND).into_iter().flat_map(|wanted| wanted.keys()).collect();
            let read = together(buckets.iter().map(|bucket| -> Call<'_, _> { Box::pin(policy(session, bucket)) })).await;
            for (bucket, policy) in buckets.into_iter().zip(read) {
                let observed = match policy {
                    Ok(Some(document)) => {
                        let attributes = [("bucket", Value::Text(bucket.clone())), ("policy_document", document)];
                        let attributes = Map::from(attributes.map(|(name, value)| (name.into(), value)));
                        let live = Live { id: bucket.clone(), attributes, status: Status::Ready, owner: None };
                        Observed::Present(Box::new(live))
                    }
                    Ok(None) => Observed::Absent,
                    Err(error) => Observed::Unreadable(error),
                };
                readings.answer(KIND, bucket.clone(), observed);
            }
            Ok(readings)
        }
    }

    /// The policy of a bucket; none if the bucket or its policy is not there.
    async fn policy(session: &Session, bucket: &str) -> Result<Option<Value>, ProviderError> {
        let call = || session.s3().get_bucket_policy().bucket(bucket).send();
        let found = absent_is_none(session.read("s3.GetBucketPolicy", call).await)?;
        Ok(found.map(|found| json::decode(&found.policy)).filter(|document| !document.is_none()))
    }

    async fn put(session: &Session, bucket: &str, inputs: &Map) -> Result<(), ProviderError> {
        let call = session.s3().put_bucket_policy().bucket(bucket).set_policy(json::take(inputs, "policy_document")?);
        session.write("s3.PutBucketPolicy", call.send()).await?;
        Ok(())
    }

    fn says_the_same(request: &Create, found: &Value) -> bool {
        let written = request.inputs.get("policy_document");
        written.is_some_and(|written| equal(Equality::Document, written, found))
    }
}
