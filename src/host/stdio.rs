//! Messages of a protocol on standard input and output: a header with a length, and a text.

use std::io::{BufRead, Read as _, Write as _};

/// What arrives.
pub enum Incoming {
    /// The text of a message.
    Text(String),
    /// Something that is no message; why.
    Malformed(String),
    /// Nothing more will come.
    End,
}

/// A message may have this many bytes.
const MAX_MESSAGE: u64 = 64 * 1024 * 1024;

/// The line of a header that counts.
const NAME: &str = "content-length:";

/// Hands on what arrives on standard input, on a thread of its own, until there is no more or nobody wants it.
///
/// # Errors
/// No thread can be started; in the words of the system.
pub fn listen(mut hand_on: impl FnMut(Incoming) -> bool + Send + 'static) -> Result<(), String> {
    let listening = std::thread::Builder::new().name("cairn-stdin".to_owned()).spawn(move || {
        let mut input = std::io::stdin().lock();
        loop {
            let incoming = read(&mut input);
            let end = matches!(incoming, Incoming::End);
            if !hand_on(incoming) || end {
                return;
            }
        }
    });
    listening.map(drop).map_err(|error| error.to_string())
}

/// Writes a message to standard output.
///
/// # Errors
/// In the words of the system: nobody reads any more.
pub fn send(text: &str) -> Result<(), String> {
    let mut output = std::io::stdout().lock();
    write!(output, "Content-Length: {}\r\n\r\n{text}", text.len())
        .and_then(|()| output.flush())
        .map_err(|error| error.to_string())
}

/// Reads one message. Whatever is wrong with it, the next one can be read.
fn read(input: &mut impl BufRead) -> Incoming {
    let mut length: Option<u64> = None;
    let mut malformed = None;
    loop {
        let mut line = Vec::new();
        // A line without an end must not fill the memory.
        match input.by_ref().take(64 * 1024).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return Incoming::End,
            Ok(_) => {}
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end();
        if line.is_empty() {
            if length.is_some() || malformed.is_some() {
                break;
            }
            continue;
        }
        // Whatever stands in front of it belongs to a message that was longer than its header said.
        let lower = line.to_ascii_lowercase();
        match (lower.rfind(NAME), line.contains(':')) {
            (Some(at), _) => match line.get(at + NAME.len()..).unwrap_or_default().trim().parse() {
                Ok(number) => length = Some(number),
                Err(_) => malformed = Some("Content-Length is no number".to_owned()),
            },
            (None, true) => {}
            (None, false) => malformed = Some("a line of the header has no colon".to_owned()),
        }
    }
    let Some(length) = length else {
        return Incoming::Malformed(malformed.unwrap_or_else(|| "no Content-Length".to_owned()));
    };
    if length > MAX_MESSAGE {
        return match std::io::copy(&mut input.by_ref().take(length), &mut std::io::sink()) {
            Ok(_) => Incoming::Malformed(format!("a message of {length} bytes is too large")),
            Err(_) => Incoming::End,
        };
    }
    let mut bytes = Vec::new();
    match input.by_ref().take(length).read_to_end(&mut bytes) {
        Ok(count) if count as u64 == length => {}
        Ok(_) | Err(_) => return Incoming::End,
    }
    match String::from_utf8(bytes) {
        Ok(text) => Incoming::Text(text),
        Err(_) => Incoming::Malformed("a message is not UTF-8".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Incoming, read};

    fn all(text: &str) -> Vec<String> {
        let mut input = text.as_bytes();
        let mut found = Vec::new();
        loop {
            match read(&mut input) {
                Incoming::Text(text) => found.push(text),
                Incoming::Malformed(why) => found.push(format!("! {why}")),
                Incoming::End => return found,
            }
        }
    }

    #[test]
    fn the_next_message_is_read_whatever_came_before() {
        assert_eq!(all("Content-Length: 2\r\n\r\n{}content-length: 1\r\nX: y\r\n\r\nz"), ["{}", "z"]);
        assert_eq!(all("nonsense\r\n\r\nContent-Length: 1\r\n\r\nz"), ["! a line of the header has no colon", "z"]);
        assert_eq!(all("Content-Length: x\r\n\r\nContent-Length: 1\r\n\r\nz"), ["! Content-Length is no number", "z"]);
        assert_eq!(all("Content-Length: 1\r\n\r\n{\"a\": 1}Content-Length: 1\r\n\r\nz"), ["{", "z"]);
        assert_eq!(all("Content-Length: 9\r\n\r\nz"), Vec::<String>::new());
    }
}
