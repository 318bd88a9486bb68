//! The grammar, compiled by pest. Nothing of it is visible outside of this folder.
#![allow(missing_docs, reason = "pest generates one undocumented variant per rule")]

use std::num::NonZeroUsize;
use std::sync::{Mutex, Once, PoisonError};

use pest::Parser as _;
use pest::iterators::Pair;

use super::split::MAX_ITEM;

#[derive(pest_derive::Parser)]
#[grammar = "../grammar/cairn.pest"]
struct Grammar;

/// Why an item does not follow the grammar.
pub struct Failure {
    /// The furthest byte that was reached.
    pub at: usize,
    /// Rules that could have gone on there.
    pub expected: Vec<Rule>,
}

/// Parses one item.
pub fn item(text: &str) -> Result<Pair<'_, Rule>, Failure> {
    static LIMIT: Once = Once::new();
    // A guard against grammars gone wrong, not against users: real items need eight to ten calls a byte.
    LIMIT.call_once(|| pest::set_call_limit(NonZeroUsize::new(64 * MAX_ITEM)));
    let parsed = Grammar::parse(Rule::one_item, text).map_err(|_| failure(text))?;
    let failure = || Failure { at: 0, expected: Vec::new() };
    parsed.flatten().find(|pair| pair.as_rule() == Rule::item).ok_or_else(failure)
}

/// Parses once more, slowly, to learn how far the tokens were good and not only the rules.
fn failure(text: &str) -> Failure {
    // The switch is one for the whole process: threads take turns.
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    pest::set_error_detail(true);
    let result = Grammar::parse(Rule::one_item, text);
    pest::set_error_detail(false);
    drop(turn);
    let Err(error) = result else { return Failure { at: text.len(), expected: Vec::new() } };
    let rule_at = match error.location {
        pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at,
    };
    let token_at = error.parse_attempts().map_or(0, |attempts| attempts.max_position);
    let expected = match error.variant {
        pest::error::ErrorVariant::ParsingError { positives, .. } if rule_at >= token_at => positives,
        pest::error::ErrorVariant::ParsingError { .. } | pest::error::ErrorVariant::CustomError { .. } => Vec::new(),
    };
    Failure { at: rule_at.max(token_at), expected }
}

/// Parses a whole file at once, for tests of the grammar itself.
#[cfg(test)]
pub fn whole_file(text: &str) -> Result<(), String> {
    Grammar::parse(Rule::file, text).map(|_| ()).map_err(|error| error.to_string())
}

impl Rule {
    /// What the rule is, in a user's words; nothing for rules a user does not think in.
    pub fn noun(self) -> Option<&'static str> {
        match self {
            Self::expr
            | Self::number
            | Self::string
            | Self::line_s
            | Self::record
            | Self::list
            | Self::if_e
            | Self::match_e
            | Self::construct
            | Self::ident_e
            | Self::group
            | Self::prefix => Some("a value"),
            Self::ident | Self::word | Self::type_name => Some("a name"),
            Self::ty | Self::ty_opt | Self::ty_range | Self::ty_name | Self::ty_record => Some("a type"),
            Self::infix => Some("an operator"),
            Self::field | Self::opt_field | Self::index => Some("a member"),
            Self::args => Some("arguments"),
            Self::entry => Some("a field"),
            Self::spread => Some("`...`"),
            Self::guard | Self::k_if => Some("`if`"),
            Self::k_in => Some("`in`"),
            Self::k_then => Some("`then`"),
            Self::k_else => Some("`else`"),
            Self::k_by => Some("`by`"),
            Self::k_from => Some("`from`"),
            Self::k_where | Self::where_c => Some("`where`"),
            Self::k_return => Some("`return`"),
            Self::k_for | Self::map_for | Self::list_for => Some("`for`"),
            Self::arm | Self::pat => Some("a pattern"),
            Self::each => Some("a loop"),
            Self::param => Some("a parameter"),
            Self::fn_body => Some("a body"),
            Self::EOI
            | Self::WHITESPACE
            | Self::COMMENT
            | Self::NL
            | Self::sep
            | Self::file
            | Self::one_item
            | Self::item
            | Self::decorator
            | Self::stmt
            | Self::decl
            | Self::decl_kw
            | Self::let_stmt
            | Self::input
            | Self::output
            | Self::assert_stmt
            | Self::fn_stmt
            | Self::type_stmt
            | Self::import
            | Self::import_what
            | Self::import_list
            | Self::stack
            | Self::component
            | Self::env
            | Self::forget
            | Self::ty_atom
            | Self::ty_field
            | Self::unary
            | Self::inf
            | Self::inf_cont
            | Self::postfix
            | Self::arg
            | Self::primary
            | Self::elem
            | Self::block_s
            | Self::raw_s
            | Self::raw_block
            | Self::text
            | Self::btext
            | Self::esc
            | Self::interp
            | Self::id_cont
            | Self::reserved
            | Self::k_match
            | Self::k_let
            | Self::k_input
            | Self::k_output
            | Self::k_assert
            | Self::k_fn
            | Self::k_type
            | Self::k_import
            | Self::k_stack
            | Self::k_component
            | Self::k_env
            | Self::k_forget
            | Self::k_known
            | Self::k_true
            | Self::k_false
            | Self::k_none => None,
        }
    }
}
