//! Protobuf messages of the event format.
//!
//! Only what the compiler of the `.proto` files generates; what a message means is written
//! there, and the conversion from and to the vocabulary of the domain is the ledger's.

pub use prost;

/// Package `axon.events.v1`: `proto/axon/events/v1/events.proto`.
#[expect(missing_docs, reason = "generated; the messages are documented in the .proto file")]
pub mod v1 {
    include!(concat!(env!("OUT_DIR"), "/axon.events.v1.rs"));
}
