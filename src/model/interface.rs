//! What a stack, a component or a library shows to those who use it.

/// The interface of a unit. Types, defaults and conditions are as they are written, on one line each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// `stack`, `component` or `library`.
    pub kind: &'static str,
    /// Its name; of a library, its file.
    pub name: String,
    /// The `##` lines above its header.
    pub docs: String,
    /// Inputs, in the order they are written.
    pub inputs: Vec<InputPage>,
    /// Outputs, by name.
    pub outputs: Vec<OutputPage>,
    /// Resources, look-ups, actions, providers and policies, in the order they are written.
    pub nodes: Vec<NodePage>,
    /// Types it declares.
    pub types: Vec<Signature>,
    /// Functions it declares; of a library only.
    pub functions: Vec<Signature>,
    /// Conditions that always hold: as written, and what is said if not.
    pub asserts: Vec<(String, String)>,
    /// The environments of a stack, each with the values its file gives, by input.
    pub environments: Vec<(String, Vec<(String, String)>)>,
}

/// An input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputPage {
    /// Its name.
    pub name: String,
    /// Its type, without `known`.
    pub ty: String,
    /// Its default; nothing if there is none.
    pub default: Option<String>,
    /// Whether it may be left out because its type allows nothing.
    pub optional: bool,
    /// Whether the caller must know it before apply.
    pub known: bool,
    /// What it is for.
    pub docs: String,
    /// Conditions, each with what is said if it does not hold.
    pub conditions: Vec<(String, Option<String>)>,
}

/// An output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputPage {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: String,
    /// What it is.
    pub docs: String,
}

/// A node of the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodePage {
    /// `resource`, `lookup`, `action`, `provider` or `policy`.
    pub keyword: &'static str,
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: String,
    /// Its loop, as written.
    pub each: Option<String>,
    /// Its condition, as written.
    pub condition: Option<String>,
    /// What it is for.
    pub docs: String,
}

/// A type or a function, as declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Its name.
    pub name: String,
    /// What it is, as written.
    pub text: String,
    /// What it is for.
    pub docs: String,
}
