//! `use` trees, flattened to one entry per name.

use super::ast::{Ast, NodeId};
use super::items::{UseLeaf, Visibility, visibility};

/// Trees nested deeper are not read: no code has them.
const DEEPEST: usize = 64;

/// The names that a `use` or `extern crate` brings in.
pub(super) fn leaves(ast: &Ast, declaration: NodeId) -> Vec<UseLeaf> {
    let visibility = visibility(ast, declaration);
    let mut found = Vec::new();
    if ast.kind(declaration) == "extern_crate_declaration" {
        let Some(name) = ast.field(declaration, "name") else { return found };
        let alias = ast.field(declaration, "alias").unwrap_or(name);
        found.push(UseLeaf {
            path: vec![(ast.name(name).to_owned(), name)],
            rooted: false,
            name: bound(ast.name(alias)),
            glob: false,
            visibility,
            external: true,
            node: declaration,
            tree: declaration,
        });
        return found;
    }
    if let Some(tree) = ast.field(declaration, "argument") {
        let mut flatten = Flatten { ast, visibility, declaration, found: &mut found };
        flatten.tree(tree, &[], false, 0);
    }
    found
}

fn bound(name: &str) -> Option<String> {
    (name != "_").then(|| name.to_owned())
}

struct Flatten<'a> {
    ast: &'a Ast,
    visibility: Visibility,
    declaration: NodeId,
    found: &'a mut Vec<UseLeaf>,
}

type Parts = Vec<(String, NodeId)>;

impl Flatten<'_> {
    fn tree(&mut self, node: NodeId, prefix: &[(String, NodeId)], rooted: bool, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        match self.ast.kind(node) {
            "use_list" => {
                for child in self.ast.children(node).collect::<Vec<_>>() {
                    self.tree(child, prefix, rooted, depth + 1);
                }
            }
            "scoped_use_list" => {
                let (mut path, mut rooted) = (prefix.to_vec(), rooted);
                match self.ast.field(node, "path") {
                    Some(inner) => rooted |= path_parts(self.ast, inner, &mut path),
                    None => rooted |= prefix.is_empty(),
                }
                if let Some(list) = self.ast.field(node, "list") {
                    self.tree(list, &path, rooted, depth + 1);
                }
            }
            "use_wildcard" => {
                let (mut path, mut rooted) = (prefix.to_vec(), rooted);
                match self.ast.children(node).next() {
                    Some(inner) => rooted |= path_parts(self.ast, inner, &mut path),
                    None => rooted |= self.ast.text(node).starts_with("::"),
                }
                self.leaf(path, rooted, None, node);
            }
            "use_as_clause" => {
                let Some(inner) = self.ast.field(node, "path") else { return };
                let mut path = prefix.to_vec();
                let rooted = path_parts(self.ast, inner, &mut path) || rooted;
                drop_self(&mut path);
                let alias = self.ast.field(node, "alias");
                let name = alias.and_then(|alias| bound(self.ast.name(alias)));
                self.leaf(path, rooted, name, node);
            }
            _ => {
                let mut path = prefix.to_vec();
                let rooted = path_parts(self.ast, node, &mut path) || rooted;
                drop_self(&mut path);
                let name = path.last().and_then(|(name, _)| bound(name));
                self.leaf(path, rooted, name, node);
            }
        }
    }

    fn leaf(&mut self, path: Parts, rooted: bool, name: Option<String>, tree: NodeId) {
        let glob = self.ast.kind(tree) == "use_wildcard";
        self.found.push(UseLeaf {
            path,
            rooted,
            name,
            glob,
            visibility: self.visibility.clone(),
            external: false,
            node: self.declaration,
            tree,
        });
    }
}

/// `a::{self}` means `a`.
fn drop_self(path: &mut Parts) {
    if path.len() > 1 && path.last().is_some_and(|(name, _)| name == "self") {
        path.pop();
    }
}

/// Appends the parts of a plain path; whether it begins with `::`.
pub(super) fn path_parts(ast: &Ast, node: NodeId, into: &mut Parts) -> bool {
    let mut parts = Vec::new();
    let mut node = node;
    let rooted = loop {
        match ast.kind(node) {
            "scoped_identifier" | "scoped_type_identifier" => {
                if let Some(name) = ast.field(node, "name") {
                    parts.push((ast.name(name).to_owned(), name));
                }
                match ast.field(node, "path") {
                    Some(path) => node = path,
                    None => break true,
                }
            }
            "generic_type" => match ast.field(node, "type") {
                Some(inner) => node = inner,
                None => break false,
            },
            _ => {
                let fixed = ast.kind(node) == "crate" && ast.text[..ast.start(node)].ends_with('$');
                let name = if fixed { "$crate" } else { ast.name(node) };
                parts.push((name.to_owned(), node));
                break false;
            }
        }
    };
    parts.reverse();
    into.append(&mut parts);
    rooted
}
