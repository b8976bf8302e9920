//! A coder's task: the edits of one file, in a session of its own.

use axon_code::{apply_edits, syntax};
use axon_domain::{
    Access, Action, Code, Draft, Error, Language, ObjectId, ObjectStore as _, Payload, Reflex,
    ReflexVerdict, Result, Role, SessionChange, SessionId, SessionStep, StateChange, TargetType,
    TaskChange, TaskStatus,
};
use axon_workspace::{Delta, EntryMode, Scope, Session, Tree};

use crate::effects::{Bench, WorkOrder};
use crate::report::{self, FilePlan};
use crate::task::{WholeFile, entry};

pub(super) fn perform(bench: &Bench<'_>, order: &WorkOrder) -> Result<Vec<Draft>> {
    let task: FilePlan = report::read(&bench.ledger.get(order.edits)?, order.edits)?;
    let sees = sees(bench, order, &task)?;
    let mut drafts = vec![order.draft(Payload::Session(SessionChange {
        session: order.session(),
        step: SessionStep::Opened,
        sees,
    }))];
    if let Err(refusal) = order.grants.allow(Access::Write(&order.path)) {
        return Ok(order.fail(drafts, refusal.to_string()));
    }
    let scope = Scope { paths: vec![order.path.clone()], read_only: Vec::new() };
    let tree = Tree { base: order.base_tree, delta: sees };
    let mut session = Session::open(bench.contents(), tree, &scope);
    let (before, after) = match task.whole {
        None if task.created => make(&mut session, order, &task)?,
        None => match edit(bench, &mut session, order, &task)? {
            Some(sides) => sides,
            None => {
                let note = "it is not as the tasks before were to leave it".to_owned();
                return Ok(order.fail(drafts, note));
            }
        },
        Some(whole) => replace(bench, &mut session, order, whole)?,
    };
    drafts.extend(changes(order, &session, &task)?);
    let (Some(language), Some(after)) = (Language::of_path(&order.path), after) else {
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

/// The changes that the session sees: those of the mission's tree, unless another group has
/// edited the file meanwhile. The edits are of the file as it was; what they come to is merged
/// with what the other group did.
fn sees(bench: &Bench<'_>, order: &WorkOrder, task: &FilePlan) -> Result<Option<ObjectId>> {
    let Some(sees) = order.sees else { return Ok(None) };
    let delta = Delta::at(Some(sees));
    Ok(match delta.get(bench.store(), &order.path)? {
        Some(Some(entry)) if entry.content == task.edits.base => Some(sees),
        Some(_) => None,
        None => Some(sees),
    })
}

/// The file before and after; `None` where there is none.
type Sides = (Option<Vec<u8>>, Option<Vec<u8>>);

/// `None` where the file is not the one that the edits are of: those of a list are planned on
/// what the tasks before leave.
fn edit(
    bench: &Bench<'_>,
    session: &mut Session<'_>,
    order: &WorkOrder,
    task: &FilePlan,
) -> Result<Option<Sides>> {
    let (before, version) = session.read(&order.path)?;
    let planned = bench.contents().read_file(&order.path, task.edits.base)?;
    if order.sees.is_some() && planned != before {
        return Ok(None);
    }
    let after = apply_edits(&before, &task.edits.sites)?;
    session.write(&order.path, &after, Some(version))?;
    Ok(Some((Some(before), Some(after))))
}

fn make(session: &mut Session<'_>, order: &WorkOrder, task: &FilePlan) -> Result<Sides> {
    let after = apply_edits(b"", &task.edits.sites)?;
    session.write(&order.path, &after, None)?;
    Ok((None, Some(after)))
}

/// Takes the file away and puts another one in its place, if there is to be one.
fn replace(
    bench: &Bench<'_>,
    session: &mut Session<'_>,
    order: &WorkOrder,
    whole: WholeFile,
) -> Result<Sides> {
    let path = &order.path;
    let before = session.remove(path)?;
    let WholeFile::Is(file) = whole else { return Ok((before, None)) };
    if file.link {
        return Err(Error::new(Code::NotGranted, "symbolic links are not made").at(path.clone()));
    }
    let after = bench.contents().read_file(path, file.content)?;
    session.write(path, &after, None)?;
    Ok((before, Some(after)))
}

/// What the session changed, as events.
fn changes(order: &WorkOrder, session: &Session<'_>, task: &FilePlan) -> Result<Vec<Draft>> {
    let changed = match task.whole {
        None => session.changes()?.changes,
        Some(WholeFile::Is(file)) => vec![(order.path.clone(), Some(entry(file)))],
        Some(WholeFile::Gone) => vec![(order.path.clone(), None)],
    };
    let mut drafts = Vec::with_capacity(changed.len());
    for (path, entry) in changed {
        let was = session.was(&path)?;
        let action = match (was, entry) {
            (_, None) => Action::Delete,
            (None, Some(_)) => Action::Create,
            (Some(_), Some(_)) => Action::Update,
        };
        drafts.push(order.draft(Payload::StateChange(StateChange {
            target: TargetType::FileSystem,
            resource: path,
            action,
            session: order.session(),
            previous: was.map(|entry| entry.content),
            new: entry.map(|entry| entry.content),
            executable: entry.is_some_and(|entry| entry.mode == EntryMode::Executable),
        })));
    }
    Ok(drafts)
}

impl WorkOrder {
    /// Every task has one session, of the same number.
    fn session(&self) -> SessionId {
        SessionId(self.task.0)
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
