// Starts `cairn lsp` and shows the pages of error codes.
"use strict";

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

function start() {
  const command = vscode.workspace.getConfiguration("cairn").get("path", "cairn");
  const run = { command, args: ["lsp"] };
  client = new LanguageClient("cairn", "Cairn", run, {
    documentSelector: [{ language: "cairn" }],
    initializationOptions: { pages: true },
    synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/*.cairn") },
  });
  return client.start();
}

// The server answers with Markdown; the link of a code opens it as a document.
const pages = {
  provideTextDocumentContent(uri) {
    return client.sendRequest("cairn/explain", { code: uri.path.replace(/\.md$/, "") });
  },
};

exports.activate = async (context) => {
  context.subscriptions.push(
    vscode.workspace.registerTextDocumentContentProvider("cairn-explain", pages),
    vscode.commands.registerCommand("cairn.restart", async () => {
      await client?.stop();
      await start();
    }),
  );
  await start();
};

exports.deactivate = () => client?.stop();
