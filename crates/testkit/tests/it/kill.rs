//! Killed at any moment, and gone on from there: nothing acknowledged is lost, nothing that
//! finished is done again, and the same tree comes out.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::scene::{RUN, Scene};

impl Scene {
    /// Goes on after a kill as a person would, and checks everything that was promised.
    /// `acknowledged`: the events that were printed before.
    fn recover(&self, acknowledged: &[String]) {
        let status = self.axon(&["status"]).success();
        let printed = match self.mission("m1") {
            None => {
                assert!(acknowledged.is_empty(), "{acknowledged:?}");
                self.axon(RUN).success().stdout
            }
            Some(mission) if mission["phase"] == "ended" => {
                assert!(!status.stdout.contains("resume"), "{status}");
                String::new()
            }
            Some(_) => {
                assert!(status.stdout.contains("axon resume"), "{status}");
                self.axon(&["resume", "--json"]).success().stdout
            }
        };
        let acknowledged = acknowledged.iter().map(String::as_str).chain(printed.lines());
        self.check_log(&acknowledged.collect::<Vec<_>>());
        self.check_result();
        let nothing = self.axon(&["resume"]).success();
        assert!(nothing.stderr.contains("nothing was interrupted"), "{nothing}");
        self.check_tidy();
    }

    /// Every acknowledged event is in the log, and every task was finished once.
    fn check_log(&self, acknowledged: &[&str]) {
        let log = self.axon(&["log", "--json"]).success().stdout;
        let recorded: std::collections::BTreeSet<&str> = log.lines().collect();
        for line in acknowledged {
            assert!(recorded.contains(line), "acknowledged and lost: {line}\n{log}");
        }
        let mut done = BTreeMap::<String, u32>::new();
        for (at, line) in log.lines().enumerate() {
            let event: Value = serde_json::from_str(line).unwrap();
            let data = &event["data"];
            assert_eq!(data["seq"], at + 1);
            let Some(task) = data["task_id"].as_str() else { continue };
            let finished = done.entry(task.to_owned()).or_default();
            match (data["kind"].as_str().unwrap(), data["status"].as_str()) {
                ("TASK", Some("done")) => *finished += 1,
                ("SESSION", _) if data["step"] == "merged" => assert_eq!(*finished, 1),
                _ => assert_eq!(*finished, 0, "done again: {line}"),
            }
        }
        assert_eq!(done.len(), Self::tasks());
        assert!(done.values().all(|times| *times == 1), "{done:?}");
    }

    fn check_result(&self) {
        let mission = self.mission("m1").unwrap();
        assert_eq!(mission["outcome"], "done", "{mission}");
        self.verify();
        assert_eq!(self.repo.git(["rev-parse", "axon/m1^{tree}"]), self.tree);
        assert_eq!(self.repo.git(["rev-list", "--count", "main..axon/m1"]), "1\n");
        assert_eq!(self.repo.git(["status", "--porcelain"]), "");
    }

    /// Whoever writes next tidies up after a mission whose process was killed as it ended.
    fn check_tidy(&self) {
        let _ = self.axon(&["discard", "m1"]).success();
        let left = fs::read_dir(self.ledger().join("missions")).unwrap().count();
        assert_eq!(left, 0, "folders of the mission are left");
    }
}

/// Tests that do few rounds in `./dev test` and many in `./dev soak`.
mod soak {
    use std::fs;
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::path::Path;
    use std::process::Stdio;

    use axon_testkit::{Random, axon_binary, each_round};

    use super::{RUN, Scene};
    use crate::scene::whole_lines;

    /// Removes every lock that a killed Git has left.
    fn remove_locks(folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                remove_locks(&path);
            } else if path.extension().is_some_and(|extension| extension == "lock") {
                fs::remove_file(path).unwrap();
            }
        }
    }

    fn below(random: &mut Random, bound: u64) -> u64 {
        random.next() % bound
    }

    #[test]
    fn a_mission_killed_at_any_system_call_goes_on_from_there() {
        let scene = Scene::new();
        let stops = scene.stops(RUN, "start");
        each_round(20, |mut random| {
            scene.restore("start");
            let (_, mut acknowledged) = scene.kill(RUN, 1 + below(&mut random, stops));
            // Killed again while it resumes, up to two times.
            for _ in 0..below(&mut random, 3) {
                let stop = 1 + below(&mut random, stops);
                let (_, more) = scene.kill(&["resume", "--json"], stop);
                acknowledged.extend(more);
            }
            scene.recover(&acknowledged);
        });
    }

    #[test]
    fn a_first_mission_killed_while_key_and_ledger_are_made_can_be_given_again() {
        let scene = Scene::new();
        let stops = scene.stops(RUN, "start");
        each_round(6, |mut random| {
            scene.restore("start");
            let (_, acknowledged) = scene.kill(RUN, 1 + below(&mut random, stops / 5));
            scene.recover(&acknowledged);
        });
    }

    #[test]
    fn events_that_a_pipe_brought_before_the_kill_are_in_the_ledger() {
        let scene = Scene::new();
        let log = scene.axon(&["log", "--json"]).success().stdout.lines().count();
        each_round(6, |mut random| {
            scene.restore("start");
            let after = random.below(log);
            let mut command = scene.repo.command("sh");
            command.args(["-c", "exec \"$@\" 3>&1 >/dev/null", "sh"]).arg(axon_binary());
            command.args(&RUN[..RUN.len() - 1]).args(["--events-fd", "3"]);
            command.stdout(Stdio::piped()).stderr(Stdio::null());
            let mut child = command.spawn().unwrap();
            let mut pipe = BufReader::new(child.stdout.take().unwrap());
            let mut text = String::new();
            for _ in 0..after {
                pipe.read_line(&mut text).unwrap();
            }
            child.kill().unwrap();
            child.wait().unwrap();
            pipe.read_to_string(&mut text).unwrap();
            scene.recover(&whole_lines(&text));
        });
    }

    #[test]
    fn applying_killed_at_any_system_call_can_be_done_again() {
        let scene = Scene::new();
        let stops = scene.stops(&["apply", "m1"], "done");
        each_round(6, |mut random| {
            scene.restore("done");
            scene.kill(&["apply", "m1"], 1 + below(&mut random, stops));
            let again = scene.axon(&["apply", "m1"]);
            if again.code != 0 {
                // Git itself was killed: it says what to do, and this is that.
                assert_eq!(again.code, 5, "{again}");
                assert!(again.stderr.contains("hint"), "{again}");
                remove_locks(&scene.repo.path().join(".git"));
                scene.repo.git(["reset", "--quiet", "--hard"]);
                let _ = scene.axon(&["apply", "m1"]).success();
            }
            assert_eq!(scene.repo.git(["rev-parse", "HEAD^{tree}"]), scene.tree);
            assert_eq!(scene.repo.git(["status", "--porcelain"]), "");
            assert_eq!(scene.mission("m1").unwrap()["applied"], true);
            let records = scene.axon(&["log", "--kind", "COMMIT"]).success().stdout;
            assert_eq!(records.matches("applied on").count(), 1, "{records}");
            scene.verify();
        });
    }

    #[test]
    fn discarding_killed_at_any_system_call_can_be_done_again() {
        let scene = Scene::new();
        let stops = scene.stops(&["discard", "m1"], "done");
        each_round(6, |mut random| {
            scene.restore("done");
            scene.kill(&["discard", "m1"], 1 + below(&mut random, stops));
            let again = scene.axon(&["discard", "m1"]);
            assert!(again.code == 0 || again.stderr.contains("was discarded"), "{again}");
            assert_eq!(scene.repo.git(["branch", "--list", "axon/*"]), "");
            assert_eq!(scene.mission("m1").unwrap()["discarded"], true);
            scene.verify();
        });
    }

    #[test]
    fn a_backup_that_was_killed_is_whole_or_not_there() {
        let scene = Scene::new();
        let file = scene.repo.home().join("backup.db");
        let backup = ["backup", file.to_str().unwrap()];
        let stops = scene.stops(&backup, "done");
        each_round(6, |mut random| {
            scene.restore("done");
            scene.kill(&backup, 1 + below(&mut random, stops));
            if !file.exists() {
                let _ = scene.axon(&backup).success();
            }
            assert!(axon_ledger::verify_file(&file, None, &[]).unwrap().is_intact());
            let _ = scene.axon(&backup).exits(2);
            scene.verify();
        });
    }

    #[test]
    fn rewinding_that_was_killed_leaves_only_its_own_folder_unfinished() {
        let scene = Scene::new();
        let into = scene.repo.home().join("then");
        let rewind = ["rewind", "--to", "200", "--into", into.to_str().unwrap()];
        let stops = scene.stops(&rewind, "done");
        each_round(4, |mut random| {
            scene.restore("done");
            scene.kill(&rewind, 1 + below(&mut random, stops));
            let started = into.exists() && fs::read_dir(&into).unwrap().next().is_some();
            let again = scene.axon(&rewind).exits(if started { 5 } else { 0 });
            assert!(!started || again.stderr.contains("not empty"), "{again}");
            assert_eq!(scene.repo.git(["status", "--porcelain"]), "");
            scene.verify();
        });
    }
}
