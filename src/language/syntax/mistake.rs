//! What a mistake of the grammar is, in the user's words, and how to read on behind it.
//!
//! The message does not come from the list of what the grammar would have taken but from the line itself; that list
//! is only the last resort.

use super::brackets::OpenKind;
use super::grammar::Failure;
use super::nesting::MAX_CHAIN;
use super::recover::Repair;
use super::split::{KEYWORDS, MAX_DEPTH, Piece, RESERVED, Stray};
use crate::diagnostic::{Diagnostic, Edit, Fix, suggest};
use crate::source::{SourceId, Span};

/// Where an item stands, to turn its bytes into places.
#[derive(Clone, Copy)]
pub struct Place {
    /// The text.
    pub source: SourceId,
    /// The first byte of the item.
    pub base: usize,
}

impl Place {
    /// The place of a range of an item's bytes.
    pub fn span(self, start: usize, end: usize) -> Span {
        Span::new(self.source, self.base + start, self.base + end)
    }
}

/// A line that belongs to no item.
pub fn stray_line(source: SourceId, text: &str, stray: Stray) -> Diagnostic {
    let line = text.get(stray.start..stray.end).unwrap_or_default();
    let indent = line.len() - line.trim_start().len();
    let span = Span::new(source, stray.start + indent, stray.end);
    if indent > 0 {
        return Diagnostic::error(
            "syntax::indented_declaration",
            "This line belongs to no declaration",
            span,
            "indented, but nothing above it is open",
        )
        .help("declarations start in the first column");
    }
    if line.starts_with("//") {
        return foreign_comment(Span::new(source, stray.start, stray.start + 2));
    }
    unknown_keyword(span, line)
}

fn foreign_comment(span: Span) -> Diagnostic {
    Diagnostic::error("syntax::foreign_comment", "A comment starts with `#`", span, "write `#` here").edit(span, "#")
}

/// An item of too many bytes.
pub fn item_too_large(source: SourceId, piece: &Piece, length: usize) -> Diagnostic {
    Diagnostic::error(
        "syntax::too_large",
        "This declaration is larger than 64 KiB",
        Span::new(source, piece.start, piece.start),
        format!("{length} bytes"),
    )
    .help("large data belongs into a file: file(\"./data.json\")")
}

/// Brackets nested too deep.
pub fn too_deep(place: Place, at: usize) -> Diagnostic {
    Diagnostic::error(
        "syntax::too_deep",
        format!("Brackets nest deeper than {MAX_DEPTH} levels"),
        place.span(at, at + 1),
        "this is one too many",
    )
    .help("give the inner parts names with `let`")
}

/// An expression of too many parts in a row.
pub fn chain_too_long(place: Place, at: usize) -> Diagnostic {
    Diagnostic::error(
        "syntax::too_deep",
        format!("This expression has more than {MAX_CHAIN} parts in a row"),
        place.span(at, at + 1),
        "this is one too many",
    )
    .help("give parts of it names with `let`; what many parts have in common is a list and a loop")
}

/// A header line that starts no declaration of the language.
pub fn header(place: Place, item: &str, statement: usize) -> Option<Diagnostic> {
    let line = item.get(statement..)?.lines().next()?;
    let word = leading_word(line);
    let rest = line.get(word.len()..).unwrap_or_default();
    if let Some(diagnostic) = hcl(place, item, statement, word, rest) {
        return Some(diagnostic);
    }
    if KEYWORDS.contains(&word) {
        return None;
    }
    let end = statement + word.len().max(1);
    Some(unknown_keyword(place.span(statement, end), word))
}

fn unknown_keyword(span: Span, line: &str) -> Diagnostic {
    let word = leading_word(line);
    let label = match suggest::nearest(word, KEYWORDS) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "not a word of the language".to_owned(),
    };
    let shown = if word.is_empty() { line.chars().take(1).collect() } else { word.to_owned() };
    let span =
        if word.is_empty() { span } else { Span { end: span.start + u32::try_from(word.len()).unwrap_or(0), ..span } };
    Diagnostic::error("syntax::unknown_keyword", format!("`{shown}` does not start a declaration"), span, label)
        .meant(span, word, KEYWORDS)
        .help(format!("a line that starts in the first column is one of: {}", KEYWORDS.join(" ")))
}

/// Terraform's blocks: a keyword, quoted names, a brace.
fn hcl(place: Place, item: &str, statement: usize, word: &str, rest: &str) -> Option<Diagnostic> {
    let words = ["resource", "data", "variable", "module", "provider", "output", "terraform", "locals"];
    let rest = uncommented(rest).trim_end();
    let names = rest.trim_start();
    let block = words.contains(&word) && (names.starts_with('"') || names.starts_with('{')) && names.ends_with('{');
    if !block {
        return None;
    }
    let start = statement + word.len() + (rest.len() - names.len());
    let end = statement + word.len() + rest.trim_end_matches('{').trim_end().len();
    let quoted: Vec<&str> = names.split('"').skip(1).step_by(2).collect();
    let first_field = item.get(statement..).and_then(|item| item.lines().nth(1)).and_then(cairn_field);
    let help = match (word, quoted.as_slice()) {
        ("resource", [kind, name]) => match first_field {
            Some(field) => format!("in Cairn: resource {name} = {} {{\n            {field}\n", cairn_type(kind)),
            None => format!("in Cairn: resource {name} = {} {{ … }}\n", cairn_type(kind)),
        },
        ("data", [_, name]) => format!("in Cairn: lookup {name} = aws.ec2.Vpc {{ … }}\n"),
        ("variable", [name]) => format!("in Cairn: input {name}: String\n"),
        ("output", [name]) => format!("in Cairn: output {name} = …\n"),
        ("provider", _) => "in Cairn: provider main = aws.Target { region: \"eu-central-1\" }\n".to_owned(),
        ("locals", _) => "in Cairn: let name = value\n".to_owned(),
        _ => String::new(),
    };
    let (label, span) = if quoted.is_empty() {
        ("a block without a name", place.span(statement, statement + word.len()))
    } else {
        ("type and name are quoted here", place.span(start, end.max(start + 1)))
    };
    Some(
        Diagnostic::error("syntax::hcl_block", "This is Terraform syntax", span, label)
            .help(format!("{help}the book has a table of both: \"Coming from elsewhere\"")),
    )
}

/// `name = "value"` of Terraform as a field; networks lose their quotes.
fn cairn_field(line: &str) -> Option<String> {
    let (name, value) = uncommented(line).split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    let inner = value.trim_matches('"');
    let network =
        inner.contains('/') && inner.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'/');
    let plain = !name.is_empty() && leading_word(name) == name && !value.ends_with(['{', '[', '(']);
    plain.then(|| format!("{name}: {}", if network { inner } else { value }))
}

/// The type that people mean by one of Terraform's most frequent names.
fn cairn_type(terraform: &str) -> &str {
    match terraform {
        "aws_vpc" => "aws.ec2.Vpc",
        "aws_subnet" => "aws.ec2.Subnet",
        "aws_instance" => "aws.ec2.Instance",
        "aws_security_group" => "aws.ec2.SecurityGroup",
        "aws_s3_bucket" => "aws.s3.Bucket",
        "aws_db_instance" => "aws.rds.DbInstance",
        "aws_lb" => "aws.elbv2.LoadBalancer",
        "aws_iam_role" => "aws.iam.Role",
        _ => "service.Type",
    }
}

/// A declaration of which the tree has no form.
pub fn not_understood(place: Place, item: &str, statement: usize) -> Diagnostic {
    let (_, end) = line_around(item, statement);
    Diagnostic::error(
        "syntax::unreadable",
        "This declaration cannot be read",
        place.span(statement, end.max(statement + 1)),
        "nothing of it was used",
    )
}

/// A text without a closing quote.
pub fn unterminated(place: Place, item: &str, at: usize, statement: usize) -> (Diagnostic, Repair) {
    let (start, end) = line_around(item, at);
    let line = item.get(start..end).unwrap_or_default();
    let written = item.get(at..end).unwrap_or_default().trim_end();
    let key = line.get(..at - start).unwrap_or_default().trim_start();
    let diagnostic = Diagnostic::error(
        "syntax::unterminated_string",
        "This text has no closing quote",
        place.span(at, at + written.len()),
        "starts here and runs to the end of the line",
    )
    .help(format!("{key}{written}\"\nfor text over several lines use \"\"\" … \"\"\""))
    .offer(place.span(at, at + written.len()), format!("{written}\""));
    let repair = if start <= statement { Repair::GiveUp } else { Repair::Blank(start, end) };
    (diagnostic, repair)
}

/// A line of block text in the first column.
pub fn block_text_column(place: Place, text: &str, item: &str, start: usize, end: usize) -> Diagnostic {
    let before = start - place.base;
    let opener = item.get(..before).and_then(|before| before.rfind("\"\"\"")).unwrap_or(0);
    let behind = text.get(end..).unwrap_or_default();
    let closing = behind.lines().find(|line| line.contains("\"\"\"")).unwrap_or_default();
    let indent = closing.len() - closing.trim_start().len();
    // What stands in front of the quotes, with its brackets, stands in front of the file, too.
    let (line, _) = line_around(item, opener);
    let lead = item.get(line..opener).unwrap_or_default().trim_start();
    let tail = closing.trim_start().trim_start_matches('"').trim_end();
    Diagnostic::error(
        "syntax::block_text_column",
        "Text inside \"\"\" must be indented",
        place.span(opener, opener + 3),
        "the text starts here",
    )
    .label(Span::new(place.source, start, end), "this line starts in the first column")
    .help(format!(
        "indent the text at least as far as its closing \"\"\" ({indent} spaces); the indentation is removed \
         again.\nTo keep a script as it is, put it into a file: {lead}file(\"./boot.sh\"){tail}"
    ))
}

/// A mistake inside an item: what it is, and how to read on.
pub fn classify(place: Place, item: &str, statement: usize, failure: &Failure) -> (Diagnostic, Repair) {
    let (start, end) = line_around(item, failure.at.min(item.len()));
    // A comment is no part of what is wrong, and a mistake in front of it is found behind it.
    let comment = item.get(start..end).and_then(comment_start).map_or(end, |comment| start + comment);
    let at = failure.at.min(item.len()).min(comment);
    let line = Line { item, start, end, at };
    let (diagnostic, repair) = reserved(place, &line)
        .or_else(|| equals_for_colon(place, &line, statement))
        .or_else(|| colon_for_equals(place, &line, statement))
        .or_else(|| missing_equals(place, &line, statement))
        .or_else(|| foreign(place, &line))
        .or_else(|| nothing_follows(place, &line))
        .or_else(|| missing_colon(place, &line, statement))
        .or_else(|| missing_comma(place, &line))
        .unwrap_or_else(|| unreadable(place, &line, failure));
    // The first line cannot be left out: then the item is lost.
    let repair = match repair {
        Repair::Blank(start, _) if start <= statement => Repair::GiveUp,
        repair => repair,
    };
    (diagnostic, repair)
}

/// The line on which the grammar stopped.
struct Line<'a> {
    item: &'a str,
    start: usize,
    end: usize,
    at: usize,
}

impl<'a> Line<'a> {
    fn before(&self) -> &'a str {
        self.item.get(self.start..self.at).unwrap_or_default()
    }

    fn rest(&self) -> &'a str {
        self.item.get(self.at..self.end).unwrap_or_default()
    }

    /// Blanks the line; if it opens brackets that close on later lines, up to the last of them.
    fn blank(&self) -> Repair {
        let scan = super::brackets::Scanner::scan(self.item, MAX_DEPTH);
        let end = scan
            .pairs
            .iter()
            .filter(|(open, _)| (self.start..self.end).contains(open))
            .map(|(_, close)| close + 1)
            .chain([self.end])
            .max()
            .unwrap_or(self.end);
        Repair::Blank(self.start, end)
    }
}

fn equals_for_colon(place: Place, line: &Line<'_>, statement: usize) -> Option<(Diagnostic, Repair)> {
    let rest = line.rest();
    let key = line.before().trim();
    let word = last_word(key);
    // On the first line only a bracket begins fields.
    if line.start == statement && !key.contains(['{', '(']) {
        return None;
    }
    if !rest.starts_with('=') || rest.starts_with("==") || rest.starts_with("=>") || word.is_empty() {
        return None;
    }
    let value = uncommented(rest.get(1..).unwrap_or_default()).trim();
    let diagnostic = Diagnostic::error(
        "syntax::equals_in_record",
        "A field is written with `:`",
        place.span(line.at, line.at + 1),
        "write `:` here",
    )
    .help(format!("{word}: {value}        (`=` gives a declaration its value, `:` gives a field its value)\n`cairn fix` makes this change"))
    .edit(place.span(line.at, line.at + 1), ":");
    Some((diagnostic, Repair::Overwrite(vec![(line.at, b':')])))
}

fn colon_for_equals(place: Place, line: &Line<'_>, statement: usize) -> Option<(Diagnostic, Repair)> {
    if !line.rest().starts_with(':') || line.start != statement {
        return None;
    }
    let declared =
        ["resource", "lookup", "action", "provider", "policy", "test"].contains(&leading_word(line.before()));
    if !declared {
        return None;
    }
    let diagnostic = Diagnostic::error(
        "syntax::colon_in_declaration",
        "A declaration gets its value with `=`",
        place.span(line.at, line.at + 1),
        "write `=` here",
    )
    .help(format!("{} = {}", line.before().trim(), uncommented(line.rest()).trim_start_matches(':').trim()))
    .edit(place.span(line.at, line.at + 1), "=");
    Some((diagnostic, Repair::Overwrite(vec![(line.at, b'=')])))
}

/// A name and what it is made of, with nothing between them.
fn missing_equals(place: Place, line: &Line<'_>, statement: usize) -> Option<(Diagnostic, Repair)> {
    let before = line.before();
    let words = ["resource", "lookup", "action", "provider", "policy", "test", "let", "output", "type"];
    let declared = line.start == statement && words.contains(&leading_word(before));
    let value = line.rest().starts_with(|first: char| first.is_alphanumeric() || "\"{[(-!".contains(first));
    let scan = super::brackets::Scanner::scan(line.item.get(..line.at).unwrap_or_default(), MAX_DEPTH);
    let blank = before.ends_with(' ') && before.trim_end().contains(' ');
    if !declared || !value || !blank || before.contains(['=', '"', ':']) || !scan.open.is_empty() {
        return None;
    }
    let at = line.at - 1;
    let diagnostic = Diagnostic::error(
        "syntax::colon_in_declaration",
        "A declaration gets its value with `=`",
        place.span(at, line.at),
        "an `=` is missing here",
    )
    .help(format!("{} = {}", before.trim(), uncommented(line.rest()).trim()))
    .edit(place.span(line.at, line.at), "= ");
    Some((diagnostic, Repair::Overwrite(vec![(at, b'=')])))
}

/// Characters that other languages use and this one does not.
fn foreign(place: Place, line: &Line<'_>) -> Option<(Diagnostic, Repair)> {
    let rest = line.rest();
    let character = rest.chars().next()?;
    let length = character.len_utf8();
    let span = place.span(line.at, line.at + length);
    let blank = || Repair::Overwrite((line.at..line.at + length).map(|at| (at, b' ')).collect());
    let comment = rest.starts_with("//")
        || rest.starts_with("/*")
        || line.before().ends_with('/') && rest.starts_with(['/', '*']);
    if comment {
        let start = if line.before().ends_with('/') { line.at - 1 } else { line.at };
        return Some((foreign_comment(place.span(start, start + 2)), Repair::Overwrite(vec![(start, b'#')])));
    }
    match character {
        '\'' => Some((
            double_quotes(
                Diagnostic::error("syntax::single_quotes", "Text stands in double quotes", span, "write `\"` here")
                    .help(uncommented(rest).replace('\'', "\"").trim().to_owned()),
                place,
                line,
            ),
            line.blank(),
        )),
        ';' => Some((
            Diagnostic::error("syntax::semicolon", "There are no semicolons", span, "remove it")
                .help("a new line ends a field; on one line a comma does")
                .edit(span, ""),
            blank(),
        )),
        character if !character.is_ascii() || "$^~`\\?%&|".contains(character) => Some((
            Diagnostic::error(
                "syntax::foreign_character",
                format!("`{character}` has no meaning here"),
                span,
                "not a character of the language",
            )
            .help("inside quotes any character may stand"),
            // Between two values it stood for something that is missing now.
            if ends_value(rest.get(length..).unwrap_or_default()) { blank() } else { line.blank() },
        )),
        _ => None,
    }
}

/// Both quotes of a text at once, if nothing in it has another meaning in double quotes.
fn double_quotes(diagnostic: Diagnostic, place: Place, line: &Line<'_>) -> Diagnostic {
    let Some((text, _)) = line.rest().strip_prefix('\'').and_then(|rest| rest.split_once('\'')) else {
        return diagnostic;
    };
    if text.contains(['"', '\\', '$', '#']) {
        return diagnostic;
    }
    let quote = |at: usize| Edit { span: place.span(at, at + 1), text: "\"".to_owned() };
    let edits = vec![quote(line.at), quote(line.at + 1 + text.len())];
    diagnostic.fix(Fix { title: "write double quotes".to_owned(), certain: true, edits })
}

/// Whether nothing of a value follows.
fn ends_value(rest: &str) -> bool {
    let rest = rest.trim_start();
    rest.is_empty() || rest.starts_with(['#', '}', ')', ']', ','])
}

/// Something was begun and the line, or the bracket around it, ends.
fn nothing_follows(place: Place, line: &Line<'_>) -> Option<(Diagnostic, Repair)> {
    let before = line.before().trim_end();
    if !ends_value(line.rest()) || before.is_empty() {
        return None;
    }
    let behind = place.base + line.start + before.len();
    let here = Span::new(place.source, behind, behind + 1);
    let trimmed = before.trim_start();
    let diagnostic = if let Some(key) = before.strip_suffix(':') {
        let key = last_word(key);
        Diagnostic::error("syntax::missing_value", format!("`{key}` has no value"), here, "a value is missing here")
            .help("a value starts on the line of its key")
    } else if before.ends_with('=') && !before.ends_with("==") && !before.ends_with("=>") {
        let words: Vec<&str> = trimmed.split_whitespace().collect();
        let name = words.get(1).copied().unwrap_or_default();
        let name = name.split(['[', ':', '=']).next().unwrap_or_default();
        Diagnostic::error("syntax::missing_value", format!("`{name}` has no value"), here, "a value is missing here")
            .help("a value starts on the line of its name")
    } else {
        let operator = ["??", "||", "&&", "==", "!=", "<=", ">=", "=>", "..", "<", ">", "+", "-", "*", "/", "!", "."]
            .into_iter()
            .find(|operator| before.ends_with(operator))
            .or_else(|| {
                ["in", "if", "then", "else", "match", "by", "where", "return"]
                    .into_iter()
                    .find(|word| last_word(before) == *word)
            })?;
        Diagnostic::error(
            "syntax::missing_operand",
            format!("Something is missing after `{operator}`"),
            here,
            if operator == "." { "a name is missing here" } else { "a value is missing here" },
        )
        .help("a long expression continues on the next line only if that line starts with the operator")
    };
    Some((diagnostic, line.blank()))
}

fn missing_colon(place: Place, line: &Line<'_>, statement: usize) -> Option<(Diagnostic, Repair)> {
    let before = line.before();
    let key = last_word(before.trim_end());
    let lead = before.trim_end().strip_suffix(key)?.trim_end();
    let begins = lead.is_empty() && line.start != statement || lead.ends_with(['{', ',']);
    let rest = line.rest();
    let value = rest.starts_with(|first: char| first.is_ascii_alphanumeric() || "\"{[(-!".contains(first));
    let blanks = before.len() - before.trim_end().len();
    // `{ vpc tags: … }` lacks a comma.
    let next = leading_word(rest);
    let other = !next.is_empty() && rest.get(next.len()..).is_some_and(|rest| rest.trim_start().starts_with(':'));
    if key.is_empty() || !begins || !value || blanks == 0 || other {
        return None;
    }
    let at = line.start + before.trim_end().len();
    let diagnostic = Diagnostic::error(
        "syntax::missing_colon",
        "A field is written with `:`",
        place.span(line.at - 1, line.at),
        "a `:` is missing here",
    )
    .help(format!("{key}: {}", uncommented(rest).trim()))
    .edit(place.span(at, at), ":");
    Some((diagnostic, Repair::Overwrite(vec![(at, b':')])))
}

fn missing_comma(place: Place, line: &Line<'_>) -> Option<(Diagnostic, Repair)> {
    let before = line.before();
    let trimmed = before.trim_end();
    let next = leading_word(line.rest());
    let key = !next.is_empty() && line.rest().get(next.len()..).is_some_and(|rest| rest.trim_start().starts_with(':'));
    let element = line.rest().starts_with(['"', '{', '[']) || !next.is_empty();
    // Only inside of brackets a comma separates anything.
    let scan = super::brackets::Scanner::scan(line.item.get(..line.at).unwrap_or_default(), MAX_DEPTH);
    let in_list =
        scan.open.iter().any(|open| open.kind == OpenKind::Bracket(b']') || open.kind == OpenKind::Bracket(b')'));
    let value = trimmed.ends_with(|last: char| last.is_alphanumeric() || "\"}])%_".contains(last));
    if !value || before.len() == trimmed.len() || scan.open.is_empty() || !(key || element && in_list) {
        return None;
    }
    let at = line.start + trimmed.len();
    let diagnostic = Diagnostic::error(
        "syntax::missing_comma",
        "Two things on one line need a comma between them",
        place.span(at, at + 1),
        "a `,` is missing here",
    )
    .edit(place.span(at, at), ",");
    Some((diagnostic, Repair::Overwrite(vec![(at, b',')])))
}

/// The nine words that cannot be names.
fn reserved(place: Place, line: &Line<'_>) -> Option<(Diagnostic, Repair)> {
    let names = ["let", "input", "output", "fn", "resource", "lookup", "provider", "action", "policy", "test"];
    let all = line.item.get(line.start..line.end)?;
    let declaring = leading_word(all);
    let behind = all.get(declaring.len()..)?;
    let word = leading_word(behind.trim_start());
    if !names.contains(&declaring) || !RESERVED.contains(&word) {
        return None;
    }
    let start = line.start + declaring.len() + (behind.len() - behind.trim_start().len());
    let diagnostic = Diagnostic::error(
        "syntax::reserved_word",
        format!("`{word}` cannot be a name"),
        place.span(start, start + word.len()),
        "a word of the language",
    )
    .help(format!("words that cannot be names: {}", RESERVED.join(" ")));
    Some((diagnostic, Repair::GiveUp))
}

fn unreadable(place: Place, line: &Line<'_>, failure: &Failure) -> (Diagnostic, Repair) {
    let mut nouns: Vec<&str> = failure.expected.iter().filter_map(|rule| rule.noun()).collect();
    nouns.sort_unstable();
    nouns.dedup();
    let label = match nouns.as_slice() {
        [] => "the line cannot be read from here on".to_owned(),
        [one] => format!("{one} would fit here"),
        [many @ .., last] => format!("{} or {last} would fit here", many.join(", ")),
    };
    let rest = line.rest();
    let length = rest.chars().take_while(|character| !character.is_whitespace()).map(char::len_utf8).sum::<usize>();
    let end = line.at + length.max(1);
    let shown = rest.get(..length).unwrap_or_default();
    let message =
        if shown.is_empty() { "This line is not complete".to_owned() } else { format!("`{shown}` does not fit here") };
    (Diagnostic::error("syntax::unreadable", message, place.span(line.at, end), label), line.blank())
}

/// The start and the end of the line around a byte.
pub fn line_around(item: &str, at: usize) -> (usize, usize) {
    let at = (0..=at.min(item.len())).rev().find(|at| item.is_char_boundary(*at)).unwrap_or(0);
    let start = item.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |before| before + 1);
    let end = item.get(at..).and_then(|behind| behind.find('\n')).map_or(item.len(), |offset| at + offset);
    (start, end)
}

/// A line, or its end, without its comment.
fn uncommented(line: &str) -> &str {
    comment_start(line).and_then(|comment| line.get(..comment)).unwrap_or(line)
}

/// Where the comment of a line starts.
fn comment_start(line: &str) -> Option<usize> {
    let mut in_text = false;
    let mut escaped = false;
    for (at, character) in line.char_indices() {
        match character {
            '#' if !in_text => return Some(at),
            '"' if !escaped => in_text = !in_text,
            _ => {}
        }
        escaped = in_text && character == '\\' && !escaped;
    }
    None
}

fn leading_word(text: &str) -> &str {
    let end = text.find(|character: char| !character.is_alphanumeric() && character != '_').unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

fn last_word(text: &str) -> &str {
    let text = text.trim_end();
    let start = text
        .char_indices()
        .rev()
        .take_while(|(_, character)| character.is_alphanumeric() || *character == '_')
        .last()
        .map_or(text.len(), |(at, _)| at);
    text.get(start..).unwrap_or_default()
}
