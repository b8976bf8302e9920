//! What `Cargo.toml` says about crates: as much of TOML as that needs, and tolerant of the rest.
//!
//! A manifest that Cargo would refuse still yields what can be read of it: a rename in a
//! project with one broken manifest is better than none.

use std::collections::BTreeMap;

/// The values of a manifest by their dotted path (`package.name`,
/// `dependencies.foo.path`); entries of arrays of tables carry their number (`bin.0.path`).
/// Only strings and booleans are kept, as text.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    values: BTreeMap<Vec<String>, String>,
}

/// A target that the manifest names itself (`[lib]`, `[[bin]]`).
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Target {
    /// Its name, where given.
    pub(super) name: Option<String>,
    /// Its root file, where given.
    pub(super) path: Option<String>,
}

/// One dependency, under the name that code uses.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Dependency {
    /// The name in the manifest.
    pub(super) name: String,
    /// The package's own name.
    pub(super) package: String,
}

impl Manifest {
    /// Reads what can be read.
    pub(super) fn parse(text: &str) -> Self {
        let mut reader = Reader { text: text.trim_start_matches('\u{feff}'), at: 0 };
        let mut manifest = Self::default();
        let mut table: Vec<String> = Vec::new();
        let mut counts: BTreeMap<Vec<String>, usize> = BTreeMap::new();
        while reader.skip_blank() {
            let before = reader.at;
            if reader.eat("[[") {
                table = reader.key();
                let count = counts.entry(table.clone()).or_default();
                table.push(count.to_string());
                *count += 1;
                reader.skip_line();
            } else if reader.eat("[") {
                table = reader.key();
                reader.skip_line();
            } else {
                let mut path = table.clone();
                path.extend(reader.key());
                reader.spaces();
                if reader.eat("=") {
                    reader.value(&path, &mut manifest.values, 0);
                }
                reader.skip_line();
            }
            if reader.at == before {
                reader.at += reader.rest().chars().next().map_or(1, char::len_utf8);
            }
        }
        manifest
    }

    /// The value at a dotted path.
    pub(super) fn get(&self, path: &[&str]) -> Option<&str> {
        let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
        self.values.get(&path).map(String::as_str)
    }

    /// Whether anything stands under this table.
    pub(super) fn has_table(&self, name: &str) -> bool {
        self.values.keys().any(|path| path.len() > 1 && path[0] == name)
    }

    /// The targets of a kind (`bin`, `example`, `test`, `bench`).
    pub(super) fn targets(&self, kind: &str) -> Vec<Target> {
        (0..)
            .map(|at: usize| at.to_string())
            .map(|at| Target {
                name: self.get(&[kind, &at, "name"]).map(str::to_owned),
                path: self.get(&[kind, &at, "path"]).map(str::to_owned),
            })
            .take_while(|target| *target != Target::default())
            .collect()
    }

    /// Every dependency, of every kind and target; `root` resolves `workspace = true`.
    pub(super) fn dependencies(&self, root: Option<&Manifest>) -> Vec<Dependency> {
        let mut found: Vec<Dependency> = Vec::new();
        for path in self.values.keys() {
            let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
            let kind = path.iter().position(|part| kinds.contains(&part.as_str()));
            let Some(kind) = kind.filter(|kind| *kind == 0 || path[0] == "target") else {
                continue;
            };
            let Some(name) = path.get(kind + 1) else { continue };
            if found.iter().any(|known| known.name == *name) {
                continue;
            }
            let own = |key: &str| {
                let mut full = path[..=kind + 1].to_vec();
                full.push(key.to_owned());
                self.values.get(&full).cloned()
            };
            let inherited = || {
                own("workspace")?;
                root?.get(&["workspace", "dependencies", name, "package"]).map(str::to_owned)
            };
            let package = own("package").or_else(inherited).unwrap_or_else(|| name.clone());
            found.push(Dependency { name: name.clone(), package });
        }
        found
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn eat(&mut self, what: &str) -> bool {
        let found = self.rest().starts_with(what);
        if found {
            self.at += what.len();
        }
        found
    }

    fn spaces(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t']).len();
    }

    /// Blank lines and comments; whether anything is left.
    fn skip_blank(&mut self) -> bool {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start().len();
            if !self.rest().starts_with('#') {
                return !self.rest().is_empty();
            }
            self.skip_line();
        }
    }

    fn skip_line(&mut self) {
        let rest = self.rest();
        self.at += memchr::memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |at| at + 1);
    }

    /// A dotted key.
    fn key(&mut self) -> Vec<String> {
        let mut parts = Vec::new();
        loop {
            self.spaces();
            let part = match self.rest().chars().next() {
                Some('"' | '\'') => self.string().unwrap_or_default(),
                _ => {
                    let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
                    let rest = self.rest();
                    let length = rest.find(|c| !plain(c)).unwrap_or(rest.len());
                    self.at += length;
                    rest[..length].to_owned()
                }
            };
            parts.push(part);
            self.spaces();
            if !self.eat(".") {
                return parts;
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| self.eat(quote))?;
        let rest = self.rest();
        let escapes = quote.starts_with('"');
        let mut from = 0;
        let end = loop {
            let at = from + rest.get(from..)?.find(quote)?;
            let slashes = rest[..at].bytes().rev().take_while(|byte| *byte == b'\\').count();
            if !escapes || slashes % 2 == 0 {
                break at;
            }
            from = at + 1;
        };
        self.at += end + quote.len();
        Some(rest[..end].to_owned())
    }

    /// A value; those inside of inline tables under their own paths.
    fn value(&mut self, path: &[String], into: &mut BTreeMap<Vec<String>, String>, depth: u32) {
        self.spaces();
        match self.rest().chars().next() {
            Some('"' | '\'') => {
                if let Some(text) = self.string() {
                    into.insert(path.to_vec(), text);
                }
            }
            Some('{') if depth < 8 => {
                self.at += 1;
                while self.skip_blank() && !self.eat("}") {
                    let before = self.at;
                    let mut inner = path.to_vec();
                    inner.extend(self.key());
                    self.spaces();
                    if self.eat("=") {
                        self.value(&inner, into, depth + 1);
                    }
                    self.spaces();
                    self.eat(",");
                    if self.at == before {
                        return;
                    }
                }
            }
            Some('[') if depth < 8 => {
                self.at += 1;
                while self.skip_blank() && !self.eat("]") {
                    let before = self.at;
                    self.value(&[], &mut BTreeMap::new(), depth + 1);
                    self.skip_blank();
                    self.eat(",");
                    if self.at == before {
                        return;
                    }
                }
            }
            _ => {
                let rest = self.rest();
                let end = rest.find([',', '}', ']', '\n', '#']).unwrap_or(rest.len());
                self.at += end;
                if matches!(rest[..end].trim(), "true" | "false") {
                    into.insert(path.to_vec(), rest[..end].trim().to_owned());
                } else if depth > 0 || !path.is_empty() {
                    into.entry(path.to_vec()).or_default();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_and_dependencies_are_found_in_every_notation() {
        let text = r#"
[package] # the shop
name = "shop-core"
edition.workspace = true
keywords = ["a # b", "c]"]
[lib]
path = 'src/shop.rs'
[[bin]]
name = "one"
[[bin]]
path = "src/two.rs"
[dependencies]
cart = { package = "shop-cart", path = "../cart", features = ["x", "y"] }
serde.workspace = true
plain = "1"
[dependencies.long]
package = "very-long"
[target.'cfg(unix)'.dev-dependencies]
rustix = { version = "1" }
"#;
        let root = Manifest::parse("[workspace.dependencies]\nserde = {package = \"serde2\"}");
        let manifest = Manifest::parse(text);
        assert_eq!(manifest.get(&["package", "name"]), Some("shop-core"));
        assert_eq!(manifest.get(&["package", "edition", "workspace"]), Some("true"));
        assert_eq!(manifest.get(&["lib", "path"]), Some("src/shop.rs"));
        assert_eq!(manifest.targets("bin")[1].path.as_deref(), Some("src/two.rs"));
        let found = manifest.dependencies(Some(&root));
        let package = |name: &str| {
            found.iter().find(|known| known.name == name).map(|known| known.package.as_str())
        };
        assert_eq!(package("cart"), Some("shop-cart"));
        assert_eq!(package("serde"), Some("serde2"));
        assert_eq!(package("plain"), Some("plain"));
        assert_eq!(package("long"), Some("very-long"));
        assert_eq!(package("rustix"), Some("rustix"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_panic_or_hang(text in "[\\[\\]{}=\",'#\n a.é\\\\]{0,80}") {
            Manifest::parse(&text);
        }
    }
}
