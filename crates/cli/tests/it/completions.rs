//! `axon completions`.

use axon_testkit::TestRepo;

use crate::support::axon;

#[test]
fn every_shell_gets_its_completions_also_outside_of_a_repository() {
    let folder = TestRepo::folder();
    for (shell, sign) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef axon"),
        ("fish", "complete -c axon"),
        ("elvish", "edit:completion:arg-completer[axon]"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let output = axon(&folder, &["completions", shell]).success();
        assert!(output.stdout.contains(sign), "{shell}");
        assert!(output.stdout.contains("rewind") && output.stdout.contains("keep-alias"));
        assert_eq!(output.stderr, "");
    }
    let output = axon(&folder, &["completions", "tcsh"]).exits(2);
    assert!(output.stderr.contains("possible values: bash"), "{output}");
}

#[test]
fn bash_takes_its_completions() {
    let folder = TestRepo::folder();
    let binary = env!("CARGO_BIN_EXE_axon");
    let mut command = folder.command("bash");
    command.args(["-c", &format!("eval \"$({binary} completions bash)\" && complete -p axon")]);
    let _ = folder.finish(command).success();
}
