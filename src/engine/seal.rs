//! What only the holder of a stack's key can read or make: saved plans.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit as _, XChaCha20Poly1305, XNonce};

use super::mask::StackKey;

/// How many random bytes a sealed text begins with.
pub const NONCE: usize = 24;

impl StackKey {
    /// Encrypts a text. `open` is not encrypted, but whoever changes it cannot open the text any more.
    ///
    /// `nonce` is random and used once.
    pub fn seal(&self, open: &str, text: &str, nonce: [u8; NONCE]) -> String {
        let payload = Payload { msg: text.as_bytes(), aad: open.as_bytes() };
        let sealed = self
            .cipher()
            .encrypt(&XNonce::from(nonce), payload)
            .expect("a text that fits into memory is shorter than the cipher's limit");
        STANDARD.encode([nonce.as_slice(), &sealed].concat())
    }

    /// Decrypts a text; nothing if it, `open` or the key is another one.
    pub fn unseal(&self, open: &str, sealed: &str) -> Option<String> {
        let bytes = STANDARD.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>()?;
        let payload = Payload { msg: sealed, aad: open.as_bytes() };
        let text = self.cipher().decrypt(&XNonce::from(*nonce), payload).ok()?;
        String::from_utf8(text).ok()
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(self.derived("saved plans")))
    }
}

#[cfg(test)]
mod tests {
    use super::{NONCE, StackKey};

    #[test]
    fn only_the_same_key_and_the_same_surroundings_open_it() {
        let key = StackKey::new(vec![7; 32]);
        let sealed = key.seal("where", "what is planned", [3; NONCE]);
        assert!(!sealed.contains("planned"));
        assert_eq!(key.unseal("where", &sealed).as_deref(), Some("what is planned"));
        assert_eq!(key.unseal("there", &sealed), None);
        assert_eq!(StackKey::new(vec![8; 32]).unseal("where", &sealed), None);
    }

    #[test]
    fn no_bit_of_it_can_be_changed_and_no_end_cut_off() {
        use base64::Engine as _;
        use base64::engine::general_purpose::STANDARD;
        let key = StackKey::new(vec![7; 32]);
        let bytes = STANDARD.decode(key.seal("where", "what is planned", [3; NONCE])).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key.unseal("where", &STANDARD.encode(changed)), None, "bit {bit}");
        }
        for end in 0..bytes.len() {
            assert_eq!(key.unseal("where", &STANDARD.encode(&bytes[..end])), None, "{end} bytes");
        }
    }
}
