//! The people and operations in the log: people with roles, and the entries that each operation leaves.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor};
use stafett::{
    children::identify,
    db::{Db, Pools},
    execute, fetch_all,
    kernel::{
        Id,
        ids::{Person, PersonId},
        vocabulary::Role,
    },
    vault::KeyName,
};
use uuid::Uuid;

use super::role;
use crate::support::{Call, Engine, Operation, Staff, Stage, User, World};

const PEOPLE: i64 = 5_000;
/// An action that was frequent in the first third of the log, and does not occur later.
pub const OLD_ACTION: &str = "an_action_of_before";
/// Entries are made from ten thousand templates. These numbers are refusals and emergencies.
const TEMPLATES: i64 = 10_000;
const REFUSALS: i64 = 200;
const EMERGENCIES: i64 = 2;

/// The people and units that the searches ask for.
#[derive(Debug)]
pub struct Cast {
    pub people: i64,
    /// The auditor of 4014.
    pub auditor: Staff,
    /// The auditor of 4014 and 4001.
    pub auditor_of_two: User,
    /// An auditor of 4014 who has a child there.
    pub parent: User,
    /// The case of that parent's child.
    pub case: String,
    /// A person with many entries.
    pub busy: PersonId,
    /// A person with many entries in the first tenth of a year, and none later.
    pub old: PersonId,
    /// A unit with many entries, and a unit with few.
    pub units: [Uuid; 2],
}

#[derive(sqlx::FromRow, Clone)]
struct Template {
    action: String,
    object_type: String,
    decision: String,
    policies: String,
    legal_basis: String,
    status: i64,
    kind: String,
    of_case: i64,
    of_child: i64,
}

#[derive(sqlx::FromRow)]
struct Unit {
    id: Uuid,
    municipality: String,
    name: String,
    sector: String,
}

impl Cast {
    /// Creates the people, and performs every operation once to see which entries it leaves.
    pub async fn make(world: &World, db: &Db) -> Self {
        let stage = Stage::set(world).await;
        let auditor = world.staff("kragero/oppvekst", Role::Auditor).await;
        let two = world.staff("kragero/oppvekst", Role::Auditor).await;
        let other = world.unit("porsgrunn/skole").await;
        world.grant(&two, &other, Role::Auditor).await;
        ask_for_everything(&stage).await;
        let teacher = world.worker("kragero/skole").await;
        let family = world.child_with_two_guardians(&teacher).await;
        let case = world.open_case(&teacher, &family.child).await.to_string();
        let parent = family.guardians[0].user.clone();
        world.grant(&parent, &auditor.unit, Role::Auditor).await;
        world.seal().await;
        for table in [
            "bench_person (slot BIGINT PRIMARY KEY, municipality TEXT, log BIGINT, client TEXT, id $ID, roles TEXT)",
            "bench_template (slot BIGINT PRIMARY KEY, action TEXT, object_type TEXT, decision TEXT, policies TEXT, legal_basis TEXT,
                status BIGINT, kind TEXT, of_case BIGINT, of_child BIGINT)",
            "bench_term (sort TEXT, text TEXT, term TEXT, PRIMARY KEY (sort, text, term))",
        ] {
            let id = if world.engine == Engine::Sqlite { "BLOB" } else { "UUID" };
            raw(db, &format!("CREATE TABLE {}", table.replace("$ID", id))).await;
        }
        let (people, units) = make_people(world, db).await;
        make_templates(db).await;
        let busy = people[0];
        Self {
            people: PEOPLE,
            auditor,
            auditor_of_two: two.user.clone(),
            parent,
            case,
            busy,
            old: *people.last().expect("people"),
            units,
        }
    }
}

async fn raw(db: &Db, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    match &db.pools {
        Pools::Sqlite { writer, .. } => writer.execute(sql).await.map(|_| ()),
        Pools::Postgres { writer, .. } => writer.execute(sql).await.map(|_| ()),
    }
    .expect("done");
}

async fn ask_for_everything(stage: &Stage) {
    let mut operations = Operation::all();
    operations.sort_by_key(|operation| operation.id == "log_out");
    for operation in &operations {
        let call: Call = stage.call(operation);
        let call = if operation.example.is_some() { call.json(stage.example(operation)) } else { call };
        call.send().await;
    }
}

/// The people, and a unit with many entries and a unit with few.
async fn make_people(world: &World, db: &Db) -> (Vec<PersonId>, [Uuid; 2]) {
    let mut tx = db.write().await.expect("a transaction");
    let units = fetch_all!(
        &mut tx,
        Unit,
        "SELECT id, municipality, name, sector FROM unit ORDER BY municipality, key"
    );
    let units = units.expect("units");
    let (mut people, mut busy, mut quiet) = (Vec::new(), None, None);
    for slot in 0..PEOPLE {
        // Six of ten are in 4014, where the auditor searches.
        let log = [1, 1, 0, 1, 0, 1, 2, 1, 0, 1][usize::try_from((slot + 1) % 10).expect("a digit")];
        let municipality = ["4001", "4014", "5057"][log];
        let own: Vec<&Unit> = units.iter().filter(|unit| unit.municipality == municipality).collect();
        let unit = own[usize::try_from(slot * slot).expect("a number") % own.len()];
        let born = world.today() - chrono::TimeDelta::days(9_000 + slot);
        let id: Id<Person> =
            identify(&mut tx, municipality, None, &format!("Alma Granli {slot}"), Some(born), world.now())
                .await
                .expect("a person");
        let name = match slot % 50 {
            0 => "unit_leader",
            // This person is alone, far from the busy unit.
            _ if slot == PEOPLE - 8 => "analyst",
            _ => "worker",
        };
        let mut roles = vec![role(unit.id, &unit.name, &unit.sector, name)];
        if slot % 10 == 3 {
            let second = own[usize::try_from(slot).expect("a number") % own.len()];
            roles.push(role(second.id, &second.name, &second.sector, "worker"));
        }
        if municipality == "4014" {
            busy = busy.or(Some(unit.id));
            quiet = Some(unit.id);
        }
        let text = Value::from(roles.clone()).to_string();
        let client = tx
            .vault()
            .seal(&KeyName::log(municipality), "10.20.30.40 Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0");
        let client = client.expect("sealed");
        let sql = "INSERT INTO bench_person VALUES ($1, $2, $3, $4, $5, $6)";
        execute!(&mut tx, sql, slot, municipality, log as i64, client, id, &text).expect("a person");
        let terms = roles.iter().flat_map(|role| {
            [
                format!("unit:{}", role["unit_id"].as_str().unwrap_or_default()),
                format!("role:{}", role["role"].as_str().unwrap_or_default()),
            ]
        });
        for term in terms {
            let sql = "INSERT INTO bench_term VALUES ('roles', $1, $2) ON CONFLICT DO NOTHING";
            execute!(&mut tx, sql, &text, term).expect("a word");
        }
        people.push(id);
    }
    tx.commit().await.expect("committed");
    (people, [busy.expect("a unit"), quiet.expect("a unit")])
}

/// The entries that each operation leaves, as often as in a realistic year: mostly reads.
async fn make_templates(db: &Db) {
    const LEFT: &str = "SELECT DISTINCT action, object_type, decision, policies, legal_basis, status, kind,
            CAST(CASE WHEN case_id IS NULL THEN 0 ELSE 1 END AS BIGINT) AS of_case, CAST(CASE WHEN child_id IS NULL THEN 0 ELSE 1 END AS BIGINT) AS of_child
        FROM access_log WHERE municipality = '4014' ORDER BY action, object_type, decision, policies, status";
    let mut tx = db.write().await.expect("a transaction");
    let left = fetch_all!(&mut tx, Template, LEFT).expect("the log");
    let emergency = |template: &&Template| template.policies.contains("emergency.");
    let allowed: Vec<&Template> = left.iter().filter(|t| t.decision == "permit" && !emergency(t)).collect();
    let refused: Vec<&Template> = left.iter().filter(|t| t.decision == "deny").collect();
    let emergencies: Vec<&Template> = left.iter().filter(emergency).collect();
    let mut weighed = Vec::new();
    for template in &allowed {
        let weight = match template.action.as_str() {
            "read_case" => 60,
            action if action.starts_with("list_") => 12,
            action if action.starts_with("read_") => 6,
            _ => 1,
        };
        weighed.extend(std::iter::repeat_n(*template, weight));
    }
    for slot in 0..TEMPLATES {
        let at = usize::try_from(slot).expect("a number");
        let template = match slot {
            0..EMERGENCIES => emergencies[at % emergencies.len()],
            EMERGENCIES..REFUSALS => refused[at % refused.len()],
            _ => weighed[at % weighed.len()],
        };
        insert(&mut tx, slot, template).await;
    }
    let old = Template { action: OLD_ACTION.to_owned(), ..allowed[0].clone() };
    insert(&mut tx, TEMPLATES, &old).await;
    let actions: BTreeSet<_> = left.iter().map(|template| &template.action).collect();
    eprintln!("{} actions, {} templates", actions.len(), left.len());
    tx.commit().await.expect("committed");
}

async fn insert(tx: &mut stafett::db::Tx, slot: i64, template: &Template) {
    let Template { action, object_type, decision, policies, legal_basis, status, kind, of_case, of_child } =
        template;
    let sql = "INSERT INTO bench_template VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    execute!(
        tx,
        sql,
        slot,
        action,
        object_type,
        decision,
        policies,
        legal_basis,
        status,
        kind,
        of_case,
        of_child
    )
    .expect("a template");
    let (rules, law): (Vec<String>, Vec<String>) =
        (serde_json::from_str(policies).expect("rules"), serde_json::from_str(legal_basis).expect("law"));
    let emergency = rules.iter().any(|rule| rule.starts_with("emergency."));
    let terms =
        rules.iter().map(|rule| format!("rule:{rule}")).chain(law.iter().map(|law| format!("law:{law}")));
    let text = format!("{policies}{legal_basis}");
    for term in terms.chain(emergency.then(|| json!("emergency").as_str().unwrap_or_default().to_owned())) {
        let sql = "INSERT INTO bench_term VALUES ('rules', $1, $2) ON CONFLICT DO NOTHING";
        execute!(tx, sql, &text, term).expect("a word");
    }
}
