//! Values as trees of names: in one line where they fit, as a block where they do not.

use cairn_provider::schema::Unit;
use cairn_provider::value::{Value, render};

use super::layout::{Layout, Mark, Row, columns, cut};
use super::text;
use super::value::{is_plain, join};
use crate::model::change::{After, AttributeChange};
use crate::model::encoding::quantity;
use crate::state::Masked;
use crate::view::untrusted::one_line;

/// Longer texts are cut in the middle, unless everything is shown.
const LONGEST: usize = 160;

/// So much of an expression that is not known yet is shown: it may be a whole policy.
const LONGEST_UNKNOWN: usize = 600;

/// A value for people: everything in it is harmless and no secret.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// A single value in the language's spelling.
    Leaf(String),
    /// Only known after apply: where it comes from.
    Unknown(String),
    /// Items in their order.
    List(Vec<Node>),
    /// Entries in their order.
    Map(Vec<(String, Node)>),
}

impl Node {
    /// A value; numbers count in the unit.
    pub fn of(value: &Value, unit: Option<Unit>, whole: bool) -> Self {
        if Masked::digest(value).is_some() {
            return Self::Leaf("(sensitive)".to_owned());
        }
        match (value, unit, value.as_number()) {
            (Value::List(items), ..) => Self::List(items.iter().map(|item| Self::of(item, unit, whole)).collect()),
            (Value::Map(map), ..) => {
                Self::Map(map.iter().map(|(name, value)| (name.to_string(), Self::of(value, unit, whole))).collect())
            }
            (_, Some(unit), Some(number)) => Self::Leaf(render(&quantity(unit, number))),
            (Value::Text(text), ..) if !whole => Self::Leaf(short_text(text)),
            _ => Self::Leaf(one_line(&render(value))),
        }
    }

    /// What a leaf will be.
    pub fn after(change: &AttributeChange, whole: bool) -> Self {
        match &change.after {
            _ if change.sensitive => Self::Leaf("(sensitive)".to_owned()),
            After::Absent => Self::Leaf("(removed)".to_owned()),
            After::Value(value) => Self::of(value, change.unit, whole),
            After::Unknown(text) => Self::Unknown(expression(text, whole)),
        }
    }

    /// The value on one line.
    pub fn inline(&self) -> String {
        match self {
            Self::Leaf(text) => text.clone(),
            // What stands in these brackets waits, the rest of an expression is known.
            Self::Unknown(text) if text.contains('⟨') => text.clone(),
            Self::Unknown(text) => format!("(after apply: {text})"),
            Self::List(items) => format!("[{}]", items.iter().map(Self::inline).collect::<Vec<_>>().join(", ")),
            Self::Map(entries) if entries.is_empty() => "{}".to_owned(),
            Self::Map(entries) => {
                let entries: Vec<String> =
                    entries.iter().map(|(name, node)| format!("{}: {}", key(name), node.inline())).collect();
                format!("{{ {} }}", entries.join(", "))
            }
        }
    }

    /// Whether it has no parts, or only parts without any.
    fn is_flat(&self) -> bool {
        match self {
            Self::Leaf(_) | Self::Unknown(_) => true,
            Self::List(items) => items.iter().all(|item| matches!(item, Self::Leaf(_) | Self::Unknown(_))),
            Self::Map(entries) => entries.is_empty(),
        }
    }
}

/// The attribute that an expression is, if it is nothing else.
pub fn symbol(text: &str) -> Option<&str> {
    let symbol = text.strip_prefix('⟨')?.strip_suffix('⟩')?;
    (!symbol.contains(['⟨', '⟩'])).then_some(symbol)
}

/// An expression that waits for something.
pub fn expression(text: &str, whole: bool) -> String {
    if whole {
        return one_line(text);
    }
    let count = text.lines().count();
    if count > 3 {
        let first = text.lines().next().unwrap_or_default();
        return format!("{} … ({count} lines)", one_line(&cut(first, LONGEST)));
    }
    cut(&one_line(text), LONGEST_UNKNOWN)
}

/// The leaves of a new object as a tree.
pub fn tree<'a>(changes: impl Iterator<Item = &'a AttributeChange>, whole: bool) -> Vec<(String, Node)> {
    let mut root: Vec<(String, Node)> = Vec::new();
    for change in changes {
        let names: Vec<&str> = change.path.iter().map(|part| part.as_str()).collect();
        insert(&mut root, &names, Node::after(change, whole));
    }
    root.into_iter().map(|(name, node)| (one_line(&name), lists(node))).collect()
}

fn insert(entries: &mut Vec<(String, Node)>, names: &[&str], leaf: Node) {
    let Some((first, rest)) = names.split_first() else { return };
    if rest.is_empty() {
        entries.push(((*first).to_owned(), leaf));
        return;
    }
    if let Some((_, Node::Map(inner))) = entries.iter_mut().find(|(name, _)| name == first) {
        insert(inner, rest, leaf);
        return;
    }
    let mut inner = Vec::new();
    insert(&mut inner, rest, leaf);
    entries.push(((*first).to_owned(), Node::Map(inner)));
}

/// Entries that are all named by their positions are a list.
fn lists(node: Node) -> Node {
    let Node::Map(entries) = node else { return node };
    let positions = !entries.is_empty() && entries.iter().enumerate().all(|(at, (name, _))| *name == at.to_string());
    let entries = entries.into_iter().map(|(name, node)| (name, lists(node)));
    if positions { Node::List(entries.map(|(_, node)| node).collect()) } else { Node::Map(entries.collect()) }
}

/// Entries as lines: what is short shares a line, what is long becomes a block. Gives what stands on the line before,
/// where so many columns are left.
pub fn block(
    entries: Vec<(String, Node)>,
    indent: usize,
    beside: usize,
    layout: Layout,
    rows: &mut Vec<Row>,
) -> String {
    let room = layout.width.saturating_sub(indent);
    let mut short: Vec<String> = Vec::new();
    let mut long: Vec<(String, Node)> = Vec::new();
    for (path, node) in entries {
        let (path, node) = collapse(path, node);
        let path = shortened(path, &node, room);
        let text = layout.spell(&format!("{path} {}", node.inline()));
        if node.is_flat() || columns(&text) <= room { short.push(text) } else { long.push((path, node)) }
    }
    let only = short.is_empty() && long.len() == 1;
    let (mut before, lines) = packed(&short, room, beside, layout);
    for line in lines {
        rows.extend(layout.rows(Mark::Plain, indent, indent + 2, &line));
    }
    for (path, node) in long {
        match node {
            Node::List(items) => {
                let items = items.into_iter().enumerate().map(|(at, item)| (format!("{path}[{at}]"), item));
                block(items.collect(), indent, 0, layout, rows);
            }
            Node::Map(entries) => {
                let compact = layout.spell(&format!("{path} {}", Node::Map(entries.clone()).inline()));
                let flat = entries.iter().all(|(_, node)| match node {
                    Node::Map(inner) => inner.iter().all(|(_, node)| node.is_flat()),
                    Node::List(_) | Node::Leaf(_) | Node::Unknown(_) => node.is_flat(),
                });
                let compact = layout.rows(Mark::Plain, indent, indent + 2, &compact);
                let begin = rows.len();
                if only && before.is_empty() && columns(&layout.spell(&path)) <= beside {
                    before = layout.spell(&path);
                } else {
                    rows.extend(layout.rows(Mark::Plain, indent, indent + 2, &path));
                }
                let entries = entries.into_iter().map(|(name, node)| (join("", &name), node));
                // Deep records do not run out of the terminal.
                block(entries.collect(), (indent + 2).min(layout.width / 2), 0, layout, rows);
                if flat && compact.len() <= 3 && rows.len() - begin > compact.len() && !only {
                    rows.truncate(begin);
                    rows.extend(compact);
                }
            }
            Node::Leaf(_) | Node::Unknown(_) => {}
        }
    }
    before
}

/// A deep path that does not fit beside its value, without its middle.
fn shortened(path: String, node: &Node, room: usize) -> String {
    let (Node::Leaf(value) | Node::Unknown(value)) = node else { return path };
    match (path.split_once(['.', '[']), path.rsplit_once('.')) {
        (Some((first, rest)), Some((_, last)))
            if rest.len() > last.len() && columns(&path) + columns(value) >= room =>
        {
            format!("{first}.….{last}")
        }
        _ => path,
    }
}

/// Texts side by side: as few lines as they need, and what stands on the line before if that saves one.
fn packed(texts: &[String], room: usize, beside: usize, layout: Layout) -> (String, Vec<String>) {
    let separator = layout.spell(" · ");
    let pack = |beside: usize| {
        let mut lines = vec![(String::new(), beside)];
        for text in texts {
            let fits = |(line, room): &(String, usize)| {
                let used = if line.is_empty() { 0 } else { columns(line) + columns(&separator) };
                used + columns(text) <= *room
            };
            match lines.iter_mut().find(|line| fits(line)) {
                Some((line, _)) if line.is_empty() => line.push_str(text),
                Some((line, _)) => line.push_str(&format!("{separator}{text}")),
                None => lines.push((text.clone(), room)),
            }
        }
        let mut lines = lines.into_iter().map(|(line, _)| line);
        (lines.next().unwrap_or_default(), lines.collect::<Vec<_>>())
    };
    let (below, filled) = (pack(0), pack(beside));
    if filled.1.len() < below.1.len() { filled } else { below }
}

/// A record of one entry is its entry, under a longer name.
fn collapse(mut path: String, mut node: Node) -> (String, Node) {
    loop {
        node = match node {
            Node::Map(mut entries) if entries.len() == 1 => match entries.pop() {
                Some((name, inner)) => {
                    path = join(&path, &name);
                    inner
                }
                None => return (path, Node::Map(entries)),
            },
            Node::List(mut items) if items.len() == 1 && matches!(items.first(), Some(Node::Map(_))) => {
                match items.pop() {
                    Some(inner) => {
                        path.push_str("[0]");
                        inner
                    }
                    None => return (path, Node::List(items)),
                }
            }
            Node::Leaf(_) | Node::Unknown(_) | Node::List(_) | Node::Map(_) => return (path, node),
        };
    }
}

fn key(name: &str) -> String {
    if is_plain(name) { name.to_owned() } else { format!("\"{}\"", one_line(name)) }
}

/// A text, of several lines only the first and how many there are.
fn short_text(text: &str) -> String {
    let decoded = text::decoded(text);
    let (what, text) = match &decoded {
        Some(decoded) => ("base64 of ", decoded.as_str()),
        None => ("", text),
    };
    let quoted = |text: &str| cut(&one_line(&render(&Value::text(text))), LONGEST);
    let count = text.trim_end().lines().count();
    if count > 1 {
        let first = text.lines().map(str::trim_end).find(|line| !line.is_empty()).unwrap_or_default();
        return format!("{} ({what}{count} lines)", quoted(&format!("{} …", cut(first, 60))));
    }
    if what.is_empty() { quoted(text) } else { format!("({what}{})", quoted(text)) }
}
