//! One question over HTTP, on a connection of its own.

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderMap, USER_AGENT};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// More of a body is not read.
const LARGEST: usize = 1024 * 1024;

/// What was answered.
pub struct Answer {
    /// The status.
    pub status: u16,
    headers: HeaderMap,
    /// The body, as text.
    pub body: String,
}

impl Answer {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    }
}

/// What is asked.
pub struct Question {
    /// The address.
    pub uri: Uri,
    /// Headers beside those of every question.
    pub headers: Vec<(&'static str, String)>,
    /// What is sent along; without it nothing is, and it is a plain question.
    pub body: Option<String>,
}

/// Asks an address. Redirections are answers like all others.
///
/// # Errors
/// There was no answer; a sentence.
pub async fn ask(uri: &Uri, host: &str) -> Result<Answer, String> {
    let secure = uri.scheme_str() == Some("https");
    let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
    send((host, port), secure, Question { uri: uri.clone(), headers: Vec::new(), body: None }).await
}

/// Asks whoever listens at a host and port.
///
/// # Errors
/// There was no answer; a sentence.
pub async fn send((host, port): (&str, u16), secure: bool, question: Question) -> Result<Answer, String> {
    let stream = TcpStream::connect((host, port)).await.map_err(|error| format!("no connection: {error}"))?;
    if secure { secured(stream, question, host).await } else { exchange(stream, question).await }
}

#[cfg(feature = "https")]
async fn secured(stream: TcpStream, question: Question, host: &str) -> Result<Answer, String> {
    use std::sync::Arc;

    use tokio_rustls::TlsConnector;
    use tokio_rustls::rustls::pki_types::ServerName;
    use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err("this machine has no certificates of authorities to check an answer with".to_owned());
    }
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
    let connector = TlsConnector::from(Arc::new(config));
    let stream = connector.connect(name, stream).await.map_err(|error| format!("no secure connection: {error}"))?;
    exchange(stream, question).await
}

#[cfg(not(feature = "https"))]
async fn secured(_stream: TcpStream, _question: Question, _host: &str) -> Result<Answer, String> {
    Err("this build of Cairn has no https: build it with the feature `https`".to_owned())
}

async fn exchange<S>(stream: S, question: Question) -> Result<Answer, String>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let words = |error: hyper::Error| format!("no answer: {error}");
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(words)?;
    // The connection ends with this question.
    let mut driver = tokio::task::JoinSet::new();
    driver.spawn(async move {
        // How it ends shows at the sender.
        let _ = connection.await;
    });
    let Question { uri, headers, body } = question;
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::builder()
        .method(if body.is_some() { Method::POST } else { Method::GET })
        .uri(path)
        .header(HOST, authority)
        .header(USER_AGENT, concat!("cairn/", env!("CARGO_PKG_VERSION")));
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let body = Full::new(Bytes::from(body.unwrap_or_default()));
    // What is wrong with a header is not said: it may hold a secret.
    let request = request.body(body).map_err(|_| "the question cannot be sent as it is".to_owned())?;
    let response = sender.send_request(request).await.map_err(words)?;
    let (parts, body) = response.into_parts();
    let body = Limited::new(body, LARGEST).collect().await.map_err(|error| format!("half an answer: {error}"))?;
    let body = String::from_utf8_lossy(&body.to_bytes()).into_owned();
    Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
}
