//! Which columns lie sealed, and with whose key. A column that is not here is plain: `tests/it/at_rest.rs` says of each why.

/// Sealed columns of a table.
#[derive(Debug)]
pub struct SealedTable {
    /// The table.
    pub name: &'static str,
    /// The columns.
    pub columns: &'static [&'static str],
    /// The id of a row.
    pub(super) id: &'static str,
    /// What tells rows of the same id apart.
    pub(super) number: &'static str,
    /// What else to look at to find the sector.
    pub(super) joins: &'static str,
    /// The class of the key; that of the municipality is the row's own.
    pub(super) class: &'static str,
}

const ONE_ROW: &str = "CAST(0 AS BIGINT)";

/// What names people.
const fn of_people(name: &'static str, columns: &'static [&'static str]) -> SealedTable {
    SealedTable { name, columns, id: "id", number: ONE_ROW, joins: "", class: "'people'" }
}

/// What is written in the unit of the row itself.
const fn of_unit(name: &'static str, columns: &'static [&'static str]) -> SealedTable {
    let joins = "JOIN unit u ON u.id = t.unit_id";
    SealedTable { name, columns, id: "id", number: ONE_ROW, joins, class: "u.sector" }
}

/// What is written in a case.
const fn of_case(name: &'static str, columns: &'static [&'static str]) -> SealedTable {
    let joins = "JOIN care_case c ON c.municipality = t.municipality AND c.id = t.case_id JOIN unit u ON u.id = c.unit_id";
    SealedTable { name, columns, id: "id", number: ONE_ROW, joins, class: "u.sector" }
}

/// All sealed columns.
pub const SEALED: &[SealedTable] = &[
    of_people("person", &["name", "national_id"]),
    of_people("child", &["name"]),
    of_people("guardianship", &["guardian_name"]),
    of_unit(
        "concern",
        &["facts", "risk_factors", "protective_factors", "child_says", "tried_so_far", "decision_reason"],
    ),
    of_unit("care_case", &["reason", "level_reason", "closing_reason", "final_evaluation"]),
    of_case("case_event", &["reason", "final_evaluation"]),
    of_case("handover", &["message", "answer"]),
    of_case("team_member", &["task"]),
    of_case("consent", &["purpose", "text_version"]),
    of_case("goal", &["description"]),
    of_case("meeting", &["place", "agenda", "family_absent_reason", "minutes"]),
    SealedTable { id: "meeting_id", number: "t.number", ..of_case("meeting_decision", &["decision"]) },
    of_case("measure", &["title", "description"]),
    of_case("evaluation", &["assessment", "child_view", "child_view_missing_reason", "guardians_view"]),
    // Written from a unit or, by the family, in the case.
    SealedTable {
        joins: "JOIN care_case c ON c.municipality = t.municipality AND c.id = t.case_id
                JOIN unit u ON u.id = COALESCE(t.unit_id, c.unit_id)",
        ..of_case("note", &["body"])
    },
];
