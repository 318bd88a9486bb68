//! The pages of all codes.

/// The page of one code.
#[derive(Debug)]
pub struct Page {
    /// The code, without the leading `cairn::`.
    pub code: &'static str,
    /// What it means, why, what to do: Markdown whose first line is the title.
    pub text: &'static str,
}

/// All pages, by code.
pub const PAGES: &[Page] = &[];

/// The page of a code.
pub fn page(code: &str) -> Option<&'static Page> {
    PAGES.iter().find(|page| page.code == code)
}
