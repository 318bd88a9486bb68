//! Words that can stand at the start of a line.

use super::complete::{Completion, CompletionKind};
use super::describe;
use super::insert::Insert;
use crate::language::check::DECORATORS;
use crate::language::syntax::KEYWORDS;

/// Words that can stand at the start of a line, with `@` or without.
pub fn line_starts(decorator: bool) -> Vec<Completion> {
    if decorator {
        return DECORATORS
            .iter()
            .map(|name| Completion {
                label: (*name).to_owned(),
                kind: CompletionKind::Decorator,
                detail: format!("@{name}"),
                documentation: describe::decorator(name).to_owned(),
                insert: Insert::plain(*name),
                rank: 0,
            })
            .collect();
    }
    KEYWORDS
        .iter()
        .map(|word| Completion {
            label: (*word).to_owned(),
            kind: CompletionKind::Keyword,
            detail: describe::keyword(word).to_owned(),
            documentation: String::new(),
            insert: Insert { plain: format!("{word} "), snippet: template(word).map(str::to_owned) },
            rank: 0,
        })
        .collect()
}

/// The usual shape of an item.
fn template(keyword: &str) -> Option<&'static str> {
    Some(match keyword {
        "resource" => "resource ${1:name} = $0",
        "lookup" => "lookup ${1:name} = $0",
        "provider" => "provider ${1:name} = aws.Target { region: \"${2:eu-central-1}\" }$0",
        "input" => "input ${1:name}: ${2:String}$0",
        "output" => "output ${1:name} = $0",
        "let" => "let ${1:name} = $0",
        "fn" => "fn ${1:name}(${2:x}: ${3:String}): ${4:String} = $0",
        "type" => "type ${1:Name} = $0",
        "assert" => "assert ${1:condition} else \"${2:what is wrong}\"$0",
        "stack" => "stack ${1:name} {\n  cairn: \"1\"\n}$0",
        "component" => "component ${1:Name}$0",
        "env" => "env ${1:name} {\n  $0\n}",
        _ => return None,
    })
}
