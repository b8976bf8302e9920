//! Moving an item to another module of its crate.
//!
//! Everything that names it is looked at as for a rename. Paths are written anew from the root
//! of the crate, so that they mean the same wherever they stand; imports that lead to it by way
//! of a re-export stay. What it uses itself is imported in its new module.

mod access;
mod docs;
mod heads;
mod home;
mod macros;
mod moved;
mod needs;
mod origins;
mod private;
mod reach;
mod traits;
mod uses;
mod write;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use axon_domain::{Code, Error, Result, SiteKind, Symbol, Undecided};

use self::home::Home;
pub(super) use self::home::path as home;
use self::moved::Moved;
use super::items::{BodyId, Space, Unit, UseLeaf, Visibility};
use super::names::spelled;
use super::project::{ItemRef, ModuleId, Project, UnitId};
use super::resolve::{Def, Place};
use super::use_edits::UseEdits;
use super::{parse_all, rename};
use crate::Located;
use crate::ranges::Ranges;
use crate::sheet::Sheet;
use crate::signature::Changes;
use crate::sources::{FileId, Sources};

/// From where to where, and what is known so far.
struct Ways<'p, 's> {
    project: &'p Project<'s>,
    /// The name without `r#`.
    name: String,
    moved: Moved,
    home: Home,
    /// Changes within what moves.
    inner: Changes,
    /// Modules that were asked whether they lead to the symbol after the move.
    gives: RefCell<HashMap<ModuleId, bool>>,
    /// Imports that bodies get.
    lines: BTreeSet<(UnitId, BodyId, String)>,
    /// Imports that the home gets.
    home_lines: BTreeSet<String>,
    uses: UseEdits,
    /// Links to the symbol.
    links: Vec<docs::Waiting>,
    /// Modules that name the symbol afterwards.
    users: BTreeSet<ModuleId>,
    /// Re-exports in modules that others can see keep the symbol public.
    exported: bool,
    /// Who has to see further than now: items, and fields by their node.
    wider: BTreeMap<(UnitId, super::ast::NodeId), (ModuleId, BTreeSet<ModuleId>)>,
}

impl Ways<'_, '_> {
    /// Changes a place, wherever it is.
    fn edit(
        &mut self,
        sheet: &mut Sheet<'_, '_>,
        file: FileId,
        range: Range<usize>,
        text: String,
        (kind, evidence): (SiteKind, &str),
    ) {
        if self.moved.holds(file, range.start) {
            self.inner.insert((range.start, range.end), text);
        } else {
            sheet.edit(file, range, text, kind, evidence);
        }
    }

    /// Whether one of the meanings of a name is what moves.
    fn is_moved(&self, defs: &[Def]) -> bool {
        defs.contains(&Def::Item(self.moved.item))
    }

    /// Both namespaces.
    fn in_module(&self, module: ModuleId, name: &str) -> Vec<Def> {
        let mut found = self.project.in_module(module, name, Space::Type, None);
        found.extend(self.project.in_module(module, name, Space::Value, None));
        found
    }

    /// Whether a path through this module leads to the symbol after the move as well: by an
    /// import that is changed itself, or by passing on everything of its old module.
    fn still_gives(&self, module: ModuleId) -> bool {
        if let Some(known) = self.gives.borrow().get(&module) {
            return *known;
        }
        let gives = self.still_gives_new(module);
        self.gives.borrow_mut().insert(module, gives);
        gives
    }

    fn still_gives_new(&self, module: ModuleId) -> bool {
        let mut seen = BTreeSet::new();
        let mut pending = vec![module];
        while let Some(at) = pending.pop() {
            if self.home.module == Some(at) {
                return true;
            }
            if at == self.moved.module || !seen.insert(at) {
                continue;
            }
            for (unit_id, body) in self.project.bodies(at) {
                let unit = self.project.unit(unit_id);
                for leaf in &unit.bodies[body].uses {
                    if leaf.name.as_deref() == Some(&self.name) {
                        return true;
                    }
                    for opened in self.opened(unit_id, at, leaf) {
                        if opened == self.moved.module && self.passes_on(leaf) {
                            return true;
                        }
                        if self.is_moved(&self.in_module(opened, &self.name)) {
                            pending.push(opened);
                        }
                    }
                }
            }
        }
        false
    }

    /// The modules that a glob opens.
    fn opened(&self, unit: UnitId, module: ModuleId, leaf: &UseLeaf) -> Vec<ModuleId> {
        if !leaf.glob {
            return Vec::new();
        }
        let defs = self.project.imported(unit, module, leaf, Space::Type);
        defs.into_iter()
            .filter_map(|def| if let Def::Module(module) = def { Some(module) } else { None })
            .collect()
    }

    /// A glob that makes everything public goes on doing so for the symbol.
    fn passes_on(&self, leaf: &UseLeaf) -> bool {
        leaf.visibility == Visibility::Public && self.stated() == Visibility::Public
    }

    /// The visibility of the symbol as it is.
    fn stated(&self) -> Visibility {
        let unit = self.project.unit(self.moved.unit);
        unit.items[self.moved.item.item].visibility.clone()
    }

    /// The path of the home as this place writes it; `None` where nothing says how.
    fn written(&self, place: &Place) -> Option<String> {
        let project = self.project;
        let krate = project.crate_id(self.moved.module);
        let path = self.home.path(project);
        if project.crate_id(place.module) == krate {
            return Some(path);
        }
        let own = project.crate_of(place.module);
        let mut names: Vec<&String> =
            own.sees.iter().filter(|(_, id)| **id == krate).map(|(name, _)| name).collect();
        names.sort_unstable();
        let name = names.first()?;
        let root = project.crate_of(self.moved.module).root;
        let plain = project.in_scope(place, name, Space::Type) == [Def::Module(root)];
        let start = if plain { (*name).clone() } else { format!("::{name}") };
        Some(format!("{start}{}", path.strip_prefix("crate").unwrap_or_default()))
    }

    /// Lets the body of a module import the symbol from its home.
    fn import_into(&mut self, unit: UnitId, body: BodyId, place: &Place) -> bool {
        if self.home.module == Some(place.module) {
            return true;
        }
        let Some(path) = self.written(place) else { return false };
        let line = format!("use {path}::{};", spelled(&self.name));
        self.lines.insert((unit, body, line));
        self.users.insert(place.module);
        true
    }
}

/// Every place that changes.
pub(super) fn locate(
    sources: &Sources<'_>,
    symbol: &Symbol,
    home: &str,
    undecided: Undecided,
) -> Result<Located> {
    let name = symbol.name.trim_start_matches("r#");
    let words = {
        let first = Project::new(sources, &[name])?;
        let moved = Moved::find(&first, rename::find(&first, symbol)?, symbol)?;
        moved.words_in_macros(&first.unit(moved.unit))
    };
    let of_interest: Vec<&str> = std::iter::once(name)
        .chain(words.iter().map(String::as_str).filter(|word| *word != name))
        .collect();
    let project = Project::new(sources, &of_interest)?;
    let item = rename::find(&project, symbol)?;
    let moved = Moved::find(&project, item, symbol)?;
    let home = home::find(&project, moved.module, home)?;
    let files = project.in_reach(&project.group(item), &project.containing(name));
    parse_all(&project, &files)?;
    let (target, outcomes) = rename::search(&project, item, symbol, &files)?;
    if target.items.len() > 1 {
        let what = format!("`{}` is another definition in other configurations", symbol.qualified);
        return Err(Error::new(Code::Usage, what).at(moved.place));
    }
    let mut sheet = Sheet::new(sources, undecided, "//");
    let mut ways = Ways {
        project: &project,
        name: name.to_owned(),
        moved,
        home,
        inner: Changes::new(),
        gives: RefCell::default(),
        lines: BTreeSet::new(),
        home_lines: BTreeSet::new(),
        uses: UseEdits::default(),
        links: Vec::new(),
        users: BTreeSet::new(),
        exported: false,
        wider: BTreeMap::new(),
    };
    write::check(&ways, symbol)?;
    uses::globs(&mut ways, &mut sheet)?;
    for outcome in outcomes {
        uses::place(&mut ways, &mut sheet, outcome)?;
    }
    traits::users(&mut ways, &mut sheet)?;
    docs::settle(&mut ways, &mut sheet)?;
    let needs = needs::collect(&mut ways, &mut sheet)?;
    docs::moved(&mut ways, &mut sheet, &needs)?;
    access::check(&mut ways, &mut sheet);
    private::check(&mut ways, &mut sheet);
    reach::settle(&mut ways, &mut sheet, symbol)?;
    write::finish(ways, &mut sheet, symbol)?;
    project.failed()?;
    sheet.finish(Some(symbol))
}

impl Ways<'_, '_> {
    /// The `use` declarations of a file.
    fn imports(&self, unit: &Unit) -> Ranges {
        let leaves = unit.bodies.iter().flat_map(|body| &body.uses);
        let ranges: Vec<_> = leaves
            .map(|leaf| (unit.file, unit.ast.start(leaf.node)..unit.ast.end(leaf.node)))
            .collect();
        Ranges::new(ranges.iter())
    }

    /// Lets a module see an item or a field of another.
    fn show(&mut self, what: (UnitId, super::ast::NodeId), of: ModuleId, to: ModuleId) {
        self.wider.entry(what).or_insert((of, BTreeSet::new())).1.insert(to);
    }
}

/// The node of an item, for what has to be seen further.
fn node_of(project: &Project<'_>, item: ItemRef) -> (UnitId, super::ast::NodeId) {
    (item.unit, project.unit(item.unit).items[item.item].node)
}
