//! `edge/api/openapi.json`: the API in the words of OpenAPI 3.1, made of its types.

use api::{Request, Response};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// Where it is kept, in the workspace.
pub(crate) const PATH: &str = "edge/api/openapi.json";

/// What it says.
pub(crate) fn text() -> String {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
    });
    let mut generator = settings.into_generator();
    let request = generator.subschema_for::<Request>();
    let response = generator.subschema_for::<Response>();
    let event = generator.subschema_for::<api::EventReport>();
    let schemas: Map<String, Value> = generator.take_definitions(true);
    let stranger = json!({ "description": "Over TLS, without `Authorization: Bearer` and a token that is good" });
    let json_of = |schema: Value| json!({ "application/json": { "schema": schema } });
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Systole",
            "version": "1",
            "description": "One request, one answer: what is asked for stands in `request`, and `response` says \
                what the answer is. Configuration and status are CIB XML.",
        },
        "paths": {
            "/v1": { "post": {
                "summary": "Ask for something, or for a change",
                "requestBody": { "required": true, "content": json_of(request.into()) },
                "responses": { "200": { "description": "The answer", "content": json_of(response.into()) }, "401": stranger },
            } },
            "/v1/events": { "get": {
                "summary": "Events as they happen, as server-sent events",
                "parameters": [{
                    "name": "after", "in": "query", "schema": { "type": "integer" },
                    "description": "Those after this number; all that are kept when it is not given",
                }],
                "responses": { "200": {
                    "description": "Each event has its number as `id`, its kind as `event`, and this as `data`",
                    "content": { "text/event-stream": { "schema": Value::from(event) } },
                } },
            } },
            "/v1/openapi.json": { "get": {
                "summary": "This document",
                "responses": { "200": { "description": "It", "content": { "application/json": {} } } },
            } },
        },
        "components": { "schemas": schemas },
    });
    format!("{document:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_the_types_say() {
        let kept = std::fs::read_to_string(crate::workspace().join(PATH)).unwrap_or_default();
        assert!(kept == text(), "run `cargo xtask openapi`, and commit {PATH}");
    }
}
