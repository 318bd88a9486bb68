//! Running an action: the intent, the run, the record.

use std::collections::BTreeMap;
use std::time::Duration;

use cairn_provider::request::RunAction;
use cairn_provider::value::{Map, Value};
use ecow::EcoString;

use super::{Run, StepDone, StepError};
use crate::builtins::action::is_built_in;
use crate::engine::action::{Judge, deadline};
use crate::engine::call::{Halt, Patience, persistently};
use crate::engine::redact::Redactor;
use crate::engine::schedule::ScheduledStep;
use crate::model::desired::DesiredAction;
use crate::model::event::Event;
use crate::model::residual::Known as _;
use crate::state::{Entry, Ran};

/// Runs an action. Whatever ends it early, the next plan runs it again.
pub async fn run_action(run: &Run, step: &ScheduledStep) -> Result<StepDone, StepError> {
    let address = &step.address;
    let action =
        run.desired.actions.get(address).ok_or_else(|| StepError::Value("it is not wanted any more".to_owned()))?;
    let arguments = run.final_inputs(&action.call).await?;
    let source = run.places.get(address).cloned().unwrap_or_default();
    let kind = action.call.kind.clone();
    let begun = Entry::RunBegun { address: address.clone(), kind: kind.clone(), source: source.clone() };
    run.journal.append(vec![begun]).await?;
    let nonce = run.entropy.nonce();
    let results = perform(run, action, &arguments, &nonce).await?;
    run.world().insert(address.clone(), results.clone());
    run.world().ran(address.clone(), nonce.clone());
    let watched = watched(run, action).await?;
    let ran = Ran { kind, run: nonce.clone(), watched, results, unfinished: false, source };
    run.journal.append(vec![Entry::RunDone { address: address.clone(), ran: Box::new(ran) }]).await?;
    Ok(StepDone { id: EcoString::new(), nothing: false })
}

/// The run itself; what it gives holds no secret.
async fn perform(run: &Run, action: &DesiredAction, arguments: &Map, nonce: &EcoString) -> Result<Map, StepError> {
    let call = &action.call;
    let own = call.options.timeouts.get("run").map(|own| Duration::from_secs_f64(own.seconds().max(0.0)));
    let deadline = own.unwrap_or_else(|| deadline(&call.kind, arguments));
    if is_built_in(call.kind.split('.').next().unwrap_or_default()) {
        let redactor = secrets_of(run, action);
        let clean = |line: &str| redactor.clean(&run.clean(line));
        let say = |line: &str| run.tell(Event::Output { address: call.address.clone(), line: clean(line) });
        let running = run.actions.run(&call.kind, arguments, deadline, &say);
        let given = tokio::select! {
            given = running => given,
            // What only asks and waits is left at once; a command may end first.
            () = asked_to_stop(run), if call.kind != "exec.Run" => {
                return Err(StepError::Stopped("it only waited".to_owned()));
            }
        };
        return given.map(|given| cleaned(&clean, given)).map_err(|why| StepError::Value(clean(&why)));
    }
    let unknown = || StepError::Value(format!("this build of Cairn cannot run {}", call.kind));
    let provider = run.clouds.of_kind(&call.kind).filter(|provider| provider.runs(&call.kind)).ok_or_else(unknown)?;
    let token = run.key.token(&run.snapshot.lineage, call.address.as_str(), nonce);
    let request = RunAction { kind: call.kind.clone(), arguments: arguments.clone(), token };
    let patience = Patience::seconds(deadline.as_secs(), provider.tempo()).until(run.halt.clone());
    let target = &call.place.target;
    let asked = persistently(
        &patience,
        || provider.run(target, &request),
        |error| {
            run.waiting(&call.address, &error.code);
        },
    );
    match tokio::time::timeout(deadline, asked).await {
        Ok(given) => Ok(cleaned(&|text| run.clean(text), given?)),
        Err(_) => Err(StepError::Value(format!("it has not ended within {}s", deadline.as_secs()))),
    }
}

/// What is compared at the next plan, as it is now.
async fn watched(run: &Run, action: &DesiredAction) -> Result<BTreeMap<EcoString, EcoString>, StepError> {
    for watched in action.watched.values() {
        if let Some(value) = &watched.value {
            run.read_secrets(value).await?;
        }
    }
    let judge = Judge { desired: &run.desired, clouds: &run.clouds, key: &run.key };
    let world = run.world();
    let digests = judge.watched(action, &world).into_iter();
    Ok(digests.filter_map(|(name, digest)| Some((name, digest?))).collect())
}

/// Ends when the user asks to stop.
async fn asked_to_stop(run: &Run) {
    let mut halt = run.halt.clone();
    if halt.wait_for(|wish| *wish != Halt::No).await.is_err() {
        // Nobody can ask any more.
        std::future::pending::<()>().await;
    }
}

/// Knows the secrets that an action is given, however short they are.
fn secrets_of(run: &Run, action: &DesiredAction) -> Redactor {
    let world = run.world();
    let mut secrets: Vec<Value> = Vec::new();
    for field in action.call.inputs.values().filter(|field| field.value.is_secret()) {
        field.value.sources(&mut |source| secrets.extend(world.secret(source)));
        field.value.attributes(&mut |attribute| {
            if attribute.secret {
                secrets.extend(world.attribute(attribute));
            }
        });
    }
    Redactor::strict(secrets.iter())
}

/// What an action gives is from outside: no secret that is known stays in it.
fn cleaned(clean: &dyn Fn(&str) -> String, given: Map) -> Map {
    given.into_iter().map(|(name, value)| (name, cleaned_value(clean, &value))).collect()
}

fn cleaned_value(clean: &dyn Fn(&str) -> String, value: &Value) -> Value {
    match value {
        Value::Text(text) => Value::text(clean(text)),
        Value::List(items) => Value::list(items.iter().map(|item| cleaned_value(clean, item))),
        Value::Map(map) => Value::map(map.iter().map(|(name, value)| (name.clone(), cleaned_value(clean, value)))),
        Value::None
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Duration(_)
        | Value::Size(_)
        | Value::Percent(_)
        | Value::Ip(_)
        | Value::Cidr(_)
        | Value::Traffic(_)
        | Value::Range(..) => value.clone(),
    }
}
