//! The page of a code on a terminal.

use console::Style as Paint;

use super::diagnostic::Style;
use crate::diagnostic::Page;

/// A page: its code and title, its text, its examples indented.
pub fn page(page: &Page, style: Style) -> String {
    let heading = |text: &str| Paint::new().bold().force_styling(style.color).apply_to(text).to_string();
    let mut text = String::new();
    let mut fenced = false;
    for line in page.text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            push(&mut text, if line.is_empty() { String::new() } else { format!("    {line}") });
        } else if let Some(title) = line.strip_prefix("# ") {
            push(&mut text, heading(&format!("cairn::{}", page.code)));
            push(&mut text, String::new());
            push(&mut text, title.to_owned());
        } else if let Some(title) = line.strip_prefix("## ") {
            push(&mut text, heading(title));
        } else {
            push(&mut text, line.to_owned());
        }
    }
    text
}

/// All codes with the titles of their pages.
pub fn list<'a>(pages: impl Iterator<Item = &'a Page> + Clone) -> String {
    let width = pages.clone().map(|page| page.code.len()).max().unwrap_or_default();
    pages.map(|page| format!("{:<width$}  {}\n", page.code, title(page))).collect()
}

fn title(page: &Page) -> &str {
    page.text.lines().next().unwrap_or_default().trim_start_matches('#').trim()
}

fn push(text: &mut String, line: String) {
    text.push_str(&line);
    text.push('\n');
}
