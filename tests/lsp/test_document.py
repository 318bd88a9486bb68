"""Tokens, symbols, folding, hints, edits."""

import asyncio

from lsprotocol import types as lsp


async def tokens(workspace, name):
    document = lsp.TextDocumentIdentifier(workspace.uri(name))
    found = await workspace.client.text_document_semantic_tokens_full_async(lsp.SemanticTokensParams(document))
    legend = workspace.client.capabilities and workspace.legend
    line = column = 0
    words = []
    for at in range(0, len(found.data), 5):
        delta_line, delta_column, length, kind, modifiers = found.data[at:at + 5]
        line += delta_line
        column = delta_column if delta_line else column + delta_column
        place = lsp.Range(lsp.Position(line, column), lsp.Position(line, column + length))
        words.append((workspace.covered(name, place), legend.token_types[kind], modifiers))
    return words


async def test_semantic_tokens(workspace):
    workspace.legend = server_capabilities(workspace).semantic_tokens_provider.legend
    workspace.open("stack.cairn")
    words = await tokens(workspace, "stack.cairn")
    kinds = {(word, kind) for word, kind, _ in words}
    assert {
        ("resource", "keyword"),
        ("default", "decorator"),
        ("aws.ec2.Vpc", "class"),
        ("Box", "struct"),
        ("named", "function"),
        ("cidr", "parameter"),
        ("zone", "parameter"),
        ("vpc", "variable"),
        ("cidr_block", "property"),
        ("env", "enumMember"),
    } <= kinds
    assert ("vpc", "variable", 1) in words and ("vpc", "variable", 0) in words


def server_capabilities(workspace):
    return workspace.initialized.capabilities


async def test_symbols(workspace):
    workspace.open("stack.cairn")
    document = lsp.TextDocumentIdentifier(workspace.uri("stack.cairn"))
    found = await workspace.client.text_document_document_symbol_async(lsp.DocumentSymbolParams(document))
    by_name = {one.name: one for one in found}
    assert by_name["vpc"].detail == "aws.ec2.Vpc" and by_name["vpc"].kind == lsp.SymbolKind.Object
    assert by_name["cidr"].detail == "Cidr"
    assert by_name["shop"].kind == lsp.SymbolKind.Module
    assert workspace.covered("stack.cairn", by_name["subnet"].selection_range) == "subnet"


async def test_workspace_symbols(workspace):
    found = await workspace.client.workspace_symbol_async(lsp.WorkspaceSymbolParams(query="NAM"))
    assert [(one.name, one.location.uri) for one in found] == [("import named", workspace.uri("stack.cairn")), ("named", workspace.uri("library/names.cairn"))]


async def test_folding(workspace):
    workspace.open("stack.cairn")
    document = lsp.TextDocumentIdentifier(workspace.uri("stack.cairn"))
    found = await workspace.client.text_document_folding_range_async(lsp.FoldingRangeParams(document))
    first = workspace.at("stack.cairn", "|resource vpc").line
    assert (first, first + 3) in {(one.start_line, one.end_line) for one in found}


async def hints(workspace, name, wanted):
    """The hints of a document, by the line they stand in, once one says what is wanted."""
    lines = workspace.texts[name].split("\n")
    place = lsp.Range(lsp.Position(0, 0), lsp.Position(len(lines), 0))
    params = lsp.InlayHintParams(lsp.TextDocumentIdentifier(workspace.uri(name)), place)
    for _ in range(500):
        found = await workspace.client.text_document_inlay_hint_async(params)
        by_line = {lines[one.position.line].strip(): one.label for one in found}
        if wanted in by_line.values():
            return by_line
        await asyncio.sleep(0.02)
    raise AssertionError(f"no hint says {wanted!r}: {by_line}")


async def test_hints_show_phases_and_derived_values(workspace):
    workspace.open("stack.cairn")
    found = await hints(workspace, "stack.cairn", "made")
    assert found["output vpc_id: String = vpc.vpc_id"] == "made"
    assert found['availability_zone: "eu-central-1${zone}"'] == '= "eu-central-1a", "eu-central-1b"'
    subnets = found["cidr_block: cidr.subnet(newbits: 8, index: slot)"]
    assert subnets.startswith("= 10.") and "10.20.0.0/24" in subnets or "10.30.0.0/24" in subnets
    # What is written out needs no hint.
    assert "let zones = { a: 0, b: 1 }" not in found
    # After an edit elsewhere the hints move with their lines.
    workspace.replace("stack.cairn", "import aws\n", "# a line\n# another\nimport aws\n")
    assert (await hints(workspace, "stack.cairn", "made"))["output vpc_id: String = vpc.vpc_id"] == "made"


async def test_names_that_cairn_makes(workspace):
    workspace.open("stack.cairn")
    workspace.replace("stack.cairn", "resource box = Box", "resource assets = aws.s3.Bucket {}\nresource box = Box")
    found = await hints(workspace, "stack.cairn", 'bucket_name: "shop-staging-assets", "shop-production-assets"')
    assert "resource assets = aws.s3.Bucket {}" in found


async def actions(workspace, name, place, only=None):
    context = lsp.CodeActionContext(diagnostics=workspace.diagnostics(name), only=only)
    document = lsp.TextDocumentIdentifier(workspace.uri(name))
    return await workspace.client.text_document_code_action_async(lsp.CodeActionParams(document, place, context))


async def test_code_actions_are_the_edits_of_reports(workspace):
    workspace.open("stack.cairn")
    workspace.replace("stack.cairn", "let zones = {", "let zones = {;")
    for _ in range(500):
        found = workspace.diagnostics("stack.cairn")
        if found:
            break
        await asyncio.sleep(0.02)
    offered = await actions(workspace, "stack.cairn", found[0].range)
    elsewhere = await actions(workspace, "stack.cairn", lsp.Range(lsp.Position(0, 0), lsp.Position(0, 1)))
    assert not elsewhere
    for one in offered:
        assert one.kind == lsp.CodeActionKind.QuickFix and one.edit.changes
