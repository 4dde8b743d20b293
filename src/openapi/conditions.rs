//! The rules across the fields of bodies, as JSON Schema. The API document has them as `allOf` of the body, and the service checks
//! bodies by the API document, so a rule that is stated here is enforced. A field that is null counts as left out.

use serde_json::{Map, Value, json};

/// The schema of a body, and its rules.
type Rules = (&'static str, Vec<Value>);

/// The lists of bodies whose items must differ.
pub(super) const UNIQUE: &[(&str, &[&str])] = &[
    ("ConcernIn", &["seen_protective_factors", "seen_risk_factors"]),
    ("ConsentIn", &["kinds", "unit_ids"]),
    ("DisclosureIn", &["measure_ids", "note_ids"]),
    ("LeaveIn", &["given_by"]),
    ("MeetingIn", &["participants"]),
    ("MeetingMinutesIn", &["attended"]),
    ("ReportIn", &["grounds"]),
    ("WithdrawalIn", &["kinds", "unit_ids"]),
];

/// Returns the rules of all bodies.
pub(super) fn all() -> Vec<Rules> {
    [vec![of_a_unit()], before_a_case(), in_a_case(), of_referrals(), of_control()].concat()
}

fn of_a_unit() -> Rules {
    let of_others = json!(["county", "state", "private_body"]);
    let fields = ["name", "organisation_number"];
    ("ControllerIn", vec![decides("kind", &of_others, &json!(["municipality"]), &fields)])
}

fn of_control() -> Vec<Rules> {
    let (done, not_required) = (json!(["done"]), json!(["not_required"]));
    vec![
        ("LogVerdictIn", vec![requires("verdict", &json!(["unclear", "unjustified"]), &["note"])]),
        (
            "BreachStepIn",
            vec![
                requires("outcome", &done, &["how"]),
                requires("outcome", &not_required, &["reason"]),
                rules_out("outcome", &not_required, &["how", "done_at"]),
            ],
        ),
    ]
}

fn before_a_case() -> Vec<Rules> {
    vec![
        ("ChildIn", vec![any_of(&["birth_date", "national_id"])]),
        ("BirthIn", vec![any_of(&["birth_date", "national_id"])]),
        (
            "GuardianIn",
            vec![implies("capacity", &json!("foster_parent"), "parental_responsibility", &json!(false))],
        ),
        (
            "ConflictOfInterestIn",
            vec![exactly_one(&["national_id", "case_id"]), requires("ground", &json!(["other"]), &["note"])],
        ),
        (
            "ContactDetailsIn",
            vec![rules_out(
                "protection",
                &json!(["strictly_confidential"]),
                &["address", "phone", "school_unit_id"],
            )],
        ),
        (
            "DecisionIn",
            vec![
                decides(
                    "decision",
                    &json!(["open_case"]),
                    &json!(["no_need", "join_case", "report_child_welfare"]),
                    &["case_reason", "contains", "level", "agreed_with", "agreed_on", "next_step"],
                ),
                decides(
                    "decision",
                    &json!(["join_case"]),
                    &json!(["no_need", "open_case", "report_child_welfare"]),
                    &["case_id"],
                ),
                decides(
                    "decision",
                    &json!(["report_child_welfare"]),
                    &json!(["no_need", "open_case", "join_case"]),
                    &["report_id"],
                ),
            ],
        ),
        (
            "ChildPatch",
            vec![any_of(&["name", "national_id", "birth_date", "due_on", "pregnancy_ended", "municipality"])],
        ),
        ("GuardianshipPatch", vec![brings("guardian_name", &["reason"])]),
        ("NumberConfirmationIn", vec![exactly_one(&["person_id", "known_national_id"])]),
        ("NumberProposalIn", vec![exactly_one(&["person_id", "known_national_id"])]),
        ("EmergencyAccessIn", vec![exactly_one(&["case_id", "national_id"])]),
        (
            "ReportIn",
            vec![
                exactly_one(&["child_id", "child_description"]),
                decides("guardians_told", &json!([false]), &json!([true]), &["guardians_not_told_reason"]),
            ],
        ),
        ("TeamConflictIn", vec![requires("ground", &json!(["other"]), &["note"])]),
    ]
}

fn in_a_case() -> Vec<Rules> {
    vec![
        ("ConsentIn", vec![decides("form", &json!(["paper"]), &json!(["digital", "oral"]), &["document"])]),
        (
            "DisclosureIn",
            vec![
                exactly_one(&["to_unit_id", "outside_kind"]),
                brings("outside_recipient", &["outside_kind"]),
                requires("outside_kind", &json!(["other"]), &["outside_recipient"]),
                brings("to_unit_id", &["to_person_id"]),
                brings("to_person_id", &["to_unit_id"]),
                decides(
                    "basis",
                    &json!(["child_welfare_order"]),
                    &json!([
                        "child_welfare_report",
                        "duty_to_avert",
                        "danger_to_life_or_health",
                        "health_personnel",
                        "patients_children",
                        "school_change",
                        "school_change_duty"
                    ]),
                    &["order_reference"],
                ),
                requires("basis", &json!(["health_personnel"]), &["would_object"]),
                any_item_of(&["note_ids", "measure_ids"]),
            ],
        ),
        ("DecidedMeasureIn", title_and_level()),
        ("EvaluationIn", vec![exactly_one(&["child_view", "child_view_missing_reason"])]),
        ("GoalPatch", vec![some(), brings("description", &["contains"])]),
        ("HandoverAnswer", vec![brings("answer", &["contains"])]),
        ("HandoverIn", vec![brings("message", &["contains"])]),
        ("MeasureIn", title_and_level()),
        (
            "MeasurePatch",
            vec![
                some(),
                brings("description", &["contains"]),
                brings("evaluate_on", &["reason"]),
                brings("reason", &["contains"]),
            ],
        ),
        ("NextStepChange", vec![requires("outcome", &json!(["replaced"]), &["reason"])]),
        ("NextStepIn", of_a_step()),
        (
            "ReplyIn",
            vec![decides(
                "outcome",
                &json!(["investigation_closed"]),
                &json!(["received", "investigation_opened", "not_investigated"]),
                &["followed_up"],
            )],
        ),
        (
            "WithholdingIn",
            vec![excludes("note_id", &["meeting_id", "measure_id"]), excludes("meeting_id", &["measure_id"])],
        ),
    ]
}

fn of_referrals() -> Vec<Rules> {
    vec![
        (
            "ReferralIn",
            vec![
                exactly_one(&["to_unit_id", "to_outside"]),
                brings("to_outside", &["to_sector"]),
                brings("to_sector", &["to_outside"]),
                brings("followed_up_by", &["followed_up_from"]),
                brings("followed_up_from", &["followed_up_by"]),
            ],
        ),
        ("ReferralAnswerIn", of_a_referral_answer()),
        (
            "ReferralPatch",
            vec![
                any_of(&["expected_on", "followed_up_by"]),
                brings("expected_on", &["reason"]),
                brings("reason", &["expected_on", "contains"]),
                brings("contains", &["reason"]),
                brings("followed_up_by", &["followed_up_from"]),
                brings("followed_up_from", &["followed_up_by"]),
            ],
        ),
    ]
}

fn of_a_referral_answer() -> Vec<Value> {
    let others = |answer: &str| {
        let all = ["received", "accepted", "started", "refused"];
        json!(all.iter().filter(|one| **one != answer).collect::<Vec<_>>())
    };
    vec![
        decides("answer", &json!(["accepted"]), &others("accepted"), &["expected_on", "start_is_known"]),
        decides("answer", &json!(["refused"]), &others("refused"), &["next_step"]),
        requires("answer", &json!(["refused"]), &["reason"]),
    ]
}

fn of_a_step() -> Vec<Value> {
    let others = |holder: &[&str]| {
        let all = ["contact_person", "member", "family", "unit", "outside"];
        json!(all.iter().filter(|one| !holder.contains(one)).collect::<Vec<_>>())
    };
    let takes = |holder: &[&str], field| decides("held_by", &json!(holder), &others(holder), &[field]);
    vec![
        takes(&["member"], "person_id"),
        takes(&["member", "unit"], "unit_id"),
        takes(&["outside"], "outside"),
    ]
}

fn title_and_level() -> Vec<Value> {
    vec![any_of(&["title", "catalogue_measure_id"]), any_of(&["level", "catalogue_measure_id"])]
}

/// One of the fields must be given, and only one.
fn exactly_one(fields: &[&str]) -> Value {
    json!({ "oneOf": fields.iter().map(|field| only(fields, field)).collect::<Vec<_>>() })
}

/// If `field` is given, the others must be left out.
fn excludes(field: &str, others: &[&str]) -> Value {
    json!({ "if": given(&[field]), "then": { "properties": left_out(others) } })
}

/// The body has a field.
fn some() -> Value {
    json!({ "minProperties": 1 })
}

/// At least one of the fields must be given.
fn any_of(fields: &[&str]) -> Value {
    json!({ "anyOf": fields.iter().map(|field| given(&[field])).collect::<Vec<_>>() })
}

/// At least one of the lists must have an item.
fn any_item_of(lists: &[&str]) -> Value {
    let filled = |list: &&str| {
        let mut some = Map::new();
        some.insert((*list).to_owned(), json!({ "minItems": 1 }));
        json!({ "required": [list], "properties": some })
    };
    json!({ "anyOf": lists.iter().map(filled).collect::<Vec<_>>() })
}

/// If `field` is given, the others must be.
fn brings(field: &str, others: &[&str]) -> Value {
    json!({ "if": given(&[field]), "then": given(others) })
}

/// If `field` has one of these values, the others must be given.
fn requires(field: &str, values: &Value, others: &[&str]) -> Value {
    json!({ "if": is(field, values), "then": given(others) })
}

/// If `field` has one of these values, the others must be left out.
fn rules_out(field: &str, values: &Value, others: &[&str]) -> Value {
    json!({ "if": is(field, values), "then": { "properties": left_out(others) } })
}

/// If `field` has one of these values, the others must be given. If it has one of the rest, they must be left out. If it has no
/// value that exists, only that is a fault.
fn decides(field: &str, values: &Value, rest: &Value, others: &[&str]) -> Value {
    json!({ "allOf": [requires(field, values, others), rules_out(field, rest, others)] })
}

/// If `field` has this value, `other` may have only that one.
fn implies(field: &str, value: &Value, other: &str, only: &Value) -> Value {
    json!({ "if": is(field, &json!([value])), "then": { "required": [other], "properties": { other: { "const": only } } } })
}

fn only(fields: &[&str], field: &str) -> Value {
    let others: Vec<&str> = fields.iter().copied().filter(|other| *other != field).collect();
    let mut properties = left_out(&others);
    properties.insert(field.to_owned(), not_null());
    json!({ "title": field, "required": [field], "properties": properties })
}

fn given(fields: &[&str]) -> Value {
    let properties: Map<String, Value> =
        fields.iter().map(|field| ((*field).to_owned(), not_null())).collect();
    json!({ "required": fields, "properties": properties })
}

fn is(field: &str, values: &Value) -> Value {
    json!({ "required": [field], "properties": { field: { "enum": values } } })
}

fn left_out(fields: &[&str]) -> Map<String, Value> {
    fields.iter().map(|field| ((*field).to_owned(), json!({ "type": "null" }))).collect()
}

fn not_null() -> Value {
    json!({ "not": { "type": "null" } })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every name of a field in a rule.
    fn fields(rule: &Value, found: &mut Vec<String>) {
        if let Some(properties) = rule["properties"].as_object() {
            found.extend(properties.keys().cloned());
        }
        let parts = ["if", "then", "else"].into_iter().filter_map(|part| rule.get(part));
        let alternatives =
            ["allOf", "oneOf", "anyOf"].into_iter().filter_map(|part| rule[part].as_array()).flatten();
        parts.chain(alternatives).for_each(|part| fields(part, found));
    }

    #[test]
    fn every_rule_is_about_fields_that_exist() {
        let schemas = crate::operations::describe().components.map(|all| all.schemas).unwrap_or_default();
        for (name, lists) in UNIQUE {
            let schema = serde_json::to_value(schemas.get(*name).unwrap_or_else(|| panic!("no {name}")));
            let schema = schema.expect("JSON");
            for list in *lists {
                assert!(schema["properties"][list]["items"].is_object(), "{name} has no list {list}");
            }
        }
        for (name, rules) in all() {
            let schema = serde_json::to_value(schemas.get(name).unwrap_or_else(|| panic!("no {name}")));
            let schema = schema.expect("JSON");
            let mut found = Vec::new();
            rules.iter().for_each(|rule| fields(rule, &mut found));
            assert!(!found.is_empty(), "{name}");
            for field in found {
                assert!(schema["properties"].get(&field).is_some(), "{name} has no {field}");
            }
        }
    }
}
