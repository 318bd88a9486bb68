//! Just enough of HTTP/1.1: messages with a length, one after the other on a connection.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};

/// A request or an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The first line.
    pub line: String,
    /// The headers, as they came.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Message {
    /// An answer with a body.
    pub fn answer(line: &str, kind: &str, body: String) -> Self {
        let headers = vec![("Content-Type".to_owned(), kind.to_owned())];
        Self { line: format!("HTTP/1.1 {line}"), headers, body: body.into_bytes() }
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The method and the address of a request.
    pub fn asked(&self) -> (&str, &str) {
        let mut words = self.line.split_whitespace();
        (words.next().unwrap_or_default(), words.next().unwrap_or_default())
    }

    /// The status of an answer.
    pub fn status(&self) -> u16 {
        self.line.split_whitespace().nth(1).and_then(|word| word.parse().ok()).unwrap_or(0)
    }

    /// The body, if it is text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or_default()
    }

    /// Reads one; nothing at the end of the connection.
    pub fn read(from: &mut BufReader<TcpStream>, answers_head: bool) -> Result<Option<Self>> {
        let mut message = Self::default();
        if from.read_line(&mut message.line)? == 0 {
            return Ok(None);
        }
        message.line = message.line.trim_end().to_owned();
        loop {
            let mut line = String::new();
            if from.read_line(&mut line)? == 0 {
                return Err(Error::from(ErrorKind::UnexpectedEof));
            }
            match line.trim_end().split_once(':') {
                Some((name, value)) => message.headers.push((name.to_owned(), value.trim().to_owned())),
                None => break,
            }
        }
        if message.header("expect").is_some() {
            from.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        if answers_head {
            return Ok(Some(message));
        }
        if message.header("transfer-encoding").is_some_and(|how| how.contains("chunked")) {
            message.body = chunks(from)?;
            message.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("transfer-encoding"));
        } else if let Some(length) = message.header("content-length").and_then(|text| text.parse().ok()) {
            message.body = vec![0; length];
            from.read_exact(&mut message.body)?;
        } else if message.line.starts_with("HTTP/") && ![204, 304].contains(&message.status()) {
            from.read_to_end(&mut message.body)?;
        }
        Ok(Some(message))
    }

    /// Writes it; an answer to `HEAD` has no body, but the length of one.
    pub fn write(&self, to: &mut TcpStream, close: bool, answers_head: bool) -> Result<()> {
        let mut head = format!("{}\r\n", self.line);
        let ours = |name: &str| {
            let name = name.to_ascii_lowercase();
            name == "connection" || name == "expect" || (name == "content-length" && !answers_head)
        };
        for (name, value) in self.headers.iter().filter(|(name, _)| !ours(name)) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !answers_head {
            head.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        head.push_str(if close { "Connection: close\r\n\r\n" } else { "\r\n" });
        to.write_all(head.as_bytes())?;
        if answers_head { Ok(()) } else { to.write_all(&self.body) }
    }

    /// Sends a request on a connection of its own.
    pub fn send(&self, to: SocketAddr) -> Result<Self> {
        let mut stream = TcpStream::connect(to)?;
        self.write(&mut stream, true, false)?;
        let answer = Self::read(&mut BufReader::new(stream), self.asked().0 == "HEAD")?;
        answer.ok_or_else(|| Error::from(ErrorKind::UnexpectedEof))
    }
}

fn chunks(from: &mut BufReader<TcpStream>) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        from.read_line(&mut line)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let length = usize::from_str_radix(size, 16).map_err(|_| Error::from(ErrorKind::InvalidData))?;
        let mut chunk = vec![0; length + 2];
        from.read_exact(&mut chunk)?;
        if length == 0 {
            return Ok(body);
        }
        chunk.truncate(length);
        body.extend(chunk);
    }
}
