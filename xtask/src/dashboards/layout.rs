//! Where panels go: rows under each other, panels from left to right.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::panel;
use super::source::{Dashboard, Row};

/// The width of the page.
const COLUMNS: u32 = 24;

/// All panels with their places; panels of a closed row are inside it.
pub(super) fn panels(dashboard: &Dashboard) -> Result<Vec<Value>> {
    let mut panels = Vec::new();
    let mut y = 0;
    let mut id = 0;
    for row in &dashboard.rows {
        id += 1;
        let row_id = id;
        let (inner, height) = placed(row, y + 1, &mut id)?;
        let mut heading = json!({
            "id": row_id,
            "type": "row",
            "title": row.title,
            "collapsed": row.closed,
            "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1},
            "panels": if row.closed { inner.clone() } else { Vec::new() },
        });
        if let (Some(variable), Some(members)) = (&row.each, heading.as_object_mut()) {
            members.insert("repeat".to_owned(), variable.clone().into());
        }
        panels.push(heading);
        if row.closed {
            y += 1;
        } else {
            panels.extend(inner);
            y += 1 + height;
        }
    }
    Ok(panels)
}

/// The panels of one row from `y` on, over several lines when they are wider than one, and the height of all.
fn placed(row: &Row, y: u32, id: &mut u32) -> Result<(Vec<Value>, u32)> {
    let mut panels = Vec::new();
    let (mut x, mut line) = (0, 0);
    for source in &row.panels {
        ensure!(
            (1..=COLUMNS).contains(&source.width),
            "`{}` is {} wide, of {COLUMNS}",
            source.title,
            source.width
        );
        if x + source.width > COLUMNS {
            x = 0;
            line += 1;
        }
        *id += 1;
        let place = json!({
            "x": x, "y": y + line * row.height, "w": source.width, "h": row.height,
        });
        panels.push(panel::written(source, *id, &place)?);
        x += source.width;
    }
    Ok((panels, (line + 1) * row.height))
}
