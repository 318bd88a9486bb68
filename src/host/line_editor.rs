//! Lines from standard input: edited and remembered on a terminal, plain from everything else.

use std::io::{IsTerminal as _, Write as _};

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::Validator;
use rustyline::{Editor, Helper};

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A line, without its end.
    Text(String),
    /// Ctrl-C: the line is given up.
    Interrupted,
    /// Ctrl-D, or the end of the input.
    End,
}

/// Where lines come from.
pub enum LineEditor {
    /// A terminal, with editing, history and completion of words.
    Terminal(Box<Editor<Words, DefaultHistory>>),
    /// A pipe or a file.
    Plain,
}

impl LineEditor {
    /// Lines from standard input. On a terminal, Tab completes these words.
    pub fn new(words: Vec<String>) -> Self {
        if !std::io::stdin().is_terminal() {
            return Self::Plain;
        }
        match Editor::new() {
            Ok(mut editor) => {
                editor.set_helper(Some(Words(words)));
                Self::Terminal(Box::new(editor))
            }
            // A terminal that cannot be edited still gives lines.
            Err(_) => Self::Plain,
        }
    }

    /// Whether a person types.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Terminal(_))
    }

    /// The next line. A prompt is shown on a terminal only.
    ///
    /// # Errors
    /// The input cannot be read, in the words of the system; a line that is not UTF-8 is one.
    pub fn read(&mut self, prompt: &str) -> Result<Line, String> {
        match self {
            Self::Terminal(editor) => match editor.readline(prompt) {
                Ok(text) => {
                    // A line that is not remembered is only typed again.
                    let _ = editor.add_history_entry(text.as_str());
                    Ok(Line::Text(text))
                }
                Err(ReadlineError::Interrupted) => Ok(Line::Interrupted),
                Err(ReadlineError::Eof) => Ok(Line::End),
                Err(error) => Err(error.to_string()),
            },
            Self::Plain => {
                if std::io::stdin().is_terminal() {
                    let mut stderr = std::io::stderr().lock();
                    let _ = write!(stderr, "{prompt}").and_then(|()| stderr.flush());
                }
                let mut text = String::new();
                match std::io::stdin().read_line(&mut text) {
                    Ok(0) => Ok(Line::End),
                    Ok(_) => Ok(Line::Text(text.trim_end_matches(['\n', '\r']).to_owned())),
                    Err(error) => Err(error.to_string()),
                }
            }
        }
    }
}

/// Words that Tab completes.
pub struct Words(Vec<String>);

impl Completer for Words {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &rustyline::Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        let before = line.get(..at).unwrap_or(line);
        let start = before
            .rfind(|c: char| !(c.is_alphanumeric() || c == '_'))
            .map_or(0, |last| last + before.get(last..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8));
        let begun = before.get(start..).unwrap_or_default();
        let found = self.0.iter().filter(|word| !begun.is_empty() && word.starts_with(begun)).cloned().collect();
        Ok((start, found))
    }
}

impl Hinter for Words {
    type Hint = String;
}

impl Highlighter for Words {}

impl Validator for Words {}

impl Helper for Words {}
