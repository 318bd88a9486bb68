//! Files that no document can hold: too large, too deep, in other encodings, with characters that mislead, links,
//! circles of imports. Through the command line: exact codes and places, exit code 1, nothing on the disk changed.

use crate::stack_folder::{Folder, STACK, reports};

const MIB: usize = 1024 * 1024;

/// Checks a folder: exactly these reports, exit code 1, no panic, nothing written, nothing raw on the terminal.
#[track_caller]
fn refused(folder: &Folder, expected: &[&str]) {
    let before = folder.contents();
    let json = folder.check(&["--format", "json"]);
    assert_eq!(reports(&json), expected);
    assert_eq!(json.status.code(), Some(1), "{}", String::from_utf8_lossy(&json.stderr));
    let text = folder.check(&[]);
    assert_eq!(text.status.code(), Some(1));
    let shown = String::from_utf8(text.stderr).unwrap();
    for code in expected {
        let code = code.split(' ').next().unwrap();
        assert!(shown.contains(&format!("cairn::{code}\n")), "{code} is not shown:\n{shown}");
    }
    assert!(!shown.contains("panicked"), "{shown}");
    harmless(&shown);
    harmless(&String::from_utf8(text.stdout).unwrap());
    assert!(before == folder.contents(), "a check changed something on the disk");
}

/// Checks a folder in which nothing is wrong.
#[track_caller]
fn accepted(folder: &Folder) {
    let json = folder.check(&["--format", "json"]);
    assert_eq!(reports(&json), [""; 0]);
    assert_eq!(json.status.code(), Some(0));
}

/// Text for a terminal holds line ends and nothing else that does not show.
#[track_caller]
fn harmless(text: &str) {
    let hidden = |c: char| {
        c != '\n' && c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    assert_eq!(text.chars().find(|c| hidden(*c)), None, "{text:?}");
}

/// A stack with one more file.
fn stack_and(name: &str, bytes: impl AsRef<[u8]>) -> Folder {
    let folder = Folder::with(&[("stack.cairn", STACK)]);
    folder.write(name, bytes.as_ref());
    folder
}

#[test]
fn a_file_of_ten_mebibytes_is_read_and_a_larger_one_is_not() {
    let comments = "# a line of text that says nothing at all, again and again\n".repeat(10 * MIB / 59);
    assert!(comments.len() > 10 * MIB - 100 && comments.len() <= 10 * MIB);
    accepted(&stack_and("large.cairn", &comments));
    let larger = format!("{comments}{}", "#".repeat(10 * MIB + 1 - comments.len()));
    assert_eq!(larger.len(), 10 * MIB + 1);
    refused(&stack_and("large.cairn", larger), &["syntax::too_large large.cairn:1:1"]);
}

#[test]
fn a_file_of_many_declarations_is_read() {
    let declarations: String = (0..40_000).map(|n| format!("let constant_{n} = {n}\n")).collect();
    assert!(declarations.len() > MIB);
    accepted(&stack_and("many.cairn", declarations));
}

#[test]
fn a_large_declaration_is_refused_and_the_next_one_read() {
    let text = format!("let words = [{}]\nlet next = nothing\n", "1, ".repeat(30_000));
    refused(
        &stack_and("large.cairn", text),
        &["syntax::too_large large.cairn:1:1", "names::undefined large.cairn:2:12"],
    );
}

#[test]
fn a_hundred_thousand_levels_are_refused() {
    let many = 100_000;
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{ a: ", "}"),
        ("\"${", "}\""),
        ("if true then ", ""),
        ("1 + ", ""),
        ("!", ""),
        ("- ", ""),
        ("f(", ")"),
    ] {
        let text = format!("let deep = {}1{}\nlet next = nothing\n", open.repeat(many), close.repeat(many));
        refused(
            &stack_and("deep.cairn", text),
            &["syntax::too_large deep.cairn:1:1", "names::undefined deep.cairn:2:12"],
        );
    }
}

/// As deep as 64 KiB allow, so that it is not the size that is refused.
#[test]
fn levels_below_the_largest_size_are_refused_where_they_become_too_many() {
    for (lead, open, close, column) in [
        ("let deep = ", "(", ")", 140),
        ("let deep = ", "[", "]", 140),
        ("let deep = ", "{ a: ", "}", 12 + 128 * 5),
        ("let deep = ", "\"${", "}\"", 12 + 64 * 3),
        ("let deep = ", "f(", ")", 12 + 128 * 2 + 1),
        ("let deep = ", "[for i in ", ": i]", 12 + 128 * 10),
        ("let deep = ", "match 1 { 1 => ", "}", 12 + 128 * 15 + 8),
        ("input deep: ", "[", "]", 141),
        ("input deep: ", "{ a: ", "}", 13 + 128 * 5),
        ("let deep = ", "if true then ", "", 12 + 256 * 13),
        ("let deep = ", "if true then 1 else ", "", 12 + 256 * 20),
        ("let deep = ", "1 + ", "", 12 + 256 * 4 + 2),
        ("let deep = ", "1 ?? ", "", 12 + 256 * 5 + 2),
        ("let deep = ", "true && ", "", 12 + 256 * 8 + 5),
        ("let deep = ", "!", "", 12 + 256),
        ("let deep = ", "- ", "", 12 + 256 * 2),
        ("input deep: ", "Set<", ">", 13 + 256 * 4 + 3),
    ] {
        let many = 60_000 / (open.len() + close.len());
        let text = format!("{lead}{}1{}\nlet next = nothing\n", open.repeat(many), close.repeat(many));
        let place = format!("syntax::too_deep deep.cairn:1:{column}");
        refused(&stack_and("deep.cairn", text), &[&place, "names::undefined deep.cairn:2:12"]);
    }
    for (part, column) in
        [(".a", 13 + 256 * 2), ("?.a", 13 + 256 * 3), ("[0]", 13 + 256 * 3 + 2), ("()", 13 + 256 * 2 + 1)]
    {
        let text = format!("let deep = b{}\n", part.repeat(60_000 / part.len()));
        let place = format!("syntax::too_deep deep.cairn:1:{column}");
        refused(&stack_and("deep.cairn", text), &[&place]);
    }
}

#[test]
fn what_is_just_not_too_deep_is_read() {
    for (open, close) in [("(", ")"), ("[", "]"), ("{ a: ", "}")] {
        let text = format!("let deep = {}1{}\n", open.repeat(128), close.repeat(128));
        accepted(&stack_and("deep.cairn", text));
    }
    for text in [
        format!("let deep = {}true\n", "!".repeat(256)),
        format!("let deep = 1{}\n", " + 1".repeat(256)),
        format!("let deep = {}1\n", "if true then 1 else ".repeat(256)),
    ] {
        accepted(&stack_and("deep.cairn", text));
    }
}

#[test]
fn other_encodings_are_refused() {
    let utf16: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain("let a = 1\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    refused(&stack_and("a.cairn", utf16), &["syntax::encoding a.cairn:1:1"]);
    let latin1 = b"let a = \"gr\xfc\xdfe\"\n";
    refused(&stack_and("a.cairn", latin1), &["syntax::encoding a.cairn:1:1"]);
    // UTF-16 without its mark is full of NUL bytes, which are UTF-8.
    let unmarked: Vec<u8> = "let".encode_utf16().flat_map(u16::to_le_bytes).collect();
    refused(
        &stack_and("a.cairn", unmarked),
        &["syntax::unknown_keyword a.cairn:1:1", "syntax::hidden_character a.cairn:1:2"],
    );
    refused(&stack_and("a.cairn", b"let a = 1\0\n"), &["syntax::hidden_character a.cairn:1:10"]);
    accepted(&stack_and("a.cairn", b"\xEF\xBB\xBFlet a = 1\n"));
    // The environment files, and what is imported, are read by the same rules.
    let stack = "stack s {\n  cairn: \"1\"\n  environments: [\"dev\"]\n}\n";
    let folder = Folder::with(&[("stack.cairn", stack.as_bytes()), ("env/dev.cairn", b"env dev { a: \"\xfc\" }")]);
    refused(&folder, &["syntax::encoding env/dev.cairn:1:1"]);
    let folder = stack_and("main.cairn", "import { a } from \"./lib/a.cairn\"\n");
    folder.write("lib/a.cairn", b"let a = \"\xfc\"");
    refused(&folder, &["imports::file main.cairn:1:19"]);
}

#[test]
fn line_ends_of_other_systems() {
    accepted(&stack_and("a.cairn", "let a = {\r\n  b: 1\r\n}\r\n\r\n## Doc\r\noutput c: Int = a.b\r\n"));
    refused(
        &stack_and("a.cairn", "let a = 1\rlet b = nothing\r"),
        &["syntax::hidden_character a.cairn:1:10", "names::undefined a.cairn:1:19"],
    );
}

#[test]
fn characters_that_cannot_be_seen_are_refused_and_never_shown() {
    for hidden in [
        '\u{200b}',
        '\u{200d}',
        '\u{202e}',
        '\u{2066}',
        '\u{feff}',
        '\u{2028}',
        '\u{e0041}',
        '\u{1b}',
        '\u{7}',
        '\u{8}',
        '\u{7f}',
        '\u{9b}',
    ] {
        let text = format!("# {hidden} comment\nlet a = \"{hidden}\"\nlet b{hidden} = 1\n");
        let expected = [
            "syntax::hidden_character a.cairn:1:3",
            "syntax::hidden_character a.cairn:2:10",
            "syntax::hidden_character a.cairn:3:6",
        ];
        refused(&stack_and("a.cairn", text), &expected);
    }
}

#[test]
fn escape_sequences_from_anywhere_never_reach_the_terminal() {
    let clear = "\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m\u{202e}";
    // In the text of a file that a value is made of.
    let folder = stack_and("main.cairn", "input size: \"a\" | \"b\" = file(\"./size.txt\")\n");
    folder.write("size.txt", clear.as_bytes());
    refused(&folder, &["types::not_one_of main.cairn:1:25"]);
    // In the message of an assertion.
    let folder = stack_and("main.cairn", "assert false else \"no: ${file(\"./words.txt\")}\"\n");
    folder.write("words.txt", clear.as_bytes());
    refused(&folder, &["assert::failed main.cairn:1:8"]);
    // In a key.
    let folder =
        stack_and("main.cairn", "let a = { for k in [file(\"./k.txt\"), file(\"./k.txt\")]: k => 1 }\noutput b = a\n");
    folder.write("k.txt", clear.as_bytes());
    refused(&folder, &["loop::same_key main.cairn:1:56"]);
    // In the name of a file.
    let folder = stack_and(&format!("{clear}.cairn"), "let a = nothing\n");
    let json = folder.check(&["--format", "json"]);
    assert_eq!(reports(&json).len(), 1);
    let text = folder.check(&[]);
    assert_eq!(text.status.code(), Some(1));
    harmless(&String::from_utf8(text.stderr).unwrap());
    // In the path of an import, where the reader sees them, and in the words of the command line.
    let folder = stack_and("main.cairn", "input a: Int = 1\n");
    for arguments in [["--set", "\u{1b}[2Ja=1"], ["--set", "a=\u{1b}[2J"], ["--env", "\u{1b}[2J"]] {
        let text = folder.check(&arguments);
        assert_eq!(text.status.code(), Some(1), "{arguments:?}");
        harmless(&String::from_utf8(text.stderr).unwrap());
        harmless(&String::from_utf8(text.stdout).unwrap());
    }
}

#[test]
fn folders_without_a_stack() {
    let folder = Folder::empty();
    refused(&folder, &["stack::header -"]);
    folder.write("notes.txt", b"nothing");
    refused(&folder, &["stack::header -"]);
    refused(&Folder::with(&[("empty.cairn", "")]), &["stack::header empty.cairn:1:1"]);
    refused(&Folder::with(&[("a.cairn", "let a = 1\n")]), &["stack::header a.cairn:1:1"]);
    let gone = folder.path("gone");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_cairn")).arg("check").arg(&gone).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("there is no directory"));
}

#[test]
fn empty_files_are_no_mistake() {
    let folder = stack_and("empty.cairn", "");
    folder.write("blank.cairn", b"\n\n   \n# comment\n");
    accepted(&folder);
    folder.write("folder.cairn/inside.cairn", b"let a = nothing\n");
    accepted(&folder);
}

#[cfg(unix)]
#[test]
fn what_the_system_does_not_let_be_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = stack_and("secret.cairn", "let a = 1\n");
    folder.write("policy/p.cairn", b"let b = 1\n");
    let forbid = |name: &str, mode: u32| {
        std::fs::set_permissions(folder.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    forbid("secret.cairn", 0o000);
    if std::fs::read(folder.path("secret.cairn")).is_ok() {
        eprintln!("skipped: this user may read everything");
        forbid("secret.cairn", 0o600);
        return;
    }
    refused(&folder, &["stack::unreadable -"]);
    forbid("secret.cairn", 0o600);
    forbid("policy", 0o000);
    refused(&folder, &["stack::unreadable -"]);
    forbid("policy", 0o700);
    accepted(&folder);
}

#[cfg(unix)]
#[test]
fn links_that_leave_the_folder_are_not_followed() {
    use std::os::unix::fs::symlink;
    let outside =
        Folder::with(&[("words.txt", "hello"), ("more.cairn", "let more = 1\n"), ("box.cairn", "component Box\n")]);
    let folder = stack_and("main.cairn", "output a = file(\"./words.txt\")\n");
    symlink(outside.path("words.txt"), folder.path("words.txt")).unwrap();
    refused(&folder, &["files::outside main.cairn:1:17"]);
    let folder = stack_and("main.cairn", "let a = 1\n");
    symlink(outside.path("more.cairn"), folder.path("more.cairn")).unwrap();
    refused(&folder, &["stack::unreadable -"]);
    let folder = stack_and("main.cairn", "import Box from \"./library/box.cairn\"\nresource box = Box { }\n");
    std::fs::create_dir(folder.path("library")).unwrap();
    symlink(outside.path("box.cairn"), folder.path("library/box.cairn")).unwrap();
    refused(&folder, &["imports::file main.cairn:1:17"]);
    // Links inside of the folder are as good as files, and a link to nothing is no file.
    let folder = stack_and("main.cairn", "output a: String = file(\"./link.txt\")\n");
    folder.write("texts/words.txt", b"hello");
    symlink("texts/words.txt", folder.path("link.txt")).unwrap();
    accepted(&folder);
    symlink("loop.txt", folder.path("loop.txt")).unwrap();
    folder.write("more.cairn", b"output b = file(\"./loop.txt\")\n");
    refused(&folder, &["files::unreadable more.cairn:1:12"]);
}

#[test]
fn imports_in_circles() {
    // Libraries may import each other: there is no order of files.
    let folder = stack_and("main.cairn", "import { one } from \"./lib/a.cairn\"\noutput o: Int = one\n");
    folder.write("lib/a.cairn", b"import { two } from \"./b.cairn\"\nlet one = two + 1\nlet base = 1\n");
    folder.write("lib/b.cairn", b"import { base } from \"./a.cairn\"\nlet two = base + 1\n");
    accepted(&folder);
    // But no value may need itself, however many files it goes through.
    folder.write("lib/b.cairn", b"import { one } from \"./a.cairn\"\nlet two = one + 1\n");
    refused(&folder, &["names::circular lib/b.cairn:2:11"]);
    // And no component may be a part of itself.
    let folder = stack_and("main.cairn", "import A from \"./lib/a.cairn\"\nresource a = A { }\n");
    folder.write("lib/a.cairn", b"component A\nimport B from \"./b.cairn\"\nresource b = B { }\n");
    folder.write("lib/b.cairn", b"component B\nimport C from \"./c.cairn\"\nresource c = C { }\n");
    folder.write("lib/c.cairn", b"component C\nimport A from \"./a.cairn\"\nresource a = A { }\n");
    refused(
        &folder,
        &["imports::circle lib/a.cairn:3:14", "imports::circle lib/b.cairn:3:14", "imports::circle lib/c.cairn:3:14"],
    );
}

#[test]
fn values_of_the_command_line() {
    let folder =
        stack_and("main.cairn", "input zones: Map<Int> = {}\ninput token: Secret<String> = secret(\"env:T\")\n");
    for (given, expected) in [
        ("zoens={}", "env::override --set:1:13"),
        ("zones={", "env::override --set:1:13"),
        ("zones=1", "types::mismatch --set:1:13"),
        ("zones=zones", "env::data_only --set:1:13"),
        ("token=hunter2", "secret::written --set:1:13"),
    ] {
        let json = folder.check(&["--format", "json", "--set", given]);
        assert_eq!(reports(&json), [expected], "{given}");
        assert_eq!(json.status.code(), Some(1));
    }
    let json = folder.check(&["--format", "json", "--set", "zones={ a: 1 }"]);
    assert_eq!(reports(&json), [""; 0]);
}
