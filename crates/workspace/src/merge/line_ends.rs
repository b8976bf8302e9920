//! What concerns every line at once: line ends and the byte order mark.

use std::borrow::Cow;

/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// How the lines of a text end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// There is no line end.
    None,
    /// All with LF.
    Lf,
    /// All with CR LF.
    CrLf,
    /// Some so, some so.
    Mixed,
}

/// How the merged text is to be written, decided before its lines are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plan {
    /// How all lines will end, where the sides disagree and it can be decided for all at once.
    ends: Option<Ends>,
    /// Whether it will begin with a byte order mark.
    mark: bool,
    /// How the lines of conflict markers end.
    pub(super) marker_end: &'static [u8],
}

impl Plan {
    /// A side that changed all line ends, or the mark, is followed in that.
    pub(super) fn of(base: &[u8], ours: &[u8], theirs: &[u8]) -> Self {
        let marked = [base, ours, theirs].map(|text| text.starts_with(MARK));
        let ends = decide(base, ours, theirs);
        let marker_end: &[u8] = match ends {
            None if Ends::of(ours) == Ends::CrLf => b"\r\n",
            _ => b"\n",
        };
        Self { ends, mark: if marked[1] == marked[0] { marked[2] } else { marked[1] }, marker_end }
    }

    /// A side without what the plan takes care of.
    pub(super) fn plain<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        let text = text.strip_prefix(MARK).unwrap_or(text);
        if self.ends.is_some() { with_lf(text) } else { Cow::Borrowed(text) }
    }

    /// A merged plain text, as it is to be written.
    pub(super) fn finish(&self, plain: &[u8]) -> Vec<u8> {
        let mut text = if self.mark { MARK.to_vec() } else { Vec::new() };
        text.reserve(plain.len());
        if self.ends != Some(Ends::CrLf) {
            text.extend_from_slice(plain);
            return text;
        }
        for line in plain.split_inclusive(|byte| *byte == b'\n') {
            match line.strip_suffix(b"\n") {
                Some(line) => {
                    text.extend_from_slice(line);
                    text.extend_from_slice(b"\r\n");
                }
                None => text.extend_from_slice(line),
            }
        }
        text
    }

    /// The same, if nothing but the line ends and the mark is other than in the plain text. A
    /// line that ends with two carriage returns has no other form.
    pub(super) fn finish_exactly(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let text = self.finish(plain);
        let fits = self.ends.is_none_or(|ends| [ends, Ends::None].contains(&Ends::of(&text)));
        (fits && *self.plain(&text) == *plain).then_some(text)
    }
}

impl Ends {
    fn of(text: &[u8]) -> Self {
        let all = text.iter().filter(|byte| **byte == b'\n').count();
        let with_cr = text.windows(2).filter(|pair| pair == b"\r\n").count();
        match (all, with_cr) {
            (0, _) => Self::None,
            (_, 0) => Self::Lf,
            (all, with_cr) if all == with_cr => Self::CrLf,
            _ => Self::Mixed,
        }
    }

    fn is_uniform(self) -> bool {
        matches!(self, Self::Lf | Self::CrLf)
    }
}

fn decide(base: &[u8], ours: &[u8], theirs: &[u8]) -> Option<Ends> {
    let all = [base, ours, theirs].map(Ends::of);
    let [of_base, of_ours, of_theirs] = all;
    let has = |ends: Ends| all.contains(&ends);
    if !has(Ends::Mixed) {
        return match has(Ends::Lf) && has(Ends::CrLf) && of_base != Ends::None {
            true if of_ours.is_uniform() && of_ours != of_base => Some(of_ours),
            true => Some(of_theirs),
            false => None,
        };
    }
    // A side that only made the line ends alike is followed too.
    let only_ends = |side: &[u8], ends: Ends| ends.is_uniform() && with_lf(side) == with_lf(base);
    match () {
        () if only_ends(ours, of_ours) => Some(of_ours),
        () if only_ends(theirs, of_theirs) => Some(of_theirs),
        () => None,
    }
}

/// The text with LF where it has CR LF.
fn with_lf(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'\r') {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_suffix(b"\r\n") {
            Some(line) => {
                plain.extend_from_slice(line);
                plain.push(b'\n');
            }
            None => plain.extend_from_slice(line),
        }
    }
    Cow::Owned(plain)
}
