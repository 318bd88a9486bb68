//! Text from outside stays text: nothing that is printed moves a cursor, hides a line, gives orders to a build server, or becomes
//! an element of a page.

use std::time::Duration;

use cairn::diagnostic::Diagnostic;
use cairn::model::Address;
use cairn::model::change::{Action, After, AttributeChange, Change, Reason, Risk};
use cairn::model::event::{Event, Step};
use cairn::model::plan::{Plan, Revealed};
use cairn::model::policy::{Finding, Judgement, Standing, Verdict};
use cairn::source::{SourceSet, SourceText, Span, untrusted};
use cairn::view::human::diagnostic::{Style, render as render_diagnostic};
use cairn::view::human::layout::Detail;
use cairn::view::tested::CaseRun;
use cairn::view::{human, json, junit, markdown};
use cairn_provider::schema::overlay::Replacement;
use cairn_provider::value::Value;
use pulldown_cmark::{CodeBlockKind, Event as Mark, HeadingLevel, Options, Parser, Tag};

use crate::numbers::Numbers;
use crate::run;

/// What has worked on somebody, somewhere.
const FRAGMENTS: [&str; 72] = [
    "\u{1b}[2J",
    "\u{1b}[31m",
    "\u{1b}]0;t\u{7}",
    "\u{1b}]8;;http://e\u{1b}\\",
    "\u{9b}2J",
    "\u{8}\u{8}",
    "\r",
    "\n",
    "\t",
    "\0",
    "\u{7f}",
    "\u{85}",
    "\u{202e}",
    "\u{2066}",
    "\u{200b}",
    "\u{200d}",
    "\u{feff}",
    "\u{2028}",
    "\u{e0041}",
    "\u{ad}",
    "\u{61c}",
    "`",
    "``",
    "```",
    "````",
    "~~~",
    "](http://evil.example)",
    "![x](http://evil.example/i.png)",
    "[x](y)",
    "[x]: http://evil.example",
    "[^1]",
    "[^1]: x",
    "<img src=x onerror=alert(1)>",
    "</details>",
    "<details>",
    "<script>",
    "<!--",
    "-->",
    "<http://evil.example>",
    "@team",
    "@a/b",
    "#12",
    "a/b#3",
    "https://evil.example/",
    "www.evil.example",
    "me@evil.example",
    "|",
    "\\",
    "&#64;team",
    "&lt;",
    "\n# head",
    "\n- item",
    "1. one",
    "> quote",
    "    ",
    "\n\n",
    "::add-mask::x",
    "\n::set-output name=a::b",
    "##[group]x",
    "##vso[task.complete]",
    "$x$",
    "---",
    "===",
    "***",
    "**b**",
    "_i_",
    ":",
    "::",
    "\n+++",
    "word",
    "eu-central-1",
    "\u{65e5}\u{672c}",
];

fn words(numbers: &mut Numbers) -> String {
    let mut text = String::new();
    for _ in 0..numbers.below(6) {
        match numbers.below(8) {
            0 => text.extend(char::from_u32(u32::try_from(numbers.below(0x300)).unwrap())),
            1 => text.push(' '),
            _ => text.push_str(numbers.one(&FRAGMENTS)),
        }
    }
    text
}

fn value(numbers: &mut Numbers, depth: usize) -> Value {
    match numbers.below(if depth == 0 { 3 } else { 5 }) {
        0 => Value::Int(7),
        1 | 2 => Value::text(words(numbers)),
        3 => Value::list((0..numbers.below(3)).map(|_| value(numbers, depth - 1)).collect::<Vec<_>>()),
        _ => Value::map(
            (0..numbers.below(3)).map(|_| (words(numbers).into(), value(numbers, depth - 1))).collect::<Vec<_>>(),
        ),
    }
}

fn leaf(numbers: &mut Numbers) -> AttributeChange {
    let after = match numbers.below(3) {
        0 => After::Absent,
        1 => After::Unknown(words(numbers)),
        _ => After::Value(value(numbers, 2)),
    };
    AttributeChange {
        path: (0..=numbers.below(2)).map(|_| words(numbers).into()).collect(),
        before: numbers.once_in(2).then(|| value(numbers, 2)),
        after,
        sensitive: numbers.once_in(5),
        forces: numbers.once_in(4),
        unit: None,
        member: false,
    }
}

fn change(numbers: &mut Numbers) -> Change {
    let actions = [
        Action::Create,
        Action::Update,
        Action::Replace(Replacement::CreateFirst),
        Action::Delete,
        Action::Import,
        Action::Move,
        Action::Forget,
        Action::Run,
    ];
    let address = Address::from_text(&format!("{}[\"{}\"]", words(numbers), words(numbers)));
    Change {
        previous: numbers.once_in(3).then(|| Address::from_text(&words(numbers))),
        kind: "aws.ec2.Vpc".into(),
        action: actions[numbers.below(actions.len())],
        id: Some(words(numbers).into()),
        source: words(numbers).into(),
        attributes: (0..numbers.below(3)).map(|_| leaf(numbers)).collect(),
        drift: (0..numbers.below(2)).map(|_| leaf(numbers)).collect(),
        released: vec![words(numbers).into()],
        reasons: vec![
            Reason::KeyRemoved(words(numbers).into()),
            Reason::Changed(words(numbers).into()),
            Reason::Follows(address.clone()),
        ],
        risks: if numbers.once_in(2) { vec![Risk::DataLoss, Risk::Access(words(numbers))] } else { Vec::new() },
        address,
    }
}

/// What is shown: a plan, and reports over sources.
#[derive(Clone)]
struct Shown {
    plan: Plan,
    diagnostics: Vec<Diagnostic>,
    sources: SourceSet,
    words: Vec<String>,
}

fn shown(numbers: &mut Numbers) -> Shown {
    let mut sources = SourceSet::default();
    let source =
        sources.add(SourceText::new(format!("x{}", words(numbers)), format!("let a = {}\nlet b\n", words(numbers))));
    let place = Span::new(source, 0, 3);
    let diagnostics = (0..numbers.below(3))
        .map(|_| Diagnostic::error("secret::leak", words(numbers), place, words(numbers)).help(words(numbers)))
        .collect();
    let finding = |numbers: &mut Numbers| Finding {
        policy: words(numbers).into(),
        verdict: Verdict::Approve(words(numbers).into()),
        because: words(numbers).into(),
        address: Address::from_text(&words(numbers)),
        standing: Standing::Violated,
        of_change: false,
        place,
        rule: place,
        remedy: Some(words(numbers).into()),
    };
    let plan = Plan {
        stack: words(numbers).into(),
        environment: words(numbers).into(),
        changes: (0..numbers.below(5)).map(|_| change(numbers)).collect(),
        overridden: vec![(words(numbers).into(), words(numbers).into())],
        policies: Judgement {
            findings: (0..numbers.below(3)).map(|_| finding(numbers)).collect(),
            ..Judgement::default()
        },
        revealed: vec![Revealed {
            what: words(numbers).into(),
            because: words(numbers).into(),
            source: words(numbers).into(),
        }],
        places: vec![words(numbers).into()],
        unchecked: [(Address::from_text(&words(numbers)), vec![words(numbers).into()])].into(),
        remark: words(numbers).into(),
        ..Plan::default()
    };
    Shown { plan, diagnostics, sources, words: (0..6).map(|_| words(numbers)).collect() }
}

/// Nothing but what can be seen, and line ends.
#[track_caller]
fn assert_visible(text: &str) {
    let hidden = text.chars().find(|character| *character != '\n' && untrusted::is_hidden(*character));
    assert_eq!(hidden, None, "{text:?}");
}

/// As it leaves the program: whatever the view forgot.
#[track_caller]
fn assert_printed(text: &str) {
    let printed = untrusted::printed(text, false);
    assert_visible(&printed);
    for line in printed.lines() {
        let order = line
            .trim_start()
            .strip_prefix("::")
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()));
        assert!(!order && !line.contains("##[") && !line.contains("##vso["), "{line:?}");
    }
}

fn events(words: &[String]) -> Vec<Event> {
    let address = Address::from_text(&words[0]);
    vec![
        Event::Recovered { address: address.clone(), outcome: words[1].clone() },
        Event::Started { address: address.clone(), kind: words[2].clone(), step: Step::Create },
        Event::Waiting { address: address.clone(), reason: words[3].clone() },
        Event::Output { address: address.clone(), line: words[4].clone() },
        Event::Finished {
            address: address.clone(),
            step: Step::Update,
            id: words[5].clone(),
            took: Duration::ZERO,
            nothing: false,
        },
        Event::Failed { address: address.clone(), step: Step::Delete, error: words[1].clone() },
        Event::Skipped { address: address.clone(), step: Step::Delete, because: Address::from_text(&words[2]) },
        Event::Left { address: address.clone(), step: Step::Delete, reason: words[3].clone() },
        Event::ProviderFault { address, fault: words[4].clone() },
    ]
}

#[test]
fn inert() {
    run::target(
        "inert",
        shown,
        |shown| format!("{:#?}\n{:#?}\n", shown.plan, shown.diagnostics),
        |Shown { plan, diagnostics, sources, words }| {
            let plain = Style { width: 96, color: false, ascii: false };
            let colored = Style { color: true, ..plain };
            for detail in [Detail::Default, Detail::Full, Detail::Names] {
                let text = human::plan::render(plan, "plan", plain, detail);
                assert_visible(&text);
                assert_printed(&text);
                // Every colour is ours: without them it is the same text.
                assert_eq!(without_colors(&human::plan::render(plan, "plan", colored, detail)), without_colors(&text));
                page(&markdown::plan(plan, diagnostics, sources, detail));
            }
            assert_visible(&human::plan::drift(plan));
            page(&markdown::drift(plan));
            page(&markdown::check(diagnostics, sources));
            for diagnostic in diagnostics {
                let text = render_diagnostic(diagnostic, sources, plain);
                assert_visible(&text);
                assert_eq!(without_colors(&render_diagnostic(diagnostic, sources, colored)), without_colors(&text));
            }
            for event in events(words) {
                let lines = [human::event::line(&event), human::event::log_line(&event)];
                for line in lines.into_iter().flatten() {
                    assert_visible(&line);
                    assert!(!line.contains('\n'), "{line:?}");
                }
            }
            for document in [json::plan(plan, diagnostics, sources), json::drift(plan, diagnostics, sources)] {
                assert_visible(&document);
                assert_eq!(untrusted::printed(&document, false), document, "a document is changed on its way out");
                let read: serde_json::Value = serde_json::from_str(&document).unwrap();
                assert_eq!(read["stack"], plan.stack.as_str());
            }
            let place = sources.ids().next().map(|source| Span::new(source, 0, 3)).unwrap();
            let case = CaseRun { name: words[0].as_str().into(), place, seconds: 0.0, wrong: diagnostics.clone() };
            let xml = junit::render_cases(&words[1], &[case], sources);
            assert_visible(&xml);
            assert_eq!(xml.matches("<failure ").count(), diagnostics.len());
            assert_eq!(xml.matches("<testcase ").count(), 1);
            for text in words {
                assert_printed(text);
                assert_visible(&untrusted::one_line(text));
                assert_visible(&untrusted::lines(text));
                assert_eq!(untrusted::one_line(text).lines().count().max(1), 1);
            }
        },
    );
}

fn without_colors(text: &str) -> String {
    let mut plain = String::new();
    for (number, part) in text.split("\u{1b}[").enumerate() {
        plain.push_str(if number == 0 { part } else { part.split_once('m').unwrap().1 });
    }
    // Blanks that were coloured stand at the end of lines.
    plain.lines().map(|line| format!("{}\n", line.trim_end())).collect::<String>()
}

/// Fails if a page has an element that is not ours.
#[track_caller]
fn page(text: &str) {
    assert_visible(text);
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_MATH
        | Options::ENABLE_GFM;
    let (mut inside, mut opened, mut closed, mut heads) = (0_usize, 0, 0, 0);
    let mut prose = String::new();
    let mut raw = String::new();
    for mark in Parser::new_ext(text, options) {
        match mark {
            Mark::Start(Tag::Heading { level, .. }) => {
                assert_eq!(level, HeadingLevel::H3, "{text}");
                heads += 1;
            }
            Mark::Start(Tag::CodeBlock(kind)) => {
                assert!(
                    matches!(&kind, CodeBlockKind::Fenced(name) if &**name == "diff"),
                    "{kind:?} is not ours\n{text}"
                );
                inside += 1;
            }
            Mark::End(pulldown_cmark::TagEnd::CodeBlock) => inside -= 1,
            Mark::Start(
                Tag::Paragraph
                | Tag::BlockQuote(_)
                | Tag::List(None)
                | Tag::Item
                | Tag::Table(_)
                | Tag::TableHead
                | Tag::TableRow
                | Tag::TableCell
                | Tag::Strong
                | Tag::HtmlBlock,
            ) => prose.push(' '),
            Mark::Start(tag) => panic!("{tag:?} is not ours\n{text}"),
            Mark::End(_) | Mark::Code(_) | Mark::SoftBreak => prose.push(' '),
            Mark::Text(words) if inside == 0 => prose.push_str(&words),
            Mark::Text(_) => {}
            Mark::Html(tag) | Mark::InlineHtml(tag) => raw.push_str(&tag),
            other => panic!("{other:?} is not ours\n{text}"),
        }
    }
    assert_eq!(heads, 1, "{text}");
    for line in raw.lines() {
        if line == "</details>" {
            closed += 1;
        } else if let Some(summary) = line.strip_prefix("<details><summary>") {
            opened += 1;
            let summary = summary.strip_suffix("</summary>").unwrap().replacen("<b>", "", 1).replacen("</b>", "", 1);
            let summary = summary.replace("&#8203;", "\u{200b}");
            assert!(
                !summary.contains('<') && !summary.contains('>') && mentions(&summary).is_none(),
                "{summary:?}\n{text}"
            );
        } else {
            let name = line.strip_prefix("<!-- cairn:plan stack=").and_then(|rest| rest.strip_suffix(" -->")).unwrap();
            assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "-_ =".contains(c)), "{line:?}\n{text}");
        }
    }
    assert_eq!(opened, closed, "{text}");
    assert_eq!(mentions(&prose), None, "{text}");
}

/// What a forge would make a link of, although it is none in Markdown.
fn mentions(text: &str) -> Option<&str> {
    let next = |mark: &str, then: fn(char) -> bool| {
        text.match_indices(mark).find(|(at, _)| text[at + mark.len()..].starts_with(then)).map(|(at, _)| &text[at..])
    };
    next("@", |c| c.is_ascii_alphanumeric())
        .or_else(|| next("#", |c| c.is_ascii_digit()))
        .or_else(|| next("://", |_| true))
        .or_else(|| next("www.", |c| c.is_ascii_alphanumeric()))
}
