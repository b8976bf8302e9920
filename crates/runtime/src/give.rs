//! What a request comes to: what a mission is, starts from and may do.

use axon_domain::{Grants, MissionSpec, Payload, PolicyVerdict, Result};
use axon_reflexes::Found;

use crate::axon::Axon;
use crate::check;
use crate::dispatch::NewMission;
use crate::hooks;
use crate::settings::Request;

/// A mission as the dispatcher takes it: without a number, and what has to be read for it is
/// read.
///
/// # Errors
/// [`axon_domain::Code::NoConfinement`], and those of reading the repository.
pub(crate) fn new_mission(axon: &Axon, request: Request) -> Result<NewMission> {
    check::require_confinement(axon, &request)?;
    let no_verify = request.no_verify;
    let spec = spec(axon, request)?;
    let lifted = lifted(&spec, no_verify);
    // A ledger that was removed leaves its branches behind.
    let branches = axon.repository.branches("axon/")?;
    let number = |(branch, _): &(String, _)| branch.strip_prefix("axon/m")?.parse().ok();
    let taken = branches.iter().filter_map(number).collect();
    Ok(NewMission { spec, lifted, taken, tools: None })
}

/// What a mission starts from and may do. Its branch has no name yet.
pub(crate) fn spec(axon: &Axon, request: Request) -> Result<MissionSpec> {
    let head = axon.repository.head()?;
    let config = check::config(axon, head.tree)?;
    let command = match check::find(axon, head.tree, &config, &request.check)? {
        Found::Check(found) => Some(found.command),
        Found::Nothing { .. } => None,
    };
    let hooks = hooks::wanted(axon, &request, head.tree)?;
    let folder = axon.repository.hook_folder()?;
    let hooks_run = hooks.iter().map(|name| hooks::command(&folder, name));
    let everything = vec![".".to_owned()];
    let grants = Grants {
        read: everything.clone(),
        write: everything,
        run: command.into_iter().chain(hooks_run).collect(),
        hosts: Vec::new(),
        limits: check::limits(&config),
    };
    Ok(MissionSpec {
        goal: request.goal,
        paths: request.paths,
        check: request.check,
        undecided: request.undecided,
        base_commit: head.commit,
        base_tree: head.tree,
        head_branch: head.branch,
        branch: String::new(),
        agents: request.agents.unwrap_or_else(processors),
        grants,
        unconfined: request.unconfined,
        hooks,
    })
}

/// The rules that a person lifted for this run.
fn lifted(spec: &MissionSpec, no_verify: bool) -> Vec<Payload> {
    let what = if spec.hooks.is_empty() { "the check" } else { "the check and the hooks" };
    let unconfined = (format!("run {what} without confinement"), "--unconfined");
    let no_hooks = ("commit without running any hook".to_owned(), "--no-verify");
    let given = [spec.unconfined.then_some(unconfined), no_verify.then_some(no_hooks)];
    let lift = |(wanted, option): (String, &str)| {
        let rule = format!("{option}, given by a person for this run");
        Payload::Policy(PolicyVerdict { wanted, allowed: true, rule })
    };
    given.into_iter().flatten().map(lift).collect()
}

fn processors() -> u32 {
    std::thread::available_parallelism()
        .ok()
        .and_then(|number| u32::try_from(number.get()).ok())
        .map_or(1, |number| number.min(64))
}
