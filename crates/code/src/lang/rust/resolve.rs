//! What a name means: lookups in modules, through imports, globs and crates.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::ast::NodeId;
use super::items::{BodyId, ItemKind, Space, UseLeaf, Visibility};
use super::project::{ItemRef, ModuleId, Project, UnitId};

/// What a name may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Def {
    /// An item of the project.
    Item(ItemRef),
    /// A module of the project.
    Module(ModuleId),
    /// Something that is not of the project.
    Foreign,
    /// A type parameter; the node is its declaration.
    Parameter(UnitId, NodeId),
    /// `Self`, inside of this `impl` or trait.
    SelfType(UnitId, NodeId),
}

/// Where a name is looked up from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The unit.
    pub(super) unit: UnitId,
    /// The node in it.
    pub(super) node: NodeId,
    /// The module that the unit is looked at as.
    pub(super) module: ModuleId,
}

/// By a type and the name of a member.
type OfType<T> = HashMap<(ItemRef, String), T>;
/// By the name of a member and perhaps of a type.
type Loose = HashMap<(String, Option<String>), Shared<(ItemRef, usize)>>;
type Shared<T> = std::rc::Rc<Vec<T>>;
type Key = (ModuleId, String, Space, Option<ModuleId>);

/// Answers that were worked out before, and the questions that are being worked on.
#[derive(Default)]
pub(super) struct Memo {
    names: RefCell<HashMap<Key, Vec<Def>>>,
    open: RefCell<Vec<Key>>,
    /// The lowest question on the stack that an answer in the making depends on.
    waits_for: Cell<usize>,
    steps: Cell<usize>,
    /// How deep questions about types are nested.
    nested: Cell<u32>,
    opens_foreign: RefCell<HashMap<ModuleId, bool>>,
    questions: Cell<u32>,
    pub(super) impls: RefCell<HashMap<(UnitId, usize), std::rc::Rc<super::methods::ImplInfo>>>,
    pub(super) own_members: RefCell<OfType<Shared<(ItemRef, usize)>>>,
    pub(super) loose_members: RefCell<Loose>,
    pub(super) in_traits: RefCell<HashMap<String, std::rc::Rc<super::members::InTraits>>>,
    pub(super) type_files: RefCell<HashMap<ItemRef, Shared<crate::sources::FileId>>>,
    pub(super) found: RefCell<OfType<super::methods::Found>>,
    pub(super) by_traits: RefCell<HashMap<(super::types::Ty, String), super::methods::Found>>,
    pub(super) of_trait: RefCell<HashMap<ItemRef, Shared<(UnitId, usize)>>>,
    pub(super) invocations: RefCell<HashMap<String, Shared<(UnitId, NodeId)>>>,
    pub(super) bindings: RefCell<HashMap<UnitId, std::rc::Rc<super::scope::Bindings>>>,
    pub(super) types: RefCell<HashMap<(UnitId, NodeId, ModuleId), super::types::Ty>>,
}

/// Import chains longer than this, or webs of globs larger, are given up on.
const LONGEST_CHAIN: usize = 64;
const MOST_STEPS: usize = 20_000;

/// Questions about types nested deeper are not answered (a chain of so many calls).
const DEEPEST: u32 = 160;

/// Nor are those that lead to more others than this.
const MOST_QUESTIONS: u32 = 4_000;

impl Project<'_> {
    /// Answers a question that may lead to others, unless it is nested too deep.
    pub(super) fn nested<T>(&self, otherwise: T, work: impl FnOnce() -> T) -> T {
        let depth = self.memo.nested.get();
        if depth == 0 {
            self.memo.questions.set(0);
        }
        let questions = self.memo.questions.get() + 1;
        self.memo.questions.set(questions);
        if depth >= DEEPEST || questions > MOST_QUESTIONS {
            return otherwise;
        }
        self.memo.nested.set(depth + 1);
        let answer = work();
        self.memo.nested.set(depth);
        answer
    }

    /// Whether the question in hand is not part of another about types, whose answer is only
    /// in the making, and was answered in full.
    pub(super) fn is_outermost(&self) -> bool {
        self.memo.nested.get() == 1 && self.memo.questions.get() < MOST_QUESTIONS
    }

    /// What a name of a module means, for those outside (`from` is `None`: whoever writes the
    /// path may) or for an import by glob into `from`.
    pub(super) fn in_module(
        &self,
        module: ModuleId,
        name: &str,
        space: Space,
        from: Option<ModuleId>,
    ) -> Vec<Def> {
        let key = (module, name.to_owned(), space, from);
        if let Some(known) = self.memo.names.borrow().get(&key) {
            return known.clone();
        }
        let depth = self.memo.open.borrow().len();
        if depth == 0 {
            self.memo.steps.set(0);
            self.memo.waits_for.set(usize::MAX);
        }
        let steps = self.memo.steps.get() + 1;
        self.memo.steps.set(steps);
        if let Some(at) = self.memo.open.borrow().iter().position(|open| *open == key) {
            self.memo.waits_for.set(self.memo.waits_for.get().min(at));
            return Vec::new();
        }
        if depth > LONGEST_CHAIN || steps > MOST_STEPS {
            self.memo.waits_for.set(0);
            return Vec::new();
        }
        self.memo.open.borrow_mut().push(key.clone());
        let mut found = self.search_module(module, name, space, from);
        self.memo.open.borrow_mut().pop();
        found.sort_unstable();
        found.dedup();
        // An answer that was cut short by a question further down is not the whole answer.
        if self.memo.waits_for.get() >= depth {
            self.memo.waits_for.set(usize::MAX);
            self.memo.names.borrow_mut().insert(key, found.clone());
        }
        found
    }

    fn search_module(
        &self,
        module: ModuleId,
        name: &str,
        space: Space,
        from: Option<ModuleId>,
    ) -> Vec<Def> {
        let bodies = self.bodies(module);
        let mut found = Vec::new();
        if space == Space::Type
            && let Some(child) = self.child(module, name)
            && from.is_none_or(|from| self.child_visible(&bodies, module, name, from))
        {
            found.push(Def::Module(child));
        }
        for (unit, body) in &bodies {
            self.named_in_body(*unit, *body, module, name, space, from, &mut found);
        }
        if found.is_empty() {
            for (unit, body) in &bodies {
                self.by_glob(*unit, *body, module, name, space, from, &mut found);
            }
        }
        found
    }

    fn child_visible(
        &self,
        bodies: &[(UnitId, BodyId)],
        module: ModuleId,
        name: &str,
        from: ModuleId,
    ) -> bool {
        bodies.iter().any(|(unit, body)| {
            let unit = self.unit(*unit);
            let named = unit.bodies[*body].names.get(name);
            named.into_iter().flatten().any(|item| {
                let item = &unit.items[*item];
                item.kind == ItemKind::Module && self.visible(&item.visibility, module, from)
            })
        })
    }

    /// Whether something of `module` can be seen in `from`.
    pub(super) fn visible(&self, stated: &Visibility, module: ModuleId, from: ModuleId) -> bool {
        match stated {
            Visibility::Public | Visibility::Inherited => true,
            Visibility::Crate => self.crate_id(module) == self.crate_id(from),
            Visibility::Up(steps) => {
                let up = std::iter::successors(Some(module), |at| self.parent(*at)).nth(*steps);
                up.is_none_or(|up| self.lies_in(from, up))
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one question has that many sides")]
    fn named_in_body(
        &self,
        unit_id: UnitId,
        body: BodyId,
        module: ModuleId,
        name: &str,
        space: Space,
        from: Option<ModuleId>,
        found: &mut Vec<Def>,
    ) {
        let unit = self.unit(unit_id);
        for item in unit.bodies[body].names.get(name).into_iter().flatten() {
            let content = &unit.items[*item];
            let seen = from.is_none_or(|from| self.visible(&content.visibility, module, from));
            if content.kind == ItemKind::Module {
                found.extend(
                    self.block_module(unit_id, body, name)
                        .filter(|_| space == Space::Type)
                        .map(Def::Module),
                );
            } else if content.kind.is_in(space) && seen {
                found.push(Def::Item(ItemRef { unit: unit_id, item: *item }));
            }
        }
        for leaf in &unit.bodies[body].uses {
            if leaf.name.as_deref() == Some(name)
                && from.is_none_or(|from| self.visible(&leaf.visibility, module, from))
            {
                let open = self.memo.waits_for.get();
                let meant = self.imported(unit_id, module, leaf, space);
                let other = if space == Space::Type { Space::Value } else { Space::Type };
                // An import that leads out of the project still hides what globs bring in.
                let foreign = meant.is_empty()
                    && self.imported(unit_id, module, leaf, other).is_empty()
                    && self.memo.waits_for.get() == open;
                found.extend(if foreign { vec![Def::Foreign] } else { meant });
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one question has that many sides")]
    fn by_glob(
        &self,
        unit_id: UnitId,
        body: BodyId,
        module: ModuleId,
        name: &str,
        space: Space,
        from: Option<ModuleId>,
        found: &mut Vec<Def>,
    ) {
        let unit = self.unit(unit_id);
        for leaf in unit.bodies[body].uses.iter().filter(|leaf| leaf.glob) {
            if from.is_some_and(|from| !self.visible(&leaf.visibility, module, from)) {
                continue;
            }
            for container in self.imported(unit_id, module, leaf, Space::Type) {
                match container {
                    Def::Module(inner) => {
                        found.extend(self.in_module(inner, name, space, Some(module)));
                    }
                    Def::Item(item) => found.extend(self.variant(item, name)),
                    _ => {}
                }
            }
        }
    }

    /// What an import refers to; for a glob, what it opens.
    pub(super) fn imported(
        &self,
        unit: UnitId,
        module: ModuleId,
        leaf: &UseLeaf,
        space: Space,
    ) -> Vec<Def> {
        let names: Vec<&str> = leaf.path.iter().map(|(name, _)| name.as_str()).collect();
        let place = Place { unit, node: leaf.node, module };
        if leaf.external {
            let name = names.first().copied().unwrap_or_default();
            return match name {
                "self" => vec![Def::Module(self.crate_of(module).root)],
                _ => self.crate_named(module, name).into_iter().collect(),
            };
        }
        self.use_path(&place, &names, leaf.rooted, space)
    }

    /// What the path of a `use` refers to.
    pub(super) fn use_path(
        &self,
        place: &Place,
        names: &[&str],
        rooted: bool,
        space: Space,
    ) -> Vec<Def> {
        let from_root = self.crate_of(place.module).edition_2015
            && !names.first().is_some_and(|name| is_path_word(name));
        if names.is_empty() {
            let root = self.crate_of(place.module).root;
            return vec![Def::Module(root)];
        }
        if !from_root {
            return self.path(place, names, rooted, space);
        }
        let root = self.crate_of(place.module).root;
        let found = self.walk_path(vec![Def::Module(root)], names, space);
        if !found.is_empty() || names.len() == 1 && space == Space::Value {
            return found;
        }
        let outside = self.crate_named(place.module, names[0]).into_iter().collect();
        self.walk_path(outside, &names[1..], space)
    }

    /// What a path refers to in the code around a place, locals and type parameters apart
    /// (unless there are several parts).
    pub(super) fn path(
        &self,
        place: &Place,
        names: &[&str],
        rooted: bool,
        space: Space,
    ) -> Vec<Def> {
        let Some(first) = names.first() else { return Vec::new() };
        let root = self.crate_of(place.module).root;
        let mut rest = &names[1..];
        let start = match *first {
            _ if rooted => {
                let outside = self.crate_named(place.module, first);
                match outside {
                    Some(def) if !self.crate_of(place.module).edition_2015 => vec![def],
                    _ => {
                        let own = self.walk_path(vec![Def::Module(root)], names, space);
                        if !own.is_empty() {
                            return own;
                        }
                        outside.into_iter().collect()
                    }
                }
            }
            "crate" => vec![Def::Module(root)],
            "$crate" => {
                let body = self.unit(place.unit).body_around(place.node);
                let homes = self.modules_of(place.unit, body);
                homes.iter().map(|home| Def::Module(self.crate_of(*home).root)).collect()
            }
            "self" => vec![Def::Module(place.module)],
            "super" => {
                let mut at = self.parent(place.module);
                while let Some((&"super", after)) = rest.split_first() {
                    at = at.and_then(|at| self.parent(at));
                    rest = after;
                }
                at.map(Def::Module).into_iter().collect()
            }
            "Self" => self.self_type(place).into_iter().collect(),
            name => {
                let space = if rest.is_empty() { space } else { Space::Type };
                let parameter = (space == Space::Type).then(|| self.type_parameter(place, name));
                match parameter.flatten() {
                    Some(parameter) => vec![parameter],
                    None => self.in_scope(place, name, space),
                }
            }
        };
        self.walk_path(start, rest, space)
    }

    fn walk_path(&self, start: Vec<Def>, names: &[&str], space: Space) -> Vec<Def> {
        let mut at = start;
        for (index, name) in names.iter().enumerate() {
            let space = if index + 1 == names.len() { space } else { Space::Type };
            let mut next: Vec<Def> =
                at.iter().flat_map(|def| self.inside(*def, name, space)).collect();
            next.sort_unstable();
            next.dedup();
            at = next;
        }
        at
    }

    /// What a name means inside of a module or type.
    pub(super) fn inside(&self, def: Def, name: &str, space: Space) -> Vec<Def> {
        self.nested(Vec::new(), || self.inside_nested(def, name, space))
    }

    fn inside_nested(&self, def: Def, name: &str, space: Space) -> Vec<Def> {
        match def {
            Def::Foreign => vec![Def::Foreign],
            Def::Module(module) if name == "self" => vec![Def::Module(module)],
            Def::Module(module) if name == "super" => {
                self.parent(module).map(Def::Module).into_iter().collect()
            }
            Def::Module(module) => self.in_module(module, name, space, None),
            Def::Item(item) => {
                let variants = self.variant(item, name);
                if variants.is_empty() { self.associated(def, name, space) } else { variants }
            }
            Def::Parameter(..) | Def::SelfType(..) => self.associated(def, name, space),
        }
    }

    /// The variant of this name, where the item is an enum (or stands for one).
    pub(super) fn variant(&self, item: ItemRef, name: &str) -> Vec<Def> {
        let unit = self.unit(item.unit);
        let content = &unit.items[item.item];
        if content.kind == ItemKind::Alias {
            let aliased = self.alias_head(item);
            return aliased.map_or_else(Vec::new, |aliased| self.variant(aliased, name));
        }
        if content.kind != ItemKind::Enum {
            return Vec::new();
        }
        let named = content.members.iter().filter(|member| unit.items[**member].name == name);
        named.map(|member| Def::Item(ItemRef { unit: item.unit, item: *member })).collect()
    }

    /// What a bare name means at a place: blocks outwards, the module, other crates.
    pub(super) fn in_scope(&self, place: &Place, name: &str, space: Space) -> Vec<Def> {
        let unit = self.unit(place.unit);
        let mut body = unit.body_around(place.node);
        while let Some(parent) = unit.bodies[body].parent {
            let mut found = Vec::new();
            self.block_names(place, body, name, space, &mut found);
            if !found.is_empty() {
                return found;
            }
            body = parent;
        }
        let found = self.in_module(place.module, name, space, None);
        if !found.is_empty() || space == Space::Value {
            return found;
        }
        let outside = self.crate_named(place.module, name);
        let known = super::known::is_prelude_type(name);
        let foreign = || (known || self.opens_foreign(place.module)).then_some(Def::Foreign);
        outside.or_else(foreign).into_iter().collect()
    }

    /// Whether a module takes in names of other crates by glob.
    fn opens_foreign(&self, module: ModuleId) -> bool {
        if let Some(known) = self.memo.opens_foreign.borrow().get(&module) {
            return *known;
        }
        // Looking up what a glob opens asks this again; by then it does not.
        self.memo.opens_foreign.borrow_mut().insert(module, false);
        let opens = self.opens_foreign_new(module);
        self.memo.opens_foreign.borrow_mut().insert(module, opens);
        opens
    }

    fn opens_foreign_new(&self, module: ModuleId) -> bool {
        self.bodies(module).iter().any(|(unit_id, body)| {
            let unit = self.unit(*unit_id);
            let mut globs = unit.bodies[*body].uses.iter().filter(|leaf| leaf.glob);
            globs.any(|leaf| {
                self.imported(*unit_id, module, leaf, Space::Type).contains(&Def::Foreign)
            })
        })
    }

    fn block_names(
        &self,
        place: &Place,
        body: BodyId,
        name: &str,
        space: Space,
        found: &mut Vec<Def>,
    ) {
        // A block's own imports are looked up from inside of it: `use a::b; use b::c;`.
        let key = (usize::MAX - body, format!("{}::{name}", place.unit), space, None);
        let at = self.memo.open.borrow().iter().position(|open| *open == key);
        if let Some(at) = at {
            self.memo.waits_for.set(self.memo.waits_for.get().min(at));
            return;
        }
        if self.memo.open.borrow().is_empty() {
            self.memo.steps.set(0);
            self.memo.waits_for.set(usize::MAX);
        }
        self.memo.open.borrow_mut().push(key);
        self.named_in_body(place.unit, body, place.module, name, space, None, found);
        if found.is_empty() {
            self.by_glob(place.unit, body, place.module, name, space, None, found);
        }
        self.memo.open.borrow_mut().pop();
        found.sort_unstable();
        found.dedup();
    }
}

/// Words at the beginning of a path that are not names.
pub(super) fn is_path_word(name: &str) -> bool {
    matches!(name, "crate" | "$crate" | "self" | "super" | "Self")
}
