//! Text literals: escapes, interpolations, the indentation of block text.

use ecow::EcoString;
use pest::iterators::Pair;

use super::ast::{TextLiteral, TextPart};
use super::expression::Builder;
use super::grammar::Rule;
use crate::diagnostic::Diagnostic;

/// Builds a text literal from a `string` pair.
pub fn literal(builder: &mut Builder<'_>, string: Pair<'_, Rule>) -> TextLiteral {
    let Some(inner) = string.into_inner().next() else { return TextLiteral { parts: Vec::new() } };
    match inner.as_rule() {
        Rule::raw_s => {
            let text = inner.as_str();
            known(text.get(2..text.len().saturating_sub(1)).unwrap_or_default())
        }
        Rule::raw_block => {
            let text = inner.as_str();
            let body = text.get(4..text.len().saturating_sub(3)).unwrap_or_default();
            known(&Dedent::of(body).apply(body, true, true))
        }
        Rule::block_s => {
            let text = inner.as_str();
            let dedent = Dedent::of(text.get(3..text.len().saturating_sub(3)).unwrap_or_default());
            parts(builder, inner, Some(&dedent))
        }
        _ => parts(builder, inner, None),
    }
}

fn known(text: &str) -> TextLiteral {
    let parts = if text.is_empty() { Vec::new() } else { vec![TextPart::Known(text.into())] };
    TextLiteral { parts }
}

fn parts(builder: &mut Builder<'_>, string: Pair<'_, Rule>, dedent: Option<&Dedent>) -> TextLiteral {
    let mut parts: Vec<TextPart> = Vec::new();
    let pieces: Vec<Pair<'_, Rule>> = string.into_inner().collect();
    let last = pieces.len().saturating_sub(1);
    for (position, piece) in pieces.into_iter().enumerate() {
        let text: EcoString = match piece.as_rule() {
            Rule::interp => {
                let expression = piece.into_inner().next();
                if let Some(expression) = expression {
                    parts.push(TextPart::Value(builder.expression(expression)));
                }
                continue;
            }
            Rule::esc => escape(builder, &piece),
            _ => match dedent {
                Some(dedent) => dedent.apply(piece.as_str(), position == 0, position == last).into(),
                None => piece.as_str().into(),
            },
        };
        if let Some(TextPart::Known(before)) = parts.last_mut() {
            before.push_str(&text);
        } else if !text.is_empty() {
            parts.push(TextPart::Known(text));
        }
    }
    TextLiteral { parts }
}

fn escape(builder: &mut Builder<'_>, piece: &Pair<'_, Rule>) -> EcoString {
    match piece.as_str().chars().nth(1) {
        Some('n') => "\n".into(),
        Some('t') => "\t".into(),
        Some('r') => "\r".into(),
        Some('"') => "\"".into(),
        Some('\\') => "\\".into(),
        Some('$') => "$".into(),
        other => {
            let span = builder.span(piece);
            let shown = other.map(String::from).unwrap_or_default();
            builder.report(
                Diagnostic::error(
                    "syntax::escape",
                    format!("There is no escape `\\{shown}`"),
                    span,
                    "write `\\\\` for a backslash",
                )
                .help("escapes: \\n \\t \\r \\\" \\\\ \\$\ntext without escapes and interpolation is written r\"…\""),
            );
            other.map(EcoString::from).unwrap_or_default()
        }
    }
}

/// The indentation that block text loses: that of its closing quotes.
struct Dedent {
    indent: usize,
}

impl Dedent {
    /// Reads it off the body between the quotes.
    fn of(body: &str) -> Self {
        let last = body.rsplit('\n').next().unwrap_or_default();
        let indent = if body.contains('\n') && last.chars().all(|character| character == ' ' || character == '\t') {
            last.len()
        } else {
            0
        };
        Self { indent }
    }

    /// Removes it from a piece of the body. The line end behind the opening quotes and the indentation before the
    /// closing ones are no part of the text.
    fn apply(&self, piece: &str, first: bool, last: bool) -> String {
        let mut text = String::with_capacity(piece.len());
        let lines: Vec<&str> = piece.split('\n').collect();
        let count = lines.len();
        for (position, line) in lines.into_iter().enumerate() {
            // A text is the same whatever the file's line ends are.
            let line = if position + 1 < count { line.strip_suffix('\r').unwrap_or(line) } else { line };
            if position == 0 {
                text.push_str(line);
                continue;
            }
            let opening = first && position == 1 && text.trim().is_empty();
            if opening {
                text.clear();
            } else {
                text.push('\n');
            }
            let removable = line.bytes().take(self.indent).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            let line = line.get(removable..).unwrap_or_default();
            let closing = last && position + 1 == count && line.trim().is_empty();
            if !closing {
                text.push_str(line);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::Dedent;

    #[test]
    fn block_text_loses_the_indentation_of_its_closing_quotes() {
        let body = "\n    one\n      two\n\n    three\n    ";
        assert_eq!(Dedent::of(body).apply(body, true, true), "one\n  two\n\nthree\n");
        let windows = body.replace('\n', "\r\n");
        assert_eq!(Dedent::of(&windows).apply(&windows, true, true), "one\n  two\n\nthree\n");
        assert_eq!(Dedent::of("plain").apply("plain", true, true), "plain");
    }
}
