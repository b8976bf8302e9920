//! Git in and out, through `gix`; the `git` program only where the user's own hooks, filters or
//! signing program have to take part.

mod apply;
mod blame;
mod commit;
mod convert;
mod create;
mod exclude;
mod files;
mod history;
mod hooks;
mod open;
mod program;
mod refs;
mod status;

pub use apply::Applied;
pub use blame::BlamedLine;
pub use commit::{CommitRequest, FileChange};
pub use create::NewRepository;
pub use files::{FileMode, RawFile, TreeFile, TreeFiles};
pub use history::{Change, CommitInfo, trailers};
pub use hooks::HookFolder;
pub use open::{Repository, UserConfig};
pub use refs::Head;
pub use status::{Facts, WorkingTree};

pub(crate) use convert::io_code;
pub(crate) use files::Found;
