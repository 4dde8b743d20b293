//! Every text column is encrypted, or plain for a stated reason.

use sqlx::AssertSqlSafe;
use stafett::db::SEALED;

use crate::support::{Engine, World};

/// The plain text columns, and the reasons. Times and dates, which SQLite stores as text, are also plain, because rights are
/// calculated from them.
const PLAIN: &[(&str, &[&str])] = &[
    (
        "public: what a municipality offers, and who keeps it",
        &["municipality.*", "unit.*", "arena.*", "guide_level.*", "catalogue_measure.*"],
    ),
    ("which municipality, the shard of the row", &["*.municipality"]),
    (
        "one of a closed list of words",
        &[
            "session.end_reason",
            "staff_role.role",
            "role_proposal.role",
            "role_proposal.status",
            "number_proposal.status",
            "correction.field",
            "child.unborn",
            "concern.decision",
            "care_case.status",
            "care_case.agreed_with",
            "handover.status",
            "transition.status",
            "transition_answer.form",
            "consent.form",
            "consent_request.status",
            "consent_request_kind.kind",
            "case_event.kind",
            "wait_reason.step",
            "goal.status",
            "meeting.status",
            "meeting_participant.answer",
            "meeting_other_present.role",
            "measure.level",
            "measure.status",
            "evaluation.outcome",
            "next_step.kind",
            "next_step.held_by",
            "next_step.outcome",
            "note.audience",
            "note.kind",
            "note.heard_how",
            "earlier_wording.part",
            "referral.status",
            "referral.to_sector",
            "referral_event.kind",
            "note_origin.section",
            "note_origin.sector",
            "consent_kind.kind",
            "guardianship.capacity",
            "withholding.legal_basis",
            "withholding.letter_delay",
            "report_reply.outcome",
            "disclosure.basis",
            "disclosure.outside_kind",
            "disclosure_informing.ground",
            "disclosed_entry.kind",
            "objection.form",
            "emergency_access.danger",
            "emergency_access.verdict",
            "log_review.verdict",
            "log_review_reason.reason",
            "log_verdict.verdict",
            "breach.source",
            "breach_step.step",
            "breach_step.outcome",
            "conflict_of_interest.ground",
            "address_protection.protection",
            "child_contact.protection",
            "guardian_contact.protection",
            "care_order.kind",
        ],
    ),
    (
        "law, and the published text that was read",
        &[
            "consent.secrecy_basis",
            "consent.processing_basis",
            "consent.text_version",
            "consent_request.text_version",
            "consent.language",
            "consent.alone_basis",
            "consent_text.*",
            "child_welfare_report.law",
            "disclosure_informing.law",
            "disclosure_law.law",
            "disclosure_law.part",
        ],
    ),
    ("the name of a unit, which is public", &["disclosed_entry.unit_name"]),
    (
        "hashes",
        &[
            "person.national_id_index",
            "identity_number.number_index",
            "account.username_index",
            "account_password.hash",
            "recovery_code.code_hash",
            "passkey.credential_index",
            "passkey_challenge.token_hash",
            "passkey_challenge.password_index",
            "activation.username_index",
            "activation.first_half_hash",
            "activation.second_half_hash",
            "refresh_token.token_hash",
            "login_throttle.throttle_key",
            "login_throttle.username_index",
            "known_device.token_hash",
            "idempotency.key_index",
            "idempotency.fingerprint",
            "note_origin.entry",
        ],
    ),
    ("sealed with the client's key", &["idempotency.headers", "idempotency.body"]),
    ("ids, rules and addresses, never content; what identifies a client is sealed", &["access_log.*"]),
    ("ids, hashes and names of rules and law", &["access_log_term.term", "access_log_checkpoint.note"]),
    ("a month", &["log_sample.month", "log_sample_look.month"]),
    ("names of steps", &["data_migration.name"]),
    (
        "ids and names of keys",
        &["installation.id", "data_key.id", "data_key.municipality", "data_key.class", "data_key.generation"],
    ),
    (
        "public keys, and hashes that reveal nothing about their keys",
        &["installation.log_key", "data_key.check_value"],
    ),
    (
        "times at which keys were recorded and erased",
        &["installation.created_at", "data_key.recorded_at", "data_key.erased_at"],
    ),
];

#[tokio::test]
async fn every_column_of_text_is_sealed_or_plain_for_a_reason() {
    Engine::Sqlite.tell(every_column).await;
}

async fn every_column(world: World) {
    let is_time = |column: &str| {
        let ends =
            ["_at", "_on", "_from", "_until", "_date", "_time"].iter().any(|end| column.ends_with(end));
        ends || ["at", "since", "decide_by", "answer_by", "day"].contains(&column)
    };
    let is_plain = |table: &str, column: &str| {
        let mut all = PLAIN.iter().flat_map(|(_, columns)| *columns);
        all.any(|name| {
            [format!("{table}.{column}"), format!("{table}.*"), format!("*.{column}")]
                .contains(&(*name).to_owned())
        })
    };
    for table in world.tables().await.iter().filter(|table| !table.starts_with('_')) {
        let sql = AssertSqlSafe(format!("SELECT name FROM pragma_table_info('{table}') WHERE type = 'TEXT'"));
        let mut tx = world.db.read().await.expect("a transaction");
        let columns =
            stafett::on_engine!(&mut tx, |conn| sqlx::query_as::<_, (String,)>(sql).fetch_all(conn).await);
        for (column,) in columns.expect("columns") {
            let sealed =
                SEALED.iter().any(|known| known.name == table && known.columns.contains(&column.as_str()));
            let plain = is_plain(table, &column) || is_time(&column);
            assert!(
                sealed != plain,
                "{table}.{column} is to be sealed, or to be named in PLAIN with the reason"
            );
        }
    }
}
