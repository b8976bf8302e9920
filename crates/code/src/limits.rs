//! Which files may be edited, and how many places are listed.

use std::collections::BTreeMap;

use axon_domain::{Code, Error, Mention, MentionKind, Result};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// How many mentions of one kind are listed.
const MOST: usize = 1_000;

/// The files that may be edited.
#[derive(Debug)]
pub(crate) struct Globs(Option<GlobSet>);

impl Globs {
    /// Globs as Git and shells write them; a folder stands for everything in it.
    pub(crate) fn new(globs: &[String]) -> Result<Self> {
        if globs.is_empty() {
            return Ok(Self(None));
        }
        let mut set = GlobSetBuilder::new();
        for glob in globs {
            let plain = glob.strip_prefix("./").unwrap_or(glob).trim_end_matches('/');
            let below = format!("{plain}/**");
            for form in [plain, &below] {
                let built = GlobBuilder::new(form).literal_separator(true).build();
                set.add(built.map_err(|error| unreadable(glob, error))?);
            }
        }
        let set = set.build().map_err(|error| unreadable(&globs.join(" "), error))?;
        Ok(Self(Some(set)))
    }

    pub(crate) fn matches(&self, path: &str) -> bool {
        self.0.as_ref().is_none_or(|set| set.is_match(path))
    }
}

fn unreadable(glob: &str, error: globset::Error) -> Error {
    Error::new(Code::Usage, format!("`{glob}` is not a pattern of paths")).because(error)
}

/// Cuts each kind of mention to what can be read; one mention says how many more there are.
pub(crate) fn limit(mentions: &mut Vec<Mention>) {
    let mut counts: BTreeMap<MentionKind, usize> = BTreeMap::new();
    let mut last: BTreeMap<MentionKind, Mention> = BTreeMap::new();
    mentions.retain(|mention| {
        let count = counts.entry(mention.kind).or_default();
        *count += 1;
        if *count == MOST + 1 {
            last.insert(mention.kind, mention.clone());
        }
        *count <= MOST
    });
    for (kind, first) in last {
        let more = counts.get(&kind).copied().unwrap_or_default().saturating_sub(MOST);
        let why = format!("{more} more places of this kind, from here on, are not listed");
        mentions.push(Mention { why, edit: None, ..first });
    }
    mentions.sort_by(|a, b| (&a.path, a.line, a.column).cmp(&(&b.path, b.line, b.column)));
}
