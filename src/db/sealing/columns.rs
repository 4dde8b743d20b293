//! The encrypted columns and their keys. All other columns are plain: `tests/it/at_rest/columns.rs` gives the reason for each.

/// Encrypted columns of a table.
#[derive(Debug)]
pub struct SealedTable {
    /// The table.
    pub name: &'static str,
    /// The columns.
    pub columns: &'static [&'static str],
    /// The id of a row.
    pub(super) id: &'static str,
    /// The column that distinguishes rows with the same id.
    pub(super) number: &'static str,
    /// The joins needed to find the sector.
    pub(super) joins: &'static str,
    /// The class of the key. The municipality is in the row.
    pub(super) class: &'static str,
}

impl SealedTable {
    /// Returns a statement for the municipality, the class and one text of each key in a column. The first 24 characters of a
    /// sealed text depend only on its key.
    pub(in crate::db) fn one_text_of_each_key(&self, column: &str) -> String {
        let Self { name, joins, class, .. } = self;
        format!(
            "SELECT t.municipality, {class} AS class, MIN(t.{column}) FROM {name} t {joins}
             WHERE t.{column} LIKE 's1:%' GROUP BY 1, 2, substr(t.{column}, 1, 24)"
        )
    }
}

const ONE_ROW: &str = "CAST(0 AS BIGINT)";

/// Columns that identify people.
const fn of_people(name: &'static str, columns: &'static [&'static str]) -> SealedTable {
    SealedTable { name, columns, id: "id", number: ONE_ROW, joins: "", class: "'people'" }
}

/// Columns written in the unit of the row.
const fn of_unit(name: &'static str, columns: &'static [&'static str]) -> SealedTable {
    let joins = "JOIN unit u ON u.id = t.unit_id";
    SealedTable { name, columns, id: "id", number: ONE_ROW, joins, class: "u.sector" }
}

/// Columns written in a case.
const fn of_case(name: &'static str, columns: &'static [&'static str]) -> SealedTable {
    let joins = "JOIN care_case c ON c.municipality = t.municipality AND c.id = t.case_id JOIN unit u ON u.id = c.opening_unit_id";
    SealedTable { name, columns, id: "id", number: ONE_ROW, joins, class: "u.sector" }
}

const OF_NOTE: &str =
    "JOIN note n ON n.municipality = t.municipality AND n.id = t.note_id JOIN unit u ON u.id = n.unit_id";

/// All encrypted columns.
pub const SEALED: &[SealedTable] = &[
    of_people("person", &["name", "national_id"]),
    of_people("child", &["name"]),
    of_people("guardianship", &["guardian_name"]),
    of_unit(
        "concern",
        &[
            "facts",
            "risk_factors",
            "protective_factors",
            "child_says",
            "tried_so_far",
            "own_practice",
            "seen_risk_factors",
            "seen_protective_factors",
            "decision_reason",
        ],
    ),
    SealedTable { id: "concern_id", number: "t.number", ..of_unit("concern_postponement", &["reason"]) },
    // The key stays that of the sector of the unit that opened the case, also when another unit keeps the record.
    SealedTable {
        joins: "JOIN unit u ON u.id = t.opening_unit_id",
        ..of_unit("care_case", &["reason", "level_reason", "closing_reason", "final_evaluation"])
    },
    of_case("case_event", &["reason", "final_evaluation"]),
    of_case("handover", &["message", "answer"]),
    of_case("transition", &["message"]),
    of_case("transition_answer", &["document"]),
    of_case("team_member", &["task"]),
    of_case("consent", &["purpose", "document", "alone_reason"]),
    of_case("consent_request", &["purpose"]),
    of_case("consent_request_answer", &["reason"]),
    of_case("withholding", &["reason", "letter_delay_reason"]),
    of_case("withholding_review", &["reason"]),
    of_case("goal", &["description"]),
    of_case("wait_reason", &["reason"]),
    of_case("meeting", &["place", "agenda", "family_absent_reason", "cancel_reason", "minutes", "outcome"]),
    SealedTable {
        id: "meeting_id",
        number: "t.number",
        ..of_case("meeting_move", &["from_place", "to_place", "reason"])
    },
    SealedTable { id: "meeting_id", number: "t.number", ..of_case("meeting_guardian_absent", &["reason"]) },
    SealedTable { id: "meeting_id", number: "t.number", ..of_case("meeting_other_present", &["name"]) },
    SealedTable { id: "meeting_id", number: "t.number", ..of_case("meeting_decision", &["decision"]) },
    of_case("measure", &["title", "description"]),
    of_case("measure_day_change", &["reason"]),
    of_case("next_step", &["what", "outside", "reason"]),
    of_case("evaluation", &["assessment", "child_view", "child_view_missing_reason", "guardians_view"]),
    // Written from a unit or, by the family, in the case.
    SealedTable {
        joins: "JOIN care_case c ON c.municipality = t.municipality AND c.id = t.case_id
                JOIN unit u ON u.id = COALESCE(t.unit_id, c.opening_unit_id)",
        ..of_case("note", &["body", "heard_weight", "guardians_need", "struck_out_reason"])
    },
    // Parts of a note by staff.
    SealedTable { id: "note_id", joins: OF_NOTE, ..of_case("referral", &["to_outside", "referred_by"]) },
    SealedTable { joins: OF_NOTE, ..of_case("referral_event", &["reason"]) },
    SealedTable { id: "subject_id", number: "t.number", ..of_unit("earlier_wording", &["text", "reason"]) },
    SealedTable { id: "note_id", ..of_case("note_origin", &["origin", "unit_name"]) },
    of_people("child_welfare_report", &["reporter_name", "child_name", "child_description"]),
    of_unit("child_welfare_report", &["grounds", "body", "guardians_not_told_reason"]),
    SealedTable {
        joins: "JOIN child_welfare_report r ON r.municipality = t.municipality AND r.id = t.report_id
                JOIN unit u ON u.id = r.unit_id",
        ..of_unit("report_reply", &["body"])
    },
    of_people("disclosure", &["child_name", "disclosed_by_name", "to_person_name", "outside_recipient"]),
    of_unit("disclosure", &["order_reference", "request_reference", "weighty_reasons", "reason"]),
    SealedTable {
        joins: "JOIN disclosure d ON d.municipality = t.municipality AND d.id = t.disclosure_id
                JOIN unit u ON u.id = d.unit_id",
        ..of_unit("disclosure_informing", &["reason"])
    },
    SealedTable { id: "disclosure_id", number: "t.number", ..of_people("disclosed_entry", &["person_name"]) },
    SealedTable {
        id: "disclosure_id",
        number: "t.number",
        joins: "JOIN disclosure d ON d.municipality = t.municipality AND d.id = t.disclosure_id
                JOIN unit u ON u.id = d.unit_id",
        ..of_unit("disclosed_entry", &["title", "body"])
    },
    of_unit("emergency_access", &["reason", "review_note"]),
    of_people("conflict_of_interest", &["national_id", "note", "confirm_reason", "end_reason", "own_view"]),
    SealedTable { id: "child_id", ..of_people("address_protection", &["lowered_because"]) },
    SealedTable { id: "child_id", ..of_people("child_contact", &["address", "phone"]) },
    SealedTable { id: "guardianship_id", ..of_people("guardian_contact", &["address", "phone"]) },
    SealedTable {
        id: "review_id",
        number: "t.number",
        class: "'log'",
        ..of_people("log_verdict", &["note"])
    },
    SealedTable { class: "'log'", ..of_people("breach_step", &["how", "reason"]) },
    of_people("claim_decision", &["reason"]),
    SealedTable { id: "person_id", ..of_people("second_factor", &["secret"]) },
    of_people("passkey", &["name", "credential"]),
    of_people("passkey_challenge", &["state"]),
    of_people("role_proposal", &["reason"]),
    of_people("correction", &["before_value", "after_value", "reason"]),
    of_people("name_correction", &["before_name", "after_name", "reason"]),
    of_people("number_proposal", &["number", "reason", "replaced_number"]),
    of_people("role_extension", &["reason"]),
    SealedTable {
        class: "'child_welfare'",
        ..of_people("care_order", &["decision_reference", "end_reference"])
    },
    SealedTable { class: "'child_welfare'", ..of_people("care_order_change", &["reference"]) },
];
