//! Python 3.
//!
//! Nothing is executed: modules come from paths, names from scopes and imports, receivers from
//! annotations and assignments.

mod alias;
mod annotations;
mod candidates;
mod circle;
mod collision;
mod dead;
mod define;
mod expr;
mod hierarchy;
mod index;
mod locate;
mod model;
mod modules;
mod names;
mod project;
mod relocate;
mod rename;
mod signature;
mod stdlib;
mod strings;
mod stubs;
mod targets;
mod types;
mod units;
mod visit;
mod wrappers;

use axon_domain::Language;

use crate::lang::Backend;

pub(crate) use self::units::units;

/// What the rest of the crate asks of Python.
pub(crate) static BACKEND: Backend = Backend {
    language: Language::Python,
    refuse_name: names::refuse,
    introducers: &["def", "class"],
    candidates: candidates::candidates,
    locate: locate::locate,
    signature: signature::locate,
    home: relocate::home,
    relocate: relocate::locate,
    dead: dead::find,
};
