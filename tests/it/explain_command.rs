//! `cairn explain`: the pages of the codes, and `cairn check --explain`.

use cairn::diagnostic::PAGES;

use crate::project::Project;

#[test]
fn every_code_is_explained_by_its_page() {
    let project = Project::empty();
    let listed = project.expect(0, "explain").out;
    assert_eq!(listed.lines().count(), PAGES.len());
    for page in PAGES {
        assert!(listed.lines().any(|line| line.split_whitespace().next() == Some(page.code)), "{}", page.code);
    }
    let whole = project.expect(0, "explain cairn::schema::unknown_field").out;
    assert_eq!(whole, project.expect(0, "explain schema::unknown_field").out);
    let lines: Vec<&str> = whole.lines().collect();
    assert_eq!(lines.first(), Some(&"cairn::schema::unknown_field"));
    assert!(lines.contains(&"Wrong") && lines.contains(&"Right"), "{whole}");
    assert!(!whole.contains("```"), "{whole}");
    // The name alone is enough where it is the only one.
    assert!(project.expect(0, "explain cidr_host_bits").out.starts_with("cairn::literals::cidr_host_bits\n"));
}

#[test]
fn codes_that_do_not_exist_have_a_neighbour() {
    let project = Project::empty();
    let said = |code: &str| project.expect(1, &format!("explain {code}")).err;
    assert!(said("schema::unknwn_field").contains("did you mean schema::unknown_field?"));
    assert!(said("other::unclosd").contains("did you mean syntax::unclosed?"));
    assert!(said("unknown_field").contains("schema::unknown_field types::unknown_field"));
    assert!(said("lookup").contains("lookup::none"));
    assert!(said("zzzzzzzzzz").contains("lists all of them"));
}

#[test]
fn reports_in_a_log_do_not_mention_it() {
    let project = Project::with("stack a {\n  cairn: \"1\"\n}\n\noutput b = c\n");
    let ended = project.expect(1, "check");
    assert!(!ended.err.contains("cairn explain"), "{}", ended.err);
}

#[test]
fn check_says_when_everything_is_checked() {
    let project = Project::with(
        "stack a {\n  cairn: \"1\"\n  environments: [\"dev\", \"live\"]\n}\n\nimport aws\n\n\
         provider eu = aws.Target { region: \"eu-central-1\" }\n\n\
         lookup image = aws.ssm.Parameter { name: \"/image\" }\n\
         resource vpc = aws.ec2.Vpc { cidr_block: 10.20.0.0/16 }\n\
         resource net = aws.ec2.Subnet { vpc, cidr_block: 10.20.1.0/24 }\n\n\
         assert 1 < 2\n  else \"arithmetic\"\n\
         assert image.value != \"\"\n  else \"an image\"\n\
         assert vpc.vpc_id != \"x\"\n  else \"an id\"\n",
    );
    let said = project.expect(0, "check --explain --env dev").out;
    let found: Vec<(&str, &str)> = said
        .lines()
        .skip_while(|line| !line.starts_with("when it is checked in dev"))
        .skip(1)
        .map(|line| line.trim().split_once(char::is_whitespace).map(|(when, what)| (when, what.trim())).unwrap())
        .collect();
    assert_eq!(
        found,
        [
            ("check", "1 < 2  (stack.cairn:14)"),
            ("plan", "image.value != \"\"  (stack.cairn:16)"),
            ("apply", "vpc.vpc_id != \"x\"  (stack.cairn:18)"),
            ("check", "net: `cidr_block` lies within `cidr_block` of `vpc`"),
            ("check", "net: `cidr_block` shares no address with others of the same `vpc`"),
        ]
    );
    assert!(!said.contains("in live"), "{said}");
    assert_eq!(project.expect(0, "check --explain").out.matches("when it is checked").count(), 2);
}
