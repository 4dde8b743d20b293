//! `stafett generate` makes data that follow the rules of the service, and the same data for the same seed.

use std::fmt::Debug;

use sqlx::{FromRow, postgres::PgRow, sqlite::SqliteRow};
use stafett::{
    access::Policies,
    fetch_all,
    generate::{GenerateError, Plan, Summary, generate},
    identity::Password,
    kernel::ids::{CaseId, PersonId},
    log_tree::{Checkpoints, Sealer},
    vault::Content,
};
use uuid::Uuid;

use crate::support::{PASSWORD, User, World, both_engines, log_key};

const CASES: usize = 60;
/// The cases of `kontaktperson`: half of the cases of the first school, up to 31.
const KNOWN: usize = 18;

async fn generated(world: &World, seed: u64) -> Result<Summary, GenerateError> {
    let plan =
        Plan { cases: CASES, seed, looks: 5, password: Password::parse(PASSWORD).expect("a password") };
    let sealer = Sealer::new(world.db.clone(), world.clock.clone(), log_key(), Checkpoints::default());
    generate(&world.db, &world.clock, &sealer, &plan, |_| {}).await
}

async fn rows<R>(world: &World, sql: &'static str) -> Vec<R>
where
    R: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
{
    let mut tx = world.db.read().await.expect("a transaction");
    fetch_all!(&mut tx, R, sql).expect("rows")
}

fn lines<R: Debug>(rows: Vec<R>) -> impl Iterator<Item = String> {
    rows.into_iter().map(|row| format!("{row:?}"))
}

/// Ids, days and opened texts, as lines.
async fn written(world: &World) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let opened = |rows: Vec<(Uuid, Content)>| {
        rows.into_iter().map(|(id, text)| format!("{id} {}", &*text)).collect::<Vec<_>>()
    };
    for sql in [
        "SELECT id, name FROM person ORDER BY id",
        "SELECT id, reason FROM care_case ORDER BY id",
        "SELECT id, body FROM note ORDER BY id",
        "SELECT id, title FROM measure ORDER BY id",
        "SELECT id, assessment FROM evaluation ORDER BY id",
        "SELECT id, agenda FROM meeting ORDER BY id",
        "SELECT id, facts FROM concern ORDER BY id",
        "SELECT guardianship_id, address FROM guardian_contact ORDER BY guardianship_id",
    ] {
        all.extend(opened(rows(world, sql).await));
    }
    let numbers = "SELECT id, national_id_index FROM person ORDER BY id";
    assert!(!rows::<(Uuid, String)>(world, numbers).await.is_empty());
    let days = "SELECT id, starts_on, evaluate_on FROM measure ORDER BY id";
    all.extend(lines(rows::<(Uuid, chrono::NaiveDate, Option<chrono::NaiveDate>)>(world, days).await));
    let looks =
        "SELECT id, at, action, person_id, case_id FROM access_log WHERE case_id IS NOT NULL ORDER BY id";
    type Look = (Uuid, chrono::DateTime<chrono::Utc>, String, Option<Uuid>, Option<Uuid>);
    all.extend(lines(rows::<Look>(world, looks).await));
    all
}

/// The number of rows that break each rule.
async fn breaches(world: &World) -> Vec<(&'static str, i64)> {
    let mut found = Vec::new();
    for (rule, sql) in [
        (
            "the contact person is on the team",
            "SELECT COUNT(*) FROM contact_person c WHERE NOT EXISTS (SELECT 1 FROM team_member t
             WHERE t.case_id = c.case_id AND t.person_id = c.person_id AND t.unit_id = c.unit_id AND t.left_at IS NULL)",
        ),
        (
            "every holder of parental responsibility consents to each unit that helps, or child welfare or the young person does",
            "SELECT COUNT(*) FROM team_member t JOIN care_case c ON c.id = t.case_id
             JOIN guardianship g ON g.municipality = c.municipality AND g.child_id = c.child_id AND g.parental_responsibility
             WHERE t.unit_id <> c.unit_id AND c.agreed_with = 'guardians'
               AND NOT EXISTS (SELECT 1 FROM care_order o WHERE o.municipality = c.municipality AND o.child_id = c.child_id)
               AND NOT EXISTS (SELECT 1 FROM consent s JOIN consent_unit u ON u.municipality = s.municipality AND u.consent_id = s.id
                               WHERE s.case_id = c.id AND s.given_by = g.guardian_id AND u.unit_id = t.unit_id)",
        ),
        (
            "no measure is in force in a closed case",
            "SELECT COUNT(*) FROM measure m JOIN care_case c ON c.municipality = m.municipality AND c.id = m.case_id
             WHERE c.status = 'closed' AND m.status = 'in_force'",
        ),
        (
            "a measure goes on as its last evaluation says",
            "SELECT COUNT(*) FROM measure m JOIN evaluation e ON e.municipality = m.municipality AND e.measure_id = m.id
             WHERE e.id = (SELECT MAX(l.id) FROM evaluation l WHERE l.municipality = m.municipality AND l.measure_id = m.id)
               AND COALESCE(m.evaluate_on, m.starts_on) <> COALESCE(e.next_evaluation_on, m.starts_on)",
        ),
        (
            "nothing says where a child is whose address is strictly confidential",
            "SELECT COUNT(*) FROM address_protection a JOIN child_contact c ON c.child_id = a.child_id
             WHERE a.protection = 'strictly_confidential'",
        ),
        (
            "a concern that opened a case is about its child",
            "SELECT COUNT(*) FROM concern n JOIN care_case c ON c.municipality = n.municipality AND c.id = n.case_id
             WHERE n.child_id <> c.child_id",
        ),
    ] {
        let sql = if rule.starts_with("a measure goes on") && world.engine == crate::support::Engine::Postgres {
            // PostgreSQL has no greatest UUID.
            sql.replace("MAX(l.id)", "CAST(MAX(CAST(l.id AS TEXT)) AS UUID)")
        } else {
            sql.to_owned()
        };
        found.push((rule, world.number_of(sql).await));
    }
    found
}

/// The contact person reads her cases, and generated entries name the same rules as her own reads.
async fn reads_her_cases(world: &World, contact: &User) {
    let cases = contact.get("/v1/cases?limit=200").send().await.expect(200);
    assert_eq!(cases.items().len(), KNOWN);
    for case in cases.items() {
        let path = format!("/v1/cases/{}", case["id"].as_str().expect("an id"));
        let read = contact.get(&path).send().await.expect(200);
        assert_eq!(read.body["contact_person_id"], contact.id.to_string());
        for below in ["measures", "goals", "notes", "meetings", "team", "consents", "history", "handovers"] {
            contact.get(format!("{path}/{below}")).send().await.expect(200);
        }
    }
    contact.get("/v1/follow-ups").send().await.expect(200);
    let by = "SELECT DISTINCT policies FROM access_log WHERE action = 'read_case' AND decision = 'permit' AND roles <> '[]'
        AND person_id IN (SELECT p.person_id FROM contact_person p JOIN staff_role r ON r.person_id = p.person_id
                          WHERE r.role = 'worker' AND p.case_id = access_log.case_id)";
    let rules = rows::<(String,)>(world, by).await;
    assert_eq!(rules.len(), 1, "generated looks and her own are allowed by the same rules: {rules:?}");
}

/// Helpers of other units read the case while consents to their unit are in force, and not after. Strangers get 404.
async fn others_read_what_they_may(world: &World) {
    let helpers = "SELECT t.person_id, t.case_id,
            (SELECT MAX(s.valid_until) FROM consent s JOIN consent_unit u ON u.municipality = s.municipality AND u.consent_id = s.id
             WHERE s.case_id = t.case_id AND u.unit_id = t.unit_id AND u.withdrawn_at IS NULL)
        FROM team_member t JOIN care_case c ON c.id = t.case_id
        WHERE t.unit_id <> c.unit_id AND t.left_at IS NULL ORDER BY t.id LIMIT 20";
    let helpers = rows::<(PersonId, CaseId, Option<chrono::NaiveDate>)>(world, helpers).await;
    let mut read = 0;
    for (person, case, until) in &helpers {
        let is_consented = until.is_some_and(|until| until >= world.today());
        let answer = world.known(*person).get(format!("/v1/cases/{case}")).send().await;
        let expected = if is_consented { 200 } else { 404 };
        assert_eq!(answer.status, expected, "{person} helps in {case} with consents until {until:?}");
        read += usize::from(is_consented);
    }
    assert!(read > 0 && read < helpers.len(), "{read} of {} who help read the case", helpers.len());
    let stranger = "SELECT r.person_id, c.id FROM care_case c, staff_role r JOIN unit u ON u.id = r.unit_id
        WHERE c.municipality = '4014' AND u.municipality = '5057' AND r.role = 'worker'
          AND NOT EXISTS (SELECT 1 FROM team_member t WHERE t.case_id = c.id AND t.person_id = r.person_id)
        ORDER BY c.id, r.id LIMIT 1";
    for (person, case) in rows::<(PersonId, CaseId)>(world, stranger).await {
        world.known(person).get(format!("/v1/cases/{case}")).send().await.expect_problem(404, "not-found");
    }
}

both_engines! {
    async fn generated_cases_are_as_if_people_had_written_them(world: World) {
        let summary = generated(&world, 7).await.expect("data");
        assert!(summary.rows.contains(&("cases", CASES)), "{summary:?}");
        assert_eq!(world.rows("care_case").await, i64::try_from(CASES).expect("a number"));
        for (rule, broken) in breaches(&world).await {
            assert_eq!(broken, 0, "{rule}");
        }
        assert!(world.number_of("SELECT COUNT(*) FROM care_case WHERE status = 'closed'").await > 0);
        let shared = "SELECT COUNT(*) FROM unit u WHERE (SELECT COUNT(*) FROM unit_serves s WHERE s.unit_id = u.id) > 1";
        assert!(world.number_of(shared).await > 0, "units serve several municipalities");

        world.anonymous().log_in("kontaktperson@4014", PASSWORD).await.expect(200);
        let contact = world.known_as("kontaktperson@4014").await;
        reads_her_cases(&world, &contact).await;
        others_read_what_they_may(&world).await;
        let guardian = world.known_as("foresatt@4014").await;
        let cases = guardian.get("/v1/cases").send().await.expect(200);
        assert!(!cases.items().is_empty(), "a guardian sees the case of the child");
        let leader = world.known_as("leder@4014").await;
        assert_eq!(world.number_of(format!("SELECT COUNT(*) FROM contact_person c JOIN staff_role r ON r.unit_id = c.unit_id
            JOIN person p ON p.id = r.person_id WHERE r.role = 'unit_leader' AND p.id = {}", world.sql_id(leader.id.uuid()))).await, 36);

        let again = generated(&world, 8).await;
        assert!(matches!(again, Err(GenerateError::HasCases)), "{again:?}");
    }

    async fn the_log_of_generated_looks_is_whole(world: World) {
        generated(&world, 7).await.expect("data");
        assert_eq!(world.rows("access_log_pending").await, 0, "all is sealed");
        assert!(world.number_of("SELECT COUNT(*) FROM access_log WHERE decision = 'deny'").await > 0);
        for municipality in ["4014", "4001", "5057"] {
            let key = log_key().public_key(municipality);
            let mut verify = world.command_line();
            verify.args(["access-log", "verify", "--public-key", &key, "--municipality", municipality]);
            let done = verify.output().expect("the program runs");
            let said = String::from_utf8_lossy(&done.stdout).into_owned();
            assert!(done.status.success() && said.ends_with("the log is whole\n"), "{said}");
        }
    }

    async fn a_seed_gives_the_same_data_and_another_gives_others(world: World) {
        generated(&world, 7).await.expect("data");
        let first = written(&world).await;
        assert!(first.len() > 20 * CASES, "{} lines", first.len());
        for (seed, is_same) in [(7, true), (8, false)] {
            let policies = Policies::load().expect("rules");
            let other = world.engine.tell_by(policies, async |other| {
                generated(&other, seed).await.expect("data");
                written(&other).await
            });
            let other = Box::pin(other).await.expect("the engine is there");
            assert_eq!(first == other, is_same, "seed {seed}");
        }
    }
}
