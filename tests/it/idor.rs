//! Knowing an id never gives access: every operation, as everyone, with real ids from another municipality, from another
//! case, and from both. Secret objects get the same answer as missing ones.

mod may_succeed;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use self::may_succeed::{KEPT, MAY_SUCCEED};
use crate::support::{
    Answer, Call, Operation, Role, Stage, User, World, answers, both_engines, is_public_parameter, mark,
    traces,
};

/// A word in everything on the stage that belongs to others.
const WORD: &str = "Sentinelord";

/// Takes a body and always answers 200. For secret objects, the answer is byte for byte that for missing objects.
const ASKS: &str = "explain_access";
const ANYONE: &str = "anyone";
const HOLDER: &str = "the contact person and leader of another case";
const ADMINISTRATOR: &str = "an administrator";
const AUDITOR: &str = "an auditor";
const LEFT: &str = "one who has left the team";
/// Not sent: these end the caller's session, or take the time of a password.
const NOT_SENT: [&str; 7] = [
    "log_out",
    "change_password",
    "create_account",
    "enrol_second_factor",
    "end_second_factor",
    "begin_passkey",
    "end_passkey",
];

/// A person with no part in the other stage.
struct Stranger {
    who: &'static str,
    user: User,
}

fn stranger(who: &'static str, user: &User) -> Stranger {
    Stranger { who, user: user.clone() }
}

/// Everyone who belongs to the stage `own`, or to nothing.
async fn strangers(world: &World, own: &Stage) -> Vec<Stranger> {
    let other_case = world.family(&own.teacher, 16, 1).await;
    let youth = world.youth(&other_case.child).await;
    world.open_case(&own.teacher, &other_case.child).await;
    vec![
        stranger(HOLDER, &own.teacher),
        stranger("on the team of another case", &own.nurse),
        stranger("a guardian of another child", &own.family.guardians[0]),
        stranger("a young person with a case of their own", &youth),
        stranger("a worker of another unit", &world.worker("kragero/nav").await.user),
        stranger("a leader of another unit", &world.staff("kragero/ppt", Role::UnitLeader).await.user),
        stranger("a leader of a third municipality", &world.staff("orland/ppt", Role::UnitLeader).await.user),
        stranger(ADMINISTRATOR, &own.administrator),
        stranger(AUDITOR, &own.auditor),
        stranger("an analyst", &world.staff("kragero/oppvekst", Role::Analyst).await.user),
        stranger("a person with no role", &world.user_with_new_number("4014").await),
    ]
}

/// People who have been near the case, or are near the child, without access to it.
async fn those_left_out(world: &World, stage: &Stage, unit: &str) -> Vec<Stranger> {
    let colleague = world.worker(unit).await;
    let case = stage.ids()["case_id"].as_str().expect("an id").parse().expect("an id");
    let seat = world.add_to_team(&stage.teacher, case, &colleague).await;
    stage.teacher.delete(format!("/v1/cases/{case}/team/{seat}")).send().await.expect(204);
    let step_parent = world.guardian_of(&stage.teacher, &stage.family.child, false).await;
    vec![stranger(LEFT, &colleague), stranger("a guardian without parental responsibility", &step_parent)]
}

/// The path parameters that get ids of the other stage: all of them and, if there are several, only the first and all but
/// the first.
fn mixtures(operation: &Operation) -> Vec<BTreeSet<String>> {
    let parts = operation.path.split('{').skip(1).filter_map(|part| part.split('}').next());
    let names: Vec<String> = parts.map(ToOwned::to_owned).collect();
    let mut all = vec![names.iter().cloned().collect::<BTreeSet<_>>()];
    if let [first, rest @ ..] = names.as_slice()
        && !rest.is_empty()
    {
        all.push(BTreeSet::from([first.clone()]));
        all.push(rest.iter().cloned().collect());
    }
    all
}

/// The request with ids of the other stage, and its twin with random ids in place of secret ones.
fn twins(
    user: Option<&User>,
    world: &World,
    operation: &Operation,
    own: &Stage,
    other: &Stage,
    foreign: &BTreeSet<String>,
) -> [Call; 2] {
    let body = operation.takes_body().then(|| other.example(operation));
    [true, false].map(|real| {
        let path =
            operation.path_with(|name| match (foreign.contains(name), real || is_public_parameter(name)) {
                (true, true) => other.parameter(name),
                (true, false) => Uuid::now_v7().to_string(),
                (false, _) => own.parameter(name),
            });
        let method = operation.method.clone();
        let call = user.map_or_else(
            || world.anonymous().call(method.clone(), &path),
            |user| user.call(method.clone(), &path),
        );
        let call = if operation.wants_if_match() { call.header("if-match", "*") } else { call };
        match &body {
            Some(body) => call.json(body.clone()),
            None => call,
        }
    })
}

/// The answer without the people that an auditor must notify of a breach: their names are what GDPR art. 34 asks for.
fn without_those_to_notify(who: &str, operation: &Operation, answer: &Answer) -> Answer {
    let mut answer = answer.clone();
    let is_breach = ["read_breach", "record_breach_step"].contains(&operation.id.as_str());
    if who == AUDITOR
        && is_breach
        && let Some(breach) = answer.body.as_object_mut()
        && breach.remove("to_notify").is_some()
    {
        answer.text = answer.body.to_string();
    }
    answer
}

/// Whether the person audits what the operation shows.
fn audits(stranger: &Stranger, operation: &Operation) -> bool {
    let Stranger { who, .. } = stranger;
    // The auditor of the same municipality sees ids, but never content.
    let is_search =
        ["search_access_log", "export_access_log", "prove_log_entry"].contains(&operation.id.as_str());
    let is_review = [
        "list_log_reviews",
        "read_log_review",
        "give_log_verdict",
        "list_breaches",
        "read_breach",
        "record_breach_step",
    ]
    .contains(&operation.id.as_str());
    let is_claim = ["list_claims", "decide_claim", "list_follow_ups"].contains(&operation.id.as_str());
    let audits = is_search || is_review || is_claim || operation.id.ends_with("_emergency_access");
    audits && (*who == AUDITOR || is_search)
}

/// Whether an answer shows nothing of others but what the person may know of.
fn shows_nothing_of_others(stranger: &Stranger, operation: &Operation, other: &Stage, real: &Answer) -> bool {
    let Stranger { who, .. } = stranger;
    let own_log = audits(stranger, operation) && real.status == 200;
    let found = traces(other, WORD, &without_those_to_notify(who, operation, real));
    // An administrator sees who has an account in the same municipality, why a role is proposed, and the units that nobody leads.
    let is_theirs = ["list_accounts", "list_role_proposals", "list_number_proposals", "list_follow_ups"]
        .contains(&operation.id.as_str());
    let own_accounts = *who == ADMINISTRATOR && is_theirs && real.status == 200;
    // A person who works in a unit sees who is away from it.
    let own_unit = *who == LEFT && operation.id == "list_absences" && real.status == 200;
    let own_log = own_log || own_unit;
    found.is_empty() || own_accounts || (own_log && !found.iter().any(|found| found == WORD))
}

/// The result of a request with the ids of other people's objects.
fn check(
    stranger: &Stranger,
    operation: &Operation,
    foreign: &BTreeSet<String>,
    other: &Stage,
    [real, twin]: &[Answer; 2],
) {
    let Stranger { who, .. } = stranger;
    let case = || format!("{who}, {}, {foreign:?}:\n{real:?}\nto what there is not:\n{twin:?}", operation.id);
    assert!(real.status < 500, "a fault of ours: {}", case());
    let audits = audits(stranger, operation);
    assert!(shows_nothing_of_others(stranger, operation, other, real), "{}", case());
    let may = |(who, id, _): &(&str, &str, &str)| [ANYONE, stranger.who].contains(who) && *id == operation.id;
    if real.status < 400 && MAY_SUCCEED.iter().any(may) {
        return;
    }
    if audits && *who == AUDITOR {
        // They may know of what they review.
        return;
    }
    if *who == ADMINISTRATOR
        && KEPT.contains(&operation.id.as_str())
        && other.parameter("municipality") == "4014"
    {
        // They may know of the accounts, codes and roles of their own municipality.
        return;
    }
    if *who == LEFT && ["change_absence", "end_absence"].contains(&operation.id.as_str()) {
        // They know of the absence, because they still work in the unit, and may not change it.
        assert!([403, 404].contains(&real.status), "neither hidden nor refused: {}", case());
        return;
    }
    if operation.id == ASKS {
        assert_eq!(real.told(), twin.told(), "differs from a missing object: {}", case());
        return;
    }
    assert!(real.status >= 400, "success: {}", case());
    if foreign.iter().all(|name| is_public_parameter(name)) {
        return;
    }
    assert_eq!(real.told(), twin.told(), "differs from a missing object: {}", case());
    // The first parameter is the object of the operation, or the object that contains it.
    let object = operation.path.split(['{', '}']).nth(1).unwrap_or_default();
    // The access log belongs to the auditor. Everyone knows that it exists.
    let is_log = operation.path.starts_with("/v1/access-log/");
    if foreign.contains(object) && !is_public_parameter(object) && !is_log {
        real.clone().expect_problem(404, "not-found");
    } else {
        assert!([403, 404].contains(&real.status), "neither hidden nor refused: {}", case());
    }
}

/// Sends every non-public operation, as each of these people, with the objects of others.
async fn sweep(world: &World, strangers: &[Stranger], own: &Stage, other: &Stage) {
    let mut operations = Operation::all();
    operations.retain(|operation| !operation.is_public() && !NOT_SENT.contains(&operation.id.as_str()));
    let (mut asked, mut calls) = (Vec::new(), Vec::new());
    for stranger in strangers {
        for operation in &operations {
            for foreign in mixtures(operation) {
                calls.extend(twins(Some(&stranger.user), world, operation, own, other, &foreign));
                asked.push((stranger, operation, foreign));
            }
        }
    }
    let all = answers(calls).await;
    for ((stranger, operation, foreign), pair) in asked.iter().zip(all.chunks_exact(2)) {
        let pair = [pair[0].clone(), pair[1].clone()];
        check(stranger, operation, foreign, other, &pair);
    }
}

/// Every place for an id in a body, with its name.
fn places(value: &Value, at: &str, name: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) if Uuid::parse_str(text).is_ok() => found.push((at.to_owned(), name.to_owned())),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, &format!("{at}/{index}"), name, found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                places(member, &format!("{at}/{name}"), name, found);
            }
        }
        _ => {}
    }
}

/// Ids in bodies that may belong to others in the same municipality, and the reasons.
const MAY_NAME: [(&str, &str, &str); 15] = [
    ("propose_role", "person_id", "a role is proposed for anyone with an account in the municipality"),
    ("grant_role", "person_id", "a role is given to anyone with an account in the municipality"),
    (
        "record_care_order",
        "child_welfare_person_id",
        "anyone who works in child welfare may decide for a child",
    ),
    ("record_care_order", "child_welfare_unit_id", "any child welfare service that serves the municipality"),
    (
        "change_care_order",
        "child_welfare_person_id",
        "anyone who works in child welfare may decide for a child",
    ),
    ("change_care_order", "child_welfare_unit_id", "any child welfare service that serves the municipality"),
    (
        "report_to_child_welfare",
        "receiving_unit_id",
        "any child welfare service that serves the municipality",
    ),
    ("disclose", "to_person_id", "anyone who works in the unit that it is disclosed to"),
    ("disclose", "to_unit_id", "any unit that serves the municipality"),
    (
        "open_emergency_access",
        "case_id",
        "any open case in a municipality that the unit serves; it is reviewed",
    ),
    ("update_contact_details", "school_unit_id", "any school that serves the municipality"),
    ("declare_conflict_of_interest", "case_id", "it only removes the caller's rights, and reveals nothing"),
    ("give_consent", "unit_ids", "one consents to any unit that serves the municipality"),
    ("plan_transition", "to_unit_id", "a move is planned to any unit that serves the municipality"),
    ("create_consent_request", "unit_ids", "one asks for consent to any unit that serves the municipality"),
];

/// In each body that would be accepted, replaces each id in turn by someone else's. The answer must be that for a random id.
async fn name_in_bodies(own: &Stage, other: &Stage) {
    let mut named = 0;
    for operation in Operation::writes().into_iter().filter(Operation::takes_body) {
        let (mine, theirs) = (own.example(&operation), other.example(&operation));
        let mut found = Vec::new();
        places(&mine, "", "", &mut found);
        for (at, name) in found {
            let Some(foreign) = theirs.pointer(&at).cloned() else { continue };
            let neighbours = own.parameter("municipality") == other.parameter("municipality");
            let may = |(id, member, _): &(&str, &str, &str)| *id == operation.id && *member == name;
            if mine.pointer(&at) == Some(&foreign) || (neighbours && MAY_NAME.iter().any(may)) {
                continue;
            }
            let mut told = Vec::new();
            for id in [foreign, json!(Uuid::now_v7())] {
                let mut body = mine.clone();
                *body.pointer_mut(&at).expect("a place") = id.clone();
                let call = own.call(&operation).header("if-match", "*").json(body);
                let answer = call.send().await;
                assert!(
                    operation.id == ASKS || (400..500).contains(&answer.status),
                    "{} takes {at} of another: {answer:?}",
                    operation.id
                );
                assert!(traces(other, WORD, &answer).is_empty(), "{answer:?}");
                told.push(answer.told().replace(id.as_str().expect("an id"), "?"));
            }
            assert_eq!(told[0], told[1], "{} distinguishes {at} of another from a random id", operation.id);
            named += 1;
        }
    }
    assert!(named > 8, "only {named} ids were named");
}

async fn porsgrunn(world: &World) -> Stage {
    let units = ["porsgrunn/skole", "porsgrunn/helsestasjon", "porsgrunn/oppvekstadministrasjonen"];
    let stage = Stage::set_in(world, units).await;
    mark(&stage, WORD).await;
    stage
}

async fn next_door(world: &World) -> Stage {
    let units = ["kragero/barnehage", "kragero/skolehelsetjenesten", "kragero/oppvekst"];
    let stage = Stage::set_in(world, units).await;
    mark(&stage, WORD).await;
    stage
}

both_engines! {
    async fn nobody_reaches_what_is_in_another_municipality(own: Stage) {
        let (world, other) = (own.world(), porsgrunn(own.world()).await);
        let mut strangers = strangers(world, &own).await;
        strangers.extend(those_left_out(world, &other, "porsgrunn/skole").await);
        sweep(world, &strangers, &own, &other).await;
    }

    async fn nobody_reaches_what_is_in_another_case_of_the_municipality(own: Stage) {
        let (world, other) = (own.world(), next_door(own.world()).await);
        let mut strangers = strangers(world, &own).await;
        strangers.extend(those_left_out(world, &other, "kragero/barnehage").await);
        sweep(world, &strangers, &own, &other).await;
    }

    async fn who_is_not_logged_in_reaches_nothing(own: Stage) {
        let world = own.world();
        mark(&own, WORD).await;
        for operation in Operation::all().iter().filter(|operation| !operation.is_public()) {
            for foreign in mixtures(operation) {
                for call in twins(None, world, operation, &own, &own, &foreign) {
                    let answer = call.send().await.expect_problem(401, "unauthenticated");
                    assert_eq!(traces(&own, WORD, &answer), [] as [String; 0]);
                }
            }
        }
    }

    async fn an_id_in_a_body_that_is_anothers_is_as_good_as_none(own: Stage) {
        for other in [porsgrunn(own.world()).await, next_door(own.world()).await] {
            name_in_bodies(&own, &other).await;
        }
    }
}

#[test]
fn what_may_succeed_is_an_operation() {
    let all: BTreeSet<String> = Operation::all().into_iter().map(|operation| operation.id).collect();
    for (_, id, reason) in MAY_SUCCEED {
        assert!(all.contains(*id) && !reason.is_empty(), "{id} is no operation");
    }
}
