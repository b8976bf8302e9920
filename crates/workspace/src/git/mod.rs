//! Git in and out, through `gix`; the `git` program only where the user's own hooks, filters or
//! signing program have to take part.

mod commit;
mod convert;
mod files;
mod open;
mod refs;

pub use commit::CommitRequest;
pub use files::{FileMode, RawFile, TreeFile, TreeFiles};
pub use open::{Repository, UserConfig};
pub use refs::Head;
