//! Protobuf messages of the event format.
