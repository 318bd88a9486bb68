"""A client of pytest-lsp that talks to the built server, and a stack to talk about."""

import asyncio
import os
import pathlib

import pytest_asyncio
import pytest_lsp
from lsprotocol import types as lsp
from pytest_lsp import ClientServerConfig, LanguageClient

CAIRN = os.environ["CAIRN_BINARY"]

STACK = """\
stack shop {
  cairn: "1"
  environments: ["staging", "production"]
}

import aws
import Box from "./library/box.cairn"
import { named } from "./library/names.cairn"

@default
provider eu = aws.Target { region: "eu-central-1" }

## Address space of the network.
input cidr: Cidr = 10.20.0.0/16
## How large the shop is.
input size: "small" | "large" = "small"

let zones = { a: 0, b: 1 }

resource vpc = aws.ec2.Vpc {
  cidr_block: cidr
  tags: { Name: named("💧 ${env}") }
}

resource subnet[zone, slot in zones] = aws.ec2.Subnet {
  vpc
  availability_zone: "eu-central-1${zone}"
  cidr_block: cidr.subnet(newbits: 8, index: slot)
}

resource box = Box { network: vpc, label: "x" }

output vpc_id: String = vpc.vpc_id
output box_url: String = box.url
"""

BOX = """\
## A box in a network.
component Box

import aws

input network: aws.ec2.Vpc
## What is written on it.
input label: String

resource inner = aws.ec2.Subnet { vpc: network, cidr_block: 10.20.9.0/24, tags: { Label: label } }

## Where it is.
output url: String = "https://${inner.subnet_id}"
"""

NAMES = """\
## The name of a part.
fn named(part: String): String = "shop-${part}"
"""


class Workspace:
    """A folder with a stack, and what the client does with it."""

    def __init__(self, folder: pathlib.Path, client: LanguageClient):
        self.folder = folder
        self.client = client
        self.versions = {}
        self.texts = {}
        self.write("stack.cairn", STACK)
        self.write("library/box.cairn", BOX)
        self.write("library/names.cairn", NAMES)
        self.write("env/staging.cairn", "env staging {\n  size: \"small\"\n}\n")
        self.write("env/production.cairn", "env production {\n  size: \"large\"\n  cidr: 10.30.0.0/16\n}\n")

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        self.texts[name] = text

    def uri(self, name):
        return name if ":" in name else (self.folder / name).as_uri()

    def open(self, name, text=None):
        if text is not None:
            self.texts[name] = text
        self.versions[name] = 1
        item = lsp.TextDocumentItem(self.uri(name), "cairn", 1, self.texts[name])
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))

    def change(self, name, *changes):
        self.versions[name] += 1
        document = lsp.VersionedTextDocumentIdentifier(uri=self.uri(name), version=self.versions[name])
        self.client.text_document_did_change(lsp.DidChangeTextDocumentParams(document, list(changes)))

    def replace(self, name, old, new):
        """An incremental edit of the only occurrence of a text."""
        text = self.texts[name]
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times"
        at = text.index(old)
        place = lsp.Range(self.position_of(text, at), self.position_of(text, at + len(old)))
        self.texts[name] = text[:at] + new + text[at + len(old):]
        self.change(name, lsp.TextDocumentContentChangePartial(range=place, text=new))

    @staticmethod
    def position_of(text, at):
        before = text[:at]
        line = before.count("\n")
        column = len(before[before.rfind("\n") + 1:].encode("utf-16-le")) // 2
        return lsp.Position(line, column)

    def at(self, name, marked):
        """The position of `|` in a piece of text that occurs once."""
        text = self.texts[name]
        piece = marked.replace("|", "", 1)
        assert text.count(piece) == 1, f"{piece!r} occurs {text.count(piece)} times"
        return self.position_of(text, text.index(piece) + marked.index("|"))

    def place(self, name, marked):
        return {"text_document": lsp.TextDocumentIdentifier(self.uri(name)), "position": self.at(name, marked)}

    def covered(self, name, place):
        """The text of a range."""
        lines = self.texts[name].split("\n")
        assert place.start.line == place.end.line
        line = lines[place.start.line].encode("utf-16-le")
        return line[place.start.character * 2:place.end.character * 2].decode("utf-16-le")

    def diagnostics(self, name):
        return self.client.diagnostics.get(self.uri(name), [])

    async def codes(self, name, wanted, seconds=20):
        """Waits until a document has exactly these codes, in the order of their places."""
        for _ in range(seconds * 50):
            found = sorted(self.diagnostics(name), key=lambda one: (one.range.start.line, one.range.start.character))
            if self.uri(name) in self.client.diagnostics and [one.code for one in found] == wanted:
                return found
            await asyncio.sleep(0.02)
        raise AssertionError(f"wanted {wanted}, got {[(one.code, one.message) for one in self.diagnostics(name)]}")

    async def labels(self, name, marked):
        """The completions at a place, by label."""
        result = await self.client.text_document_completion_async(lsp.CompletionParams(**self.place(name, marked)))
        return {item.label: item for item in result.items}


def capabilities(encodings=None):
    return lsp.ClientCapabilities(
        general=lsp.GeneralClientCapabilities(position_encodings=encodings),
        text_document=lsp.TextDocumentClientCapabilities(
            completion=lsp.CompletionClientCapabilities(
                completion_item=lsp.ClientCompletionItemOptions(
                    snippet_support=True, documentation_format=[lsp.MarkupKind.Markdown]
                )
            ),
            hover=lsp.HoverClientCapabilities(content_format=[lsp.MarkupKind.Markdown]),
        ),
    )


@pytest_lsp.fixture(config=ClientServerConfig(server_command=[CAIRN, "lsp"]))
async def client(lsp_client: LanguageClient):
    # The conversation begins where the folder is known.
    yield


@pytest_asyncio.fixture
async def workspace(client, tmp_path):
    space = Workspace(tmp_path, client)
    folder = lsp.WorkspaceFolder(uri=tmp_path.as_uri(), name="shop")
    params = lsp.InitializeParams(capabilities=capabilities(), workspace_folders=[folder])
    space.initialized = await client.initialize_session(params)
    yield space
    await client.shutdown_session()
