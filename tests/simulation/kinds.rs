//! The types of the simulated cloud: one for each way in which an interrupted create is recognised, quick and slow ones.

use std::sync::{Arc, OnceLock};

use cairn_provider::declaration::{Declaration, Idempotency, Permissions, Timings};
use cairn_provider::schema::catalogue::Catalogue;
use cairn_provider::schema::overlay::{NameRule, Overlay, Replacement};

/// A type of the simulated cloud.
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// Its declaration.
    pub declared: Declaration,
    /// Its facts.
    facts: &'static str,
    /// The attribute that identifies it, which is what others refer to.
    pub identity: &'static str,
    /// Whether its objects carry marks.
    pub tagged: bool,
    /// Seconds until a new object can be used.
    pub slow: u64,
    /// Whether its create leaves something to be set by a second call.
    pub partial: bool,
}

impl Kind {
    /// Whether the name is chosen by the stack.
    pub fn named(&self) -> bool {
        self.identity == "name"
    }
}

const fn declared(
    vendor: &'static str,
    idempotency: Idempotency,
    replacement: Replacement,
    name: Option<NameRule>,
    timings: Timings,
) -> Declaration {
    Declaration {
        vendor,
        title: "An object of the simulation",
        overlay: Overlay {
            replacement,
            name,
            defaults: &[("Base", "null"), ("Other", "null")],
            noun: "an object",
            ..Overlay::EMPTY
        },
        idempotency,
        permissions: Permissions { read: &[], write: &[] },
        timings,
        examples: &[],
    }
}

const NAMED: Option<NameRule> =
    Some(NameRule { property: "Name", max: 60, lower: false, separators: "-", renewed: false });

macro_rules! facts {
    ($vendor:literal, $identity:literal, $read_only:literal, $create_only:literal, $tags:literal) => {
        concat!(
            r#"{"type":""#,
            $vendor,
            r#"","id":[""#,
            $identity,
            r#""],"#,
            $tags,
            r#""read_only":["#,
            $read_only,
            r#"],"create_only":["#,
            $create_only,
            r#""Fixed","Base"],
            "properties":{""#,
            $identity,
            r#"":{},"Size":{"type":"integer"},"Setting":{"type":"integer"},
            "Fixed":{},"Base":{},"Other":{},"Tags":{"type":"array","items":{"ref":"Tag"}}},
            "definitions":{"Tag":{"type":"object","required":["Key","Value"],"properties":{"Key":{},"Value":{}}}}}"#
        )
    };
}

/// All types.
pub static KINDS: [Kind; 6] = [
    Kind {
        name: "aws.sim.Net",
        declared: declared("AWS::Sim::Net", Idempotency::Token, Replacement::CreateFirst, None, Timings::INSTANT),
        facts: facts!("AWS::Sim::Net", "Id", r#""Id""#, "", r#""tags":"Tags","#),
        identity: "id",
        tagged: true,
        slow: 0,
        partial: false,
    },
    Kind {
        name: "aws.sim.Address",
        declared: declared("AWS::Sim::Address", Idempotency::Tags, Replacement::CreateFirst, None, Timings::INSTANT),
        facts: facts!("AWS::Sim::Address", "Id", r#""Id""#, "", r#""tags":"Tags","#),
        identity: "id",
        tagged: true,
        slow: 0,
        partial: false,
    },
    Kind {
        name: "aws.sim.Role",
        declared: declared("AWS::Sim::Role", Idempotency::Identity, Replacement::DestroyFirst, NAMED, Timings::INSTANT),
        facts: facts!("AWS::Sim::Role", "Name", "", r#""Name","#, r#""tags":"Tags","#),
        identity: "name",
        tagged: true,
        slow: 0,
        partial: false,
    },
    Kind {
        name: "aws.sim.Database",
        declared: declared(
            "AWS::Sim::Database",
            Idempotency::Identity,
            Replacement::DestroyFirst,
            NAMED,
            Timings::MINUTES,
        ),
        facts: facts!("AWS::Sim::Database", "Name", "", r#""Name","#, r#""tags":"Tags","#),
        identity: "name",
        tagged: true,
        slow: 200,
        partial: false,
    },
    Kind {
        name: "aws.sim.Rule",
        declared: declared("AWS::Sim::Rule", Idempotency::Token, Replacement::DestroyFirst, None, Timings::INSTANT),
        facts: facts!("AWS::Sim::Rule", "Id", r#""Id""#, "", r#""tags":"Tags","#),
        identity: "id",
        tagged: true,
        slow: 0,
        partial: true,
    },
    Kind {
        name: "aws.sim.Link",
        declared: declared("AWS::Sim::Link", Idempotency::Identity, Replacement::DestroyFirst, NAMED, Timings::INSTANT),
        facts: facts!("AWS::Sim::Link", "Name", "", r#""Name","#, ""),
        identity: "name",
        tagged: false,
        slow: 0,
        partial: false,
    },
];

/// A type by its name.
pub fn kind(name: &str) -> &'static Kind {
    KINDS.iter().find(|kind| kind.name == name).unwrap_or_else(|| panic!("there is no type {name}"))
}

/// The catalogue of all types.
pub fn catalogue() -> Arc<Catalogue> {
    static CATALOGUE: OnceLock<Arc<Catalogue>> = OnceLock::new();
    Arc::clone(CATALOGUE.get_or_init(|| {
        let mut catalogue = Catalogue::default();
        for kind in &KINDS {
            catalogue.add(kind.name, kind.facts, &kind.declared.overlay);
        }
        Arc::new(catalogue)
    }))
}
