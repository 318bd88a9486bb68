"""What could be written."""

from lsprotocol import types as lsp


async def typed(workspace, old, new):
    """Opens the stack with a text replaced; `|` in the new one is the cursor."""
    workspace.open("stack.cairn")
    workspace.replace("stack.cairn", old, new.replace("|", ""))
    return await workspace.labels("stack.cairn", new)


async def test_keywords_at_the_start_of_a_line(workspace):
    labels = await typed(workspace, "output box_url", "res|\noutput box_url")
    assert labels["resource"].kind == lsp.CompletionItemKind.Keyword
    assert set(labels) >= {"resource", "lookup", "let", "input", "output", "import", "fn", "type"}
    assert "vpc" not in labels


async def test_decorators(workspace):
    labels = await typed(workspace, "resource box =", "@pro|\nresource box =")
    assert set(labels) >= {"protect", "replace", "after", "ignore"}
    assert "Refuses" in labels["protect"].documentation.value


async def test_types_with_the_fields_they_need(workspace):
    labels = await typed(workspace, "resource box = Box { network: vpc, label: \"x\" }", "resource box = aws.ec2.|\n")
    subnet = labels["aws.ec2.Subnet"]
    assert subnet.kind == lsp.CompletionItemKind.Class
    assert subnet.insert_text_format == lsp.InsertTextFormat.Snippet
    assert "vpc: ${" in subnet.text_edit.new_text
    # The whole dotted path is replaced.
    assert workspace.covered("stack.cairn", subnet.text_edit.range) == "aws.ec2."


async def test_components_and_types_after_the_equals_sign(workspace):
    labels = await typed(workspace, "resource box = Box { network: vpc, label: \"x\" }", "resource box = |\n")
    assert {"Box", "aws.ec2.Vpc", "aws.ec2.Subnet"} <= set(labels)
    assert "network: ${1}" in labels["Box"].text_edit.new_text


async def test_types_of_inputs(workspace):
    labels = await typed(workspace, "input cidr: Cidr =", "input more: |\ninput cidr: Cidr =")
    assert {"String", "Cidr", "Duration", "Map"} <= set(labels)


async def test_fields_of_a_resource_in_an_unfinished_file(workspace):
    labels = await typed(workspace, "  cidr_block: cidr\n  tags: {", "  cidr_block: cidr\n  enab|\n  tags: {")
    field = labels["enable_dns_support"]
    assert field.kind == lsp.CompletionItemKind.Field
    assert "CloudFormation" in field.documentation.value
    # Given already, or chosen by AWS.
    assert "cidr_block" not in labels and "vpc_id" not in labels


async def test_required_fields_come_first(workspace):
    labels = await typed(workspace, "Box { network: vpc, label: \"x\" }", "Box {\n  |\n}")
    assert set(labels) == {"network", "label"}
    assert "What is written on it." in labels["label"].documentation.value
    resource = await typed_more(workspace, "output box_url: String = box.url", "resource r = aws.ec2.Subnet {\n  |\n}")
    assert resource["vpc"].sort_text < resource["tags"].sort_text


async def typed_more(workspace, old, new):
    workspace.replace("stack.cairn", old, new.replace("|", ""))
    return await workspace.labels("stack.cairn", new)


async def test_references_by_type(workspace):
    labels = await typed(workspace, "network: vpc,", "network: |,")
    assert labels["vpc"].kind == lsp.CompletionItemKind.Reference
    assert set(labels) == {"vpc", "existing"}


async def test_one_of_several_in_a_loop(workspace):
    labels = await typed(workspace, "output box_url: String = box.url", "resource nat = aws.ec2.NatGateway {\n  subnet: |\n}")
    assert {'subnet["a"]', 'subnet["b"]'} <= set(labels)
    assert "vpc" not in labels


async def test_texts_that_a_field_takes(workspace):
    labels = await typed(workspace, "  cidr_block: cidr\n  tags: {", "  cidr_block: cidr\n  instance_tenancy: |\n  tags: {")
    assert '"default"' in labels and labels['"default"'].kind == lsp.CompletionItemKind.EnumMember
    workspace.replace("stack.cairn", "instance_tenancy: ", "instance_tenancy: \"de\"")
    assert "default" in await workspace.labels("stack.cairn", 'instance_tenancy: "de|"')


async def test_members(workspace):
    labels = await typed(workspace, "= vpc.vpc_id", "= vpc.|")
    assert "vpc_id" in labels and "cidr_block" in labels
    workspace.replace("stack.cairn", "String = box.url", "String = box.")
    labels = await workspace.labels("stack.cairn", "String = box.|")
    assert set(labels) == {"url"}
    assert "Where it is." in labels["url"].documentation.value


async def test_functions_of_a_network_and_names_of_a_loop(workspace):
    labels = await typed(workspace, "cidr_block: cidr.subnet(newbits: 8, index: slot)", "cidr_block: cidr.|")
    assert "subnet" in labels
    workspace.replace("stack.cairn", "cidr_block: cidr.\n", "tags: { A: \"${|}\" }\n".replace("|", ""))
    labels = await workspace.labels("stack.cairn", "tags: { A: \"${|}\" }")
    assert {"zone", "slot", "cidr", "base64"} <= set(labels)


async def test_inputs_in_an_environment(workspace):
    workspace.open("env/staging.cairn")
    workspace.replace("env/staging.cairn", "env staging {\n", "env staging {\n  \n")
    labels = await workspace.labels("env/staging.cairn", "env staging {\n  |\n")
    assert set(labels) == {"cidr"}
    assert "Address space" in labels["cidr"].documentation.value
    workspace.replace("env/staging.cairn", "size: \"small\"", "size: ")
    assert {'"small"', '"large"'} <= set(await workspace.labels("env/staging.cairn", "size: |"))


async def test_imports(workspace):
    workspace.open("stack.cairn")
    workspace.replace("stack.cairn", "./library/box.cairn", "./library/")
    assert set(await workspace.labels("stack.cairn", 'Box from "./library/|"')) == {"box.cairn", "names.cairn"}


async def test_the_standard_library(workspace):
    labels = await typed(workspace, "import aws\n", "import aws\nimport Network from \"std:aws/|\"\n")
    assert "network" in labels and labels["network"].kind == lsp.CompletionItemKind.File
    workspace.replace("stack.cairn", "std:aws/", "std:aws/network")
    workspace.replace("stack.cairn", "= Box { network: vpc, label: \"x\" }", "= Network {\n  \n}")
    labels = await workspace.labels("stack.cairn", "= Network {\n  |\n}")
    assert labels and all(one.kind == lsp.CompletionItemKind.Field for one in labels.values())


async def test_signatures(workspace):
    workspace.open("stack.cairn")
    workspace.replace("stack.cairn", "cidr.subnet(newbits: 8, index: slot)", "cidr.subnet(newbits: 8, ")
    params = lsp.SignatureHelpParams(**workspace.place("stack.cairn", "cidr.subnet(newbits: 8, |"))
    help = await workspace.client.text_document_signature_help_async(params)
    assert help.signatures[0].label.startswith("subnet(newbits: Int")
    assert help.active_parameter == 1
