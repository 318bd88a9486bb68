//! Expressions, from pest's pairs to the tree.
#![expect(clippy::wildcard_enum_match_arm, reason = "a rule's children are few of the grammar's hundred rules")]

use ecow::EcoString;
use pest::iterators::Pair;

use super::ast::{
    Arg, Arm, Binary, Construct, Each, Element, Entry, Expr, ExprKind, Guard, Ident, If, Key, ListFor, MapFor, Match,
    Member, Operator, Pattern, PatternKind, Unary,
};
use super::grammar::Rule;
use super::text;
use crate::diagnostic::Diagnostic;
use crate::source::{SourceId, Span};

/// Turns pairs into tree nodes; keeps what is wrong with them.
pub struct Builder<'d> {
    source: SourceId,
    text: &'d str,
    base: usize,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl<'d> Builder<'d> {
    /// For an item that starts at byte `base` of a text.
    pub fn new(source: SourceId, text: &'d str, base: usize, diagnostics: &'d mut Vec<Diagnostic>) -> Self {
        Self { source, text, base, diagnostics }
    }

    fn text(&self, span: Span) -> &'d str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// The place of a pair that ends in a token.
    pub fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        // What was appended to mend an item lies behind the text.
        let inside = |at: usize| (self.base + at).min(self.text.len());
        Span::new(self.source, inside(span.start()), inside(span.end()))
    }

    /// Keeps a report.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// A name.
    pub fn ident(&self, pair: &Pair<'_, Rule>) -> Ident {
        Ident { text: pair.as_str().into(), span: self.span(pair) }
    }

    /// An `expr` pair.
    pub fn expression(&mut self, pair: Pair<'_, Rule>) -> Expr {
        let mut operands: Vec<Expr> = Vec::new();
        let mut operators: Vec<(Operator, Span)> = Vec::new();
        let mut prefixes: Vec<(Unary, Span)> = Vec::new();
        for pair in pair.into_inner() {
            match pair.as_rule() {
                Rule::prefix => {
                    let unary = if pair.as_str() == "!" { Unary::Not } else { Unary::Minus };
                    prefixes.push((unary, self.span(&pair)));
                }
                Rule::infix => {
                    finish_operand(&mut operands, &mut prefixes);
                    operators.push(self.operator(&pair));
                }
                Rule::field | Rule::opt_field | Rule::index | Rule::args => {
                    if let Some(base) = operands.pop() {
                        let applied = self.postfix(base, pair);
                        operands.push(applied);
                    }
                }
                _ => {
                    let primary = self.primary(pair);
                    operands.push(primary);
                }
            }
        }
        finish_operand(&mut operands, &mut prefixes);
        self.fold(operands, operators)
    }

    /// Binds operands and operators by the strength of the operators, all of them to the left.
    fn fold(&mut self, operands: Vec<Expr>, operators: Vec<(Operator, Span)>) -> Expr {
        let mut output: Vec<Expr> = Vec::new();
        let mut waiting: Vec<(Operator, Span)> = Vec::new();
        let mut operators = operators.into_iter();
        for operand in operands {
            output.push(operand);
            let Some((operator, span)) = operators.next() else { break };
            while waiting.last().is_some_and(|(before, _)| strength(*before) >= strength(operator)) {
                self.reduce(&mut output, &mut waiting);
            }
            waiting.push((operator, span));
        }
        while !waiting.is_empty() {
            self.reduce(&mut output, &mut waiting);
        }
        // The grammar puts at least one operand into every expression.
        output.pop().expect("an expression has an operand")
    }

    fn reduce(&mut self, output: &mut Vec<Expr>, waiting: &mut Vec<(Operator, Span)>) {
        let (Some((operator, operator_span)), Some(right), Some(left)) = (waiting.pop(), output.pop(), output.pop())
        else {
            return;
        };
        if operator.compares()
            && let ExprKind::Binary(inner) = &left.kind
            && inner.operator.compares()
        {
            self.chained(&left, inner, (operator, operator_span), &right);
        }
        let span = left.span.to(right.span);
        output.push(Expr { span, kind: ExprKind::Binary(Box::new(Binary { operator, operator_span, left, right })) });
    }

    fn chained(&mut self, left: &Expr, inner: &Binary, (operator, operator_span): (Operator, Span), right: &Expr) {
        let with = match operator {
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => "a number",
            _ => "another value",
        };
        let line_start =
            self.text.get(..left.span.start as usize).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let before = self.text.get(line_start..left.span.end as usize).unwrap_or_default().trim_start();
        let middle = self.text(inner.right.span);
        let behind = self.text(operator_span.to(right.span));
        self.report(
            Diagnostic::error(
                "syntax::chained_comparison",
                "Two comparisons need `&&` between them",
                left.span,
                "this is true or false",
            )
            .label(operator_span.to(right.span), format!("and this would compare it with {with}"))
            .edit(Span { start: left.span.end, end: operator_span.start, ..operator_span }, format!(" && {middle} "))
            .help(format!("{before} && {middle} {behind}")),
        );
    }

    fn operator(&self, pair: &Pair<'_, Rule>) -> (Operator, Span) {
        let written = pair.as_str();
        let symbol = written.trim();
        let lead = written.len() - written.trim_start().len();
        let span = self.span(pair);
        let start = span.start as usize + lead;
        let span = Span::new(self.source, start, start + symbol.len());
        let operator = match symbol {
            "??" => Operator::Coalesce,
            "||" => Operator::Or,
            "&&" => Operator::And,
            "==" => Operator::Equal,
            "!=" => Operator::NotEqual,
            "<" => Operator::Less,
            "<=" => Operator::LessOrEqual,
            ">" => Operator::Greater,
            ">=" => Operator::GreaterOrEqual,
            "in" => Operator::In,
            "+" => Operator::Add,
            "-" => Operator::Subtract,
            "*" => Operator::Multiply,
            "/" => Operator::Divide,
            // `..` is the only operator left in the grammar.
            _ => Operator::Range,
        };
        (operator, span)
    }

    fn postfix(&mut self, base: Expr, pair: Pair<'_, Rule>) -> Expr {
        let end = self.span(&pair);
        let span = base.span.to(end);
        let kind = match pair.as_rule() {
            Rule::index => match pair.into_inner().next() {
                Some(key) => ExprKind::Index(Box::new(base), Box::new(self.expression(key))),
                None => return base,
            },
            Rule::args => {
                let args = self.args(pair);
                ExprKind::Call(Box::new(base), args)
            }
            rule => {
                let optional = rule == Rule::opt_field;
                match pair.into_inner().next() {
                    Some(name) => {
                        let name = self.ident(&name);
                        ExprKind::Member(Box::new(Member { base, name, optional }))
                    }
                    None => return base,
                }
            }
        };
        Expr { span, kind }
    }

    /// An `args` pair.
    pub fn args(&mut self, pair: Pair<'_, Rule>) -> Vec<Arg> {
        let mut args = Vec::new();
        for arg in pair.into_inner().filter(|pair| pair.as_rule() == Rule::arg) {
            let mut name = None;
            for part in arg.into_inner() {
                match part.as_rule() {
                    Rule::word => name = Some(self.ident(&part)),
                    _ => args.push(Arg { name: name.take(), value: self.expression(part) }),
                }
            }
        }
        args
    }

    fn primary(&mut self, pair: Pair<'_, Rule>) -> Expr {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::number => ExprKind::Number(pair.as_str().into()),
            Rule::string => ExprKind::Text(text::literal(self, pair)),
            Rule::record => self.record(pair),
            Rule::list => self.list(pair),
            Rule::if_e => return self.conditional(span, pair),
            Rule::match_e => self.matching(pair),
            Rule::construct => return self.construct(pair),
            Rule::group => match pair.into_inner().next() {
                Some(inner) => ExprKind::Group(Box::new(self.expression(inner))),
                None => ExprKind::Record(Vec::new()),
            },
            // `ident_e`
            _ => ExprKind::Name(pair.as_str().trim().into()),
        };
        let span = match &kind {
            ExprKind::Name(name) => Span::new(self.source, span.start as usize, span.start as usize + name.len()),
            _ => span,
        };
        Expr { span, kind }
    }

    /// A `record` pair.
    pub fn record_expression(&mut self, pair: Pair<'_, Rule>) -> Expr {
        let span = self.span(&pair);
        Expr { span, kind: self.record(pair) }
    }

    fn record(&mut self, pair: Pair<'_, Rule>) -> ExprKind {
        let mut entries = Vec::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::map_for => return self.map_for(part),
                Rule::entry => {
                    if let Some(entry) = self.entry(part) {
                        entries.push(entry);
                    }
                }
                _ => {}
            }
        }
        ExprKind::Record(entries)
    }

    fn entry(&mut self, pair: Pair<'_, Rule>) -> Option<Entry> {
        let mut key: Option<Key> = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::spread => {
                    let inner = part.into_inner().next()?;
                    return Some(Entry::Spread(self.expression(inner)));
                }
                Rule::ident => return Some(Entry::Short(self.ident(&part))),
                Rule::word => key = Some(Key { text: part.as_str().into(), span: self.span(&part) }),
                Rule::string => key = Some(self.text_key(part)),
                _ => {
                    let value = self.expression(part);
                    return key.map(|key| Entry::Field(key, value));
                }
            }
        }
        None
    }

    /// A key in quotes: it must be known text.
    pub fn text_key(&mut self, pair: Pair<'_, Rule>) -> Key {
        let span = self.span(&pair);
        let literal = text::literal(self, pair);
        let text = self.known_text(&literal, span);
        Key { text, span }
    }

    /// The text of a literal that must not have interpolations.
    pub fn known_text(&mut self, literal: &super::ast::TextLiteral, span: Span) -> EcoString {
        use super::ast::TextPart;
        match literal.parts.as_slice() {
            [] => EcoString::new(),
            [TextPart::Known(text)] => text.clone(),
            _ => {
                self.report(
                    Diagnostic::error(
                        "syntax::interpolated_key",
                        "This text must be known as it is written",
                        span,
                        "no `${…}` here",
                    )
                    .help("for keys that are computed: { for x in xs: \"…${x}\" => value }"),
                );
                EcoString::new()
            }
        }
    }

    fn map_for(&mut self, pair: Pair<'_, Rule>) -> ExprKind {
        let mut each = None;
        let mut expressions = Vec::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::each => each = self.each(part),
                Rule::expr => expressions.push(self.expression(part)),
                _ => {}
            }
        }
        let mut expressions = expressions.into_iter();
        match (each, expressions.next(), expressions.next()) {
            (Some(each), Some(key), Some(value)) => ExprKind::MapFor(Box::new(MapFor { each, key, value })),
            _ => ExprKind::Record(Vec::new()),
        }
    }

    fn list(&mut self, pair: Pair<'_, Rule>) -> ExprKind {
        let mut elements = Vec::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::list_for => {
                    let mut each = None;
                    let mut value = None;
                    for part in part.into_inner() {
                        match part.as_rule() {
                            Rule::each => each = self.each(part),
                            Rule::expr => value = Some(self.expression(part)),
                            _ => {}
                        }
                    }
                    if let (Some(each), Some(value)) = (each, value) {
                        return ExprKind::ListFor(Box::new(ListFor { each, value }));
                    }
                }
                Rule::spread => {
                    if let Some(inner) = part.into_inner().next() {
                        elements.push(Element::Spread(self.expression(inner)));
                    }
                }
                Rule::expr => elements.push(Element::Value(self.expression(part))),
                _ => {}
            }
        }
        ExprKind::List(elements)
    }

    /// An `each` pair.
    pub fn each(&mut self, pair: Pair<'_, Rule>) -> Option<Each> {
        let start = self.span(&pair);
        let mut names = Vec::new();
        let mut expressions = Vec::new();
        let mut has_by = false;
        let mut guard = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::ident => names.push(self.ident(&part)),
                Rule::expr => expressions.push(self.expression(part)),
                Rule::k_by => has_by = true,
                Rule::guard => guard = self.guard(part),
                _ => {}
            }
        }
        let mut names = names.into_iter();
        let first = names.next()?;
        let second = names.next();
        let mut expressions = expressions.into_iter();
        let source = expressions.next()?;
        let by = if has_by { expressions.next() } else { None };
        let end = guard.as_ref().map(|guard| guard.span).or(by.as_ref().map(|by| by.span)).unwrap_or(source.span);
        Some(Each { span: start.at_start().to(end), first, second, source, by, guard })
    }

    /// A `guard` pair.
    pub fn guard(&mut self, pair: Pair<'_, Rule>) -> Option<Guard> {
        let start = self.span(&pair);
        let condition = pair.into_inner().find(|part| part.as_rule() == Rule::expr)?;
        let condition = self.expression(condition);
        Some(Guard { span: start.at_start().to(condition.span), condition })
    }

    fn conditional(&mut self, span: Span, pair: Pair<'_, Rule>) -> Expr {
        let mut expressions: Vec<Expr> = Vec::new();
        for part in pair.into_inner().filter(|part| part.as_rule() == Rule::expr) {
            let expression = self.expression(part);
            expressions.push(expression);
        }
        let mut expressions = expressions.into_iter();
        let (Some(condition), Some(yes)) = (expressions.next(), expressions.next()) else {
            return Expr { span, kind: ExprKind::Record(Vec::new()) };
        };
        let no = expressions.next();
        let end = no.as_ref().map_or(yes.span, |no| no.span);
        Expr { span: span.at_start().to(end), kind: ExprKind::If(Box::new(If { condition, yes, no })) }
    }

    fn matching(&mut self, pair: Pair<'_, Rule>) -> ExprKind {
        let start = self.span(&pair).at_start();
        let mut value = None;
        let mut arms = Vec::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::expr => value = Some(self.expression(part)),
                Rule::arm => {
                    let mut patterns = Vec::new();
                    let mut result = None;
                    for part in part.into_inner() {
                        match part.as_rule() {
                            Rule::pat => patterns.extend(self.pattern(part)),
                            Rule::expr => result = Some(self.expression(part)),
                            _ => {}
                        }
                    }
                    if let Some(value) = result {
                        arms.push(Arm { patterns, value });
                    }
                }
                _ => {}
            }
        }
        match value {
            Some(value) => ExprKind::Match(Box::new(Match { head: start.to(value.span), value, arms })),
            None => ExprKind::Record(Vec::new()),
        }
    }

    fn pattern(&mut self, pair: Pair<'_, Rule>) -> Option<Pattern> {
        let inner = pair.into_inner().next()?;
        let span = self.span(&inner);
        let kind = match inner.as_rule() {
            Rule::string => {
                let literal = text::literal(self, inner);
                PatternKind::Text(self.known_text(&literal, span))
            }
            Rule::number => PatternKind::Number(inner.as_str().into()),
            Rule::k_true => PatternKind::Bool(true),
            Rule::k_false => PatternKind::Bool(false),
            _ => PatternKind::None,
        };
        Some(Pattern { span, kind })
    }

    fn construct(&mut self, pair: Pair<'_, Rule>) -> Expr {
        let span = self.span(&pair);
        let mut path: Vec<Ident> = Vec::new();
        let mut fields = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::ident | Rule::type_name => path.push(self.ident(&part)),
                _ => {
                    let span = self.span(&part);
                    fields = Some(Expr { span, kind: self.record(part) });
                }
            }
        }
        let end = fields.as_ref().map(|fields| fields.span).or(path.last().map(|part| part.span)).unwrap_or(span);
        Expr { span: span.at_start().to(end), kind: ExprKind::Construct(Box::new(Construct { path, fields })) }
    }
}

fn finish_operand(operands: &mut Vec<Expr>, prefixes: &mut Vec<(Unary, Span)>) {
    let Some(mut operand) = operands.pop() else { return };
    while let Some((unary, span)) = prefixes.pop() {
        operand = Expr { span: span.to(operand.span), kind: ExprKind::Unary(unary, Box::new(operand)) };
    }
    operands.push(operand);
}

/// How strongly an operator binds; the loosest has the smallest number.
fn strength(operator: Operator) -> u8 {
    match operator {
        Operator::Coalesce => 1,
        Operator::Or => 2,
        Operator::And => 3,
        Operator::Equal
        | Operator::NotEqual
        | Operator::Less
        | Operator::LessOrEqual
        | Operator::Greater
        | Operator::GreaterOrEqual
        | Operator::In => 4,
        Operator::Add | Operator::Subtract => 5,
        Operator::Multiply | Operator::Divide => 6,
        Operator::Range => 7,
    }
}
