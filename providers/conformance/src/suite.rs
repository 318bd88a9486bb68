//! The suite itself: one case on one provider.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cairn_provider::declaration::{Declaration, Idempotency};
use cairn_provider::error::{ErrorClass, ProviderError};
use cairn_provider::object::{Live, Observed, Ownership, Status};
use cairn_provider::provider::Provider;
use cairn_provider::request::{self, Create, Created, Delete, Interest, Progress, ReadSet, Target};
use cairn_provider::schema::catalogue::Catalogue;
use cairn_provider::schema::{Change, TypeSchema};
use cairn_provider::value::{Map, Value};
use ecow::{EcoString, eco_format};

use crate::agree::disagreements;
use crate::case::{About, Case, Gap, Names};

/// A provider at a place, to try cases on.
pub struct Place<'a> {
    /// What the place is called in the cases' lists of gaps.
    pub name: &'a str,
    /// The provider.
    pub provider: &'a dyn Provider,
    /// The types.
    pub catalogue: &'a Catalogue,
    /// Where to work.
    pub target: Target,
    /// Eight letters that no other run at this place has.
    pub unique: EcoString,
}

/// Tries a case.
///
/// # Errors
/// Everything that went otherwise than it must, in words. What was created is deleted as far as possible.
pub async fn run(place: &Place<'_>, case: &Case) -> Result<(), Vec<String>> {
    let gaps = case.gaps.get(place.name).cloned().unwrap_or_default();
    let Some(schema) = place.catalogue.get(&case.kind) else {
        return Err(vec![format!("{} is not in the catalogue", case.kind)]);
    };
    let Some(declaration) = place.provider.declaration(&case.kind) else {
        return Err(vec![format!("{} has no handler", case.kind)]);
    };
    let words =
        BTreeMap::from([("unique".into(), place.unique.clone()), ("region".into(), place.target.place().into())]);
    let mut trial = Trial {
        place,
        case,
        schema,
        declaration,
        gaps,
        used: BTreeSet::new(),
        names: Names { needs: BTreeMap::new(), words },
        needed: Vec::new(),
        faults: Vec::new(),
    };
    if let Err(fault) = trial.all().await {
        trial.faults.push(fault);
    }
    trial.clean_up().await;
    trial.stale_gaps();
    if trial.faults.is_empty() { Ok(()) } else { Err(trial.faults) }
}

struct Trial<'a> {
    place: &'a Place<'a>,
    case: &'a Case,
    schema: &'a TypeSchema,
    declaration: &'static Declaration,
    gaps: Vec<Gap>,
    used: BTreeSet<usize>,
    names: Names,
    needed: Vec<(EcoString, EcoString, Map)>,
    faults: Vec<String>,
}

impl Trial<'_> {
    async fn all(&mut self) -> Result<(), String> {
        for need in &self.case.needs {
            let inputs = self.names.fill_map(&need.inputs)?;
            let nonce = eco_format!("need-{}-{}", need.name, self.place.unique);
            let live = self
                .made(&need.kind, &inputs, &nonce)
                .await
                .map_err(|error| format!("{} `{}` could not be made: {error}", need.kind, need.name))?;
            self.needed.push((need.kind.clone(), live.id.clone(), inputs.clone()));
            let known = inputs.into_iter().chain(live.attributes).collect();
            self.names.needs.insert(need.name.clone(), known);
        }
        self.absent().await;
        if !self.excused("minimal") {
            self.minimal().await?;
        }
        if !self.excused("full") {
            self.full().await?;
        }
        if !self.excused("others") {
            for other in &self.case.others {
                self.other(other).await?;
            }
        }
        Ok(())
    }

    /// What is not there is answered as absent, beside others too.
    async fn absent(&mut self) {
        if self.excused("absent") {
            return;
        }
        match self.look(&self.case.kind, &self.case.absent).await {
            Observed::Absent => {}
            Observed::Present(_) => self.fault("absent", "an identity that names nothing was read as present"),
            Observed::Unreadable(error) => {
                self.fault("absent", &format!("an identity that names nothing could not be read: {error}"));
            }
        }
        match self.delete(&self.case.kind, &self.case.absent, &Map::new()).await {
            Ok(()) => {}
            Err(error) => self.fault("absent", &format!("deleting what is not there failed: {error}")),
        }
    }

    async fn minimal(&mut self) -> Result<(), String> {
        let inputs = self.names.fill_map(&self.case.minimal)?;
        let nonce: EcoString = eco_format!("minimal-{}", self.place.unique);
        let kind = self.case.kind.clone();
        let live = self.made(&kind, &inputs, &nonce).await.map_err(|error| format!("minimal: {error}"))?;
        self.agrees("minimal", &inputs, &live);
        self.identity(&live);
        self.listed(&live.id, true).await;
        self.resolved(&inputs, &nonce, &live.id).await;
        self.delete(&kind, &live.id, &inputs).await.map_err(|error| format!("delete: {error}"))?;
        self.gone(&kind, &live.id).await.map_err(|error| format!("delete: {error}"))?;
        if let Err(error) = self.delete(&kind, &live.id, &inputs).await {
            self.fault("delete", &format!("deleting it again failed: {error}"));
        }
        self.listed(&live.id, false).await;
        Ok(())
    }

    async fn full(&mut self) -> Result<(), String> {
        let mut inputs = self.names.fill_map(&self.case.full)?;
        let nonce: EcoString = eco_format!("full-{}", self.place.unique);
        let kind = self.case.kind.clone();
        let mut live = self.made(&kind, &inputs, &nonce).await.map_err(|error| format!("full: {error}"))?;
        self.agrees("full", &inputs, &live);
        self.owned(&live, &nonce);
        live = self.imported(&inputs, live, &nonce).await;
        for update in self.case.updates.clone() {
            let before = inputs.clone();
            match self.updated(&mut inputs, &live, &update, &nonce).await {
                Ok(now) => live = now,
                Err(error) => {
                    inputs = before;
                    self.update_failed(&update, &error);
                }
            }
        }
        self.delete(&kind, &live.id, &inputs).await.map_err(|error| format!("delete: {error}"))?;
        self.gone(&kind, &live.id).await.map_err(|error| format!("delete: {error}"))
    }

    /// A document of other fields: made, read back, deleted.
    async fn other(&mut self, document: &Map) -> Result<(), String> {
        let inputs = self.names.fill_map(document)?;
        let kind = self.case.kind.clone();
        let fields: Vec<&str> = document.keys().map(EcoString::as_str).collect();
        let fields = fields.join(", ");
        let nonce: EcoString = eco_format!("other-{}", self.place.unique);
        let live = self.made(&kind, &inputs, &nonce).await.map_err(|error| format!("other ({fields}): {error}"))?;
        self.agrees("other", &inputs, &live);
        self.delete(&kind, &live.id, &inputs).await.map_err(|error| format!("delete: {error}"))?;
        self.gone(&kind, &live.id).await.map_err(|error| format!("delete: {error}"))
    }

    async fn updated(
        &mut self,
        inputs: &mut Map,
        live: &Live,
        update: &crate::case::Update,
        nonce: &EcoString,
    ) -> Result<Live, String> {
        let set = self.names.fill_map(&update.set)?;
        for name in set.keys().chain(&update.drop) {
            if self.schema.field(name).is_some_and(|field| field.change == Change::Replace) {
                return Err(format!("`{name}` cannot be updated: a change of it replaces the object"));
            }
        }
        inputs.extend(set.iter().map(|(name, value)| (name.clone(), value.clone())));
        inputs.retain(|name, _| !update.drop.contains(name));
        let unwritten = update.drop.iter().filter_map(|name| Some((name, self.schema.field(name)?)));
        let unwritten = unwritten.filter_map(|(name, field)| Some((name.clone(), field.unwritten.clone()?)));
        let sent: Map = inputs.clone().into_iter().chain(unwritten).collect();
        let request = request::Update {
            kind: self.case.kind.clone(),
            id: live.id.clone(),
            observed: live.attributes.clone(),
            inputs: sent.clone(),
            changed: set.keys().chain(&update.drop).cloned().collect(),
            owner: owner(&self.case.kind, nonce),
            token: token(&eco_format!("update-{nonce}")),
        };
        let monitor = self.patiently(|| self.place.provider.update(&self.place.target, &request)).await;
        if let Some(monitor) = monitor.map_err(|error| error.to_string())? {
            self.follow(&monitor).await?;
        }
        let now = self.ready(&self.case.kind, &live.id).await?;
        self.agrees("update", &sent, &now);
        // The old object must have been seen to differ, or drift would go unnoticed.
        let before = self.kept(disagreements(self.schema, &set, &live.attributes));
        let visible = set
            .keys()
            .filter_map(|name| self.schema.field(name))
            .any(|field| field.access == cairn_provider::schema::Access::ReadWrite && !field.sensitive);
        if before == 0 && visible && !set.is_empty() && !self.is_gap(set.keys()) {
            let fields: Vec<&str> = set.keys().map(EcoString::as_str).collect();
            self.faults.push(format!("update: {} was so before: the update shows nothing", fields.join(", ")));
        }
        Ok(now)
    }

    fn update_failed(&mut self, update: &crate::case::Update, error: &str) {
        let names = || update.set.keys().chain(&update.drop);
        if self.is_gap(names()) {
            let gaps: Vec<usize> = names().filter_map(|name| self.gap_of(name)).collect();
            self.used.extend(gaps);
        } else {
            let fields: Vec<&str> = names().map(EcoString::as_str).collect();
            self.fault("updates", &format!("{}: {error}", fields.join(", ")));
        }
    }

    fn is_gap<'n>(&self, mut names: impl Iterator<Item = &'n EcoString>) -> bool {
        names.all(|name| self.gap_of(name).is_some())
    }

    fn kept(&self, found: Vec<crate::agree::Disagreement>) -> usize {
        found.into_iter().filter(|one| self.gap_of(&one.path).is_none()).count()
    }

    /// The parts of the identity are attributes, too.
    fn identity(&mut self, live: &Live) {
        let parts: Vec<String> = self
            .schema
            .identity
            .iter()
            .map(|name| live.attributes.get(name).and_then(Value::as_text).unwrap_or_default().to_owned())
            .collect();
        if parts.join("|") != live.id {
            self.faults.push(format!(
                "identity: {} is not made of the attributes {}, which read {}",
                live.id,
                self.schema.identity.join(", "),
                parts.join(", ")
            ));
        }
    }

    fn owned(&mut self, live: &Live, nonce: &EcoString) {
        if self.schema.tags.is_none() || self.excused("ownership") {
            return;
        }
        let marked = live.owner.as_ref().is_some_and(|found| *found == owner(&self.case.kind, nonce));
        if !marked {
            self.fault("ownership", &format!("the marks read {:?}", live.owner));
        }
    }

    /// What nobody manages is taken over by its identity alone: its marks change and nothing else, and what is read of
    /// it is what was written, so that nothing is left to change.
    async fn imported(&mut self, inputs: &Map, live: Live, nonce: &EcoString) -> Live {
        if self.excused("import") {
            return live;
        }
        let first = owner(&self.case.kind, nonce);
        let next = owner(&self.case.kind, &eco_format!("import-{}", self.place.unique));
        let mut now = live;
        for (before, after) in [(Some(&first), None), (None, Some(&next)), (Some(&next), Some(&first))] {
            match self.marked(&now, before, after).await {
                Ok(found) => now = found,
                Err(error) => {
                    self.fault("import", &error);
                    return now;
                }
            }
            self.agrees("import", inputs, &now);
        }
        now
    }

    /// Changes the marks of an object, where its type has some, and reads it by its identity.
    async fn marked(&self, live: &Live, before: Option<&Ownership>, after: Option<&Ownership>) -> Result<Live, String> {
        let token = token(&eco_format!("marks-{}", after.map_or("none", |owner| owner.nonce.as_str())));
        let update = request::Update::of_marks(self.schema, live.id.clone(), &live.attributes, (before, after), token);
        let Some(update) = update else { return self.ready(&self.case.kind, &live.id).await };
        let sent = self.patiently(|| self.place.provider.update(&self.place.target, &update)).await;
        if let Some(monitor) = sent.map_err(|error| format!("marking: {error}"))? {
            self.follow(&monitor).await?;
        }
        let mut found = self.ready(&self.case.kind, &live.id).await?;
        for _ in 0..TRIES {
            if found.owner.as_ref() == after {
                return Ok(found);
            }
            self.pause().await;
            found = self.ready(&self.case.kind, &live.id).await?;
        }
        Err(format!("the marks read {:?} and should be {after:?}", found.owner))
    }

    async fn listed(&mut self, id: &EcoString, expected: bool) {
        if self.excused("list") {
            return;
        }
        match self.place.provider.list(&self.place.target, &self.case.kind).await {
            Ok(ids) if ids.contains(id) == expected => {}
            Ok(_) => self.fault("list", &format!("{id} is {}listed", if expected { "not " } else { "still " })),
            Err(error) => self.fault("list", &error.to_string()),
        }
    }

    /// An interrupted create is found again, or its repetition makes nothing new.
    async fn resolved(&mut self, inputs: &Map, nonce: &EcoString, id: &EcoString) {
        let request = self.creation(&self.case.kind, inputs, nonce);
        if self.declaration.idempotency == Idempotency::Token {
            if self.excused("token") {
                return;
            }
            match self.place.provider.create(&self.place.target, &request).await {
                Ok(again) if again.id == *id => {}
                Ok(again) => {
                    self.fault("token", &format!("the same token made {} beside {id}", again.id));
                    let _ = self.delete(&self.case.kind.clone(), &again.id, inputs).await;
                }
                Err(error) => self.fault("token", &format!("the same request again: {error}")),
            }
            return;
        }
        if self.excused("resolve") {
            return;
        }
        match self.place.provider.resolve(&self.place.target, &request).await {
            Ok(found) if found.as_slice() == std::slice::from_ref(id) => {}
            Ok(found) => self.fault("resolve", &format!("{id} was made, and resolving finds {found:?}")),
            Err(error) => self.fault("resolve", &error.to_string()),
        }
    }

    /// Makes an object and waits until it can be used.
    async fn made(&self, kind: &EcoString, inputs: &Map, nonce: &EcoString) -> Result<Live, String> {
        let request = self.creation(kind, inputs, nonce);
        let provider = self.place.provider;
        let target = &self.place.target;
        let created: Created = match self.patiently(|| provider.create(target, &request)).await {
            Ok(created) => created,
            // As whoever applies does it: what has perhaps been made is looked for.
            Err(error) if error.may_have_effect() && self.is_excused("answer") => {
                let found = provider.resolve(target, &request).await.map_err(|error| error.to_string())?;
                Created::new(found.first().cloned().ok_or_else(|| error.to_string())?)
            }
            Err(error) => return Err(error.to_string()),
        };
        if let Some(monitor) = &created.monitor {
            self.follow(monitor).await?;
        }
        let configured = self.patiently(|| provider.configure(target, &created.id, &request)).await;
        configured.map_err(|error| error.to_string())?;
        self.ready(kind, &created.id).await
    }

    fn creation(&self, kind: &EcoString, inputs: &Map, nonce: &EcoString) -> Create {
        Create { kind: kind.clone(), inputs: inputs.clone(), owner: owner(kind, nonce), token: token(nonce) }
    }

    /// Everything, as far as the place can be asked for it; of what is needed only what the cloud chooses.
    fn interest(&self, kind: &EcoString) -> Interest {
        let Some(schema) = self.place.catalogue.get(kind) else { return Interest::All };
        let fields = || schema.root().fields.iter();
        if *kind != self.case.kind {
            let chosen = fields().filter(|(name, field)| !field.writable() || schema.identity.contains(name));
            return Interest::Fields(chosen.map(|(name, _)| name.clone()).collect());
        }
        let unread = |field: &str| self.gaps.iter().any(|gap| gap.about == About::Unread(field.to_owned()));
        if !fields().any(|(name, _)| unread(name)) {
            return Interest::All;
        }
        Interest::Fields(fields().map(|(name, _)| name.clone()).filter(|name| !unread(name)).collect())
    }

    async fn look(&self, kind: &EcoString, id: &EcoString) -> Observed {
        let wanted = ReadSet::from([(kind.clone(), BTreeMap::from([(id.clone(), self.interest(kind))]))]);
        let mut readings = self.place.provider.read(&self.place.target, &wanted).await;
        readings
            .take(kind, id)
            .unwrap_or_else(|| Observed::Unreadable(ProviderError::refused("read", "the read gave no answer")))
    }

    async fn ready(&self, kind: &EcoString, id: &EcoString) -> Result<Live, String> {
        for _ in 0..LOOKS {
            match self.look(kind, id).await {
                Observed::Present(live) => match &live.status {
                    Status::Ready => return Ok(*live),
                    Status::Pending(_) | Status::Deleting => {}
                    Status::Failed(reason) => return Err(format!("{id} failed: {reason}")),
                },
                Observed::Absent => {}
                Observed::Unreadable(error) => return Err(format!("{id} could not be read: {error}")),
            }
            self.pause().await;
        }
        Err(format!("{id} never became ready"))
    }

    async fn gone(&self, kind: &EcoString, id: &EcoString) -> Result<(), String> {
        for _ in 0..LOOKS {
            match self.look(kind, id).await {
                Observed::Absent => return Ok(()),
                Observed::Present(_) => {}
                Observed::Unreadable(error) => return Err(format!("{id} could not be read: {error}")),
            }
            self.pause().await;
        }
        Err(format!("{id} never went away"))
    }

    async fn delete(&self, kind: &EcoString, id: &EcoString, inputs: &Map) -> Result<(), String> {
        let request = Delete { kind: kind.clone(), id: id.clone(), inputs: inputs.clone() };
        let provider = self.place.provider;
        let monitor = self.patiently(|| provider.delete(&self.place.target, &request)).await;
        match monitor.map_err(|error| error.to_string())? {
            Some(monitor) => self.follow(&monitor).await,
            None => Ok(()),
        }
    }

    async fn follow(&self, monitor: &request::Monitor) -> Result<(), String> {
        for _ in 0..LOOKS {
            match self.place.provider.poll(&self.place.target, monitor).await {
                Ok(Progress::Done) => return Ok(()),
                Ok(Progress::Running(_)) => self.pause().await,
                Ok(Progress::Failed(reason)) => return Err(reason.to_string()),
                Err(error) => return Err(error.to_string()),
            }
        }
        Err("the operation never ended".to_owned())
    }

    /// Repeats what the classes of its errors allow to repeat.
    async fn patiently<T, F>(&self, mut call: impl FnMut() -> F) -> Result<T, ProviderError>
    where
        F: Future<Output = Result<T, ProviderError>>,
    {
        let mut last = None;
        for _ in 0..TRIES {
            match call().await {
                Ok(value) => return Ok(value),
                Err(error) => {
                    let passing =
                        [ErrorClass::Throttled, ErrorClass::Transient, ErrorClass::NotYetConsistent, ErrorClass::InUse];
                    if !passing.contains(&error.class) {
                        return Err(error);
                    }
                    last = Some(error);
                }
            }
            self.pause().await;
        }
        Err(last.unwrap_or_else(|| ProviderError::refused("repeat", "no call was made")))
    }

    async fn pause(&self) {
        tokio::time::sleep(Duration::from_millis(100).mul_f64(self.place.provider.tempo())).await;
    }

    fn agrees(&mut self, check: &str, written: &Map, live: &Live) {
        for found in disagreements(self.schema, written, &live.attributes) {
            match self.gap_of(&found.path) {
                Some(gap) => {
                    self.used.insert(gap);
                }
                None => self.faults.push(format!("{check}: `{}` {}", found.path, found.what)),
            }
        }
    }

    fn gap_of(&self, path: &str) -> Option<usize> {
        self.gaps.iter().position(|gap| match &gap.about {
            About::Field(field) | About::Unread(field) => {
                path.strip_prefix(field.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            }
            About::Check(_) => false,
        })
    }

    /// Whether a check cannot be passed here. It is left out then.
    fn excused(&mut self, check: &str) -> bool {
        let gap = self.gaps.iter().position(|gap| gap.about == About::Check(check.to_owned()));
        self.used.extend(gap);
        gap.is_some()
    }

    fn is_excused(&self, check: &str) -> bool {
        self.gaps.iter().any(|gap| gap.about == About::Check(check.to_owned()))
    }

    fn fault(&mut self, check: &str, what: &str) {
        match self.gaps.iter().position(|gap| gap.about == About::Check(check.to_owned())) {
            Some(gap) => {
                self.used.insert(gap);
            }
            None => self.faults.push(format!("{check}: {what}")),
        }
    }

    fn stale_gaps(&mut self) {
        let known = |gap: &Gap| match &gap.about {
            About::Field(_) => true,
            About::Check(check) => check != "answer",
            About::Unread(_) => false,
        };
        let unused = self.gaps.iter().enumerate().filter(|(index, _)| !self.used.contains(index));
        let stale = unused.filter(|(_, gap)| known(gap));
        let stale: Vec<String> =
            stale.map(|(_, gap)| format!("{:?} is no gap any more: {}", gap.about, gap.why)).collect();
        if self.faults.is_empty() {
            self.faults.extend(stale);
        }
    }

    async fn clean_up(&mut self) {
        for (kind, id, inputs) in std::mem::take(&mut self.needed).into_iter().rev() {
            let deleted = match self.delete(&kind, &id, &inputs).await {
                Ok(()) => self.gone(&kind, &id).await,
                Err(error) => Err(error),
            };
            if let Err(error) = deleted {
                self.faults.push(format!("cleaning up {kind} {id}: {error}"));
            }
        }
    }
}

/// How often the suite looks at an object that is on its way.
const LOOKS: usize = 200;
/// How often it repeats a call that may be repeated.
const TRIES: usize = 50;

fn owner(kind: &str, nonce: &EcoString) -> Ownership {
    Ownership { stack: "conformance".into(), address: eco_format!("{kind}.{nonce}"), nonce: nonce.clone() }
}

fn token(nonce: &str) -> EcoString {
    // 32 letters and digits, the same for the same nonce.
    let mut digits: String = nonce.bytes().map(|byte| format!("{byte:02x}")).rev().collect();
    digits.push_str("00000000000000000000000000000000");
    digits.chars().take(32).collect()
}
