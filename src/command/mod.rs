//! One file per command: its arguments, what it runs, and the choice of a view.

mod apply;
mod arguments;
mod check;
mod completions;
mod consent;
mod console;
mod destroy;
mod diff_import;
mod docs;
mod drift;
mod explain;
mod failure;
mod fix;
mod fmt;
mod front;
mod graph;
mod guard;
mod lsp;
mod migrate;
mod pins;
mod pipeline;
mod plan;
mod proposal;
mod rego;
mod run;
mod runs;
mod sandbox;
mod schema;
mod saved;
mod show;
mod stacks;
mod state;
mod store;
mod test;
mod transfer;
mod undo;
mod unlock;
mod update;
mod vendor;
mod verdict;
mod verify_store;
mod version;

use clap::{CommandFactory as _, Parser, Subcommand};

pub use failure::{Exit, Failure};

use crate::host;

/// Infrastructure as code for AWS, in a language of its own.
#[derive(Parser)]
#[command(
    name = "cairn",
    version,
    about,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check a stack offline, in all its environments
    Check(check::Arguments),
    /// Apply the fixes that reports offer and that are certain
    Fix(fix::Arguments),
    /// Write sources in the one form everybody writes
    Fmt(fmt::Arguments),
    /// Run the test cases of a stack, offline
    Test(test::Arguments),
    /// Show what an apply would do; writes nothing
    Plan(plan::Arguments),
    /// Bring the cloud to what the stack says, or apply a saved plan
    Apply(apply::Arguments),
    /// Destroy everything the stack manages in an environment
    Destroy(destroy::Arguments),
    /// Take back what a run did
    Undo(undo::Arguments),
    /// List what was run
    Runs(runs::Arguments),
    /// Show what somebody else changed
    Drift(drift::Arguments),
    /// Show what depends on what
    Graph(graph::Arguments),
    /// Evaluate expressions of a stack
    Console(console::Arguments),
    /// Describe the interface of a stack, a component or a library
    Docs(docs::Arguments),
    /// Show the fields of a resource type
    Schema(schema::Arguments),
    /// Explain the code of a report
    Explain(explain::Arguments),
    /// Serve an editor over standard input and output
    Lsp(lsp::Arguments),
    /// End the hold of a writer that does not end it itself; always safe
    Unlock(unlock::Arguments),
    /// Look at what is remembered
    State(state::Arguments),
    /// Fetch what is imported from git, or move one pin, and write cairn.lock
    Update(update::Arguments),
    /// Copy what is imported from git into vendor/
    Vendor(vendor::Arguments),
    /// Show what changed in a component from git since it was locked
    DiffImport(diff_import::Arguments),
    /// Print the source of a part of the standard library
    Show(show::Arguments),
    /// Change the sandbox cloud as somebody else would
    Sandbox(sandbox::Arguments),
    /// Print the completions of a shell
    Completions(completions::Arguments),
    /// Show the version
    Version(version::Arguments),
}

/// Parses arguments and runs a command. Everything that is printed is printed here or below.
pub fn main(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> Exit {
    host::process::seal();
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let text = error.render().to_string();
            if error.use_stderr() {
                host::terminal::err(&text);
                return Exit::Failed;
            }
            host::terminal::out(&text);
            return Exit::Done;
        }
    };
    cairn_provider::failpoint::arm(host::variable("CAIRN_FAILPOINT").as_deref());
    host::with_large_stack(|| run(cli))
}

fn run(cli: Cli) -> Exit {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            host::terminal::err(&format!("no runtime can be started: {error}\n"));
            return Exit::Failed;
        }
    };
    let result = runtime.block_on(async {
        match cli.command {
            Command::Check(arguments) => check::run(arguments),
            Command::Fix(arguments) => fix::run(arguments),
            Command::Fmt(arguments) => fmt::run(arguments),
            Command::Test(arguments) => test::run(arguments),
            Command::Plan(arguments) => plan::run(arguments).await,
            Command::Apply(arguments) => apply::run(arguments).await,
            Command::Destroy(arguments) => destroy::run(arguments).await,
            Command::Undo(arguments) => undo::run(arguments).await,
            Command::Runs(arguments) => runs::run(arguments).await,
            Command::Drift(arguments) => drift::run(arguments).await,
            Command::Graph(arguments) => graph::run(arguments),
            Command::Console(arguments) => console::run(arguments).await,
            Command::Docs(arguments) => docs::run(arguments),
            Command::Schema(arguments) => schema::run(arguments),
            Command::Explain(arguments) => explain::run(arguments),
            Command::Lsp(arguments) => lsp::run(arguments),
            Command::State(arguments) => state::run(arguments).await,
            Command::Unlock(arguments) => unlock::run(arguments).await,
            Command::Update(arguments) => update::run(arguments).await,
            Command::Vendor(arguments) => vendor::run(arguments),
            Command::DiffImport(arguments) => diff_import::run(arguments),
            Command::Show(arguments) => show::run(arguments),
            Command::Sandbox(arguments) => sandbox::run(arguments).await,
            Command::Completions(arguments) => completions::run(arguments),
            Command::Version(arguments) => version::run(arguments),
        }
    });
    // What still runs in the background was given up; nobody waits for it.
    runtime.shutdown_background();
    match result {
        Ok(exit) => exit,
        Err(failure) => {
            let terminal = host::terminal::detect();
            host::terminal::err(&failure.render(&terminal));
            failure.exit
        }
    }
}

/// All commands with their arguments, for the reference.
pub fn clap_command() -> clap::Command {
    Cli::command()
}
