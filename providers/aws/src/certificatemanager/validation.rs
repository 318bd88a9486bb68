//! How a certificate shows that its domains are ours: records in hosted zones, or mail.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_acm::config::Region;
use aws_sdk_acm::types;
use aws_sdk_route53::types as dns;
use cairn_provider::error::{ErrorClass, ProviderError};
use cairn_provider::value::{Map, Value};
use ecow::{EcoString, eco_format};

use crate::native::codec::{self, Mistake, need, take};
use crate::native::session::{Session, absent_is_none};
use crate::route53::wire;

/// How long name servers remember a record, in seconds.
const LIFETIME: i64 = 300;

/// The domains whose records are ours to set, each with its hosted zone.
#[derive(Debug, Default)]
pub struct Wanted(BTreeMap<String, String>);

impl Wanted {
    /// What a document says of them.
    pub fn of(inputs: &Map) -> Result<Self, Mistake> {
        let mut wanted = BTreeMap::new();
        for option in written(inputs) {
            if let Some(zone) = take::<String>(option, "hosted_zone")? {
                wanted.insert(need::<String>(option, "domain_name")?, wire::bare(&zone).to_owned());
            }
        }
        Ok(Self(wanted))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The records with their zones. A domain and all names in it have the same record. `None` if the service has not
    /// said yet what a record must hold.
    fn records(&self, detail: &types::CertificateDetail) -> Option<BTreeMap<String, (String, String)>> {
        let mut records = BTreeMap::new();
        for (domain, zone) in &self.0 {
            let validation = detail.domain_validation_options().iter().find(|one| is_same(one.domain_name(), domain));
            let record = validation.and_then(types::DomainValidation::resource_record)?;
            records.insert(record.name.clone(), (record.value.clone(), zone.clone()));
        }
        Some(records)
    }
}

fn written(inputs: &Map) -> impl Iterator<Item = &Map> {
    let options = inputs.get("domain_validation_options").and_then(Value::as_list).unwrap_or_default();
    options.iter().filter_map(Value::as_map)
}

fn is_same(one: &str, other: &str) -> bool {
    one.trim_end_matches('.').eq_ignore_ascii_case(other.trim_end_matches('.'))
}

/// The domain whose record also shows that all names in it are ours.
fn covered(domain: &str) -> &str {
    domain.strip_prefix("*.").unwrap_or(domain)
}

/// Where mail goes, for domains that ask for another place than their own.
pub fn domains_of_mail(inputs: &Map) -> Result<Option<Vec<types::DomainValidationOption>>, Mistake> {
    let mut options = Vec::new();
    for option in written(inputs) {
        if let Some(place) = take::<String>(option, "validation_domain")? {
            let domain: String = need(option, "domain_name")?;
            let builder = types::DomainValidationOption::builder().domain_name(domain).validation_domain(place);
            options.push(codec::built(builder.build())?);
        }
    }
    Ok(Some(options).filter(|options| !options.is_empty()))
}

/// Asks for new mail, while the certificate still waits for an answer to the old.
pub async fn mail_again(session: &Session, id: &str, inputs: &Map) -> Result<(), ProviderError> {
    let Some(options) = domains_of_mail(inputs)? else { return Ok(()) };
    let detail = describe(session, session.acm(), id).await?;
    if detail.is_none_or(|detail| detail.status != Some(types::CertificateStatus::PendingValidation)) {
        return Ok(());
    }
    for option in options {
        let call = session.acm().resend_validation_email().certificate_arn(id);
        let call = call.domain(option.domain_name).validation_domain(option.validation_domain);
        session.write("acm.ResendValidationEmail", call.send()).await?;
    }
    Ok(())
}

/// Sets the records of all domains that have a hosted zone.
pub async fn show(session: &Session, id: &str, inputs: &Map) -> Result<(), ProviderError> {
    let wanted = Wanted::of(inputs)?;
    if wanted.is_empty() {
        return Ok(());
    }
    let detail = describe(session, session.acm(), id).await?;
    let Some(detail) = detail else { return Err(not_yet(id)) };
    let by_dns = |one: &types::DomainValidation| one.validation_method == Some(types::ValidationMethod::Dns);
    let options = detail.domain_validation_options();
    if !options.is_empty() && !options.iter().all(by_dns) {
        let message = "a `hosted_zone` is of use with `validation_method: \"DNS\"` only";
        return Err(ProviderError::refused("acm.DescribeCertificate", message));
    }
    let names = detail.subject_alternative_names();
    let strange = wanted.0.keys().find(|domain| !names.is_empty() && !names.iter().any(|name| is_same(name, domain)));
    if let Some(domain) = strange {
        let message = eco_format!("`domain_validation_options` names {domain}, which is no name of the certificate");
        return Err(ProviderError::refused("acm.DescribeCertificate", message));
    }
    for (name, (value, zone)) in wanted.records(&detail).ok_or_else(|| not_yet(id))? {
        let there = wire::records(session, &zone, Some((&wire::plain_name(&name), "CNAME"))).await?;
        if !there.unwrap_or_default().iter().any(|record| holds(record, &value)) {
            wire::change_record(session, &zone, dns::ChangeAction::Upsert, record(&name, value)?, None).await?;
        }
    }
    Ok(())
}

fn not_yet(id: &str) -> ProviderError {
    let message = eco_format!("the records for {id} are not known yet");
    ProviderError::new(ErrorClass::NotYetConsistent, "NoValidationRecord", "acm.DescribeCertificate", message)
}

fn record(name: &str, value: String) -> Result<dns::ResourceRecordSet, Mistake> {
    let value = codec::built(dns::ResourceRecord::builder().value(value).build())?;
    let builder = dns::ResourceRecordSet::builder().name(name).r#type(dns::RrType::Cname).ttl(LIFETIME);
    codec::built(builder.resource_records(value).build())
}

fn holds(record: &dns::ResourceRecordSet, value: &str) -> bool {
    record.resource_records().iter().any(|one| is_same(&one.value, value))
}

/// A certificate's records that no other certificate needs, name to value.
///
/// All its domains count, also those that are listed no longer: their records stayed as long as it had to be renewed.
pub async fn own_records(
    session: &Session,
    detail: &types::CertificateDetail,
) -> Result<BTreeMap<String, String>, ProviderError> {
    let options = detail.domain_validation_options().iter().filter_map(|one| one.resource_record());
    let mut records: BTreeMap<String, String> =
        options.map(|record| (record.name.clone(), record.value.clone())).collect();
    for needed in needed_by_others(session, detail).await? {
        records.remove(&needed);
    }
    Ok(records)
}

/// Removes records of a deleted certificate from the zones that are ours.
pub async fn withdraw(
    session: &Session,
    records: BTreeMap<String, String>,
    wanted: &Wanted,
) -> Result<(), ProviderError> {
    let zones: BTreeSet<&String> = wanted.0.values().collect();
    for (name, value) in records {
        for zone in &zones {
            let there = wire::records(session, zone, Some((&wire::plain_name(&name), "CNAME"))).await?;
            for record in there.unwrap_or_default().into_iter().filter(|record| holds(record, &value)) {
                let gone = wire::change_record(session, zone, dns::ChangeAction::Delete, record, None).await;
                absent_is_none(gone)?;
            }
        }
    }
    Ok(())
}

/// The records of the account's other certificates for the same domains. A domain has one record in all regions.
async fn needed_by_others(
    session: &Session,
    deleted: &types::CertificateDetail,
) -> Result<Vec<String>, ProviderError> {
    let domains: Vec<&str> = deleted.domain_validation_options().iter().map(|one| covered(one.domain_name())).collect();
    let is_ours = |name: &str| domains.iter().any(|domain| is_same(domain, covered(name)));
    let mut needed = Vec::new();
    for region in regions(session).await? {
        let config = session.acm().config().to_builder().region(Region::new(region));
        let client = aws_sdk_acm::Client::from_conf(config.build());
        for other in all(session, &client).await? {
            let mut names = other.domain_name().into_iter().chain(alternative(&other));
            // A summary names some of many names only.
            let unclear = other.has_additional_subject_alternative_names() == Some(true)
                || other.subject_alternative_name_summaries.is_none();
            let Some(id) = other.certificate_arn().filter(|id| Some(*id) != deleted.certificate_arn()) else { continue };
            if !unclear && !names.any(is_ours) {
                continue;
            }
            let detail = describe(session, &client, id).await?;
            let options = detail.and_then(|detail| detail.domain_validation_options).unwrap_or_default();
            let ours = options.into_iter().filter(|one| is_ours(one.domain_name()));
            needed.extend(ours.filter_map(|one| one.resource_record).map(|record| record.name));
        }
    }
    Ok(needed)
}

fn alternative(summary: &types::CertificateSummary) -> impl Iterator<Item = &str> {
    summary.subject_alternative_name_summaries().iter().map(String::as_str)
}

async fn regions(session: &Session) -> Result<Vec<String>, ProviderError> {
    let call = || session.ec2().describe_regions().send();
    let answer = session.read("ec2.DescribeRegions", call).await?;
    Ok(answer.regions.unwrap_or_default().into_iter().filter_map(|region| region.region_name).collect())
}

/// All certificates of a region. Only those with RSA keys of 2048 bits or less are listed unless others are asked for.
pub async fn all(
    session: &Session,
    client: &aws_sdk_acm::Client,
) -> Result<Vec<types::CertificateSummary>, ProviderError> {
    let algorithms = types::KeyAlgorithm::values().iter().map(|name| types::KeyAlgorithm::from(*name)).collect();
    let filter = types::Filters::builder().set_key_types(Some(algorithms)).build();
    let call = |token| client.list_certificates().includes(filter.clone()).set_next_token(token).send();
    session
        .pages("acm.ListCertificates", call, |page| (page.certificate_summary_list.unwrap_or_default(), page.next_token))
        .await
}

/// A certificate, if it is there.
pub async fn describe(
    session: &Session,
    client: &aws_sdk_acm::Client,
    id: &str,
) -> Result<Option<types::CertificateDetail>, ProviderError> {
    let call = || client.describe_certificate().certificate_arn(id).send();
    let answer = absent_is_none(session.read("acm.DescribeCertificate", call).await)?;
    Ok(answer.and_then(|answer| answer.certificate))
}

/// What a certificate waits for, in words.
pub fn awaited(detail: &types::CertificateDetail) -> EcoString {
    let options = detail.domain_validation_options().iter();
    let open = options.filter(|one| one.validation_status != Some(types::DomainStatus::Success));
    let mut records: Vec<String> = open
        .filter_map(|one| one.resource_record())
        .map(|record| format!("{} {} {}", record.name, record.r#type.as_str(), record.value))
        .collect();
    records.sort();
    records.dedup();
    let state = types::CertificateStatus::PendingValidation;
    match records.as_slice() {
        [] => state.as_str().into(),
        records => eco_format!("{}: until the DNS answers {}", state.as_str(), records.join(", ")),
    }
}
