//! What the sources of a sound stack say: every field with what the vendor's schema knows of it, every name, every
//! call.

use std::collections::BTreeSet;
use std::sync::Arc;

use cairn::language::program::Program;
use cairn::language::syntax::ast::{
    Arg, Decorator, Each, Element, Entry, Expr, ExprKind, Ident, Item, ItemKind, Key, Keyword, TextPart, TypeExpr,
    TypeKind,
};
use cairn_provider::schema::{Field, RecordId, Shape, TypeSchema};

use crate::stacks::Stack;

/// An entry of a record of the vendor's schema.
pub struct SchemaField<'p> {
    /// The file.
    pub file: usize,
    /// The type.
    pub schema: Arc<TypeSchema>,
    /// The record.
    pub record: RecordId,
    /// The key.
    pub key: &'p Key,
    /// The value; nothing for `{ vpc }`.
    pub value: Option<&'p Expr>,
}

impl SchemaField<'_> {
    /// What the schema says of the field.
    pub fn field(&self) -> &Field {
        &self.schema.record(self.record).fields[&self.key.text]
    }
}

/// A record with a fixed set of fields.
pub struct Made<'p> {
    /// The file.
    pub file: usize,
    /// The item it stands in.
    pub item: &'p Item,
    /// The construct.
    pub expr: &'p Expr,
    /// The dotted name.
    pub path: &'p [Ident],
    /// The fields.
    pub fields: Option<&'p Expr>,
    /// The vendor's type, if it is one.
    pub schema: Option<Arc<TypeSchema>>,
    /// Whether it is created.
    pub created: bool,
}

/// An expression with its file and item.
pub struct Seen<'p> {
    /// The file.
    pub file: usize,
    /// The item it stands in.
    pub item: &'p Item,
    /// The expression.
    pub expr: &'p Expr,
}

/// Everything of a stack.
#[derive(Default)]
pub struct Tree<'p> {
    /// All items, by file.
    pub items: Vec<(usize, &'p Item)>,
    /// All expressions.
    pub exprs: Vec<Seen<'p>>,
    /// All fields of the vendor's records.
    pub fields: Vec<SchemaField<'p>>,
    /// All constructs.
    pub made: Vec<Made<'p>>,
    /// `{ name }`: file and name.
    pub shorts: Vec<(usize, &'p Ident)>,
    /// Keys and values of all records, the vendor's or not.
    pub entries: Vec<(usize, &'p Key, &'p Expr)>,
    /// Names of types.
    pub types: Vec<(usize, &'p [Ident])>,
    /// Decorators.
    pub decorators: Vec<(usize, &'p Decorator)>,
    /// Names of loops and parameters.
    pub bound: BTreeSet<&'p str>,
}

/// Reads all files of a stack.
pub fn tree(stack: &Stack) -> Tree<'_> {
    let mut tree = Tree::default();
    let program = &stack.program;
    for document in &program.documents {
        let Some(file) = stack.file(&program.sources.get(document.source).path) else { continue };
        for item in &document.items {
            tree.items.push((file, item));
            let mut walk = Walk { tree: &mut tree, program, file, item };
            walk.item();
        }
    }
    tree
}

struct Walk<'t, 'p> {
    tree: &'t mut Tree<'p>,
    program: &'p Program,
    file: usize,
    item: &'p Item,
}

impl<'p> Walk<'_, 'p> {
    fn item(&mut self) {
        for decorator in &self.item.decorators {
            self.tree.decorators.push((self.file, decorator));
            self.args(&decorator.args);
        }
        match &self.item.kind {
            ItemKind::Declaration(node) => {
                if let Some(each) = &node.each {
                    self.each(each);
                }
                if let Some(guard) = &node.guard {
                    self.expr(&guard.condition);
                }
                self.created(&node.value, node.keyword == Keyword::Resource);
            }
            ItemKind::Let(node) => {
                node.ty.iter().for_each(|ty| self.ty(ty));
                self.expr(&node.value);
            }
            ItemKind::Input(node) => {
                self.ty(&node.ty);
                node.default.iter().for_each(|default| self.expr(default));
                for condition in &node.conditions {
                    self.expr(&condition.condition);
                    condition.message.iter().for_each(|message| self.expr(message));
                }
            }
            ItemKind::Output(node) => {
                node.ty.iter().for_each(|ty| self.ty(ty));
                self.expr(&node.value);
            }
            ItemKind::Assert(node) => {
                self.expr(&node.condition);
                self.expr(&node.message);
            }
            ItemKind::Function(node) => {
                for param in &node.params {
                    self.tree.bound.insert(&param.name.text);
                    self.ty(&param.ty);
                    param.default.iter().for_each(|default| self.expr(default));
                }
                self.ty(&node.result);
                for inner in &node.lets {
                    self.tree.bound.insert(&inner.name.text);
                    self.expr(&inner.value);
                }
                self.expr(&node.body);
            }
            ItemKind::Type(node) => self.ty(&node.ty),
            ItemKind::Stack(node) | ItemKind::Env(node) => self.expr(&node.fields),
            ItemKind::Import(_) | ItemKind::Component(_) | ItemKind::Forget(_) | ItemKind::Broken(_) => {}
        }
    }

    fn ty(&mut self, ty: &'p TypeExpr) {
        match &ty.kind {
            TypeKind::Union(all) => all.iter().for_each(|ty| self.ty(ty)),
            TypeKind::Optional(inner) | TypeKind::Known(inner) | TypeKind::List(inner) => self.ty(inner),
            TypeKind::Record(fields) => fields.iter().for_each(|field| self.ty(&field.ty)),
            TypeKind::Name(path, arguments) => {
                self.tree.types.push((self.file, path));
                arguments.iter().for_each(|ty| self.ty(ty));
            }
            TypeKind::Text(_) | TypeKind::Range(..) => {}
        }
    }

    fn each(&mut self, each: &'p Each) {
        self.tree.bound.insert(&each.first.text);
        self.tree.bound.extend(each.second.as_ref().map(|second| second.text.as_str()));
        self.expr(&each.source);
        each.by.iter().for_each(|by| self.expr(by));
        each.guard.iter().for_each(|guard| self.expr(&guard.condition));
    }

    fn args(&mut self, args: &'p [Arg]) {
        args.iter().for_each(|arg| self.expr(&arg.value));
    }

    /// The value of a declaration: a construct, or one behind a condition.
    fn created(&mut self, expr: &'p Expr, created: bool) {
        let ExprKind::Construct(node) = &expr.kind else { return self.expr(expr) };
        self.tree.exprs.push(Seen { file: self.file, item: self.item, expr });
        let schema = self.program.catalogue.get(&node.name()).map(Arc::clone);
        let (file, item) = (self.file, self.item);
        let fields = node.fields.as_ref();
        self.tree.made.push(Made { file, item, expr, path: &node.path, fields, schema: schema.clone(), created });
        match (schema, fields) {
            (Some(schema), Some(fields)) => self.record(&schema, 0, fields, created),
            (None, Some(fields)) => self.expr(fields),
            (_, None) => {}
        }
    }

    fn record(&mut self, schema: &Arc<TypeSchema>, record: RecordId, expr: &'p Expr, created: bool) {
        let ExprKind::Record(entries) = &expr.kind else { return self.shaped_branches(schema, record, expr, created) };
        self.tree.exprs.push(Seen { file: self.file, item: self.item, expr });
        for entry in entries {
            match entry {
                Entry::Field(key, value) => {
                    self.tree.entries.push((self.file, key, value));
                    let shape = schema.record(record).fields.get(&key.text).map(|field| field.shape.clone());
                    let Some(shape) = shape else {
                        self.expr(value);
                        continue;
                    };
                    let (file, schema) = (self.file, Arc::clone(schema));
                    self.shaped(&schema, &shape, value, created);
                    self.tree.fields.push(SchemaField { file, schema, record, key, value: Some(value) });
                }
                Entry::Short(name) => self.tree.shorts.push((self.file, name)),
                Entry::Spread(value) => self.expr(value),
            }
        }
    }

    fn shaped(&mut self, schema: &Arc<TypeSchema>, shape: &Shape, expr: &'p Expr, created: bool) {
        match (shape, &expr.kind) {
            (Shape::Record(id), _) => self.record(schema, *id, expr, created),
            (Shape::List { item, .. }, ExprKind::List(elements)) => {
                self.tree.exprs.push(Seen { file: self.file, item: self.item, expr });
                for element in elements {
                    match element {
                        Element::Value(value) => self.shaped(schema, item, value, created),
                        Element::Spread(value) => self.expr(value),
                    }
                }
            }
            (Shape::List { item, .. }, ExprKind::ListFor(list)) => {
                self.tree.exprs.push(Seen { file: self.file, item: self.item, expr });
                self.each(&list.each);
                self.shaped(schema, item, &list.value, created);
            }
            _ => self.expr(expr),
        }
    }

    fn shaped_branches(&mut self, schema: &Arc<TypeSchema>, record: RecordId, expr: &'p Expr, created: bool) {
        if let ExprKind::If(node) = &expr.kind {
            self.tree.exprs.push(Seen { file: self.file, item: self.item, expr });
            self.expr(&node.condition);
            self.record(schema, record, &node.yes, created);
            node.no.iter().for_each(|no| self.record(schema, record, no, created));
        } else {
            self.expr(expr);
        }
    }

    fn expr(&mut self, expr: &'p Expr) {
        if let ExprKind::Construct(_) = &expr.kind {
            return self.created(expr, false);
        }
        self.tree.exprs.push(Seen { file: self.file, item: self.item, expr });
        match &expr.kind {
            ExprKind::Number(_) | ExprKind::Name(_) | ExprKind::Construct(_) => {}
            ExprKind::Text(text) => {
                for part in &text.parts {
                    if let TextPart::Value(value) = part {
                        self.expr(value);
                    }
                }
            }
            ExprKind::Record(entries) => {
                for entry in entries {
                    match entry {
                        Entry::Field(key, value) => {
                            self.tree.entries.push((self.file, key, value));
                            self.expr(value);
                        }
                        Entry::Short(name) => self.tree.shorts.push((self.file, name)),
                        Entry::Spread(value) => self.expr(value),
                    }
                }
            }
            ExprKind::MapFor(map) => {
                self.each(&map.each);
                self.expr(&map.key);
                self.expr(&map.value);
            }
            ExprKind::List(elements) => {
                for element in elements {
                    match element {
                        Element::Value(value) | Element::Spread(value) => self.expr(value),
                    }
                }
            }
            ExprKind::ListFor(list) => {
                self.each(&list.each);
                self.expr(&list.value);
            }
            ExprKind::If(node) => {
                self.expr(&node.condition);
                self.expr(&node.yes);
                node.no.iter().for_each(|no| self.expr(no));
            }
            ExprKind::Match(node) => {
                self.expr(&node.value);
                node.arms.iter().for_each(|arm| self.expr(&arm.value));
            }
            ExprKind::Unary(_, inner) | ExprKind::Group(inner) => self.expr(inner),
            ExprKind::Binary(node) => {
                self.expr(&node.left);
                self.expr(&node.right);
            }
            ExprKind::Member(node) => self.expr(&node.base),
            ExprKind::Index(base, key) => {
                self.expr(base);
                self.expr(key);
            }
            ExprKind::Call(callee, args) => {
                self.expr(callee);
                self.args(args);
            }
        }
    }
}

/// The name an item declares.
pub fn declared(item: &Item) -> Option<&Ident> {
    match &item.kind {
        ItemKind::Declaration(node) => Some(&node.name),
        ItemKind::Let(node) => Some(&node.name),
        ItemKind::Input(node) => Some(&node.name),
        ItemKind::Function(node) => Some(&node.name),
        ItemKind::Type(node) => Some(&node.name),
        ItemKind::Output(_)
        | ItemKind::Assert(_)
        | ItemKind::Import(_)
        | ItemKind::Stack(_)
        | ItemKind::Component(_)
        | ItemKind::Env(_)
        | ItemKind::Forget(_)
        | ItemKind::Broken(_) => None,
    }
}
