//! Generates the Rust types of `proto/` without needing `protoc` on the machine.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = "../../proto";
    println!("cargo::rerun-if-changed={root}");
    let files = protox::compile(["axon/events/v1/events.proto"], [root])?;
    // By far the largest payload.
    prost_build::Config::new()
        .boxed(".axon.events.v1.Envelope.payload.mission_given")
        .compile_fds(files)?;
    Ok(())
}
