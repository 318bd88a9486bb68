//! One step on one object: intent, call, identity, waiting, record.

mod create;
mod delete;
mod forget;
mod import;
mod recheck;
mod relabel;
mod run;
mod update;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use cairn_provider::error::ProviderError;
use cairn_provider::object::{Live, Ownership};
use cairn_provider::provider::Provider;
use cairn_provider::request::{Monitor, Progress, Target};
use cairn_provider::schema::TypeSchema;
use cairn_provider::value::{Map, Value};
use ecow::EcoString;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

pub use create::create;
pub use delete::delete;
pub use forget::forget;
pub use import::import;
pub use relabel::relabel;
pub use run::run_action;
pub use update::update;

use super::Clouds;
use super::action::Runner;
use super::call::{Halt, Patience, Stopped, persistently};
use super::compare::Planned;
use super::journal::Journal;
use super::judge::decided;
use super::known::World;
use super::mask::{Redactor, StackKey, masked};
use super::secret::Secrets;
use super::wait::{ReadQueue, WaitError};
use crate::model::Address;
use crate::model::Residual;
use crate::model::desired::{DesiredResource, DesiredStack};
use crate::model::event::Event;
use crate::model::policy::{Standing, Verdict};
use crate::model::residual::{Attribute, Resolved, SecretSource};
use crate::state::{Entry, OpenIntent, Recorded, Snapshot, StoreError};

/// Makes random numbers.
pub trait Entropy: Send + Sync {
    /// 128 random bits as hexadecimal digits.
    fn nonce(&self) -> EcoString;
}

/// What all steps of one run share.
pub struct Run {
    /// What is wanted.
    pub desired: DesiredStack,
    /// What was recorded when the run began.
    pub snapshot: Snapshot,
    /// The clouds.
    pub clouds: Clouds,
    /// The journal.
    pub journal: Journal,
    /// Reads.
    pub reads: ReadQueue,
    /// The attributes of each object that others use.
    pub used: BTreeMap<Address, BTreeSet<EcoString>>,
    /// The stack's key.
    pub key: StackKey,
    /// Where each address is declared, `path:line`.
    pub places: BTreeMap<Address, EcoString>,
    /// What is known so far.
    pub world: Mutex<World>,
    /// Who is told what happens.
    pub events: UnboundedSender<Event>,
    /// Secrets of this machine.
    pub secrets: Arc<dyn Secrets>,
    /// Actions that run on this machine.
    pub actions: Arc<dyn Runner>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// For how long an interrupted create may still become visible, in seconds of the cloud's time.
    pub quarantine: f64,
    /// What the user asks for meanwhile.
    pub halt: watch::Receiver<Halt>,
    /// What the plan saw of the objects it changes or destroys, by identity.
    pub seen: BTreeMap<EcoString, Map>,
    /// Objects that stay although a new one was planned in their place.
    pub kept: Mutex<BTreeSet<EcoString>>,
    /// Objects that this run destroyed.
    pub gone: Mutex<BTreeSet<EcoString>>,
    /// Interrupted creates whose token can be used once more.
    pub reusable: Mutex<BTreeMap<Address, OpenIntent>>,
}

/// Why a step failed.
#[derive(Debug)]
pub enum StepError {
    /// The cloud refused, or waiting ended.
    Provider(ProviderError),
    /// Nothing could be recorded: the run must stop.
    Store(StoreError),
    /// Something the step needs could not be computed.
    Value(String),
    /// The object is not what the plan was made from: nothing was done to it.
    Stale(String),
    /// The user asked to stop while the step was only waiting, for what it says.
    Stopped(String),
}

impl From<WaitError> for StepError {
    fn from(error: WaitError) -> Self {
        match error {
            WaitError::Provider(error) => Self::Provider(error),
            WaitError::Stopped(state) => Self::Stopped(state),
        }
    }
}

impl From<ProviderError> for StepError {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}

impl From<StoreError> for StepError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What a step did.
#[derive(Debug)]
pub struct StepDone {
    /// The identity.
    pub id: EcoString,
    /// Whether nothing was left to do.
    pub nothing: bool,
}

impl Run {
    /// What is read of an object: what is written and what others use.
    fn fields(&self, address: &Address, inputs: &Map) -> BTreeSet<EcoString> {
        let used = self.used.get(address).into_iter().flatten();
        used.chain(inputs.keys()).cloned().collect()
    }

    /// The world, for a moment.
    pub fn world(&self) -> MutexGuard<'_, World> {
        // No code panics while it holds the world.
        self.world.lock().expect("the world is never left poisoned")
    }

    /// Tells what happens; nobody may be listening.
    pub fn tell(&self, event: Event) {
        let _ = self.events.send(event);
    }

    /// Takes secrets out of a text from outside.
    pub fn clean(&self, text: &str) -> String {
        Redactor::new(self.world().secrets()).clean(text)
    }

    /// An error in words, without secrets.
    pub fn words(&self, error: &StepError) -> String {
        match error {
            StepError::Provider(error) => self.clean(&error.to_string()),
            StepError::Store(error) => error.to_string(),
            StepError::Value(sentence) | StepError::Stale(sentence) | StepError::Stopped(sentence) => {
                self.clean(sentence)
            }
        }
    }

    fn waiting(&self, address: &Address, reason: &str) {
        self.tell(Event::Waiting { address: address.clone(), reason: self.clean(reason) });
    }

    fn provider(&self, kind: &str) -> Result<&Arc<dyn Provider>, StepError> {
        self.clouds
            .of_kind(kind)
            .filter(|provider| provider.declaration(kind).is_some())
            .ok_or_else(|| StepError::Value(format!("this build of Cairn cannot manage {kind}")))
    }

    fn schema(&self, kind: &str) -> Result<&Arc<TypeSchema>, StepError> {
        self.clouds.catalogue.get(kind).ok_or_else(|| StepError::Value(format!("there is no type {kind}")))
    }

    fn owner(&self, address: &Address, nonce: &EcoString) -> Ownership {
        Ownership { stack: self.snapshot.lineage.clone(), address: address.as_str().into(), nonce: nonce.clone() }
    }

    /// Policies that waited for what is known now. What cannot be decided counts as refused.
    fn permitted(&self, desired: &DesiredResource) -> Result<(), StepError> {
        let world = self.world();
        let mine = self.desired.judgement.findings.iter().filter(|finding| finding.address == desired.address);
        for finding in mine.filter(|finding| finding.verdict == Verdict::Deny) {
            let policy = &finding.policy;
            let refusal = match (&finding.standing, decided(&finding.standing, &world)) {
                (Standing::Undecided(_), Some(Standing::Violated)) => {
                    format!("refused by the policy `{policy}`: {}", finding.because)
                }
                (Standing::Undecided(condition), Some(_)) => format!(
                    "refused: the policy `{policy}` ({}) cannot be decided before it is made: {}",
                    finding.because,
                    condition.describe()
                ),
                _ => continue,
            };
            return Err(StepError::Value(refusal));
        }
        Ok(())
    }

    /// Everything a resource wants, with values; secrets are read now.
    async fn final_inputs(&self, desired: &DesiredResource) -> Result<Map, StepError> {
        self.permitted(desired)?;
        for field in desired.inputs.values() {
            self.read_secrets(&field.value).await?;
        }
        let world = self.world();
        let mut inputs = Map::new();
        for (name, field) in &desired.inputs {
            match field.value.resolve(&*world) {
                Resolved::Known(Value::None) => {}
                Resolved::Known(value) => {
                    inputs.insert(name.clone(), value);
                }
                Resolved::Unknown => {
                    let waits = field.value.describe();
                    return Err(StepError::Value(format!("`{name}` is still unknown: {waits}")));
                }
                Resolved::Failed(sentence) => return Err(StepError::Value(format!("`{name}`: {sentence}"))),
            }
        }
        Ok(inputs)
    }

    /// Reads the secrets that outputs reveal.
    pub async fn read_revealed(&self) {
        for output in self.desired.outputs.values().filter(|output| !output.secret) {
            // An output that cannot be computed is not shown; whatever made it so was reported as a step.
            let _ = self.read_secrets(&output.value).await;
        }
    }

    /// Reads the secrets a residual waits for.
    async fn read_secrets(&self, residual: &Residual) -> Result<(), StepError> {
        let mut sources: BTreeSet<SecretSource> = BTreeSet::new();
        residual.sources(&mut |source| {
            sources.insert(source.clone());
        });
        for source in sources {
            let keeper = self.desired.keeper.as_ref();
            let read = super::secret::read(&source, keeper, &self.clouds, self.secrets.as_ref());
            let value = read.await.map_err(StepError::Value)?;
            self.world().read(source, value);
        }
        let mut attributes: Vec<Attribute> = Vec::new();
        residual.attributes(&mut |attribute| {
            if attribute.secret {
                attributes.push(attribute.clone());
            }
        });
        for attribute in attributes {
            self.reveal(&attribute).await?;
        }
        Ok(())
    }

    /// Reads a secret that a cloud keeps, once.
    async fn reveal(&self, attribute: &Attribute) -> Result<(), StepError> {
        use crate::model::residual::Known as _;
        if self.world().attribute(attribute).is_some() {
            return Ok(());
        }
        let address = &attribute.address;
        let unknown = || StepError::Value(format!("`{address}` is not there yet"));
        let desired = self.desired.resources.get(address).ok_or_else(unknown)?;
        let schema = Arc::clone(self.schema(&desired.kind)?);
        let id = {
            let world = self.world();
            let attributes = world.object(address).ok_or_else(unknown)?;
            identity(&schema, attributes).ok_or_else(unknown)?
        };
        let field = attribute.path.join(".");
        let provider = self.provider(&desired.kind)?;
        let target = &desired.place.target;
        let patience = Patience::seconds(60, provider.tempo()).until(self.halt.clone());
        let value = persistently(&patience, || provider.reveal(target, &desired.kind, &id, &field), |_| {}).await?;
        self.world().reveal(attribute.clone(), value);
        Ok(())
    }

    /// What is remembered of an object.
    fn record(
        &self,
        desired: &DesiredResource,
        id: EcoString,
        inputs: &Map,
        nonce: EcoString,
    ) -> Result<Recorded, StepError> {
        let schema = self.schema(&desired.kind)?;
        Ok(remember(desired, schema, id, &masked(schema, inputs, &self.key), nonce, self.places.get(&desired.address)))
    }

    /// Follows a long-running operation to its end.
    async fn follow(
        &self,
        address: &Address,
        provider: &Arc<dyn Provider>,
        target: &Target,
        monitor: &Monitor,
        patience: &Patience,
    ) -> Result<(), StepError> {
        let mut pause = 2.0;
        loop {
            let asked = match persistently(patience, || provider.poll(target, monitor), |_| {}).await? {
                Progress::Done => return Ok(()),
                Progress::Failed(reason) => {
                    return Err(ProviderError::refused("poll", format!("the operation failed: {reason}")).into());
                }
                Progress::Running(asked) => asked,
            };
            if patience.is_over() {
                return Err(ProviderError::refused("poll", "the operation is still running at the deadline").into());
            }
            self.waiting(address, "the operation is running");
            let wait = asked.map_or(pause, |milliseconds| milliseconds as f64 / 1000.0);
            if patience.rest(patience.pause(wait)).await == Err(Stopped) {
                return Err(StepError::Stopped("the operation is running".to_owned()));
            }
            pause = (pause * 1.5).min(30.0);
        }
    }

    /// Compares what the cloud has now with what it was told, and says so if they disagree.
    fn verify(&self, desired: &DesiredResource, schema: &TypeSchema, inputs: &Map, live: &Live) {
        let written: BTreeMap<EcoString, Planned> =
            inputs.iter().map(|(name, value)| (name.clone(), Planned::Known(value.clone()))).collect();
        let differences = super::compare::drifted(schema, &written, live, &desired.options.ignore, &self.key);
        if differences.is_empty() {
            return;
        }
        let fields: Vec<String> = differences
            .iter()
            .map(|difference| {
                let path = difference.path.join(".");
                if difference.sensitive {
                    return path;
                }
                let shown =
                    |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), cairn_provider::value::render);
                let found =
                    if let crate::model::change::After::Value(value) = &difference.after { Some(value) } else { None };
                format!("{path} was sent as {} and reads {}", shown(difference.before.as_ref()), shown(found))
            })
            .collect();
        self.tell(Event::ProviderFault { address: desired.address.clone(), fault: self.clean(&fields.join("; ")) });
    }

    /// Closes an intent whose object is known but not finished.
    async fn leave_incomplete(&self, nonce: &EcoString, mut recorded: Recorded) -> Result<(), StoreError> {
        recorded.incomplete = true;
        self.journal.append(vec![Entry::Applied { nonce: nonce.clone(), recorded: Box::new(recorded) }]).await
    }

    fn deadline(&self, desired: &DesiredResource, operation: &str, seconds: u64, tempo: f64) -> Patience {
        let own = desired.options.timeouts.get(operation).map(|own| own.seconds().max(0.0) as u64);
        Patience::seconds(own.unwrap_or(seconds), tempo).until(self.halt.clone())
    }
}

/// What is remembered of an object, with inputs that are masked already.
pub fn remember(
    desired: &DesiredResource,
    schema: &TypeSchema,
    id: EcoString,
    inputs: &Map,
    nonce: EcoString,
    place: Option<&EcoString>,
) -> Recorded {
    let _ = schema;
    let needs: BTreeSet<Address> = desired.needs.iter().map(|need| need.address.clone()).collect();
    Recorded {
        kind: desired.kind.clone(),
        id,
        target: desired.place.target.clone(),
        inputs: inputs.clone(),
        needs,
        protect: desired.options.protect.unwrap_or(false),
        incomplete: false,
        nonce,
        source: place.cloned().unwrap_or_default(),
    }
}

/// The identity of an object: the values of its identifying fields, joined.
pub fn identity(schema: &TypeSchema, attributes: &Map) -> Option<EcoString> {
    let parts: Option<Vec<EcoString>> = schema
        .identity
        .iter()
        .map(|name| {
            attributes.get(name).map(|value| {
                value.as_text().map_or_else(|| cairn_provider::value::render(value).into(), EcoString::from)
            })
        })
        .collect();
    Some(parts?.join("|").into())
}
