//! What a vendor's schema does not say: references, units, ranges, relations, exceptions.
//!
//! An overlay is written by hand, in the vendor's spelling, in the file of its type. A path is the name of a property
//! (`VpcId`), or the name of a definition and a property of it (`Ebs.VolumeSize`). A test compares every path with
//! the vendor's facts.

use super::{Change, Equality, Unit};

/// What is laid over the facts of one type.
#[derive(Debug)]
pub struct Overlay {
    /// Properties that refer to other resources, beside those the facts mark already.
    pub references: &'static [Reference],
    /// Properties the facts mark as references that are plain text here.
    pub plain: &'static [&'static str],
    /// What the API counts in.
    pub units: &'static [(&'static str, Unit)],
    /// Numbers that the registry carries as text.
    pub numbers: &'static [&'static str],
    /// Ranges that the facts lack or state too wide, in the API's unit, with the sentence that says so.
    pub ranges: &'static [Range],
    /// Values of text. The facts' own win where they have any, unless listed here.
    pub values: &'static [Values],
    /// Lists of key and value that are written as maps: path, key, value.
    pub keyed: &'static [(&'static str, &'static str, &'static str)],
    /// Lists whose order means nothing although the facts do not say so.
    pub unordered: &'static [&'static str],
    /// Secrets.
    pub sensitive: &'static [&'static str],
    /// Properties the API never returns although the facts do not call them write-only.
    pub hidden: &'static [&'static str],
    /// Properties the API needs although the facts call them optional.
    pub required: &'static [&'static str],
    /// Properties of the resource itself of which at least one must be given, where the facts say nothing of it.
    pub any_of: &'static [&'static str],
    /// Properties of the resource itself of which exactly one must be given, where the facts name too few or none.
    pub one_of: &'static [&'static str],
    /// Attributes that an update in place may change. All others survive updates.
    pub volatile: &'static [&'static str],
    /// Differences that mean nothing.
    pub equality: &'static [(&'static str, Equality)],
    /// Properties the facts call write-only although the API returns them.
    pub readable: &'static [&'static str],
    /// Where the API is better (or worse) than the registry says.
    pub exceptions: &'static [Exception],
    /// Properties this version does not send, with the reason.
    pub unsupported: &'static [(&'static str, &'static str)],
    /// What the cloud has when nobody writes a property of the resource itself, as JSON. A property that is written no
    /// longer goes back to it; `null` says that it goes back to nothing, and arrives in an update as none.
    pub defaults: &'static [(&'static str, &'static str)],
    /// Lists and maps of the resource itself that the cloud fills in when nobody writes them: written no longer, they
    /// stay as they are. All others become empty then.
    pub kept: &'static [&'static str],
    /// Keyed lists of the resource itself in which the cloud has entries of its own: the list, and each entry with what
    /// it is when nobody writes it. An entry that is written no longer goes back to that.
    pub entries: &'static [(&'static str, &'static [(&'static str, &'static str)])],
    /// Attributes that follow from what was written: attribute, template over fields in the language's names.
    pub derived: &'static [(&'static str, &'static str)],
    /// How a name is made when the user gives none.
    pub name: Option<NameRule>,
    /// What must hold between fields and between resources.
    pub relations: &'static [Relation],
    /// Which object goes first in a replacement.
    pub replacement: Replacement,
    /// Settings that let everybody in.
    pub opens: &'static [Opening],
    /// Whether destroying an object destroys data.
    pub stateful: bool,
    /// The fields people set most, for messages about missing ones.
    pub popular: &'static [&'static str],
    /// How the vendor calls one of it in a sentence: "a VPC".
    pub noun: &'static str,
}

impl Overlay {
    /// An overlay that adds nothing.
    pub const EMPTY: Self = Self {
        references: &[],
        plain: &[],
        units: &[],
        numbers: &[],
        ranges: &[],
        values: &[],
        keyed: &[],
        unordered: &[],
        sensitive: &[],
        hidden: &[],
        required: &[],
        any_of: &[],
        one_of: &[],
        volatile: &[],
        equality: &[],
        readable: &[],
        exceptions: &[],
        unsupported: &[],
        defaults: &[],
        kept: &[],
        entries: &[],
        derived: &[],
        name: None,
        relations: &[],
        replacement: Replacement::DestroyFirst,
        opens: &[],
        stateful: false,
        popular: &[],
        noun: "",
    };
}

/// A property that refers to another resource.
#[derive(Debug)]
pub struct Reference {
    /// The property.
    pub path: &'static str,
    /// The types it may refer to, each with the attribute that is sent; both in the vendor's spelling.
    pub to: &'static [(&'static str, &'static str)],
}

/// A setting that lets everybody in. Names are the language's.
#[derive(Debug)]
pub struct Opening {
    /// The list of records it stands in; empty for the resource itself.
    pub list: &'static str,
    /// The field.
    pub field: &'static str,
    /// The values that let everybody in, as the API knows them.
    pub everybody: &'static [&'static str],
    /// What opens, in words; `{field}` is the value of a field beside it.
    pub what: &'static str,
}

/// A range of whole numbers in the API's unit.
#[derive(Debug)]
pub struct Range {
    /// The property.
    pub path: &'static str,
    /// The smallest value.
    pub min: i64,
    /// The largest value.
    pub max: i64,
    /// The sentence for the message: "RDS keeps backups for at most 35 days". Empty for a general one.
    pub because: &'static str,
}

/// Values of a text property.
#[derive(Debug)]
pub struct Values {
    /// The property.
    pub path: &'static str,
    /// Known values, for completion and "did you mean". Empty for those of the facts.
    pub known: &'static [&'static str],
    /// Whether the API may take others, for example newer ones.
    pub open: bool,
    /// What kind of value it is: "instance type".
    pub noun: &'static str,
}

/// Where the truth is not the registry's.
#[derive(Debug)]
pub struct Exception {
    /// The property.
    pub path: &'static str,
    /// What a change really costs.
    pub change: Change,
    /// Why, with the operation that proves it.
    pub because: &'static str,
}

/// How a name is made when the user gives none.
#[derive(Clone, Copy, Debug)]
pub struct NameRule {
    /// The property that holds the name.
    pub property: &'static str,
    /// The largest number of characters.
    pub max: usize,
    /// Whether only small letters are allowed.
    pub lower: bool,
    /// Characters allowed beside letters and digits; the first one separates the parts.
    pub separators: &'static str,
    /// Whether a replacement gets a new name, so that old and new can live side by side.
    pub renewed: bool,
}

/// Which object of a replacement goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// The new one is created, dependents move over, the old one is destroyed.
    CreateFirst,
    /// The old one is destroyed before the new one is created.
    DestroyFirst,
}

/// Something that must hold between fields or between resources. Paths are in the vendor's spelling.
#[derive(Debug)]
pub enum Relation {
    /// A network lies within a network of the resource referred to.
    Within {
        /// The inner network.
        field: &'static str,
        /// The reference.
        reference: &'static str,
        /// The outer network, a property of the resource referred to.
        outer: &'static str,
    },
    /// Networks of resources with the same reference share no address.
    Disjoint {
        /// The network.
        field: &'static str,
        /// The reference they have in common.
        per: &'static str,
    },
    /// Values are different among resources with the same reference.
    Unique {
        /// The value.
        field: &'static str,
        /// The reference they have in common.
        per: &'static str,
    },
    /// One number is at most another.
    AtMost {
        /// The smaller one.
        lower: &'static str,
        /// The larger one.
        upper: &'static str,
    },
    /// One number is below another where a field has one of some values; elsewhere they may be equal.
    Below {
        /// The smaller one.
        lower: &'static str,
        /// The larger one.
        upper: &'static str,
        /// The field that decides, and its values.
        where_one_of: (&'static str, &'static [&'static str]),
    },
    /// The resource referred to lives in a certain region.
    LivesIn {
        /// The path of the reference.
        reference: &'static str,
        /// The region.
        region: &'static str,
        /// Who wants it so: "CloudFront takes certificates".
        because: &'static str,
    },
    /// A text names a part of the same resource.
    NamesPart {
        /// The path of the text.
        field: &'static str,
        /// The paths of the lists of parts. The first one must be known, the others may be missing.
        parts: &'static [&'static str],
        /// The property of a part that is its name.
        key: &'static str,
        /// What a part is called: "origin".
        noun: &'static str,
    },
}
