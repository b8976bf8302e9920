//! What all contenders carry, and what all of them do with it.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Instant;

/// Bytes that a letter may have.
pub(super) const LARGEST: usize = 1 << 20;
/// Letters belong to so many conversations.
const CONVERSATIONS: u64 = 1_024;

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) agents: u64,
    /// Letters that are under way at once, where they are chained.
    pub(super) tokens: u64,
    pub(super) letters: usize,
    /// Whether each letter is the answer to the one before, or all come from one sender.
    pub(super) chained: bool,
}

/// What came out.
pub(super) struct Measured {
    pub(super) seconds: f64,
    /// Nanoseconds from sending to reading, of some letters.
    pub(super) waits: Vec<u32>,
}

/// A letter.
#[derive(Clone)]
pub(super) struct Envelope {
    pub(super) performative: u8,
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) conversation: u64,
    pub(super) deadline: u64,
    pub(super) content: Arc<[u8]>,
    /// How many letters follow from it.
    pub(super) left: usize,
    pub(super) sent: Instant,
}

impl Envelope {
    pub(super) fn new(number: u64, to: u64, left: usize, content: &Arc<[u8]>) -> Self {
        Self {
            performative: (number % 22) as u8,
            from: 0,
            to,
            conversation: number % CONVERSATIONS,
            deadline: u64::MAX,
            content: Arc::clone(content),
            left,
            sent: Instant::now(),
        }
    }
}

/// Conversations that are under way, in parts so that senders do not meet.
pub(super) struct Conversations([Mutex<HashMap<u64, Conversation>>; 16]);

#[derive(Default)]
struct Conversation {
    letters: u64,
    last: (u8, u64, u64),
}

impl Conversations {
    pub(super) fn new() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }

    /// A letter is about to be delivered.
    pub(super) fn note(&self, letter: &Envelope) {
        let part = &self.0[(letter.conversation % 16) as usize];
        let mut part = part.lock().expect("nobody panics");
        let conversation = part.entry(letter.conversation).or_default();
        conversation.letters += 1;
        conversation.last = (letter.performative, letter.from, letter.to);
    }

    /// How many letters there were.
    fn letters(&self) -> u64 {
        let of = |part: &Mutex<HashMap<u64, Conversation>>| {
            let part = part.lock().expect("nobody panics");
            part.values().map(|conversation| conversation.letters).sum::<u64>()
        };
        self.0.iter().map(of).sum()
    }
}

/// Where a peer's agents are, and what ours looks at in its router: done for peers by this.
pub(super) struct Directory<R> {
    agents: RwLock<HashMap<u64, R>>,
    pub(super) conversations: Conversations,
}

impl<R: Clone> Directory<R> {
    pub(super) fn new() -> Self {
        Self { agents: RwLock::default(), conversations: Conversations::new() }
    }

    pub(super) fn add(&self, number: u64, agent: R) {
        self.agents.write().expect("nobody panics").insert(number, agent);
    }

    pub(super) fn clear(&self) {
        self.agents.write().expect("nobody panics").clear();
    }

    /// Whom a letter goes to, if it may.
    pub(super) fn route(&self, letter: &Envelope) -> R {
        assert!(letter.content.len() <= LARGEST && letter.deadline > 1, "a letter that may go");
        self.conversations.note(letter);
        let agents = self.agents.read().expect("nobody panics");
        agents.get(&letter.to).expect("an agent").clone()
    }
}

/// What all agents do.
pub(super) struct Station {
    number: u64,
    agents: u64,
    read: usize,
    waits: Vec<u32>,
    book: Arc<Book>,
}

/// Where agents tell what they have seen.
pub(super) struct Book {
    done: SyncSender<()>,
    waits: Mutex<Vec<u32>>,
}

impl Station {
    pub(super) fn new(number: u64, plan: Plan, book: &Arc<Book>) -> Self {
        Self { number, agents: plan.agents, read: 0, waits: Vec::new(), book: Arc::clone(book) }
    }

    /// Reads a letter; gives the one that follows from it.
    pub(super) fn read(&mut self, letter: &Envelope) -> Option<Envelope> {
        self.read += 1;
        if self.read.is_multiple_of(8) {
            self.waits.push(letter.sent.elapsed().as_nanos() as u32);
        }
        match letter.left {
            0 => None,
            // The last of a chain, or of what the sender had for this agent.
            1 => {
                self.book.done.send(()).expect("somebody waits");
                None
            }
            left => Some(Envelope {
                from: self.number,
                // Over all agents in an order that no cache likes.
                to: (self.number + left as u64 * 7 + 1) % self.agents,
                left: left - 1,
                sent: Instant::now(),
                ..letter.clone()
            }),
        }
    }
}

impl Drop for Station {
    fn drop(&mut self) {
        self.book.waits.lock().expect("nobody panics").append(&mut self.waits);
    }
}

/// The letters of a plan and the end of them.
pub(super) struct Run {
    pub(super) book: Arc<Book>,
    done: Receiver<()>,
    ends: u64,
    begun: Instant,
}

impl Run {
    pub(super) fn new(plan: Plan) -> Self {
        let ends = if plan.chained { plan.tokens } else { plan.agents };
        let (done, all_done) = sync_channel(ends as usize);
        let book = Arc::new(Book { done, waits: Mutex::default() });
        Self { book, done: all_done, ends, begun: Instant::now() }
    }

    /// Letters to begin with, made as they are sent.
    pub(super) fn letters(&mut self, plan: Plan) -> impl Iterator<Item = Envelope> + use<> {
        self.begun = Instant::now();
        let content: Arc<[u8]> = vec![7; 256].into();
        let agents = plan.agents;
        let (count, left) = match plan.chained {
            true => (plan.tokens, plan.letters / plan.tokens as usize),
            false => (plan.letters as u64, 0),
        };
        (0..count).map(move |number| {
            let last = !plan.chained && number + agents >= count;
            Envelope::new(number, number % agents, left.max(usize::from(last)), &content)
        })
    }

    /// Seconds until the last letter was read.
    pub(super) fn wait(&self) -> f64 {
        for _ in 0..self.ends {
            self.done.recv().expect("every chain ends");
        }
        self.begun.elapsed().as_secs_f64()
    }

    /// After the agents have ended.
    pub(super) fn measured(
        &self,
        plan: Plan,
        seconds: f64,
        conversations: &Conversations,
    ) -> Measured {
        let left = plan.letters as u64 / plan.tokens * plan.tokens;
        let expected = if plan.chained { left } else { plan.letters as u64 };
        assert_eq!(conversations.letters(), expected, "every letter was noted once");
        Measured { seconds, waits: std::mem::take(&mut self.book.waits.lock().expect("fine")) }
    }
}
