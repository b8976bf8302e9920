//! One mission for every form of a goal that came after renaming and rewriting.

use axon_domain::{CheckChoice, Goal, Language, MissionSpec, Payload, SymbolKind};

use crate::samples::plain_mission;

/// Missions with every goal, alone and in a list.
pub(crate) fn goals() -> Vec<Payload> {
    let at = Some(("shop/cart.py".to_owned(), 12));
    let rename = |kind| Goal::Rename {
        from: "a".into(),
        to: "b".into(),
        at: at.clone(),
        kind,
        keep_alias: true,
    };
    let rewrite = Goal::Rewrite {
        pattern: "f($A)".into(),
        replacement: "g($A)".into(),
        language: Language::Rust,
    };
    let signature = |at| Goal::Signature { signature: "total(items, tax=0)".into(), at };
    let relocate = |at| Goal::Move { symbol: "Cart".into(), into: "shop.carts".into(), at };
    let dead = |only: &[&str], kind, closed| Goal::RemoveDead {
        only: only.iter().map(|name| (*name).to_owned()).collect(),
        kind,
        closed,
    };
    let single = vec![
        signature(at.clone()),
        signature(None),
        relocate(at.clone()),
        relocate(None),
        dead(&["shop.old", "shop.older"], Some(SymbolKind::Function), true),
        dead(&[], None, false),
    ];
    let mut listed = vec![rename(None), rename(Some(SymbolKind::Type)), rewrite];
    listed.extend(single.iter().cloned());
    let lists = [listed, Vec::new()].map(|goals| Goal::Several { goals });
    let mission = |goal| {
        Payload::MissionGiven(Box::new(MissionSpec {
            goal,
            check: CheckChoice::None,
            ..plain_mission()
        }))
    };
    single.into_iter().chain(lists).map(mission).collect()
}
