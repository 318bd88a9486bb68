//! One item: parsed, and if that fails, mended and parsed again.
//!
//! Every repair keeps the length of the text, so that all places stay valid; only what is appended at the end lies
//! beyond it.

use super::ast::{BrokenItem, Item, ItemKind};
use super::brackets::{OpenKind, Scanner};
use super::expression::Builder;
use super::split::{KEYWORDS, MAX_DEPTH, MAX_ITEM, Piece};
use super::{grammar, item as items, mistake, nesting, unclosed};
use crate::diagnostic::Diagnostic;
use crate::source::{SourceId, Span};

/// At most so many mistakes of the grammar are reported for one item.
const MAX_MISTAKES: usize = 8;

/// So often an item is read again; some rounds only take out what follows from a mistake that was reported.
const MAX_ROUNDS: usize = 3 * MAX_MISTAKES;

/// What is changed so that the rest of an item can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repair {
    /// Bytes are overwritten; nothing is lost.
    Overwrite(Vec<(usize, u8)>),
    /// A range is overwritten with blanks, line ends excepted; what stood there is lost.
    Blank(usize, usize),
    /// Something is added at the end; the nesting may not be what was meant.
    Append(String),
    /// Nothing helps.
    GiveUp,
}

/// Parses one piece.
pub fn item(
    source: SourceId,
    text: &str,
    piece: &Piece,
    next: Option<&Piece>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Item {
    let mut mender = Mender {
        source,
        text,
        piece,
        next,
        buffer: text.get(piece.start..piece.end).unwrap_or_default().to_owned(),
        statement: 0,
        lossy: false,
        silent: false,
        reported: Vec::new(),
        diagnostics,
    };
    mender.statement = statement_start(&mender.buffer);
    let kind = mender.parse();
    let span = Span::new(source, piece.start, piece.end);
    let docs = piece.docs.as_deref().map(Into::into);
    match kind {
        Some((decorators, kind)) => Item { span, docs, decorators, kind, broken: mender.lossy },
        None => {
            let header = mender.buffer.get(mender.statement..).unwrap_or_default();
            let kind = ItemKind::Broken(header_names(source, piece.start + mender.statement, header));
            Item { span, docs, decorators: Vec::new(), kind, broken: true }
        }
    }
}

struct Mender<'a> {
    source: SourceId,
    text: &'a str,
    piece: &'a Piece,
    next: Option<&'a Piece>,
    buffer: String,
    /// Where the statement starts, behind the decorators.
    statement: usize,
    lossy: bool,
    /// Whether nothing more is reported: brackets are wrong in a way that no repair explains, and what the grammar says
    /// about the rest follows from that.
    silent: bool,
    /// Where the lines begin that something was reported on: what is wrong with them besides follows from it.
    reported: Vec<usize>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Mender<'_> {
    fn parse(&mut self) -> Option<(Vec<super::ast::Decorator>, ItemKind)> {
        if self.buffer.len() > MAX_ITEM {
            self.report(mistake::item_too_large(self.source, self.piece, self.buffer.len()));
            return None;
        }
        let place = mistake::Place { source: self.source, base: self.piece.start };
        if let Some(diagnostic) = mistake::header(place, &self.buffer, self.statement) {
            self.report(diagnostic);
            return None;
        }
        if let Some((start, end)) = self.piece.text_in_first_column {
            let diagnostic = mistake::block_text_column(place, self.text, &self.buffer, start, end);
            self.report(diagnostic);
        }
        if let Some(at) = self.piece.too_deep {
            self.report(mistake::too_deep(place, at));
            return None;
        }
        if let Some(at) = nesting::too_long(&self.buffer) {
            self.report(mistake::chain_too_long(place, at));
            return None;
        }
        // The usual item follows the grammar at once.
        if grammar::item(&self.buffer).is_ok() {
            return self.build();
        }
        self.mend_brackets()?;
        for _ in 0..MAX_ROUNDS {
            let Err(failure) = grammar::item(&self.buffer) else { return self.build() };
            let (diagnostic, repair) = mistake::classify(place, &self.buffer, self.statement, &failure);
            let (start, end) = mistake::line_around(&self.buffer, failure.at);
            // Where only brackets stand, something in front of them is missing that was reported.
            let line = self.buffer.get(start..end).unwrap_or_default().trim();
            let closers = !line.is_empty() && line.chars().all(|character| "}])".contains(character));
            let again = self.silent || self.reported.contains(&start) || closers && !self.reported.is_empty();
            if !again {
                if self.reported.len() == MAX_MISTAKES {
                    return None;
                }
                self.report(diagnostic);
                self.reported.push(start);
            }
            let repair = match repair {
                Repair::Overwrite(_) | Repair::Append(_) if again && start > self.statement => {
                    Repair::Blank(start, end)
                }
                Repair::Overwrite(_) | Repair::Append(_) if again => Repair::GiveUp,
                repair => repair,
            };
            if !self.apply(repair) {
                return None;
            }
            self.settle_brackets();
        }
        None
    }

    /// The tree of an item that follows the grammar. Nothing that was written is ever left out silently.
    fn build(&mut self) -> Option<(Vec<super::ast::Decorator>, ItemKind)> {
        let pair = grammar::item(&self.buffer).ok()?;
        let before = self.diagnostics.len();
        let mut builder = Builder::new(self.source, self.text, self.piece.start, self.diagnostics);
        let built = items::build(&mut builder, pair);
        if built.is_none() && self.diagnostics.len() == before {
            let place = mistake::Place { source: self.source, base: self.piece.start };
            self.report(mistake::not_understood(place, &self.buffer, self.statement));
        }
        if self.silent {
            self.diagnostics.truncate(before);
        }
        built
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Texts and brackets first: a scan finds them more surely than the grammar.
    fn mend_brackets(&mut self) -> Option<()> {
        let place = mistake::Place { source: self.source, base: self.piece.start };
        let scan = Scanner::scan(&self.buffer, MAX_DEPTH);
        for at in scan.unterminated {
            let (diagnostic, repair) = mistake::unterminated(place, &self.buffer, at, self.statement);
            self.report(diagnostic);
            if !self.apply(repair) {
                return None;
            }
        }
        for _ in 0..MAX_MISTAKES {
            let scan = Scanner::scan(&self.buffer, MAX_DEPTH);
            if scan.open.is_empty() && scan.stray.is_empty() {
                return Some(());
            }
            let explanations =
                unclosed::explanations(place, self.text, &self.buffer, &scan, self.next.map(|next| next.start));
            let (diagnostic, repair, explained) = self.best(explanations)?;
            if !self.silent {
                self.report(diagnostic);
            }
            if !self.apply(repair) {
                return None;
            }
            let scan = Scanner::scan(&self.buffer, MAX_DEPTH);
            self.silent |= !explained || !scan.open.is_empty() || !scan.stray.is_empty();
        }
        None
    }

    /// The explanation after whose repair the most can be read, and whether more than the lines it speaks of can be.
    fn best(&self, explanations: Vec<(Diagnostic, Repair)>) -> Option<(Diagnostic, Repair, bool)> {
        let mut best: Option<(usize, Diagnostic, Repair)> = None;
        for (diagnostic, repair) in explanations {
            let Some(buffer) = self.mended(&repair) else { continue };
            let reached = grammar::item(&buffer).map_or_else(|failure| failure.at, |_| usize::MAX);
            if best.as_ref().is_none_or(|(before, _, _)| *before < reached) {
                best = Some((reached, diagnostic, repair));
            }
        }
        let (reached, diagnostic, repair) = best?;
        let last = diagnostic.span().map_or(0, |span| (span.start as usize).saturating_sub(self.piece.start));
        let (_, end) = mistake::line_around(&self.buffer, last);
        Some((diagnostic, repair, reached > end + 1))
    }

    fn mended(&self, repair: &Repair) -> Option<String> {
        let mut bytes = self.buffer.clone().into_bytes();
        match repair {
            Repair::Overwrite(changes) => overwrite(&mut bytes, changes),
            Repair::Blank(start, end) => blank(&mut bytes, *start, *end),
            Repair::Append(text) => {
                bytes.push(b'\n');
                bytes.extend_from_slice(text.as_bytes());
            }
            Repair::GiveUp => return None,
        }
        Some(readable(bytes))
    }

    /// After a line is gone, what it opened or closed is gone too: closers without a partner become blanks, openers
    /// get one at the end, silently.
    fn settle_brackets(&mut self) {
        let scan = Scanner::scan(&self.buffer, MAX_DEPTH);
        let strays = scan.stray.iter().map(|at| (*at, b' ')).collect();
        self.apply(Repair::Overwrite(strays));
        let mut closers = String::new();
        for open in scan.open.iter().rev() {
            match open.kind {
                OpenKind::Bracket(closer) => closers.push(char::from(closer)),
                OpenKind::BlockText | OpenKind::RawBlockText => closers.push_str("\"\"\""),
                OpenKind::Text | OpenKind::RawText => {}
            }
        }
        if !closers.is_empty() {
            self.apply(Repair::Append(closers));
        }
    }

    fn apply(&mut self, repair: Repair) -> bool {
        let Some(buffer) = self.mended(&repair) else { return false };
        self.buffer = buffer;
        match repair {
            Repair::Overwrite(_) => true,
            Repair::Blank(start, _) => {
                self.lossy = true;
                // Without its first line an item is nothing.
                start > self.statement
            }
            Repair::Append(_) => {
                self.lossy = true;
                true
            }
            Repair::GiveUp => false,
        }
    }
}

fn overwrite(bytes: &mut [u8], changes: &[(usize, u8)]) {
    for (at, byte) in changes {
        if let Some(slot) = bytes.get_mut(*at) {
            *slot = *byte;
        }
    }
}

fn blank(bytes: &mut [u8], start: usize, end: usize) {
    for byte in bytes.iter_mut().take(end).skip(start) {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

/// Overwriting parts of a character leaves bytes that are none; they become blanks.
fn readable(bytes: Vec<u8>) -> String {
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            error.into_bytes().into_iter().map(|byte| if byte.is_ascii() { char::from(byte) } else { ' ' }).collect()
        }
    }
}

/// Where the statement of an item starts: the first line in column 0 that is no decorator or comment.
pub fn statement_start(item: &str) -> usize {
    let mut start = 0;
    for line in item.split_inclusive('\n') {
        if line.starts_with(|first: char| first.is_alphabetic() || first == '_') {
            return start;
        }
        start += line.len();
    }
    0
}

/// What the first line of an item gives away although the item could not be read.
fn header_names(source: SourceId, base: usize, header: &str) -> BrokenItem {
    let word = |text: &str| {
        text.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect::<String>()
    };
    let keyword = word(header);
    let rest = header.get(keyword.len()..).unwrap_or_default();
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let behind = rest.trim_start_matches([' ', '\t']);
    // Terraform's blocks have their names in quotes, the own one last.
    let quoted = behind.lines().next().filter(|line| line.starts_with('"')).and_then(|line| {
        let end = line.rfind('"')?;
        let start = line.get(..end)?.rfind('"')? + 1;
        Some((start, line.get(start..end)?.to_owned()))
    });
    let (offset, name) = quoted.unwrap_or_else(|| (0, word(behind)));
    let start = base + keyword.len() + blanks + offset;
    let looped = rest.get(blanks + offset + name.len()..).is_some_and(|behind| behind.trim_start().starts_with('['));
    let span = Span::new(source, start, start + name.len());
    // A misspelt keyword still says what the item was to be.
    let known = KEYWORDS
        .into_iter()
        .find(|known| *known == keyword)
        .or_else(|| crate::diagnostic::suggest::nearest(&keyword, KEYWORDS));
    BrokenItem {
        keyword: known.map(Into::into),
        name: (!name.is_empty()).then(|| super::ast::Ident { text: name.into(), span }),
        looped,
    }
}
