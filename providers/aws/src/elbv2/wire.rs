//! What the handlers of the service share: tags, attributes in keyed lists, enumerations, ARNs that follow from ARNs.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_elasticloadbalancingv2::types;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use cairn_provider::error::{ErrorClass, ProviderError};
use cairn_provider::object::{Observed, Ownership};
use cairn_provider::request::{Create, Interest, Readings, Update};
use cairn_provider::value::{Map, Value};
use ecow::EcoString;

use crate::native::codec::{Encode, Mistake};
use crate::native::session::{Answer, Session, absent_is_done, absent_is_none};
use crate::native::tags;

texts!(types::ProtocolEnum);

/// A page of a list holds so many objects at most.
pub const PAGE: i32 = 400;

/// Listeners and rules are asked for by so many ARNs at a time. The service names no limit for them; for load balancers
/// it is this one.
pub const NAMED: usize = 20;

/// DescribeTags takes so many ARNs.
const TAGGED: usize = 20;

/// The tags and the marks of one object.
pub type Tagged = (Value, Option<Ownership>);

/// The tags of a new object.
pub fn new_tags(request: &Create) -> Result<Vec<types::Tag>, Mistake> {
    let pairs = tags::of_new(&request.inputs, "tags", &request.owner);
    Ok(tags::tag_list!(types::Tag, pairs))
}

/// The tags of objects by their ARNs. What is gone in the meantime is left out.
pub async fn tags_of(session: &Session, arns: &[&str]) -> Result<BTreeMap<EcoString, Tagged>, ProviderError> {
    let mut all = BTreeMap::new();
    for chunk in arns.chunks(TAGGED) {
        if let Some(found) = describe_tags(session, chunk).await? {
            all.extend(found);
            continue;
        }
        for one in chunk {
            all.extend(describe_tags(session, &[one]).await?.unwrap_or_default());
        }
    }
    Ok(all)
}

/// The tags of some objects; none if one of them is not there.
async fn describe_tags(session: &Session, arns: &[&str]) -> Result<Option<Vec<(EcoString, Tagged)>>, ProviderError> {
    let arns: Vec<String> = arns.iter().map(|arn| (*arn).to_owned()).collect();
    let call = || session.elbv2().describe_tags().set_resource_arns(Some(arns.clone())).send();
    let Some(answer) = absent_is_none(session.read("elbv2.DescribeTags", call).await)? else { return Ok(None) };
    let of = |one: &types::TagDescription| {
        let pairs = one.tags().iter().map(|tag| (tag.key().unwrap_or_default(), tag.value().unwrap_or_default()));
        Some((EcoString::from(one.resource_arn()?), tags::read(pairs)))
    };
    Ok(Some(answer.tag_descriptions().iter().filter_map(of).collect()))
}

/// An object of those that are wanted.
pub struct Wanted<'a, T> {
    /// Its ARN.
    pub arn: EcoString,
    /// What the list says of it.
    pub object: T,
    /// What is wanted of it.
    pub interest: &'a Interest,
    /// Its tags and marks.
    pub tags: Tagged,
}

/// Of what was found what is wanted, with its tags if they are wanted. What is gone in the meantime is left out.
pub async fn wanted_of<'a, T>(
    session: &Session,
    wanted: &'a BTreeMap<EcoString, Interest>,
    found: Vec<T>,
    arn: fn(&T) -> Option<&str>,
) -> Result<Vec<Wanted<'a, T>>, ProviderError> {
    let asked = |object: T| {
        let (arn, interest) = wanted.get_key_value(arn(&object)?)?;
        Some((arn, object, interest))
    };
    let found: Vec<(&EcoString, T, &Interest)> = found.into_iter().filter_map(asked).collect();
    let tags_wanted = found.iter().filter(|(_, _, interest)| interest.wants("tags"));
    let arns: Vec<&str> = tags_wanted.map(|(arn, ..)| arn.as_str()).collect();
    let mut tagged = tags_of(session, &arns).await?;
    let with_tags = |(arn, object, interest): (&EcoString, T, &'a Interest)| {
        let tags = if interest.wants("tags") { tagged.remove(arn)? } else { (Value::None, None) };
        Some(Wanted { arn: arn.clone(), object, interest, tags })
    };
    Ok(found.into_iter().filter_map(with_tags).collect())
}

/// The objects under which others are listed, by the ARNs of those. An ARN that tells none is answered as unreadable.
pub fn parents<'a>(
    readings: &mut Readings,
    kind: &'static str,
    ids: impl IntoIterator<Item = &'a EcoString>,
    parent: fn(&str) -> Option<EcoString>,
    no_arn: fn(&str) -> ProviderError,
) -> BTreeSet<EcoString> {
    let mut parents = BTreeSet::new();
    for id in ids {
        match parent(id) {
            Some(parent) => {
                parents.insert(parent);
            }
            None => readings.answer(kind, id.clone(), Observed::Unreadable(no_arn(id))),
        }
    }
    parents
}

/// Of some objects those with the marks of a request.
pub async fn marked(
    session: &Session,
    arns: Vec<EcoString>,
    request: &Create,
) -> Result<Vec<EcoString>, ProviderError> {
    let texts: Vec<&str> = arns.iter().map(EcoString::as_str).collect();
    let tagged = tags_of(session, &texts).await?;
    let ours = |arn: &EcoString| {
        tagged.get(arn).and_then(|(_, owner)| owner.as_ref()) == Some(&request.owner)
    };
    Ok(arns.into_iter().filter(ours).collect())
}

/// What a create may go on from. The service answers a repeated create with what is there already, whoever made it: a
/// name that is taken by others is refused here.
///
/// # Errors
/// The name is taken.
pub async fn free_or_ours(
    session: &Session,
    named: Vec<EcoString>,
    operation: &'static str,
    request: &Create,
) -> Result<Option<EcoString>, ProviderError> {
    if named.is_empty() {
        return Ok(None);
    }
    let ours = marked(session, named, request).await?.pop();
    let taken = || ProviderError::new(ErrorClass::AlreadyExists, "AlreadyExists", operation, "the name is taken");
    ours.map(Some).ok_or_else(taken)
}

/// Brings tags to what is written, if they changed.
pub async fn update_tags(session: &Session, arn: &str, request: &Update) -> Result<(), ProviderError> {
    if !request.changed.contains("tags") {
        return Ok(());
    }
    let changes = tags::changes(&request.observed, &request.inputs, "tags");
    if !changes.set.is_empty() {
        let list = tags::tag_list!(types::Tag, changes.set);
        session.write("elbv2.AddTags", session.elbv2().add_tags().resource_arns(arn).set_tags(Some(list)).send()).await?;
    }
    if !changes.remove.is_empty() {
        let call = session.elbv2().remove_tags().resource_arns(arn).set_tag_keys(Some(changes.remove));
        absent_is_done(session.write("elbv2.RemoveTags", call.send()).await.map(|_| ()))?;
    }
    Ok(())
}

/// The attributes of a new object, as they are written.
pub fn new_attributes(inputs: &Map, field: &str) -> Result<Vec<(String, String)>, Mistake> {
    let written = inputs.get(field).and_then(Value::as_map);
    let text = |(name, value): (&EcoString, &Value)| {
        Ok((name.to_string(), String::encode(value).map_err(|mistake| mistake.inside(name))?))
    };
    written.into_iter().flatten().map(text).collect()
}

/// The attributes to be sent in an update: those that are written, and those that were and go back to their defaults.
pub fn changed_attributes(
    request: &Update,
    field: &str,
    defaults: &[(&str, &str)],
) -> Result<Vec<(String, String)>, Mistake> {
    let observed = request.observed.get(field).and_then(Value::as_map);
    let before = |name: &str| observed.and_then(|map| map.get(name)).and_then(Value::as_text);
    let mut changes = new_attributes(&request.inputs, field)?;
    let written: Vec<String> = changes.iter().map(|(name, _)| name.clone()).collect();
    changes.retain(|(name, value)| before(name) != Some(value));
    for (name, default) in defaults {
        let differs = before(name).is_some_and(|value| value != *default);
        if differs && !written.iter().any(|other| other == name) {
            changes.push(((*name).to_owned(), (*default).to_owned()));
        }
    }
    Ok(changes)
}

/// Sends attributes, if there are any: `make` gives each the type of its call.
pub async fn send_attributes<A, T, E, F>(
    session: &Session,
    operation: &'static str,
    attributes: Vec<(String, String)>,
    make: impl Fn((String, String)) -> A,
    call: impl FnOnce(Vec<A>) -> F,
) -> Result<(), ProviderError>
where
    F: Future<Output = Answer<T, E>>,
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    if attributes.is_empty() {
        return Ok(());
    }
    let attributes = attributes.into_iter().map(make).collect();
    session.write(operation, call(attributes)).await.map(|_| ())
}

/// Attributes that were read, as the document has them.
pub fn read_attributes<'a>(pairs: impl Iterator<Item = (Option<&'a str>, Option<&'a str>)>) -> Value {
    let known = pairs.filter_map(|(name, value)| Some((EcoString::from(name?), Value::text(value.unwrap_or_default()))));
    Value::map(known.collect::<BTreeMap<_, _>>())
}

/// The load balancer of a listener, by its ARN. `None` if it is no listener's ARN.
pub fn load_balancer_of(listener: &str) -> Option<EcoString> {
    let (balancer, _) = listener.rsplit_once('/')?;
    let (before, name) = balancer.split_once(":listener/")?;
    Some(ecow::eco_format!("{before}:loadbalancer/{name}"))
}

/// The listener of a rule, by its ARN. `None` if it is no rule's ARN.
pub fn listener_of(rule: &str) -> Option<EcoString> {
    let (listener, _) = rule.rsplit_once('/')?;
    let (before, name) = listener.split_once(":listener-rule/")?;
    Some(ecow::eco_format!("{before}:listener/{name}"))
}

#[cfg(test)]
mod tests {
    use super::{changed_attributes, listener_of, load_balancer_of, parents};
    use cairn_provider::error::ProviderError;
    use cairn_provider::object::{Observed, Ownership};
    use cairn_provider::request::{Readings, Update};
    use cairn_provider::value::{Map, Value};

    #[test]
    fn arns_follow_from_arns() {
        let rule = "arn:aws:elasticloadbalancing:eu-west-1:1:listener-rule/app/shop/50dc6c495c0c9188/f2f7dc8/9683b2d";
        let listener = "arn:aws:elasticloadbalancing:eu-west-1:1:listener/app/shop/50dc6c495c0c9188/f2f7dc8";
        assert_eq!(listener_of(rule).unwrap(), listener);
        assert_eq!(
            load_balancer_of(listener).unwrap(),
            "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/shop/50dc6c495c0c9188"
        );
        assert_eq!(listener_of(listener), None);
        assert_eq!(load_balancer_of(rule), None);
    }

    #[test]
    fn each_parent_is_asked_once_and_other_texts_are_unreadable() {
        const KIND: &str = "aws.elbv2.Listener";
        let listener = |id: &str| format!("arn:aws:elasticloadbalancing:eu-west-1:1:listener/app/shop/50dc/{id}").into();
        let ids = [listener("f2f7"), listener("f2f8"), "shop".into()];
        let no_arn = |id: &str| ProviderError::refused("elbv2.DescribeListeners", id);
        let mut readings = Readings::default();
        let found = parents(&mut readings, KIND, &ids, load_balancer_of, no_arn);
        let balancer = "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/shop/50dc";
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [balancer]);
        assert!(matches!(readings.take(&KIND.into(), &ids[2]), Some(Observed::Unreadable(_))));
        assert!(readings.take(&KIND.into(), &ids[0]).is_none());
    }

    #[test]
    fn attributes_go_back_to_their_defaults() {
        let map = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|(name, value)| ((*name).into(), Value::text(*value)));
            Map::from([("attributes".into(), Value::map(pairs))])
        };
        let request = Update {
            kind: "aws.elbv2.LoadBalancer".into(),
            id: "arn".into(),
            observed: map(&[("a", "1"), ("b", "2"), ("c", "3")]),
            inputs: map(&[("a", "1"), ("d", "4")]),
            changed: ["attributes".into()].into(),
            owner: Ownership { stack: "".into(), address: "".into(), nonce: "".into() },
            token: "".into(),
        };
        let changes = changed_attributes(&request, "attributes", &[("a", "0"), ("b", "0"), ("c", "3")]).unwrap();
        assert_eq!(changes, [("d".to_owned(), "4".to_owned()), ("b".to_owned(), "0".to_owned())]);
    }
}
