//! A number is added to a person by two administrators, and then two persons can be one human.

use serde_json::{Value, json};
use stafett::{
    fetch_one,
    handovers::sweep,
    kernel::{
        NationalId,
        ids::{CaseId, PersonId},
    },
};

use super::{KRAGERO, PORSGRUNN, as_guardian, case_of, log_of, register};
use crate::support::{Answer, Role, Staff, User, World, both_engines};

const PROPOSALS: &str = "/v1/municipalities/4014/number-proposals";

/// Two administrators of Kragerø.
pub(super) struct Office {
    pub first: Staff,
    pub second: Staff,
}

impl Office {
    pub async fn of(world: &World) -> Self {
        let first = world.staff("kragero/oppvekst", Role::Administrator).await;
        Self { first, second: world.staff("kragero/oppvekst", Role::Administrator).await }
    }

    /// Both add a number to the person with a number that they know.
    pub async fn add(&self, known: &NationalId, number: &NationalId) {
        let proposal = propose(&self.first, known, number).await.expect(201).text("/id");
        confirm(&self.second, &proposal, known, number).await.expect(201);
    }
}

pub(super) async fn propose(by: &User, known: &NationalId, number: &NationalId) -> Answer {
    let body = json!({
        "known_national_id": known.as_str(), "national_id": number.as_str(), "reason": "The D-number was replaced.",
    });
    by.post(PROPOSALS).json(body).send().await
}

pub(super) async fn confirm(by: &User, proposal: &str, known: &NationalId, number: &NationalId) -> Answer {
    let path = format!("{PROPOSALS}/{proposal}/confirm");
    let body = json!({"known_national_id": known.as_str(), "national_id": number.as_str()});
    by.post(path).json(body).send().await
}

pub(super) async fn cases(user: &User) -> Vec<String> {
    let answer = user.get("/v1/cases").send().await.expect(200);
    answer.each("id").into_iter().map(ToOwned::to_owned).collect()
}

/// A member of the staff of Kragerø, and the number of their account.
pub(super) async fn employed(world: &World, unit: &str, role: Role) -> (Staff, NationalId) {
    let number = world.adult_number();
    let user = world.user(KRAGERO, &number).await;
    let unit = world.unit(unit).await;
    world.grant(&user, &unit, role).await;
    (Staff { user, unit }, number)
}

fn seat(person: &Staff) -> Value {
    json!({"person_id": person.id, "unit_id": person.unit.id, "contains": [], "task": "Helps."})
}

both_engines! {
    async fn a_baton_does_not_stay_with_somebody_who_turns_out_to_be_an_administrator(world: World) {
        let office = Office::of(&world).await;
        let (worker, known) = employed(&world, "kragero/skole", Role::Worker).await;
        let (_, number) = employed(&world, "kragero/oppvekst", Role::Administrator).await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let case = world.open_case(&worker, &world.child(&worker, 7).await).await;
        let path = format!("/v1/cases/{case}");
        worker.get(&path).send().await.expect(200);
        office.add(&known, &number).await;
        worker.get(&path).send().await.expect(404);
        assert_eq!(sweep(&world.db, &world.clock).await.expect("swept"), 1);
        let held = leader.get(&path).send().await.expect(200);
        assert_eq!(held.body["contact_person_id"], json!(leader.id), "{held:?}");
        assert_eq!(sweep(&world.db, &world.clock).await.expect("swept"), 0);
    }

    async fn a_newcomer_keeps_everything_when_a_number_replaces_the_d_number(world: World) {
        let (office, teacher) = (Office::of(&world).await, world.worker("kragero/skole").await);
        let (d_number, number) = (world.adult_number(), world.adult_number());
        let (_, case, mother) = case_of(&world, &teacher, &d_number).await;
        let user = world.user(KRAGERO, &d_number).await;
        assert_eq!(user.id, mother);

        let proposal = propose(&office.first, &d_number, &number).await.expect(201);
        assert!(!proposal.body.to_string().contains(number.as_str()), "the confirmer brings the number");
        let listed = office.second.get(PROPOSALS).send().await.expect(200);
        assert_eq!(listed.each("id"), [proposal.text("/id")]);
        propose(&office.second, &d_number, &world.adult_number()).await.expect_problem(409, "conflict");
        let wrong = confirm(&office.second, &proposal.text("/id"), &d_number, &world.adult_number()).await;
        wrong.expect_invalid("/national_id");
        let other = confirm(&office.second, &proposal.text("/id"), &world.adult_number(), &number).await;
        other.expect_invalid("/national_id");
        confirm(&office.first, &proposal.text("/id"), &d_number, &number).await.expect(403);
        confirm(&office.second, &proposal.text("/id"), &d_number, &number).await.expect(201);
        confirm(&office.second, &proposal.text("/id"), &d_number, &number).await.expect_problem(409, "conflict");

        assert_eq!(cases(&user).await, [case]);
        let child = world.child(&teacher, 3).await;
        assert_eq!(register(&world, &teacher, &child, &number).await, mother, "the number finds her");
        let path = format!("/v1/children/{}/guardians", child.id);
        teacher.post(path).json(as_guardian(&world, &d_number)).send().await.expect_problem(409, "conflict");
        let me = user.get("/v1/me").send().await.expect(200);
        assert_eq!(me.text("/added_numbers/0/proposed_by_name"), office.first.name);
        assert_eq!(me.text("/added_numbers/0/confirmed_by_name"), office.second.name);
        assert!(!world.number_of("SELECT COUNT(*) FROM number_proposal WHERE replaced_number IS NULL").await.is_positive());
    }

    async fn a_worker_is_kept_from_their_own_child_that_is_registered_by_their_other_number(world: World) {
        let (office, teacher) = (Office::of(&world).await, world.worker("kragero/skole").await);
        let (nurse, d_number) = employed(&world, "kragero/helsestasjon", Role::Worker).await;
        let number = world.adult_number();
        let child = world.child(&teacher, 7).await;
        let other_parent = world.guardian_of(&teacher, &child, true).await;
        let case = world.open_case(&teacher, &child).await;
        world.consent(&other_parent, case, &[&nurse.unit]).await;
        let body = json!({
            "national_id": number.as_str(), "name": "Iben Granli", "parental_responsibility": false, "lives_with_child": false,
        });
        teacher.post(format!("/v1/children/{}/guardians", child.id)).json(body).send().await.expect(201);
        let team = format!("/v1/cases/{case}/team");
        office.add(&d_number, &number).await;
        teacher.post(&team).json(seat(&nurse)).send().await.expect_problem(409, "conflict");
        let opening = format!("/v1/units/{}/emergency-access", nurse.unit.id);
        let told = crate::support::emergency(json!({"case_id": case}));
        nurse.post(opening).json(told).send().await.expect_problem(404, "not-found");
        let colleague = world.worker("kragero/helsestasjon").await;
        teacher.post(&team).json(seat(&colleague)).send().await.expect(201);
    }

    async fn no_leader_gets_the_baton_of_their_own_child_by_another_number(world: World) {
        let (office, teacher) = (Office::of(&world).await, world.worker("kragero/skole").await);
        let (leader, known) = employed(&world, "kragero/skole", Role::UnitLeader).await;
        let number = world.adult_number();
        let child = world.child(&teacher, 7).await;
        let body = json!({
            "national_id": number.as_str(), "name": "Iben Granli", "parental_responsibility": false, "lives_with_child": false,
        });
        teacher.post(format!("/v1/children/{}/guardians", child.id)).json(body).send().await.expect(201);
        let case = world.open_case(&teacher, &child).await;
        office.add(&known, &number).await;
        let disable = format!("/v1/municipalities/{KRAGERO}/accounts/{}/disable", teacher.id);
        office.first.post(disable).send().await.expect(204);
        leader.get(format!("/v1/cases/{case}")).send().await.expect(404);
        assert_eq!(holder_of(&world, case).await, teacher.id, "the baton stays in name until someone can take it");
    }

    async fn a_colleague_cannot_become_a_mother_alone(world: World) {
        let (office, teacher) = (Office::of(&world).await, world.worker("kragero/skole").await);
        let (mothers, colleagues) = (world.adult_number(), world.adult_number());
        let (child, case, mother) = case_of(&world, &teacher, &mothers).await;
        let colleague = world.user(KRAGERO, &colleagues).await;
        world.grant(&colleague, &world.unit("kragero/barnehage").await, Role::Worker).await;
        propose(&colleague, &mothers, &colleagues).await.expect(403);
        propose(&teacher, &mothers, &colleagues).await.expect(403);
        teacher.post(format!("/v1/children/{}/guardians", child.id))
            .json(as_guardian(&world, &colleagues)).send().await.expect(201);
        let listed = teacher.get(format!("/v1/children/{}/guardians", child.id)).send().await.expect(200);
        assert_eq!(listed.items().len(), 2, "they are two people");
        let ended = json!({"parental_responsibility": false, "lives_with_child": false, "ended": true});
        let path = format!("/v1/children/{}/guardians/{}", child.id, listed.items()[1]["id"].as_str().expect("an id"));
        teacher.patch(path).json(ended).if_match(1).send().await.expect(200);

        let number = world.adult_number();
        let administrator = world.user(KRAGERO, &number).await;
        world.grant(&administrator, &office.first.unit, Role::Administrator).await;
        propose(&administrator, &mothers, &number).await.expect_problem(409, "conflict");
        propose(&administrator, &number, &mothers).await.expect_problem(409, "conflict");
        // One who proposes it for a friend waits for another, who has the number from the register.
        let proposal = propose(&administrator, &mothers, &colleagues).await.expect(201).text("/id");
        confirm(&administrator, &proposal, &mothers, &colleagues).await.expect(403);
        confirm(&office.second, &proposal, &mothers, &number).await.expect_invalid("/national_id");
        let deceived = confirm(&office.second, &proposal, &number, &colleagues).await;
        deceived.expect_invalid("/national_id");
        confirm(&colleague, &proposal, &mothers, &colleagues).await.expect(404);
        assert!(cases(&colleague).await.is_empty());
        office.second.post(format!("{PROPOSALS}/{proposal}/decline")).send().await.expect(204);
        // Nobody confirms a number of their own, even if another administrator proposed it.
        let proposal = propose(&office.first, &mothers, &number).await.expect(201).text("/id");
        confirm(&administrator, &proposal, &mothers, &number).await.expect_problem(409, "conflict");
        assert!(cases(&administrator).await.is_empty());
        let user = world.user(KRAGERO, &mothers).await;
        assert_eq!((user.id, cases(&user).await), (mother, vec![case]));
    }

    async fn two_guardianships_of_one_mother_are_one_guardian(world: World) {
        let (office, teacher) = (Office::of(&world).await, world.worker("kragero/skole").await);
        let school = world.worker("kragero/helsestasjon").await;
        let (d_number, number) = (world.adult_number(), world.adult_number());
        let (child, case, mother) = case_of(&world, &teacher, &d_number).await;
        assert_ne!(register(&world, &teacher, &child, &number).await, mother);
        let user = world.user(KRAGERO, &number).await;
        world.consent(&user, case.parse().expect("an id"), &[&school.unit]).await;
        let team = format!("/v1/cases/{case}/team");
        teacher.post(&team).json(seat(&school)).send().await.expect_problem(409, "conflict");
        office.add(&d_number, &number).await;
        teacher.post(&team).json(seat(&school)).send().await.expect(201);
        let listed = teacher.get(format!("/v1/children/{}/guardians", child.id)).send().await.expect(200);
        let mother = listed.text("/items/0/guardian_id");
        assert_eq!(listed.each("guardian_id"), [mother.as_str(), mother.as_str()]);
        let withheld = json!({"guardian_id": mother, "legal_basis": "children_act", "review_on": "2027-02-01", "reason": "A danger."});
        teacher.post(format!("/v1/cases/{case}/withholdings")).json(withheld).send().await.expect(201);
        user.get(format!("/v1/cases/{case}")).send().await.expect(404);
        assert!(cases(&user).await.is_empty());
    }

    async fn a_child_that_is_two_persons_becomes_one_in_every_registration(world: World) {
        let (office, teacher) = (Office::of(&world).await, world.worker("kragero/skole").await);
        let nurse = world.worker("kragero/helsestasjon").await;
        let (d_number, number) = (world.child_number(15), world.child_number(15));
        let first = world.register(&teacher, d_number.clone()).await;
        world.register(&nurse, number.clone()).await;
        let case = world.open_case(&teacher, &first).await;
        office.add(&d_number, &number).await;
        assert_eq!(world.number_of("SELECT COUNT(DISTINCT person_id) FROM child").await, 1);
        let youth = world.user(KRAGERO, &number).await;
        assert_eq!(cases(&youth).await, [case.to_string()]);
    }

    async fn a_municipality_that_adds_a_number_learns_nothing_of_another(world: World) {
        let (office, teacher) = (Office::of(&world).await, world.worker("kragero/skole").await);
        let there = world.worker("porsgrunn/skole").await;
        let (d_number, other, number, new) =
            (world.adult_number(), world.adult_number(), world.adult_number(), world.adult_number());
        case_of(&world, &teacher, &d_number).await;
        case_of(&world, &teacher, &other).await;
        let (_, their_case, their_mother) = case_of(&world, &there, &number).await;
        let mut answers = Vec::new();
        for (known, number) in [(&d_number, &number), (&other, &new)] {
            let proposed = propose(&office.first, known, number).await.expect(201);
            let confirmed = confirm(&office.second, &proposed.text("/id"), known, number).await.expect(201);
            for answer in [proposed, confirmed] {
                let mut body = answer.body;
                for member in ["id", "proposed_at", "decided_at"] {
                    body[member] = json!(null);
                }
                answers.push(body.to_string());
            }
        }
        assert_eq!(answers[..2], answers[2..]);
        let log = log_of(&world, KRAGERO).await;
        assert!(!log.contains(&their_mother.to_string()) && !log.contains(&their_case));
        assert!(!log_of(&world, PORSGRUNN).await.contains("number"));
        let user = world.user(KRAGERO, &d_number).await;
        assert_eq!(cases(&user).await.len(), 2, "she is one human");
    }

    async fn nobody_gets_a_second_account_by_another_number(world: World) {
        let office = Office::of(&world).await;
        let (d_number, number) = (world.adult_number(), world.adult_number());
        world.user(KRAGERO, &d_number).await;
        office.add(&d_number, &number).await;
        let body = json!({"national_id": number.as_str(), "name": "Alma Granli", "username": "alma.granli"});
        let path = format!("/v1/municipalities/{KRAGERO}/accounts");
        office.first.post(path).json(body).send().await.expect_problem(409, "conflict");
    }

    async fn a_number_that_is_confirmed_while_someone_is_registered_by_it_loses_nothing(world: World) {
        let (office, teacher) = (Office::of(&world).await, world.worker("kragero/skole").await);
        for _ in 0..4 {
            let (d_number, number) = (world.adult_number(), world.adult_number());
            case_of(&world, &teacher, &d_number).await;
            let child = world.child(&teacher, 7).await;
            let proposal = propose(&office.first, &d_number, &number).await.expect(201).text("/id");
            let path = format!("/v1/children/{}/guardians", child.id);
            let registration = teacher.post(path).json(as_guardian(&world, &number)).send();
            let (registered, confirmed) = tokio::join!(registration, confirm(&office.second, &proposal, &d_number, &number));
            registered.expect(201);
            confirmed.expect(201);
            let case = world.open_case(&teacher, &child).await.to_string();
            let user = world.user(KRAGERO, &d_number).await;
            assert!(cases(&user).await.contains(&case), "the mother has both");
        }
    }

    async fn a_number_that_is_confirmed_while_a_baton_falls_leaves_no_baton_with_a_parent(world: World) {
        let office = Office::of(&world).await;
        let (_, known) = employed(&world, "kragero/skole", Role::UnitLeader).await;
        let other = world.staff("kragero/skole", Role::UnitLeader).await;
        for _ in 0..4 {
            let teacher = world.worker("kragero/skole").await;
            let number = world.adult_number();
            let child = world.child(&teacher, 7).await;
            let body = json!({
                "national_id": number.as_str(), "name": "Iben Granli", "parental_responsibility": true, "lives_with_child": true,
            });
            teacher.post(format!("/v1/children/{}/guardians", child.id)).json(body).send().await.expect(201);
            let case = world.open_case(&teacher, &child).await;
            let proposal = propose(&office.first, &known, &number).await.expect(201).text("/id");
            let disable = format!("/v1/municipalities/{KRAGERO}/accounts/{}/disable", teacher.id);
            let disabled = office.first.post(disable).send();
            let (disabled, confirmed) = tokio::join!(disabled, confirm(&office.second, &proposal, &known, &number));
            disabled.expect(204);
            confirmed.expect(201);
            sweep(&world.db, &world.clock).await.expect("swept");
            assert_eq!(holder_of(&world, case).await, other.id);
        }
    }
}

/// The person who holds the baton of a case.
async fn holder_of(world: &World, case: CaseId) -> PersonId {
    let mut tx = world.db.read().await.expect("a transaction");
    let sql = "SELECT person_id FROM contact_person WHERE case_id = $1";
    fetch_one!(&mut tx, (PersonId,), sql, case).expect("a contact person").0
}
