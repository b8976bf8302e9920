//! A coder's task: the edits of one file, in a session of its own.

use axon_code::{apply_edits, syntax};
use axon_domain::{
    Access, Action, Draft, Language, Payload, Reflex, ReflexVerdict, Result, Role, SessionChange,
    SessionId, SessionStep, StateChange, TargetType, TaskChange, TaskStatus,
};
use axon_domain::{Code, Error, ObjectStore};
use axon_workspace::{EntryMode, Scope, Session, Tree};

use crate::effects::{Bench, WorkOrder};
use crate::report::{self, FilePlan};

pub(super) fn perform(bench: &Bench<'_>, order: &WorkOrder) -> Result<Vec<Draft>> {
    let plan: FilePlan = report::read(&bench.ledger.get(order.edits)?, order.edits)?;
    let edits = &plan.edits;
    let mut drafts = vec![order.draft(Payload::Session(SessionChange {
        session: order.session(),
        step: SessionStep::Opened,
        sees: order.sees,
    }))];
    if let Err(refusal) = order.grants.allow(Access::Write(&order.path)) {
        return Ok(order.fail(drafts, refusal.to_string()));
    }
    let scope = Scope { paths: vec![order.path.clone()], read_only: Vec::new() };
    let mut session = Session::open(bench.contents(), order.tree(), &scope);
    let (before, version) = match plan.created {
        true => (None, None),
        false => {
            let (bytes, version) = session.read(&order.path)?;
            (Some(bytes), Some(version))
        }
    };
    let base = before.as_deref().unwrap_or_default();
    // Edits of a list are planned on what other tasks leave.
    if order.sees.is_some() && bench.contents().read_file(&order.path, edits.base)? != base {
        let note = "it is not as the tasks before were to leave it".to_owned();
        return Ok(order.fail(drafts, note));
    }
    let after = apply_edits(base, &edits.sites)?;
    session.write(&order.path, &after, version)?;
    drafts.extend(changes(order, &session, &plan)?);
    let Some(language) = Language::of_path(&order.path) else {
        return Ok(order.finish(drafts, TaskStatus::Done, String::new()));
    };
    let verdict = syntax(language, before.as_deref(), &after);
    let note = verdict
        .problems
        .first()
        .map(|problem| format!("line {}, column {}: {}", problem.0, problem.1, problem.2))
        .unwrap_or_default();
    drafts.push(order.draft(Payload::Reflex(ReflexVerdict {
        reflex: Reflex::Syntax,
        subject: order.path.clone(),
        passed: Some(verdict.passed),
        note: note.clone(),
        output: None,
        millis: 0,
    })));
    if verdict.passed {
        Ok(order.finish(drafts, TaskStatus::Done, String::new()))
    } else {
        Ok(order.fail(drafts, format!("the edit does not parse: {note}")))
    }
}

/// What the session changed, as events.
fn changes(order: &WorkOrder, session: &Session<'_>, plan: &FilePlan) -> Result<Vec<Draft>> {
    let changed = session.changes()?;
    let mut drafts = Vec::with_capacity(changed.changes.len());
    for (path, entry) in changed.changes {
        let Some(entry) = entry else {
            return Err(Error::new(Code::Bug, "an edit removed a file").at(path));
        };
        drafts.push(order.draft(Payload::StateChange(StateChange {
            target: TargetType::FileSystem,
            resource: path,
            action: if plan.created { Action::Create } else { Action::Update },
            session: order.session(),
            previous: (!plan.created).then_some(plan.edits.base),
            new: Some(entry.content),
            executable: entry.mode == EntryMode::Executable,
        })));
    }
    Ok(drafts)
}

impl WorkOrder {
    /// Every task has one session, of the same number.
    fn session(&self) -> SessionId {
        SessionId(self.task.0)
    }

    fn tree(&self) -> Tree {
        Tree { base: self.base_tree, delta: self.sees }
    }

    fn draft(&self, payload: Payload) -> Draft {
        Draft::new(Role::Coder, payload)
            .of(self.mission)
            .task(self.task)
            .by(self.agent)
            .after(self.plan)
    }

    fn fail(&self, mut drafts: Vec<Draft>, note: String) -> Vec<Draft> {
        drafts.push(self.draft(Payload::Session(SessionChange {
            session: self.session(),
            step: SessionStep::Dropped,
            sees: None,
        })));
        self.finish(drafts, TaskStatus::Failed, note)
    }

    fn finish(&self, mut drafts: Vec<Draft>, status: TaskStatus, note: String) -> Vec<Draft> {
        drafts.push(self.draft(Payload::Task(TaskChange { status, note })));
        drafts
    }
}
