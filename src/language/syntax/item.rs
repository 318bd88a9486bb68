//! Items and types, from pest's pairs to the tree.
#![expect(clippy::wildcard_enum_match_arm, reason = "a rule's children are few of the grammar's hundred rules")]

use ecow::EcoString;
use pest::iterators::Pair;

use super::ast::{
    Assert, Declaration, Decorator, Each, Expr, Forget, Function, Guard, Header, Ident, Import, ImportWhat, Input,
    ItemKind, Key, Keyword, Let, Output, Param, TypeExpr, TypeField, TypeItem, TypeKind, Where,
};
use super::expression::Builder;
use super::grammar::Rule;
use super::text;

/// The decorators and the statement of an `item` pair.
pub fn build(builder: &mut Builder<'_>, item: Pair<'_, Rule>) -> Option<(Vec<Decorator>, ItemKind)> {
    let mut decorators = Vec::new();
    for part in item.into_inner() {
        match part.as_rule() {
            Rule::decorator => decorators.extend(decorator(builder, part)),
            _ => return Some((decorators, statement(builder, part)?)),
        }
    }
    None
}

fn decorator(builder: &mut Builder<'_>, pair: Pair<'_, Rule>) -> Option<Decorator> {
    let start = builder.span(&pair).at_start();
    let mut parts = pair.into_inner();
    let name = builder.ident(&parts.next()?);
    let mut end = name.span;
    let mut args = Vec::new();
    if let Some(pair) = parts.next() {
        end = builder.span(&pair);
        args = builder.args(pair);
    }
    Some(Decorator { span: start.to(end), name, args })
}

fn statement(builder: &mut Builder<'_>, pair: Pair<'_, Rule>) -> Option<ItemKind> {
    Some(match pair.as_rule() {
        Rule::decl => ItemKind::Declaration(declaration(builder, pair)?),
        Rule::let_stmt => ItemKind::Let(constant(builder, pair)?),
        Rule::input => ItemKind::Input(input(builder, pair)?),
        Rule::output => {
            let parts = Parts::of(builder, pair);
            ItemKind::Output(Output { name: parts.name?, ty: parts.ty, value: parts.expressions.into_iter().next()? })
        }
        Rule::assert_stmt => {
            let mut parts = Parts::of(builder, pair);
            let message = parts.text?;
            ItemKind::Assert(Assert { condition: parts.expressions.drain(..).next()?, message })
        }
        Rule::fn_stmt => ItemKind::Function(function(builder, pair)?),
        Rule::type_stmt => {
            let parts = Parts::of(builder, pair);
            ItemKind::Type(TypeItem { name: parts.name?, ty: parts.ty? })
        }
        Rule::import => ItemKind::Import(import(builder, pair)?),
        Rule::stack => ItemKind::Stack(header(builder, pair)?),
        Rule::component => ItemKind::Component(Parts::of(builder, pair).name?),
        Rule::env => ItemKind::Env(header(builder, pair)?),
        Rule::forget => ItemKind::Forget(forget(builder, pair)?),
        _ => return None,
    })
}

/// The children most statements have.
#[derive(Default)]
struct Parts {
    name: Option<Ident>,
    ty: Option<TypeExpr>,
    expressions: Vec<Expr>,
    text: Option<Expr>,
    guard: Option<Guard>,
    each: Option<Each>,
    conditions: Vec<Where>,
    keyword: Option<(Keyword, crate::source::Span)>,
}

impl Parts {
    fn of(builder: &mut Builder<'_>, pair: Pair<'_, Rule>) -> Self {
        let mut parts = Self::default();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::decl_kw => parts.keyword = Some((keyword(part.as_str()), builder.span(&part))),
                Rule::ident | Rule::type_name => parts.name = Some(builder.ident(&part)),
                Rule::ty => parts.ty = Some(ty(builder, part)),
                Rule::each => parts.each = builder.each(part),
                Rule::guard => parts.guard = builder.guard(part),
                Rule::expr => {
                    let expression = builder.expression(part);
                    parts.expressions.push(expression);
                }
                Rule::string => parts.text = Some(string(builder, part)),
                Rule::where_c => {
                    let mut inner = Self::of(builder, part);
                    if let Some(condition) = inner.expressions.pop() {
                        parts.conditions.push(Where { condition, message: inner.text });
                    }
                }
                _ => {}
            }
        }
        parts
    }
}

fn keyword(word: &str) -> Keyword {
    match word {
        "resource" => Keyword::Resource,
        "lookup" => Keyword::Lookup,
        "action" => Keyword::Action,
        "provider" => Keyword::Provider,
        "policy" => Keyword::Policy,
        // The grammar knows no other.
        _ => Keyword::Test,
    }
}

fn string(builder: &mut Builder<'_>, pair: Pair<'_, Rule>) -> Expr {
    let span = builder.span(&pair);
    Expr { span, kind: super::ast::ExprKind::Text(text::literal(builder, pair)) }
}

fn declaration(builder: &mut Builder<'_>, pair: Pair<'_, Rule>) -> Option<Declaration> {
    let mut parts = Parts::of(builder, pair);
    let (keyword, span) = parts.keyword?;
    let name = parts.name?;
    Some(Declaration {
        keyword,
        head: span.to(name.span),
        name,
        each: parts.each.map(Box::new),
        guard: parts.guard.map(Box::new),
        value: parts.expressions.pop()?,
    })
}

fn constant(builder: &mut Builder<'_>, pair: Pair<'_, Rule>) -> Option<Let> {
    let mut parts = Parts::of(builder, pair);
    Some(Let { name: parts.name?, ty: parts.ty, value: parts.expressions.pop()? })
}

fn input(builder: &mut Builder<'_>, pair: Pair<'_, Rule>) -> Option<Input> {
    let mut parts = Parts::of(builder, pair);
    Some(Input { name: parts.name?, ty: parts.ty?, default: parts.expressions.pop(), conditions: parts.conditions })
}

fn header(builder: &mut Builder<'_>, pair: Pair<'_, Rule>) -> Option<Header> {
    let mut name = None;
    let mut fields = None;
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::ident => name = Some(builder.ident(&part)),
            Rule::record => fields = Some(builder.record_expression(part)),
            _ => {}
        }
    }
    Some(Header { name: name?, fields: fields? })
}

fn function(builder: &mut Builder<'_>, pair: Pair<'_, Rule>) -> Option<Function> {
    let mut name = None;
    let mut params = Vec::new();
    let mut result = None;
    let mut lets = Vec::new();
    let mut body = None;
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::ident => name = Some(builder.ident(&part)),
            Rule::param => {
                let mut parts = Parts::of(builder, part);
                if let (Some(name), Some(ty)) = (parts.name, parts.ty) {
                    params.push(Param { name, ty, default: parts.expressions.pop() });
                }
            }
            Rule::ty => result = Some(ty(builder, part)),
            Rule::expr => body = Some(builder.expression(part)),
            Rule::fn_body => {
                for part in part.into_inner() {
                    match part.as_rule() {
                        Rule::let_stmt => lets.extend(constant(builder, part)),
                        Rule::expr => body = Some(builder.expression(part)),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    Some(Function { name: name?, params, result: result?, lets, body: body? })
}

fn import(builder: &mut Builder<'_>, pair: Pair<'_, Rule>) -> Option<Import> {
    let mut what = None;
    let mut from = None;
    let mut stack = false;
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::k_stack => stack = true,
            Rule::ident | Rule::type_name => {
                let name = builder.ident(&part);
                what = Some(if stack { ImportWhat::Stack(name) } else { ImportWhat::Name(name) });
            }
            Rule::import_list => {
                let names = part
                    .into_inner()
                    .filter(|part| matches!(part.as_rule(), Rule::ident | Rule::type_name))
                    .map(|part| builder.ident(&part))
                    .collect();
                what = Some(ImportWhat::Names(names));
            }
            Rule::string => from = Some(string(builder, part)),
            _ => {}
        }
    }
    Some(Import { what: what?, from })
}

fn forget(builder: &mut Builder<'_>, pair: Pair<'_, Rule>) -> Option<Forget> {
    use super::ast::{ExprKind, Member};
    let mut path: Option<Expr> = None;
    for part in pair.into_inner() {
        let span = builder.span(&part);
        if part.as_rule() == Rule::k_forget {
            continue;
        }
        path = Some(match (part.as_rule(), path) {
            (Rule::ident, None) => Expr { span, kind: ExprKind::Name(part.as_str().into()) },
            (Rule::ident, Some(base)) => {
                let name = builder.ident(&part);
                let member = Member { base, name, optional: false };
                Expr { span: member.base.span.to(span), kind: ExprKind::Member(Box::new(member)) }
            }
            (Rule::expr, Some(base)) => {
                let key = builder.expression(part);
                Expr { span: base.span.to(key.span), kind: ExprKind::Index(Box::new(base), Box::new(key)) }
            }
            (_, path) => path?,
        });
    }
    Some(Forget { path: path? })
}

/// A `ty` pair.
fn ty(builder: &mut Builder<'_>, pair: Pair<'_, Rule>) -> TypeExpr {
    let span = builder.span(&pair);
    let mut members = Vec::new();
    for part in pair.into_inner().filter(|part| part.as_rule() == Rule::ty_opt) {
        members.push(optional(builder, part));
    }
    if members.len() == 1
        && let Some(only) = members.pop()
    {
        return only;
    }
    let end = members.last().map_or(span, |last: &TypeExpr| last.span);
    TypeExpr { span: span.at_start().to(end), kind: TypeKind::Union(members) }
}

fn optional(builder: &mut Builder<'_>, pair: Pair<'_, Rule>) -> TypeExpr {
    let span = builder.span(&pair);
    let written = pair.as_str();
    let begin = pair.as_span().start();
    let behind = pair.clone().into_inner().last().map_or(0, |last| last.as_span().end() - begin);
    let question = question_mark(written, behind);
    let mut known = false;
    let mut atom = None;
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::k_known => known = true,
            Rule::ty => {
                let list = type_atom(builder, part);
                atom = Some(TypeExpr { span: bracketed(written, span), ..list });
            }
            _ => atom = Some(type_atom(builder, part)),
        }
    }
    let mut built = atom.unwrap_or(TypeExpr { span, kind: TypeKind::Union(Vec::new()) });
    if known {
        built = TypeExpr { span: span.at_start().to(built.span), kind: TypeKind::Known(Box::new(built)) };
    }
    if let Some(at) = question {
        let start = span.start as usize;
        let end = crate::source::Span::new(span.source, start + at, start + at + 1);
        built = TypeExpr { span: span.at_start().to(end), kind: TypeKind::Optional(Box::new(built)) };
    }
    built
}

/// Where the question mark of an optional type stands: behind its last part, which may be in brackets.
fn question_mark(written: &str, behind: usize) -> Option<usize> {
    let mut rest = written.get(behind..)?;
    loop {
        rest = rest.trim_start();
        rest = match rest.chars().next()? {
            '#' => rest.split_once('\n').map_or("", |(_, below)| below),
            ']' => rest.get(1..)?,
            '?' => return Some(written.len() - rest.len()),
            _ => return None,
        };
    }
}

/// The place of a list's type with its brackets, inside of the place of what is written.
fn bracketed(written: &str, span: crate::source::Span) -> crate::source::Span {
    let code = without_comment(written);
    let (Some(open), Some(close)) = (code.find('['), code.rfind(']')) else { return span };
    let start = span.start as usize;
    crate::source::Span::new(span.source, start + open, start + close + 1)
}

/// Text up to the blanks and the comment at its end.
fn without_comment(written: &str) -> &str {
    let mut quoted = false;
    let code = written
        .char_indices()
        .find(|(_, character)| {
            quoted ^= *character == '"';
            *character == '#' && !quoted
        })
        .map_or(written, |(at, _)| written.get(..at).unwrap_or(written));
    code.trim_end()
}

fn type_atom(builder: &mut Builder<'_>, pair: Pair<'_, Rule>) -> TypeExpr {
    let span = builder.span(&pair);
    match pair.as_rule() {
        Rule::string => {
            let literal = text::literal(builder, pair);
            let text = builder.known_text(&literal, span);
            TypeExpr { span, kind: TypeKind::Text(text) }
        }
        Rule::ty_record => {
            let fields = pair
                .into_inner()
                .filter(|part| part.as_rule() == Rule::ty_field)
                .filter_map(|part| type_field(builder, part))
                .collect();
            TypeExpr { span, kind: TypeKind::Record(fields) }
        }
        Rule::ty_range => {
            let mut bounds = pair.into_inner();
            let mut bound = || bounds.next().map(|bound| (EcoString::from(bound.as_str()), builder.span(&bound)));
            let (first, start) = bound().unwrap_or((EcoString::new(), span));
            let (last, end) = bound().unwrap_or((EcoString::new(), span));
            TypeExpr { span: start.to(end), kind: TypeKind::Range(first, last) }
        }
        Rule::ty_name => {
            let mut path = Vec::new();
            let mut arguments = Vec::new();
            for part in pair.clone().into_inner() {
                match part.as_rule() {
                    Rule::ident | Rule::type_name => path.push(builder.ident(&part)),
                    _ => arguments.push(ty(builder, part)),
                }
            }
            let end = if arguments.is_empty() {
                path.last().map_or(span, |last: &Ident| last.span)
            } else {
                let written = pair.as_str();
                let length = written.rfind('>').map_or(written.len(), |at| at + 1);
                crate::source::Span { end: span.start + u32::try_from(length).unwrap_or(0), ..span }
            };
            TypeExpr { span: span.at_start().to(end), kind: TypeKind::Name(path, arguments) }
        }
        // `[T]`
        _ => TypeExpr { span, kind: TypeKind::List(Box::new(ty(builder, pair))) },
    }
}

fn type_field(builder: &mut Builder<'_>, pair: Pair<'_, Rule>) -> Option<TypeField> {
    let mut name = None;
    let mut field_type = None;
    let mut default = None;
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::word => name = Some(Key { text: part.as_str().into(), span: builder.span(&part) }),
            Rule::string => name = Some(builder.text_key(part)),
            Rule::ty => field_type = Some(ty(builder, part)),
            _ => default = Some(std::sync::Arc::new(builder.expression(part))),
        }
    }
    Some(TypeField { name: name?, ty: field_type?, default })
}
