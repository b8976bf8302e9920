//! `axon resume`; going on after an interruption is in `interrupted`.

use crate::support::{axon, renamed, small};

#[test]
fn with_nothing_interrupted_there_is_nothing_to_do() {
    for repo in [small(), renamed()] {
        let output = axon(&repo, &["resume"]).success();
        assert_eq!(
            (output.stdout.as_str(), output.stderr.as_str()),
            ("", "nothing was interrupted\n")
        );
        let output = axon(&repo, &["resume", "--json"]).success();
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""));
    }
}
