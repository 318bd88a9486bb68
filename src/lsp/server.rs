//! The loop: messages in the order they come, answers at once, evaluation when nobody types.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use cairn_provider::schema::catalogue::Catalogue;
use ls_types::{
    DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams, MessageType,
    PublishDiagnosticsParams, Uri,
};
use lsp_server::{ErrorCode, Message, Notification, Request, RequestId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::background::{Background, Evaluate, Job};
use super::client::Client;
use super::documents::Documents;
use super::positions::Encoding;
use super::stack::{Analysis, Evaluated, Root};
use super::workspace::Workspace;
use super::{complete, edit, navigate, publish, signature, structure};
use crate::diagnostic;
use crate::host;
use crate::source::SourceId;

/// What the loop waits for.
pub enum Event {
    /// A message of the editor.
    Incoming(host::stdio::Incoming),
    /// A stack's state was evaluated.
    Evaluated(usize, u64, Box<Evaluated>),
}

/// What the server is given.
pub struct Setup {
    /// The types of all clouds.
    pub catalogue: Arc<Catalogue>,
    /// Evaluates an environment.
    pub evaluate: Evaluate,
    /// Writes a message.
    pub send: fn(&str) -> Result<(), String>,
}

/// Why a request is not answered with a result.
pub enum Problem {
    /// Its parameters are not what the protocol says.
    Parameters(String),
    /// It cannot be done; why, as a sentence for people.
    Failed(String),
}

/// The result of a request; nothing is `null`.
pub type Reply = Result<Option<Value>, Problem>;

/// How long nobody must type before environments are evaluated.
const PAUSE: Duration = Duration::from_millis(150);

/// The state between messages.
pub struct Server {
    /// What is open.
    pub documents: Documents,
    /// The stacks.
    pub workspace: Workspace,
    /// What columns count.
    pub encoding: Encoding,
    /// What the editor can do.
    pub client: Client,
    background: Background,
    send: fn(&str) -> Result<(), String>,
    changed: BTreeSet<String>,
    stage: Stage,
    requests: i32,
    /// Since something changed.
    unchanged: host::Stopwatch,
}

/// Where the conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    New,
    Running,
    ShutDown,
    Exited,
}

/// Serves an editor until it says good-bye or is gone; gives whether it said so.
///
/// # Errors
/// No thread can be started.
pub fn serve(setup: Setup) -> Result<bool, String> {
    let (events, incoming) = channel();
    let from_editor = events.clone();
    host::stdio::listen(move |message| from_editor.send(Event::Incoming(message)).is_ok())?;
    let mut server = Server::new(setup, events)?;
    Ok(server.run(&incoming))
}

impl Server {
    /// A server that was not talked to yet.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn new(setup: Setup, events: Sender<Event>) -> Result<Self, String> {
        let catalogue = Arc::clone(&setup.catalogue);
        // Schemas are built when first asked for; the first completion should not wait for all of them.
        let warm = move || {
            for name in catalogue.names() {
                let _ = catalogue.get(name);
            }
        };
        Ok(Self {
            documents: Documents::default(),
            workspace: Workspace::new(setup.catalogue),
            encoding: Encoding::Utf16,
            client: Client::default(),
            background: Background::start(setup.evaluate, events, warm)?,
            send: setup.send,
            changed: BTreeSet::new(),
            stage: Stage::New,
            requests: 0,
            unchanged: host::Stopwatch::start(),
        })
    }

    /// Answers until the end; gives whether the editor said good-bye.
    fn run(&mut self, incoming: &Receiver<Event>) -> bool {
        let mut queue: VecDeque<Event> = VecDeque::new();
        let mut said = false;
        while self.stage != Stage::Exited {
            let waiting = self.waits_for_evaluation();
            let event = if waiting {
                incoming.recv_timeout(PAUSE.saturating_sub(self.unchanged.elapsed()))
            } else {
                incoming.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            match event {
                Ok(event) => queue.push_back(event),
                Err(RecvTimeoutError::Timeout) => {
                    self.evaluate();
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
            // What came meanwhile says which requests are still wanted.
            queue.extend(incoming.try_iter());
            let cancelled = cancelled(&queue);
            while let Some(event) = queue.pop_front() {
                said |= self.stage == Stage::ShutDown;
                if !self.event(event, &cancelled) {
                    return said;
                }
            }
            said |= self.stage == Stage::ShutDown;
            self.publish();
            // Who only asks, however often, does not keep it from being evaluated.
            if self.unchanged.elapsed() >= PAUSE {
                self.evaluate();
            }
        }
        said
    }

    /// Handles an event; false if nobody is there any more.
    fn event(&mut self, event: Event, cancelled: &[RequestId]) -> bool {
        match event {
            Event::Incoming(host::stdio::Incoming::End) => return false,
            Event::Incoming(host::stdio::Incoming::Malformed(why)) => {
                self.send(&json!({ "jsonrpc": "2.0", "id": null, "error": { "code": ErrorCode::ParseError as i32, "message": why } }));
            }
            Event::Incoming(host::stdio::Incoming::Text(text)) => self.text(&text, cancelled),
            Event::Evaluated(stack, generation, evaluated) => self.evaluated(stack, generation, *evaluated),
        }
        self.stage != Stage::Exited
    }

    /// Handles the text of a message.
    pub fn text(&mut self, text: &str, cancelled: &[RequestId]) {
        let Ok(value) = serde_json::from_str::<Value>(text) else {
            return self.refuse(&Value::Null, ErrorCode::ParseError);
        };
        let id = value.get("id").cloned();
        match serde_json::from_value::<Message>(value) {
            Ok(Message::Request(request)) => self.request(request, cancelled),
            // With an id it is a request whose id is none, and somebody waits for its answer.
            Ok(Message::Notification(notification)) if id.is_none() => self.notification(notification),
            // Answers to what we asked need no reaction.
            Ok(Message::Response(_)) => {}
            Ok(Message::Notification(_)) | Err(_) => self.refuse(&id.unwrap_or_default(), ErrorCode::InvalidRequest),
        }
    }

    fn refuse(&self, id: &Value, code: ErrorCode) {
        let message = "this is no message of the protocol";
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code as i32, "message": message } }));
    }

    fn request(&mut self, request: Request, cancelled: &[RequestId]) {
        let Request { id, method, params } = request;
        if cancelled.contains(&id) {
            return self.fail(&id, ErrorCode::RequestCanceled, "cancelled");
        }
        match (self.stage, method.as_str()) {
            (Stage::New, "initialize") => {
                let capabilities = self.initialize(&params);
                self.stage = Stage::Running;
                self.respond(&id, Ok(Some(capabilities)));
            }
            (Stage::New, _) => self.fail(&id, ErrorCode::ServerNotInitialized, "the first message is `initialize`"),
            (Stage::Running, "shutdown") => {
                self.stage = Stage::ShutDown;
                self.respond(&id, Ok(None));
            }
            (Stage::Running, "initialize") => self.fail(&id, ErrorCode::InvalidRequest, "initialized already"),
            (Stage::Running, _) => {
                // A mistake of ours in one answer must not cost the editor all others.
                let answer = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.answer(&method, params)));
                match answer {
                    Ok(Some(reply)) => self.respond(&id, reply),
                    Ok(None) => self.fail(&id, ErrorCode::MethodNotFound, &format!("`{method}` is not supported")),
                    Err(_) => self.fail(&id, ErrorCode::InternalError, "this is a mistake in Cairn; please report it"),
                }
            }
            (Stage::ShutDown | Stage::Exited, _) => self.fail(&id, ErrorCode::InvalidRequest, "shut down"),
        }
    }

    /// The answer to a request; nothing for methods that do not exist.
    fn answer(&mut self, method: &str, params: Value) -> Option<Reply> {
        Some(match method {
            "textDocument/completion" => parameters(params).and_then(|at| complete::complete(self, &at)),
            "textDocument/hover" => parameters(params).and_then(|at| navigate::hover(self, &at)),
            "textDocument/signatureHelp" => parameters(params).and_then(|at| signature::help(self, &at)),
            "textDocument/definition" => parameters(params).and_then(|at| navigate::definition(self, &at)),
            "textDocument/references" => parameters(params).and_then(|params| navigate::references(self, &params)),
            "textDocument/documentHighlight" => parameters(params).and_then(|at| navigate::highlights(self, &at)),
            "textDocument/prepareRename" => parameters(params).and_then(|at| navigate::prepare_rename(self, &at)),
            "textDocument/rename" => parameters(params).and_then(|params| navigate::rename(self, &params)),
            "textDocument/codeAction" => parameters(params).and_then(|params| edit::actions(self, &params)),
            "textDocument/inlayHint" => parameters(params).and_then(|params| structure::hints(self, &params)),
            "textDocument/semanticTokens/full" => document(&params).and_then(|uri| structure::tokens(self, &uri)),
            "textDocument/formatting" => document(&params).and_then(|uri| edit::format(self, &uri)),
            "textDocument/documentSymbol" => document(&params).and_then(|uri| structure::symbols(self, &uri)),
            "textDocument/foldingRange" => document(&params).and_then(|uri| structure::folding(self, &uri)),
            "workspace/symbol" => parameters(params).and_then(|params| structure::workspace_symbols(self, &params)),
            "cairn/explain" => {
                let code = params.get("code").and_then(Value::as_str).unwrap_or_default();
                let page = diagnostic::page(code.trim_start_matches("cairn::"));
                page.map_or_else(
                    || Err(Problem::Failed(format!("there is no code `{code}`"))),
                    |page| self.reply(&page.text),
                )
            }
            _ => return None,
        })
    }

    fn notification(&mut self, notification: Notification) {
        let Notification { method, params } = notification;
        if method == "exit" {
            self.stage = Stage::Exited;
            return;
        }
        if self.stage != Stage::Running {
            return;
        }
        match method.as_str() {
            "textDocument/didOpen" => {
                if let Ok(DidOpenTextDocumentParams { text_document }) = serde_json::from_value(params) {
                    let uri = text_document.uri;
                    self.documents.open(uri.clone(), text_document.text, text_document.version);
                    self.change(&uri);
                }
            }
            "textDocument/didChange" => {
                if let Ok(DidChangeTextDocumentParams { text_document, content_changes }) =
                    serde_json::from_value(params)
                {
                    let uri = text_document.uri;
                    let encoding = self.encoding;
                    if self.documents.change(&uri, text_document.version, content_changes, encoding) {
                        self.change(&uri);
                    }
                }
            }
            "textDocument/didClose" => {
                if let Ok(DidCloseTextDocumentParams { text_document }) = serde_json::from_value(params) {
                    self.close(&text_document.uri);
                }
            }
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" => self.change_all(),
            "workspace/didChangeWorkspaceFolders" => {
                let changes = params.get("event").cloned().unwrap_or_default();
                Client::change_folders(&changes, &mut self.workspace.folders);
                self.change_all();
            }
            // `$/cancelRequest` was looked at when it arrived; all others say nothing that matters here.
            _ => {}
        }
    }

    fn initialize(&mut self, params: &Value) -> Value {
        self.client = Client::of(params);
        self.encoding = self.client.encoding;
        self.workspace.folders = Client::folders_of(params);
        super::client::capabilities(self.encoding)
    }

    fn change(&mut self, uri: &Uri) {
        self.unchanged = host::Stopwatch::start();
        self.workspace.touch(&self.documents, uri);
        self.changed.insert(uri.to_string());
    }

    fn change_all(&mut self) {
        self.workspace.touch_all();
        self.changed.extend(self.documents.iter().map(|document| document.uri.to_string()));
    }

    /// Forgets a document; stacks without open documents are no longer reported on.
    fn close(&mut self, uri: &Uri) {
        self.workspace.touch(&self.documents, uri);
        self.documents.close(uri);
        self.changed.remove(uri.as_str());
        let mut told: BTreeSet<String> = BTreeSet::new();
        for stack in &mut self.workspace.stacks {
            let Some(analysis) = &stack.analysis else { continue };
            let used = self.documents.iter().any(|document| stack.source_of(&analysis.program, document).is_some());
            if !used {
                told.extend(std::mem::take(&mut stack.published).into_keys());
                stack.analysis = None;
                stack.evaluated = Evaluated::default();
                stack.stale = true;
            }
        }
        self.tell(&told);
        self.changed.extend(self.documents.iter().map(|document| document.uri.to_string()));
    }

    /// Analyses what changed and tells the editor what is wrong.
    fn publish(&mut self) {
        let changed = std::mem::take(&mut self.changed);
        if changed.is_empty() {
            return;
        }
        let open: Vec<Uri> = self
            .documents
            .iter()
            .filter(|document| changed.contains(document.uri.as_str()))
            .map(|one| one.uri.clone())
            .collect();
        let mut told: BTreeSet<String> = changed;
        let mut done: BTreeSet<usize> = BTreeSet::new();
        for uri in open {
            let found =
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.workspace.of(&self.documents, &uri)));
            if let Ok(Some((stack, _))) = found
                && done.insert(stack)
            {
                told.extend(self.collect(stack));
            }
        }
        // Other stacks that use a changed file, as far as they were looked at.
        let others: Vec<(usize, Root)> = self
            .workspace
            .stacks
            .iter()
            .enumerate()
            .filter(|(at, stack)| {
                stack.stale && stack.analysis.is_some() && !done.contains(at) && !stack.published.is_empty()
            })
            .map(|(at, stack)| (at, stack.root.clone()))
            .collect();
        for (at, root) in others {
            self.workspace.loaded(&self.documents, root);
            told.extend(self.collect(at));
        }
        self.tell(&told);
    }

    /// Collects what is wrong in a stack; gives the documents it concerns, now or before.
    fn collect(&mut self, at: usize) -> BTreeSet<String> {
        let Some(stack) = self.workspace.stacks.get_mut(at) else { return BTreeSet::new() };
        let Some(analysis) = stack.analysis.clone() else { return BTreeSet::new() };
        let reports = publish::reports(stack, &analysis, &self.documents, self.encoding, self.client.pages);
        let before = std::mem::replace(&mut stack.published, reports);
        before.into_keys().chain(stack.published.keys().cloned()).collect()
    }

    /// Tells the editor what is wrong in some documents, in whatever stacks.
    fn tell(&self, uris: &BTreeSet<String>) {
        use std::str::FromStr as _;
        for uri in uris {
            let Ok(uri) = Uri::from_str(uri) else { continue };
            let mut diagnostics: Vec<ls_types::Diagnostic> = Vec::new();
            for found in self.workspace.stacks.iter().filter_map(|stack| stack.published.get(uri.as_str())) {
                for one in found {
                    if !diagnostics.contains(one) {
                        diagnostics.push(one.clone());
                    }
                }
            }
            let version = self.documents.get(&uri).map(|document| document.version);
            self.notify("textDocument/publishDiagnostics", &PublishDiagnosticsParams { uri, diagnostics, version });
        }
    }

    /// Whether a state of an open stack was not evaluated yet.
    fn waits_for_evaluation(&self) -> bool {
        self.workspace.stacks.iter().any(|stack| stack.analysis.is_some() && stack.evaluating != stack.generation)
    }

    /// Has evaluated what was not.
    fn evaluate(&mut self) {
        for (at, stack) in self.workspace.stacks.iter_mut().enumerate() {
            let Some(analysis) = stack.analysis.clone().filter(|_| stack.evaluating != stack.generation) else {
                continue;
            };
            stack.evaluating = stack.generation;
            let files = stack.files(&self.documents);
            self.background.evaluate(Job { stack: at, generation: stack.generation, analysis, files });
        }
    }

    fn evaluated(&mut self, at: usize, generation: u64, evaluated: Evaluated) {
        let Some(stack) = self.workspace.stacks.get_mut(at) else { return };
        if stack.generation != generation || stack.analysis.is_none() {
            return;
        }
        stack.evaluated = evaluated;
        let told = self.collect(at);
        self.tell(&told);
        if self.client.refreshes_hints {
            self.requests += 1;
            self.send(&json!({ "jsonrpc": "2.0", "id": self.requests, "method": "workspace/inlayHint/refresh" }));
        }
    }

    /// The source of a document in a stack's program.
    pub fn source(&self, stack: usize, analysis: &Analysis, uri: &Uri) -> Option<SourceId> {
        self.workspace.stacks.get(stack)?.source_of(&analysis.program, self.documents.get(uri)?)
    }

    /// A result as a reply.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn reply(&self, result: &impl Serialize) -> Reply {
        serde_json::to_value(result).map(Some).map_err(|error| Problem::Failed(error.to_string()))
    }

    /// Shows a sentence to the user.
    pub fn show(&self, kind: MessageType, message: &str) {
        self.notify("window/showMessage", &ls_types::ShowMessageParams { typ: kind, message: message.to_owned() });
    }

    fn notify(&self, method: &str, params: &impl Serialize) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn respond(&self, id: &RequestId, reply: Reply) {
        match reply {
            Ok(result) => self.send(&json!({ "jsonrpc": "2.0", "id": id, "result": result })),
            Err(Problem::Parameters(why)) => self.fail(id, ErrorCode::InvalidParams, &why),
            Err(Problem::Failed(why)) => self.fail(id, ErrorCode::RequestFailed, &why),
        }
    }

    fn fail(&self, id: &RequestId, code: ErrorCode, message: &str) {
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code as i32, "message": message } }));
    }

    /// Sends a message. When nobody reads any more, the end of the input says so.
    fn send(&self, message: &Value) {
        let _ = (self.send)(&message.to_string());
    }
}

fn parameters<T: DeserializeOwned>(params: Value) -> Result<T, Problem> {
    serde_json::from_value(params).map_err(|error| Problem::Parameters(error.to_string()))
}

fn document(params: &Value) -> Result<Uri, Problem> {
    parameters(params.pointer("/textDocument/uri").cloned().unwrap_or_default())
}

/// The requests that are not wanted any more.
fn cancelled(queue: &VecDeque<Event>) -> Vec<RequestId> {
    let texts = queue.iter().filter_map(|event| match event {
        Event::Incoming(host::stdio::Incoming::Text(text)) if text.contains("$/cancelRequest") => Some(text),
        Event::Incoming(_) | Event::Evaluated(..) => None,
    });
    let messages = texts.filter_map(|text| match serde_json::from_str(text) {
        Ok(Message::Notification(notification)) if notification.method == "$/cancelRequest" => {
            Some(notification.params)
        }
        Ok(Message::Notification(_) | Message::Request(_) | Message::Response(_)) | Err(_) => None,
    });
    messages.filter_map(|params| serde_json::from_value(params.get("id")?.clone()).ok()).collect()
}
