//! What every byte of a source text belongs to, found by a scan that has nothing to do with the parser under test.

/// What a byte belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Code outside of text.
    Code,
    /// Code inside of `${…}`.
    Inner,
    /// A quote that opens text of one line.
    Open,
    /// A quote that closes text of one line.
    Close,
    /// Inside of text, its `"""` included.
    Text,
    /// A comment.
    Comment,
}

enum Level {
    Line,
    Raw,
    Block,
    RawBlock,
    /// Open braces inside of an interpolation.
    Interp(usize),
}

/// The classes of all bytes.
pub fn classes(text: &str) -> Vec<Class> {
    let bytes = text.as_bytes();
    let mut classes = vec![Class::Code; bytes.len()];
    let mut levels: Vec<Level> = Vec::new();
    let mut at = 0;
    let fill = |classes: &mut Vec<Class>, from: usize, count: usize, class: Class| {
        for slot in classes.iter_mut().skip(from).take(count) {
            *slot = class;
        }
    };
    while at < bytes.len() {
        let rest = &text.as_bytes()[at..];
        let code = if levels.is_empty() { Class::Code } else { Class::Inner };
        let mut taken = 1;
        match levels.last_mut() {
            None | Some(Level::Interp(_)) => {
                if rest[0] == b'#' {
                    taken = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
                    fill(&mut classes, at, taken, Class::Comment);
                } else if rest.starts_with(b"r\"\"\"") || rest.starts_with(b"\"\"\"") {
                    let raw = rest[0] == b'r';
                    taken = if raw { 4 } else { 3 };
                    fill(&mut classes, at, taken, Class::Text);
                    levels.push(if raw { Level::RawBlock } else { Level::Block });
                } else if rest.starts_with(b"r\"") && !before_is_word(bytes, at) {
                    taken = 2;
                    classes[at] = Class::Text;
                    classes[at + 1] = Class::Open;
                    levels.push(Level::Raw);
                } else if rest[0] == b'"' {
                    classes[at] = Class::Open;
                    levels.push(Level::Line);
                } else {
                    classes[at] = code;
                    if let Some(Level::Interp(depth)) = levels.last_mut() {
                        match rest[0] {
                            b'{' => *depth += 1,
                            b'}' if *depth == 0 => {
                                classes[at] = Class::Text;
                                levels.pop();
                            }
                            b'}' => *depth -= 1,
                            _ => {}
                        }
                    }
                }
            }
            Some(Level::Line) => {
                classes[at] = Class::Text;
                if rest[0] == b'\\' {
                    taken = 2;
                    fill(&mut classes, at, 2, Class::Text);
                } else if rest.starts_with(b"${") {
                    taken = 2;
                    fill(&mut classes, at, 2, Class::Text);
                    levels.push(Level::Interp(0));
                } else if rest[0] == b'"' {
                    classes[at] = Class::Close;
                    levels.pop();
                }
            }
            Some(Level::Raw) => {
                classes[at] = Class::Text;
                if rest[0] == b'"' {
                    classes[at] = Class::Close;
                    levels.pop();
                }
            }
            Some(level @ (Level::Block | Level::RawBlock)) => {
                let raw = matches!(level, Level::RawBlock);
                classes[at] = Class::Text;
                if rest.starts_with(b"\"\"\"") {
                    taken = 3;
                    fill(&mut classes, at, 3, Class::Text);
                    levels.pop();
                } else if !raw && rest[0] == b'\\' {
                    taken = 2;
                    fill(&mut classes, at, 2, Class::Text);
                } else if !raw && rest.starts_with(b"${") {
                    taken = 2;
                    fill(&mut classes, at, 2, Class::Text);
                    levels.push(Level::Interp(0));
                }
            }
        }
        at += taken;
    }
    classes
}

fn before_is_word(bytes: &[u8], at: usize) -> bool {
    at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_')
}

/// The lines of a text: start and end without the line end.
pub fn lines(text: &str) -> Vec<(usize, usize)> {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        lines.push((start, start + line.trim_end_matches('\n').len()));
        start += line.len();
    }
    lines
}
