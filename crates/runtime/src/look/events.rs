//! Reading the log.

use std::time::Duration;

use axon_domain::{
    Action, CommitRecord, CommitStep, Conflict, ConflictStep, Event, Kind, LockChange, LockRefusal,
    LockStep, Message, MissionId, Payload, PeerIntent, Receiver, ReflexVerdict, Result, Seq,
    SessionStep, StateChange, TaskStatus, ToolCall, WaitLink,
};
use axon_ledger::{Filter, event_id};
use axon_sandbox::Cancel;
use serde_json::Value;

use crate::axon::Axon;
use crate::cloud_event::cloud_event;
use crate::report::counted;

/// Which events are wanted.
#[derive(Debug, Clone, Default)]
pub struct LogFilter {
    /// Only of this mission.
    pub mission: Option<MissionId>,
    /// Only of these kinds; empty for every kind.
    pub kinds: Vec<Kind>,
    /// Only after this position; 0 for all.
    pub after: u64,
}

/// How often a followed ledger is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// What is done with each event of a log.
type Take<'a> = dyn FnMut(&Event) -> Result<()> + 'a;

impl Axon {
    /// Gives the events that the filter takes, oldest first.
    ///
    /// # Errors
    /// [`axon_domain::Code::NotFound`] without the mission that is asked for, and those of
    /// reading the ledger and of `take`.
    pub fn events(&self, filter: &LogFilter, take: &mut Take<'_>) -> Result<()> {
        if let Some(id) = filter.mission {
            self.mission(id)?;
        }
        let Some(reader) = self.reader()? else { return Ok(()) };
        let wanted = Filter { kinds: filter.kinds.clone(), mission: filter.mission };
        for event in reader.events(Seq(filter.after + 1).., Some(wanted)) {
            take(&event?)?;
        }
        Ok(())
    }

    /// As [`Axon::events`], and goes on with what is appended until `cancel`.
    ///
    /// # Errors
    /// As [`Axon::events`].
    pub fn follow(
        &self,
        mut filter: LogFilter,
        cancel: &Cancel,
        take: &mut Take<'_>,
    ) -> Result<()> {
        while !cancel.is_cancelled() {
            if let Some(reader) = self.reader()? {
                loop {
                    let last = reader.last()?.0;
                    if last > filter.after {
                        let wanted =
                            Filter { kinds: filter.kinds.clone(), mission: filter.mission };
                        let range = Seq(filter.after + 1)..=Seq(last);
                        for event in reader.events(range, Some(wanted)) {
                            take(&event?)?;
                        }
                        filter.after = last;
                    }
                    std::thread::park_timeout(LOOK);
                    if cancel.is_cancelled() {
                        return Ok(());
                    }
                }
            }
            std::thread::park_timeout(LOOK);
        }
        Ok(())
    }

    /// An event as CloudEvents JSON.
    #[must_use]
    pub fn cloud_event(&self, event: &Event) -> Value {
        let name = self.root().file_name();
        let project = name.map_or_else(|| "project".into(), |name| name.to_string_lossy());
        let id = match self.ledger_id() {
            Some(ledger) => uuid(event_id(ledger, event.seq, event.time)),
            None => event.seq.to_string(),
        };
        cloud_event(event, &id, &project)
    }
}

/// A UUID in its usual form.
fn uuid(bytes: [u8; 16]) -> String {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// An event in one line, for people.
#[must_use]
pub fn summary(event: &Event) -> String {
    let Some(payload) = &event.payload else { return "(payload erased)".to_owned() };
    match payload {
        Payload::Decision(decision) => format!("{}: {}", decision.trigger, decision.chosen),
        Payload::StateChange(change) => changed(change),
        Payload::System(signal) => format!("axon {}: {}", signal.version, signal.note),
        Payload::Lifecycle(change) => {
            let agent = event.agent.map(|id| id.to_string()).unwrap_or_default();
            format!("agent {agent}: {} → {}", change.old_state, change.new_state)
        }
        Payload::MissionGiven(spec) => spec.goal.title(),
        Payload::MissionEnded(end) => format!("{}: {}", end.outcome.name(), end.reason),
        Payload::PlanProposed(plan) => {
            let places = counted(plan.sites, "place", "places");
            let tasks = counted(plan.tasks.len(), "task", "tasks");
            let mentions = counted(plan.mentions, "mention", "mentions");
            format!("{places} in {tasks}, {mentions} left alone")
        }
        Payload::PlanAccepted(plan) => {
            format!("{} on the board", counted(plan.tasks, "task", "tasks"))
        }
        Payload::Task(change) => {
            let agent = event.agent.map(|id| format!(" agent {id}")).unwrap_or_default();
            match change.status {
                TaskStatus::Assigned => format!("to{agent}"),
                TaskStatus::Done => format!("done by{agent}"),
                TaskStatus::Failed => format!("failed: {}", change.note),
            }
        }
        Payload::Session(change) => {
            let step = match change.step {
                SessionStep::Opened => "opened",
                SessionStep::Merged => "merged",
                SessionStep::Dropped => "dropped",
            };
            format!("{} {step}", change.session)
        }
        Payload::Reflex(verdict) => judged(verdict),
        Payload::Policy(verdict) => {
            let word = if verdict.allowed { "allowed" } else { "refused" };
            format!("{word}: {} ({})", verdict.wanted, verdict.rule)
        }
        Payload::ToolCall(call) => ran(call),
        Payload::Merge(merge) => {
            let files = counted(merge.files, "file", "files");
            match merge.tasks {
                0 => format!("what was tried is taken back, {files} changed"),
                _ => format!("{files} changed"),
            }
        }
        Payload::Commit(record) => committed(record),
        Payload::Lock(change) => locked(change),
        Payload::Message(message) => said(message),
        Payload::PeerIntent(intent) => announced(intent),
        Payload::Violation(violation) => format!(
            "{}: {}; expected: {}",
            violation.broken.name(),
            violation.observed,
            violation.expected
        ),
        Payload::Conflict(conflict) => conflicting(conflict),
        Payload::Control(control) => match control.reason.as_str() {
            "" => control.step.name().to_owned(),
            reason => format!("{}: {reason}", control.step.name()),
        },
    }
}

fn changed(change: &StateChange) -> String {
    let done = match change.action {
        Action::Create => " made",
        Action::Update => "",
        Action::Delete => " deleted",
    };
    format!("{}{done} in {}", change.resource, change.session)
}

fn conflicting(conflict: &Conflict) -> String {
    match &conflict.step {
        ConflictStep::Found { .. } => {
            format!("{} cannot be merged ({})", conflict.path, conflict.reason)
        }
        ConflictStep::Resolved { how, .. } => format!("{} is settled: {how}", conflict.path),
    }
}

fn said(message: &Message) -> String {
    let to = match &message.receiver {
        Receiver::Agent(agent) => format!("agent {agent}"),
        Receiver::Other { mission, agent } => format!("agent {agent} of {mission}"),
        Receiver::Capability(name) => format!("whoever can {name}"),
        Receiver::Topic(topic) => topic.clone(),
        Receiver::Everyone => "everyone".to_owned(),
    };
    format!("{} → {to}: {}", message.performative, message.content)
}

fn announced(intent: &PeerIntent) -> String {
    let claims: Vec<&str> = intent.claims.iter().map(|claim| claim.entity.as_str()).collect();
    format!("{} ({})", intent.note, claims.join(", "))
}

fn committed(record: &CommitRecord) -> String {
    let step = match record.step {
        CommitStep::Wanted => "wanted",
        CommitStep::Made => "made",
        CommitStep::Applied => "applied",
        CommitStep::Discarded => "discarded",
        CommitStep::Reworded => "reworded by a hook",
    };
    let commit = record.commit.map(|id| format!(" {id}")).unwrap_or_default();
    format!("{step} on {}{commit}", record.branch)
}

fn locked(change: &LockChange) -> String {
    let holder = &change.holder;
    match &change.step {
        LockStep::Wanted(wanted) => {
            format!("{holder} wants {} ({})", wanted.entity, wanted.mode.name())
        }
        LockStep::Granted { entity, .. } => format!("{holder} gets {entity}"),
        LockStep::Renewed { entity, .. } => format!("{holder} keeps {entity}"),
        LockStep::Released { entity, .. } => format!("{holder} releases {entity}"),
        LockStep::Expired { entity, .. } => format!("{holder} loses {entity}: its lease ran out"),
        LockStep::Refused { entity, reason, .. } => {
            let reason = match reason {
                LockRefusal::Busy => "somebody has it",
                LockRefusal::TimedOut => "it waited too long",
                LockRefusal::Withdrawn => "it wants it no longer",
                LockRefusal::Ended => "its mission has ended",
            };
            format!("{holder} does not get {entity}: {reason}")
        }
        LockStep::Victim(deadlock) => {
            let step = |link: &WaitLink| format!("{} → {}", link.holder, link.entity);
            let cycle: Vec<String> = deadlock.cycle.iter().map(step).collect();
            format!("deadlock: {holder} gives way ({})", cycle.join(", "))
        }
    }
}

fn judged(verdict: &ReflexVerdict) -> String {
    let word = match verdict.passed {
        Some(true) => "passes",
        Some(false) => "fails",
        None if verdict.stopped() => "is stopped",
        None => "not judged",
    };
    match verdict.note.lines().next() {
        Some(note) => format!("{} {word}: {note}", verdict.subject),
        None => format!("{} {word}", verdict.subject),
    }
}

fn ran(call: &ToolCall) -> String {
    let exit = match (&call.limit, call.exit) {
        (Some(limit), _) => format!("reached its limit of {limit}"),
        (None, Some(code)) => format!("exit {code}"),
        (None, None) => "ended by a signal".to_owned(),
    };
    let command = call.command.lines().next().unwrap_or_default();
    let more = if command.len() < call.command.len() { " …" } else { "" };
    let (millis, how) = (call.millis, &call.confinement);
    format!("`{command}{more}` {exit} after {millis} ms, {how}")
}
