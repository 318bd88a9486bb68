//! A cloud's bad network in front of an emulator: every protocol of AWS passes through, faults come by seed and share,
//! client tokens work as in the cloud, and what was really made is written down.
//!
//! An emulator makes a second object when a request with the same token comes again; AWS answers with the first one.

pub mod call;
pub mod faults;
pub mod http;
pub mod ledger;

use std::io::BufReader;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use call::Call;
use faults::{Fault, Faults, Shares, refusal};
use http::Message;
use ledger::{Ledger, Token};

/// A running proxy. It ends with the process; dropped, it takes no more connections.
pub struct Proxy {
    address: SocketAddr,
    inner: Arc<Inner>,
}

struct Inner {
    upstream: SocketAddr,
    faults: Mutex<Faults>,
    ledger: Mutex<Ledger>,
    /// Calls with a token come one after the other: a token is known before it comes again.
    tokens: Mutex<()>,
    over: AtomicBool,
}

impl Proxy {
    /// Starts one in front of an address.
    pub fn start(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let inner = Arc::new(Inner {
            upstream,
            faults: Mutex::new(Faults::new(0, Shares::default())),
            ledger: Mutex::default(),
            tokens: Mutex::default(),
            over: AtomicBool::new(false),
        });
        let serving = Arc::clone(&inner);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let inner = Arc::clone(&serving);
                if inner.over.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                // What becomes of a connection that breaks is the client's to find out.
                std::thread::spawn(move || inner.serve(stream));
            }
        });
        Self { address, inner }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on other faults.
    pub fn faults(&self, seed: u64, shares: Shares) {
        *self.inner.faults.lock().unwrap() = Faults::new(seed, shares);
    }

    /// What was made so far.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.inner.ledger.lock().unwrap()
    }

    /// Forgets everything, as the emulator behind it is told to do.
    pub fn reset(&self) {
        *self.ledger() = Ledger::default();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.inner.over.store(true, Ordering::SeqCst);
        // Wakes up the one that waits for connections.
        drop(TcpStream::connect(self.address));
    }
}

impl Inner {
    fn serve(&self, stream: TcpStream) -> Option<()> {
        let mut to = stream.try_clone().ok()?;
        let mut from = BufReader::new(stream);
        loop {
            let request = Message::read(&mut from, false).ok()??;
            let answer = self.answer(&request)?;
            answer.write(&mut to, false, request.asked().0 == "HEAD").ok()?;
        }
    }

    /// The answer; nothing if it is lost on its way.
    fn answer(&self, request: &Message) -> Option<Message> {
        let call = Call::of(request);
        let fault = self.faults.lock().unwrap().of(&call);
        let count = |name| *self.ledger.lock().unwrap().faults.entry(name).or_default() += 1;
        match fault {
            None => self.forward(request, &call),
            Some(Fault::Delay(milliseconds)) => {
                count("delayed");
                let answer = self.forward(request, &call);
                std::thread::sleep(Duration::from_millis(milliseconds));
                answer
            }
            Some(Fault::Drop) => {
                count("answer lost");
                self.forward(request, &call);
                None
            }
            Some(Fault::FailAfter) => {
                count("5xx after effect");
                self.forward(request, &call);
                let code = if call.protocol == call::Protocol::Json { "InternalFailure" } else { "InternalError" };
                Some(refusal(&call, "500 Internal Server Error", code))
            }
            Some(Fault::Duplicate) => {
                count("delivered twice");
                let first = self.forward(request, &call);
                self.forward(request, &call);
                first
            }
            Some(Fault::Throttle) => {
                count("throttled");
                let (status, code) = match call.protocol {
                    call::Protocol::Json => ("429 Too Many Requests", "ThrottlingException"),
                    call::Protocol::Query if call.service == "ec2" => ("503 Unavailable", "RequestLimitExceeded"),
                    call::Protocol::Query => ("400 Bad Request", "Throttling"),
                    call::Protocol::Rest => ("503 Slow Down", "SlowDown"),
                };
                let mut answer = refusal(&call, status, code);
                answer.headers.push(("Retry-After".to_owned(), "1".to_owned()));
                Some(answer)
            }
            Some(Fault::Unavailable) => {
                count("unavailable");
                Some(refusal(&call, "503 Service Unavailable", "ServiceUnavailable"))
            }
            Some(Fault::Expire) => {
                count("credentials expired");
                let code = if call.protocol == call::Protocol::Json { "ExpiredTokenException" } else { "ExpiredToken" };
                Some(refusal(&call, "403 Forbidden", code))
            }
        }
    }

    fn forward(&self, request: &Message, call: &Call) -> Option<Message> {
        let _one_by_one = call.token.as_ref().map(|_| self.tokens.lock().unwrap());
        match self.ledger.lock().unwrap().token(call) {
            Token::Known(answer) => return Some(answer),
            Token::Mismatch => return Some(refusal(call, "400 Bad Request", "IdempotentParameterMismatch")),
            Token::New => {}
        }
        let answer = request.send(self.upstream).ok()?;
        self.ledger.lock().unwrap().note(call, &answer);
        Some(answer)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::{BufReader, Message, Proxy, Shares};

    /// A cloud that makes an object at every request, whatever the token.
    fn forgetful() -> (std::net::SocketAddr, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, made) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
        let counter = Arc::clone(&made);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let read = Message::read(&mut BufReader::new(stream.try_clone().unwrap()), false);
                if read.unwrap().is_some() {
                    let number = counter.fetch_add(1, Ordering::SeqCst);
                    let body = format!("<x><natGatewayId>nat-{number}</natGatewayId></x>");
                    Message::answer("200 OK", "text/xml", body).write(&mut stream, true, false).unwrap();
                }
            }
        });
        (address, made)
    }

    fn create(token: &str, subnet: &str) -> Message {
        let body = format!("Action=CreateNatGateway&SubnetId={subnet}&ClientToken={token}");
        let scope = "AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/ec2/aws4_request, Signature=0";
        let headers = vec![("Authorization".to_owned(), scope.to_owned())];
        Message { line: "POST / HTTP/1.1".to_owned(), headers, body: body.into_bytes() }
    }

    #[test]
    fn a_token_makes_one_object_whatever_happens_to_the_answers() {
        let (cloud, made) = forgetful();
        let proxy = Proxy::start(cloud);
        let address = proxy.address;
        proxy.faults(3, Shares { drop: 1.0, ..Shares::default() });
        assert!(create("t", "s").send(address).is_err());
        proxy.faults(3, Shares { fail_after: 1.0, ..Shares::default() });
        assert_eq!(create("t", "s").send(address).unwrap().status(), 500);
        proxy.faults(3, Shares { duplicate: 1.0, ..Shares::default() });
        assert!(create("t", "s").send(address).unwrap().text().contains("nat-0"));
        assert_eq!(made.load(Ordering::SeqCst), 1);
        let mismatch = create("t", "another").send(address).unwrap();
        assert!(mismatch.status() == 400 && mismatch.text().contains("IdempotentParameterMismatch"));
        assert!(create("u", "s").send(address).unwrap().text().contains("nat-1"));
        assert_eq!(proxy.ledger().made.len(), 2);
        assert_eq!(proxy.ledger().known_again, 4);
    }

    #[test]
    fn what_is_refused_has_no_effect_and_says_when_to_come_again() {
        let (cloud, made) = forgetful();
        let proxy = Proxy::start(cloud);
        proxy.faults(1, Shares { throttle: 1.0, ..Shares::default() });
        let throttled = create("t", "s").send(proxy.address).unwrap();
        assert_eq!((throttled.status(), throttled.header("retry-after")), (503, Some("1")));
        proxy.faults(1, Shares { expire: 1.0, ..Shares::default() });
        assert!(create("t", "s").send(proxy.address).unwrap().text().contains("ExpiredToken"));
        proxy.faults(1, Shares { unavailable: 1.0, ..Shares::default() });
        assert_eq!(create("t", "s").send(proxy.address).unwrap().status(), 503);
        assert_eq!(made.load(Ordering::SeqCst), 0);
        assert!(proxy.ledger().made.is_empty());
    }
}
