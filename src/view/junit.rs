//! Results of test cases as JUnit XML, which build servers read.

use std::fmt::Write as _;

use super::human::diagnostic::{Style, render};
use super::tested::CaseRun;
use crate::source::{SourceSet, untrusted};

/// The results of the cases of a stack.
pub fn render_cases(stack: &str, runs: &[CaseRun], sources: &SourceSet) -> String {
    let failures = runs.iter().filter(|run| !run.wrong.is_empty()).count();
    let seconds: f64 = runs.iter().map(|run| run.seconds).sum();
    let counts = format!("tests=\"{}\" failures=\"{failures}\" errors=\"0\" time=\"{seconds:.3}\"", runs.len());
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing into text cannot fail.
    let _ = writeln!(text, "<testsuites {counts}>");
    let _ = writeln!(text, "  <testsuite name=\"{}\" {counts}>", escaped(stack));
    for run in runs {
        let file = &sources.get(run.place.source).path;
        let _ = write!(
            text,
            "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\" time=\"{:.3}\"",
            escaped(stack),
            escaped(&run.name),
            escaped(file),
            sources.position(run.place).line,
            run.seconds
        );
        if run.wrong.is_empty() {
            text.push_str("/>\n");
            continue;
        }
        text.push_str(">\n");
        for diagnostic in &run.wrong {
            let style = Style { width: 96, color: false, ascii: true };
            let _ = writeln!(
                text,
                "      <failure message=\"{}\" type=\"cairn::{}\">{}</failure>",
                escaped(&diagnostic.message),
                diagnostic.code,
                escaped(&render(diagnostic, sources, style))
            );
        }
        text.push_str("    </testcase>\n");
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

/// Text inside of an element or an attribute. What is hidden becomes visible; what XML cannot hold at all is replaced.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in untrusted::lines(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('?'),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn text_is_xml() {
        assert_eq!(escaped("a < \"b\" & c\u{1b}[31m\n"), "a &lt; &quot;b&quot; &amp; c\\u{1b}[31m\n");
    }
}
