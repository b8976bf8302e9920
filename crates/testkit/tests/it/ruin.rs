//! The ledger of a real mission, damaged in every way a disk or a hand can damage it: `axon
//! verify` says where, or nothing that anybody reads has changed; no command falls over.

use std::fs;
use std::path::PathBuf;

use axon_domain::Event;
use axon_ledger::Reader;
use axon_testkit::Random;

use crate::scene::Scene;

/// A finished mission and what its ledger says while it is whole.
struct Sample {
    scene: Scene,
    bytes: Vec<u8>,
    said: Said,
}

/// Everything that reading a ledger gives.
#[derive(PartialEq)]
struct Said {
    events: Vec<Event>,
    checkpoints: Vec<String>,
}

impl Sample {
    fn new() -> Self {
        let scene = Scene::new();
        // One file without a log beside it, as it lies on a disk after a while.
        let file = scene.repo.home().join("copy.db");
        let _ = scene.axon(&["backup", file.to_str().unwrap()]).success();
        let bytes = fs::read(&file).unwrap();
        let mut sample =
            Self { scene, bytes, said: Said { events: Vec::new(), checkpoints: Vec::new() } };
        sample.put(&sample.bytes);
        sample.said = sample.read().unwrap();
        sample
    }

    fn file(&self) -> PathBuf {
        self.scene.ledger().join("ledger.db")
    }

    fn put(&self, bytes: &[u8]) {
        for ending in ["ledger.db-wal", "ledger.db-shm"] {
            let _ = fs::remove_file(self.scene.ledger().join(ending));
        }
        fs::write(self.file(), bytes).unwrap();
    }

    fn read(&self) -> axon_domain::Result<Said> {
        let reader = Reader::open(&self.scene.ledger())?;
        Ok(Said {
            events: reader.events(.., None).collect::<axon_domain::Result<_>>()?,
            checkpoints: reader.checkpoints()?.iter().map(ToString::to_string).collect(),
        })
    }

    /// Puts altered bytes in place; whether verifying finds it. Then some other command.
    fn check(&self, bytes: &[u8], what: &str, random: &mut Random) -> bool {
        self.put(bytes);
        let verified = self.scene.axon(&["verify"]);
        let found = match verified.code {
            0 => {
                let same = self.read().is_ok_and(|said| said == self.said);
                assert!(same, "{what}: intact, and something else is read");
                false
            }
            6 => {
                let named = verified.stdout.contains("not intact") || {
                    verified.stderr.contains("ledger.db") || verified.stderr.contains("event ")
                };
                assert!(named, "{what}: {verified}");
                true
            }
            _ => panic!("{what}: {verified}"),
        };
        let command = random.pick(COMMANDS);
        let output = self.scene.axon(command);
        let is_known =
            [0, 4, 5, 6].contains(&output.code) || (output.code == 1 && *command == ["doctor"]);
        assert!(is_known, "{what}: {command:?}: {output}");
        assert!(found || output.code != 6, "{what}: {command:?} says it is damaged: {output}");
        assert!(!output.stderr.contains("panicked"), "{what}: {command:?}: {output}");
        found
    }
}

/// What may follow; the codes besides 0 and 6 are of a ledger that has lost the mission, and 1
/// is how `axon doctor` says that something is wrong.
const COMMANDS: &[&[&str]] = &[
    &["status"],
    &["missions"],
    &["show", "m1"],
    &["log", "--json"],
    &["diff", "m1"],
    &["why", "axon/m1:warehouse/pricing.py:6"],
    &["resume"],
    &["apply", "m1"],
    &["discard", "m1"],
    &["doctor"],
];

/// Tests that do few rounds in `./dev test` and many in `./dev soak`.
mod soak {
    use axon_testkit::each_round;

    use super::Sample;

    #[test]
    fn flipped_zeroed_and_cut_ledgers_of_a_mission_are_found_or_unharmed() {
        let sample = Sample::new();
        let mut found = 0;
        each_round(25, |mut random| {
            sample.scene.restore("done");
            let mut bytes = sample.bytes.clone();
            let place = random.below(bytes.len());
            let what = match random.below(4) {
                0 => {
                    bytes[place] ^= 1 << random.below(8);
                    format!("a bit of byte {place} flipped")
                }
                1 => {
                    let end = (place + 1 + random.below(20_000)).min(bytes.len());
                    bytes[place..end].fill(0);
                    format!("bytes {place} to {end} zeroed")
                }
                2 => {
                    bytes.truncate(place);
                    format!("cut to {place} bytes")
                }
                _ => {
                    for _ in 0..50 {
                        let place = random.below(bytes.len());
                        bytes[place] = random.next().to_le_bytes()[0];
                    }
                    "50 bytes overwritten".to_owned()
                }
            };
            found += u32::from(sample.check(&bytes, &what, &mut random));
        });
        assert!(found > 0, "nothing was ever found");
    }
}
