//! The scout locates what the goal means; the supervisor makes a plan of it.

use axon_code::{Located, Rename, Rewrite};
use axon_domain::{
    Claim, Decision, Draft, Entity, Error, FileEdits, Goal, LockMode, Mention, Message, MissionEnd,
    MissionId, MissionSpec, ObjectId, Outcome, Payload, Performative, PlanProposal, Position,
    Receiver, Result, Role, Site, SiteKind, Symbol, TaskSpec, Undecided,
};
use axon_domain::{Code, ObjectStore};
use axon_engine::Mission;

use crate::check;
use crate::effects::{Bench, Desk, draft, scout, spec};
use crate::observer::{Answer, Question};
use crate::report::{self, Report, count_sites};
use crate::source::TreeSource;

pub(super) fn perform(bench: &Bench<'_>, desk: &Desk<'_>, mission: &Mission) -> Result<Vec<Draft>> {
    let spec = spec(mission)?;
    desk.progress("listing files");
    let view = bench.view(spec.base_tree, None);
    let known = scout::known(bench, mission)?;
    let source = TreeSource::new(&view, &spec.grants)?.knowing(known);
    desk.progress("locating");
    let mut located = match locate(&source, spec) {
        Ok(located) => located,
        Err(error) if is_answer(&error) => return Ok(vec![refuse(mission, &error)]),
        Err(error) => return Err(error),
    };
    let mut drafts = Vec::new();
    match settle(desk, mission.id, spec, &source, &mut located)? {
        Settled::Nothing => {}
        Settled::Answered(decision) => {
            let payload = Payload::Decision(decision);
            drafts.push(draft(mission, Role::Operator, payload));
        }
        Settled::Refused(error) => return Ok(vec![refuse(mission, &error)]),
        Settled::Stopped => {
            let end = MissionEnd {
                outcome: Outcome::Cancelled,
                code: None,
                reason: "stopped by a person".to_owned(),
                hint: None,
            };
            return Ok(vec![draft(mission, Role::Operator, Payload::MissionEnded(end))]);
        }
    }
    let report = report_of(&located);
    let details = report::keep(bench.store(), &report)?;
    let mut chosen = which_symbol(spec, &report, &located);
    chosen.details = Some(details);
    drafts.push(draft(mission, Role::Scout, Payload::Decision(chosen)));
    drafts.push(draft(mission, Role::Supervisor, Payload::Decision(how_proven(bench, spec)?)));
    drafts.extend(hazards(mission, &located, details));
    let tasks = located
        .files
        .iter()
        .zip(0..)
        .map(|(file, place)| task(bench.store(), spec, file, place))
        .collect::<Result<Vec<TaskSpec>>>()?;
    let sites: usize = located.files.iter().map(|file| file.sites.len()).sum();
    let plan = PlanProposal {
        tasks,
        sites: u32::try_from(sites).unwrap_or(u32::MAX),
        mentions: u32::try_from(located.mentions.len()).unwrap_or(u32::MAX),
        report: details,
        claims: claims(&located),
    };
    drafts.push(draft(mission, Role::Supervisor, Payload::PlanProposed(plan)));
    Ok(drafts)
}

/// Finds every place that the goal means.
pub(crate) fn locate(source: &TreeSource<'_>, spec: &MissionSpec) -> Result<Located> {
    match &spec.goal {
        Goal::Rename { from, to, at, kind, keep_alias } => {
            let request = Rename {
                from: from.clone(),
                to: to.clone(),
                at: at.clone(),
                kind: *kind,
                keep_alias: *keep_alias,
                undecided: spec.undecided,
            };
            axon_code::rename(source, &request, &spec.paths)
        }
        Goal::Rewrite { pattern, replacement, language } => {
            let request = Rewrite {
                pattern: pattern.clone(),
                replacement: replacement.clone(),
                language: *language,
            };
            axon_code::rewrite(source, &request, &spec.paths)
        }
    }
}

/// What the mission claims to its end: the symbol that it changes.
fn claims(located: &Located) -> Vec<Claim> {
    let symbol = located.symbol.as_ref();
    let entity = symbol.and_then(|symbol| Entity::symbol(&symbol.qualified).ok());
    entity.map(|entity| Claim { entity, mode: LockMode::Exclusive }).into_iter().collect()
}

/// What the analyst warns of: places that may have to do with it, and that nobody changes.
fn hazards(mission: &Mission, located: &Located, report: ObjectId) -> Option<Draft> {
    let left = &located.mentions;
    let first = left.first()?;
    let symbol = located.symbol.as_ref().map_or("it", |symbol| symbol.name.as_str());
    let verb = if left.len() == 1 { "names" } else { "name" };
    let places = report::counted(left.len(), "place", "places");
    let content = format!("{places} {verb} {symbol} and nobody changes them: {}", first.why);
    let position = |it: &Mention| Position { path: it.path.clone(), line: it.line };
    let message = Message {
        performative: Performative::Inform,
        receiver: Receiver::Topic("swarm/hazards".to_owned()),
        conversation: None,
        in_reply_to: None,
        protocol: None,
        content,
        places: left.iter().take(5).map(position).collect(),
        attachment: Some(report),
    };
    Some(draft(mission, Role::Analyst, Payload::Message(message)))
}

/// What was found, without the edits.
pub(crate) fn report_of(located: &Located) -> Report {
    Report {
        symbol: located.symbol.clone(),
        rejected: located.rejected.clone(),
        sites: count_sites(&located.files),
        mentions: located.mentions.clone(),
        skipped: located.skipped.clone(),
    }
}

/// Whether an error is an answer about the code (no such symbol, several, a collision) and so
/// ends the mission, rather than something that went wrong underneath.
fn is_answer(error: &Error) -> bool {
    error.code().exit_code() == Code::SymbolNotFound.exit_code()
        || matches!(error.code(), Code::Usage | Code::NotGranted)
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

enum Settled {
    Nothing,
    Answered(Decision),
    Refused(Error),
    Stopped,
}

/// Has a person decide what nothing in the code decides, if that is wanted.
fn settle(
    desk: &Desk<'_>,
    id: MissionId,
    spec: &MissionSpec,
    source: &TreeSource<'_>,
    located: &mut Located,
) -> Result<Settled> {
    let places: Vec<Mention> =
        located.mentions.iter().filter(|mention| mention.kind.asks()).cloned().collect();
    if spec.undecided != Undecided::Ask || places.is_empty() {
        return Ok(Settled::Nothing);
    }
    let question = Question { mission: id, symbol: located.symbol.clone(), places: places.clone() };
    Ok(match desk.ask(question) {
        None => Settled::Refused(undecided(located.symbol.as_ref(), &places)),
        Some(Answer::Stop) => Settled::Stopped,
        Some(Answer::Include(chosen)) => {
            let included: Vec<&Mention> =
                chosen.iter().filter_map(|index| places.get(*index)).collect();
            let describe = |place: &Mention| format!("{}:{}", place.path, place.line);
            let left = places.iter().filter(|place| !included.contains(place));
            let decision = Decision {
                trigger: "what happens to places that nothing in the code decides".to_owned(),
                rationale: "a person was asked and answered".to_owned(),
                chosen: format!("edit {} of {}", included.len(), places.len()),
                rejected: left.map(|place| format!("left alone: {}", describe(place))).collect(),
                evidence: included.iter().map(|place| describe(place)).collect(),
                details: None,
            };
            for place in included {
                include(source, located, place)?;
            }
            Settled::Answered(decision)
        }
    })
}

fn undecided(symbol: Option<&Symbol>, places: &[Mention]) -> Error {
    let name = symbol.map_or("the symbol", |symbol| symbol.name.as_str());
    let shown: Vec<String> = places
        .iter()
        .take(3)
        .map(|place| format!("{}:{} {}", place.path, place.line, place.excerpt))
        .collect();
    let more = places.len().saturating_sub(shown.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let what = match places.len() {
        1 => format!("1 place may mean {name}, and nothing in the code decides it"),
        number => format!("{number} places may mean {name}, and nothing in the code decides it"),
    };
    Error::new(Code::NeedsDecision, what)
        .at(format!("{}{more}", shown.join("; ")))
        .hint("--undecided include edits them too, --undecided leave leaves them as they are")
}

/// Makes a mention a place that is edited, also in a file where nothing else is.
fn include(source: &TreeSource<'_>, located: &mut Located, place: &Mention) -> Result<()> {
    let Some(edit) = place.edit.clone() else { return Ok(()) };
    let site = Site {
        line: place.line,
        column: place.column,
        kind: SiteKind::Reference,
        evidence: format!("included by a person: {}", place.why),
        edit,
    };
    located.mentions.retain(|mention| mention != place);
    let by_path = |file: &FileEdits| file.path.as_str().cmp(&place.path);
    let file = match located.files.binary_search_by(by_path) {
        Ok(at) => &mut located.files[at],
        Err(at) => {
            let base = source.entry(&place.path)?.content;
            let edits = FileEdits { path: place.path.clone(), base, sites: Vec::new() };
            located.files.insert(at, edits);
            &mut located.files[at]
        }
    };
    let at = file.sites.partition_point(|other| other.edit.start < site.edit.start);
    file.sites.insert(at, site);
    Ok(())
}

fn which_symbol(spec: &MissionSpec, report: &Report, located: &Located) -> Decision {
    let evidence = report
        .sites
        .iter()
        .map(|(kind, number)| format!("{number} × {}", kind.name()))
        .chain(first_sites(&located.files))
        .collect();
    let (trigger, chosen, rationale) = match &report.symbol {
        Some(symbol) => (
            "which symbol is meant".to_owned(),
            format!("{} {} ({}:{})", symbol.kind, symbol.qualified, symbol.path, symbol.line),
            "found by its definition; every place was resolved to it through imports, scopes and \
             types that the code itself states"
                .to_owned(),
        ),
        None => (
            "which places match".to_owned(),
            spec.goal.title(),
            "matched on syntax trees, not on text".to_owned(),
        ),
    };
    let rejected = report.rejected.clone();
    Decision { trigger, rationale, chosen, rejected, evidence, details: None }
}

/// The evidence of the first few places; the rest is in the tasks.
fn first_sites(files: &[FileEdits]) -> Vec<String> {
    let sites = files.iter().flat_map(|file| file.sites.iter().map(move |site| (file, site)));
    sites
        .take(5)
        .map(|(file, site)| {
            format!("{}:{} {}: {}", file.path, site.line, site.kind.name(), site.evidence)
        })
        .collect()
}

fn how_proven(bench: &Bench<'_>, spec: &MissionSpec) -> Result<Decision> {
    let (chosen, rationale) = check::describe(bench.axon, spec)?;
    Ok(Decision {
        trigger: "how the result is proven".to_owned(),
        rationale,
        chosen,
        rejected: Vec::new(),
        evidence: Vec::new(),
        details: None,
    })
}

/// One task a file: edits of different files do not depend on each other. Half a rename is
/// none, but a rewrite is as good in some files as in all.
fn task(
    store: &dyn ObjectStore,
    spec: &MissionSpec,
    file: &FileEdits,
    place: u32,
) -> Result<TaskSpec> {
    let group = match spec.goal {
        Goal::Rename { .. } => 0,
        Goal::Rewrite { .. } => place,
    };
    let sites = u32::try_from(file.sites.len()).unwrap_or(u32::MAX);
    let defines = file.sites.iter().any(|site| site.kind == SiteKind::Definition);
    Ok(TaskSpec {
        title: format!("edit {} in {}", report::counted(sites, "place", "places"), file.path),
        path: file.path.clone(),
        sites,
        edits: report::keep(store, file)?,
        after: Vec::new(),
        group,
        line: file.sites.first().map(|site| site.line),
        defines,
    })
}
