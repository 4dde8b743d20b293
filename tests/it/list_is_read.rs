//! A list shows a person exactly what they may read row by row: for everyone, and for everything in the database.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use sqlx::AssertSqlSafe;
use stafett::on_engine;
use uuid::Uuid;

use crate::support::{Call, Operation, Role, Stage, User, World, answers, both_engines, document};

/// Each list with the operation that reads one of its rows, and the table of the rows.
const PAIRS: [(&str, &str, &str); 11] = [
    ("list_cases", "read_case", "care_case"),
    ("list_concerns", "read_concern", "concern"),
    ("list_emergency_access", "read_emergency_access", "emergency_access"),
    ("list_log_reviews", "read_log_review", "log_review"),
    ("list_breaches", "read_breach", "breach"),
    ("list_absences", "read_absence", "absence"),
    ("list_consents", "read_consent", "consent"),
    ("list_consent_requests", "read_consent_request", "consent_request"),
    ("list_measures", "read_measure", "measure"),
    ("list_meetings", "read_meeting", "meeting"),
    ("list_notes", "read_note", "note"),
];

/// Lists without an operation that reads one row, or without confidential rows, and the reasons.
const OTHERS: [(&str, &str); 39] = [
    (
        "list_transitions",
        "the unit that is asked reads the plan and lists none of the case: transitions.rs and the tables test both",
    ),
    ("list_accounts", "an account is not read by itself; the list is all or nothing"),
    ("list_role_proposals", "a proposal is not read by itself; the list is all or nothing"),
    ("list_number_proposals", "a proposal is not read by itself; the list is all or nothing"),
    ("list_arenas", "public"),
    ("list_concern_factors", "public"),
    ("list_consent_texts", "public"),
    ("list_catalogue_measures", "public"),
    ("list_guide_levels", "public"),
    ("list_municipalities", "public"),
    ("list_policies", "public"),
    ("list_units", "public"),
    ("list_child_welfare_reports", "by unit: child_welfare_reports.rs tests who may list and who may read"),
    ("list_disclosures", "by unit: disclosures.rs tests who may list and who may read"),
    (
        "list_case_disclosures",
        "a member of the family does not read one by itself: family_informed.rs tests who learns of what",
    ),
    ("list_informing_delays", "a day is not read by itself; the list is all or nothing"),
    ("list_refusals", "the caller's own; a letter is not read by itself"),
    ("list_objections", "the caller's own; an objection is not read by itself"),
    ("list_withholdings", "a withholding is not read by itself; the list is all or nothing"),
    ("list_care_orders", "an order is not read by itself; the list is all or nothing"),
    ("list_conflicts_of_interest", "a conflict is not read by itself; the list is all or nothing"),
    (
        "list_recorded_conflicts_of_interest",
        "what the caller has said; a conflict is not read by itself: conflicts_of_interest tests the answers",
    ),
    ("list_own_conflicts_of_interest", "the caller's own; a conflict is not read by itself"),
    ("list_staff", "a role is not read by itself"),
    ("list_corrections", "a correction is not read by itself; the list is all or nothing"),
    ("list_guardians", "a guardianship is not read by itself; the list is all or nothing"),
    ("list_case_history", "an event is not read by itself; the list is all or nothing"),
    ("list_team", "a seat is not read by itself"),
    ("list_handovers", "a handover is not read by itself; the list is all or nothing"),
    ("list_goals", "a goal is not read by itself; the list is all or nothing"),
    ("list_next_steps", "a step is not read by itself; the list is all or nothing"),
    ("list_day_changes", "a move is not read by itself; the list is all or nothing"),
    ("list_evaluations", "an evaluation is not read by itself; the list is all or nothing"),
    ("list_claims", "a claim is not read by itself; the list is all or nothing"),
    ("list_follow_ups", "gathered from other things, without content"),
    ("list_name_corrections", "a correction is not read by itself; the list is all or nothing"),
    ("search_unit_access_log", "an entry is not read by itself"),
    ("search_access_log", "an entry is not read by itself"),
    ("read_case_access_log", "an entry is not read by itself"),
];

/// A person who gave a consent can always read it by its id, even after losing access to the case.
const READ_BEYOND_THE_LIST: &str = "read_consent";

/// Returns whether the operation answers with a page.
fn is_list(operation: &Operation, document: &serde_json::Value) -> bool {
    let schema = &operation.says["responses"]["200"]["content"]["application/json"]["schema"];
    let schema = schema["$ref"].as_str().and_then(|at| document.pointer(&at[1..])).unwrap_or(schema);
    !schema["properties"]["items"].is_null()
}

#[test]
fn every_list_is_held_against_its_reads_or_is_said_why_not() {
    let document = document();
    let lists = Operation::all().into_iter().filter(|o| o.method == Method::GET && is_list(o, document));
    let lists: BTreeSet<String> = lists.map(|operation| operation.id).collect();
    let told = PAIRS.iter().map(|(list, ..)| *list).chain(OTHERS.iter().map(|(list, _)| *list));
    let told: BTreeSet<String> = told.map(ToOwned::to_owned).collect();
    let untold: Vec<_> = lists.difference(&told).collect();
    assert!(untold.is_empty() && lists.len() > 10, "neither in PAIRS nor in OTHERS: {untold:?}");
    assert!(OTHERS.iter().all(|(_, reason)| !reason.is_empty()));
}

async fn ids_in(world: &World, sql: String) -> Vec<(Uuid, Uuid)> {
    let sql = AssertSqlSafe(sql);
    let mut tx = world.db.read().await.expect("a transaction");
    on_engine!(&mut tx, |conn| sqlx::query_as::<_, (Uuid, Uuid)>(sql).fetch_all(conn).await).expect("ids")
}

/// Everyone with an account.
struct Crowd(Vec<(&'static str, User)>);

async fn crowd(world: &World, stage: &Stage) -> Crowd {
    let case = stage.ids()["case_id"].as_str().expect("an id").parse().expect("an id");
    let colleague = world.worker("kragero/skole").await;
    world.add_to_team(&stage.teacher, case, &colleague).await;
    // Each of them writes something for each audience, so that much of it is not readable for everyone.
    for author in [&stage.teacher, &stage.nurse, &colleague] {
        for audience in ["unit", "sector", "team"] {
            world.note(author, case, audience, "A good day.").await;
        }
        world.concern(author, &world.child(author, 6).await).await;
    }
    let left = world.worker("kragero/skole").await;
    let seat = world.add_to_team(&stage.teacher, case, &left).await;
    stage.teacher.delete(format!("/v1/cases/{case}/team/{seat}")).send().await.expect(204);
    let young = world.family(&stage.teacher, 16, 1).await;
    let youth = world.youth(&young.child).await;
    let youth_case = world.open_case(&stage.teacher, &young.child).await;
    world.consent(&youth, youth_case, &[&stage.nurse.unit]).await;
    world.add_to_team(&stage.teacher, youth_case, &stage.nurse).await;
    world.note(&stage.nurse, youth_case, "sector", "For health.").await;
    world.note(&youth, youth_case, "team", "For all.").await;
    world.measure(&stage.teacher, youth_case, &stage.nurse).await;
    world.meeting(&stage.teacher, youth_case, &[youth.id]).await;
    let step_parent = world.guardian_of(&stage.teacher, &stage.family.child, false).await;
    let user = |name, user: &User| (name, user.clone());
    Crowd(vec![
        user("contact person and leader", &stage.teacher),
        user("nurse", &stage.nurse),
        user("colleague on the team", &colleague),
        user("one who has left the team", &left),
        user("mother", &stage.family.guardians[0]),
        user("father", &stage.family.guardians[1]),
        user("step-parent", &step_parent),
        user("youth", &youth),
        user("youth's guardian", &young.guardians[0]),
        user(
            "leader of the health centre",
            &world.staff("kragero/helsestasjon", Role::UnitLeader).await.user,
        ),
        user("leader of the school", &world.staff("kragero/skole", Role::UnitLeader).await.user),
        user("leader elsewhere", &world.staff("kragero/ppt", Role::UnitLeader).await.user),
        user("worker elsewhere", &world.worker("kragero/nav").await.user),
        user("worker in another municipality", &world.worker("porsgrunn/skole").await.user),
        user("administrator", &stage.administrator),
        user("auditor", &stage.auditor),
        user("analyst", &world.staff("kragero/oppvekst", Role::Analyst).await.user),
        user("a person with no role", &world.user_with_new_number("4014").await),
    ])
}

/// The ids that a list shows, with two per page; none if the list itself is refused.
async fn listed(user: &User, path: &str) -> Option<BTreeSet<String>> {
    let (mut ids, mut query) = (Vec::new(), "limit=2".to_owned());
    loop {
        let page = user.get(format!("{path}?{query}")).send().await;
        if page.status != 200 {
            assert!([403, 404].contains(&page.status) && ids.is_empty(), "{page:?}");
            return None;
        }
        assert!(page.items().len() <= 2, "a page of two: {page:?}");
        ids.extend(page.each("id").into_iter().map(ToOwned::to_owned));
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        query = format!("limit=2&cursor={cursor}");
    }
    let set: BTreeSet<String> = ids.iter().cloned().collect();
    assert_eq!(set.len(), ids.len(), "shown twice: {path}");
    Some(set)
}

/// Everything that a person may read: by case or unit, or all under none.
async fn readable(user: &User, read: &Operation, all: &[(Uuid, Uuid)]) -> BTreeMap<Uuid, BTreeSet<String>> {
    let path = |case: &Uuid, id: &Uuid| {
        read.path_with(|name| {
            if ["case_id", "unit_id"].contains(&name) && read.path.matches('{').count() > 1 {
                case
            } else {
                id
            }
            .to_string()
        })
    };
    let calls: Vec<Call> = all.iter().map(|(case, id)| user.get(path(case, id))).collect();
    let mut found: BTreeMap<Uuid, BTreeSet<String>> = BTreeMap::new();
    for ((case, id), answer) in all.iter().zip(answers(calls).await) {
        let shown = found.entry(*case).or_default();
        if answer.status == 200 {
            assert_eq!(answer.body["id"], id.to_string());
            shown.insert(id.to_string());
        } else {
            assert!([403, 404].contains(&answer.status), "{answer:?}");
        }
    }
    found
}

/// Compares one list with its reads for one person. Returns the number of rows they see.
async fn compare(
    who: &str,
    user: &User,
    (list, read): (&Operation, &Operation),
    all: &[(Uuid, Uuid)],
) -> usize {
    let readable = readable(user, read, all).await;
    if !list.path.contains('{') {
        let readable: BTreeSet<String> = readable.into_values().flatten().collect();
        let listed = listed(user, &list.path).await.unwrap_or_default();
        assert_eq!(listed, readable, "{}: listed left, read right, to {who}", list.id);
        return listed.len();
    }
    let mut seen = 0;
    for (case, readable) in readable {
        let listed = listed(user, &list.path_with(|_| case.to_string())).await;
        let beyond = listed.is_none() && read.id == READ_BEYOND_THE_LIST;
        let listed = listed.unwrap_or_default();
        assert!(beyond || listed == readable, "{}: {listed:?} listed, {readable:?} read, to {who}", list.id);
        seen += listed.len();
    }
    seen
}

both_engines! {
    async fn everyone_lists_just_what_they_may_read_one_by_one(stage: Stage) {
        let world = stage.world();
        Stage::set_in(world, ["porsgrunn/skole", "porsgrunn/helsestasjon", "porsgrunn/oppvekstadministrasjonen"]).await;
        let Crowd(people) = crowd(world, &stage).await;
        for (list, read, table) in PAIRS {
            let (list, read) = (Operation::named(list), Operation::named(read));
            let outer = ["case_id", "unit_id"].into_iter().find(|name| list.path.contains(&format!("{{{name}}}")));
            let case = outer.unwrap_or("id");
            let all = ids_in(world, format!("SELECT {case}, id FROM {table}")).await;
            assert!(all.len() > 1, "too little in {table}");
            let mut seen = Vec::new();
            for (who, user) in &people {
                seen.push(compare(who, user, (&list, &read), &all).await);
            }
            let (some, none) = (seen.iter().any(|seen| *seen > 0), seen.contains(&0));
            assert!(some && none, "{}: someone sees something, and someone nothing: {seen:?}", list.id);
        }
    }
}
