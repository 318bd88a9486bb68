"""What a word is, where it is declared, where it is used, and giving it another name."""

import asyncio

import pytest
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException


async def hover(workspace, name, marked):
    found = await workspace.client.text_document_hover_async(lsp.HoverParams(**workspace.place(name, marked)))
    return found and found.contents.value


async def test_hover_of_names(workspace):
    workspace.open("stack.cairn")
    await workspace.codes("stack.cairn", [])
    text = await hover(workspace, "stack.cairn", "cidr_block: ci|dr\n")
    assert "input cidr: Cidr" in text and "Address space of the network." in text and "Type: `Cidr`" in text
    assert "aws.ec2.Vpc" in await hover(workspace, "stack.cairn", "network: v|pc")
    assert "The name of a part." in await hover(workspace, "stack.cairn", "Name: na|med")
    assert "A box in a network." in await hover(workspace, "stack.cairn", "= Bo|x {")
    assert "slot: 0 | 1" in (text := await hover(workspace, "stack.cairn", "index: sl|ot")) or "slot: Int" in text
    assert await hover(workspace, "stack.cairn", "import a|ws")
    assert "a region of an account" in await hover(workspace, "stack.cairn", "prov|ider eu")


async def test_hover_of_fields(workspace):
    workspace.open("stack.cairn")
    text = await hover(workspace, "stack.cairn", "availability_|zone")
    assert "**replaces**" in text and "`AvailabilityZone`" in text
    assert "known: `made`" in (await hover(workspace, "stack.cairn", "= vpc.vpc|_id")).lower()
    assert await hover(workspace, "stack.cairn", "  |\n  availability_zone".replace("|\n", "|vpc\n", 1)) is not None


async def test_hover_shows_values_of_environments(workspace):
    workspace.open("stack.cairn")
    for _ in range(500):
        text = await hover(workspace, "stack.cairn", "cidr_block: ci|dr\n")
        if "production" in text:
            break
        await asyncio.sleep(0.02)
    assert "- production: `10.30.0.0/16`" in text and "- staging: `10.20.0.0/16`" in text
    assert "`written`" in text


async def definition(workspace, name, marked):
    params = lsp.DefinitionParams(**workspace.place(name, marked))
    return await workspace.client.text_document_definition_async(params)


@pytest.mark.parametrize(
    ("marked", "name", "declared"),
    [
        ("network: v|pc", "stack.cairn", "vpc"),
        ("cidr_block: ci|dr\n", "stack.cairn", "cidr"),
        ("index: sl|ot", "stack.cairn", "slot"),
        ("= Bo|x {", "library/box.cairn", "Box"),
        ("lab|el: \"x\"", "library/box.cairn", "label"),
        ("= box.u|rl", "library/box.cairn", "url"),
        ("Name: na|med", "library/names.cairn", "named"),
        ("{ na|med }", "library/names.cairn", "named"),
        ("./library/b|ox.cairn", "library/box.cairn", ""),
    ],
)
async def test_definitions(workspace, marked, name, declared):
    workspace.open("stack.cairn")
    found = await definition(workspace, "stack.cairn", marked)
    assert found.uri == workspace.uri(name)
    assert workspace.covered(name, found.range) == declared


async def test_definition_of_an_environments_value(workspace):
    workspace.open("env/production.cairn")
    found = await definition(workspace, "env/production.cairn", "ci|dr:")
    assert (found.uri, workspace.covered("stack.cairn", found.range)) == (workspace.uri("stack.cairn"), "cidr")


async def references(workspace, name, marked, declaration=True):
    context = lsp.ReferenceContext(include_declaration=declaration)
    params = lsp.ReferenceParams(context=context, **workspace.place(name, marked))
    found = await workspace.client.text_document_references_async(params)
    return sorted((one.uri.rsplit("/", 1)[-1], one.range.start.line) for one in found)


async def test_references(workspace):
    workspace.open("stack.cairn")
    vpc = await references(workspace, "stack.cairn", "resource v|pc")
    assert [name for name, _ in vpc] == ["stack.cairn"] * 4
    assert len(await references(workspace, "stack.cairn", "resource v|pc", declaration=False)) == 3
    cidr = await references(workspace, "stack.cairn", "input ci|dr")
    assert [name for name, _ in cidr].count("production.cairn") == 1
    workspace.open("library/box.cairn")
    label = await references(workspace, "library/box.cairn", "input la|bel")
    assert [name for name, _ in label] == ["box.cairn", "box.cairn", "stack.cairn"]


async def renamed(workspace, name, marked, new):
    params = lsp.RenameParams(new_name=new, **workspace.place(name, marked))
    edit = await workspace.client.text_document_rename_async(params)
    texts = {}
    for uri, edits in edit.changes.items():
        file = next(name for name in workspace.texts if workspace.uri(name) == uri)
        text = workspace.texts[file]
        lines = text.split("\n")
        for one in sorted(edits, key=lambda one: (-one.range.start.line, -one.range.start.character)):
            line = lines[one.range.start.line].encode("utf-16-le")
            start, end = one.range.start.character * 2, one.range.end.character * 2
            lines[one.range.start.line] = (line[:start] + one.new_text.encode("utf-16-le") + line[end:]).decode("utf-16-le")
        texts[file] = "\n".join(lines)
    return texts


async def test_rename_in_all_files(workspace):
    workspace.open("stack.cairn")
    await workspace.codes("stack.cairn", [])
    texts = await renamed(workspace, "stack.cairn", "input ci|dr", "range")
    assert set(texts) == {"stack.cairn", "env/production.cairn"}
    assert "range: 10.30.0.0/16" in texts["env/production.cairn"]
    assert "cidr_block: range.subnet(" in texts["stack.cairn"]
    for name, text in texts.items():
        workspace.open(name, text)
    await workspace.codes("stack.cairn", [])


async def test_the_short_form_of_a_field_keeps_its_name(workspace):
    workspace.open("stack.cairn")
    texts = await renamed(workspace, "stack.cairn", "resource v|pc", "network")
    assert "  vpc: network\n" in texts["stack.cairn"]
    assert "network: network, label" in texts["stack.cairn"]
    # A new name is a new address, which is said to the next plan.
    assert "@was(vpc)\nresource network" in texts["stack.cairn"]
    assert any("@was(vpc)" in message.message for message in workspace.client.messages)


async def test_rename_of_what_components_and_libraries_declare(workspace):
    workspace.open("library/box.cairn")
    texts = await renamed(workspace, "library/box.cairn", "component B|ox", "Crate")
    assert "import Crate from" in texts["stack.cairn"] and "= Crate {" in texts["stack.cairn"]
    assert "component Crate" in texts["library/box.cairn"]
    texts = await renamed(workspace, "library/box.cairn", "output u|rl", "address")
    assert "= box.address" in texts["stack.cairn"]
    workspace.open("library/names.cairn")
    texts = await renamed(workspace, "library/names.cairn", "fn na|med", "called")
    assert "import { called } from" in texts["stack.cairn"] and "Name: called(" in texts["stack.cairn"]


@pytest.mark.parametrize(
    ("new", "why"),
    [
        ("Vpc", "starts with a small letter"),
        ("a-b", "starts with a small letter and goes on"),
        ("", "starts with a small letter"),
        ("if", "a word of the language"),
        ("env", "a word of the language"),
        ("cidr", "is taken"),
        ("slot", "is taken"),
        ("base64", "a built-in function"),
    ],
)
async def test_names_that_cannot_be_given(workspace, new, why):
    workspace.open("stack.cairn")
    with pytest.raises(JsonRpcException, match=why):
        await renamed(workspace, "stack.cairn", "resource v|pc", new)


async def test_what_cannot_be_renamed(workspace):
    workspace.open("stack.cairn")
    place = workspace.place("stack.cairn", "stack sh|op")
    assert await workspace.client.text_document_prepare_rename_async(lsp.PrepareRenameParams(**place)) is None
    place = workspace.place("stack.cairn", "resource v|pc")
    found = await workspace.client.text_document_prepare_rename_async(lsp.PrepareRenameParams(**place))
    assert found.placeholder == "vpc"
    with pytest.raises(JsonRpcException, match="no name here"):
        await renamed(workspace, "stack.cairn", "cidr_bl|ock: cidr\n", "x")


async def test_highlights(workspace):
    workspace.open("stack.cairn")
    params = lsp.DocumentHighlightParams(**workspace.place("stack.cairn", "let zo|nes"))
    found = await workspace.client.text_document_document_highlight_async(params)
    assert [workspace.covered("stack.cairn", one.range) for one in found] == ["zones", "zones"]
    assert [one.kind for one in found] == [lsp.DocumentHighlightKind.Write, lsp.DocumentHighlightKind.Read]
