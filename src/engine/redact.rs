//! Takes secrets out of text from outside: errors of clouds may quote what was sent.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use cairn_provider::value::{Value, to_json};

/// Knows secrets, in the forms in which they travel.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    /// The longest first: a part of one must not hide the rest of it.
    forms: Vec<String>,
}

/// Shorter secrets are not looked for: they would take ordinary words out of messages.
const SHORTEST: usize = 6;

/// From this length on nothing but the secret itself looks like it: what holds it is never remembered.
pub const CERTAIN: usize = 16;

/// What stands in the place of a secret.
const TAKEN_OUT: &str = "(secret)";

impl Redactor {
    /// Knows secrets as they are, in Base64 of both alphabets (also in the middle of something longer), in JSON, in
    /// addresses of the web and in hexadecimal digits.
    pub fn new<'a>(secrets: impl Iterator<Item = &'a Value>) -> Self {
        Self::of_length(secrets, SHORTEST)
    }

    /// Like [`new`](Self::new), for what is handed to an action: there, even the shortest secret is looked for.
    pub fn strict<'a>(secrets: impl Iterator<Item = &'a Value>) -> Self {
        Self::of_length(secrets, 1)
    }

    /// Like [`new`](Self::new), for what is remembered: only what cannot be anything but a secret is looked for.
    pub fn certain<'a>(secrets: impl Iterator<Item = &'a Value>) -> Self {
        Self::of_length(secrets, CERTAIN)
    }

    fn of_length<'a>(secrets: impl Iterator<Item = &'a Value>, shortest: usize) -> Self {
        let mut forms = BTreeSet::new();
        secrets.for_each(|secret| forms_of(secret, shortest, &mut forms));
        let mut redactor = Self::default();
        redactor.add(forms);
        redactor
    }

    /// One more secret.
    pub fn learn(&mut self, secret: &Value) {
        let mut forms = BTreeSet::new();
        forms_of(secret, SHORTEST, &mut forms);
        forms.retain(|form| !self.forms.contains(form));
        self.add(forms);
    }

    fn add(&mut self, forms: BTreeSet<String>) {
        if !forms.is_empty() {
            self.forms.extend(forms);
            self.forms.sort_by(|one, two| two.len().cmp(&one.len()).then_with(|| one.cmp(two)));
        }
    }

    /// The text without any secret.
    pub fn clean(&self, text: &str) -> String {
        self.forms.iter().fold(text.to_owned(), |text, form| {
            if text.contains(form.as_str()) { text.replace(form.as_str(), TAKEN_OUT) } else { text }
        })
    }

    /// Whether any text of a value holds a secret.
    pub fn knows(&self, value: &Value) -> bool {
        let mut found = false;
        texts(value, &mut |text| found |= self.forms.iter().any(|form| text.contains(form.as_str())));
        found
    }
}

/// Calls `visit` with every text of a value, names of maps included.
fn texts(value: &Value, visit: &mut dyn FnMut(&str)) {
    match value {
        Value::Text(text) => visit(text),
        Value::List(items) => items.iter().for_each(|item| texts(item, visit)),
        Value::Map(map) => map.iter().for_each(|(name, inner)| {
            visit(name);
            texts(inner, visit);
        }),
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
        | Value::Range(..) => {}
    }
}

fn forms_of(secret: &Value, shortest: usize, forms: &mut BTreeSet<String>) {
    match secret {
        Value::Text(text) => forms_of_text(text, shortest, forms),
        Value::List(items) => items.iter().for_each(|item| forms_of(item, shortest, forms)),
        Value::Map(map) => map.values().for_each(|inner| forms_of(inner, shortest, forms)),
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
        | Value::Range(..) => {}
    }
}

fn forms_of_text(text: &str, shortest: usize, forms: &mut BTreeSet<String>) {
    if text.len() < shortest.max(1) {
        return;
    }
    forms.insert(text.to_owned());
    // Output comes line by line, and so does a key that has several.
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    if lines.len() > 1 {
        forms.extend(lines.into_iter().filter(|line| line.len() >= shortest.max(SHORTEST)).map(ToOwned::to_owned));
    }
    forms.insert(STANDARD.encode(text));
    forms.insert(URL_SAFE_NO_PAD.encode(text));
    if text.len() >= SHORTEST {
        forms.extend((0..3).flat_map(|before| in_the_middle(text.as_bytes(), before)));
    }
    forms.insert(quoted(text));
    // JSON may escape more than it has to.
    let slashed = quoted(text).replace('/', "\\/");
    forms.insert(quoted(text).chars().map(plain_escape).collect());
    forms.insert(slashed.chars().map(plain_escape).collect());
    forms.insert(slashed);
    let (upper, lower) = (encoded(text, false), encoded(text, true));
    forms.insert(upper.replace("%20", "+"));
    forms.extend([upper, lower, hex::encode(text), hex::encode_upper(text)]);
}

/// Base64 of a text that stands behind so many other bytes, as far as it does not depend on what stands around it.
fn in_the_middle(text: &[u8], before: usize) -> [String; 2] {
    let mut bytes = vec![0; before];
    bytes.extend_from_slice(text);
    // A digit holds six bits: those that share bits with what stands around are left out.
    let (first, last) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
    let inner = |encoded: String| encoded.get(first..last).unwrap_or_default().to_owned();
    [inner(STANDARD_NO_PAD.encode(&bytes)), inner(URL_SAFE_NO_PAD.encode(&bytes))]
}

/// As it stands between the quotes of JSON.
fn quoted(text: &str) -> String {
    let json = to_json(&Value::text(text)).to_string();
    json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or(&json).to_owned()
}

/// What writers of JSON escape that stands in pages of the web, and what is not ASCII.
fn plain_escape(character: char) -> String {
    if character.is_ascii() && !matches!(character, '<' | '>' | '&' | '\'') {
        return character.to_string();
    }
    let mut units = [0; 2];
    character.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect()
}

/// As in an address of the web: everything but letters, digits and `-_.~` in two hexadecimal digits.
fn encoded(text: &str, lower: bool) -> String {
    let one = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) => char::from(byte).to_string(),
        byte if lower => format!("%{byte:02x}"),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use cairn_provider::value::Value;

    use super::Redactor;

    #[test]
    fn secrets_are_taken_out_in_every_form() {
        let secret = Value::text("p@ss\"word1");
        let redactor = Redactor::new([&secret].into_iter());
        for text in ["p@ss\"word1", "cEBzcyJ3b3JkMQ==", "p@ss\\\"word1", "p%40ss%22word1"] {
            assert_eq!(redactor.clean(&format!("<{text}>")), "<(secret)>");
        }
    }

    #[test]
    fn the_lines_of_a_key_and_short_secrets_of_actions_are_taken_out() {
        let key = Value::text("-----BEGIN KEY-----\nMIIEvQIBADAN\n-----END KEY-----\n");
        assert_eq!(Redactor::new([&key].into_iter()).clean("line MIIEvQIBADAN"), "line (secret)");
        let short = Value::text("pin");
        assert_eq!(Redactor::new([&short].into_iter()).clean("my pin"), "my pin");
        assert_eq!(Redactor::strict([&short].into_iter()).clean("my pin"), "my (secret)");
    }

    #[test]
    fn hexadecimal_digits_and_the_middle_of_something_longer_are_known() {
        let text = "tok-5f0e8c/7=ä";
        let redactor = Redactor::new([&Value::text(text)].into_iter());
        for before in ["", "u", "us", "use", "user:"] {
            for after in ["", "\n", "@h", "@host"] {
                let shown = redactor.clean(&STANDARD.encode(format!("{before}{text}{after}")));
                assert!(shown.contains("(secret)"), "{before:?} {after:?} {shown}");
                let left = shown.replace("(secret)", "").len();
                assert!(left <= before.len() * 2 + after.len() * 2 + 8, "{before:?} {after:?} {shown}");
            }
        }
        for form in [hex::encode(text), hex::encode_upper(text), "tok-5f0e8c%2f7%3d%c3%a4".to_owned()] {
            assert_eq!(redactor.clean(&form), "(secret)");
        }
        for form in ["tok-5f0e8c\\/7=ä", "tok-5f0e8c/7=\\u00e4", "tok-5f0e8c\\/7=\\u00e4"] {
            assert_eq!(redactor.clean(form), "(secret)");
        }
    }

    #[test]
    fn parts_of_records_are_known_and_found() {
        let secret = Value::map([("user".into(), Value::text("u")), ("password".into(), Value::text("hunter2!"))]);
        let redactor = Redactor::new([&secret].into_iter());
        assert_eq!(redactor.clean("u/hunter2!"), "u/(secret)");
        assert!(redactor.knows(&Value::list([Value::text("x"), Value::text("<hunter2!>")])));
        assert!(!redactor.knows(&Value::text("hunter")));
        assert!(!Redactor::certain([&secret].into_iter()).knows(&Value::text("hunter2!")));
    }
}
