//! `cairn docs`: interfaces as Markdown, written, printed and compared.

use crate::project::Project;

const NETWORK: &str = "## A network across zones.
component Network

import aws

## Address space.
input cidr: Cidr
## Zones | and <slots>.
input zones: known Map<0..99> = { a: 0, b: 1 }
input nat: \"each\" | \"shared\" = \"each\"
input options: {
  small: Bool   # or not
  note: String = \"#1\"
} = { small: true }
input comment: String?
  where true else \"never\"

assert zones.len() > 0
  else \"a network needs at least one zone\"

resource vpc = aws.ec2.Vpc { cidr_block: cidr }

## One in each zone.
resource public[az, slot in zones] = aws.ec2.Subnet { vpc, cidr_block: cidr.subnet(newbits: 8, index: slot) }

output vpc: aws.ec2.Vpc = vpc
output public: Map<aws.ec2.Subnet> = public
";

const EXPECTED: &str = "# component `Network`

A network across zones.

## Inputs

| name | type | default | known before apply | what it is for |
|---|---|---|---|---|
| `cidr` | `Cidr` | **required** | | Address space. |
| `zones` | `Map<0..99>` | `{ a: 0, b: 1 }` | yes | Zones \\| and &lt;slots>. |
| `nat` | `\"each\" \\| \"shared\"` | `\"each\"` | | |
| `options` | `{ small: Bool, note: String = \"#1\" }` | `{ small: true }` | | |
| `comment` | `String?` | may be left out | | must hold: `true` (never) |

## Outputs

| name | type | what it is |
|---|---|---|
| `public` | `Map<aws.ec2.Subnet>` | |
| `vpc` | `aws.ec2.Vpc` | |

## Resources

| name | type | how many | what it is for |
|---|---|---|---|
| `vpc` | `aws.ec2.Vpc` | 1 | |
| `public` | `aws.ec2.Subnet` | one for each `az, slot in zones` | One in each zone. |

## What must hold

| condition | if not |
|---|---|
| `zones.len() > 0` | a network needs at least one zone |
";

#[test]
fn a_component_is_described() {
    let project = Project::empty();
    project.write("library/network.cairn", NETWORK);
    assert_eq!(project.expect(0, "docs library/network.cairn").out, EXPECTED);
}

#[test]
fn a_stack_has_a_table_of_its_environments() {
    let project = Project::with(
        "stack shop {\n  cairn: \"1\"\n  environments: [\"dev\", \"live\"]\n}\n\n\
         input size: Int = 1\ninput token: Secret<String>\ninput owner: String\n",
    );
    project.write("env/dev.cairn", "env dev {\n  token: secret(\"env:TOKEN\")\n  owner: \"a|b\"\n}\n");
    project.write("env/live.cairn", "env live {\n  size: 3\n  token: secret(\"env:TOKEN\")\n}\n");
    let text = project.expect(0, "docs").out;
    let table: Vec<&str> = text.lines().skip_while(|line| *line != "## Environments").skip(2).collect();
    assert_eq!(
        table,
        [
            "| input | dev | live |",
            "|---|---|---|",
            "| `size` | default | `3` |",
            "| `token` | `secret(\"env:TOKEN\")` | `secret(\"env:TOKEN\")` |",
            "| `owner` | `\"a\\|b\"` | **missing** |",
        ]
    );
}

#[test]
fn a_library_shows_its_types_and_functions() {
    let project = Project::empty();
    project.write(
        "app.cairn",
        "type Scale = { min: Int = 1 }\n\n## Twice as much.\nfn twice(n: Int, of: String = \"x\"): Int = n * 2\n",
    );
    let text = project.expect(0, "docs app.cairn").out;
    assert!(text.starts_with("# library `app.cairn`\n"), "{text}");
    assert!(text.contains("| `Scale` | `{ min: Int = 1 }` | |"), "{text}");
    assert!(text.contains("| `twice` | `twice(n: Int, of: String = \"x\"): Int` | Twice as much. |"), "{text}");
}

#[test]
fn files_are_written_and_compared() {
    let project = Project::empty();
    project.write("network.cairn", NETWORK);
    project.expect(0, "docs network.cairn --out network.md");
    assert_eq!(project.read("network.md"), EXPECTED);
    assert_eq!(project.expect(0, "docs network.cairn --check network.md").out, "network.md is current\n");
    project.edit("network.cairn", "## Address space.", "## The space.");
    let stale = project.expect(2, "docs network.cairn --check network.md").out;
    assert!(stale.contains("cairn docs network.cairn --out network.md"), "{stale}");
    assert_eq!(project.read("network.md"), EXPECTED, "a check writes nothing");
    assert!(project.expect(1, "docs network.cairn --check gone.md").err.contains("gone.md cannot be read"));
}

#[test]
fn what_is_wrong_is_reported_and_not_described() {
    let project = Project::empty();
    project.write("network.cairn", "component Network\n\ninput a: Strin\n");
    let ended = project.expect(1, "docs network.cairn");
    assert!(ended.err.contains("types::unknown") && ended.out.is_empty(), "{}", ended.err);
    assert!(project.expect(1, "docs nowhere").err.contains("there is no directory nowhere"));
}

#[test]
fn parts_of_the_standard_library_are_described() {
    let project = Project::empty();
    let network = project.expect(0, "docs std:aws/network").out;
    assert!(network.starts_with("# component `Network`\n") && network.contains("| `cidr` | `Cidr` |"), "{network}");
    let policies = project.expect(0, "docs std:policies/databases").out;
    assert!(policies.contains("\n## Policies\n") && policies.contains("| `Deny` |"), "{policies}");
    assert!(project.expect(1, "docs std:aws/netwrk").err.contains("did you mean std:aws/network?"));
}
