//! Topics, and patterns over them.
//!
//! A topic is a path of levels: `swarm/hazards/build`. In a pattern `*` stands for any one
//! level, and `**` at the end for any number of levels, none included.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::letter::Address;

/// The most levels of a topic: deep paths are part of some.
const MOST_LEVELS: usize = 64;
/// The most bytes of a topic.
const MOST_BYTES: usize = 4_096;
/// How much of a text that is none is shown.
const SHOWN: usize = 80;

/// What a letter is about: `swarm/hazards/build`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic(Box<str>);

/// Which topics somebody wants to hear of: `swarm/*/build`, `swarm/hazards/**`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern(Box<str>);

/// A text that is no topic, or no pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotATopic {
    text: String,
    why: &'static str,
}

impl fmt::Display for NotATopic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no topic: {}", self.text, self.why)
    }
}

impl std::error::Error for NotATopic {}

impl Topic {
    /// Reads a topic: at most 4,096 bytes, at most 64 levels, no empty level.
    /// A `*` in it stands for itself.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, NotATopic> {
        read(text, |_, _| Ok(())).map(Self)
    }

    fn levels(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }
}

impl Pattern {
    /// Reads a pattern: a topic whose levels may be `*`, and whose last level may be `**`.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, NotATopic> {
        let level = |last: bool, level: &str| match level {
            "*" => Ok(()),
            "**" if last => Ok(()),
            "**" => Err("** stands only at the end"),
            name if name.contains('*') => Err("* stands for a whole level"),
            _ => Ok(()),
        };
        read(text, level).map(Self)
    }

    /// Whether a topic matches.
    #[must_use]
    pub fn matches(&self, topic: &Topic) -> bool {
        let mut levels = topic.levels();
        for wanted in self.0.split('/') {
            match (wanted, levels.next()) {
                ("**", _) => return true,
                ("*", Some(_)) => {}
                (name, Some(level)) if name == level => {}
                _ => return false,
            }
        }
        levels.next().is_none()
    }
}

macro_rules! as_text {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

as_text!(Topic);
as_text!(Pattern);

fn read(
    text: &str,
    level: impl Fn(bool, &str) -> Result<(), &'static str>,
) -> Result<Box<str>, NotATopic> {
    let check = || {
        if text.len() > MOST_BYTES {
            return Err("it has more than 4096 bytes");
        }
        let levels = text.split('/').count();
        if levels > MOST_LEVELS {
            return Err("it has more than 64 levels");
        }
        for (at, name) in text.split('/').enumerate() {
            if name.is_empty() {
                return Err("a level is empty");
            }
            level(at + 1 == levels, name)?;
        }
        Ok(())
    };
    check().map(|()| text.into()).map_err(|why| {
        let text = text.chars().take(SHOWN).collect();
        NotATopic { text, why }
    })
}

/// Who subscribed to what. Finding the subscribers of a topic looks at the nodes that match
/// its levels, however many other patterns there are.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions {
    root: Node,
}

#[derive(Debug, Default)]
struct Node {
    names: BTreeMap<Box<str>, Node>,
    any: Option<Box<Node>>,
    /// Who wants what ends here.
    here: BTreeSet<Address>,
    /// Who wants what ends here or goes on from here.
    below: BTreeSet<Address>,
}

impl Subscriptions {
    /// False if it was there already.
    pub(crate) fn add(&mut self, who: Address, pattern: &Pattern) -> bool {
        let mut node = &mut self.root;
        for level in pattern.0.split('/') {
            node = match level {
                "**" => return node.below.insert(who),
                "*" => node.any.get_or_insert_default(),
                name => node.names.entry(name.into()).or_default(),
            };
        }
        node.here.insert(who)
    }

    /// False if it was not there.
    pub(crate) fn remove(&mut self, who: Address, pattern: &Pattern) -> bool {
        self.root.remove(who, &mut pattern.0.split('/'))
    }

    /// Everybody who gets what is sent to a topic, each once, in order.
    pub(crate) fn of(&self, topic: &Topic) -> BTreeSet<Address> {
        let mut found = BTreeSet::new();
        let mut nodes = vec![&self.root];
        for level in topic.levels() {
            found.extend(nodes.iter().flat_map(|node| &node.below));
            let matching = nodes.iter().flat_map(|node| node.next(level)).flatten().collect();
            nodes = matching;
        }
        found.extend(nodes.iter().flat_map(|node| node.here.iter().chain(&node.below)));
        found
    }

    #[cfg(test)]
    fn is_empty(&self) -> bool {
        self.root.is_empty()
    }
}

impl Node {
    fn is_empty(&self) -> bool {
        self.names.is_empty() && self.any.is_none() && self.here.is_empty() && self.below.is_empty()
    }

    /// The nodes that a level of a topic leads to.
    fn next(&self, level: &str) -> [Option<&Self>; 2] {
        [self.names.get(level), self.any.as_deref()]
    }

    /// Removes, and the nodes that are empty then. A pattern has at most 64 levels, so this
    /// goes no deeper.
    fn remove(&mut self, who: Address, levels: &mut std::str::Split<'_, char>) -> bool {
        match levels.next() {
            None => self.here.remove(&who),
            Some("**") => self.below.remove(&who),
            Some("*") => {
                let Some(any) = &mut self.any else { return false };
                let removed = any.remove(who, levels);
                if any.is_empty() {
                    self.any = None;
                }
                removed
            }
            Some(name) => {
                let Some(node) = self.names.get_mut(name) else { return false };
                let removed = node.remove(who, levels);
                if node.is_empty() {
                    self.names.remove(name);
                }
                removed
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axon_domain::AgentId;
    use proptest::prelude::*;

    use super::*;

    fn topic(text: &str) -> Topic {
        Topic::parse(text).unwrap()
    }

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text).unwrap()
    }

    fn agent(number: u64) -> Address {
        Address::free(AgentId::new(number).unwrap())
    }

    #[test]
    fn a_star_is_one_level_and_two_stars_are_any_number() {
        let cases = [
            ("swarm/hazards/**", "swarm/hazards", true),
            ("swarm/hazards/**", "swarm/hazards/build", true),
            ("swarm/hazards/**", "swarm/hazards/build/late", true),
            ("swarm/hazards/**", "swarm", false),
            ("swarm/hazards/**", "swarm/hazard/build", false),
            ("swarm/*/build", "swarm/hazards/build", true),
            ("swarm/*/build", "swarm/build", false),
            ("swarm/*/build", "swarm/hazards/build/late", false),
            ("*", "swarm", true),
            ("*", "swarm/hazards", false),
            ("**", "swarm/hazards", true),
            ("swarm", "swarm", true),
            ("swarm", "swarms", false),
            ("*/**", "swarm", true),
            // What is no pattern has no wildcards.
            ("swarm/build", "swarm/*", false),
            ("swarm/*", "swarm/*", true),
        ];
        for (wanted, about, expected) in cases {
            assert_eq!(pattern(wanted).matches(&topic(about)), expected, "{wanted} {about}");
        }
    }

    #[test]
    fn a_text_that_is_no_topic_is_refused_with_the_reason() {
        for (text, why) in [
            ("", "a level is empty"),
            ("swarm//build", "a level is empty"),
            ("/swarm", "a level is empty"),
            ("swarm/", "a level is empty"),
            (&"a/".repeat(64), "it has more than 64 levels"),
            (&"a".repeat(4_097), "it has more than 4096 bytes"),
        ] {
            assert_eq!(Topic::parse(text).unwrap_err().why, why, "{text}");
        }
        for (text, why) in [
            ("**/swarm", "** stands only at the end"),
            ("swarm/haz*", "* stands for a whole level"),
            ("***", "* stands for a whole level"),
            ("swarm/", "a level is empty"),
        ] {
            assert_eq!(Pattern::parse(text).unwrap_err().why, why, "{text}");
        }
    }

    fn names(stars: &'static [&'static str]) -> impl Strategy<Value = String> {
        prop::collection::vec(prop::sample::select(stars), 1..5).prop_map(|levels| levels.join("/"))
    }

    fn patterns() -> impl Strategy<Value = Pattern> {
        (names(&["a", "b", "*"]), any::<bool>()).prop_map(|(text, open)| {
            let end = if open { "/**" } else { "" };
            pattern(&format!("{text}{end}"))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_tree_finds_exactly_those_whose_pattern_matches(
            changes in prop::collection::vec((1_u64..6, patterns(), any::<bool>()), 0..40),
            about in prop::collection::vec(names(&["a", "b", "c"]), 1..8),
        ) {
            let (mut tree, mut list) = (Subscriptions::default(), BTreeSet::new());
            for (number, pattern, add) in changes {
                let entry = (agent(number), pattern.clone());
                if add {
                    prop_assert_eq!(tree.add(agent(number), &pattern), list.insert(entry));
                } else {
                    prop_assert_eq!(tree.remove(agent(number), &pattern), list.remove(&entry));
                }
            }
            for about in about {
                let about = topic(&about);
                let matching = list.iter().filter(|(_, pattern)| pattern.matches(&about));
                let expected: BTreeSet<Address> = matching.map(|(who, _)| *who).collect();
                prop_assert_eq!(tree.of(&about), expected);
            }
            for (who, pattern) in list {
                prop_assert!(tree.remove(who, &pattern));
            }
            prop_assert!(tree.is_empty(), "nothing is left of patterns that nobody wants");
        }
    }
}
