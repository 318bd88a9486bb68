//! What a secret leaves behind, in every form, found without the code that takes it out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::project::Project;

/// A secret, and its forms.
pub struct Traces {
    plain: String,
    forms: Vec<(&'static str, String)>,
}

impl Traces {
    /// Plain, Base64 and Base64 for addresses (alone and in the middle of something), JSON, addresses of the web,
    /// hexadecimal digits.
    pub fn of(plain: &str) -> Self {
        let mut forms = vec![("plain", plain.to_owned()), ("without blanks", squeezed(plain))];
        for before in 0..3 {
            let mut bytes = vec![b'x'; before];
            bytes.extend(plain.bytes());
            // Digits that do not share bits with what stands around.
            let (first, last) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
            forms.push(("base64", STANDARD_NO_PAD.encode(&bytes)[first..last].to_owned()));
            forms.push(("base64url", URL_SAFE_NO_PAD.encode(&bytes)[first..last].to_owned()));
        }
        let json = serde_json::to_string(plain).unwrap();
        let twice = serde_json::to_string(&json).unwrap();
        forms.push(("json", json.trim_matches('"').to_owned()));
        forms.push(("json in json", twice.trim_matches(['"', '\\']).to_owned()));
        forms.push(("debug", format!("{plain:?}").trim_matches('"').to_owned()));
        let percent = |byte: u8| match byte {
            byte if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        };
        let address: String = plain.bytes().map(percent).collect();
        forms.push(("address", address.to_ascii_lowercase()));
        forms.push(("form", address.replace("%20", "+")));
        forms.push(("address", address));
        let hex: String = plain.bytes().map(|byte| format!("{byte:02x}")).collect();
        forms.push(("hex", hex.to_ascii_uppercase()));
        forms.push(("hex", hex));
        Self { plain: plain.to_owned(), forms }
    }

    /// The form in which it stands in a text, encoded once more or not.
    pub fn find(&self, bytes: &[u8]) -> Option<&'static str> {
        let text = String::from_utf8_lossy(bytes);
        let squeezed = squeezed(&text);
        let lower = text.to_ascii_lowercase();
        for (name, form) in &self.forms {
            if text.contains(form) || squeezed.contains(form) || (*name == "address" && lower.contains(form)) {
                return Some(name);
            }
        }
        self.inside(&text, "+/").or_else(|| self.inside(&text, "-_"))
    }

    /// Whether it stands in what a word of the text decodes to.
    fn inside(&self, text: &str, alphabet: &str) -> Option<&'static str> {
        let word = |character: char| character.is_ascii_alphanumeric() || alphabet.contains(character);
        for word in text.split(|character| !word(character)).filter(|word| word.len() >= self.plain.len()) {
            let mut decoded = Vec::new();
            for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
                decoded.extend((0..4).filter_map(|cut| engine.decode(word.get(..word.len() - cut)?).ok()));
            }
            let digits =
                word.as_bytes().chunks_exact(2).map(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
            decoded.extend(digits.collect::<Option<Vec<u8>>>());
            let holds = |bytes: &Vec<u8>| {
                let text = String::from_utf8_lossy(bytes);
                self.forms.iter().any(|(_, form)| text.contains(form))
            };
            if decoded.iter().any(holds) {
                return Some("encoded");
            }
        }
        None
    }

    /// Fails if it stands in a text.
    #[track_caller]
    pub fn assert_absent(&self, what: &str, bytes: &[u8]) {
        if let Some(form) = self.find(bytes) {
            panic!("{what} holds the secret ({form}):\n{}", String::from_utf8_lossy(bytes));
        }
    }

    /// Fails if it stands in any file of a project but those that it was put into, and the cloud.
    #[track_caller]
    pub fn assert_in_no_file(&self, what: &str, project: &Project, put_into: &[&str]) {
        for path in files(&project.path()) {
            let name = path.file_name().unwrap().to_str().unwrap();
            // What the cloud keeps is the cloud's.
            if name == "sandbox.jsonl" || put_into.contains(&name) {
                continue;
            }
            self.assert_absent(&format!("{what}: the name of {}", path.display()), name.as_bytes());
            self.assert_absent(&format!("{what}: {}", path.display()), &std::fs::read(&path).unwrap());
        }
    }
}

/// Without what breaks lines: blanks, and the frame of reports.
fn squeezed(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace() && !"│·".contains(*character)).collect()
}

/// All files below a directory, hidden ones included.
pub fn files(directory: &Path) -> BTreeSet<PathBuf> {
    let mut files = BTreeSet::new();
    let mut pending = vec![directory.to_path_buf()];
    while let Some(next) = pending.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { pending.push(path) } else { files.extend([path]) }
        }
    }
    files
}

#[test]
fn a_trace_is_found_in_every_form() {
    let traces = Traces::of("Cnry/\"7f x+Qz\u{e4}=9\\k");
    let hidden = [
        "a Cnry/\"7f x+Qzä=9\\k b",
        "Cnry/\"7f\n   │ x+Qzä=9\\k",
        "Q25yeS8iN2YgeCtResOkPTlcaw==",
        "dXNlcjpDbnJ5LyI3ZiB4K1F6w6Q9OVxrCg==",
        r#"{"a":"Cnry/\"7f x+Qzä=9\\k"}"#,
        "x=Cnry%2F%227f%20x%2BQz%C3%A4%3D9%5Ck",
        "436e72792f22376620782b517ac3a43d395c6b",
    ];
    for text in hidden {
        assert!(traces.find(text.as_bytes()).is_some(), "{text}");
    }
    assert_eq!(traces.find(b"Cnry/ and nothing else"), None);
}
