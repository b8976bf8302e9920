//! The rules of the repository as tests. Each one fails with a list of the places that break
//! it and a sentence on what to do about them. `samples` tests the test environment itself;
//! `full`, `history`, `kill`, `ruin`, `simulation` and `snapshots` test what crashes, time and damage do;
//! `swarm` what is seen of agents at work; `sim` is the whole swarm in a simulated world.

#[cfg(test)]
mod audit;
#[cfg(test)]
mod banned;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod dependencies;
#[cfg(test)]
mod docs_commands;
#[cfg(test)]
mod edges;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod features;
#[cfg(test)]
mod links;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod shape;
#[cfg(test)]
mod sources;
#[cfg(test)]
mod tokens;

#[cfg(target_os = "linux")]
#[cfg(test)]
mod scene;
#[cfg(test)]
mod world;

#[cfg(test)]
mod clashes;
#[cfg(target_os = "linux")]
#[cfg(test)]
mod full;
#[cfg(test)]
mod history;
#[cfg(target_os = "linux")]
#[cfg(test)]
mod kill;
#[cfg(test)]
mod review;
#[cfg(test)]
mod review_goals;
#[cfg(target_os = "linux")]
#[cfg(test)]
mod ruin;
#[cfg(test)]
mod sim;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod snapshots;
#[cfg(test)]
mod swarm;
