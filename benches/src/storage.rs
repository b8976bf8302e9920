//! What an event takes on the disk, and that it does not take more the more there are.

use axon_ledger::Ledger;

use crate::Options;
use crate::append::{change, ledger_options, small};
use crate::table::{Row, thousands};

pub(crate) fn run(options: &Options) -> Vec<Row> {
    let largest = options.size(1_000_000, 100_000);
    [("small", small as fn(usize) -> _), ("file changes", change)]
        .into_iter()
        .map(|(name, make)| {
            let at = |events: usize| {
                let folder = options.temporary();
                let ledger = Ledger::open(folder.path(), ledger_options()).expect("a new ledger");
                for group in 0..events / 1_000 {
                    let drafts = (0..1_000).map(|place| make(group * 1_000 + place)).collect();
                    ledger.append(drafts).expect("the disk has room");
                }
                ledger.checkpoint().expect("a checkpoint");
                ledger.close().expect("everything is written");
                let file = folder.path().join("ledger.db");
                let bytes = std::fs::metadata(file).expect("the ledger's file").len();
                format!("{:.1} B at {}", bytes as f64 / events as f64, thousands(events))
            };
            let sizes = [largest / 100, largest / 10, largest].map(at);
            Row::new(format!("bytes of an event ({name}), whole file ÷ events"), sizes.join(", "))
                .goal("linear")
                .durability("closed: the write-ahead log is in the file")
        })
        .collect()
}
