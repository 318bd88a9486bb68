// The grammar of Cairn for tree-sitter: enough for highlighting, folding and selection. `grammar/cairn.pest` decides what
// the language is; a test of the repository compares the words of both.

const PREC = { coalesce: 1, or: 2, and: 3, compare: 4, add: 5, multiply: 6, range: 7, unary: 8, postfix: 9 };

// An operator may stand at the start of the next line.
const continued = (...operators) => token(seq(/(\r?\n[ \t]*)+/, choice(...operators)));

const separated = ($, item) => seq(optional($._sep), item, repeat(seq($._sep, item)), optional($._sep));

module.exports = grammar({
  name: "cairn",

  word: ($) => $.identifier,

  extras: ($) => [/[ \t\r]/, $.comment],

  conflicts: ($) => [
    [$.arguments],
    [$.record, $.type_record],
    [$._expression, $.entry],
    [$._expression, $._key],
    [$._expression, $.constructed_type],
  ],

  rules: {
    source_file: ($) => seq(optional($._newline), optional(seq($._item, repeat(seq($._newline, $._item)), optional($._newline)))),

    _item: ($) => seq(repeat(seq($.decorator, optional($._newline))), $._statement),

    decorator: ($) => seq("@", field("name", $.identifier), optional($.arguments)),

    _statement: ($) =>
      choice(
        $.declaration,
        $.let,
        $.input,
        $.output,
        $.assert,
        $.function,
        $.type_declaration,
        $.import,
        $.stack,
        $.component,
        $.environment,
        $.forget,
      ),

    declaration: ($) =>
      seq(
        field("keyword", choice("resource", "lookup", "action", "provider", "policy", "test")),
        field("name", $.identifier),
        optional(seq("[", $.each, "]")),
        optional($.guard),
        "=",
        field("value", $._expression),
      ),

    guard: ($) => seq("if", $._expression),
    each: ($) =>
      seq(
        field("variable", $.identifier),
        optional(seq(",", field("variable", $.identifier))),
        "in",
        $._expression,
        optional(seq("by", $._expression)),
        optional($.guard),
      ),

    let: ($) => seq("let", field("name", $.identifier), optional(seq(":", $._type)), "=", field("value", $._expression)),
    input: ($) =>
      seq("input", field("name", $.identifier), ":", $._type, optional(seq("=", $._expression)), repeat($.where)),
    where: ($) =>
      seq(choice("where", alias(continued("where"), "where")), $._expression, optional(seq(choice("else", alias($._next_else, "else")), $.string))),
    output: ($) => seq("output", field("name", $.identifier), optional(seq(":", $._type)), "=", $._expression),
    assert: ($) => seq("assert", $._expression, choice("else", alias($._next_else, "else")), $.string),
    function: ($) =>
      seq(
        "fn",
        field("name", $.identifier),
        "(",
        optional(separated($, $.parameter)),
        ")",
        ":",
        $._type,
        choice(seq("=", optional($._newline), $._expression), $.body),
      ),
    body: ($) =>
      seq("{", optional($._newline), repeat(seq($.let, $._newline)), "return", $._expression, optional($._newline), "}"),
    parameter: ($) => seq(field("name", $.identifier), ":", $._type, optional(seq("=", $._expression))),
    type_declaration: ($) => seq("type", field("name", $.type_identifier), "=", $._type),
    import: ($) =>
      seq("import", choice($.identifier, seq(choice($.import_list, seq("stack", $.identifier), $.identifier, $.type_identifier), "from", $.string))),
    import_list: ($) => seq("{", separated($, choice($.identifier, $.type_identifier)), "}"),
    stack: ($) => seq("stack", field("name", $.identifier), $.record),
    component: ($) => seq("component", field("name", $.type_identifier)),
    environment: ($) => seq("env", field("name", $.identifier), $.record),
    forget: ($) => seq("forget", $.identifier, repeat(choice(seq(".", $.identifier), seq("[", $._expression, "]")))),

    // types

    _type: ($) => choice($.union_type, $._single_type),
    union_type: ($) => prec.left(seq($._type, choice("|", alias($._next_bar, "|")), $._single_type)),
    _single_type: ($) => choice($.optional_type, $._atomic_type),
    optional_type: ($) => seq($._atomic_type, "?"),
    _atomic_type: ($) => choice($.known_type, $.string, $.type_record, $.list_type, $.range_type, $.type_name),
    known_type: ($) => prec(1, seq("known", choice($.string, $.type_record, $.list_type, $.range_type, $.type_name))),
    list_type: ($) => seq("[", $._type, "]"),
    range_type: ($) => seq($.number, "..", $.number),
    type_name: ($) =>
      prec.right(seq(repeat(seq($.identifier, ".")), $.type_identifier, optional(seq(".", $.type_identifier)), optional($.type_arguments))),
    type_arguments: ($) => seq("<", $._type, repeat(seq(",", $._type)), ">"),
    type_record: ($) => seq("{", choice(optional($._sep), separated($, $.type_field)), "}"),
    type_field: ($) => seq(field("name", choice($.string, $._key)), ":", $._type, optional(seq("=", $._expression))),

    // expressions

    _expression: ($) =>
      choice(
        $.number,
        $.string,
        $.boolean,
        $.none,
        $.identifier,
        $.record,
        $.list,
        $.if,
        $.match,
        $.construct,
        $.group,
        $.unary,
        $.binary,
        $.member,
        $.index,
        $.call,
      ),

    group: ($) => seq("(", optional($._newline), $._expression, optional($._newline), ")"),
    unary: ($) => prec(PREC.unary, seq(choice("!", "-"), $._expression)),
    binary: ($) => {
      const table = [
        [PREC.coalesce, ["??"], ["??"]],
        [PREC.or, ["||"], ["||"]],
        [PREC.and, ["&&"], ["&&"]],
        [PREC.compare, ["==", "!=", "<", "<=", ">", ">=", "in"], ["==", "!=", "<", "<=", ">", ">="]],
        [PREC.add, ["+", "-"], ["+"]],
        [PREC.multiply, ["*", "/"], ["*"]],
        [PREC.range, [".."], []],
      ];
      return choice(
        ...table.flatMap(([level, same, next]) => {
          const operators = [...same];
          if (next.length > 0) operators.push(continued(...next));
          return [prec.left(level, seq(field("left", $._expression), field("operator", choice(...operators)), field("right", $._expression)))];
        }),
      );
    },
    member: ($) =>
      prec(PREC.postfix, seq($._expression, choice(seq(choice(".", "?."), field("name", $._key)), field("name", $.continued_member)))),
    // `.name` at the start of a line. One token, because `...` may stand there, too.
    continued_member: (_) => token(seq(/(\r?\n[ \t]*)+/, /\??\.[A-Za-z_][A-Za-z0-9_]*/)),
    index: ($) => prec(PREC.postfix, seq($._expression, "[", optional($._newline), $._expression, optional($._newline), "]")),
    call: ($) => prec(PREC.postfix, seq(field("function", $._expression), $.arguments)),
    arguments: ($) => seq("(", choice(optional($._newline), separated($, $.argument)), ")"),
    argument: ($) => seq(optional(seq(field("name", $._key), ":")), $._expression),

    if: ($) =>
      prec.right(
        seq(
          "if",
          $._expression,
          choice("then", alias($._next_then, "then")),
          optional($._newline),
          $._expression,
          optional(seq(choice("else", alias($._next_else, "else")), optional($._newline), $._expression)),
        ),
      ),
    match: ($) => seq("match", $._expression, "{", separated($, $.arm), "}"),
    arm: ($) => seq(choice("else", seq($._pattern, repeat(seq("|", $._pattern)))), "=>", $._expression),
    _pattern: ($) => choice($.string, $.number, $.boolean, $.none),

    construct: ($) =>
      prec.right(seq(field("type", alias($.constructed_type, $.type_name)), optional($.record))),
    constructed_type: ($) => prec.right(PREC.postfix + 1, seq(repeat(seq($.identifier, ".")), $.type_identifier)),

    record: ($) => seq("{", choice(optional($._sep), seq(optional($._sep), $.map_for, optional($._sep)), separated($, $.entry)), "}"),
    entry: ($) => choice($.spread, seq(field("key", choice($.string, $._key)), ":", field("value", $._expression)), $.identifier),
    spread: ($) => seq("...", $._expression),
    map_for: ($) => seq("for", $.each, ":", $._expression, "=>", $._expression),
    list: ($) => seq("[", choice(optional($._sep), seq(optional($._sep), $.list_for, optional($._sep)), separated($, choice($.spread, $._expression))), "]"),
    list_for: ($) => seq("for", $.each, ":", optional($._newline), $._expression),

    // tokens

    _key: ($) =>
      choice(
        $.identifier,
        alias($.type_identifier, $.identifier),
        alias(choice("if", "then", "else", "match", "for", "in", "by", "where", "return", "true", "false", "none"), $.identifier),
      ),
    boolean: (_) => choice("true", "false"),
    none: (_) => "none",
    number: (_) =>
      token(
        choice(
          /[0-9]+(\.[0-9]+){3}(\/[0-9]+)?/,
          /[0-9][0-9_]*(\.[0-9]+)?(ms|s|min|h|d|w|B|kB|MB|GB|TB|KiB|MiB|GiB|TiB|%)?/,
        ),
      ),

    string: ($) => choice($._line_string, $._block_string, $.raw_string),
    _line_string: ($) => seq('"', repeat(choice(alias($._text, $.text), $.escape, $.interpolation)), token.immediate('"')),
    _block_string: ($) => seq('"""', repeat(choice(alias($._block_text, $.text), $.escape, $.interpolation)), token.immediate('"""')),
    raw_string: (_) => token(choice(/r"[^"\n]*"/, /r"""([^"]|"[^"]|""[^"])*"""/)),
    _text: (_) => token.immediate(prec(1, /([^"\\$\n]|\$[^{"\\\n])+|\$/)),
    _block_text: (_) => token.immediate(prec(1, /([^"\\$]|"[^"]|""[^"]|\$[^{"\\])+|\$/)),
    escape: (_) => token.immediate(/\\(u\{[0-9A-Fa-f]*\}|.)/),
    interpolation: ($) => seq(token.immediate("${"), $._expression, "}"),

    identifier: (_) => /[a-z_][A-Za-z0-9_]*/,
    type_identifier: (_) => /[A-Z][A-Za-z0-9_]*/,

    comment: (_) => token(/#[^\n]*/),

    _line_end: (_) => /(\r?\n[ \t]*)+/,
    // Comments stand between line ends.
    _newline: ($) => repeat1($._line_end),
    _sep: ($) => repeat1(choice($._line_end, ",")),
    _next_else: (_) => continued("else"),
    _next_then: (_) => continued("then"),
    _next_bar: (_) => continued("|"),
  },
});
