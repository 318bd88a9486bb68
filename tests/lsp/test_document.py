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


async def test_elsewhere_no_action_is_offered(workspace):
    workspace.open("stack.cairn")
    workspace.replace("stack.cairn", "  cidr_block: cidr\n  tags: {", "  cidr_block = cidr\n  tags: {")
    await workspace.codes("stack.cairn", ["syntax::equals_in_record"])
    assert not await actions(workspace, "stack.cairn", lsp.Range(lsp.Position(0, 0), lsp.Position(0, 1)))


def applied(text, edits):
    """A text after edits of the protocol, in units of UTF-16."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.encode("utf-16-le")) // 2 + 1)
    units = text.encode("utf-16-le")
    for one in sorted(edits, key=lambda one: (-one.range.start.line, -one.range.start.character)):
        start = starts[one.range.start.line] + one.range.start.character
        end = starts[one.range.end.line] + one.range.end.character
        units = units[:start * 2] + one.new_text.encode("utf-16-le") + units[end * 2:]
    return units.decode("utf-16-le")


async def formatted(workspace, name):
    options = lsp.FormattingOptions(tab_size=2, insert_spaces=True)
    document = lsp.TextDocumentIdentifier(workspace.uri(name))
    params = lsp.DocumentFormattingParams(document, options)
    edits = await workspace.client.text_document_formatting_async(params) or []
    return applied(workspace.texts[name], edits), edits


async def test_formatting(workspace):
    workspace.open("stack.cairn")
    workspace.replace("stack.cairn", "  cidr_block: cidr\n  tags: {", "  cidr_block:    cidr\n    tags: {")
    text, (edit,) = await formatted(workspace, "stack.cairn")
    assert "  cidr_block: cidr\n  tags: {" in text
    # Only the lines that differ are replaced.
    assert edit.range.end.line - edit.range.start.line <= 3
    workspace.open("stack.cairn", text)
    assert await formatted(workspace, "stack.cairn") == (text, [])


async def test_formatting_leaves_what_is_broken_and_line_ends_alone(workspace):
    text = "stack s { cairn: \"1\" }\nlet   a = \nlet   b   = \"💧\"\n".replace("\n", "\r\n")
    workspace.open("untitled:x", text)
    result, _ = await formatted(workspace, "untitled:x")
    assert result.endswith("let   a =\r\nlet b = \"💧\"\r\n") or result.endswith("let   a = \r\nlet b = \"💧\"\r\n")


async def test_a_fix_removes_its_mistake(workspace):
    workspace.open("stack.cairn")
    workspace.replace("stack.cairn", "  cidr_block: cidr\n  tags: {", "  cidr_block = cidr\n  tags: {")
    (report,) = await workspace.codes("stack.cairn", ["syntax::equals_in_record"])
    first, *_ = await actions(workspace, "stack.cairn", report.range)
    assert first.kind == lsp.CodeActionKind.QuickFix and first.is_preferred
    assert [one.code for one in first.diagnostics] == ["syntax::equals_in_record"]
    (edits,) = first.edit.changes.values()
    assert "  cidr_block : cidr\n  tags: {" in applied(workspace.texts["stack.cairn"], edits)
    everything = await actions(workspace, "stack.cairn", lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0)), [lsp.CodeActionKind.SourceFixAll])
    assert [one.kind for one in everything] == [lsp.CodeActionKind.SourceFixAll]
    (edits,) = everything[0].edit.changes.values()
    workspace.open("stack.cairn", applied(workspace.texts["stack.cairn"], edits))
    await workspace.codes("stack.cairn", [])
