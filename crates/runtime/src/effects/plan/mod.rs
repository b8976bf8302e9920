//! The scout locates what the goal means; the supervisor makes a plan of it.
//!
//! A goal is found on a tree. The goals of a list are found one after the other, each on the
//! tree as the goals before it leave it, so that the result is the one of doing them in order.

mod ask;
mod dead;
mod decisions;
mod found;
mod locate;
mod swarm;
mod tasks;

use axon_code::Known;
use axon_domain::{
    Code, Decision, Draft, Error, Goal, Message, MissionEnd, Outcome, Payload, PlanProposal,
    Result, Role,
};
use axon_engine::Mission;
use axon_sandbox::Cancel;
use axon_workspace::{Contents, Tree};

pub(crate) use decisions::goal_of;
pub(crate) use found::{Found, after, refuse_blocked, report_of_all};
pub(crate) use locate::{locate, probe};

use crate::effects::{Bench, Desk, draft, rebase, scout, spec};
use crate::observer::{Answer, Question};
use crate::report;

pub(super) fn perform(bench: &Bench<'_>, desk: &Desk<'_>, mission: &Mission) -> Result<Vec<Draft>> {
    let spec = spec(mission)?;
    let room = Room {
        contents: bench.contents(),
        spec,
        known: scout::known(bench, mission)?,
        mission: mission.id,
        progress: &|what| desk.progress(what),
        ask: &|question| desk.ask(question),
        cancel: &bench.cancel,
        looks_only: false,
    };
    let (answered, mut brought) = match look(bench, mission, &room)? {
        Bringing::Conflicts(drafts) => return Ok(drafts),
        Bringing::Answered(found) => *found,
    };
    let goals = match answered {
        Answered::Found { goals, .. } => goals,
        Answered::Refused(error) => return Ok(vec![refuse(mission, &error)]),
        Answered::Stopped => {
            let end = MissionEnd {
                outcome: Outcome::Cancelled,
                code: None,
                reason: "stopped by a person".to_owned(),
                hint: None,
            };
            return Ok(vec![draft(mission, Role::Operator, Payload::MissionEnded(end))]);
        }
    };
    let mut drafts = Vec::new();
    for (place, found) in goals.iter().enumerate() {
        let mut decided = |role, mut decision: Decision| {
            if goals.len() > 1 {
                decision.trigger = decisions::of_goal(place, &decision.trigger);
            }
            drafts.push(draft(mission, role, Payload::Decision(decision)));
        };
        found.answers.iter().for_each(|answer| decided(Role::Operator, answer.clone()));
        let mut chosen = decisions::what_is_meant(found);
        if let Some(mut decision) = brought.take() {
            decision.evidence.append(&mut chosen.evidence);
            chosen = decision;
        }
        chosen.details = Some(report::keep(bench.store(), &found.report)?);
        decided(Role::Scout, chosen);
    }
    let proven = decisions::how_proven(bench, spec)?;
    drafts.push(draft(mission, Role::Supervisor, Payload::Decision(proven)));
    let tasks = tasks::tasks(bench.store(), &goals)?;
    let claims = swarm::claims(&goals);
    let hazard = swarm::hazard(&goals);
    let report = report_of_all(goals);
    let details = report::keep(bench.store(), &report)?;
    drafts.extend(hazard.map(|message| {
        let payload = Payload::Message(Message { attachment: Some(details), ..message });
        draft(mission, Role::Analyst, payload)
    }));
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let plan = PlanProposal {
        sites: tasks.iter().fold(0, |sum: u32, task| sum.saturating_add(task.sites)),
        mentions: count(report.parts().map(|part| part.mentions.len()).sum()),
        report: details,
        tasks,
        claims,
    };
    drafts.push(draft(mission, Role::Supervisor, Payload::PlanProposed(plan)));
    Ok(drafts)
}

/// Finds what a mission's goal comes to, whatever it is.
fn look(bench: &Bench<'_>, mission: &Mission, room: &Room<'_>) -> Result<Bringing> {
    match &room.spec.goal {
        Goal::Rebase { .. } => bring(bench, mission, room),
        _ => Ok(Bringing::Answered(Box::new((find(room)?, None)))),
    }
}

/// What came of bringing a change onto another commit.
enum Bringing {
    /// What cannot be merged, as events.
    Conflicts(Vec<Draft>),
    /// What is to be edited, and how that was found.
    Answered(Box<(Answered, Option<Decision>)>),
}

/// Brings what another mission came to onto this one's base.
fn bring(bench: &Bench<'_>, mission: &Mission, room: &Room<'_>) -> Result<Bringing> {
    let tree = Tree::of(room.spec.base_tree);
    let view = axon_workspace::TreeView::new(room.contents, tree);
    let source =
        crate::source::TreeSource::new(&view, &room.spec.grants)?.knowing(room.known.clone());
    (room.progress)("merging and locating".to_owned());
    let plan = match rebase::bring(bench, mission, room.spec, &source) {
        Ok(rebase::Brought::Conflicts(drafts)) => return Ok(Bringing::Conflicts(drafts)),
        Ok(rebase::Brought::Plan(plan)) => *plan,
        Err(error) if is_answer(&error) => {
            return Ok(Bringing::Answered(Box::new((Answered::Refused(error), None))));
        }
        Err(error) => return Err(error),
    };
    let rebase::Plan { mut located, wholes, removed, decision } = plan;
    let answers = match ask::settle(room, &source, &mut located) {
        Ok(ask::Settled::Nothing) => Vec::new(),
        Ok(ask::Settled::Answered(decision)) => vec![decision],
        Ok(ask::Settled::Stopped) => {
            return Ok(Bringing::Answered(Box::new((Answered::Stopped, None))));
        }
        Err(error) if is_answer(&error) => {
            return Ok(Bringing::Answered(Box::new((Answered::Refused(error), None))));
        }
        Err(error) => return Err(error),
    };
    let mut found = Found::new(room.contents, &room.spec.goal, located, answers)?;
    found.report.removed = removed;
    for file in &mut found.files {
        file.whole = wholes.get(&file.edits.path).copied();
    }
    let answered = Answered::Found { goals: vec![found], tree };
    Ok(Bringing::Answered(Box::new((answered, Some(decision)))))
}

/// Where goals are found, and who is told and asked meanwhile.
pub(crate) struct Room<'a> {
    pub(crate) contents: Contents<'a>,
    pub(crate) spec: &'a axon_domain::MissionSpec,
    /// What scouts found in the base, where there were any.
    pub(crate) known: Option<Known>,
    pub(crate) mission: axon_domain::MissionId,
    pub(crate) progress: &'a dyn Fn(String),
    /// `None` when nobody is there.
    pub(crate) ask: &'a dyn Fn(Question) -> Option<Answer>,
    pub(crate) cancel: &'a Cancel,
    /// Nothing is to be done: that nothing would be is an answer, too.
    pub(crate) looks_only: bool,
}

/// What came of looking.
pub(crate) enum Answered {
    /// What every goal comes to, in order, and the tree with all of it: of a list, or where
    /// one only looks.
    Found { goals: Vec<Found>, tree: Tree },
    /// The code says no.
    Refused(Error),
    /// A person does not want it any more.
    Stopped,
}

/// Finds what the mission's goal comes to.
pub(crate) fn find(room: &Room<'_>) -> Result<Answered> {
    let goals = room.spec.goal.parts();
    let mut tree = Tree::of(room.spec.base_tree);
    let mut all = Vec::with_capacity(goals.len());
    for (place, goal) in goals.iter().enumerate() {
        if room.cancel.is_cancelled() {
            return Err(Error::new(Code::Interrupted, "interrupted while goals were located"));
        }
        let number = match goals.len() {
            1 => String::new(),
            many => format!("goal {} of {many}: ", place + 1),
        };
        let found = match find_one(room, goal, tree, &number) {
            Ok(Some(found)) if found.files.is_empty() && !room.looks_only => Err(nothing(&found)),
            Ok(Some(found)) => Ok(found),
            Ok(None) => return Ok(Answered::Stopped),
            Err(error) => Err(error),
        };
        match found {
            Ok(found) => {
                if goals.len() > 1 || room.looks_only {
                    tree = after(room.contents, tree, &found.files)?;
                }
                all.push(found);
            }
            Err(error) if is_answer(&error) => {
                return Ok(Answered::Refused(of_list(error, &number, goal)));
            }
            Err(error) => return Err(error),
        }
    }
    if goals.len() > 1 && tree.delta.is_none() && !room.looks_only {
        let what = "the goals take back what they do, and together change nothing";
        return Ok(Answered::Refused(Error::new(Code::NothingToDo, what)));
    }
    Ok(Answered::Found { goals: all, tree })
}

/// `None` where a person stopped the mission.
fn find_one(room: &Room<'_>, goal: &Goal, tree: Tree, number: &str) -> Result<Option<Found>> {
    (room.progress)(format!("{number}listing files"));
    let view = axon_workspace::TreeView::new(room.contents, tree);
    let known = room.known.clone().filter(|_| tree.delta.is_none());
    let source = crate::source::TreeSource::new(&view, &room.spec.grants)?.knowing(known);
    (room.progress)(format!("{number}locating"));
    if let Goal::RemoveDead { only, kind, closed } = goal {
        let wish = dead::Wish { only, kind: *kind, closed: *closed };
        return dead::find(room, &source, goal, &wish);
    }
    let mut located = locate(&source, room.spec, goal)?;
    let answers = match ask::settle(room, &source, &mut located)? {
        ask::Settled::Nothing => Vec::new(),
        ask::Settled::Answered(decision) => vec![decision],
        ask::Settled::Stopped => return Ok(None),
    };
    refuse_blocked(&view, &located.created)?;
    Found::new(room.contents, goal, located, answers).map(Some)
}

/// Whether an error is an answer about the code (no such symbol, several, a collision) and so
/// ends the mission, rather than something that went wrong underneath.
fn is_answer(error: &Error) -> bool {
    error.code().exit_code() == Code::SymbolNotFound.exit_code()
        || matches!(error.code(), Code::Usage | Code::NotGranted)
}

/// The same error, saying which goal of a list it is about.
fn of_list(error: Error, number: &str, goal: &Goal) -> Error {
    if number.is_empty() {
        return error;
    }
    let what = format!("{number}{}: {}", goal.title(), error.what());
    let mut named = Error::new(error.code(), what);
    if let Some(place) = error.place() {
        named = named.at(place);
    }
    match error.hint_text() {
        Some(hint) => named.hint(hint),
        None => named,
    }
}

fn nothing(found: &Found) -> Error {
    if !matches!(found.goal, Goal::RemoveDead { .. }) {
        return Error::new(Code::NothingToDo, "nothing is left to change");
    }
    let listed = found.report.mentions.len();
    let error = match dead::proven(&found.report) {
        0 => Error::new(Code::NothingToDo, "nothing is proven to be unused"),
        _ => Error::new(Code::NothingToDo, "nothing that is unused was chosen"),
    };
    match listed {
        0 => error,
        _ => error.hint("axon run --remove-dead --dry-run lists what may be unused, and why"),
    }
}

fn refuse(mission: &Mission, error: &Error) -> Draft {
    let end = MissionEnd {
        outcome: Outcome::Refused,
        code: Some(error.code().name().to_owned()),
        reason: error.to_string(),
        hint: error.hint_text().map(str::to_owned),
    };
    draft(mission, Role::Scout, Payload::MissionEnded(end))
}
