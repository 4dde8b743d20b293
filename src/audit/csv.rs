//! An entry as a line of CSV (RFC 4180).

use super::dto::EntryOut;

const COLUMNS: [&str; 23] = [
    "at",
    "id",
    "municipality",
    "person_id",
    "person_name",
    "roles",
    "action",
    "object_type",
    "object_id",
    "case_id",
    "child_id",
    "decision",
    "status",
    "purpose",
    "policies",
    "legal_basis",
    "shown",
    "client_address",
    "client",
    "request_id",
    "unit_ids",
    "ground",
    "consent_ids",
];

/// Returns the header line.
pub(super) fn head() -> String {
    COLUMNS.join(",") + "\r\n"
}

/// Returns the line of an entry.
pub(super) fn line(entry: &EntryOut) -> String {
    let id = |id: Option<String>| id.unwrap_or_default();
    let roles: Vec<String> = entry.roles.iter().map(|role| format!("{}, {}", role.role, role.unit)).collect();
    let units: Vec<String> = entry.roles.iter().map(|role| role.unit_id.to_string()).collect();
    let ground: Vec<String> =
        entry.ground.iter().map(|law| format!("{} {} {}", law.law, law.citation, law.valid_from)).collect();
    let consents: Vec<String> = entry.consent_ids.iter().map(ToString::to_string).collect();
    let cells: [String; 23] = [
        entry.at.to_rfc3339(),
        entry.id.to_string(),
        entry.municipality.clone(),
        id(entry.person_id.map(|id| id.to_string())),
        entry.person_name.as_deref().unwrap_or_default().to_owned(),
        roles.join("; "),
        entry.action.clone(),
        entry.object_type.clone(),
        id(entry.object_id.clone()),
        id(entry.case_id.map(|id| id.to_string())),
        id(entry.child_id.map(|id| id.to_string())),
        entry.decision.to_string(),
        entry.status.to_string(),
        id(entry.purpose.map(|purpose| purpose.to_string())),
        entry.policies.join("; "),
        entry.legal_basis.join("; "),
        entry.shown.join("; "),
        id(entry.client_address.clone()),
        id(entry.client.clone()),
        entry.request_id.clone(),
        units.join("; "),
        ground.join("; "),
        consents.join("; "),
    ];
    cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",") + "\r\n"
}

/// Quotes a cell if necessary. A cell that a spreadsheet would read as a formula gets a leading apostrophe.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_quoted_and_never_a_formula() {
        assert_eq!(quoted("read_case"), "read_case");
        assert_eq!(quoted("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(quoted("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
        for formula in ["+1", "-1", "@x", "\tx"] {
            assert!(quoted(formula).contains('\''), "{formula}");
        }
    }
}
