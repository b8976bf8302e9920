//! The parameters of a definition, and what is to become of them.

use std::collections::BTreeSet;
use std::ops::Range;

use axon_domain::{Code, Error, Result};
use tree_sitter::Node;

use super::super::names;
use crate::signature::{Asked, Item, List, Wanted};

/// How a parameter is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    PositionOnly,
    Either,
    /// `*args`.
    Rest,
    KeywordOnly,
    /// `**kwargs`.
    Keywords,
}

/// One entry of a list of parameters.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// With its stars; `/` and `*` are themselves.
    pub(super) shown: String,
    pub(super) name: Range<usize>,
    pub(super) range: Range<usize>,
    pub(super) kind: Kind,
    pub(super) annotation: Option<String>,
    pub(super) default: Option<String>,
}

impl Entry {
    pub(super) fn is_marker(&self) -> bool {
        matches!(self.shown.as_str(), "/" | "*")
    }
}

/// The entries of a `parameters` node.
pub(super) fn entries(text: &str, node: Node<'_>) -> Vec<Entry> {
    let mut cursor = node.walk();
    let mut found = Vec::new();
    for part in node.named_children(&mut cursor).filter(|part| part.kind() != "comment") {
        let mut name = part.child_by_field_name("name").unwrap_or(part);
        if part.kind() == "typed_parameter" {
            name = part.named_child(0).unwrap_or(part);
        }
        let bare = match name.kind() {
            "list_splat_pattern" | "dictionary_splat_pattern" => {
                name.named_child(0).unwrap_or(name)
            }
            _ => name,
        };
        let written = |field| Some(text[part.child_by_field_name(field)?.byte_range()].to_owned());
        found.push(Entry {
            shown: text[name.byte_range()].to_owned(),
            name: bare.byte_range(),
            range: part.byte_range(),
            kind: Kind::Either,
            annotation: written("type"),
            default: written("value"),
        });
    }
    let shown: Vec<String> = found.iter().map(|entry| entry.shown.clone()).collect();
    let kinds = kinds(shown.iter().map(String::as_str));
    for (entry, kind) in found.iter_mut().zip(kinds) {
        entry.kind = kind;
    }
    found
}

/// How each is filled, by the markers among them.
fn kinds<'t>(shown: impl Iterator<Item = &'t str> + Clone) -> Vec<Kind> {
    let slash = shown.clone().position(|shown| shown == "/");
    let mut keyword = false;
    let mut kinds = Vec::new();
    for (at, shown) in shown.enumerate() {
        kinds.push(match shown {
            _ if shown.starts_with("**") => Kind::Keywords,
            _ if shown.starts_with('*') => {
                keyword = true;
                Kind::Rest
            }
            _ if keyword => Kind::KeywordOnly,
            _ if slash.is_some_and(|slash| at < slash) => Kind::PositionOnly,
            _ => Kind::Either,
        });
    }
    kinds
}

/// One entry of the new list.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    /// With its stars.
    pub(super) shown: String,
    pub(super) kind: Kind,
    /// The old one, by its name with stars; `None` for a marker or a new one.
    pub(super) old: Option<String>,
    /// What was asked, for a new one.
    pub(super) added: Option<Wanted>,
}

/// What changes, without the receiver.
#[derive(Debug)]
pub(super) struct Plan {
    /// The parameters as they are, markers apart.
    pub(super) old: Vec<Entry>,
    /// As they will be, with markers.
    pub(super) new: Vec<Slot>,
    pub(super) removed: BTreeSet<String>,
    /// Old and new name.
    pub(super) renamed: Vec<(String, String)>,
    /// Whatever calls it now can go on as it is.
    pub(super) compatible: bool,
    /// The old positional parameters are the first of the new ones.
    pub(super) prefix: bool,
}

fn refuse(why: impl Into<String>) -> Error {
    Error::new(Code::Usage, why)
}

/// Compares what is asked with a definition.
pub(super) fn plan(asked: &Asked, all: &[Entry], receiver: Option<&str>) -> Result<Plan> {
    let old: Vec<Entry> = all.iter().filter(|entry| !entry.is_marker()).cloned().collect();
    let mut wanted = asked.parameters.as_slice();
    if let (Some(receiver), Some(first)) = (receiver, wanted.first())
        && first.name == receiver
    {
        wanted = &wanted[1..];
    }
    let kinds = kinds(wanted.iter().map(|wanted| wanted.name.as_str()));
    let mut new = Vec::new();
    let mut renamed = Vec::new();
    let mut seen = BTreeSet::new();
    for (wanted, kind) in wanted.iter().zip(kinds) {
        let slot = slot(wanted, kind, &old)?;
        if !seen.insert(wanted.name.trim_start_matches('*').to_owned())
            || receiver == Some(wanted.name.as_str())
        {
            return Err(refuse(format!("`{}` stands in the signature twice", wanted.name)));
        }
        if let Some(before) = slot.old.as_ref().filter(|before| **before != slot.shown) {
            renamed.push((before.clone(), slot.shown.clone()));
        }
        new.push(slot);
    }
    let kept: BTreeSet<&str> = new.iter().filter_map(|slot| slot.old.as_deref()).collect();
    if kept.len() < new.iter().filter(|slot| slot.old.is_some()).count() {
        return Err(refuse("two parameters of the signature are the same old one"));
    }
    let gone = old.iter().filter(|entry| !kept.contains(entry.shown.as_str()));
    let removed: BTreeSet<String> = gone.map(|entry| entry.shown.clone()).collect();
    if let Some(star) = removed.iter().find(|shown| shown.starts_with('*')) {
        return Err(refuse(format!("`{star}` cannot be removed: callers may pass anything by it")));
    }
    let mut plan = Plan { old, new, removed, renamed, compatible: false, prefix: false };
    check_order(&plan)?;
    plan.prefix = prefix(&plan);
    plan.compatible = compatible(&plan);
    Ok(plan)
}

fn slot(wanted: &Wanted, kind: Kind, old: &[Entry]) -> Result<Slot> {
    let shown = wanted.name.clone();
    if matches!(shown.as_str(), "/" | "*") {
        return Ok(Slot { shown, kind, old: None, added: None });
    }
    if let Some(why) = names::refuse(shown.trim_start_matches('*')) {
        return Err(Error::new(Code::InvalidName, why));
    }
    let before = wanted.old.as_ref().unwrap_or(&shown);
    let Some(entry) = old.iter().find(|entry| entry.shown == *before) else {
        if wanted.old.is_some() {
            return Err(refuse(format!("there is no parameter `{before}`")));
        }
        if shown.starts_with('*') {
            return Err(refuse(format!("`{shown}` cannot be added, only plain parameters can")));
        }
        if wanted.default.is_none() && wanted.value.is_none() {
            let hint = format!("write {shown}=default, or {shown}:=value for what callers pass");
            return Err(refuse(format!("nothing says what callers pass as `{shown}`")).hint(hint));
        }
        if let Some(value) =
            wanted.value.as_ref().filter(|value| !super::arguments::is_literal(value))
        {
            let why = format!("`{value}` may mean something else where callers stand");
            return Err(refuse(why).hint("a value that callers pass has to be a literal"));
        }
        return Ok(Slot { shown, kind, old: None, added: Some(wanted.clone()) });
    };
    if let Some(other) = old.iter().find(|entry| entry.shown == shown && shown != *before) {
        return Err(refuse(format!("there is a parameter `{}` already", other.shown)));
    }
    let plain = |text: &str| text.split_whitespace().collect::<String>().replace('\'', "\"");
    let same = |now: &Option<String>, asked: &Option<String>| match (now, asked) {
        (_, None) => true,
        (Some(now), Some(asked)) => plain(now) == plain(asked),
        (None, Some(_)) => false,
    };
    if !same(&entry.annotation, &wanted.annotation) {
        return Err(refuse(format!("the type of `{before}` is not changed this way"))
            .hint("name the parameter without a type"));
    }
    if !same(&entry.default, &wanted.default) || wanted.value.is_some() {
        return Err(refuse(format!(
            "the default of `{before}` is not changed this way: calls that rely on it would \
             mean something else"
        ))
        .hint("name the parameter without a default"));
    }
    let stars = |shown: &str| shown.len() - shown.trim_start_matches('*').len();
    if stars(before) != stars(&shown) {
        return Err(refuse(format!("`{before}` cannot become `{shown}`")));
    }
    let old = Some(before.clone());
    Ok(Slot { shown, kind, old, added: None })
}

/// What the language says about the order of parameters.
fn check_order(plan: &Plan) -> Result<()> {
    let mut optional = None;
    let mut last = 0;
    for slot in &plan.new {
        let rank = match slot.kind {
            Kind::PositionOnly | Kind::Either => 0,
            Kind::Rest => 1,
            Kind::KeywordOnly => 2,
            Kind::Keywords => 3,
        };
        if rank < last || (rank == last && matches!(rank, 1 | 3)) {
            return Err(refuse(format!("`{}` cannot stand there", slot.shown)));
        }
        last = rank;
        if rank > 0 || slot.shown == "/" {
            continue;
        }
        match (plan.has_default(slot), optional) {
            (true, _) => optional = Some(&slot.shown),
            (false, Some(before)) => {
                return Err(refuse(format!(
                    "`{}` has no default and cannot stand behind `{before}`, which has one",
                    slot.shown
                )));
            }
            (false, None) => {}
        }
    }
    Ok(())
}

/// The old positional parameters are the first of the new ones.
fn prefix(plan: &Plan) -> bool {
    let positional = |kind| matches!(kind, Kind::PositionOnly | Kind::Either);
    let old: Vec<&str> =
        plan.old.iter().filter(|e| positional(e.kind)).map(|e| e.shown.as_str()).collect();
    let new: Vec<Option<&str>> = plan
        .new
        .iter()
        .filter(|slot| positional(slot.kind) && slot.shown != "/")
        .map(|slot| slot.old.as_deref())
        .collect();
    let rest = plan.old.iter().any(|entry| entry.kind == Kind::Rest);
    let fits = old.len() <= new.len() && old.iter().zip(&new).all(|(a, b)| Some(*a) == *b);
    fits && (!rest || old.len() == new.len())
}

fn compatible(plan: &Plan) -> bool {
    let keywords = plan.old.iter().any(|entry| entry.kind == Kind::Keywords);
    let mut added = plan.new.iter().filter_map(|slot| slot.added.as_ref());
    let kinds = plan.new.iter().all(|slot| match plan.entry(slot).map(|entry| entry.kind) {
        Some(Kind::Either) => slot.kind == Kind::Either,
        Some(Kind::KeywordOnly) => matches!(slot.kind, Kind::Either | Kind::KeywordOnly),
        _ => true,
    });
    plan.prefix
        && kinds
        && plan.removed.is_empty()
        && plan.renamed.is_empty()
        && added.all(|wanted| wanted.value.is_none() && !keywords)
}

impl Plan {
    pub(super) fn entry(&self, slot: &Slot) -> Option<&Entry> {
        let old = slot.old.as_deref()?;
        self.old.iter().find(|entry| entry.shown == old)
    }

    fn has_default(&self, slot: &Slot) -> bool {
        match (&slot.added, self.entry(slot)) {
            (Some(wanted), _) => wanted.default.is_some(),
            (None, Some(entry)) => entry.default.is_some(),
            (None, None) => true,
        }
    }

    /// Whether a definition takes the same parameters as the one that was compared.
    pub(super) fn fits(&self, entries: &[Entry]) -> bool {
        let other = entries.iter().filter(|entry| !entry.is_marker());
        if !other.map(|e| (&e.shown, e.kind)).eq(self.old.iter().map(|e| (&e.shown, e.kind))) {
            return false;
        }
        // Its own defaults have to allow the new order as well.
        let default = |slot: &Slot| match (&slot.added, &slot.old) {
            (Some(wanted), _) => wanted.default.is_some(),
            (None, Some(old)) => entries.iter().any(|e| e.shown == *old && e.default.is_some()),
            (None, None) => true,
        };
        let positional = |slot: &&Slot| matches!(slot.kind, Kind::PositionOnly | Kind::Either);
        let places = self.new.iter().filter(positional).filter(|slot| slot.shown != "/");
        places.map(default).is_sorted()
    }

    /// The new list of a definition; `skip` is the receiver.
    pub(super) fn items(&self, all: &[Entry], skip: usize) -> Vec<Item> {
        let find = |shown: &str| all.iter().skip(skip).position(|e| e.shown == shown);
        let mut items: Vec<Item> = (0..skip).map(|at| Item::Old { at, change: None }).collect();
        for slot in &self.new {
            let shown = slot.old.as_deref().unwrap_or(&slot.shown);
            let there = if slot.added.is_some() { None } else { find(shown) };
            items.push(match (there, &slot.added) {
                (Some(at), _) => {
                    let at = at + skip;
                    let bare = slot.shown.trim_start_matches('*');
                    let change =
                        (shown != slot.shown).then(|| (all[at].name.clone(), bare.to_owned()));
                    Item::Old { at, change }
                }
                (None, Some(wanted)) => Item::New(wanted.text.clone()),
                (None, None) => Item::New(slot.shown.clone()),
            });
        }
        items
    }
}

/// The list of a `parameters` node.
pub(super) fn list(node: Node<'_>, all: &[Entry]) -> List {
    List {
        inner: node.start_byte() + 1..node.end_byte().saturating_sub(1),
        items: all.iter().map(|entry| entry.range.clone()).collect(),
    }
}
