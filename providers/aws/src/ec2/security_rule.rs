//! Rules of security groups, as documents and as the service has them.
//!
//! A rule that is a resource of its own carries its stack's marks as tags. The lists of its group leave it out, so that
//! a group may have rules in its lists and rules beside them.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_ec2::types;
use cairn_provider::declaration::Declaration;
use cairn_provider::error::ProviderError;
use cairn_provider::object::{Live, Observed, Status};
use cairn_provider::provider::{Reader, ResourceType};
use cairn_provider::request::{Create, Created, Delete, Monitor, ReadSet, Readings, Update};
use cairn_provider::value::{Cidr, Map, Value};
use ecow::{EcoString, eco_format};

use crate::ec2::wire;
use crate::native::codec::{Mistake, built, fields_of, need, set, take};
use crate::native::reading::identities;
use crate::native::session::{Session, absent_is_done, given};

/// Which way the traffic of a rule goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Into the group.
    Ingress,
    /// Out of the group.
    Egress,
}

impl Direction {
    /// The field that names the group on the other side.
    fn group(self) -> &'static str {
        match self {
            Self::Ingress => "source_security_group",
            Self::Egress => "destination_security_group",
        }
    }

    /// The field that names the prefix list on the other side.
    fn prefix_list(self) -> &'static str {
        match self {
            Self::Ingress => "source_prefix_list",
            Self::Egress => "destination_prefix_list",
        }
    }

    /// The fields of a rule in the lists of a group.
    fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Ingress => &[
                "cidr_ip",
                "cidr_ipv6",
                "description",
                "from_port",
                "ip_protocol",
                "source_prefix_list",
                "source_security_group",
                "source_security_group_owner_id",
                "to_port",
            ],
            Self::Egress => &[
                "cidr_ip",
                "cidr_ipv6",
                "description",
                "destination_prefix_list",
                "destination_security_group",
                "from_port",
                "ip_protocol",
                "to_port",
            ],
        }
    }

    fn is_of(self, rule: &types::SecurityGroupRule) -> bool {
        rule.is_egress().unwrap_or_default() == (self == Self::Egress)
    }
}

/// The rules that meet filters, in both directions.
///
/// # Errors
/// The failure of a page.
pub async fn describe(
    session: &Session,
    filters: Vec<types::Filter>,
) -> Result<Vec<types::SecurityGroupRule>, ProviderError> {
    let call = |token| {
        let call = session.ec2().describe_security_group_rules().set_filters(Some(filters.clone()));
        call.max_results(1000).set_next_token(token).send()
    };
    session
        .pages("ec2.DescribeSecurityGroupRules", call, |page| {
            (page.security_group_rules.unwrap_or_default(), page.next_token)
        })
        .await
}

/// Whether a rule is a resource of its own.
fn stands_alone(rule: &types::SecurityGroupRule) -> bool {
    wire::read_tags(rule.tags.as_deref()).1.is_some()
}

/// The lists of groups: ingress and egress, by group.
///
/// # Errors
/// The failure of a call.
pub async fn lists(
    session: &Session,
    groups: &[&str],
) -> Result<BTreeMap<EcoString, (Vec<Value>, Vec<Value>)>, ProviderError> {
    let mut lists: BTreeMap<EcoString, (Vec<Value>, Vec<Value>)> = BTreeMap::new();
    for filter in wire::filters("group-id", groups.iter().copied()) {
        for rule in describe(session, vec![filter]).await? {
            let Some(group) = rule.group_id().filter(|_| !stands_alone(&rule)) else { continue };
            let (ingress, egress) = lists.entry(group.into()).or_default();
            let (list, direction) = if Direction::Egress.is_of(&rule) {
                (egress, Direction::Egress)
            } else {
                (ingress, Direction::Ingress)
            };
            list.push(Value::from(document(direction, &rule)));
        }
    }
    Ok(lists)
}

/// Brings a list of a group to what is written: opens first, then closes.
///
/// # Errors
/// A rule has another shape, or a call fails.
pub async fn bring(session: &Session, group: &str, direction: Direction, written: &[Value]) -> Result<(), ProviderError> {
    let mut there: BTreeMap<EcoString, types::SecurityGroupRule> = BTreeMap::new();
    for rule in describe(session, vec![wire::filter("group-id", [group])]).await? {
        if direction.is_of(&rule) && !stands_alone(&rule) {
            there.insert(key(direction, &document(direction, &rule)), rule);
        }
    }
    let mut missing = Vec::new();
    let mut renamed = Vec::new();
    for value in written {
        let rule = fields_of(value, direction.fields())?;
        match there.remove(&key(direction, rule)) {
            None => missing.push(permission(direction, rule)?),
            Some(found) => {
                let description = take::<String>(rule, "description")?;
                if description.is_some() && description.as_deref() != found.description() {
                    renamed.push(permission(direction, rule)?);
                }
            }
        }
    }
    if !missing.is_empty() {
        authorize(session, group, direction, missing, None).await?;
    }
    if !renamed.is_empty() {
        describe_anew(session, group, direction, renamed).await?;
    }
    let obsolete: Vec<String> = there.into_values().filter_map(|rule| rule.security_group_rule_id).collect();
    revoke(session, group, direction, obsolete).await
}

/// A rule that is a resource of its own, in one direction.
pub struct Rule {
    /// What is declared of the type.
    pub declaration: &'static Declaration,
    /// Which way its traffic goes.
    pub direction: Direction,
}

#[async_trait]
impl ResourceType<Session> for Rule {
    fn declaration(&self) -> &'static Declaration {
        self.declaration
    }

    async fn create(&self, session: &Session, request: &Create) -> Result<Created, ProviderError> {
        let group: String = need(&request.inputs, "group")?;
        let permission = permission(self.direction, &request.inputs)?;
        let tags = wire::tag_specification(request, types::ResourceType::SecurityGroupRule)?;
        let made = authorize(session, &group, self.direction, vec![permission], Some(tags)).await?;
        let id = made.first().and_then(types::SecurityGroupRule::security_group_rule_id);
        given(id, "ec2.AuthorizeSecurityGroup").map(Created::new)
    }

    async fn resolve(&self, session: &Session, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
        self.ids(session, wire::marked(&request.owner)).await
    }

    async fn update(&self, session: &Session, request: &Update) -> Result<Option<Monitor>, ProviderError> {
        let inputs = &request.inputs;
        let group: String = need(inputs, "group")?;
        if request.changed.iter().all(|field| field == "description") {
            let renamed = vec![permission(self.direction, inputs)?];
            return describe_anew(session, &group, self.direction, renamed).await.map(|()| None);
        }
        let (from, to) = ports(inputs)?;
        let rule = types::SecurityGroupRuleRequest::builder()
            .ip_protocol(need::<String>(inputs, "ip_protocol")?)
            .set_from_port(from.or(Some(-1)))
            .set_to_port(to.or(Some(-1)))
            .set_cidr_ipv4(take(inputs, "cidr_ip")?)
            .set_cidr_ipv6(take(inputs, "cidr_ipv6")?)
            .set_prefix_list_id(take(inputs, self.direction.prefix_list())?)
            .set_referenced_group_id(take(inputs, self.direction.group())?)
            .set_description(take(inputs, "description")?)
            .build();
        let change = types::SecurityGroupRuleUpdate::builder()
            .security_group_rule_id(request.id.as_str())
            .security_group_rule(rule);
        let change = built(change.build())?;
        let call = session.ec2().modify_security_group_rules().group_id(group).security_group_rules(change);
        session.write("ec2.ModifySecurityGroupRules", call.send()).await?;
        Ok(None)
    }

    async fn delete(&self, session: &Session, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
        let id = request.id.as_str();
        let found = describe(session, vec![wire::filter("security-group-rule-id", [id])]).await?;
        let ours = found.iter().filter(|rule| rule.security_group_rule_id() == Some(id));
        for group in ours.filter_map(types::SecurityGroupRule::group_id) {
            absent_is_done(revoke(session, group, self.direction, vec![id.to_owned()]).await)?;
        }
        Ok(None)
    }

    async fn list(&self, session: &Session) -> Result<Vec<EcoString>, ProviderError> {
        self.ids(session, Vec::new()).await
    }
}

impl Rule {
    async fn ids(&self, session: &Session, filters: Vec<types::Filter>) -> Result<Vec<EcoString>, ProviderError> {
        let mut found = describe(session, filters).await?;
        found.retain(|rule| self.direction.is_of(rule));
        Ok(identities(&found, types::SecurityGroupRule::security_group_rule_id))
    }
}

/// Reads rules that are resources of their own, of both directions with the same calls.
pub struct Rules;

const KINDS: [&str; 2] = ["aws.ec2.SecurityGroupIngress", "aws.ec2.SecurityGroupEgress"];

#[async_trait]
impl Reader<Session> for Rules {
    fn kinds(&self) -> &'static [&'static str] {
        &KINDS
    }

    async fn read(&self, session: &Session, wanted: &ReadSet) -> Result<Readings, ProviderError> {
        let mut readings = Readings::default();
        let ids = KINDS.into_iter().filter_map(|kind| wanted.get(kind)).flat_map(|wanted| wanted.keys());
        for filter in wire::filters("security-group-rule-id", ids) {
            for rule in describe(session, vec![filter]).await? {
                for (kind, direction) in KINDS.into_iter().zip([Direction::Ingress, Direction::Egress]) {
                    if direction.is_of(&rule) {
                        let live = live(direction, &rule);
                        readings.answer(kind, live.id.clone(), Observed::Present(Box::new(live)));
                    }
                }
            }
        }
        Ok(readings)
    }
}

fn live(direction: Direction, rule: &types::SecurityGroupRule) -> Live {
    let mut attributes = document(direction, rule);
    attributes.extend(read!(rule => security_group_rule_id as "id", group_id as "group"));
    let (_, owner) = wire::read_tags(rule.tags.as_deref());
    Live { id: rule.security_group_rule_id().unwrap_or_default().into(), attributes, status: Status::Ready, owner }
}

/// A rule as a document.
fn document(direction: Direction, rule: &types::SecurityGroupRule) -> Map {
    let mut map = read!(rule =>
        ip_protocol, from_port, to_port, description, cidr_ipv4 as "cidr_ip", cidr_ipv6);
    let text = |value: Option<&str>| value.filter(|text| !text.is_empty()).map_or(Value::None, Value::text);
    set(&mut map, direction.prefix_list(), text(rule.prefix_list_id()));
    if let Some(group) = rule.referenced_group_info() {
        set(&mut map, direction.group(), text(group.group_id()));
        if direction == Direction::Ingress {
            set(&mut map, "source_security_group_owner_id", text(group.user_id()));
        }
    }
    map
}

/// What tells two rules of a group apart: protocol, ports and the other side. Descriptions do not.
fn key(direction: Direction, rule: &Map) -> EcoString {
    let text = |field: &str| rule.get(field).and_then(Value::as_text);
    let protocol = protocol(text("ip_protocol").unwrap_or_default());
    let port = |field: &str| rule.get(field).and_then(Value::as_int).unwrap_or(-1);
    let ports = match protocol.as_str() {
        "tcp" | "udp" | "icmp" | "icmpv6" => eco_format!("{}..{}", port("from_port"), port("to_port")),
        // Other protocols have no ports: the service ignores what is written.
        _ => EcoString::new(),
    };
    let network = |text: &str| Cidr::parse(text).map_or_else(|_| text.into(), |network| eco_format!("{network}"));
    let other = text("cidr_ip")
        .or_else(|| text("cidr_ipv6"))
        .map(network)
        .or_else(|| text(direction.prefix_list()).map(EcoString::from))
        .or_else(|| text(direction.group()).map(EcoString::from))
        .unwrap_or_default();
    eco_format!("{protocol} {ports} {other}")
}

/// A protocol as the service spells it.
fn protocol(written: &str) -> EcoString {
    match written.to_ascii_lowercase().as_str() {
        "6" => "tcp".into(),
        "17" => "udp".into(),
        "1" => "icmp".into(),
        "58" => "icmpv6".into(),
        "all" => "-1".into(),
        other => other.into(),
    }
}

fn ports(rule: &Map) -> Result<(Option<i32>, Option<i32>), Mistake> {
    Ok((take(rule, "from_port")?, take(rule, "to_port")?))
}

/// A rule as the calls take it.
fn permission(direction: Direction, rule: &Map) -> Result<types::IpPermission, Mistake> {
    let (from, to) = ports(rule)?;
    let description: Option<String> = take(rule, "description")?;
    let mut permission = types::IpPermission::builder()
        .ip_protocol(need::<String>(rule, "ip_protocol")?)
        .set_from_port(from)
        .set_to_port(to);
    if let Some(network) = take::<String>(rule, "cidr_ip")? {
        let range = types::IpRange::builder().cidr_ip(network).set_description(description.clone());
        permission = permission.ip_ranges(range.build());
    }
    if let Some(network) = take::<String>(rule, "cidr_ipv6")? {
        let range = types::Ipv6Range::builder().cidr_ipv6(network).set_description(description.clone());
        permission = permission.ipv6_ranges(range.build());
    }
    if let Some(list) = take::<String>(rule, direction.prefix_list())? {
        let list = types::PrefixListId::builder().prefix_list_id(list).set_description(description.clone());
        permission = permission.prefix_list_ids(list.build());
    }
    if let Some(group) = take::<String>(rule, direction.group())? {
        let pair = types::UserIdGroupPair::builder()
            .group_id(group)
            .set_user_id(take(rule, "source_security_group_owner_id")?)
            .set_description(description);
        permission = permission.user_id_group_pairs(pair.build());
    }
    Ok(permission.build())
}

async fn authorize(
    session: &Session,
    group: &str,
    direction: Direction,
    permissions: Vec<types::IpPermission>,
    tags: Option<types::TagSpecification>,
) -> Result<Vec<types::SecurityGroupRule>, ProviderError> {
    let (permissions, tags) = (Some(permissions), tags.map(|tags| vec![tags]));
    let made = match direction {
        Direction::Ingress => {
            let call = session.ec2().authorize_security_group_ingress().group_id(group);
            let call = call.set_ip_permissions(permissions).set_tag_specifications(tags);
            session.write("ec2.AuthorizeSecurityGroupIngress", call.send()).await?.security_group_rules
        }
        Direction::Egress => {
            let call = session.ec2().authorize_security_group_egress().group_id(group);
            let call = call.set_ip_permissions(permissions).set_tag_specifications(tags);
            session.write("ec2.AuthorizeSecurityGroupEgress", call.send()).await?.security_group_rules
        }
    };
    Ok(made.unwrap_or_default())
}

/// Sets descriptions; a rule without one loses the one it has.
async fn describe_anew(
    session: &Session,
    group: &str,
    direction: Direction,
    permissions: Vec<types::IpPermission>,
) -> Result<(), ProviderError> {
    match direction {
        Direction::Ingress => {
            let call = session.ec2().update_security_group_rule_descriptions_ingress().group_id(group);
            let call = call.set_ip_permissions(Some(permissions));
            session.write("ec2.UpdateSecurityGroupRuleDescriptionsIngress", call.send()).await?;
        }
        Direction::Egress => {
            let call = session.ec2().update_security_group_rule_descriptions_egress().group_id(group);
            let call = call.set_ip_permissions(Some(permissions));
            session.write("ec2.UpdateSecurityGroupRuleDescriptionsEgress", call.send()).await?;
        }
    }
    Ok(())
}

async fn revoke(session: &Session, group: &str, direction: Direction, ids: Vec<String>) -> Result<(), ProviderError> {
    if ids.is_empty() {
        return Ok(());
    }
    match direction {
        Direction::Ingress => {
            let call = session.ec2().revoke_security_group_ingress().group_id(group);
            let call = call.set_security_group_rule_ids(Some(ids));
            session.write("ec2.RevokeSecurityGroupIngress", call.send()).await?;
        }
        Direction::Egress => {
            let call = session.ec2().revoke_security_group_egress().group_id(group);
            let call = call.set_security_group_rule_ids(Some(ids));
            session.write("ec2.RevokeSecurityGroupEgress", call.send()).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Direction, key, permission};
    use cairn_provider::value::{Map, Value};

    fn rule(pairs: &[(&str, Value)]) -> Map {
        pairs.iter().map(|(name, value)| ((*name).into(), value.clone())).collect()
    }

    #[test]
    fn rules_that_mean_the_same_have_one_key() {
        let written = rule(&[("ip_protocol", "-1".into()), ("cidr_ip", "0.0.0.0/0".into())]);
        let read = rule(&[
            ("ip_protocol", "-1".into()),
            ("from_port", Value::Int(-1)),
            ("to_port", Value::Int(-1)),
            ("cidr_ip", "0.0.0.0/0".into()),
            ("description", "all".into()),
        ]);
        assert_eq!(key(Direction::Egress, &written), key(Direction::Egress, &read));
        let ports = |first, last| rule(&[("ip_protocol", "tcp".into()), ("from_port", first), ("to_port", last)]);
        let https = ports(Value::Int(443), Value::Int(443));
        assert_ne!(key(Direction::Ingress, &https), key(Direction::Ingress, &ports(Value::Int(80), Value::Int(443))));
        let number = rule(&[("ip_protocol", "6".into()), ("from_port", 443.into()), ("to_port", 443.into())]);
        assert_eq!(key(Direction::Ingress, &https), key(Direction::Ingress, &number));
    }

    #[test]
    fn the_other_side_depends_on_the_direction() {
        let from = rule(&[("ip_protocol", "tcp".into()), ("source_security_group", "sg-1".into())]);
        let permission = |direction, rule: &Map| permission(direction, rule).unwrap().user_id_group_pairs().len();
        assert_eq!(permission(Direction::Ingress, &from), 1);
        assert_eq!(permission(Direction::Egress, &from), 0);
    }
}
