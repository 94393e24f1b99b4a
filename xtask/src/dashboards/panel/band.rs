//! The band of what is usual, which `prometheus/rules/adaptive.yml` learns: a grey area behind the lines.
//!
//! Until it has been learnt there are no such series, and the panel shows the lines alone.

use serde_json::{Value, json};

use super::super::source::Usual;

/// The edges, as legends and tooltips call them. Grafana fills from one down to the other by these names.
const FROM: &str = "usual, from";
const TO: &str = "usual, to";

/// The queries of both edges, by their legends. Where too little is never told, or not yet, the lower edge is as far from
/// what is expected as the upper one.
pub(super) fn queries(usual: &Usual) -> [(&'static str, String); 2] {
    let Usual { signal, scale } = usual;
    let of = |part: &str| format!("prunelle:band:{part}{{{signal}}}");
    let (expected, width, lower) = (of("expected"), of("width"), of("lower"));
    [
        (
            FROM,
            format!("{scale} * ({lower} or clamp_min({expected} - {width}, 0))"),
        ),
        (TO, format!("{scale} * ({expected} + {width})")),
    ]
}

/// How the edges look.
pub(super) fn overrides() -> [Value; 2] {
    [(FROM, None), (TO, Some(FROM))].map(|(name, down_to)| {
        let mut properties = vec![
            json!({"id": "color", "value": {"mode": "fixed", "fixedColor": "semi-dark-blue"}}),
            json!({"id": "custom.lineWidth", "value": 0}),
            json!({"id": "custom.stacking", "value": {"mode": "none", "group": "A"}}),
            json!({"id": "custom.fillOpacity", "value": if down_to.is_some() { 18 } else { 0 }}),
        ];
        match down_to {
            Some(down_to) => {
                properties.push(json!({"id": "custom.fillBelowTo", "value": down_to}));
            }
            // One entry for the area is enough.
            None => properties.push(
                json!({"id": "custom.hideFrom", "value": {"legend": true, "tooltip": false, "viz": false}}),
            ),
        }
        json!({"matcher": {"id": "byName", "options": name}, "properties": properties})
    })
}
