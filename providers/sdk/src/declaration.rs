//! What is true of a resource type beside its schema: how it survives a crash, what it needs, how long it takes.

use crate::schema::overlay::Overlay;

/// Everything a type's file says as data. The lifecycle itself is [`crate::provider::ResourceType`].
#[derive(Debug)]
pub struct Declaration {
    /// The vendor's name, `AWS::EC2::VPC`.
    pub vendor: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// What the vendor's schema does not say.
    pub overlay: Overlay,
    /// How a create is made safe to repeat.
    pub idempotency: Idempotency,
    /// The least a caller must be allowed to do.
    pub permissions: Permissions,
    /// How long things take.
    pub timings: Timings,
    /// Runnable examples, the smallest first.
    pub examples: &'static [Example],
}

/// Everything said as data about a type that can only be looked up: the vendor describes it, and no registry lists it.
#[derive(Debug)]
pub struct LookUpDeclaration {
    /// The name in the language, `aws.ec2.Image`.
    pub name: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// Its fields, in the form of the catalogue's facts.
    pub facts: &'static str,
    /// What the facts do not say.
    pub overlay: Overlay,
    /// Actions a caller must be allowed to perform.
    pub permissions: &'static [&'static str],
    /// Runnable examples.
    pub examples: &'static [Example],
}

/// How an interrupted create is recognised and repeated without making a second object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idempotency {
    /// The call takes a token: the same request with the same token makes one object.
    Token,
    /// The identity is chosen by us, or follows from what is written: read it, and adopt it if it is ours.
    Identity,
    /// Neither, but the call carries tags: list by tag. Only an absence that lasts counts as one.
    Tags,
    /// The type resolves an interrupted create in its own way.
    Own,
}

/// Actions a caller must be allowed to perform, in the vendor's words.
#[derive(Clone, Copy, Debug)]
pub struct Permissions {
    /// To plan.
    pub read: &'static [&'static str],
    /// To apply, beside those to read.
    pub write: &'static [&'static str],
}

/// How long operations may take, in seconds, and how often to look.
#[derive(Clone, Copy, Debug)]
pub struct Timings {
    /// Deadline of a create, waiting included.
    pub create: u64,
    /// Deadline of an update, waiting included.
    pub update: u64,
    /// Deadline of a delete, waiting included.
    pub delete: u64,
    /// What a create usually takes; used to start long chains first.
    pub typical: u64,
    /// Time between two looks while waiting, at first.
    pub poll: u64,
}

impl Timings {
    /// For objects that are there as soon as the call returns.
    pub const INSTANT: Self = Self { create: 300, update: 300, delete: 300, typical: 1, poll: 1 };
    /// For objects that take minutes.
    pub const MINUTES: Self = Self { create: 1_200, update: 1_200, delete: 1_200, typical: 120, poll: 5 };
    /// For databases and content networks.
    pub const LONG: Self = Self { create: 3_600, update: 3_600, delete: 3_600, typical: 600, poll: 15 };
}

/// What is declared of an action of a vendor: something that is run, and nothing that is made and stays.
#[derive(Debug)]
pub struct ActionDeclaration {
    /// The name in the language.
    pub name: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// Its fields, as the catalogue carries those of types.
    pub facts: &'static str,
    /// What is laid over them.
    pub overlay: Overlay,
    /// Permissions a run needs.
    pub permissions: &'static [&'static str],
    /// Pieces of source that show it.
    pub examples: &'static [Example],
}

/// A piece of source that shows a type in use.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// What it shows.
    pub title: &'static str,
    /// Declarations of a stack, without its header.
    pub source: &'static str,
}
