//! Where the sandbox keeps its objects: lines of text, appended.

/// Lines of text that survive the process.
pub trait Storage: Send {
    /// All whole lines the first time; later those that other processes added meanwhile.
    ///
    /// # Errors
    /// They cannot be read; the sentence says why.
    fn news(&mut self) -> Result<String, String>;

    /// Adds a line.
    ///
    /// # Errors
    /// It cannot be written; the sentence says why.
    fn append(&mut self, line: &str) -> Result<(), String>;
}

/// Lines that end with the process.
#[derive(Default)]
pub struct MemoryStorage;

impl Storage for MemoryStorage {
    fn news(&mut self) -> Result<String, String> {
        Ok(String::new())
    }

    fn append(&mut self, _line: &str) -> Result<(), String> {
        Ok(())
    }
}
