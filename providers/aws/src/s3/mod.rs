//! Amazon S3: buckets of objects, and who may use them.

resources! { bucket, bucket_policy }

#[cfg(feature = "native")]
mod wire;
