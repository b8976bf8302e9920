//! `axon run`.

use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::ExitCode;

use axon_domain::{CheckChoice, Code, Error, Goal, Language, Result, Undecided};
use axon_runtime::{Axon, Mission, Preview, Request, list, sentence};
use serde_json::json;

use crate::commands::not_printed;
use crate::context::Context;
use crate::ui::{count, follow, patch, report};

/// Give a mission.
///
/// The mission works on the commit at HEAD. Your working tree is not touched: the result is
/// a commit on the branch axon/<mission>, which `axon apply` brings in.
#[derive(Debug, clap::Args)]
#[command(override_usage = "\
    axon run [OPTIONS] --rename <OLD> <NEW>\n       \
    axon run [OPTIONS] --rewrite <PATTERN> --to <REPLACEMENT> --lang <LANGUAGE>\n       \
    axon run [OPTIONS] --signature <FUNCTION(PARAMETERS)>\n       \
    axon run [OPTIONS] --move <SYMBOL> --into <MODULE>\n       \
    axon run [OPTIONS] --remove-dead [--only <NAME>]... [--closed]\n       \
    axon run [OPTIONS] --goals <FILE>\n       \
    axon run [OPTIONS] <SENTENCE>")]
#[command(after_help = "Examples:\n  \
    axon run --rename calculate_total order_total\n  \
    axon run --rename total sum_up --symbol shop/cart.py:15 --dry-run\n  \
    axon run --rewrite 'check($A)' --to 'verify($A)' --lang python\n  \
    axon run --signature 'price(amount, currency=\"EUR\")'\n  \
    axon run --move price --into shop.prices\n  \
    axon run --remove-dead --dry-run\n  \
    axon run \"rename function calculate_total to order_total\" --check 'pytest -q'\n\n\
    Sentences that work without a model:\n  \
    rename [function|class|type|method|constant] OLD to NEW\n  \
    rewrite `PATTERN` to `REPLACEMENT` in python|rust\n  \
    change the signature of FUNCTION to FUNCTION(PARAMETER, …)\n  \
    move SYMBOL to [module] MODULE\n  \
    remove dead code\n  \
    remove unused [function|class|type|method|constant] NAME, …")]
#[command(group = clap::ArgGroup::new("goal").required(true).args(GOALS))]
pub(crate) struct Args {
    /// The mission in words.
    #[arg(value_name = "SENTENCE")]
    sentence: Option<String>,
    /// Rename a symbol everywhere it is meant.
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"])]
    rename: Option<Vec<String>>,
    /// The definition that is meant, where a name is ambiguous.
    #[arg(long, value_name = "PATH:LINE", value_parser = parse_place)]
    symbol: Option<(String, u32)>,
    /// Leave the old name behind as an alias.
    #[arg(long)]
    keep_alias: bool,
    /// Replace what matches this pattern: $NAME stands for one node, $$$NAME for several.
    #[arg(long, value_name = "PATTERN", requires_all = ["to", "lang"])]
    rewrite: Option<String>,
    /// What stands there afterwards.
    #[arg(long, value_name = "REPLACEMENT", requires = "rewrite")]
    to: Option<String>,
    /// The language of the pattern: python or rust.
    #[arg(long, value_name = "LANGUAGE", requires = "rewrite", value_parser = parse_language)]
    lang: Option<Language>,
    /// Give a function these parameters, and pass them wherever it is called.
    #[arg(long, value_name = "FUNCTION(PARAMETERS)")]
    signature: Option<String>,
    /// Define a function, class or constant in another module, and import it from there.
    #[arg(long = "move", value_name = "SYMBOL", requires = "into")]
    move_symbol: Option<String>,
    /// The module or file that it moves to; it is made where it does not exist.
    #[arg(long, value_name = "MODULE", requires = "move_symbol")]
    into: Option<String>,
    /// Remove definitions that nothing uses.
    #[arg(long)]
    remove_dead: bool,
    /// Only this one; may be given more than once.
    #[arg(long, value_name = "NAME", requires = "remove_dead")]
    only: Vec<String>,
    /// Nobody outside of this repository uses it: public names are unused, too.
    #[arg(long, requires = "remove_dead")]
    closed: bool,
    /// Reach every goal of a list, in its order, as one mission.
    #[arg(long, value_name = "FILE")]
    goals: Option<std::path::PathBuf>,
    /// Show the places and the diff; record and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Edit only files that match; may be given more than once.
    #[arg(long = "path", value_name = "GLOB")]
    paths: Vec<String>,
    /// Prove the result by this command instead of the project's own check.
    #[arg(long, value_name = "COMMAND", conflicts_with = "no_check")]
    check: Option<String>,
    /// Prove nothing; the result is marked as unproven.
    #[arg(long)]
    no_check: bool,
    /// What happens to places that nothing in the code decides: ask, include or leave.
    #[arg(long, value_name = "WHAT", default_value = "ask", value_parser = parse_undecided)]
    undecided: Undecided,
    /// How many coders work at once; by default one for each processor.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    agents: Option<u32>,
    /// Run the check and the hooks without confinement, this once. It is recorded.
    #[arg(long)]
    unconfined: bool,
    /// Make the commit without running your Git hooks. It is recorded.
    #[arg(long)]
    no_verify: bool,
    /// Work in the background and return at once with the mission's number; `axon attach`
    /// follows it. Nobody is there to ask then.
    #[arg(long, conflicts_with_all = ["dry_run", "events_fd"])]
    detach: bool,
    #[command(flatten)]
    events: follow::EventsFd,
}

pub(crate) fn run(context: &Context, args: Args) -> Result<ExitCode> {
    let (dry_run, detach) = (args.dry_run, args.detach);
    let events_fd = args.events;
    let request = request(args)?;
    let axon = context.open()?;
    if dry_run {
        let preview = axon.preview(&request)?;
        print_preview(context, &preview)?;
        return Ok(ExitCode::SUCCESS);
    }
    if detach {
        return hand_over(context, &axon, &request);
    }
    let mut watcher = follow::watcher(context, &axon, events_fd)?;
    let cancel = follow::cancel_on_ctrl_c()?;
    let mission = axon.run(request, watcher.observer(), &cancel)?;
    finish(context, &axon, &mission)
}

/// Gives the mission to a process in the background.
fn hand_over(context: &Context, axon: &Axon, request: &Request) -> Result<ExitCode> {
    let given = axon.hand_over(request)?;
    let id = given.mission;
    if context.json {
        context.print_json(&json!({ "mission": id.to_string(), "queued": given.queued }))?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(anstream::stdout(), "{id}").map_err(not_printed)?;
    let queued = if given.queued { "; it waits until fewer missions are at work" } else { "" };
    report::note(&format!("in the background: axon attach {id}{queued}"));
    Ok(ExitCode::SUCCESS)
}

/// Says how a mission ended; the exit code follows from it.
pub(crate) fn finish(context: &Context, axon: &Axon, mission: &Mission) -> Result<ExitCode> {
    let code = exit_code(mission);
    if !context.json {
        report::print_end(axon, mission).map_err(not_printed)?;
    }
    Ok(code)
}

/// The code of what did not go well, even where there is a result; else 0 for a result.
fn exit_code(mission: &Mission) -> ExitCode {
    let end = mission.end.as_ref();
    let code = end
        .and_then(|end| end.code.as_deref())
        .and_then(|name| Code::ALL.iter().find(|code| code.name() == name));
    match (mission.outcome(), code) {
        (_, Some(code)) => ExitCode::from(code.exit_code()),
        (Some(outcome), None) if outcome.has_result() => ExitCode::SUCCESS,
        (_, None) => ExitCode::FAILURE,
    }
}

/// What a mission can be given by; exactly one of them.
const GOALS: [&str; 7] =
    ["sentence", "rename", "rewrite", "signature", "move_symbol", "remove_dead", "goals"];

fn request(args: Args) -> Result<Request> {
    let goal = goal(&args)?;
    if let Goal::RemoveDead { .. } = goal
        && args.undecided == Undecided::Include
    {
        let what = "--undecided include: what is not proven to be unused is never removed";
        return Err(Error::new(Code::Usage, what).hint("--undecided leave removes without asking"));
    }
    let check = match (args.check, args.no_check) {
        (Some(command), _) => CheckChoice::Command(command),
        (None, true) => CheckChoice::None,
        (None, false) => CheckChoice::Found,
    };
    Ok(Request {
        goal,
        paths: args.paths,
        check,
        undecided: args.undecided,
        agents: args.agents,
        unconfined: args.unconfined,
        no_verify: args.no_verify,
    })
}

/// What goes with one way to give a mission only. Where another one is given, `clap` leaves the
/// question to us.
fn check_options(args: &Args) -> Result<()> {
    let options = [
        ("--to", args.to.is_some(), "--rewrite", args.rewrite.is_some()),
        ("--lang", args.lang.is_some(), "--rewrite", args.rewrite.is_some()),
        ("--into", args.into.is_some(), "--move", args.move_symbol.is_some()),
        ("--only", !args.only.is_empty(), "--remove-dead", args.remove_dead),
        ("--closed", args.closed, "--remove-dead", args.remove_dead),
    ];
    match options.iter().find(|(_, given, _, with)| *given && !with) {
        None => Ok(()),
        Some((option, _, goal, _)) => {
            Err(Error::new(Code::Usage, format!("{option} goes with {goal}")))
        }
    }
}

fn goal(args: &Args) -> Result<Goal> {
    check_options(args)?;
    let mut goal = if let Some(sentence) = &args.sentence {
        sentence::parse(sentence)?
    } else if let Some([from, to]) = args.rename.as_deref() {
        let (from, to) = (from.clone(), to.clone());
        Goal::Rename { from, to, at: None, kind: None, keep_alias: false }
    } else if let Some(pattern) = &args.rewrite {
        Goal::Rewrite {
            pattern: pattern.clone(),
            replacement: args.to.clone().unwrap_or_default(),
            language: args.lang.unwrap_or(Language::Python),
        }
    } else if let Some(signature) = &args.signature {
        Goal::Signature { signature: signature.clone(), at: None }
    } else if let (Some(symbol), Some(into)) = (&args.move_symbol, &args.into) {
        Goal::Move { symbol: symbol.clone(), into: into.clone(), at: None }
    } else if args.remove_dead {
        Goal::RemoveDead { only: args.only.clone(), kind: None, closed: args.closed }
    } else if let Some(file) = &args.goals {
        read_list(file)?
    } else {
        return Err(Error::new(Code::Usage, "no mission given"));
    };
    match &mut goal {
        Goal::Rename { at, .. } | Goal::Signature { at, .. } | Goal::Move { at, .. } => {
            at.clone_from(&args.symbol);
        }
        _ if args.symbol.is_some() => {
            let what = "--symbol goes with a rename, a signature or a move";
            return Err(Error::new(Code::Usage, what));
        }
        _ => {}
    }
    match &mut goal {
        Goal::Rename { keep_alias, .. } => *keep_alias = args.keep_alias,
        _ if args.keep_alias => {
            return Err(Error::new(Code::Usage, "--keep-alias goes with a rename"));
        }
        _ => {}
    }
    Ok(goal)
}

fn read_list(file: &Path) -> Result<Goal> {
    let name = file.display().to_string();
    let text = fs::read_to_string(file).map_err(|error| {
        Error::new(Code::Usage, "the list of goals cannot be read")
            .at(name.clone())
            .because(error)
            .hint("name a file with one goal a line")
    })?;
    list::parse(&text, &name)
}

fn print_preview(context: &Context, preview: &Preview) -> Result<()> {
    if context.json {
        let files = &preview.files;
        return context.print_json(&json!({ "report": preview.report, "files": files }));
    }
    // Standard output writes every line by itself, and there may be very many.
    let mut out = BufWriter::new(anstream::stdout().lock());
    report::print_sites(&mut out, &preview.report, &preview.files)
        .and_then(|()| patch::print(&preview.diffs, &mut out))
        .and_then(|()| out.flush())
        .map_err(not_printed)?;
    let sites: usize = preview.files.iter().map(|file| file.edits.sites.len()).sum();
    report::note(&format!(
        "{} in {} would change; nothing was recorded",
        count(sites, "place", "places"),
        count(preview.diffs.len(), "file", "files"),
    ));
    Ok(())
}

fn parse_place(text: &str) -> Result<(String, u32), String> {
    text.rsplit_once(':')
        .and_then(|(path, line)| Some((path.to_owned(), line.parse().ok()?)))
        .filter(|(path, line)| !path.is_empty() && *line > 0)
        .ok_or_else(|| "a place is written PATH:LINE, like shop/cart.py:12".to_owned())
}

fn parse_language(text: &str) -> Result<Language, String> {
    text.parse().map_err(|()| {
        let names: Vec<&str> = Language::ALL.iter().map(|language| language.name()).collect();
        format!("known languages: {}", names.join(", "))
    })
}

pub(crate) fn parse_undecided(text: &str) -> Result<Undecided, String> {
    match text {
        "ask" => Ok(Undecided::Ask),
        "include" => Ok(Undecided::Include),
        "leave" => Ok(Undecided::Leave),
        _ => Err("one of ask, include, leave".to_owned()),
    }
}
