"""Messages that are wrong, late or not wanted: the server goes on."""

import asyncio
import json
import os

import pytest
import pytest_lsp
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException
from pytest_lsp import ClientServerConfig, LanguageClient

from conftest import CAIRN, capabilities


class Raw:
    """A pipe to a server, for messages that no client would send."""

    async def __aenter__(self):
        pipe = asyncio.subprocess.PIPE
        self.process = await asyncio.create_subprocess_exec(CAIRN, "lsp", stdin=pipe, stdout=pipe)
        return self

    async def __aexit__(self, *_):
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def bytes(self, data):
        self.process.stdin.write(data)
        await self.process.stdin.drain()

    async def send(self, **message):
        text = json.dumps({"jsonrpc": "2.0", **message}).encode()
        await self.bytes(b"Content-Length: %d\r\n\r\n%s" % (len(text), text))

    async def receive(self):
        length = 0
        while line := (await asyncio.wait_for(self.process.stdout.readline(), 20)).strip():
            length = int(line.split(b":")[1])
        return json.loads(await self.process.stdout.readexactly(length))

    async def answer(self, **message):
        await self.send(**message)
        while "id" not in (received := await self.receive()):
            pass
        return received

    async def initialize(self):
        return await self.answer(id=0, method="initialize", params={"capabilities": {}})


async def test_the_order_of_a_conversation():
    async with Raw() as server:
        early = await server.answer(id=1, method="textDocument/hover", params={})
        assert early["error"]["code"] == -32002
        assert "result" in await server.initialize()
        assert (await server.initialize())["error"]["code"] == -32600
        assert (await server.answer(id=2, method="shutdown")) == {"jsonrpc": "2.0", "id": 2, "result": None}
        assert (await server.answer(id=3, method="workspace/symbol", params={"query": ""}))["error"]["code"] == -32600
        await server.send(method="exit")
        assert await asyncio.wait_for(server.process.wait(), 20) == 0


async def test_leaving_without_a_good_bye():
    async with Raw() as server:
        await server.initialize()
        await server.send(method="exit")
        assert await asyncio.wait_for(server.process.wait(), 20) == 1
    async with Raw() as server:
        await server.initialize()
        server.process.stdin.close()
        assert await asyncio.wait_for(server.process.wait(), 20) == 1


async def test_malformed_messages():
    async with Raw() as server:
        await server.initialize()
        for data, code in [
            (b"Content-Length: 9\r\n\r\n{\"a\": 1,]", -32700),
            (b"Content-Length: 2\r\n\r\n{}", -32600),
            (b"Content-Length: 4\r\n\r\n\xff\xfe\xfd\xfc", -32700),
            (b"what is this\r\n\r\n", -32700),
            (b"Content-Length: minus\r\n\r\n", -32700),
            (b"Content-Length: 2\r\n\r\n[]", -32600),
            (b"Content-Length: 40\r\n\r\n" + b'{"jsonrpc":"2.0","id":1.5,"method":"x"} ', -32600),
        ]:
            await server.bytes(data)
            assert (await server.receive())["error"]["code"] == code, data
        nested = b"[" * 100_000
        await server.bytes(b"Content-Length: %d\r\n\r\n%s" % (len(nested), nested))
        assert (await server.receive())["error"]["code"] == -32700
        assert (await server.answer(id=1, method="no/such"))["error"]["code"] == -32601
        assert (await server.answer(id=2, method="textDocument/hover", params={"x": 1}))["error"]["code"] == -32602
        assert (await server.answer(id=3, method="textDocument/hover", params=[1]))["error"]["code"] == -32602
        assert (await server.answer(id="four", method="shutdown"))["id"] == "four"


async def test_notifications_that_make_no_sense():
    async with Raw() as server:
        await server.initialize()
        document = {"uri": "file:///nowhere/a.cairn", "languageId": "cairn", "version": 1, "text": "stack s {\n"}
        place = {"start": {"line": 99, "character": 99}, "end": {"line": 4, "character": 4}}
        change = [{"range": place, "text": "x"}]
        await server.send(method="textDocument/didChange", params={"textDocument": {"uri": "file:///never/opened", "version": 2}, "contentChanges": change})
        await server.send(method="textDocument/didChange", params={"textDocument": 1})
        await server.send(method="textDocument/didOpen", params={"textDocument": document})
        await server.send(method="textDocument/didChange", params={"textDocument": {"uri": document["uri"], "version": 2}, "contentChanges": change})
        await server.send(method="$/somethingNew", params={})
        await server.send(method="textDocument/didClose", params={"textDocument": {"uri": "file:///never/opened"}})
        for method in ["hover", "definition", "completion", "references", "rename", "documentSymbol", "semanticTokens/full"]:
            for uri in [document["uri"], "file:///never/opened", "weird:x"]:
                params = {
                    "textDocument": {"uri": uri},
                    "position": {"line": 4_000_000_000, "character": 4_000_000_000},
                    "newName": "x",
                    "context": {"includeDeclaration": True},
                }
                answer = await server.answer(id=7, method=f"textDocument/{method}", params=params)
                assert "result" in answer or answer["error"]["code"] == -32803, answer
        assert "result" in await server.answer(id=8, method="shutdown")


async def test_a_cancelled_request():
    async with Raw() as server:
        await server.initialize()
        # Sent at once, so that the request still waits when its cancellation arrives.
        messages = [
            {"id": 1, "method": "workspace/symbol", "params": {"query": ""}},
            {"id": 2, "method": "workspace/symbol", "params": {"query": ""}},
            {"method": "$/cancelRequest", "params": {"id": 2}},
            {"id": 3, "method": "workspace/symbol", "params": {"query": ""}},
        ]
        texts = [json.dumps({"jsonrpc": "2.0", **message}).encode() for message in messages]
        # The loop is busy with the first message of the row while the others are read.
        opened = {"uri": "untitled:x", "languageId": "cairn", "version": 1, "text": big_stack()}
        first = json.dumps({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": opened}}).encode()
        await server.bytes(b"".join(b"Content-Length: %d\r\n\r\n%s" % (len(text), text) for text in [first, *texts]))
        answers = {}
        while len(answers) < 3:
            message = await server.receive()
            if "id" in message:
                answers[message["id"]] = message
        assert set(answers) == {1, 2, 3}
        assert "result" in answers[1] and "result" in answers[3]
        # Cancelled if it still waited, answered if it did not: never lost.
        assert answers[2].get("error", {}).get("code") == -32800 or "result" in answers[2]


def big_stack():
    return "stack s { cairn: \"1\" }\n" + "".join(f"let a{number} = {number}\n" for number in range(20_000))


@pytest.mark.parametrize(
    ("encodings", "chosen", "column"),
    [
        (None, "utf-16", 19),
        (["utf-16"], "utf-16", 19),
        (["utf-8", "utf-16"], "utf-8", 21),
        (["utf-32"], "utf-32", 18),
    ],
)
async def test_columns_count_what_was_agreed_on(encodings, chosen, column):
    async with Raw() as server:
        general = {"general": {"positionEncodings": encodings}} if encodings else {}
        result = await server.answer(id=0, method="initialize", params={"capabilities": general})
        assert result["result"]["capabilities"]["positionEncoding"] == chosen
        text = "stack s { cairn: \"1\" }\nlet a = [\"💧\", \"\", bb]\n"
        document = {"uri": "untitled:x", "languageId": "cairn", "version": 1, "text": text}
        await server.send(method="textDocument/didOpen", params={"textDocument": document})
        (report,) = (await server.receive())["params"]["diagnostics"]
        assert report["code"] == "names::undefined"
        # What is sent in counts the same.
        assert report["range"]["start"] == {"line": 1, "character": column}
        place = {"line": 1, "character": column}
        change = {"range": {"start": place, "end": {"line": 1, "character": column + 2}}, "text": "1"}
        document = {"uri": "untitled:x", "version": 2}
        await server.send(method="textDocument/didChange", params={"textDocument": document, "contentChanges": [change]})
        while (message := await server.receive())["params"].get("version") != 2:
            pass
        assert message["params"]["diagnostics"] == []


async def test_the_page_of_a_code(workspace):
    page = await workspace.client.protocol.send_request_async("cairn/explain", {"code": "names::undefined"})
    assert page.startswith("# ")
    with pytest.raises(JsonRpcException, match="there is no code"):
        await workspace.client.protocol.send_request_async("cairn/explain", {"code": "no::such"})
