//! The pages of all codes.

/// The page of one code.
#[derive(Debug)]
pub struct Page {
    /// The code, without the leading `cairn::`.
    pub code: &'static str,
    /// What it means, why, what to do: Markdown whose first line is the title.
    pub text: &'static str,
}

/// The pages of a group, each in the file of its name.
macro_rules! pages {
    ($($group:ident: $($name:ident)+;)+) => {
        /// All pages, by code.
        pub const PAGES: &[Page] = &[$($(Page {
            code: concat!(stringify!($group), "::", stringify!($name)),
            text: include_str!(concat!("catalogue/", stringify!($group), "/", stringify!($name), ".md")),
        }),+),+];
    };
}

pages! {
    actions: changed kind not_allowed;
    adopt: absent component foreign identity managed replaces twice without_effect;
    assert: failed;
    aws: certificate_region;
    decorators: arguments place twice;
    env: data_only input missing override place unknown;
    evaluate: budget failed;
    files: outside template unreadable;
    forget: still_declared;
    functions: recursion;
    graph: cycle;
    imports:
        builtin changed circle environment file git header library lock missing name not_fetched not_locked path
        registry secret stack standard state unknown;
    language: not_supported;
    literals: address cidr_host_bits cidr_prefix number unit unit_missing;
    lookup: failed key many_looped none several;
    loop: no_key same_key source two_names;
    moves: address claimed_twice still_declared;
    names: circular duplicate undefined unknown_decorator;
    network: outside overlap;
    phase: choice input_not_known known_input lookup_own loop_key pin_missing place;
    plan: broken looks_renamed never_replaced not_undone output_in_use protected too_many_destroyed;
    policy: approval denied rego shape undecided unknown verdict waiver_date waiver_expired waiver_unused warned;
    providers: default;
    raw: known not_sent;
    refs:
        attribute_needed maybe_absent needs_key no_such_item no_such_key no_such_part position string_id
        wrong_kind;
    relations: order unique;
    schema:
        excludes keyed lookup_only missing_fields not_sent one_of read_only reference_suffix requires
        unknown_field unknown_type vendor_spelling;
    secret: leak missing output source written;
    stack: environments field header protected state unreadable version;
    syntax:
        block_text_column chained_comparison colon_in_declaration encoding equals_in_record escape
        foreign_character foreign_comment hcl_block hidden_character indented_declaration interpolated_key
        missing_colon missing_comma missing_operand missing_value reserved_word semicolon single_quotes
        stray_bracket too_deep too_large unclosed unknown_keyword unreadable unterminated_string
        wrong_bracket;
    test: asserts_nothing failed given shape;
    types:
        arguments declaration declaration_inside dimension else_missing function_value index interpolation
        match_incomplete mismatch missing_fields not_callable not_one_of operator output range recursive
        too_large unknown unknown_field unknown_member;
    unchecked: kind;
    values: condition inexact out_of_range pattern ports too_few too_long too_many too_short;
}

/// The page of a code.
pub fn page(code: &str) -> Option<&'static Page> {
    PAGES.iter().find(|page| page.code == code)
}
