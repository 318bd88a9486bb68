//! What a request asks of AWS: the three protocols, read far enough to know the action, its token and what it names.

use std::collections::BTreeMap;

use super::http::Message;

/// A request, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The service of the signature, `ec2`.
    pub service: String,
    /// The action, `CreateVpc`.
    pub action: String,
    /// What makes a repeated request the same one for the service.
    pub token: Option<String>,
    /// The other parameters that are text, by name.
    pub parameters: BTreeMap<String, String>,
    /// How errors are told.
    pub protocol: Protocol,
}

/// How requests and errors are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Forms, answered with XML; EC2 has errors of its own form.
    Query,
    /// JSON with the action in a header.
    Json,
    /// Methods and paths.
    Rest,
}

impl Call {
    /// Understands a request.
    pub fn of(request: &Message) -> Self {
        let scope = request.header("authorization").and_then(|text| text.split("Credential=").nth(1)).unwrap_or("");
        let service = scope.split('/').nth(3).unwrap_or_default().to_owned();
        let (method, path) = request.asked();
        if let Some(target) = request.header("x-amz-target") {
            let action = target.rsplit('.').next().unwrap_or_default().to_owned();
            let parameters = of_json(request.text());
            return Self { service, action, token: token(&parameters), parameters, protocol: Protocol::Json };
        }
        let form = of_form(request.text());
        if let Some(action) = form.get("Action") {
            let (action, token) = (action.clone(), token(&form));
            return Self { service, action, token, parameters: form, protocol: Protocol::Query };
        }
        let (place, query) = path.split_once('?').unwrap_or((path, ""));
        // The SDK names its own operation in the query.
        let about: Vec<&str> = query.split('&').filter(|part| !part.is_empty() && !part.starts_with("x-id=")).collect();
        let whole = place.trim_matches('/').split('/').count() == 1;
        let action = match (method, about.first(), whole) {
            ("PUT", None, true) => "CreateBucket".to_owned(),
            ("DELETE", None, true) => "DeleteBucket".to_owned(),
            (_, first, _) => format!("{method} {}", first.unwrap_or(&"")),
        };
        let parameters = BTreeMap::from([("Path".to_owned(), place.to_owned())]);
        Self { service, action, token: None, parameters, protocol: Protocol::Rest }
    }

    /// Whether it changes something.
    pub fn changes(&self) -> bool {
        let reads = ["Describe", "Get", "List", "GET", "HEAD", "Lookup"];
        !reads.iter().any(|begin| self.action.starts_with(begin))
    }

    /// Whether a network that delivers it twice makes no second object: the service knows it again by its token or by
    /// what it names.
    pub fn is_repeatable(&self) -> bool {
        self.token.is_some() || !(self.action.starts_with("Create") || self.action.starts_with("Allocate"))
    }

    /// What a create made, as the answer or the request names it; nothing if it makes no object.
    pub fn made(&self, answer: &str) -> Option<String> {
        let (_, place, name) = MAKES.iter().find(|(action, _, _)| *action == self.action)?;
        let told =
            between(answer, &format!("<{place}>"), "<").or_else(|| between(answer, &format!("\"{place}\": \""), "\""));
        told.or_else(|| self.parameters.get(*name).cloned())
    }
}

/// Actions that make an object: where the answer names it, and where the request does.
const MAKES: &[(&str, &str, &str)] = &[
    ("CreateVpc", "vpcId", ""),
    ("CreateSubnet", "subnetId", ""),
    ("CreateInternetGateway", "internetGatewayId", ""),
    ("CreateSecurityGroup", "groupId", ""),
    ("AllocateAddress", "allocationId", ""),
    ("CreateNatGateway", "natGatewayId", ""),
    ("CreateRouteTable", "routeTableId", ""),
    ("CreateRole", "Arn", "RoleName"),
    ("CreateTopic", "TopicArn", "Name"),
    ("CreateLogGroup", "", "logGroupName"),
    ("CreateSecret", "ARN", "Name"),
    ("CreateBucket", "", "Path"),
];

fn between(text: &str, begin: &str, end: &str) -> Option<String> {
    let rest = text.split(begin).nth(1).filter(|_| begin.len() > 2)?;
    rest.split(end).next().map(ToOwned::to_owned)
}

fn token(parameters: &BTreeMap<String, String>) -> Option<String> {
    ["ClientToken", "clientToken", "ClientRequestToken"].iter().find_map(|name| parameters.get(*name).cloned())
}

fn of_json(text: &str) -> BTreeMap<String, String> {
    let json: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let texts = json.as_object().into_iter().flatten();
    texts.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

fn of_form(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (unescaped(name), unescaped(value))).collect()
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let value = std::str::from_utf8(&digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok());
                bytes.push(value.unwrap_or(b'?'));
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{Call, Message, Protocol};

    fn request(line: &str, headers: &[(&str, &str)], body: &str) -> Message {
        let scope = "AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/ec2/aws4_request, Signature=0";
        let mut all = vec![("Authorization".to_owned(), scope.to_owned())];
        all.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Message { line: line.to_owned(), headers: all, body: body.as_bytes().to_vec() }
    }

    #[test]
    fn a_form_is_understood() {
        let body = "Action=CreateNatGateway&Version=2016-11-15&SubnetId=subnet-1&ClientToken=abc%2Fd+e";
        let call = Call::of(&request("POST / HTTP/1.1", &[], body));
        assert_eq!((call.service.as_str(), call.action.as_str()), ("ec2", "CreateNatGateway"));
        assert_eq!(call.token.as_deref(), Some("abc/d e"));
        assert!(call.changes() && call.is_repeatable());
        assert_eq!(call.made("<x><natGatewayId>nat-1</natGatewayId></x>").as_deref(), Some("nat-1"));
    }

    #[test]
    fn a_document_is_understood() {
        let target = [("X-Amz-Target", "Logs_20140328.CreateLogGroup")];
        let call = Call::of(&request("POST / HTTP/1.1", &target, r#"{"logGroupName":"l","n":3}"#));
        assert_eq!((call.action.as_str(), call.protocol), ("CreateLogGroup", Protocol::Json));
        assert_eq!(call.made("").as_deref(), Some("l"));
        assert!(!call.is_repeatable());
    }

    #[test]
    fn methods_and_paths_are_understood() {
        let of = |line: &str| Call::of(&request(line, &[], "")).action;
        assert_eq!(of("PUT /bucket HTTP/1.1"), "CreateBucket");
        assert_eq!(of("PUT /bucket/?tagging HTTP/1.1"), "PUT tagging");
        assert_eq!(of("DELETE /bucket HTTP/1.1"), "DeleteBucket");
        assert!(!Call::of(&request("HEAD /bucket HTTP/1.1", &[], "")).changes());
        assert!(!Call::of(&request("POST / HTTP/1.1", &[], "Action=DescribeVpcs")).changes());
    }
}
