//! Finds managed prefix lists: one's own, those that are shared, and those of AWS itself.

use async_trait::async_trait;
use aws_sdk_ec2::types;
use cairn_provider::error::{ErrorClass, ProviderError};
use cairn_provider::object::{Live, Status};
use cairn_provider::provider::LookUpType;
use cairn_provider::value::Map;
use ecow::EcoString;

use crate::ec2::wire;
use crate::native::codec::{Decode, set};
use crate::native::session::Session;

/// Finds prefix lists.
pub const FINDER: &dyn LookUpType<Session> = &PrefixList;

struct PrefixList;

records! {
    read types::PrefixListEntry { cidr, description }
}

/// Fields and the service's filters for them.
const FILTERS: [(&str, &str); 3] =
    [("owner_id", "owner-id"), ("prefix_list_id", "prefix-list-id"), ("prefix_list_name", "prefix-list-name")];

#[async_trait]
impl LookUpType<Session> for PrefixList {
    fn kind(&self) -> &'static str {
        "aws.ec2.PrefixList"
    }

    async fn look_up(&self, session: &Session, conditions: &Map) -> Result<Vec<Live>, ProviderError> {
        let filters = wire::conditions(conditions, &FILTERS);
        let call = |token| {
            let call = session.ec2().describe_managed_prefix_lists().set_filters(Some(filters.clone()));
            call.max_results(100).set_next_token(token).send()
        };
        let lists = session
            .pages("ec2.DescribeManagedPrefixLists", call, |page| {
                (page.prefix_lists.unwrap_or_default(), page.next_token)
            })
            .await?;
        let mut conditions = conditions.clone();
        let entries = conditions.remove("entries").map(|entries| Map::from([("entries".into(), entries)]));
        let mut found = Vec::new();
        for list in lists.iter().filter(|list| stands(list)) {
            let mut live = live(list);
            if !wire::met(&live.attributes, &conditions) {
                continue;
            }
            set(&mut live.attributes, "entries", entries_of(session, &live.id).await?.decode());
            if entries.as_ref().is_none_or(|entries| wire::met(&live.attributes, entries)) {
                found.push(live);
            }
        }
        Ok(found)
    }
}

/// Whether a list is there: deleted ones stay visible for a while.
fn stands(list: &types::ManagedPrefixList) -> bool {
    !matches!(list.state(), Some(types::PrefixListState::DeleteComplete | types::PrefixListState::DeleteInProgress))
}

fn live(list: &types::ManagedPrefixList) -> Live {
    let mut attributes = read!(list =>
        address_family, prefix_list_arn as "arn", max_entries, owner_id, prefix_list_id, prefix_list_name, version);
    let (tags, owner) = wire::read_tags(list.tags.as_deref());
    set(&mut attributes, "tags", tags);
    let status = match list.state() {
        Some(
            state @ (types::PrefixListState::CreateInProgress
            | types::PrefixListState::ModifyInProgress
            | types::PrefixListState::RestoreInProgress),
        ) => Status::Pending(state.as_str().into()),
        Some(state @ types::PrefixListState::CreateFailed) => Status::Failed(state.as_str().into()),
        Some(_) | None => Status::Ready,
    };
    let id: EcoString = list.prefix_list_id().unwrap_or_default().into();
    Live { id, attributes, status, owner }
}

/// The networks of a list; none are known of a list whose entries the caller may not read.
async fn entries_of(session: &Session, id: &str) -> Result<Option<Vec<types::PrefixListEntry>>, ProviderError> {
    let call = |token| {
        let call = session.ec2().get_managed_prefix_list_entries().prefix_list_id(id);
        call.max_results(100).set_next_token(token).send()
    };
    let entries = session.pages("ec2.GetManagedPrefixListEntries", call, |page| {
        (page.entries.unwrap_or_default(), page.next_token)
    });
    match entries.await {
        Ok(entries) => Ok(Some(entries)),
        Err(error) if matches!(error.class, ErrorClass::Denied | ErrorClass::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}
