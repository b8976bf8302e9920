//! Who holds one entity: nearly always one, so that one costs no tree.

use alloc::collections::BTreeMap;

use axon_domain::{Holder, LockMode, Token};
use serde::{Deserialize, Serialize};

/// A lock that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// How.
    pub mode: LockMode,
    /// The fencing token.
    pub token: Token,
    /// How often it was taken, and has to be given back.
    pub times: u32,
    /// When it runs out, in milliseconds of the ledger's clock; `None` for never.
    pub until: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Holders {
    #[default]
    None,
    One(Holder, Grant),
    Many(BTreeMap<Holder, Grant>),
}

impl Holders {
    pub(super) fn len(&self) -> usize {
        match self {
            Holders::None => 0,
            Holders::One(..) => 1,
            Holders::Many(all) => all.len(),
        }
    }

    pub(super) fn get(&self, holder: &Holder) -> Option<&Grant> {
        match self {
            Holders::One(only, grant) if only == holder => Some(grant),
            Holders::Many(all) => all.get(holder),
            Holders::None | Holders::One(..) => None,
        }
    }

    pub(super) fn get_mut(&mut self, holder: &Holder) -> Option<&mut Grant> {
        match self {
            Holders::One(only, grant) if only == holder => Some(grant),
            Holders::Many(all) => all.get_mut(holder),
            Holders::None | Holders::One(..) => None,
        }
    }

    /// The one who holds it alone and to write.
    pub(super) fn exclusive(&self) -> Option<&Holder> {
        match self {
            Holders::One(holder, grant) if grant.mode == LockMode::Exclusive => Some(holder),
            Holders::None | Holders::One(..) | Holders::Many(_) => None,
        }
    }

    pub(super) fn insert(&mut self, holder: Holder, grant: Grant) {
        *self = match core::mem::take(self) {
            Holders::None => Holders::One(holder, grant),
            Holders::One(only, _) if only == holder => Holders::One(holder, grant),
            Holders::One(only, old) => Holders::Many([(only, old), (holder, grant)].into()),
            Holders::Many(mut all) => {
                all.insert(holder, grant);
                Holders::Many(all)
            }
        };
    }

    pub(super) fn remove(&mut self, holder: &Holder) -> Option<Grant> {
        match self {
            Holders::One(only, grant) if only == holder => {
                let grant = *grant;
                *self = Holders::None;
                Some(grant)
            }
            Holders::Many(all) => {
                let grant = all.remove(holder);
                if all.len() == 1
                    && let Some((only, grant)) = all.pop_first()
                {
                    *self = Holders::One(only, grant);
                }
                grant
            }
            Holders::None | Holders::One(..) => None,
        }
    }

    /// In the order of the holders.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Holder, &Grant)> {
        let (one, many) = match self {
            Holders::None => (None, None),
            Holders::One(holder, grant) => (Some((holder, grant)), None),
            Holders::Many(all) => (None, Some(all.iter())),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }
}
