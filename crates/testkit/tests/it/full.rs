//! A disk that is full: the command says so, and with room again the mission goes on.

use std::fs;
use std::process::Command;

use axon_testkit::{Output, axon_binary, each_round};

use crate::scene::{RUN, Scene};

/// Runs the mission with little room on a file system of its own, makes room and goes on. It is
/// gone with the process, so everything is looked at before. `$1` the program, `$2` how many
/// KiB of room, `$3` what to print each result into, then the mission.
const ON_A_SMALL_DISK: &str = r#"
axon=$1 room=$2 results=$3
shift 3
mount -t tmpfs -o size=64m none "$HOME/disk" && cp -a . "$HOME/disk/repo" && cd "$HOME/disk/repo" || exit 99
free=$(df --output=avail -k . | tail -n 1)
head -c $(((free - room) * 1024)) /dev/zero >../ballast
"$axon" "$@" >"$results/run" 2>&1; echo $? >"$results/run.code"
rm ../ballast
"$axon" status >"$results/status" 2>&1
"$axon" resume --json >"$results/resume" 2>&1; echo $? >"$results/resume.code"
"$axon" verify >"$results/verify" 2>&1; echo $? >"$results/verify.code"
"$axon" missions --json >"$results/missions" 2>&1
git rev-parse 'axon/m1^{tree}' >"$results/tree"
git status --porcelain >"$results/changed"
"#;

impl Scene {
    /// `None` where this machine lets nobody mount anything.
    fn on_a_small_disk(&self, room: u64) -> Option<Results> {
        let results = self.repo.home().join("results");
        fs::create_dir_all(&results).unwrap();
        fs::create_dir_all(self.repo.home().join("disk")).unwrap();
        let mut command = self.repo.command("unshare");
        command.args(namespaces()?).args(["sh", "-c", ON_A_SMALL_DISK, "sh"]);
        command.arg(axon_binary()).arg(room.to_string()).arg(&results).args(RUN);
        let output = self.repo.finish(command);
        assert_ne!(output.code, 99, "{output}");
        Some(Results { folder: results, output })
    }
}

struct Results {
    folder: std::path::PathBuf,
    output: Output,
}

impl Results {
    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    fn code(&self, name: &str) -> i32 {
        self.text(&format!("{name}.code")).trim().parse().unwrap()
    }
}

/// How this user may get a mount table of their own.
fn namespaces() -> Option<&'static [&'static str]> {
    let works = |options: &&&[&str]| {
        let mut command = Command::new("unshare");
        command.args(**options).args(["mount", "-t", "tmpfs", "none", "/mnt"]);
        command.output().is_ok_and(|output| output.status.success())
    };
    [&["--mount"][..], &["--mount", "--map-root-user"]].iter().find(works).copied()
}

/// Tests that do few rounds in `./dev test` and many in `./dev soak`.
mod soak {
    use super::*;

    #[test]
    fn a_mission_on_a_full_disk_says_so_and_goes_on_when_there_is_room() {
        let scene = Scene::new();
        let mut full = 0;
        each_round(5, |mut random| {
            scene.restore("start");
            let room = random.next() % 1_500;
            let Some(results) = scene.on_a_small_disk(room) else { return };
            let run = results.text("run");
            let all = || format!("{room} KiB: {run}\n{}", results.output);
            match results.code("run") {
                0 => {}
                8 => {
                    assert!(run.contains("disk-full"), "{}", all());
                    full += 1;
                }
                _ => panic!("{}", all()),
            }
            assert_eq!(results.code("resume"), 0, "{}: {}", all(), results.text("resume"));
            let verified = results.text("verify");
            // So little room that not even a ledger was made.
            let nothing = verified.contains("there is no ledger yet");
            assert!(nothing || results.code("verify") == 0, "{}: {verified}", all());
            assert_eq!(results.text("changed"), "", "{}", all());
            let given = results.text("missions").contains("\"m1\"");
            assert!(!(nothing && given), "{}: {verified}", all());
            if given {
                assert_eq!(results.text("tree"), scene.tree, "{}", all());
            }
        });
        assert!(full > 0 || namespaces().is_none(), "the disk was never full");
    }

    #[test]
    fn a_ledger_that_may_not_grow_is_an_error_and_the_mission_goes_on_later() {
        let scene = Scene::new();
        each_round(4, |mut random| {
            scene.restore("start");
            // A limit on the size of files, in blocks of 512 bytes.
            let blocks = 8 + random.below(500);
            let mut command = scene.repo.command("sh");
            let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
            command.args(["-c", &limited, "sh"]).arg(axon_binary()).args(RUN);
            let limited = scene.repo.finish(command);
            assert!([0, 8].contains(&limited.code), "{blocks} blocks: {limited}");
            if scene.mission("m1").is_some() {
                let _ = scene.axon(&["resume"]).success();
                assert_eq!(scene.repo.git(["rev-parse", "axon/m1^{tree}"]), scene.tree);
            }
            assert_eq!(scene.repo.git(["status", "--porcelain"]), "");
        });
    }
}

#[test]
fn a_disk_too_full_for_the_index_of_the_log_is_a_full_disk() {
    let scene = Scene::new();
    scene.restore("start");
    // SQLite calls this an I/O error.
    let Some(results) = scene.on_a_small_disk(35) else { return };
    assert_eq!(results.code("run"), 8, "{}", results.text("run"));
    assert!(results.text("run").contains("disk-full"), "{}", results.text("run"));
    assert_eq!(results.code("resume"), 0, "{}", results.text("resume"));
}
