//! What really happened in the cloud: every object that was made, in order, whoever got to know of it.

use std::collections::BTreeMap;

use super::call::Call;
use super::http::Message;

/// The truth about a cloud, and its memory of tokens.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Objects that were made, by action and identity.
    pub made: Vec<(String, String)>,
    /// Requests that were answered from memory: the same token had made the object before.
    pub known_again: usize,
    /// How many requests there were, by what went wrong with them.
    pub faults: BTreeMap<&'static str, usize>,
    tokens: BTreeMap<(String, String), (BTreeMap<String, String>, Message)>,
}

/// What a service says to a token.
pub enum Token {
    /// It is new.
    New,
    /// This was the answer to it.
    Known(Message),
    /// It came with other parameters.
    Mismatch,
}

impl Ledger {
    /// What the service knows of a call's token.
    pub fn token(&mut self, call: &Call) -> Token {
        let Some(token) = &call.token else { return Token::New };
        match self.tokens.get(&(call.action.clone(), token.clone())) {
            Some((parameters, answer)) if *parameters == call.parameters => {
                self.known_again += 1;
                Token::Known(answer.clone())
            }
            Some(_) => Token::Mismatch,
            None => Token::New,
        }
    }

    /// Takes down what a call did.
    pub fn note(&mut self, call: &Call, answer: &Message) {
        if !(200..300).contains(&answer.status()) {
            return;
        }
        if let Some(token) = &call.token {
            let known = (call.parameters.clone(), answer.clone());
            self.tokens.entry((call.action.clone(), token.clone())).or_insert(known);
        }
        if let Some(id) = call.made(answer.text()) {
            // A create by a name that is an identity may be said twice and make one object.
            let made = (call.action.clone(), id);
            if !self.made.contains(&made) {
                self.made.push(made);
            }
        }
    }
}
