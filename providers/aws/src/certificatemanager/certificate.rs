//! A certificate of AWS's own authority, for load balancers, distributions and APIs; it costs nothing and renews itself.
//!
//! Before it is issued, AWS must see that the domain is yours. With `validation_method: "DNS"` and a `hosted_zone` for
//! each domain in `domain_validation_options`, the records that show it are set in that zone, and removed with the
//! certificate unless another one of the account, in whichever region, still needs them: AWS looks for them at every
//! renewal. Without a hosted zone somebody has to set the records that are named while the certificate is waited for;
//! after three days AWS gives up. Renewals fail, too, once the records are gone.
//!
//! A certificate can only be used in its own region; distributions take theirs from us-east-1. It never changes: other
//! names mean a new certificate, and what uses the old one has to move before that can be deleted. `domain_name` is among
//! the names of a certificate anyway and is not repeated in `subject_alternative_names`.
//!
//! Vendor documentation: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-certificatemanager-certificate.html>

use cairn_provider::declaration::{Declaration, Example, Idempotency, Permissions, Timings};
use cairn_provider::schema::overlay::{Exception, Overlay, Reference, Replacement, Values};
use cairn_provider::schema::{Change, Equality};

/// `aws.certificatemanager.Certificate`.
pub static DECLARATION: Declaration = Declaration {
    vendor: "AWS::CertificateManager::Certificate",
    title: "Certificate",
    overlay: Overlay {
        noun: "a certificate",
        replacement: Replacement::CreateFirst,
        references: &[Reference {
            path: "DomainValidationOption.HostedZoneId",
            to: &[("AWS::Route53::HostedZone", "Id")],
        }],
        values: &[
            Values { path: "CertificateExport", known: &["DISABLED", "ENABLED"], open: false, noun: "setting" },
            Values {
                path: "KeyAlgorithm",
                known: &[
                    "EC_prime256v1",
                    "EC_secp384r1",
                    "EC_secp521r1",
                    "RSA_1024",
                    "RSA_2048",
                    "RSA_3072",
                    "RSA_4096",
                ],
                open: true,
                noun: "kind of key",
            },
            Values { path: "ValidationMethod", known: &["DNS", "EMAIL", "HTTP"], open: true, noun: "way to validate" },
        ],
        unordered: &["DomainValidationOptions", "SubjectAlternativeNames"],
        equality: &[("DomainName", Equality::DomainName), ("SubjectAlternativeNames", Equality::DomainName)],
        hidden: &["DomainValidationOptions"],
        exceptions: &[
            Exception {
                path: "DomainValidationOptions",
                change: Change::Update,
                because: "the records are set with ChangeResourceRecordSets and mail is sent with \
                          ResendValidationEmail, whenever that is needed",
            },
            Exception {
                path: "CertificateExport",
                change: Change::Replace,
                because: "RequestCertificate decides it for good, says the documentation of CertificateOptions",
            },
        ],
        unsupported: &[(
            "CertificateTransparencyLoggingPreference",
            "AWS logs every certificate and lets nobody opt out any more: leave it out",
        )],
        popular: &["DomainName", "ValidationMethod", "DomainValidationOptions", "SubjectAlternativeNames"],
        ..Overlay::EMPTY
    },
    // A token counts for an hour; after that the marks are looked for before a certificate is asked for.
    idempotency: Idempotency::Token,
    permissions: Permissions {
        read: &["acm:DescribeCertificate", "acm:ListCertificates", "acm:ListTagsForCertificate"],
        write: &[
            "acm:AddTagsToCertificate",
            "acm:DeleteCertificate",
            "acm:RemoveTagsFromCertificate",
            "acm:RequestCertificate",
            "acm:ResendValidationEmail",
            "ec2:DescribeRegions",
            "route53:ChangeResourceRecordSets",
            "route53:ListResourceRecordSets",
        ],
    },
    timings: Timings { create: 5_400, update: 1_200, delete: 1_800, typical: 180, poll: 10 },
    examples: &[
        Example {
            title: "One name",
            source: "lookup zone = aws.route53.HostedZone { name: \"shop.example\" }\n\nresource certificate = \
                     aws.certificatemanager.Certificate {\n  domain_name: \"www.shop.example\"\n  validation_method: \
                     \"DNS\"\n  domain_validation_options: [{ domain_name: \"www.shop.example\", hosted_zone: zone \
                     }]\n}\n",
        },
        Example {
            title: "A domain and everything in it",
            source: "lookup zone = aws.route53.HostedZone { name: \"shop.example\" }\n\nresource certificate = \
                     aws.certificatemanager.Certificate {\n  domain_name: \"shop.example\"\n  \
                     subject_alternative_names: [\"*.shop.example\"]\n  key_algorithm: \"EC_prime256v1\"\n  \
                     validation_method: \"DNS\"\n  domain_validation_options: [\n    { domain_name: \
                     \"shop.example\", hosted_zone: zone }\n    { domain_name: \"*.shop.example\", hosted_zone: zone \
                     }\n  ]\n  tags: { Name: \"shop\" }\n}\n",
        },
    ],
};

#[cfg(feature = "native")]
pub use lifecycle::{HANDLER, READER};

#[cfg(feature = "native")]
mod lifecycle {
    use std::collections::BTreeMap;

    use async_trait::async_trait;
    use aws_sdk_acm::types;
    use cairn_provider::declaration::Declaration;
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::{Live, Status};
    use cairn_provider::provider::{Reader, ResourceType};
    use cairn_provider::request::{Create, Created, Delete, Interest, Monitor, ReadSet, Readings, Update};
    use cairn_provider::value::{Map, Value};
    use ecow::{EcoString, eco_format};

    use crate::certificatemanager::validation::{self, Wanted};
    use crate::native::codec::{self, need, put, set, take};
    use crate::native::reading::one_by_one;
    use crate::native::session::{Session, absent_is_none, given};
    use crate::native::tags;

    /// The lifecycle.
    pub const HANDLER: &dyn ResourceType<Session> = &Certificate;
    /// Reads certificates.
    pub const READER: Option<&dyn Reader<Session>> = Some(&Certificate);

    struct Certificate;

    const KIND: &str = "aws.certificatemanager.Certificate";

    texts!(
        types::CertificateExport,
        types::KeyAlgorithm,
        types::ValidationMethod,
    );

    #[async_trait]
    impl ResourceType<Session> for Certificate {
        fn declaration(&self) -> &'static Declaration {
            &super::DECLARATION
        }

        async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
            let inputs = &request.inputs;
            refuse_repeated_name(inputs)?;
            if let Some(id) = marked(session, request).await?.into_iter().next() {
                return Ok(Created::new(id));
            }
            let list = tags::tag_list!(types::Tag, tags::of_new(inputs, "tags", &request.owner));
            let call = send!(session.acm().request_certificate(), inputs =>
                certificate_authority_arn, domain_name, key_algorithm, subject_alternative_names, validation_method)
            .idempotency_token(request.token.as_str())
            .set_domain_validation_options(validation::domains_of_mail(inputs)?)
            .set_options(options(inputs)?)
            .set_tags(Some(list));
            let answer = session.write("acm.RequestCertificate", call.send()).await?;
            given(answer.certificate_arn(), "acm.RequestCertificate").map(Created::new)
        }

        async fn configure(&self, session: &Session, id: &str, request: &Create) -> Result<(), ProviderError> {
            validation::show(session, id, &request.inputs).await
        }

        async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
            let mut found = Vec::new();
            for id in marked(session, request).await? {
                let detail = describe(session, &id).await?;
                let issued = detail.is_some_and(|detail| detail.status == Some(types::CertificateStatus::Issued));
                // One that still lacks its records is asked for once more, by its token, and then gets them.
                if issued || Wanted::of(&request.inputs)?.is_empty() {
                    found.push(id);
                }
            }
            Ok(found)
        }

        async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
            let (id, inputs, changed) = (&request.id, &request.inputs, &request.changed);
            if changed.contains("domain_validation_options") {
                validation::show(session, id, inputs).await?;
                validation::mail_again(session, id, inputs).await?;
            }
            if changed.contains("tags") {
                let changes = tags::changes(&request.observed, inputs, "tags");
                change_tags(session, id, changes).await?;
            }
            Ok(None)
        }

        async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
            let wanted = Wanted::of(&request.inputs)?;
            let detail = if wanted.is_empty() { None } else { describe(session, &request.id).await? };
            // What is known afterwards only would be lost if this were interrupted. One in use cannot go yet anyway.
            let records = match &detail {
                Some(detail) if detail.in_use_by().is_empty() => validation::own_records(session, detail).await?,
                Some(_) | None => BTreeMap::new(),
            };
            let call = session.acm().delete_certificate().certificate_arn(request.id.as_str());
            session.delete("acm.DeleteCertificate", call.send()).await?;
            validation::withdraw(session, records, &wanted).await?;
            Ok(None)
        }

        async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
            let all = validation::all(session, session.acm()).await?;
            Ok(all.into_iter().filter_map(|one| one.certificate_arn).map(EcoString::from).collect())
        }
    }

    #[async_trait]
    impl Reader<Session> for Certificate {
        fn kinds(&self) -> &'static [&'static str] {
            &[KIND]
        }

        async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
            Ok(one_by_one(KIND, wanted, |id, interest| read(session, id, interest)).await)
        }
    }

    async fn read(session: &Session, id: &EcoString, interest: &Interest) -> Result<Option<Live>, ProviderError> {
        let Some(detail) = describe(session, id).await? else { return Ok(None) };
        let mut attributes = attributes(id, &detail);
        let mut owner = None;
        if interest.wants("tags") {
            let Some(list) = tags_of(session, id).await? else { return Ok(None) };
            let pairs = list.iter().map(|tag| (tag.key(), tag.value().unwrap_or_default()));
            let (users, mark) = tags::read(pairs);
            set(&mut attributes, "tags", users);
            owner = mark;
        }
        Ok(Some(Live { id: id.clone(), attributes, status: status(&detail), owner }))
    }

    fn attributes(id: &EcoString, detail: &types::CertificateDetail) -> Map {
        let mut attributes = read!(detail => certificate_authority_arn, domain_name);
        set(&mut attributes, "id", Value::Text(id.clone()));
        let own = detail.domain_name().unwrap_or_default();
        let others = detail.subject_alternative_names().iter().filter(|name| *name != own);
        set(&mut attributes, "subject_alternative_names", Value::list(others.map(|name| Value::text(name.as_str()))));
        // The service writes `RSA-2048` where it takes `RSA_2048`.
        let key = detail.key_algorithm().map(|algorithm| algorithm.as_str().replace('-', "_"));
        put(&mut attributes, "key_algorithm", &key);
        let method = detail.domain_validation_options().iter().find_map(|one| one.validation_method().cloned());
        put(&mut attributes, "validation_method", &method);
        put(&mut attributes, "certificate_export", &detail.options().and_then(|options| options.export.clone()));
        attributes
    }

    fn status(detail: &types::CertificateDetail) -> Status {
        match detail.status() {
            Some(types::CertificateStatus::PendingValidation) => Status::Pending(validation::awaited(detail)),
            Some(
                status @ (types::CertificateStatus::Failed
                | types::CertificateStatus::Revoked
                | types::CertificateStatus::ValidationTimedOut),
            ) => {
                let reason = detail.failure_reason().map(types::FailureReason::as_str);
                let reason = reason.or_else(|| detail.revocation_reason().map(types::RevocationReason::as_str));
                let reason = reason.map(|reason| eco_format!(" ({reason})")).unwrap_or_default();
                Status::Failed(eco_format!("{}{reason}", status.as_str()))
            }
            Some(_) | None => Status::Ready,
        }
    }

    fn options(inputs: &Map) -> Result<Option<types::CertificateOptions>, ProviderError> {
        let export: Option<types::CertificateExport> = take(inputs, "certificate_export")?;
        Ok(export.map(|export| types::CertificateOptions::builder().export(export).build()))
    }

    /// The service answers with the domain among the other names: written there, too, it would never agree.
    fn refuse_repeated_name(inputs: &Map) -> Result<(), ProviderError> {
        let name: String = need(inputs, "domain_name")?;
        let others: Vec<String> = take(inputs, "subject_alternative_names")?.unwrap_or_default();
        if others.iter().any(|other| other.eq_ignore_ascii_case(&name)) {
            let message = "leave it out of `subject_alternative_names`: `domain_name` is among the names anyway";
            return Err(ProviderError::refused("acm.RequestCertificate", eco_format!("{name} is named twice; {message}")));
        }
        Ok(())
    }

    /// The certificates that carry the request's marks.
    async fn marked(session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
        let name: String = need(&request.inputs, "domain_name")?;
        let all = validation::all(session, session.acm()).await?;
        let same_name = |one: &&types::CertificateSummary| one.domain_name().is_some_and(|o| o.eq_ignore_ascii_case(&name));
        let mut found = Vec::new();
        for id in all.iter().filter(same_name).filter_map(types::CertificateSummary::certificate_arn) {
            let list = tags_of(session, id).await?.unwrap_or_default();
            let (_, owner) = tags::read(list.iter().map(|tag| (tag.key(), tag.value().unwrap_or_default())));
            if owner.as_ref() == Some(&request.owner) {
                found.push(id.into());
            }
        }
        Ok(found)
    }

    async fn describe(session: &Session, id: &str) -> Result<Option<types::CertificateDetail>, ProviderError> {
        validation::describe(session, session.acm(), id).await
    }

    async fn tags_of(session: &Session, id: &str) -> Result<Option<Vec<types::Tag>>, ProviderError> {
        let call = || session.acm().list_tags_for_certificate().certificate_arn(id).send();
        let answer = absent_is_none(session.read("acm.ListTagsForCertificate", call).await)?;
        Ok(answer.map(|answer| answer.tags.unwrap_or_default()))
    }

    async fn change_tags(session: &Session, id: &str, changes: tags::Changes) -> Result<(), ProviderError> {
        if !changes.set.is_empty() {
            let list = tags::tag_list!(types::Tag, changes.set);
            let call = session.acm().add_tags_to_certificate().certificate_arn(id).set_tags(Some(list));
            session.write("acm.AddTagsToCertificate", call.send()).await?;
        }
        if !changes.remove.is_empty() {
            let tags = changes.remove.into_iter().map(|key| codec::built(types::Tag::builder().key(key).build()));
            let list = tags.collect::<Result<Vec<_>, _>>()?;
            let call = session.acm().remove_tags_from_certificate().certificate_arn(id).set_tags(Some(list));
            session.write("acm.RemoveTagsFromCertificate", call.send()).await?;
        }
        Ok(())
    }
}
