//! The lifecycle of a bucket.

use async_trait::async_trait;
use aws_sdk_s3::types;
use cairn_provider::declaration::Declaration;
use cairn_provider::error::{ErrorClass, ProviderError};
use cairn_provider::object::{Live, Observed, Status};
use cairn_provider::provider::{Reader, ResourceType};
use cairn_provider::request::{Create, Created, Delete, Interest, Monitor, ReadSet, Readings, Update};
use cairn_provider::value::{Map, Value};
use ecow::{EcoString, eco_format};

use super::settings;
use crate::native::codec::{need, set};
use crate::native::session::Session;
use crate::native::tags;
use crate::native::together::{Call, together};
use crate::s3::wire;

/// The lifecycle.
pub const HANDLER: &dyn ResourceType<Session> = &Bucket;
/// Reads buckets.
pub const READER: Option<&dyn Reader<Session>> = Some(&Bucket);

struct Bucket;

const KIND: &str = "aws.s3.Bucket";

texts!(types::BucketNamespace);

/// The one region that is not named when a bucket is made, and where making one's own bucket again is no error.
const FIRST_REGION: &str = "us-east-1";

#[async_trait]
impl ResourceType<Session> for Bucket {
    fn declaration(&self) -> &'static Declaration {
        &super::DECLARATION
    }

    async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
        let inputs = &request.inputs;
        let name: String = need(inputs, "bucket_name")?;
        if session.region() == FIRST_REGION && is_there(session, &name).await? {
            let why = format!("you own a bucket {name}");
            let class = ErrorClass::AlreadyExists;
            return Err(ProviderError::new(class, "BucketAlreadyOwnedByYou", "s3.CreateBucket", why));
        }
        let pairs = tags::of_new(inputs, "tags", &request.owner);
        let mut configuration = types::CreateBucketConfiguration::builder();
        configuration = configuration.set_tags(Some(tags::tag_list!(types::Tag, pairs)));
        if session.region() != FIRST_REGION {
            configuration = configuration.location_constraint(session.region().into());
        }
        let call = send!(session.s3().create_bucket(), inputs =>
            bucket as "bucket_name", bucket_namespace, object_lock_enabled_for_bucket as "object_lock_enabled")
        .create_bucket_configuration(configuration.build());
        session.write("s3.CreateBucket", call.send()).await?;
        Ok(Created::new(name))
    }

    async fn configure(&self, session: &Session, id: &str, request: &Create) -> Result<(), ProviderError> {
        let none = Map::new();
        for field in settings::ORDER.into_iter().filter(|field| request.inputs.contains_key(*field)) {
            settings::write(session, id, field, &request.inputs, &none).await?;
        }
        Ok(())
    }

    async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
        let name: EcoString = need::<String>(&request.inputs, "bucket_name")?.into();
        let found = match wire::tags(session, &name).await {
            Ok(found) => found,
            // Somebody else's, or in another region: not the one that was to be made.
            Err(error) if error.class.is_final() || error.class == ErrorClass::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let (_, owner) = wire::read_tags(&found);
        let wanted = &request.owner;
        let ours = owner.is_some_and(|owner| owner.stack == wanted.stack && owner.address == wanted.address);
        Ok(if ours { vec![name] } else { Vec::new() })
    }

    async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
        for field in settings::ORDER.into_iter().filter(|field| request.changed.contains(*field)) {
            settings::write(session, &request.id, field, &request.inputs, &request.observed).await?;
        }
        if request.changed.contains("tags") {
            put_tags(session, request).await?;
        }
        Ok(None)
    }

    async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
        let call = session.s3().delete_bucket().bucket(request.id.as_str());
        session.delete("s3.DeleteBucket", call.send()).await.map_err(|error| {
            if error.code != "BucketNotEmpty" {
                return error;
            }
            let hint = "Cairn never deletes objects; empty the bucket first, all versions and delete markers too";
            ProviderError { message: eco_format!("{}; {hint}", error.message), ..error }
        })?;
        Ok(None)
    }

    async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
        wire::buckets(session).await
    }
}

#[async_trait]
impl Reader<Session> for Bucket {
    fn kinds(&self) -> &'static [&'static str] {
        &[KIND]
    }

    async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
        let mut readings = Readings::default();
        let Some(wanted) = wanted.get(KIND) else { return Ok(readings) };
        let reading = wanted.iter().map(|(id, interest)| -> Call<'_, _> { Box::pin(live(session, id, interest)) });
        for (id, read) in wanted.keys().zip(together(reading).await) {
            let observed = match read {
                Ok(live) => Observed::Present(Box::new(live)),
                Err(error) if wire::lacks_bucket(&error) => Observed::Absent,
                Err(error) => Observed::Unreadable(error),
            };
            readings.answer(KIND, id.clone(), observed);
        }
        Ok(readings)
    }
}

/// A bucket with the settings that are wanted; each takes a call of its own. The tags are always read: they say that the
/// bucket is there, and whose it is.
async fn live(session: &Session, id: &EcoString, interest: &Interest) -> Result<Live, ProviderError> {
    let list = wire::tags(session, id).await?;
    let mut attributes = Map::from([("bucket_name".into(), Value::Text(id.clone()))]);
    let (partition, region) = (session.partition(), session.region());
    let suffix = if partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    attributes.insert("arn".into(), eco_format!("arn:{partition}:s3:::{id}").into());
    attributes.insert("domain_name".into(), eco_format!("{id}.s3.{suffix}").into());
    attributes.insert("regional_domain_name".into(), eco_format!("{id}.s3.{region}.{suffix}").into());
    attributes.insert("dual_stack_domain_name".into(), eco_format!("{id}.s3.dualstack.{region}.{suffix}").into());
    attributes.insert("website_url".into(), website(id, region, suffix).into());
    let wanted: Vec<&str> = settings::READ.into_iter().filter(|field| interest.wants(field)).collect();
    let reading = wanted.iter().map(|field| -> Call<'_, _> { Box::pin(settings::read(session, id, field)) });
    for (field, read) in wanted.iter().zip(together(reading).await) {
        set(&mut attributes, field, read?);
    }
    let (tags, owner) = wire::read_tags(&list);
    set(&mut attributes, "tags", tags);
    Ok(Live { id: id.clone(), attributes, status: Status::Ready, owner })
}

/// Where the bucket's website is, if it has one. The older regions have a dash in it
/// (<https://docs.aws.amazon.com/general/latest/gr/s3.html#s3_website_region_endpoints>).
fn website(bucket: &str, region: &str, suffix: &str) -> EcoString {
    const DASHED: [&str; 9] = [
        "ap-northeast-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "eu-west-1",
        "sa-east-1",
        "us-east-1",
        "us-gov-west-1",
        "us-west-1",
        "us-west-2",
    ];
    let separator = if DASHED.contains(&region) { '-' } else { '.' };
    eco_format!("http://{bucket}.s3-website{separator}{region}.{suffix}")
}

/// Whether the caller owns a bucket of this name.
async fn is_there(session: &Session, name: &str) -> Result<bool, ProviderError> {
    match wire::tags(session, name).await {
        Ok(_) => Ok(true),
        // Somebody else's: the call that makes the bucket says so better.
        Err(error) if error.class == ErrorClass::NotFound || error.class.is_final() => Ok(false),
        Err(error) => Err(error),
    }
}

/// Sets all tags anew: the user's, the marks, and those that AWS keeps there.
async fn put_tags(session: &Session, request: &Update) -> Result<(), ProviderError> {
    let found = wire::tags(session, &request.id).await?;
    let of_aws = found.iter().filter(|tag| tag.key().starts_with("aws:"));
    let of_aws = of_aws.map(|tag| (tag.key().to_owned(), tag.value().to_owned()));
    let pairs = tags::of_new(&request.inputs, "tags", &request.owner).into_iter().chain(of_aws);
    let list = tags::tag_list!(types::Tag, pairs);
    let tagging = crate::native::codec::built(types::Tagging::builder().set_tag_set(Some(list)).build())?;
    let call = session.s3().put_bucket_tagging().bucket(request.id.as_str()).tagging(tagging);
    session.write("s3.PutBucketTagging", call.send()).await?;
    Ok(())
}
