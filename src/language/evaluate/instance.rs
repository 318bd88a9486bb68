//! Instances of declarations.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use cairn_provider::schema::TypeSchema;
use ecow::EcoString;

use super::term::Term;
use super::waiver::Waiver;
use crate::language::program::ItemId;
use crate::model::Address;
use crate::model::desired::{Adoption, Need, Options, Placement};
use crate::source::Span;

/// One instance of a resource or look-up.
pub struct Instance {
    /// Its address.
    pub address: Address,
    /// The declaration.
    pub item: ItemId,
    /// The scope it is declared in.
    pub scope: usize,
    /// Its type.
    pub schema: Arc<TypeSchema>,
    /// Whether it is looked up and not made.
    pub lookup: bool,
    /// The values of the loop's variables.
    pub locals: Vec<(EcoString, Term)>,
    /// Fields that were evaluated already, with what they touch.
    pub fields: RefCell<BTreeMap<EcoString, FieldState>>,
    /// Where it lives.
    pub placement: RefCell<Option<Arc<Placement>>>,
    /// With an answered look-up: the attributes.
    pub found: RefCell<Option<cairn_provider::value::Map>>,
    /// With a look-up of a test case: the attributes it was given.
    pub given: RefCell<Option<Rc<BTreeMap<EcoString, Term>>>>,
    /// What a component it lies in says about it.
    pub inherited: Rc<Inherited>,
}

/// A field of an instance.
#[derive(Clone)]
pub enum FieldState {
    /// Being evaluated right now: who asks again asks in a circle.
    InProgress,
    /// Evaluated.
    Done(Option<Term>, Rc<Vec<Need>>),
}

/// Decorators of component instances, which hold for all their members.
#[derive(Default)]
pub struct Inherited {
    /// Options that members have unless they say otherwise.
    pub options: Options,
    /// What all members come after.
    pub needs: Vec<Need>,
    /// The target members live on unless they say otherwise.
    pub placement: Option<Arc<Placement>>,
    /// Addresses members had, the innermost component first.
    pub formers: Vec<Rebase>,
    /// Objects that members take over.
    pub adoptions: Vec<(Address, Adoption)>,
    /// Exceptions from policies, which hold for all members.
    pub waivers: Vec<Waiver>,
}

/// An address below which everything had another one.
#[derive(Clone)]
pub struct Rebase {
    /// The address.
    pub at: Address,
    /// What it was.
    pub from: Address,
    /// The import of the stack in which it was that, if it was not this one.
    pub stack: Option<EcoString>,
    /// Where it is said.
    pub span: Span,
}

/// All instances of a declaration.
#[derive(Clone)]
pub enum Instances {
    /// Exactly one.
    One(Term),
    /// By key.
    Many(Rc<BTreeMap<EcoString, Term>>),
    /// None, because its condition does not hold.
    Absent,
    /// How many there are is known only later.
    Unknown,
}
