//! Rebases, and conflicts about links.

use axon_domain::{
    CheckChoice, Conflict, ConflictStep, ContentId, FileState, GitId, Goal, Grants, Language,
    MissionId, MissionSpec, ObjectId, Payload, SymbolKind, Undecided,
};

pub(crate) fn conflicts() -> Vec<Payload> {
    let git = |byte| GitId::from_bytes(&[byte; 20]).unwrap();
    let rename = Goal::Rename {
        from: "total".into(),
        to: "sum".into(),
        at: None,
        kind: Some(SymbolKind::Function),
        keep_alias: false,
    };
    let rewrite = Goal::Rewrite {
        pattern: "old($A)".into(),
        replacement: "new($A)".into(),
        language: Language::Rust,
    };
    let rebase = |goal: Goal| MissionSpec {
        goal: Goal::Rebase {
            of: MissionId(3),
            goal: Box::new(goal),
            base_commit: git(1),
            base_tree: git(2),
            changes: ObjectId([4; 32]),
        },
        paths: Vec::new(),
        check: CheckChoice::Found,
        undecided: Undecided::Ask,
        base_commit: git(5),
        base_tree: git(6),
        head_branch: None,
        branch: "axon/m4".into(),
        agents: 1,
        grants: Grants::none(),
        unconfined: false,
        hooks: Vec::new(),
    };
    let link = FileState { content: ContentId::Git(git(7)), executable: false, link: true };
    let found = ConflictStep::Found { base: None, current: Some(link), changed: None };
    let conflict = Conflict { path: "a".into(), reason: "mode".into(), step: found };
    vec![
        Payload::MissionGiven(Box::new(rebase(rename))),
        Payload::MissionGiven(Box::new(rebase(rewrite))),
        Payload::Conflict(conflict),
    ]
}
