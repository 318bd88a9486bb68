//! The simulated cloud as one process sees it: calls that are lost, late, doubled, throttled, and answered wrongly.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use cairn::state::IntentKind;
use cairn_provider::declaration::Declaration;
use cairn_provider::error::{ErrorClass, ProviderError};
use cairn_provider::object::{Live, Observed};
use cairn_provider::provider::Provider;
use cairn_provider::request::{
    Caller, Create, Created, Delete, LookUp, Monitor, Progress, ReadSet, Readings, Target, Update,
};
use cairn_provider::value::Value;
use ecow::{EcoString, eco_format};
use tokio::time::{Instant, sleep};

use crate::kinds::KINDS;
use crate::log::Store;
use crate::objects::Arrival;
use crate::world::{Ablation, Inner, Process};

/// For how long a caller waits for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The cloud of one process.
pub struct Cloud {
    process: Arc<Process>,
    store: Arc<Store>,
}

/// What goes wrong with one request.
enum Fault {
    None,
    Throttled(u64),
    Expired,
    RequestLost,
    AnswerLost,
    ErrorWithEffect,
    Late(u64),
    Double(u64),
}

impl Cloud {
    /// The cloud of a process that writes to a store.
    pub fn new(process: &Arc<Process>, store: &Arc<Store>) -> Self {
        Self { process: Arc::clone(process), store: Arc::clone(store) }
    }

    /// The check of every call: its intent was recorded, by this writer, a moment ago.
    fn covered(&self, what: &str, kinds: &[IntentKind], nonce: Option<&str>, id: &str) {
        let mut inner = self.process.world.inner();
        if let Err(why) = inner.log.covers(self.store.epoch(), kinds, nonce, id) {
            inner.violate(format!("I1: p{} sends {what}: {why}", self.process.id));
        }
    }

    fn fault(&self) -> Fault {
        let elapsed = self.process.world.started.elapsed().as_secs();
        let mut inner = self.process.world.inner();
        let faults = inner.faults.clone();
        let random = &mut inner.random;
        if faults.expiry.is_some_and(|(from, seconds)| (from..from + seconds).contains(&elapsed)) {
            return Fault::Expired;
        }
        if random.chance(faults.throttle) {
            Fault::Throttled(1 + random.below(40))
        } else if random.chance(faults.lost_request) {
            Fault::RequestLost
        } else if random.chance(faults.lost_answer) {
            Fault::AnswerLost
        } else if random.chance(faults.error_with_effect) {
            Fault::ErrorWithEffect
        } else if random.chance(faults.late) {
            Fault::Late(30 + random.below(faults.lateness))
        } else if random.chance(faults.duplicate) {
            Fault::Double(1 + random.below(faults.lateness))
        } else {
            Fault::None
        }
    }

    /// A call that changes something, with all that can become of it.
    async fn send<T: Send + 'static>(
        &self,
        what: String,
        effect: impl Fn(&mut Inner, Arrival) -> Result<T, ProviderError> + Send + Sync + 'static,
    ) -> Result<T, ProviderError> {
        let signed = Instant::now();
        let effect = Arc::new(effect);
        self.process.step(format!("sends {what}")).await;
        self.process.latency().await;
        let world = Arc::clone(&self.process.world);
        let arrive = {
            let (world, what) = (Arc::clone(&world), what.clone());
            move |late: bool| {
                let result = effect(&mut world.inner(), Arrival { signed, late });
                let outcome = result.as_ref().map_or_else(|error| error.code.to_string(), |_| "done".to_owned());
                let when = if late { ", late" } else { "" };
                world.note(&format!("cloud: {what}{when}: {outcome}"));
                result
            }
        };
        let later = |seconds: u64| {
            let arrive = arrive.clone();
            tokio::spawn(async move {
                sleep(Duration::from_secs(seconds)).await;
                let _ = arrive(true);
            });
        };
        let result = match self.fault() {
            Fault::None => arrive(false),
            Fault::Throttled(seconds) => Err(ProviderError {
                retry_after: Some(Duration::from_secs(seconds)),
                ..failed(ErrorClass::Throttled, "Throttled")
            }),
            Fault::Expired => Err(failed(ErrorClass::CredentialsExpired, "ExpiredToken")),
            Fault::RequestLost => {
                sleep(PATIENCE).await;
                Err(failed(ErrorClass::Ambiguous, "NoAnswer"))
            }
            Fault::AnswerLost => {
                let _ = arrive(false);
                sleep(PATIENCE).await;
                Err(failed(ErrorClass::Ambiguous, "NoAnswer"))
            }
            Fault::ErrorWithEffect => {
                let _ = arrive(false);
                Err(failed(ErrorClass::Ambiguous, "InternalError"))
            }
            Fault::Late(seconds) => {
                later(seconds);
                sleep(PATIENCE).await;
                Err(failed(ErrorClass::Ambiguous, "NoAnswer"))
            }
            Fault::Double(seconds) => {
                later(seconds);
                arrive(false)
            }
        };
        self.process.latency().await;
        let heard = result.as_ref().map_or_else(|error| error.code.to_string(), |_| "done".to_owned());
        self.process.step(format!("hears of {what}: {heard}")).await;
        result
    }

    /// A call that changes nothing.
    async fn ask<T>(&self, what: &str, answer: impl Fn(&mut Inner) -> T) -> Result<T, ProviderError> {
        self.process.step(format!("asks {what}")).await;
        self.process.latency().await;
        let refused = match self.fault() {
            Fault::Throttled(seconds) => Some(ProviderError {
                retry_after: Some(Duration::from_secs(seconds)),
                ..failed(ErrorClass::Throttled, "Throttled")
            }),
            Fault::Expired => Some(failed(ErrorClass::CredentialsExpired, "ExpiredToken")),
            Fault::RequestLost | Fault::AnswerLost | Fault::ErrorWithEffect => {
                Some(failed(ErrorClass::Transient, "Unavailable"))
            }
            Fault::None | Fault::Late(_) | Fault::Double(_) => None,
        };
        if let Some(error) = refused {
            self.process.step(format!("hears of {what}: {}", error.code)).await;
            return Err(error);
        }
        let answered = answer(&mut self.process.world.inner());
        self.process.latency().await;
        self.process.step(format!("hears of {what}")).await;
        Ok(answered)
    }

    fn request(&self, request: &Create) -> Create {
        let mut sent = request.clone();
        if self.process.world.ablation == Ablation::Token {
            sent.token = eco_format!("meaningless-{}", self.process.world.inner().random.next());
        }
        sent
    }
}

fn failed(class: ErrorClass, code: &str) -> ProviderError {
    ProviderError::new(class, code, "sim", code)
}

#[async_trait]
impl Provider for Cloud {
    fn cloud(&self) -> &'static str {
        "aws"
    }

    fn declaration(&self, name: &str) -> Option<&'static Declaration> {
        KINDS.iter().find(|kind| kind.name == name).map(|kind| &kind.declared)
    }

    async fn caller(&self, _target: &Target) -> Result<Caller, ProviderError> {
        Ok(Caller { account: "1".into(), identity: "the simulation".into() })
    }

    async fn read(&self, _target: &Target, wanted: &ReadSet) -> Readings {
        let all: Vec<(EcoString, EcoString)> =
            wanted.iter().flat_map(|(kind, ids)| ids.keys().map(move |id| (kind.clone(), id.clone()))).collect();
        let names: Vec<&str> = all.iter().map(|(_, id)| id.as_str()).collect();
        let asked = self
            .ask(&names.join(", "), |inner| {
                all.iter().map(|(kind, id)| inner.look(kind, id)).collect::<Vec<Observed>>()
            })
            .await;
        let mut readings = Readings::default();
        match asked {
            Ok(answers) => {
                for ((kind, id), observed) in all.into_iter().zip(answers) {
                    readings.answer(kind, id, observed);
                }
            }
            Err(error) => {
                for (kind, id) in all {
                    readings.answer(kind, id, Observed::Unreadable(error.clone()));
                }
            }
        }
        readings
    }

    async fn create(&self, _target: &Target, request: &Create) -> Result<Created, ProviderError> {
        self.covered(
            &format!("create of {}", request.owner.address),
            &[IntentKind::Create],
            Some(&request.owner.nonce),
            "",
        );
        let request = self.request(request);
        let short: String = request.owner.nonce.chars().take(6).collect();
        let what = format!("create {} {short}", request.owner.address);
        self.send(what, move |inner, arrival| inner.create(&request, arrival)).await
    }

    async fn configure(&self, _target: &Target, id: &str, request: &Create) -> Result<(), ProviderError> {
        if !crate::kinds::kind(&request.kind).partial {
            return Ok(());
        }
        self.covered(
            &format!("configure of {}", request.owner.address),
            &[IntentKind::Create, IntentKind::Update],
            Some(&request.owner.nonce),
            id,
        );
        let (request, id) = (request.clone(), EcoString::from(id));
        self.send(format!("configure {id}"), move |inner, _| inner.configure(&id, &request)).await
    }

    async fn resolve(&self, _target: &Target, request: &Create) -> Result<Vec<EcoString>, ProviderError> {
        let short: String = request.owner.nonce.chars().take(6).collect();
        let (ablation, resolving) = (self.process.world.ablation, self.process.resolving.load(Ordering::Relaxed));
        self.ask(&format!("for objects of {short}"), |inner| {
            let blind = match ablation {
                Ablation::Sweep => resolving,
                // What is swept needs not be adopted.
                Ablation::Adopt => true,
                _ => false,
            };
            if blind && !inner.log.is_open(&request.owner.nonce) { Vec::new() } else { inner.search(request) }
        })
        .await
    }

    async fn update(&self, _target: &Target, request: &Update) -> Result<Option<Monitor>, ProviderError> {
        self.covered(&format!("update of {}", request.id), &[IntentKind::Update], None, &request.id);
        let request = request.clone();
        let what = format!("update {}", request.id);
        self.send(what, move |inner, arrival| inner.update(&request, arrival)).await
    }

    async fn delete(&self, _target: &Target, request: &Delete) -> Result<Option<Monitor>, ProviderError> {
        self.covered(&format!("delete of {}", request.id), &[IntentKind::Delete], None, &request.id);
        let request = request.clone();
        let what = format!("delete {}", request.id);
        self.send(what, move |inner, arrival| inner.delete(&request, arrival)).await
    }

    async fn poll(&self, _target: &Target, monitor: &Monitor) -> Result<Progress, ProviderError> {
        let running = self.ask(&format!("how far {} is", monitor.0), |inner| inner.is_running(monitor)).await?;
        Ok(if running { Progress::Running(Some(5_000)) } else { Progress::Done })
    }

    async fn reveal(&self, _: &Target, _: &str, _: &str, field: &str) -> Result<Value, ProviderError> {
        Err(ProviderError::refused("reveal", eco_format!("there is no secret {field}")))
    }

    async fn list(&self, _target: &Target, kind: &str) -> Result<Vec<EcoString>, ProviderError> {
        self.ask("for a list", |inner| {
            inner.objects.iter().filter(|((name, _), _)| name == kind).map(|((_, id), _)| id.clone()).collect()
        })
        .await
    }

    async fn look_up(&self, _target: &Target, _request: &LookUp) -> Result<Vec<Live>, ProviderError> {
        Ok(Vec::new())
    }

    fn calls(&self) -> BTreeMap<String, u64> {
        BTreeMap::new()
    }
}
