//! What a stack wants, after evaluation: the meeting point of language and engine.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cairn_provider::naming::UNLISTED;
use cairn_provider::request::Target;
use cairn_provider::schema::RAW;
use cairn_provider::schema::overlay::Replacement;
use cairn_provider::value::{Duration, Map, Value};
use ecow::EcoString;

use super::address::Address;
use super::policy::Judgement;
use super::residual::Residual;
use super::state_place::StatePlace;
use crate::source::Span;

/// All a stack wants in one environment.
#[derive(Clone, Debug, Default)]
pub struct DesiredStack {
    /// The stack's name.
    pub name: EcoString,
    /// The environment; empty for a stack without environments.
    pub environment: EcoString,
    /// The resources, by address.
    pub resources: BTreeMap<Address, DesiredResource>,
    /// The actions, by address.
    pub actions: BTreeMap<Address, DesiredAction>,
    /// Secrets that the source makes readable.
    pub revealed: Vec<DesiredReveal>,
    /// Where the state is kept; nothing if that cannot be said.
    pub state: Option<StatePlace>,
    /// The target whose store holds secrets that are named by their source.
    pub keeper: Option<Target>,
    /// The outputs, by name.
    pub outputs: BTreeMap<EcoString, DesiredOutput>,
    /// Conditions that could not be decided yet.
    pub assertions: Vec<DesiredAssertion>,
    /// Other stacks whose outputs are used, by the name of the import.
    pub imports: BTreeMap<EcoString, UsedStack>,
    /// What the policies say, as far as it is known before a plan.
    pub judgement: Judgement,
    /// Values that `--set` gave, for the plan's header: name and value as written.
    pub overridden: Vec<(EcoString, EcoString)>,
    /// `forget`: what is not managed any more and stays in the cloud.
    pub forgotten: Vec<Forgotten>,
    /// Where each instance of a component is declared: its name, for messages.
    pub components: BTreeMap<Address, Span>,
}

/// An address that is managed no longer, with everything inside of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forgotten {
    /// The address.
    pub address: Address,
    /// Where it is said.
    pub span: Span,
}

/// An object that existed before the stack wanted it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adoption {
    /// Its identity.
    pub id: EcoString,
    /// Where it is said.
    pub span: Span,
}

/// An address a resource had before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Former {
    /// The address.
    pub address: Address,
    /// The import of the stack in which it had that address, if it was not this one.
    pub stack: Option<EcoString>,
    /// Where it is said.
    pub span: Span,
}

impl Former {
    /// The address as it is written here: of another stack's, its import comes first.
    pub fn written(&self) -> Address {
        match &self.stack {
            Some(stack) => Address::from_text(&format!("{stack}.{}", self.address)),
            None => self.address.clone(),
        }
    }
}

/// Another stack whose outputs are used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsedStack {
    /// Its directory, relative to the one of the stack that uses it.
    pub directory: EcoString,
    /// Its name.
    pub stack: EcoString,
    /// Its environment; empty if it has none.
    pub environment: EcoString,
    /// The outputs that are used.
    pub outputs: BTreeSet<EcoString>,
}

/// An output as another stack reads it.
#[derive(Clone, Debug, PartialEq)]
pub enum Shared {
    /// A value.
    Value(Value),
    /// A secret, which no state holds.
    Secret,
    /// A resource that the other stack manages, with its attributes.
    Resource {
        /// Its type.
        kind: EcoString,
        /// What it is like now.
        attributes: Map,
    },
    /// Several.
    List(Vec<Shared>),
    /// Several, by key.
    Map(BTreeMap<EcoString, Shared>),
}

/// How a resource is written among recorded outputs: by its address.
pub const RESOURCE: &str = "$resource";

/// One resource.
#[derive(Clone, Debug)]
pub struct DesiredResource {
    /// Its address.
    pub address: Address,
    /// Its type, `aws.ec2.Vpc`.
    pub kind: EcoString,
    /// Where it lives.
    pub place: Arc<Placement>,
    /// What was written, in the form it is sent in.
    pub inputs: BTreeMap<EcoString, DesiredField>,
    /// What must be there before it, and why.
    pub needs: Vec<Need>,
    /// Decorators.
    pub options: Options,
    /// Keyword and name, for messages.
    pub origin: Span,
}

/// One action.
#[derive(Clone, Debug)]
pub struct DesiredAction {
    /// Its arguments, what it needs and its deadline.
    pub call: DesiredResource,
    /// `@when`: it is run if this holds. Without it, if anything it refers to has changed.
    pub when: Option<Residual>,
    /// What `changed(…)` in the condition looks at, by how it is written there.
    pub watched: BTreeMap<EcoString, Watched>,
}

/// What is compared with what it was at the last successful run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Watched {
    /// Resources and actions as a whole.
    pub addresses: BTreeSet<Address>,
    /// A value.
    pub value: Option<Residual>,
}

/// A secret that the source makes readable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredReveal {
    /// What is revealed, as it is written.
    pub what: EcoString,
    /// The reason that is given.
    pub because: EcoString,
    /// Where it was written.
    pub span: Span,
}

/// A field that was written.
#[derive(Clone, Debug, PartialEq)]
pub struct DesiredField {
    /// Its value, as far as it is known.
    pub value: Residual,
    /// Where it was written.
    pub span: Span,
}

/// A resource that must be there first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// Which one.
    pub address: Address,
    /// Where it is said.
    pub span: Span,
    /// Whether it is only an order, without a value.
    pub order_only: bool,
}

/// A target with the tags everything on it carries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// Region, account, role.
    pub target: Target,
    /// Tags for every resource that can be tagged.
    pub tags: BTreeMap<EcoString, EcoString>,
}

/// What decorators say about one resource.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// `@protect`: refuse to destroy it. Nothing if there is no such decorator.
    pub protect: Option<bool>,
    /// `@replace`: the order of a replacement.
    pub replace: Option<ReplaceRule>,
    /// `@ignore`: paths in which differences mean nothing.
    pub ignore: Vec<Vec<EcoString>>,
    /// `@timeout`: operation to deadline.
    pub timeouts: BTreeMap<EcoString, Duration>,
    /// `@adopt`: the object to take over, unless one is managed already.
    pub adopt: Option<Adoption>,
    /// `@was`: the addresses it had, the newest first.
    pub was: Vec<Former>,
    /// Fields that are not written although they were, and are not taken back either: what is remembered of them stays.
    /// No source says that; the way back does, of secrets, which nobody keeps.
    pub kept: Map,
}

/// How a resource is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplaceRule {
    /// In this order.
    Order(Replacement),
    /// Not at all: a plan that needs it is refused.
    Never,
}

/// An output.
#[derive(Clone, Debug)]
pub struct DesiredOutput {
    /// Its value, as far as it is known.
    pub value: Residual,
    /// The same as other stacks read it: resources by their addresses.
    pub shared: Residual,
    /// Whether it is shown only as a secret.
    pub secret: bool,
    /// Where it was written.
    pub span: Span,
}

/// A condition to be checked once its operands are known.
#[derive(Clone, Debug)]
pub struct DesiredAssertion {
    /// True if it holds.
    pub condition: Residual,
    /// What to say if not.
    pub message: Residual,
    /// Where it was written.
    pub span: Span,
}

/// A look-up that evaluation needs the answer of.
#[derive(Clone, Debug, PartialEq)]
pub struct WantedLookup {
    /// The address of the declaration.
    pub address: Address,
    /// The type.
    pub kind: EcoString,
    /// Where to look.
    pub target: Target,
    /// What must hold.
    pub conditions: Map,
    /// With `@many`: the field that becomes the key.
    pub many_by: Option<EcoString>,
    /// For messages.
    pub span: Span,
}

/// Answers of look-ups: address to the attributes of one object, or of several by key.
#[derive(Clone, Debug, Default)]
pub struct LookupAnswers {
    /// By address.
    pub answers: BTreeMap<Address, LookupAnswer>,
    /// What other stacks recorded, by the name of the import.
    pub stacks: BTreeMap<EcoString, BTreeMap<EcoString, Shared>>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq)]
pub enum LookupAnswer {
    /// Exactly one object.
    One(Map),
    /// All that match, by key.
    Many(BTreeMap<EcoString, Map>),
}

impl DesiredStack {
    /// Whether an address is managed no longer and its object stays.
    pub fn forgets(&self, address: &Address) -> bool {
        self.forgotten.iter().any(|forgotten| address.is_within(&forgotten.address))
    }

    /// What an address needs, whether it is a resource or an action.
    pub fn needs(&self, address: &Address) -> &[Need] {
        match (self.resources.get(address), self.actions.get(address)) {
            (Some(resource), _) => &resource.needs,
            (None, Some(action)) => &action.call.needs,
            (None, None) => &[],
        }
    }

    /// Everything that has fields: resources, and the calls of actions.
    pub fn nodes(&self) -> impl Iterator<Item = &DesiredResource> {
        self.resources.values().chain(self.actions.values().map(|action| &action.call))
    }

    /// Everything that waits for something: fields, conditions, what actions watch, outputs, assertions.
    pub fn residuals(&self) -> impl Iterator<Item = &Residual> {
        let fields = self.nodes().flat_map(|node| node.inputs.values().map(|field| &field.value));
        let watched = self.actions.values().flat_map(|action| {
            action.when.iter().chain(action.watched.values().filter_map(|watched| watched.value.as_ref()))
        });
        let outputs = self.outputs.values().map(|output| &output.value);
        let assertions = self.assertions.iter().flat_map(|assertion| [&assertion.condition, &assertion.message]);
        fields.chain(watched).chain(outputs).chain(assertions)
    }
}

impl DesiredResource {
    /// The vendor's names of properties that are sent unseen, or of the type if all of them are; nothing if there are none.
    pub fn unchecked(&self) -> Option<Vec<EcoString>> {
        if self.kind == UNLISTED {
            let vendor = self.known("type_name").and_then(Value::as_text).unwrap_or("type_name");
            return Some(vec![vendor.into()]);
        }
        let raw = &self.inputs.get(RAW)?.value;
        Some(match raw {
            Residual::Value(value) => value.as_map()?.keys().cloned().collect(),
            Residual::Map(entries) => entries.keys().cloned().collect(),
            Residual::Attribute(_)
            | Residual::Secret(_)
            | Residual::List(_)
            | Residual::Text(_)
            | Residual::Call(..)
            | Residual::Encode(..)
            | Residual::Decode(..) => Vec::new(),
        })
    }

    /// The value of a field if it is known.
    pub fn known(&self, field: &str) -> Option<&Value> {
        match &self.inputs.get(field)?.value {
            Residual::Value(value) => Some(value),
            Residual::Attribute(_)
            | Residual::Secret(_)
            | Residual::List(_)
            | Residual::Map(_)
            | Residual::Text(_)
            | Residual::Call(..)
            | Residual::Encode(..)
            | Residual::Decode(..) => None,
        }
    }
}
