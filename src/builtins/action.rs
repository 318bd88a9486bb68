//! The actions that are compiled in: what they take and what they give, as data. `host` runs them.

use cairn_provider::declaration::Example;
use cairn_provider::schema::Unit;
use cairn_provider::schema::catalogue::Catalogue;
use cairn_provider::schema::overlay::{Overlay, Range};

/// An action that is compiled in.
#[derive(Debug)]
pub struct Declared {
    /// The name in the language.
    pub name: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// Its fields.
    pub facts: &'static str,
    /// What is laid over them.
    pub overlay: Overlay,
    /// How long a run may take if nothing else is said, in seconds.
    pub deadline: u64,
    /// Pieces of source that show it.
    pub examples: &'static [Example],
}

/// `http.Probe`.
pub static PROBE: Declared = Declared {
    name: "http.Probe",
    title: "Asks an address until it answers as expected, so many times in a row",
    facts: r#"{
        "type": "http::Probe", "name": "http.Probe", "action": true, "id": ["Url"],
        "required": ["Url"],
        "read_only": ["Health", "Status"],
        "properties": {
          "Url": { "pattern": "^https?://[^ ]+$" },
          "Expect": { "ref": "Expect" },
          "Passes": { "type": "integer", "min": 1, "max": 1000 },
          "Every": { "type": "integer" },
          "Health": { "format": "health" },
          "Status": { "type": "integer" }
        },
        "definitions": {
          "Expect": { "type": "object", "properties": {
            "Status": { "type": "integer", "min": 100, "max": 599 },
            "Within": { "type": "integer" },
            "BodyContains": {},
            "Header": { "type": "object", "map": {} }
          } }
        }
    }"#,
    overlay: Overlay {
        units: &[("Every", Unit::Milliseconds), ("Expect.Within", Unit::Milliseconds)],
        ranges: &[
            Range { path: "Every", min: 10, max: 3_600_000, because: "Probes are at most an hour apart" },
            Range { path: "Expect.Within", min: 1, max: 600_000, because: "An answer may take at most ten minutes" },
        ],
        popular: &["Expect", "Passes"],
        noun: "a probe",
        ..Overlay::EMPTY
    },
    deadline: 300,
    examples: &[Example {
        title: "A release is good when its front answers three times",
        source: "import http\n\naction smoke = http.Probe {\n  url: \"https://www.shop.example/healthz\"\n  \
                 expect: { status: 200, within: 2s, body_contains: \"ok\" }\n  passes: 3\n  every: 5s\n}\n",
    }],
};

/// `exec.Run`.
pub static RUN: Declared = Declared {
    name: "exec.Run",
    title: "Runs a command on the machine that applies the stack",
    facts: r#"{
        "type": "exec::Run", "name": "exec.Run", "action": true, "id": ["Stdout"],
        "required": ["Command"],
        "read_only": ["Stdout"],
        "properties": {
          "Command": { "type": "array", "min_items": 1, "items": {} },
          "Environment": { "type": "object", "map": {} },
          "Directory": {},
          "Input": {},
          "Stdout": {}
        }
    }"#,
    overlay: Overlay {
        sensitive: &["Environment", "Input"],
        popular: &["Environment", "Directory"],
        noun: "a command",
        ..Overlay::EMPTY
    },
    deadline: 600,
    examples: &[],
};

/// `time.Sleep`.
pub static SLEEP: Declared = Declared {
    name: "time.Sleep",
    title: "Waits",
    facts: r#"{
        "type": "time::Sleep", "name": "time.Sleep", "action": true, "id": ["Duration"],
        "required": ["Duration"],
        "properties": { "Duration": { "type": "integer" } }
    }"#,
    overlay: Overlay {
        units: &[("Duration", Unit::Milliseconds)],
        ranges: &[Range { path: "Duration", min: 0, max: 86_400_000, because: "Nothing waits for longer than a day" }],
        noun: "a pause",
        ..Overlay::EMPTY
    },
    deadline: 86_400,
    examples: &[Example {
        title: "What was made is given time before it is asked",
        source: "import time\n\naction settle = time.Sleep { duration: 30s }\n",
    }],
};

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Declared> {
    [&PROBE, &RUN, &SLEEP].into_iter()
}

/// The action of a name.
pub fn find(name: &str) -> Option<&'static Declared> {
    all().find(|declared| declared.name == name)
}

/// The first part of the names of actions that are compiled in: no cloud runs these.
pub fn is_built_in(namespace: &str) -> bool {
    matches!(namespace, "http" | "exec" | "time")
}

/// Their types.
pub fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::default();
    for declared in all() {
        catalogue.add(declared.name, declared.facts, &declared.overlay);
    }
    catalogue
}

#[cfg(test)]
mod tests {
    use super::{all, catalogue, is_built_in};

    #[test]
    fn every_action_is_one_and_has_a_namespace() {
        let catalogue = catalogue();
        for declared in all() {
            let schema = catalogue.get(declared.name).unwrap();
            assert!(schema.action && !schema.creatable && is_built_in(schema.cloud()), "{}", declared.name);
        }
    }
}
