//! One mistake in one file, and where it may be reported.

use crate::numbers::Numbers;
use crate::words::Words;

/// What replaces a piece of the text.
#[derive(Clone, Debug)]
pub enum Change {
    /// This.
    To(String),
    /// The word, misspelt, between two texts.
    Misspelt(String, String, String),
}

/// A place where a kind of mistake can be made.
#[derive(Clone, Debug)]
pub struct Site {
    /// The file, by its position in the stack.
    pub file: usize,
    /// The first byte that is replaced.
    pub start: usize,
    /// The byte behind the last one.
    pub end: usize,
    /// By what.
    pub change: Change,
    /// Further places, in the unchanged texts, at which a report tells the user where the mistake is: the other end of
    /// a disagreement. File and byte.
    pub near: Vec<(usize, usize)>,
    /// Whether only the further places count.
    pub elsewhere: bool,
}

impl Site {
    /// A replacement.
    pub fn new(file: usize, start: usize, end: usize, text: impl Into<String>) -> Self {
        Self { file, start, end, change: Change::To(text.into()), near: Vec::new(), elsewhere: false }
    }

    /// A misspelt word.
    pub fn misspelt(file: usize, start: usize, end: usize, word: &str) -> Self {
        let change = Change::Misspelt(String::new(), word.to_owned(), String::new());
        Self { file, start, end, change, near: Vec::new(), elsewhere: false }
    }

    /// One more place at which a report is right.
    pub fn near(mut self, file: usize, at: usize) -> Self {
        self.near.push((file, at));
        self
    }

    /// The mistake as it is made in a trial.
    pub fn mutant(&self, text: &str, words: &Words, numbers: &mut Numbers) -> Mutant {
        let replacement = match &self.change {
            Change::To(text) => text.clone(),
            Change::Misspelt(before, word, after) => format!("{before}{}{after}", words.misspelt(word, numbers)),
        };
        let changed = format!("{}{replacement}{}", &text[..self.start], &text[self.end..]);
        let first = line_of(&changed, self.start);
        let last = line_of(&changed, self.start + replacement.len());
        let mut lines: Vec<(usize, usize)> = Vec::new();
        if !self.elsewhere {
            lines.extend((first..=last).map(|line| (self.file, line)));
        }
        for (file, at) in &self.near {
            let at = if *file != self.file || *at < self.start {
                *at
            } else {
                (*at + replacement.len()).saturating_sub(self.end - self.start).max(self.start)
            };
            lines.push((*file, at));
        }
        Mutant { file: self.file, text: changed, first, own: if self.elsewhere { 0 } else { last - first + 1 }, lines }
    }
}

/// A changed file.
pub struct Mutant {
    /// Which file.
    pub file: usize,
    /// Its new text.
    pub text: String,
    /// The first line that changed, counted from one.
    pub first: usize,
    own: usize,
    lines: Vec<(usize, usize)>,
}

impl Mutant {
    /// The lines at which a report is right, by file; `texts` are the unchanged ones.
    pub fn lines(&self, texts: &[String]) -> Vec<(usize, usize)> {
        self.lines
            .iter()
            .enumerate()
            .map(|(position, (file, at))| match (position < self.own, *file == self.file) {
                (true, _) => (*file, *at),
                (false, true) => (*file, line_of(&self.text, *at)),
                (false, false) => (*file, line_of(&texts[*file], *at)),
            })
            .collect()
    }
}

/// The line of a byte, counted from one.
pub fn line_of(text: &str, at: usize) -> usize {
    let end = at.min(text.len());
    text.as_bytes()[..end].iter().filter(|byte| **byte == b'\n').count() + 1
}
