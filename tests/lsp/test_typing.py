"""What is wrong, while it is typed."""

import asyncio

from lsprotocol import types as lsp


async def test_a_right_stack_has_no_reports(workspace):
    workspace.open("stack.cairn")
    await workspace.codes("stack.cairn", [])


async def test_a_broken_file_is_reported_and_the_rest_still_checked(workspace):
    text = workspace.texts["stack.cairn"]
    text = text.replace("cidr_block: cidr\n", "cidr_block:\n", 1).replace("= vpc.vpc_id", "= vcp.vpc_id")
    workspace.open("stack.cairn", text)
    missing, undefined = await workspace.codes("stack.cairn", ["syntax::missing_value", "names::undefined"])
    assert missing.severity == lsp.DiagnosticSeverity.Error and missing.source == "cairn"
    assert workspace.covered("stack.cairn", undefined.range) == "vcp"
    assert "did you mean `vpc`?" in undefined.message


async def test_edits_are_followed(workspace):
    workspace.open("stack.cairn")
    await workspace.codes("stack.cairn", [])
    workspace.replace("stack.cairn", "cidr_block: cidr\n", "cidr_blok: cidr\n")
    (unknown,) = await workspace.codes("stack.cairn", ["schema::unknown_field"])
    assert workspace.covered("stack.cairn", unknown.range) == "cidr_blok"
    workspace.replace("stack.cairn", "cidr_blok", "cidr_block")
    await workspace.codes("stack.cairn", [])
    whole = lsp.TextDocumentContentChangeWholeDocument(text="stack shop { cairn: \"1\" }\nlet a = b\n")
    workspace.change("stack.cairn", whole)
    await workspace.codes("stack.cairn", ["names::undefined"])


async def test_a_mistake_of_one_environment_alone(workspace):
    workspace.write("env/production.cairn", "env production {\n  size: \"huge\"\n}\n")
    workspace.open("stack.cairn")
    workspace.open("env/production.cairn")
    found = await wait_for_any(workspace, "env/production.cairn")
    assert workspace.covered("env/production.cairn", found.range) == '"huge"'


async def test_an_unsaved_file_counts(workspace):
    workspace.open("stack.cairn")
    await workspace.codes("stack.cairn", [])
    workspace.open("library/names.cairn", "fn other(part: String): String = part\n")
    (missing,) = await workspace.codes("stack.cairn", ["imports::name"])
    assert workspace.covered("stack.cairn", missing.range) == "named"


async def test_both_ends_of_a_disagreement(workspace):
    workspace.open("stack.cairn")
    workspace.replace("stack.cairn", "  cidr_block: cidr\n", "  cidr_block: cidr\n  cidr_block: cidr\n")
    (twice,) = await workspace.codes("stack.cairn", ["names::duplicate"])
    (first,) = twice.related_information
    assert first.message == "the first time"
    assert first.location.uri == workspace.uri("stack.cairn")
    assert first.location.range.start.line + 1 == twice.range.start.line


async def test_positions_behind_characters_beyond_the_first_plane(workspace):
    workspace.open("stack.cairn")
    workspace.replace("stack.cairn", 'named("💧 ${env}")', 'named("💧💧 ${enf}")')
    (undefined,) = await workspace.codes("stack.cairn", ["names::undefined"])
    assert workspace.covered("stack.cairn", undefined.range) == "enf"
    workspace.replace("stack.cairn", "💧💧 ${enf}", "💧💧💧 ${env}")
    await workspace.codes("stack.cairn", [])


async def test_lines_may_end_with_carriage_returns(workspace):
    text = workspace.texts["stack.cairn"].replace("= vpc.vpc_id", "= vcp.vpc_id").replace("\n", "\r\n")
    workspace.open("stack.cairn", text)
    (undefined,) = await workspace.codes("stack.cairn", ["names::undefined"])
    assert workspace.covered("stack.cairn", undefined.range) == "vcp"


async def test_a_document_on_no_disk(workspace):
    workspace.open("untitled:Untitled-1", "stack s { cairn: \"1\" }\nlet a = bb\n")
    await workspace.codes("untitled:Untitled-1", ["names::undefined"])
    workspace.open("untitled:Untitled-2", "component C\ninput a: Strin\n")
    await workspace.codes("untitled:Untitled-2", ["types::unknown"])


async def test_a_component_that_no_stack_uses(workspace):
    workspace.write("loose/part.cairn", "component Part\n\nimport aws\n\nresource a = aws.ec2.Vpc { cidr_blck: 10.0.0.0/16 }\n")
    workspace.open("loose/part.cairn")
    await workspace.codes("loose/part.cairn", ["schema::unknown_field"])


async def test_a_closed_document_is_silent(workspace):
    workspace.open("untitled:Untitled-1", "stack s { cairn: \"1\" }\nlet a = bb\n")
    await workspace.codes("untitled:Untitled-1", ["names::undefined"])
    document = lsp.TextDocumentIdentifier(workspace.uri("untitled:Untitled-1"))
    workspace.client.text_document_did_close(lsp.DidCloseTextDocumentParams(document))
    await workspace.codes("untitled:Untitled-1", [])


async def wait_for_any(workspace, name):
    for _ in range(1000):
        if found := workspace.diagnostics(name):
            return found[0]
        await asyncio.sleep(0.02)
    raise AssertionError("nothing was reported")
