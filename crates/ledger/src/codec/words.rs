//! The closed sets of words.

use axon_domain::{
    Action, CommitStep, ControlStep, LockMode, LockRefusal, Obstacle, Outcome, Reflex, SessionStep,
    SymbolKind, SystemStatus, TargetType, TaskStatus, Undecided, ViolationKind,
};
use axon_wire::v1;

use super::{Decoded, Malformed, Word};

macro_rules! words {
    ($( $domain:ident: $wire:ident { $( $word:ident, )* } )*) => {
        $(
            impl Word for $domain {
                fn to_number(self) -> i32 {
                    match self { $( $domain::$word => v1::$wire::$word as i32, )* }
                }

                fn from_number(number: i32) -> Decoded<Self> {
                    match v1::$wire::try_from(number) {
                        $( Ok(v1::$wire::$word) => Ok($domain::$word), )*
                        _ => Err(Malformed(format!(
                            "{number} is no {} that this Axon knows", stringify!($domain)
                        ))),
                    }
                }
            }
        )*
    };
}

words! {
    TargetType: TargetType { FileSystem, }
    Action: Action { Create, Update, Delete, }
    SystemStatus: SystemStatus { Starting, Healthy, CriticalFailure, }
    SymbolKind: SymbolKind { Function, Type, Method, Constant, }
    Undecided: Undecided { Ask, Include, Leave, }
    Outcome: Outcome { Done, DoneUnproven, Failed, Refused, Cancelled, DoneInPart, }
    TaskStatus: TaskStatus { Assigned, Done, Failed, }
    SessionStep: SessionStep { Opened, Merged, Dropped, }
    Reflex: Reflex { Syntax, Check, BaseCheck, Review, Hook, }
    CommitStep: CommitStep { Wanted, Made, Applied, Discarded, Reworded, }
    LockMode: LockMode { Shared, Exclusive, }
    LockRefusal: LockRefusal { Busy, TimedOut, Withdrawn, Ended, }
    Obstacle: Obstacle { Holds, Ahead, }
    ViolationKind: ViolationKind { Trust, Consistency, Loop, }
    ControlStep: ControlStep { Pause, Resume, Cancel, }
}
