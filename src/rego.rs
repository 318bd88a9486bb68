//! Policies in Rego: the sets `deny` and `warn` of every package of a stack, for an input.

use serde_json::Value as Json;

/// A file of policies.
#[derive(Clone, Debug)]
pub struct Module {
    /// Its path, from the stack's directory.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// Something a policy says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Said {
    /// The package, without `data.`.
    pub package: String,
    /// Whether it refuses; it warns otherwise.
    pub denies: bool,
    /// What it says.
    pub message: String,
    /// Of which resource, if the message names one.
    pub address: Option<String>,
}

/// Why nothing could be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// In which file.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, in a sentence.
    pub sentence: String,
}

/// Asks all policies.
///
/// # Errors
/// A file cannot be read as Rego, or a rule cannot be computed.
#[cfg(feature = "policy")]
pub fn ask(modules: &[Module], input: &Json) -> Result<Vec<Said>, Fault> {
    let Some(first) = modules.first() else { return Ok(Vec::new()) };
    let mut engine = regorus::Engine::new();
    let mut packages: Vec<String> = Vec::new();
    for module in modules {
        let package = engine
            .add_policy(module.path.clone(), module.text.clone())
            .map_err(|error| fault(&error.to_string(), &module.path))?;
        if !packages.contains(&package) {
            packages.push(package);
        }
    }
    engine.set_input_json(&input.to_string()).map_err(|error| fault(&error.to_string(), &first.path))?;
    let mut said = Vec::new();
    for package in packages {
        let name = package.strip_prefix("data.").unwrap_or(&package).to_owned();
        for (rule, denies) in [("deny", true), ("warn", false)] {
            // A package without the rule says nothing.
            let declared = modules.iter().any(|module| declares(module, &name, rule));
            if !declared {
                continue;
            }
            let found = engine
                .eval_rule(format!("{package}.{rule}"))
                .and_then(|value| value.to_json_str())
                .map_err(|error| fault(&error.to_string(), &first.path))?;
            let found: Json = serde_json::from_str(&found).unwrap_or(Json::Null);
            for message in found.as_array().into_iter().flatten() {
                let text = |key: &str| message.get(key).and_then(Json::as_str).map(str::to_owned);
                let plain = message.as_str().map(str::to_owned);
                said.push(Said {
                    package: name.clone(),
                    denies,
                    message: plain.or_else(|| text("msg")).unwrap_or_else(|| message.to_string()),
                    address: text("address"),
                });
            }
        }
    }
    said.sort();
    Ok(said)
}

/// Asks nothing: this build has no Rego.
///
/// # Errors
/// There are policies to ask.
#[cfg(not(feature = "policy"))]
pub fn ask(modules: &[Module], _input: &Json) -> Result<Vec<Said>, Fault> {
    match modules.first() {
        None => Ok(Vec::new()),
        Some(module) => Err(Fault {
            path: module.path.clone(),
            line: 1,
            sentence: "this build of Cairn was made without the feature `policy`, which reads Rego".to_owned(),
        }),
    }
}

/// The line, from 1, on which a package first declares a rule; nothing if this file does not.
pub fn line_of(module: &Module, package: &str, rule: &str) -> Option<usize> {
    declares(module, package, rule).then(|| 1 + module.text.lines().position(|line| is_rule(line, rule)).unwrap_or(0))
}

fn declares(module: &Module, package: &str, rule: &str) -> bool {
    let of_package = module.text.lines().any(|line| {
        line.trim()
            .strip_prefix("package ")
            .is_some_and(|name| name.split('#').next().unwrap_or_default().trim() == package)
    });
    of_package && module.text.lines().any(|line| is_rule(line, rule))
}

fn is_rule(line: &str, rule: &str) -> bool {
    line.strip_prefix(rule)
        .is_some_and(|rest| rest.starts_with([' ', '[', '{', '\t', '(', ':', '=']) || rest.is_empty())
}

/// `--> path:line:column … error: sentence`, taken apart.
#[cfg(feature = "policy")]
fn fault(text: &str, path: &str) -> Fault {
    let place = text.lines().find_map(|line| line.trim().strip_prefix("--> "));
    let mut parts = place.unwrap_or_default().rsplitn(3, ':');
    let (_, line, file) = (parts.next(), parts.next(), parts.next());
    let sentence = text.lines().rev().find_map(|line| line.trim().strip_prefix("error: ")).unwrap_or(text);
    Fault {
        path: file.unwrap_or(path).to_owned(),
        line: line.and_then(|line| line.parse().ok()).unwrap_or(1),
        sentence: sentence.to_owned(),
    }
}
