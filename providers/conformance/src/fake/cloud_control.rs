//! Cloud Control and the registry, for a few types that no cloud has. Requests take a while, a token stands for one
//! request, names are taken, what is never returned is forgotten by a change that does not repeat it.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::http::{Request, Response};

/// A type of the registry.
struct Type {
    name: &'static str,
    schema: &'static str,
    provisioning: &'static str,
    /// What the service sets where nobody writes it.
    defaults: &'static str,
    /// Whether objects of it are made elsewhere, so that each identity has one.
    elsewhere: bool,
}

const TYPES: &[Type] = &[
    // Named by the user, tagged with a list, with something that cannot change and something never returned.
    Type {
        name: "AWS::New::Thing",
        schema: r##"{ "primaryIdentifier": ["/properties/Name"], "createOnlyProperties": ["/properties/Name"],
            "readOnlyProperties": ["/properties/Arn"], "writeOnlyProperties": ["/properties/Password"],
            "tagging": { "taggable": true, "tagProperty": "/properties/Tags" },
            "properties": { "Tags": { "type": "array", "items": { "$ref": "#/definitions/Tag" } } },
            "definitions": { "Tag": { "properties": { "Key": {}, "Value": {} } } } }"##,
        provisioning: "FULLY_MUTABLE",
        defaults: r#"{ "Mode": "standard", "Net": { "Zone": "a" } }"#,
        elsewhere: false,
    },
    // Named by the service, tagged with a map.
    Type {
        name: "AWS::New::Stream",
        schema: r#"{ "primaryIdentifier": ["/properties/Id"], "readOnlyProperties": ["/properties/Id"],
            "tagging": { "taggable": true, "tagProperty": "/properties/Tags" },
            "properties": { "Tags": { "type": "object" } } }"#,
        provisioning: "FULLY_MUTABLE",
        defaults: "{}",
        elsewhere: false,
    },
    // Named by the user, without tags.
    Type {
        name: "AWS::New::Plain",
        schema: r#"{ "primaryIdentifier": ["/properties/Name", "/properties/Stage"],
            "tagging": { "taggable": false }, "properties": {} }"#,
        provisioning: "FULLY_MUTABLE",
        defaults: "{}",
        elsewhere: false,
    },
    Type {
        name: "AWS::Old::Thing",
        schema: r#"{ "primaryIdentifier": ["/properties/Name"], "properties": {} }"#,
        provisioning: "NON_PROVISIONABLE",
        defaults: "{}",
        elsewhere: false,
    },
    Type {
        name: "AWS::SNS::Topic",
        schema: r#"{ "primaryIdentifier": ["/properties/TopicArn"], "properties": {} }"#,
        provisioning: "FULLY_MUTABLE",
        defaults: r#"{ "TopicName": "news" }"#,
        elsewhere: true,
    },
];

fn known(name: &str) -> Option<&'static Type> {
    TYPES.iter().find(|known| known.name == name)
}

impl Type {
    fn schema(&self) -> Json {
        serde_json::from_str(self.schema).unwrap_or_default()
    }

    /// Properties of one kind, without their beginning.
    fn paths(&self, kind: &str) -> Vec<String> {
        let schema = self.schema();
        let pointers = schema.get(kind).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
        pointers.map(|pointer| pointer.trim_start_matches("/properties/").to_owned()).collect()
    }

    fn defaults(&self) -> Map<String, Json> {
        serde_json::from_str(self.defaults).unwrap_or_default()
    }
}

/// A request under way.
#[derive(Clone)]
struct Event {
    operation: &'static str,
    kind: String,
    id: String,
    /// What was asked, to be told from something else with the same token.
    asked: String,
    /// Looks until it has ended.
    looks: u32,
    /// The object as it will be.
    after: Option<Json>,
    failure: Option<(&'static str, String)>,
}

/// What a request asks for.
struct Begun {
    kind: String,
    id: String,
    after: Option<Json>,
    failure: Option<(&'static str, String)>,
}

impl Begun {
    fn new(kind: String, id: String, after: Option<Json>) -> Self {
        Self { kind, id, after, failure: None }
    }

    fn failed(kind: String, id: String, code: &'static str, why: String) -> Self {
        Self { kind, id, after: None, failure: Some((code, why)) }
    }
}

/// Objects and requests.
#[derive(Default)]
pub struct CloudControl {
    objects: BTreeMap<(String, String), Json>,
    events: BTreeMap<String, Event>,
    tokens: BTreeMap<String, String>,
    /// Looks that a request takes.
    pub looks: u32,
    /// Operations that are carried out and not answered, once each.
    pub unanswered: Vec<&'static str>,
    /// Creates that the service is too busy for, once each.
    pub busy: u32,
    /// Operations that were asked for, in order.
    pub log: Vec<String>,
}

impl CloudControl {
    /// An object, by type and identity.
    pub fn object(&self, kind: &str, id: &str) -> Option<&Json> {
        self.objects.get(&(kind.to_owned(), id.to_owned()))
    }

    /// How many objects there are.
    pub fn count(&self) -> usize {
        self.objects.len()
    }

    /// Puts an object there, as somebody else would.
    pub fn put(&mut self, kind: &str, id: &str, properties: Json) {
        self.objects.insert((kind.to_owned(), id.to_owned()), properties);
    }

    /// Removes an object, as somebody else would.
    pub fn remove(&mut self, kind: &str, id: &str) {
        self.objects.remove(&(kind.to_owned(), id.to_owned()));
    }

    /// Answers `DescribeType` of the registry.
    pub fn describe(&mut self, form: &str) -> Response {
        self.log.push("DescribeType".to_owned());
        let name = form.split('&').find_map(|part| part.strip_prefix("TypeName=")).unwrap_or_default();
        let name = name.replace("%3A", ":");
        match known(&name) {
            Some(known) => {
                let schema = known.schema.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
                let provisioning = known.provisioning;
                Response::new(
                    200,
                    format!(
                        "<DescribeTypeResponse><DescribeTypeResult><Schema>{schema}</Schema>\
                         <ProvisioningType>{provisioning}</ProvisioningType></DescribeTypeResult>\
                         <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></DescribeTypeResponse>"
                    ),
                )
            }
            None => Response::new(
                404,
                format!(
                    "<ErrorResponse><Error><Type>Sender</Type><Code>TypeNotFoundException</Code>\
                     <Message>The type '{name}' cannot be found.</Message></Error></ErrorResponse>"
                ),
            ),
        }
        .with("content-type", "text/xml")
    }

    /// Answers one operation of Cloud Control.
    pub fn answer(&mut self, operation: &str, request: &Request) -> Response {
        self.log.push(operation.to_owned());
        let body: Json = serde_json::from_slice(&request.body).unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
        let (kind, id) = (text("TypeName"), text("Identifier"));
        if operation == "GetResourceRequestStatus" {
            return self.status(&text("RequestToken"));
        }
        let Some(known) = known(&kind) else { return fault(404, "TypeNotFoundException", "no such type") };
        if known.provisioning == "NON_PROVISIONABLE" {
            return fault(405, "UnsupportedActionException", "it does not support this action");
        }
        if known.elsewhere {
            self.objects.entry((kind.clone(), id.clone())).or_insert_with(|| Json::Object(known.defaults()));
        }
        match operation {
            "GetResource" => match self.object(&kind, &id) {
                Some(found) => {
                    let shown = Json::String(hidden(known, found).to_string());
                    done(&json!({ "TypeName": kind, "ResourceDescription": { "Identifier": id, "Properties": shown } }))
                }
                None => missing(&id),
            },
            "ListResources" => {
                let ids = self.objects.keys().filter(|(of, _)| *of == kind);
                let found: Vec<Json> = ids.map(|(_, id)| json!({ "Identifier": id, "Properties": "{}" })).collect();
                done(&json!({ "TypeName": kind, "ResourceDescriptions": found }))
            }
            "CreateResource" => {
                let wanted: Json = serde_json::from_str(&text("DesiredState")).unwrap_or_default();
                self.begin("CREATE", &text("ClientToken"), text("DesiredState"), |cloud| cloud.create(known, wanted))
            }
            "UpdateResource" | "DeleteResource" if self.object(&kind, &id).is_none() => missing(&id),
            "DeleteResource" => {
                self.begin("DELETE", &text("ClientToken"), id.clone(), |_| Begun::new(kind, id.clone(), None))
            }
            "UpdateResource" => {
                let steps: Vec<Json> = serde_json::from_str(&text("PatchDocument")).unwrap_or_default();
                let fixed = known.paths("createOnlyProperties");
                let changed = |step: &Json| step.get("path").and_then(Json::as_str).unwrap_or_default().to_owned();
                let touched = |step: &Json| fixed.iter().any(|path| changed(step) == format!("/{path}"));
                if steps.iter().any(touched) {
                    return fault(400, "NotUpdatableException", "a property cannot be updated");
                }
                // The service starts from what it returns: what it never returns is forgotten unless it is sent again.
                let mut after = self.object(&kind, &id).map(|found| hidden(known, found)).unwrap_or_default();
                for step in &steps {
                    if let Err(why) = apply(&mut after, step) {
                        return fault(400, "InvalidRequestException", &why);
                    }
                }
                let asked = text("PatchDocument");
                self.begin("UPDATE", &text("ClientToken"), asked, |_| Begun::new(kind, id.clone(), Some(after)))
            }
            _ => fault(400, "UnknownOperationException", operation),
        }
    }

    fn begin(
        &mut self,
        operation: &'static str,
        token: &str,
        asked: String,
        what: impl FnOnce(&mut Self) -> Begun,
    ) -> Response {
        let silent = self.unanswered.iter().position(|name| *name == operation);
        let request = match self.tokens.get(token) {
            Some(request) => {
                let same = self.events.get(request).is_some_and(|event| event.asked == asked);
                if !same {
                    return fault(400, "ClientTokenConflictException", "the token was used for another request");
                }
                request.clone()
            }
            None => {
                let Begun { id, kind, after, failure } = what(self);
                let request = format!("request-{}", self.events.len() + 1);
                let event = Event { operation, kind, id, asked, looks: self.looks, after, failure };
                self.events.insert(request.clone(), event);
                self.tokens.insert(token.to_owned(), request.clone());
                request
            }
        };
        if let Some(at) = silent {
            self.unanswered.remove(at);
            // It is carried out all the same.
            while self.events.get(&request).is_some_and(|event| event.looks > 0) {
                self.status(&request);
            }
            self.status(&request);
            return Response::none();
        }
        self.status(&request)
    }

    fn create(&mut self, known: &Type, wanted: Json) -> Begun {
        let kind = known.name.to_owned();
        let mut properties = known.defaults();
        let read_only = known.paths("readOnlyProperties");
        for (name, value) in wanted.as_object().cloned().unwrap_or_default() {
            if let (Some(Json::Object(inner)), Some(written)) = (properties.get_mut(&name), value.as_object()) {
                inner.extend(written.clone());
                continue;
            }
            properties.insert(name, value);
        }
        let identity = known.paths("primaryIdentifier");
        let number = self.events.len() + 1;
        for path in read_only {
            properties.insert(path.clone(), format!("{}-{number}", path.to_ascii_lowercase()).into());
        }
        let parts = identity.iter().map(|path| properties.get(path).and_then(Json::as_str).unwrap_or_default());
        let id = parts.collect::<Vec<_>>().join("|");
        if self.busy > 0 {
            self.busy -= 1;
            return Begun::failed(kind, id, "Throttling", "the service is busy".to_owned());
        }
        if self.object(&kind, &id).is_some() {
            let why = format!("{id} exists already");
            return Begun::failed(kind, id, "AlreadyExists", why);
        }
        Begun::new(kind, id, Some(Json::Object(properties)))
    }

    fn status(&mut self, request: &str) -> Response {
        let Some(event) = self.events.get_mut(request) else {
            return fault(404, "RequestTokenNotFoundException", "no such request");
        };
        let ended = event.looks == 0;
        event.looks = event.looks.saturating_sub(1);
        let event = event.clone();
        let status = match (&event.failure, ended) {
            (_, false) => "IN_PROGRESS",
            (Some(_), true) => "FAILED",
            (None, true) => "SUCCESS",
        };
        if status == "SUCCESS" {
            let key = (event.kind.clone(), event.id.clone());
            let applied = self.events.get_mut(request).and_then(|event| event.after.take());
            match (event.operation, applied) {
                ("DELETE", _) => {
                    self.objects.remove(&key);
                }
                (_, Some(after)) => {
                    self.objects.insert(key, after);
                }
                (_, None) => {}
            }
        }
        let mut shown = json!({
            "TypeName": event.kind, "RequestToken": request, "Operation": event.operation, "OperationStatus": status,
        });
        // What the service names itself is known when it is there.
        let named =
            known(&event.kind).is_some_and(|known| known.paths("readOnlyProperties").contains(&"Id".to_owned()));
        if let Some(shown) = shown.as_object_mut() {
            if ended || !named {
                shown.insert("Identifier".to_owned(), event.id.into());
            }
            if let (Some((code, why)), true) = (event.failure, ended) {
                shown.insert("ErrorCode".to_owned(), code.into());
                shown.insert("StatusMessage".to_owned(), why.into());
            }
        }
        done(&json!({ "ProgressEvent": shown }))
    }
}

/// What of an object is returned.
fn hidden(known: &Type, found: &Json) -> Json {
    let mut shown = found.as_object().cloned().unwrap_or_default();
    for path in known.paths("writeOnlyProperties") {
        shown.remove(&path);
    }
    Json::Object(shown)
}

/// One step of a patch.
fn apply(document: &mut Json, step: &Json) -> Result<(), String> {
    let path = step.get("path").and_then(Json::as_str).unwrap_or_default();
    let (parent, name) = path.rsplit_once('/').ok_or("the path is empty")?;
    let name = name.replace("~1", "/").replace("~0", "~");
    let parent = document.pointer_mut(parent).and_then(Json::as_object_mut);
    let parent = parent.ok_or_else(|| format!("there is no {path}"))?;
    match step.get("op").and_then(Json::as_str) {
        Some("remove") => parent.remove(&name).map(|_| ()).ok_or_else(|| format!("there is no {path}")),
        Some("add") => {
            parent.insert(name, step.get("value").cloned().unwrap_or_default());
            Ok(())
        }
        _ => Err("the operation is unknown".to_owned()),
    }
}

fn done(body: &Json) -> Response {
    Response::new(200, body.to_string()).with("content-type", "application/x-amz-json-1.0")
}

fn missing(id: &str) -> Response {
    fault(404, "ResourceNotFoundException", &format!("Resource with identifier '{id}' was not found."))
}

/// An error in the form of JSON services.
pub fn fault(status: u16, code: &str, message: &str) -> Response {
    let body = json!({ "__type": format!("com.amazonaws#{code}"), "Message": message, "message": message });
    Response::new(status, body.to_string()).with("content-type", "application/x-amz-json-1.0")
}
