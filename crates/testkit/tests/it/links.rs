//! Links between the Markdown files of the repository lead somewhere.

use std::path::{Component, Path, PathBuf};

use crate::sources::{check, files, must_read, root};

#[test]
fn links_between_documents_resolve() {
    let mut violations = Vec::new();
    for path in files().iter().filter(|path| path.ends_with(".md")) {
        for (line, target) in links(&must_read(path)) {
            let outside = target.contains("://") || target.starts_with("mailto:");
            if !outside && let Err(problem) = resolve(path, &target) {
                violations.push(format!("{path}:{line}: {target}: {problem}"));
            }
        }
    }
    check(&violations, "Correct the link, or write the page that it promises.");
}

fn resolve(from: &str, target: &str) -> Result<(), &'static str> {
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = if file.is_empty() {
        PathBuf::from(from)
    } else {
        normal(&Path::new(from).parent().unwrap_or(Path::new("")).join(file))
            .ok_or("leaves the repository")?
    };
    if !root().join(&path).exists() {
        return Err("no such file");
    }
    if anchor.is_empty() || path.extension().is_none_or(|ending| ending != "md") {
        return Ok(());
    }
    let text = must_read(path.to_str().unwrap_or_default());
    let found = outside_code(&text).any(|(_, l)| l.starts_with('#') && slug(l) == anchor);
    if found { Ok(()) } else { Err("no such heading") }
}

fn normal(path: &Path) -> Option<PathBuf> {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir if !normal.pop() => return None,
            Component::Normal(name) => normal.push(name),
            _ => {}
        }
    }
    Some(normal)
}

/// The anchor that a heading gets where Markdown is shown.
fn slug(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let keep = |c: &char| c.is_alphanumeric() || [' ', '-', '_'].contains(c);
    text.chars().filter(keep).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Lines with their numbers, without those inside code fences.
fn outside_code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut inside = false;
    text.lines().enumerate().filter_map(move |(at, line)| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        (!inside && !fence).then_some((at + 1, line))
    })
}

/// The targets of `[text](target)` with their lines; code is not looked into.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (line, content) in outside_code(text) {
        let prose: Vec<&str> = content.split('`').step_by(2).collect();
        // What stood between backticks may have been the text of a link: `](` is still there.
        let mut rest = prose.join("");
        while let Some(at) = rest.find("](") {
            rest = rest.split_off(at + 2);
            if let Some(end) = rest.find(')') {
                let target = rest[..end].split(' ').next().unwrap_or_default();
                found.push((line, target.to_owned()));
            }
        }
    }
    found
}

#[test]
fn links_are_read_from_prose_and_not_from_code() {
    let text = "See [a](x.md) and [`b`](y.md#z \"title\").\n```\n[c](no.md)\n```\n`[d](no.md)`\n";
    let expected = vec![(1, "x.md".to_owned()), (1, "y.md#z".to_owned())];
    assert_eq!(links(text), expected);
    assert_eq!(slug("## Exit codes & `axon run`"), "exit-codes--axon-run");
    assert_eq!(normal(Path::new("docs/errors/../x.md")), Some(PathBuf::from("docs/x.md")));
    assert_eq!(normal(Path::new("docs/../../x.md")), None);
}
