//! A plan with its sites: cold, warm, and where the time goes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axon_code::{FileEntry, Files, Rename, rename, syntax};
use axon_domain::{Language, ObjectId, ObjectStore, Undecided};
use axon_testkit::{TestRepo, sample::Large};
use axon_workspace::{Contents, Repository, Tree, TreeView};

use crate::stats::{Cost, Costs, Spread, timed};
use crate::table::{Row, cost, millis, thousands};
use crate::{Options, git, machine};

pub(crate) fn run(options: &Options) -> Vec<Row> {
    let files = options.size(10_000, 1_000);
    let every = 10;
    let repo = git::large(files, every);
    let dropped = machine::drop_caches();
    let cold = if dropped { "caches of the kernel dropped" } else { "a new process, warm caches" };
    let (cold_plan, cold_grep) = Costs::by_turns(
        options.rounds(3),
        |_| from_cold(|| dry_run(options, &repo)),
        |_| from_cold(|| grep(&repo)),
    );
    let (warm_plan, warm_grep) =
        Costs::by_turns(options.rounds(7), |_| dry_run(options, &repo), |_| grep(&repo));
    let what = format!(
        "plan of a rename, {} files, the symbol in {}",
        thousands(files),
        thousands(files.div_ceil(every) + 1)
    );
    let finder = "`git grep -lw` (finds files, resolves nothing)";
    let row = |how: &str, plan: &Costs, grep: &Costs| {
        Row::new(format!("{what}: `axon run --dry-run`, {how}"), cost(plan))
            .goal("< 2 s cold")
            .peer(format!("{} {finder}", cost(grep)))
            .durability("none: nothing is written")
    };
    vec![
        row(cold, &cold_plan, &cold_grep),
        row("warm", &warm_plan, &warm_grep),
        Row::new(format!("{what}: where the time goes, warm"), stages(options, &repo)),
    ]
}

fn from_cold(act: impl FnOnce() -> Cost) -> Cost {
    machine::drop_caches();
    act()
}

fn dry_run(options: &Options, repo: &TestRepo) -> Cost {
    let arguments = ["run", "--rename", Large::SYMBOL, git::NEW_NAME, "--dry-run", "--no-check"];
    Cost::of(|| git::run(repo, &options.axon, &arguments))
}

fn grep(repo: &TestRepo) -> Cost {
    Cost::of(|| git::run(repo, "git".as_ref(), &["grep", "-lw", Large::SYMBOL]))
}

/// A tree of Git needs no objects.
struct NoObjects;

impl ObjectStore for NoObjects {
    fn put(&self, _: &[u8]) -> axon_domain::Result<ObjectId> {
        unreachable!("nothing is written")
    }

    fn get(&self, _: ObjectId) -> axon_domain::Result<Vec<u8>> {
        unreachable!("nothing was written")
    }
}

/// The files of the tree, with the time that reading takes, of all threads together.
struct Timed<'a> {
    contents: Contents<'a>,
    entries: Vec<FileEntry>,
    nanos: AtomicU64,
}

impl Files for Timed<'_> {
    fn list(&self) -> &[FileEntry] {
        &self.entries
    }

    fn read(&self, entry: &FileEntry) -> axon_domain::Result<Arc<[u8]>> {
        let begun = Instant::now();
        let bytes = self.contents.read(entry.content).map(Arc::from);
        let nanos = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.nanos.fetch_add(nanos, Ordering::Relaxed);
        bytes
    }
}

/// Listing, reading, parsing and the rest, each of one plan in this process.
fn stages(options: &Options, repo: &TestRepo) -> String {
    let tree = git::tree_of(repo, "HEAD");
    let (mut list, mut read, mut parse, mut rest) = (vec![], vec![], vec![], vec![]);
    for _ in 0..options.rounds(5) {
        let repository = Repository::discover(&repo.path()).expect("a repository");
        let contents = Contents { repository: &repository, store: &NoObjects };
        let (seconds, files) = timed(|| TreeView::new(contents, Tree::of(tree)).files());
        list.push(seconds);
        let entry =
            |file: axon_workspace::ViewFile| FileEntry { path: file.path, content: file.content };
        let entries = files.expect("the tree is whole").into_iter().map(entry).collect();
        let source = Timed { contents, entries, nanos: AtomicU64::new(0) };
        let request = Rename {
            from: Large::SYMBOL.to_owned(),
            to: git::NEW_NAME.to_owned(),
            at: None,
            kind: None,
            keep_alias: false,
            undecided: Undecided::Leave,
        };
        let (located, found) = timed(|| rename(&source, &request, &[]));
        let found = found.expect("the symbol is there");
        // What reading takes of the elapsed time: the threads read side by side.
        let threads = std::thread::available_parallelism().map_or(1, usize::from) as f64;
        let reading = source.nanos.load(Ordering::Relaxed) as f64 / 1e9 / threads;
        let texts: Vec<_> = found
            .files
            .iter()
            .filter_map(|file| source.entries.iter().find(|entry| entry.path == file.path))
            .map(|entry| source.read(entry).expect("it was read before"))
            .collect();
        let parsing = timed(|| {
            for text in &texts {
                std::hint::black_box(syntax(Language::Python, None, text));
            }
        });
        let parsing = parsing.0 / threads;
        read.push(reading);
        parse.push(parsing);
        rest.push(located - reading - parsing);
    }
    let show = |times: Vec<f64>| millis(&Spread::of(times));
    format!(
        "list {}, read {}, parse the edited files about {}, search and resolve {}",
        show(list),
        show(read),
        show(parse),
        show(rest)
    )
}
