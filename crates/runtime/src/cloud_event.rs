//! Events as CloudEvents 1.0 JSON, one form for `--json`, `--events-fd` and the API.

use axon_domain::{Event, Kind};
use serde_json::{Map, Value, json};

/// The event as a CloudEvent. `ledger` is the id of the ledger and `project` the name of the
/// repository's folder; on one machine the tenant is `local`.
#[must_use]
pub fn cloud_event(event: &Event, id: &str, project: &str) -> Value {
    let agent = event.agent.map_or_else(|| event.role.to_string(), |agent| agent.to_string());
    let mut data = match event.payload.as_ref().map(serde_json::to_value) {
        Some(Ok(Value::Object(fields))) => fields,
        _ => Map::from_iter([("erased".to_owned(), Value::Bool(true))]),
    };
    data.remove("kind");
    data.insert("seq".into(), json!(event.seq.0));
    data.insert("kind".into(), json!(event.kind.name()));
    data.insert("role".into(), json!(event.role.name()));
    data.insert("agent_id".into(), json!(event.agent.map(|agent| agent.to_string())));
    data.insert("mission_id".into(), json!(event.mission.map(|mission| mission.to_string())));
    data.insert("task_id".into(), json!(event.task.map(|task| task.to_string())));
    data.insert("causes".into(), json!(event.causes.iter().map(|seq| seq.0).collect::<Vec<_>>()));
    json!({
        "specversion": "1.0",
        "id": id,
        "type": format!("axon.{}.v1", type_name(event.kind)),
        "source": format!("/local/{project}/agents/{agent}"),
        "subject": event.mission.map(|mission| mission.to_string()),
        "time": rfc3339(event.time.millis()),
        "datacontenttype": "application/json",
        "data": data,
    })
}

/// The kind in the style of CloudEvents types: `state_change`.
fn type_name(kind: Kind) -> String {
    kind.name().to_ascii_lowercase()
}

/// A moment as RFC 3339 in UTC, to the millisecond.
#[must_use]
pub fn rfc3339(millis: u64) -> String {
    let moment = i64::try_from(millis)
        .ok()
        .and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok())
        .unwrap_or(jiff::Timestamp::MAX);
    format!("{moment:.3}")
}
