//! What the formatter decides, case by case.

use super::format;

/// Formats, and again to see that nothing changes any more.
fn formatted(text: &str) -> String {
    let once = format(text).unwrap().text;
    assert_eq!(format(&once).unwrap().text, once, "formatting twice differs");
    once
}

#[track_caller]
fn becomes(text: &str, wanted: &str) {
    assert_eq!(formatted(text), wanted);
}

#[track_caller]
fn stays(text: &str) {
    becomes(text, text);
}

#[test]
fn blanks_and_separators() {
    becomes("let   a=1+2*-3", "let a = 1 + 2 * -3\n");
    becomes("let a = {x:1,y : [ 1,2 , ],}", "let a = { x: 1, y: [1, 2] }\n");
    becomes(
        "let a = tcp / 80 .. 90\nlet b = 10 /2\nlet c = !x . y ?. z [ 0 ]",
        "let a = tcp/80..90\nlet b = 10 / 2\nlet c = !x.y?.z[0]\n",
    );
    becomes(
        "fn f ( a:Int,b : Map < Int > = { } ) : [ Int ? ]=g( a , n : b )",
        "fn f(a: Int, b: Map<Int> = {}): [Int?] = g(a, n: b)\n",
    );
    becomes(
        "import{a,B}from \"./x.cairn\"\nforget a . b [ \"k\" ]",
        "import { a, B } from \"./x.cairn\"\nforget a.b[\"k\"]\n",
    );
    becomes(
        "@protect\nresource a [x,y in z by x.n if y]if c=aws.ec2.Vpc{}",
        "@protect\nresource a[x, y in z by x.n if y] if c = aws.ec2.Vpc {}\n",
    );
    becomes("let m = match x{\"a\"|\"b\"=>1,else=>2}", "let m = match x { \"a\" | \"b\" => 1, else => 2 }\n");
}

#[test]
fn a_name_is_not_said_twice() {
    becomes("let a = { vpc: vpc, b: c, true: true, \"d\": d }", "let a = { vpc, b: c, true: true, \"d\": d }\n");
}

#[test]
fn what_the_source_lists_on_lines_stays_on_lines() {
    stays("let a = {\n  x: 1\n  y: 2\n}\n");
    becomes("let a = {\n x: 1, y: 2 }", "let a = {\n  x: 1\n  y: 2\n}\n");
    becomes("let a = { x: 1,\n  y: 2\n}", "let a = { x: 1, y: 2 }\n");
    stays("let a = [{\n  x: 1\n}]\n");
    stays("let a = f(1, {\n  x: 1\n})\n");
    becomes("let a = {\n\n  x: 1\n\n\n  y: 2\n\n}", "let a = {\n  x: 1\n\n  y: 2\n}\n");
}

#[test]
fn what_is_too_wide_takes_lines() {
    let long = "a".repeat(50);
    becomes(
        &format!("let a = {{ x: {long}, y: {long}, z: 1 }}"),
        &format!("let a = {{\n  x: {long}\n  y: {long}\n  z: 1\n}}\n"),
    );
    becomes(
        &format!("let a = {long} == 1 && {long} - 1 && b"),
        &format!("let a = {long} == 1\n  && {long} - 1\n  && b\n"),
    );
    becomes(
        &format!("let a = if {long} then {long} else {long}"),
        &format!("let a = if {long}\n  then {long}\n  else {long}\n"),
    );
    becomes(&format!("fn f(): Int = {long} + {long} + 1"), &format!("fn f(): Int =\n  {long} + {long} + 1\n"));
    becomes(
        &format!("let a: \"{long}\" | \"{long}\" | \"x\" = 1"),
        &format!("let a: \"{long}\"\n  | \"{long}\"\n  | \"x\" = 1\n"),
    );
}

#[test]
fn conditions_stand_on_lines_of_their_own() {
    becomes("input a: Int = 1 where a > 0 else \"m\"", "input a: Int = 1\n  where a > 0 else \"m\"\n");
    becomes("assert a else \"m\"", "assert a\n  else \"m\"\n");
}

#[test]
fn columns_are_kept_where_they_were_meant() {
    becomes("let a    = 1\nlet bbb  = 2\n", "let a   = 1\nlet bbb = 2\n");
    stays("let a = 1\nlet bbb = 2\n");
    stays("let x = {\n  a:   { n: 1,   m: 2 }\n  bbb: { n: 100, m: 3 }\n}\n");
    stays("let a = 1    # one\nlet b = 2\n\nlet c = 100  # hundred\nlet d = 2    # two\n");
    stays("let m = match x {\n  \"a\"  => 1\n  else => 2\n}\n");
}

#[test]
fn comments_stay_where_they_are() {
    stays("# top\n\n## doc\nlet a = 1  # one\n# between\n\n# last\n");
    stays("let a = {\n  # first\n  x: 1  # of x\n\n  # of y\n  y: 2\n  # last\n}\n");
    becomes("let a = { # open\n x: 1, # of x\n}", "let a = {  # open\n  x: 1  # of x\n}\n");
    becomes("let a = [\n# column\n  1\n]", "let a = [\n  # column\n  1\n]\n");
    becomes("let a = [ # nothing\n]", "let a = [  # nothing\n]\n");
    becomes("let a = b # b\n  # c\n  && c", "let a = b  # b\n  # c\n  && c\n");
    becomes("let a = 1\n    # behind", "let a = 1\n  # behind\n");
    becomes("input a: Int # of a\n  # of where\n  where a > 0", "input a: Int  # of a\n  # of where\n  where a > 0\n");
    becomes("@protect # p\n## d\nlet a = 1", "@protect  # p\n## d\nlet a = 1\n");
}

#[test]
fn texts_are_never_touched() {
    stays("let a = \"\"\"\n      one  \n    two ${ x }\n      \"\"\"\n");
    becomes("let a = { t: r\"\"\"\n  x \n  \"\"\" , b:1 }", "let a = { t: r\"\"\"\n  x \n  \"\"\", b: 1 }\n");
    stays("let a = \"${ x  }\"\n");
}

#[test]
fn what_cannot_be_read_stays() {
    becomes("let a   =  = 1\nlet b  =  2\n", "let a   =  = 1\nlet b = 2\n");
    becomes("  stray here\nlet b  =  2\n", "  stray here\nlet b = 2\n");
    becomes("let a = {\n  x:   \n\nlet b=1\n", "let a = {\n  x:\n\nlet b = 1\n");
    let hidden = "let a   = \"\u{200b}\"\nlet b = 1\n";
    stays(hidden);
    assert_eq!(format(hidden).unwrap().broken, 1);
    // At the end of a line it looks blank, and stays where it is.
    let last = "let a = \"\u{1b}\"  # seen\u{200b}\nlet b  = 1\n";
    assert_eq!(format(last).unwrap().text, "let a = \"\u{1b}\"  # seen\u{200b}\nlet b = 1\n");
    stays("let a   = 1\rlet b   = 2\r");
    // A line in the first column is a declaration, whatever is open above it.
    stays("@protect resource a   = T {\nx: 1 }\n");
}

#[test]
fn line_ends_are_those_of_the_first_line() {
    becomes("let a=1\r\nlet b=2\n", "let a = 1\r\nlet b = 2\r\n");
    becomes("let a=1\nlet b=2\r\n", "let a = 1\nlet b = 2\n");
    becomes("\u{feff}let a=1", "let a = 1\n");
    becomes("", "");
    becomes("\n\n", "");
}
