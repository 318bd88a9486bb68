//! Diagnostics in a terminal, rendered by miette.

use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteSpanContents, SourceCode, SourceSpan, SpanContents,
    ThemeCharacters, ThemeStyles,
};

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{SourceSet, SourceText, Span};
use crate::view::untrusted;

/// How diagnostics look.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether colours may be used.
    pub color: bool,
    /// Whether only ASCII may be used.
    pub ascii: bool,
}

/// One diagnostic as text, with a line end.
pub fn render(diagnostic: &Diagnostic, sources: &SourceSet, style: Style) -> String {
    let characters = if style.ascii { ThemeCharacters::ascii() } else { ThemeCharacters::unicode() };
    let styles = if style.color { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
        .with_width(style.width)
        .with_context_lines(1)
        .with_links(false);
    let adapter = Adapter::new(diagnostic, sources);
    let mut text = String::new();
    if handler.render_report(&mut text, &adapter).is_err() {
        // Writing into text cannot fail; a place that does not exist could.
        text = format!("{}: {}\n", diagnostic.code, untrusted::one_line(&diagnostic.message));
    }
    without_blank_context(&text)
}

/// Takes out context lines that are blank.
fn without_blank_context(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for line in text.lines() {
        let plain = strip_colors(line);
        let trimmed = plain.trim();
        let blank_source = trimmed
            .strip_suffix(['│', '|'])
            .is_some_and(|number| !number.trim().is_empty() && number.trim().bytes().all(|byte| byte.is_ascii_digit()));
        if !blank_source {
            kept.push_str(line.trim_end());
            kept.push('\n');
        }
    }
    kept
}

fn strip_colors(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            characters.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(character);
        }
    }
    plain
}

/// A diagnostic as miette wants it.
struct Adapter<'a> {
    diagnostic: &'a Diagnostic,
    message: String,
    source: Option<Source>,
    labels: Vec<LabeledSpan>,
}

impl<'a> Adapter<'a> {
    fn new(diagnostic: &'a Diagnostic, sources: &SourceSet) -> Self {
        let first = diagnostic.span();
        // Labels of one report lie in one file.
        let mut labels: Vec<_> = diagnostic
            .labels
            .iter()
            .filter(|label| first.is_some_and(|first| first.source == label.span.source))
            .collect();
        labels.sort_by_key(|label| label.span);
        let last = labels.iter().map(|label| label.span.end.max(label.span.start + 1)).max().unwrap_or_default();
        let unspoken: Vec<Span> =
            diagnostic.unspoken().filter(|span| first.is_some_and(|first| first.source == span.source)).collect();
        let source = first.map(|span| Source::new(sources.get(span.source), last as usize, &unspoken));
        let labels = labels
            .into_iter()
            .map(|label| {
                let text = (!label.text.is_empty()).then(|| untrusted::one_line(&label.text));
                let length = label.span.len().max(1);
                LabeledSpan::new(text, label.span.start as usize, length)
            })
            .collect();
        Self { diagnostic, message: untrusted::one_line(&diagnostic.message), source, labels }
    }
}

impl fmt::Debug for Adapter<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.diagnostic.code)
    }
}

impl fmt::Display for Adapter<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Adapter<'_> {}

impl miette::Diagnostic for Adapter<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(format!("cairn::{}", self.diagnostic.code)))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Advice => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.diagnostic.help.as_ref()?;
        Some(Box::new(untrusted::lines(help)))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        if self.labels.is_empty() { None } else { Some(Box::new(self.labels.iter().cloned())) }
    }
}

/// A source text with everything hidden replaced, byte for byte, so that places stay where they are.
struct Source {
    name: String,
    text: String,
}

impl Source {
    /// The text, long enough for labels up to a byte, with stars in the places that must not be repeated.
    fn new(source: &SourceText, last: usize, unspoken: &[Span]) -> Self {
        let hidden = |at: usize| unspoken.iter().any(|span| (span.start as usize..span.end as usize).contains(&at));
        let visible = |character: char| matches!(character, '\n' | '\t') || !untrusted::is_hidden(character);
        let mut text = String::with_capacity(source.text.len() + 1);
        for (at, character) in source.text.char_indices() {
            if hidden(at) && !matches!(character, '"' | '\n') {
                text.extend(std::iter::repeat_n('*', character.len_utf8()));
            } else if visible(character) {
                text.push(character);
            } else {
                text.extend(std::iter::repeat_n('?', character.len_utf8()));
            }
        }
        // A place behind the last byte needs something to stand on; otherwise it would be one more line.
        if last > text.len() || text.is_empty() {
            text.push(' ');
        }
        Self { name: untrusted::one_line(&source.path), text }
    }
}

impl SourceCode for Source {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, miette::MietteError> {
        let inner = self.text.read_span(span, before, after)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            inner.data(),
            *inner.span(),
            inner.line(),
            inner.column(),
            inner.line_count(),
        )))
    }
}
