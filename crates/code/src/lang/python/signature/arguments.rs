//! The arguments of a call, and how they are passed to other parameters.

use std::ops::Range;

use axon_domain::Language;
use tree_sitter::Node;

use super::parameters::{Kind, Plan, Slot};
use crate::signature::{Item, List};
use crate::sources::parse;

/// What evaluating an argument may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    /// The same at any time.
    Literal,
    /// Only looks something up.
    Plain,
    /// Anything.
    Effects,
}

#[derive(Debug, Clone)]
struct Argument {
    range: Range<usize>,
    /// The name and the `=` behind it.
    keyword: Option<(String, Range<usize>, usize)>,
    stars: usize,
    weight: Weight,
}

/// The arguments of one call, in bytes of the file.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) list: List,
    arguments: Vec<Argument>,
    /// The quotes of the strings that it is formatted in: until Python 3.12 they, and
    /// backslashes, cannot stand in its arguments.
    quotes: Vec<char>,
}

/// The arguments of a `call` node of a text that stands `shift` bytes further in the file; the
/// reason where they cannot be changed.
pub(super) fn of_call(text: &str, call: Node<'_>, shift: usize) -> Result<Call, String> {
    let list = call.child_by_field_name("arguments").ok_or("it has no arguments")?;
    if list.kind() != "argument_list" {
        return Err("a generator stands alone between the brackets".to_owned());
    }
    if list.has_error() {
        return Err("the arguments do not parse".to_owned());
    }
    let moved = |range: Range<usize>| range.start + shift..range.end + shift;
    let mut cursor = list.walk();
    let mut arguments = Vec::new();
    for node in list.named_children(&mut cursor).filter(|node| node.kind() != "comment") {
        let keyword = (node.kind() == "keyword_argument").then(|| {
            let name = node.child_by_field_name("name")?;
            let value = node.child_by_field_name("value")?;
            let written = text[name.byte_range()].to_owned();
            Some((written, moved(name.byte_range()), value.start_byte() + shift))
        });
        let value = node.child_by_field_name("value").filter(|_| keyword.is_some());
        arguments.push(Argument {
            range: moved(node.byte_range()),
            keyword: keyword.flatten(),
            stars: match node.kind() {
                "list_splat" => 1,
                "dictionary_splat" => 2,
                _ => 0,
            },
            weight: weight(value.unwrap_or(node), 8),
        });
    }
    let items = arguments.iter().map(|argument| argument.range.clone()).collect();
    let inner = moved(list.start_byte() + 1..list.end_byte() - 1);
    Ok(Call { list: List { inner, items }, arguments, quotes: quotes(text, call) })
}

/// How many nodes around a call are looked at.
const AROUND: usize = 64;

/// The quotes of the formatted strings around a call.
fn quotes(text: &str, call: Node<'_>) -> Vec<char> {
    let around = std::iter::successors(call.parent(), Node::parent).take(AROUND);
    let starts = around.filter(|node| node.kind() == "string").filter_map(|node| node.child(0));
    starts.filter_map(|start| text[start.byte_range()].chars().next_back()).collect()
}

/// A value as it can stand within strings of these quotes; `None` where it cannot.
fn within(value: &str, quotes: &[char]) -> Option<String> {
    let fits =
        |text: &str| quotes.is_empty() || !text.contains(|c| c == '\\' || quotes.contains(&c));
    if fits(value) {
        return Some(value.to_owned());
    }
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let other = if quote == '"' { "'" } else { "\"" };
    let plain = value.matches(quote).count() == 2 && value.ends_with(quote);
    let turned = value.replace(quote, other);
    (plain && !value.contains(other) && fits(&turned)).then_some(turned)
}

fn weight(node: Node<'_>, left: u32) -> Weight {
    let Some(left) = left.checked_sub(1) else { return Weight::Effects };
    let below = || {
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.named_children(&mut cursor).take(64).collect();
        let full = children.len() == 64;
        let heaviest = children.into_iter().map(|child| weight(child, left)).max();
        if full { Weight::Effects } else { heaviest.unwrap_or(Weight::Literal) }
    };
    match node.kind() {
        "integer" | "float" | "true" | "false" | "none" | "ellipsis" | "string_start"
        | "string_content" | "string_end" | "comment" | "escape_sequence" => Weight::Literal,
        "identifier" | "lambda" => Weight::Plain,
        "attribute" => below().max(Weight::Plain),
        "string"
        | "concatenated_string"
        | "tuple"
        | "list"
        | "dictionary"
        | "set"
        | "pair"
        | "parenthesized_expression" => below(),
        "unary_operator" if below() == Weight::Literal => Weight::Literal,
        _ => Weight::Effects,
    }
}

/// Whether a text is one value that is the same everywhere.
pub(in crate::lang::python) fn is_literal(text: &str) -> bool {
    let Ok(Some(tree)) = parse(Language::Python, text) else { return false };
    let root = tree.root_node();
    let statement = root.named_child(0).filter(|_| root.named_child_count() == 1);
    let value = statement.filter(|s| s.kind() == "expression_statement" && !root.has_error());
    value.is_some_and(|value| {
        let first = value.named_child(0).filter(|_| value.named_child_count() == 1);
        first.is_some_and(|node| weight(node, 8) == Weight::Literal)
    })
}

/// What fills a parameter in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Filled {
    Not,
    Position(usize),
    Keyword(usize),
}

/// A call as the old parameters see it.
struct Bound<'a> {
    plan: &'a Plan,
    arguments: &'a [Argument],
    /// By the position of the parameter in [`Plan::old`].
    filled: Vec<Filled>,
    /// The receiver, where it is passed by hand.
    receiver: Option<usize>,
    /// For `*args` and `**kwargs`.
    rest: Vec<usize>,
    extra: Vec<usize>,
    star: Option<usize>,
}

/// One argument of the new call.
struct Passed<'a> {
    /// The parameter; `None` for the receiver, stars and what goes to `*args`.
    slot: Option<&'a Slot>,
    /// The old argument.
    at: Option<usize>,
    keyword: bool,
}

/// Why it cannot be said what a call is to pass.
#[derive(Debug)]
pub(super) struct Unclear {
    pub(super) why: String,
    /// It passes what no parameter takes now, and a new one might.
    pub(super) surplus: bool,
}

impl From<String> for Unclear {
    fn from(why: String) -> Self {
        Self { why, surplus: false }
    }
}

impl Unclear {
    fn surplus(why: String) -> Self {
        Self { why, surplus: true }
    }
}

/// The new list of a call; the reason where it cannot be said.
pub(super) fn items(call: &Call, plan: &Plan, unbound: bool) -> Result<Vec<Item>, Unclear> {
    let bound = bind(call, plan, unbound)?;
    let passed = bound.pass()?;
    let passed = bound.in_order(passed)?;
    let items = passed.iter().map(|passed| bound.item(passed, &call.quotes));
    Ok(items.collect::<Result<_, String>>()?)
}

fn bind<'a>(call: &'a Call, plan: &'a Plan, unbound: bool) -> Result<Bound<'a>, Unclear> {
    let arguments = call.arguments.as_slice();
    let mut bound = Bound {
        plan,
        arguments,
        filled: vec![Filled::Not; plan.old.len()],
        receiver: None,
        rest: Vec::new(),
        extra: Vec::new(),
        star: None,
    };
    let positional = |kind| matches!(kind, Kind::PositionOnly | Kind::Either);
    let order = || plan.old.iter().enumerate().filter(|(_, e)| positional(e.kind));
    let mut next = order().map(|(at, _)| at);
    let mut wants_receiver = unbound;
    let has = |kind: Kind| plan.old.iter().any(|entry| entry.kind == kind);
    for (at, argument) in arguments.iter().enumerate() {
        match (&argument.keyword, argument.stars) {
            (None, 1) => {
                if !plan.prefix || wants_receiver || bound.star.is_some() {
                    return Err("`*` may fill any of the parameters that change".to_owned().into());
                }
                bound.star = Some(at);
            }
            (None, 2) => {
                if !plan.renamed.is_empty() || !plan.removed.is_empty() {
                    return Err("`**` may hold the parameters that change".to_owned().into());
                }
                bound.extra.push(at);
            }
            (None, _) if bound.star.is_some() => {
                return Err("an argument stands behind `*`".to_owned().into());
            }
            (None, _) if wants_receiver => {
                bound.receiver = Some(at);
                wants_receiver = false;
            }
            (None, _) => match next.next() {
                Some(parameter) => bound.filled[parameter] = Filled::Position(at),
                None if has(Kind::Rest) => bound.rest.push(at),
                None => {
                    let why = "it passes more arguments than there are";
                    return Err(Unclear::surplus(why.to_owned()));
                }
            },
            (Some((name, ..)), _) => bound.keyword(at, name, has(Kind::Keywords))?,
        }
    }
    let starred = bound.star.is_some() || arguments.iter().any(|argument| argument.stars == 2);
    let missing = plan.old.iter().zip(&bound.filled).any(|(entry, filled)| {
        let needed = entry.default.is_none() && !entry.shown.starts_with('*');
        needed && *filled == Filled::Not
    });
    if (missing && !starred) || wants_receiver {
        return Err("it passes fewer arguments than there have to be".to_owned().into());
    }
    Ok(bound)
}

impl<'a> Bound<'a> {
    fn keyword(&mut self, at: usize, name: &str, extra: bool) -> Result<(), Unclear> {
        let known = self.plan.old.iter().position(|entry| {
            entry.shown == name && matches!(entry.kind, Kind::Either | Kind::KeywordOnly)
        });
        match known {
            Some(parameter) if self.filled[parameter] == Filled::Not => {
                self.filled[parameter] = Filled::Keyword(at);
            }
            Some(_) => return Err(format!("it passes `{name}` twice").into()),
            None if self.plan.new.iter().any(|slot| slot.shown == name) => {
                let why = format!("it passes another `{name}` already");
                return Err(Unclear::surplus(why));
            }
            None if extra => self.extra.push(at),
            None => return Err(format!("there is no parameter `{name}`").into()),
        }
        Ok(())
    }

    fn filled(&self, slot: &Slot) -> Filled {
        let old = slot.old.as_deref();
        let at = self.plan.old.iter().position(|entry| Some(entry.shown.as_str()) == old);
        at.map_or(Filled::Not, |at| self.filled[at])
    }

    /// The new arguments: by position as far as there is no gap, then by keyword in the order
    /// in which they stand.
    fn pass(&self) -> Result<Vec<Passed<'a>>, String> {
        for (entry, filled) in self.plan.old.iter().zip(&self.filled) {
            if let (true, Filled::Position(at) | Filled::Keyword(at)) =
                (self.plan.removed.contains(&entry.shown), *filled)
                && self.arguments[at].weight == Weight::Effects
            {
                return Err(format!("what it passes as `{}` may do something", entry.shown));
            }
        }
        let mut passed: Vec<Passed<'a>> = Vec::new();
        let old = |at| Passed { slot: None, at: Some(at), keyword: false };
        passed.extend(self.receiver.map(old));
        let mut named: Vec<(usize, Passed<'a>)> = Vec::new();
        let mut gap = false;
        for slot in &self.plan.new {
            let filled = self.filled(slot);
            let value = slot.added.as_ref().and_then(|wanted| wanted.value.as_ref());
            let may_position = matches!(slot.kind, Kind::PositionOnly | Kind::Either);
            if slot.shown == "/" || matches!(slot.kind, Kind::Rest | Kind::Keywords) {
                continue;
            }
            let by_position = match filled {
                Filled::Position(_) => true,
                Filled::Keyword(_) => slot.kind == Kind::PositionOnly,
                Filled::Not => value.is_some() && self.star.is_none(),
            };
            let at = match filled {
                Filled::Position(at) | Filled::Keyword(at) => Some(at),
                Filled::Not if value.is_some() => None,
                Filled::Not => {
                    gap |= may_position;
                    continue;
                }
            };
            if may_position && by_position && !gap {
                passed.push(Passed { slot: Some(slot), at, keyword: false });
                continue;
            }
            if slot.kind == Kind::PositionOnly {
                return Err(format!("`{}` can be passed by position only", slot.shown));
            }
            gap |= may_position;
            named.push((at.unwrap_or(usize::MAX), Passed { slot: Some(slot), at, keyword: true }));
        }
        if gap && !self.rest.is_empty() {
            return Err("it passes further arguments, for which all have to be given".to_owned());
        }
        passed.extend(self.rest.iter().copied().map(old));
        passed.extend(self.star.map(old));
        named.extend(self.extra.iter().map(|at| (*at, old(*at))));
        named.sort_by_key(|(at, _)| *at);
        passed.extend(named.into_iter().map(|(_, passed)| passed));
        Ok(passed)
    }

    /// The same with keywords where arguments would be evaluated in another order.
    fn in_order(&self, mut passed: Vec<Passed<'a>>) -> Result<Vec<Passed<'a>>, String> {
        let weights = || {
            let old = passed.iter().filter_map(|passed| passed.at);
            old.filter(|at| self.arguments[*at].weight != Weight::Literal)
        };
        let harmless = weights().all(|at| self.arguments[at].weight == Weight::Plain);
        if harmless || weights().is_sorted() {
            return Ok(passed);
        }
        let mut seen: Vec<usize> = passed.iter().filter_map(|passed| passed.at).collect();
        seen.sort_unstable();
        let mut expected = seen.into_iter();
        let first = passed.iter().position(|p| p.at.is_some() && p.at != expected.next());
        let mut tail = passed.split_off(first.unwrap_or(passed.len()));
        for one in &mut tail {
            let position_only = one.slot.is_some_and(|slot| slot.kind == Kind::PositionOnly);
            let keyword = one.at.is_some_and(|at| {
                self.arguments[at].keyword.is_some() || self.arguments[at].stars == 2
            });
            if position_only || (one.slot.is_none() && !keyword) {
                return Err("its arguments would be evaluated in another order".to_owned());
            }
            one.keyword = true;
        }
        tail.sort_by_key(|passed| passed.at.unwrap_or(usize::MAX));
        passed.extend(tail);
        Ok(passed)
    }

    fn item(&self, passed: &Passed<'_>, quotes: &[char]) -> Result<Item, String> {
        let Some(at) = passed.at else {
            let slot = passed.slot;
            let wanted = slot.and_then(|slot| slot.added.as_ref());
            let value = wanted.and_then(|wanted| wanted.value.clone()).unwrap_or_default();
            let name = slot.filter(|_| passed.keyword).map(|slot| format!("{}=", slot.shown));
            let value = within(&value, quotes)
                .ok_or_else(|| format!("`{value}` cannot stand in the string around the call"))?;
            return Ok(Item::New(format!("{}{value}", name.unwrap_or_default())));
        };
        let argument = &self.arguments[at];
        let change = match (passed.slot, &argument.keyword) {
            (Some(slot), Some((name, range, _))) if passed.keyword && *name != slot.shown => {
                Some((range.clone(), slot.shown.clone()))
            }
            (Some(_), Some((_, range, value))) if !passed.keyword => {
                Some((range.start..*value, String::new()))
            }
            (Some(slot), None) if passed.keyword => {
                Some((argument.range.start..argument.range.start, format!("{}=", slot.shown)))
            }
            _ => None,
        };
        Ok(Item::Old { at, change })
    }
}
