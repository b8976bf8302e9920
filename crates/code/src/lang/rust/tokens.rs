//! Names among the tokens of macros that are not plain code.

use axon_domain::{MentionKind, SiteKind};

use super::ast::NodeId;
use super::expand::macro_name;
use super::items::Space;
use super::occurrences::Verdict;
use super::project::Project;
use super::resolve::Place;
use super::target::Target;

impl Project<'_> {
    /// A name among tokens that were not read as code.
    pub(super) fn in_tokens(&self, target: &Target, place: &Place) -> Verdict {
        let unit = self.unit(place.unit);
        let ast = &unit.ast;
        let (start, end) = (ast.start(place.node), ast.end(place.node));
        let before = ast.text[..start].trim_end();
        let after = ast.text[end..].trim_start();
        if after.starts_with('!') && !after.starts_with("!=") || before.ends_with('\'') {
            return Verdict::Other;
        }
        let around = ast.ancestors(place.node).find(|node| {
            matches!(ast.kind(*node), "macro_invocation" | "macro_definition" | "attribute")
        });
        let Some(around) = around else { return Verdict::Other };
        if !self.reaches(target, place.module) {
            return Verdict::Other;
        }
        match ast.kind(around) {
            "attribute" => self.in_attribute(place, around),
            "macro_definition" => self.in_definition(target, place, before),
            _ => {
                let name = macro_name(ast, around);
                let dynamic = matches!(name, "paste" | "concat_idents" | "stringify" | "concat");
                let kind = if dynamic { MentionKind::Dynamic } else { MentionKind::Undecided };
                let why = format!("the arguments of `{name}!` are not plain code");
                Verdict::Mention { kind, why }
            }
        }
    }

    fn in_attribute(&self, place: &Place, attribute: NodeId) -> Verdict {
        let unit = self.unit(place.unit);
        let path = unit.ast.children(attribute).next();
        let name = path.map_or("", |path| unit.ast.text(path));
        let inert = [
            "derive",
            "cfg",
            "cfg_attr",
            "doc",
            "allow",
            "warn",
            "deny",
            "forbid",
            "expect",
            "repr",
            "inline",
            "must_use",
            "deprecated",
            "test",
            "target_feature",
            "link",
            "feature",
        ];
        if inert.contains(&name) {
            return Verdict::Other;
        }
        Verdict::undecided(format!("what `#[{name}]` makes of its arguments is not known"))
    }

    /// `$crate::cart::total` in the body of a macro is decided where the macro is defined.
    fn in_definition(&self, target: &Target, place: &Place, before: &str) -> Verdict {
        let mut rest = before;
        let mut names = vec![target.name.as_str()];
        while let Some(shorter) = rest.strip_suffix("::") {
            let shorter = shorter.trim_end();
            let start = shorter
                .rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
                .map_or(0, |at| at + shorter[at..].chars().next().map_or(1, char::len_utf8));
            names.push(&shorter[start..]);
            rest = shorter[..start].trim_end();
        }
        names.reverse();
        if before.ends_with('$') || rest.ends_with('$') && names.len() == 1 {
            return Verdict::Other;
        }
        if names.first() == Some(&"$crate") {
            let found =
                [Space::Type, Space::Value].map(|space| self.path(place, &names, false, space));
            if found.iter().any(|defs| self.refers(target, defs)) {
                let evidence = format!("names {} in a macro", target.qualified);
                return Verdict::refers(SiteKind::Reference, evidence);
            }
            if found.iter().any(|defs| !defs.is_empty()) {
                return Verdict::Other;
            }
        }
        Verdict::undecided("in a macro's body, names mean what they mean where it is used")
    }
}
