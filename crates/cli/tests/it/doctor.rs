//! `axon doctor`.

use crate::support::{axon, fields, json, renamed, small};

#[test]
fn everything_that_missions_depend_on_is_looked_at() {
    let repo = renamed();
    let output = axon(&repo, &["doctor"]).success();
    for subject in ["repository", "landlock", "seccomp", "signing key", "ledger", "disk"] {
        assert!(output.stdout.contains(&format!(" {subject}")), "{subject}\n{output}");
    }
    assert!(output.stdout.lines().all(|line| line == line.trim_end()), "{output}");
}

#[test]
fn as_json_each_finding_has_its_health() {
    let repo = small();
    let doctor = json(&repo, &["doctor"]);
    let findings = doctor["findings"].as_array().unwrap();
    for finding in findings {
        assert_eq!(fields(finding), ["detail", "health", "hint", "what"]);
        assert!(["good", "remark", "broken"].contains(&finding["health"].as_str().unwrap()));
    }
    let ledger = findings.iter().find(|finding| finding["what"] == "ledger").unwrap();
    assert_eq!(ledger["detail"], "none yet; the first mission makes it");
}
