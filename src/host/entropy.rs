//! Randomness from the operating system.

use std::fs::File;
use std::io::Read as _;

use ecow::EcoString;

use crate::engine::execute::Entropy;

/// The operating system's random numbers.
pub struct SystemEntropy;

/// So many random bytes.
///
/// # Panics
/// If the operating system has none: nothing could be safely begun then.
pub fn bytes(count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut bytes))
        .expect("the operating system has random numbers");
    bytes
}

impl Entropy for SystemEntropy {
    fn nonce(&self) -> EcoString {
        hex::encode(bytes(16)).into()
    }
}
