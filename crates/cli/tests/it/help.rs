//! Help texts and mistakes on the command line.

use axon_testkit::TestRepo;
use insta::assert_snapshot;

use crate::support::{axon, parse};

const COMMANDS: &[&str] = &[
    "demo",
    "run",
    "attach",
    "pause",
    "resume",
    "cancel",
    "missions",
    "show",
    "board",
    "agents",
    "locks",
    "rebase",
    "conflicts",
    "resolve",
    "log",
    "why",
    "diff",
    "apply",
    "discard",
    "rewind",
    "verify",
    "backup",
    "status",
    "doctor",
    "owner",
    "completions",
];

#[test]
fn every_command_has_a_help_with_an_example_that_fits_the_screen() {
    let folder = TestRepo::folder();
    let overview = axon(&folder, &["--help"]).success().stdout;
    for command in COMMANDS {
        assert!(overview.contains(&format!("\n  {command} ")), "{command} is not in --help");
        let output = axon(&folder, &[command, "--help"]).success();
        let example = format!("\n  axon {command}");
        assert!(
            output.stdout.contains("\nExample") && output.stdout.contains(&example),
            "{output}"
        );
        assert!(output.stdout.contains(&format!("\nUsage: axon {command}")), "{output}");
        assert_eq!(output.stderr, "");
        let long = output.stdout.lines().find(|line| line.chars().count() > 100);
        assert_eq!(long, None, "{command}");
        let short = axon(&folder, &[command, "-h"]).success().stdout;
        assert!(short.len() <= output.stdout.len(), "{command}");
    }
    assert!(overview.lines().all(|line| line.chars().count() <= 100));
    assert!(overview.contains("Exit codes:") && overview.contains("axon demo"));
    let listed = overview.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let commands = listed.filter(|line| line[2..].starts_with(|c: char| c.is_ascii_lowercase()));
    let known = |line: &&str| COMMANDS.iter().any(|command| line[2..].starts_with(command));
    assert_eq!(commands.filter(|l| !known(l) && !l.contains("axon ")).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn the_help_of_rewind() {
    let folder = TestRepo::folder();
    assert_snapshot!(axon(&folder, &["rewind", "--help"]).success().stdout, @r#"
    Write the files of a past moment into a folder.

    The moment is an event or a time; the files are those of the mission that was worked on then.
    Nothing else is touched. The files are as in Git: no line-end conversion, no filters.

    Usage: axon rewind [OPTIONS] --to <EVENT|TIME> --into <DIR>

    Options:
          --to <EVENT|TIME>
              An event's number, a time (RFC 3339; without zone, local), or how long ago: -10m, -2h, -1d

          --into <DIR>
              The folder to write into; new or empty

          --session <SESSION>
              The files of this session, before it was merged

      -h, --help
              Print help (see a summary with '-h')

    Options of every command:
      -C, --directory <DIR>
              Work as if started in this folder

          --json
              Print JSON for programs instead of text for people

          --color <WHEN>
              Controls when to use color
              
              [default: auto]
              [possible values: auto, always, never]

    Examples:
      axon rewind --to 42 --into ../then
      axon rewind --to 2026-11-20T14:30:00Z --into ../then
      axon rewind --to -10m --into ../then
    "#);
}

#[test]
fn the_version_is_said() {
    let folder = TestRepo::folder();
    let expected = concat!("axon ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(axon(&folder, &["--version"]).success().stdout, expected);
}

#[test]
fn mistakes_on_the_command_line_end_with_2_and_read_nothing() {
    let folder = TestRepo::folder();
    for arguments in [
        &[][..],
        &["frobnicate"],
        &["run"],
        &["run", "--rename", "one"],
        &["run", "--rename", "a", "b", "--rewrite", "c"],
        &["run", "--rename", "a", "b", "--to", "c"],
        &["run", "--rewrite", "a", "--to", "b"],
        &["run", "--rewrite", "a", "--to", "b", "--lang", "cobol"],
        &["run", "--rename", "a", "b", "--check", "true", "--no-check"],
        &["run", "--rename", "a", "b", "--symbol", "shop.py"],
        &["run", "--rename", "a", "b", "--agents", "0"],
        &["run", "--rewrite", "a", "--to", "b", "--lang", "python", "--keep-alias"],
        &["rewind", "--to", "5"],
        &["log", "--after", "x"],
        &["--color", "pink", "status"],
    ] {
        let output = axon(&folder, arguments).exits(2);
        assert!(!output.stderr.is_empty() && output.stdout.is_empty(), "{arguments:?} {output}");
    }
    let known = axon(&folder, &["run", "--rewrite", "a", "--to", "b", "--lang", "cobol"]);
    assert!(known.stderr.contains("known languages: python, rust"), "{known}");
}

#[test]
fn mistakes_on_the_command_line_are_json_for_who_asks_for_it() {
    let folder = TestRepo::folder();
    for arguments in [&["frobnicate", "--json"][..], &["run", "--json"], &["--json", "show", "x"]] {
        let output = axon(&folder, arguments).exits(2);
        assert_eq!(output.stderr, "", "{output}");
        let error = &parse(&output.stdout)["error"];
        assert_eq!((&error["code"], &error["exit_code"]), (&"usage".into(), &2.into()));
    }
    let help = axon(&folder, &["--json", "--help"]).success();
    assert!(help.stdout.contains("Usage: axon"), "{help}");
}
