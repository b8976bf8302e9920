//! The life of an agent, typed so that an illegal transition does not compile.
//!
//! ```
//! use axon_domain::lifecycle::{Agent, Cold};
//! # use axon_domain::{AgentId, Role};
//! # let id = AgentId::new(1).ok_or("zero")?;
//! let warm = Agent::<Cold>::define(id, Role::Coder).load();
//! let running = warm.start();
//! let gone = running.drain().terminate();
//! assert_eq!(gone.state(), "terminated");
//! # Ok::<(), &str>(())
//! ```
//!
//! A cold agent cannot start work:
//!
//! ```compile_fail
//! use axon_domain::lifecycle::{Agent, Cold};
//! # use axon_domain::{AgentId, Role};
//! Agent::<Cold>::define(AgentId::new(1).unwrap(), Role::Coder).start();
//! ```

use core::marker::PhantomData;

use crate::{AgentId, Role};

macro_rules! states {
    ($( $(#[$doc:meta])* $name:ident = $text:literal; )*) => {
        $( $(#[$doc])* #[derive(Debug, Clone, Copy)] pub struct $name; )*
        $( impl sealed::State for $name { const NAME: &'static str = $text; } )*
    };
}

mod sealed {
    /// A state of an agent; the set is closed.
    pub trait State {
        /// Its name in events and output.
        const NAME: &'static str;
    }
}

states! {
    /// Defined; costs nothing.
    Cold = "cold";
    /// Loaded, ready to start.
    Warm = "warm";
    /// Taking messages, idle or working.
    Running = "running";
    /// Finishing what it has; takes nothing new.
    Draining = "draining";
    /// Ended as it should.
    Terminated = "terminated";
    /// Ended by an error.
    Failed = "failed";
}

/// States that an agent can fail from.
pub trait Live: sealed::State {}
impl Live for Warm {}
impl Live for Running {}
impl Live for Draining {}

/// An agent in a state that the compiler knows.
#[derive(Debug)]
pub struct Agent<S> {
    id: AgentId,
    role: Role,
    state: PhantomData<S>,
}

impl<S: sealed::State> Agent<S> {
    fn into<T>(self) -> Agent<T> {
        Agent { id: self.id, role: self.role, state: PhantomData }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> AgentId {
        self.id
    }

    /// Its role.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// The name of its state, as events carry it.
    #[must_use]
    pub fn state(&self) -> &'static str {
        S::NAME
    }
}

impl Agent<Cold> {
    /// An agent that exists by definition only.
    #[must_use]
    pub fn define(id: AgentId, role: Role) -> Self {
        Self { id, role, state: PhantomData }
    }

    /// Brings it into memory.
    #[must_use]
    pub fn load(self) -> Agent<Warm> {
        self.into()
    }
}

impl Agent<Warm> {
    /// Lets it take messages.
    #[must_use]
    pub fn start(self) -> Agent<Running> {
        self.into()
    }

    /// Back to costing nothing.
    #[must_use]
    pub fn unload(self) -> Agent<Cold> {
        self.into()
    }
}

impl Agent<Running> {
    /// No new work; what it has is finished.
    #[must_use]
    pub fn drain(self) -> Agent<Draining> {
        self.into()
    }
}

impl Agent<Draining> {
    /// The end.
    #[must_use]
    pub fn terminate(self) -> Agent<Terminated> {
        self.into()
    }
}

impl<S: Live> Agent<S> {
    /// The end by an error, from any live state.
    #[must_use]
    pub fn fail(self) -> Agent<Failed> {
        self.into()
    }
}
