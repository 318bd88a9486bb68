//! The language server over its protocol: the tests in `tests/lsp`, whose client is written by others, on this build.

use std::path::Path;
use std::process::Command;

#[test]
fn the_language_server_passes_the_tests_of_its_protocol() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lsp");
    let client = Path::new(env!("CARGO_MANIFEST_DIR")).join(".emulators/lsp/bin/pytest");
    if !client.is_file() {
        // A missing client must not look like a passed test where it counts.
        assert!(std::env::var_os("CI").is_none(), "the client is missing: run ./tests/lsp/install");
        eprintln!("SKIPPED: the client of tests/lsp is not installed; run ./tests/lsp/install");
        return;
    }
    let run = Command::new(folder.join("run"))
        .arg("--tb=short")
        .env("CAIRN_BINARY", env!("CARGO_BIN_EXE_cairn"))
        .current_dir(&folder)
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{out}\n{}", String::from_utf8_lossy(&run.stderr));
    assert!(out.contains(" passed") || out.contains("100%"), "nothing ran:\n{out}");
}
