//! Changing the parameters of a function or method.

mod calls;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use axon_domain::{
    Code, Error, Language, MentionKind, Result, SiteKind, Symbol, SymbolKind, Undecided,
};
use tree_sitter::Node;

use self::calls::{Call, Weight};
use super::occurrences::Verdict;
use super::project::Project;
use super::rename::occurrences;
use super::scan::Outcome;
use crate::Located;
use crate::sheet::{Place, Sheet};
use crate::signature::{Asked, Item, List, Wanted};
use crate::sources::{FileId, Sources};
use crate::text::{Lines, excerpt, words};

/// Every place that changes with the parameters of a symbol.
pub(super) fn locate(
    sources: &Sources<'_>,
    symbol: &Symbol,
    asked: &Asked,
    undecided: Undecided,
) -> Result<Located> {
    if !matches!(symbol.kind, SymbolKind::Function | SymbolKind::Method) {
        let what = format!("`{}` is a {}, not a function", symbol.qualified, symbol.kind);
        return Err(Error::new(Code::Usage, what).hint("name a function or a method"));
    }
    let name = symbol.name.trim_start_matches("r#");
    let project = Project::new(sources, &[name])?;
    let outcomes = occurrences(&project, symbol)?;
    let definitions = definitions(sources, symbol, &outcomes)?;
    let first = definitions
        .iter()
        .find(|one| sources.path(one.file) == symbol.path && one.line == symbol.line);
    let lost = || Error::new(Code::SymbolNotFound, format!("no `fn {name}`"));
    let main = first.or(definitions.first()).ok_or_else(lost)?;
    let plan = plan(asked, main)?;
    check_bodies(sources, &definitions, &plan)?;
    let mut sheet = Sheet::new(sources, undecided, "//");
    for one in &definitions {
        let skip = usize::from(one.receiver);
        let receiver = (0..skip).map(|at| Item::Old { at, change: None });
        let rest = plan.new.iter().map(|slot| match slot {
            Slot::Old(at) => Item::Old { at: at + skip, change: None },
            Slot::New(wanted) => Item::New(wanted.text.clone()),
        });
        sheet.places.push(Place {
            file: one.file,
            list: one.list.clone(),
            items: receiver.chain(rest).collect(),
            kind: SiteKind::Definition,
            evidence: "the parameters of a definition".to_owned(),
            open: None,
        });
    }
    for outcome in outcomes {
        used(&mut sheet, &plan, main.receiver, outcome)?;
    }
    project.failed()?;
    sheet.finish(Some(symbol))
}

/// One definition.
struct Definition {
    file: FileId,
    line: u32,
    list: List,
    /// Patterns, receiver included.
    names: Vec<String>,
    types: Vec<String>,
    receiver: bool,
    body: Option<Range<usize>>,
}

/// One parameter of the new list.
enum Slot {
    /// The old one of this number, the receiver not counted.
    Old(usize),
    New(Wanted),
}

struct Plan {
    old: usize,
    new: Vec<Slot>,
    removed: BTreeSet<usize>,
}

/// The definitions among the places.
fn definitions(
    sources: &Sources<'_>,
    symbol: &Symbol,
    outcomes: &[Outcome],
) -> Result<Vec<Definition>> {
    let mut wanted: BTreeMap<FileId, BTreeSet<usize>> = BTreeMap::new();
    for outcome in outcomes {
        if let Verdict::Refers { kind: SiteKind::Definition, .. } = outcome.verdict {
            wanted.entry(outcome.file).or_default().insert(outcome.range.start);
        }
    }
    let mut found = Vec::new();
    for (file, mut starts) in wanted {
        let Some(parsed) = sources.parsed(file, Language::Rust)? else { continue };
        let mut cursor = parsed.tree.walk();
        'walk: loop {
            let node = cursor.node();
            let name = node.child_by_field_name("name").map(|name| name.start_byte());
            if matches!(node.kind(), "function_item" | "function_signature_item")
                && name.is_some_and(|name| starts.remove(&name))
            {
                found.push(definition(sources, file, &parsed.text, node, &parsed.lines)?);
            }
            if cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    break 'walk;
                }
            }
        }
        if let Some(start) = starts.first() {
            let place = format!("{}:{}", sources.path(file), parsed.lines.line(*start));
            let what = format!("a definition of `{}` stands in a macro", symbol.name);
            return Err(Error::new(Code::NeedsDecision, what).at(place));
        }
    }
    Ok(found)
}

fn definition(
    sources: &Sources<'_>,
    file: FileId,
    text: &str,
    node: Node<'_>,
    lines: &Lines,
) -> Result<Definition> {
    let start = node.child_by_field_name("name").unwrap_or(node).start_byte();
    let refuse = |why: &str| {
        let place = format!("{}:{}", sources.path(file), lines.line(start));
        Error::new(Code::NeedsDecision, why.to_owned()).at(place)
    };
    let parameters = node.child_by_field_name("parameters");
    let parameters = parameters.filter(|node| !node.has_error());
    let parameters = parameters.ok_or_else(|| refuse("its parameters do not parse"))?;
    let mut one = Definition {
        file,
        line: lines.line(start),
        list: List {
            inner: parameters.start_byte() + 1..parameters.end_byte() - 1,
            items: Vec::new(),
        },
        names: Vec::new(),
        types: Vec::new(),
        receiver: false,
        body: node.child_by_field_name("body").map(|body| body.byte_range()),
    };
    let mut cursor = parameters.walk();
    for part in parameters.named_children(&mut cursor) {
        match part.kind() {
            "line_comment" | "block_comment" => continue,
            "self_parameter" => one.receiver = true,
            "parameter" => {}
            _ => return Err(refuse("a parameter has an attribute or is variadic")),
        }
        let field =
            |name| part.child_by_field_name(name).map(|node| text[node.byte_range()].to_owned());
        let pattern = field("pattern").unwrap_or_default();
        let plain = pattern.trim_start_matches("mut ").trim_start_matches("r#");
        one.names.push(plain.to_owned());
        one.types.push(field("type").unwrap_or_default());
        one.list.items.push(part.byte_range());
    }
    Ok(one)
}

fn refuse(why: impl Into<String>) -> Error {
    Error::new(Code::Usage, why)
}

/// Compares what is asked with the definition that was named.
fn plan(asked: &Asked, main: &Definition) -> Result<Plan> {
    let skip = usize::from(main.receiver);
    let (names, types) = (&main.names[skip..], &main.types[skip..]);
    let mut wanted = asked.parameters.as_slice();
    let is_receiver = |wanted: &Wanted| {
        wanted.name == "self" || wanted.name.ends_with(" self") || wanted.name == "&self"
    };
    if let Some(first) = wanted.first().filter(|first| is_receiver(first)) {
        if !main.receiver {
            return Err(refuse(format!("a receiver cannot be added (`{}`)", first.name)));
        }
        wanted = &wanted[1..];
    }
    let mut seen = BTreeSet::new();
    let mut new = Vec::new();
    for one in wanted {
        if one.old.is_some() {
            let why = "the name of a parameter is not changed this way in Rust";
            return Err(refuse(why).hint("callers do not see it; change it by hand"));
        }
        let name = one.name.trim_start_matches("mut ").trim_start_matches("r#");
        if !seen.insert(name) {
            return Err(refuse(format!("`{name}` stands in the signature twice")));
        }
        let Some(at) = names.iter().position(|known| known == name) else {
            new.push(Slot::New(added(one, name)?));
            continue;
        };
        let plain = |text: &str| text.split_whitespace().collect::<String>();
        if one.annotation.as_ref().is_some_and(|ty| plain(ty) != plain(&types[at])) {
            return Err(refuse(format!("the type of `{name}` is not changed this way"))
                .hint("name the parameter without a type"));
        }
        if one.default.is_some() || one.value.is_some() {
            return Err(refuse(format!("`{name}` is passed by callers already")));
        }
        new.push(Slot::Old(at));
    }
    let kept = |at: &usize| new.iter().any(|slot| matches!(slot, Slot::Old(old) if old == at));
    let removed = (0..names.len()).filter(|at| !kept(at)).collect();
    Ok(Plan { old: names.len(), new, removed })
}

fn added(wanted: &Wanted, name: &str) -> Result<Wanted> {
    if let Some(why) = super::names::refuse(name) {
        return Err(Error::new(Code::InvalidName, why));
    }
    if wanted.default.is_some() {
        return Err(refuse("Rust has no defaults")
            .hint(format!("write {name}: type := value for what callers pass")));
    }
    let hint = || format!("write {name}: type := value");
    if wanted.annotation.is_none() {
        return Err(refuse(format!("nothing says what type `{name}` has")).hint(hint()));
    }
    let Some(value) = &wanted.value else {
        return Err(refuse(format!("nothing says what callers pass as `{name}`")).hint(hint()));
    };
    if !calls::is_literal(value) {
        let why = format!("`{value}` may mean something else where callers stand");
        return Err(refuse(why).hint("use literals and what the prelude names"));
    }
    Ok(wanted.clone())
}

/// Refuses to remove what a body uses, and names that a body uses for something else.
fn check_bodies(sources: &Sources<'_>, all: &[Definition], plan: &Plan) -> Result<()> {
    for one in all {
        let Some(text) = sources.text(one.file)? else { continue };
        let path = sources.path(one.file);
        let skip = usize::from(one.receiver);
        if one.names.len() != plan.old + skip {
            return Err(Error::new(
                Code::NeedsDecision,
                "another definition takes other parameters",
            )
            .at(format!("{path}:{}", one.line)));
        }
        let place = |at: usize| format!("{path}:{}", Lines::new(text).line(at));
        let find = |name: &str| {
            let body = one.body.clone()?;
            let at = words(&text.as_bytes()[body.clone()], name).next()?;
            Some(body.start + at)
        };
        for at in &plan.removed {
            let name = &one.names[at + skip];
            let simple = name.chars().all(|c| c == '_' || c.is_alphanumeric());
            let used = if simple {
                find(name).filter(|_| name != "_")
            } else {
                one.body.clone().map(|b| b.start)
            };
            if let Some(used) = used {
                let what = format!("`{name}`, which would go, is used: `{}`", excerpt(text, used));
                return Err(Error::new(Code::NeedsDecision, what)
                    .at(place(used))
                    .hint("change the body first"));
            }
        }
        for slot in &plan.new {
            let Slot::New(wanted) = slot else { continue };
            let name = wanted.name.trim_start_matches("mut ");
            let twice = one.names.iter().any(|known| known == name);
            if let Some(used) = find(name).or_else(|| twice.then_some(one.list.inner.start)) {
                let what = format!(
                    "`{name}` cannot be the name of a parameter: `{}` uses that name",
                    excerpt(text, used)
                );
                return Err(Error::new(Code::NameCollision, what)
                    .at(place(used))
                    .hint("choose another name"));
            }
        }
    }
    Ok(())
}

/// One use of the symbol.
fn used(sheet: &mut Sheet<'_, '_>, plan: &Plan, receiver: bool, outcome: Outcome) -> Result<()> {
    let Outcome { file, range, verdict, .. } = outcome;
    let Some(text) = sheet.sources.text(file)?.cloned() else { return Ok(()) };
    let (kind, evidence, doubt) = match verdict {
        Verdict::Other => return Ok(()),
        Verdict::Refers { kind: SiteKind::Definition, .. } => return Ok(()),
        Verdict::Refers { kind: SiteKind::Documentation, evidence, .. }
            if evidence.starts_with("links to") =>
        {
            return Ok(());
        }
        Verdict::Refers { kind: SiteKind::Import | SiteKind::ReExport, .. } => {
            if let Some(alias) = alias(&text, range.end) {
                let why = format!("calls under its other name, `{alias}`, are not followed");
                sheet.ask(file, range, why);
            }
            return Ok(());
        }
        Verdict::Refers { kind, evidence, .. } => (kind, evidence, None),
        Verdict::Mention { kind, why } if kind.asks() => {
            (SiteKind::Reference, format!("included by request: {why}"), Some(why))
        }
        Verdict::Mention { kind, why } => {
            sheet.note(file, range, kind, why);
            return Ok(());
        }
    };
    let call = match calls::at(&text, &range) {
        Ok(Some(call)) => call,
        Ok(None) => {
            let why = doubt.unwrap_or_else(|| "it is not called here but passed on".to_owned());
            sheet.ask(file, range, why);
            return Ok(());
        }
        Err(why) => {
            sheet.note(file, range, MentionKind::Undecided, doubt.unwrap_or(why));
            return Ok(());
        }
    };
    let skip = usize::from(receiver && !call.method);
    match items(plan, &call, skip) {
        Ok(items) => {
            sheet.places.push(Place { file, list: call.list, items, kind, evidence, open: doubt })
        }
        Err(why) => {
            sheet.ask(file, range, doubt.map_or(why.clone(), |doubt| format!("{doubt}; {why}")))
        }
    }
    Ok(())
}

/// ` as other` behind an import.
fn alias(text: &str, end: usize) -> Option<&str> {
    let rest = text[end..].trim_start().strip_prefix("as ")?.trim_start();
    let name = rest.split(|c: char| c != '_' && !c.is_alphanumeric()).next()?;
    (name != "_" && !name.is_empty()).then_some(name)
}

/// The new list of a call; the reason where it cannot be said.
fn items(plan: &Plan, call: &Call, skip: usize) -> Result<Vec<Item>, String> {
    if call.weights.len() != plan.old + skip {
        return Err("it passes another number of arguments".to_owned());
    }
    if plan.removed.iter().any(|at| call.weights[at + skip] == Weight::Effects) {
        return Err("an argument that would go may do something".to_owned());
    }
    let mut order: Vec<usize> = Vec::new();
    let mut items: Vec<Item> = (0..skip).map(|at| Item::Old { at, change: None }).collect();
    for slot in &plan.new {
        items.push(match slot {
            Slot::Old(at) => {
                order.push(at + skip);
                Item::Old { at: at + skip, change: None }
            }
            Slot::New(wanted) => Item::New(wanted.value.clone().unwrap_or_default()),
        });
    }
    let weighty: Vec<usize> =
        order.into_iter().filter(|at| call.weights[*at] != Weight::Literal).collect();
    let harmless = weighty.iter().all(|at| call.weights[*at] == Weight::Plain);
    if !harmless && !weighty.is_sorted() {
        return Err("its arguments would be evaluated in another order".to_owned());
    }
    Ok(items)
}
