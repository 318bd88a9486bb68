//! `cairn completions`: scripts that name every command.

use crate::project::Project;

#[test]
fn every_shell_completes_every_command() {
    let project = Project::empty();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = project.expect(0, &format!("completions {shell}")).out;
        for command in cairn::command::clap_command().get_subcommands() {
            assert!(script.contains(command.get_name()), "{shell} does not know {}", command.get_name());
        }
    }
    let refused = project.expect(1, "completions csh").err;
    assert!(refused.contains("bash"), "{refused}");
}
