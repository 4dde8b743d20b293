//! Roles, as an entry stores them.

use crate::identity::HeldRole;

/// Units and roles, as an entry stores them.
pub(crate) fn roles(seats: &[HeldRole]) -> String {
    let seats: Vec<_> = seats
        .iter()
        .map(|seat| serde_json::json!({ "unit_id": seat.unit_id, "unit": seat.unit_name, "sector": seat.sector, "role": seat.role }))
        .collect();
    serde_json::Value::Array(seats).to_string()
}
