//! Brackets that do not fit together, judged by the indentation.

use super::brackets::{Open, OpenKind, Scanner};
use super::mistake::Place;
use super::recover::Repair;
use super::split::MAX_DEPTH;
use crate::diagnostic::Diagnostic;

/// So many open brackets are looked at for one that should not be there.
const MAX_OPENERS: usize = 4;

/// What may be wrong with the brackets of an item, the most likely first, each with what makes the rest readable.
pub fn explanations(
    place: Place,
    text: &str,
    item: &str,
    scan: &Scanner,
    next: Option<usize>,
) -> Vec<(Diagnostic, Repair)> {
    let mut all = Vec::new();
    if !scan.stray.is_empty() {
        all.extend(closed_early(place, item, scan));
        all.extend(closed_twice(place, item, scan));
        all.extend(never_opened(place, item, scan));
    }
    all.extend(find(place, text, item, scan, next));
    if let Some(at) = scan.stray.first() {
        all.push(stray(place, item, *at, scan));
        all.extend(wrong(place, item, *at, scan));
    }
    for open in scan.open.iter().rev().filter(|open| closer_of(open).is_some()).take(MAX_OPENERS) {
        all.push(opened_for_nothing(place, item, *open));
    }
    all
}

/// A closing bracket behind which lines go on that are indented as if it were still open.
fn closed_early(place: Place, item: &str, scan: &Scanner) -> Option<(Diagnostic, Repair)> {
    let mut pairs = scan.pairs.clone();
    pairs.sort_by_key(|(_, close)| *close);
    let (open, close) = pairs.into_iter().find(|(open, close)| {
        let behind = item.get(close + 1..).unwrap_or_default().trim_start_matches([' ', '\t']);
        if !(behind.is_empty() || behind.starts_with(['\n', '#'])) {
            return false;
        }
        let (opened, _) = super::mistake::line_around(item, *open);
        let inner = indent_of(item, opened);
        let (line, _) = super::mistake::line_around(item, *close);
        let own = item.get(line..*close).is_some_and(|before| !before.trim().is_empty());
        own && next_line(item, *close).is_some_and(|next| indent_of(item, next) > inner)
    })?;
    let bracket = item.get(close..=close).unwrap_or_default();
    let diagnostic = Diagnostic::error(
        "syntax::stray_bracket",
        format!("This `{bracket}` closes too early"),
        place.span(close, close + 1),
        "remove it",
    )
    .label(place.span(open, open + 1), "it closes this, although more lines follow inside")
    .edit(place.span(close, close + 1), "");
    Some((diagnostic, Repair::Overwrite(vec![(close, b' ')])))
}

/// A closing bracket on a line of its own that is indented deeper than what it closes: what stands as deep as it was
/// closed before.
fn closed_twice(place: Place, item: &str, scan: &Scanner) -> Option<(Diagnostic, Repair)> {
    let starts = line_starts(item);
    let line_start = |at: usize| starts.get(starts.partition_point(|start| *start <= at).saturating_sub(1)).copied();
    let indent = |at: usize| indent_of(item, line_start(at).unwrap_or_default());
    let own_line = |at: usize| line_start(at).unwrap_or_default() + indent(at) == at;
    let mut pairs = scan.pairs.clone();
    pairs.sort_by_key(|(_, close)| *close);
    let deep = pairs.iter().position(|(open, close)| own_line(*close) && indent(*close) > indent(*open))?;
    let (_, last) = *pairs.get(deep)?;
    let (open, close) = pairs.iter().take(deep).rev().copied().find(|(open, close)| {
        indent(*open) == indent(last) && line_start(*open) != line_start(*close) && !own_line(*close)
    })?;
    let bracket = item.get(close..=close).unwrap_or_default();
    let diagnostic = Diagnostic::error(
        "syntax::stray_bracket",
        format!("This `{bracket}` closes too early"),
        place.span(close, close + 1),
        "remove it",
    )
    .label(place.span(open, open + 1), "it closes this")
    .label(place.span(last, last + 1), "judging by the indentation, this one should")
    .edit(place.span(close, close + 1), "");
    Some((diagnostic, Repair::Overwrite(vec![(close, b' ')])))
}

/// A line behind which the indentation grows although it opens nothing.
fn never_opened(place: Place, item: &str, scan: &Scanner) -> Option<(Diagnostic, Repair)> {
    let stray = *scan.stray.first()?;
    let found = item.get(stray..=stray).unwrap_or_default();
    let opener = match found {
        "}" => "{",
        "]" => "[",
        _ => "(",
    };
    let mut start = 0;
    for line in item.split_inclusive('\n') {
        let (from, content) = (start, line.trim_end());
        start += line.len();
        let end = from + content.len();
        let opens = scan.pairs.iter().any(|(open, close)| (from..end).contains(open) && *close >= end)
            || scan.open.iter().any(|open| (from..end).contains(&open.at));
        let deeper = next_line(item, from).is_some_and(|next| indent_of(item, next) > indent_of(item, from));
        if end > stray || content.trim().is_empty() || content.starts_with(['@', '#']) || opens || !deeper {
            continue;
        }
        let code = content.len() - content.find(" #").map_or(0, |comment| content.len() - comment);
        let code = from + content.get(..code).unwrap_or_default().trim_end().len();
        let diagnostic = Diagnostic::error(
            "syntax::stray_bracket",
            format!("Nothing is open that this `{found}` could close"),
            place.span(code, code + 1),
            format!("judging by the indentation, a `{opener}` is missing here"),
        )
        .label(place.span(stray, stray + 1), "this would close it")
        .help(format!("add `{opener}` to the end of the line"));
        // The line end makes room for the bracket; a comment in front of it goes.
        let mut changes: Vec<(usize, u8)> = (code..end).map(|at| (at, b' ')).collect();
        changes.push((end, opener.bytes().next().unwrap_or(b' ')));
        return Some((diagnostic, Repair::Overwrite(changes)));
    }
    None
}

/// A closing bracket of the wrong kind.
fn wrong(place: Place, item: &str, at: usize, scan: &Scanner) -> Option<(Diagnostic, Repair)> {
    let open = scan.open.iter().rev().find(|open| open.at < at)?;
    let closer = closer_of(open)?;
    let (found, opened) = (item.get(at..=at)?, item.get(open.at..=open.at)?);
    let shown = char::from(closer);
    let diagnostic = Diagnostic::error(
        "syntax::wrong_bracket",
        format!("`{found}` does not close `{opened}`"),
        place.span(at, at + 1),
        format!("write `{shown}` here"),
    )
    .label(place.span(open.at, open.at + 1), "opened here")
    .edit(place.span(at, at + 1), shown.to_string());
    Some((diagnostic, Repair::Overwrite(vec![(at, closer)])))
}

/// A bracket without which everything fits.
fn opened_for_nothing(place: Place, item: &str, open: Open) -> (Diagnostic, Repair) {
    let bracket = item.get(open.at..=open.at).unwrap_or_default();
    let diagnostic = Diagnostic::error(
        "syntax::unclosed",
        format!("This `{bracket}` is never closed"),
        place.span(open.at, open.at + 1),
        "opened here, and nothing follows that belongs inside",
    )
    .help("remove it, or close it on this line");
    (diagnostic, Repair::Overwrite(vec![(open.at, b' ')]))
}

/// Where the lines of an item begin.
fn line_starts(item: &str) -> Vec<usize> {
    std::iter::once(0).chain(item.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

/// The start of the next line with code behind the line of a byte.
fn next_line(item: &str, at: usize) -> Option<usize> {
    let (_, end) = super::mistake::line_around(item, at);
    let mut start = end + 1;
    for line in item.get(start..)?.split_inclusive('\n') {
        let content = line.trim();
        if !content.is_empty() && !content.starts_with('#') {
            return Some(start);
        }
        start += line.len();
    }
    None
}

/// The first bracket of an item that does not fit, and what makes the rest readable. Nothing if all fit.
fn find(place: Place, text: &str, item: &str, scan: &Scanner, next: Option<usize>) -> Option<(Diagnostic, Repair)> {
    if let Some(open) = scan.open.iter().find(|open| matches!(open.kind, OpenKind::BlockText | OpenKind::RawBlockText))
    {
        return Some(open_text(place, text, *open, scan, next));
    }
    let by_indentation = if scan.open.is_empty() { None } else { misplaced(item) };
    if by_indentation.is_none()
        && let Some(at) = scan.stray.first()
    {
        return Some(stray(place, item, *at, scan));
    }
    let innermost = scan.open.last()?;
    let (open, line) = by_indentation.unwrap_or((*innermost, None));
    let closer = closer_of(&open)?;
    let bracket = item.get(open.at..=open.at).unwrap_or_default();
    let shown = char::from(closer);
    let mut diagnostic = Diagnostic::error(
        "syntax::unclosed",
        format!("This `{bracket}` is never closed"),
        place.span(open.at, open.at + 1),
        "opened here",
    );
    let mut repair = Repair::Append(shown.to_string());
    if let Some((start, end)) = line {
        let content = start + indent_of(item, start);
        diagnostic = diagnostic.label(
            place.span(content, end),
            format!("judging by the indentation, a `{shown}` is missing before this line"),
        );
        // The line end and the first blank behind it swap places with the missing bracket.
        let blank = item.as_bytes().get(start).is_some_and(|byte| matches!(byte, b' ' | b'\t'));
        if start > 0 && blank {
            repair = Repair::Overwrite(vec![(start - 1, closer), (start, b'\n')]);
        }
    }
    diagnostic = stops_at(diagnostic, place, text, next);
    let before = line.map_or(item.len(), |(start, _)| start);
    let add = match key_before(item, before) {
        Some(key) => format!("add `{}{shown}` after the line with `{key}`", " ".repeat(open.indent)),
        None => format!("add `{}{shown}`", " ".repeat(open.indent)),
    };
    let rest =
        next.map(|next| head(text, next)).map(|head| format!(". Everything from `{head}` on was checked as usual."));
    diagnostic = diagnostic.help(format!("{add}{}", rest.unwrap_or_default()));
    Some((diagnostic, repair))
}

fn open_text(place: Place, text: &str, open: Open, scan: &Scanner, next: Option<usize>) -> (Diagnostic, Repair) {
    let diagnostic = Diagnostic::error(
        "syntax::unclosed",
        "This `\"\"\"` is never closed",
        place.span(open.at, open.at + 3),
        "opened here",
    );
    let diagnostic = stops_at(diagnostic, place, text, next)
        .help("end the text with \"\"\" on a line of its own; its indentation is removed from the text");
    let mut closers = String::from("\"\"\"");
    for outer in scan.open.iter().rev().skip_while(|other| other.at != open.at).skip(1) {
        if let Some(closer) = closer_of(outer) {
            closers.push(char::from(closer));
        }
    }
    (diagnostic, Repair::Append(closers))
}

fn stray(place: Place, item: &str, at: usize, scan: &Scanner) -> (Diagnostic, Repair) {
    let found = item.get(at..=at).unwrap_or_default();
    // A wrong bracket is one mistake, not two: the innermost opener before it that is never closed.
    let partner = scan.open.iter().rev().find(|open| open.at < at);
    if let Some((open, closer)) = partner.and_then(|open| Some((open, closer_of(open)?))) {
        // It closes a bracket further out: then the inner one was forgotten, if there is room to say so.
        let closes_outer = scan.open.iter().any(|outer| outer.at < open.at && closer_of(outer) == found.bytes().next());
        let blank = at.checked_sub(1).filter(|before| item.as_bytes().get(*before) == Some(&b' '));
        if closes_outer && let Some(blank) = blank {
            let bracket = item.get(open.at..=open.at).unwrap_or_default();
            let shown = char::from(closer);
            let diagnostic = Diagnostic::error(
                "syntax::unclosed",
                format!("This `{bracket}` is never closed"),
                place.span(open.at, open.at + 1),
                "opened here",
            )
            .label(place.span(at, at + 1), format!("a `{shown}` is missing before this"))
            .help(format!("add `{shown}`"));
            return (diagnostic, Repair::Overwrite(vec![(blank, closer)]));
        }
        if let Some(wrong) = wrong(place, item, at, scan) {
            return wrong;
        }
    }
    let diagnostic = Diagnostic::error(
        "syntax::stray_bracket",
        format!("Nothing is open that this `{found}` could close"),
        place.span(at, at + 1),
        "remove it",
    )
    .edit(place.span(at, at + 1), "");
    (diagnostic, Repair::Overwrite(vec![(at, b' ')]))
}

fn closer_of(open: &Open) -> Option<u8> {
    if let OpenKind::Bracket(closer) = open.kind { Some(closer) } else { None }
}

/// A bracket and the line before which, by the indentation, it should have been closed.
fn misplaced(item: &str) -> Option<(Open, Option<(usize, usize)>)> {
    let mut scanner = Scanner::new(MAX_DEPTH);
    let mut start = 0;
    for line in item.split_inclusive('\n') {
        let content = line.trim();
        let judged = !content.is_empty() && !content.starts_with('#') && !scanner.in_block_text();
        if judged && let Some(open) = scanner.open.last().filter(|open| closer_of(open).is_some()) {
            let indent = line.len() - line.trim_start().len();
            let closes = content.starts_with(['}', ']', ')']);
            if start > open.at && (indent < open.indent || indent == open.indent && !closes) {
                return Some((*open, Some((start, start + line.trim_end().len()))));
            }
        }
        scanner.feed(line);
        start += line.len();
    }
    None
}

fn indent_of(item: &str, line_start: usize) -> usize {
    let line = item.get(line_start..).unwrap_or_default();
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

/// The key on the last line before a place that has one.
fn key_before(item: &str, before: usize) -> Option<&str> {
    let lines: Vec<&str> = item.get(..before)?.lines().filter(|line| !line.trim().is_empty()).collect();
    let line = lines.last()?.trim();
    let at = line.find(':')?;
    line.get(..=at).filter(|key| key.chars().all(|character| character.is_alphanumeric() || "_:\"".contains(character)))
}

fn stops_at(diagnostic: Diagnostic, place: Place, text: &str, next: Option<usize>) -> Diagnostic {
    match next {
        Some(next) => {
            let start = statement_in(text, next);
            let length = head(text, next).len();
            let span = crate::source::Span::new(place.source, start, start + length);
            diagnostic.label(span, "a new declaration starts here, so the search stops")
        }
        None => diagnostic,
    }
}

fn statement_in(text: &str, start: usize) -> usize {
    let mut at = start;
    for line in text.get(start..).unwrap_or_default().split_inclusive('\n') {
        if !line.starts_with(['@', '#', ' ', '\t', '}', ')', ']', '\n']) {
            return at;
        }
        at += line.len();
    }
    start
}

/// Keyword and name of the item at a place.
fn head(text: &str, start: usize) -> &str {
    let at = statement_in(text, start);
    let line = text.get(at..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let keyword = line.find(' ').unwrap_or(line.len());
    let name = line.get(keyword..).unwrap_or_default().trim_start();
    let name_start = line.len() - name.len();
    let name_length =
        name.find(|character: char| !character.is_alphanumeric() && character != '_').unwrap_or(name.len());
    line.get(..name_start + name_length).unwrap_or(line)
}
