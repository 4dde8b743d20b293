//! Stored content cannot be read without its keys. Erasing a key erases what it encrypted.

mod columns;
mod written;

use std::{collections::BTreeSet, time::Duration};

use serde_json::json;
use sqlx::AssertSqlSafe;
use stafett::{
    db::{self, Pools, SEALED, Tx, migrate},
    execute, fetch_all,
    kernel::vocabulary::Sector,
    organisation::{self, NewUnit},
    vault::{Content, ERASED, KeyClass, KeyId, KeyName, VaultError, key_of},
};

use self::written::write_everywhere;
use crate::support::{Engine, Operation, PASSWORD, Stage, User, World, both_engines};

/// Words that occur nowhere else.
#[derive(Debug, Default)]
struct Planted(Vec<String>);

impl Planted {
    fn word(&mut self) -> String {
        let word = format!("Solsikkevann{}frø", self.0.len());
        self.0.push(word.clone());
        word
    }
}

/// Everything in the database as stored: the bytes of the files, or each row of each table as text.
async fn everything(world: &World) -> Vec<u8> {
    match &world.db.pools {
        Pools::Sqlite { readers, .. } => {
            let file: (String,) = sqlx::query_as("SELECT file FROM pragma_database_list WHERE name = 'main'")
                .fetch_one(readers)
                .await
                .expect("the file");
            let mut bytes = std::fs::read(&file.0).expect("the database");
            bytes.extend(std::fs::read(format!("{}-wal", file.0)).unwrap_or_default());
            bytes
        }
        Pools::Postgres { .. } => {
            let mut text = String::new();
            for table in world.tables().await {
                let sql = AssertSqlSafe(format!("SELECT t::text FROM {table} t"));
                let mut tx = world.db.read().await.expect("a transaction");
                for (row,) in fetch_all!(&mut tx, (String,), sql).expect("rows") {
                    text.push_str(&row);
                }
            }
            text.into_bytes()
        }
    }
}

fn holds(bytes: &[u8], word: &str) -> bool {
    memchr::memmem::find(bytes, word.as_bytes()).is_some()
}

/// Each encrypted column, with its texts.
async fn sealed_texts(world: &World) -> Vec<(String, Vec<String>)> {
    let mut all = Vec::new();
    for table in SEALED {
        for column in table.columns {
            let name = table.name;
            let sql = AssertSqlSafe(format!("SELECT {column} FROM {name} WHERE {column} IS NOT NULL"));
            let mut tx = world.db.read().await.expect("a transaction");
            let texts = fetch_all!(&mut tx, (String,), sql).expect("texts");
            all.push((format!("{name}.{column}"), texts.into_iter().map(|(text,)| text).collect()));
        }
    }
    all
}

async fn keys_named(world: &World) -> BTreeSet<KeyId> {
    let texts = sealed_texts(world).await.into_iter().flat_map(|(_, texts)| texts);
    texts.map(|text| key_of(&text).expect("whole").expect("sealed")).collect()
}

/// Everything that people read about the case of a stage.
async fn read_all(stage: &Stage) -> Vec<String> {
    let case = stage.path(&Operation::named("read_case"));
    let child = format!("/v1/children/{}", stage.family.child.id);
    let mut paths = vec!["/v1/me".to_owned(), case.clone(), child.clone(), format!("{child}/guardians")];
    for list in [
        "history",
        "handovers",
        "transitions",
        "team",
        "consents",
        "consent-requests",
        "goals",
        "measures",
        "meetings",
        "notes",
    ] {
        paths.push(format!("{case}/{list}"));
    }
    paths.push("/v1/concerns".to_owned());
    let mut bodies = Vec::new();
    for path in paths {
        bodies.push(stage.teacher.get(&path).send().await.expect(200).text);
    }
    bodies
}

both_engines! {
    async fn nothing_written_about_people_can_be_read_from_the_database(stage: Stage) {
        let world = stage.world();
        let mut planted = Planted::default();
        write_everywhere(world, &stage, &mut planted).await;
        let (user, stranger) = (&stage.teacher, world.anonymous());
        stranger.log_in(&user.username, PASSWORD).await.expect(200);
        stranger.log_in(&stage.nurse.username, "a wrong password").await.expect(401);

        for (column, texts) in sealed_texts(world).await {
            assert!(!texts.is_empty(), "nothing was written to {column}");
            for text in texts {
                Content::open(&text).unwrap_or_else(|error| panic!("{column}: {error}"));
            }
        }
        let everything = everything(world).await;
        let child = &stage.family.child;
        let mut words = planted.0;
        words.extend([child.name.clone(), child.national_id.as_str().to_owned(), "Sleutel".to_owned()]);
        words.extend([&stage.teacher.user, &stage.nurse.user].map(|user| user.name.clone()));
        words.extend([&stage.teacher.user, &stage.nurse.user].map(|user| user.username.clone()));
        for guardian in &stage.family.guardians {
            words.extend([guardian.name.clone(), guardian.national_id.as_str().to_owned()]);
            words.push(guardian.username.clone());
        }
        for word in words {
            assert!(!holds(&everything, &word), "{word} can be read");
        }
    }

    async fn the_search_finds_what_is_public(world: World) {
        let mut tx = world.db.write().await.expect("a transaction");
        let unit = NewUnit {
            municipality: "4014", key: "solsikke", name: "Solsikkeskolen på Øya", kind: "school",
            sector: Sector::School, controller: organisation::Controller::MUNICIPALITY, serves: &["4014"],
        };
        organisation::insert_unit(&mut tx, unit).await.expect("made");
        tx.commit().await.expect("committed");
        assert!(holds(&everything(&world).await, "Solsikkeskolen på Øya"));
    }

    async fn a_repeated_request_is_answered_from_what_only_its_key_opens(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let body = json!({"facts": "Solsikkevann"});
        let call = teacher.post(format!("/v1/units/{}/concerns", teacher.unit.id)).json(body).idempotency_key("monday");
        let first = call.clone().send().await.expect(201);
        assert_eq!(call.clone().send().await.expect(201).text, first.text);
        let sql = "SELECT body FROM idempotency";
        let mut tx = world.db.read().await.expect("a transaction");
        let (kept,) = fetch_all!(&mut tx, (String,), sql).expect("rows").remove(0);
        assert!(world.db.vault().open_with("monday", &kept).is_err() && Content::open(&kept).is_err());
        // A stored response must not outlive the key of its content.
        world.db.erase_keys(&KeyName::sector("4014", Sector::School)).await.expect("erased");
        let concern = format!("/v1/concerns/{}", first.text("/id"));
        teacher.get(concern).send().await.expect_problem(410, "erased");
    }

    async fn after_new_keys_everything_reads_and_the_old_ones_are_pruned(stage: Stage) {
        let world = stage.world();
        write_everywhere(world, &stage, &mut Planted::default()).await;
        let (before, old) = (read_all(&stage).await, keys_named(world).await);
        let vault = world.db.vault().clone();
        vault.renew().expect("new keys");
        assert_eq!(read_all(&stage).await, before);
        assert_eq!(db::prune(&world.db, Duration::from_secs(600)).await.expect("pruned"), 0, "too early");

        let resealed = db::reseal(&world.db).await.expect("resealed");
        let texts: usize = sealed_texts(world).await.iter().map(|(_, texts)| texts.len()).sum();
        assert_eq!((resealed.texts, resealed.erased), (u64::try_from(texts).expect("a number"), 0));
        assert!(keys_named(world).await.is_disjoint(&old), "every text is sealed with a new key");
        assert_eq!(db::reseal(&world.db).await.expect("resealed").texts, 0);

        // The keys of the access log are kept, because its tree covers what they encrypted. Notes on reviews use one of them.
        assert_eq!(db::prune(&world.db, Duration::ZERO).await.expect("pruned"), old.len() - 1);
        let kept = |name: &KeyName| if name.class == KeyClass::Log { 2 } else { 1 };
        assert!(vault.list().iter().all(|(name, generations)| *generations == kept(name)), "{:?}", vault.list());
        assert_eq!(read_all(&stage).await, before);
        stage.teacher.post(format!("/v1/units/{}/concerns", stage.teacher.unit.id))
            .json(json!({"facts": "Written with the new key."})).send().await.expect(201);
    }

    async fn pruning_keeps_a_key_that_a_server_still_sealed_with(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let vault = world.db.vault();
        let late = vault.seal(&KeyName::people("4014"), "Alma Fjellheim").expect("sealed");
        vault.renew().expect("new keys");
        let mut tx = world.db.write().await.expect("a transaction");
        execute!(&mut tx, "UPDATE person SET name = $1 WHERE id = $2", late, teacher.id).expect("written");
        tx.commit().await.expect("committed");
        assert!(db::prune(&world.db, Duration::ZERO).await.expect("pruned") > 0);
        assert_eq!(teacher.get("/v1/me").send().await.expect(200).text("/name"), "Alma Fjellheim");
    }

    async fn what_health_wrote_is_gone_with_its_key_and_the_rest_of_the_case_is_not(stage: Stage) {
        let world = stage.world();
        let case = stage.path(&Operation::named("read_case"));
        let Stage { teacher, nurse, .. } = &stage;
        let id = case.rsplit('/').next().expect("an id").parse().expect("an id");
        let of_health = world.note(nurse, id, "team", "She sleeps badly.").await;
        let of_school = world.note(teacher, id, "team", "She reads well.").await;
        let backup = sealed_texts(world).await;

        assert_eq!(world.db.erase_keys(&KeyName::sector("4014", Sector::Health)).await.expect("erased"), 1);
        nurse.get(format!("{case}/notes/{of_health}")).send().await.expect_problem(410, "erased");
        let school = teacher.get(format!("{case}/notes/{of_school}")).send().await.expect(200);
        assert_eq!(school.text("/text"), "She reads well.");
        let list = nurse.get(format!("{case}/notes")).send().await.expect(200);
        let texts = list.each("text");
        assert_eq!(texts.iter().filter(|text| **text == ERASED).count(), 1, "{texts:?}");
        assert!(texts.contains(&"She reads well.") && texts.contains(&"A good day."));
        let erased = list.items().iter().find(|item| item["text"] == ERASED).expect("the erased note");
        assert_eq!((&erased["id"], &erased["author_name"]), (&json!(of_health), &json!(nurse.name)));
        read_all(&stage).await;

        // A backup of the database is useless too.
        let notes = backup.iter().find(|(column, _)| column == "note.body").expect("the notes");
        let (open, gone): (Vec<_>, Vec<_>) = notes.1.iter().map(|text| Content::open(text)).partition(Result::is_ok);
        assert_eq!((open.len(), gone.len()), (4, 1));
        assert!(gone.iter().all(|opened| matches!(opened, Err(VaultError::Erased))));
        world.note(nurse, id, "team", "Written with a new key.").await;
    }

    async fn a_case_whose_words_are_erased_can_still_be_read_and_closed(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let family = world.child_with_two_guardians(&teacher).await;
        let case = world.open_case(&teacher, &family.child).await;
        let goal = world.goal(&teacher, case).await;
        world.db.erase_keys(&KeyName::sector("4014", Sector::School)).await.expect("erased");
        let read = teacher.get(format!("/v1/cases/{case}")).send().await.expect(200);
        assert_eq!((read.text("/reason"), read.text("/child_name")), (ERASED.to_owned(), family.child.name.clone()));
        let path = format!("/v1/cases/{case}/goals/{goal}");
        let patched = teacher.patch(&path).json(json!({"status": "reached"})).if_match(1).send().await.expect(200);
        assert_eq!(patched.text("/description"), ERASED);
        let mut tx = world.db.read().await.expect("a transaction");
        let (kept,) = fetch_all!(&mut tx, (String,), "SELECT description FROM goal").expect("rows").remove(0);
        assert!(matches!(Content::open(&kept), Err(VaultError::Erased)), "the word for it is not written in its place");
        drop(tx);
        world.close_case(&teacher, case).await;
    }

    async fn what_was_written_before_is_sealed_by_the_migration(stage: Stage) {
        let world = stage.world();
        write_everywhere(world, &stage, &mut Planted::default()).await;
        let before = read_all(&stage).await;
        as_before_0006(world, &[&stage.teacher, &stage.nurse]).await;
        assert!(holds(&everything(world).await, &stage.family.child.name), "it is stored in plain text now");

        migrate(&world.db).await.expect("migrated");
        migrate(&world.db).await.expect("there is nothing more to do");
        assert_eq!(read_all(&stage).await, before);
        let child = &stage.family.child;
        for word in [&child.name, &stage.teacher.username, child.national_id.as_str()] {
            assert!(!holds(&everything(world).await, word), "{word} can be read");
        }
        world.anonymous().log_in(&stage.nurse.username, PASSWORD).await.expect(200);
        let people = world.rows("person").await;
        world.register(&stage.nurse, child.national_id.clone()).await;
        assert_eq!(world.rows("person").await, people, "the child is known by its number");
    }
}

/// Lets a transaction change texts that the database keeps.
async fn without_guards(engine: Engine, tx: &mut Tx) {
    const GUARDS: &str =
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name NOT LIKE 'access_log%'";
    if engine == Engine::Postgres {
        execute!(tx, "SET LOCAL session_replication_role = replica").expect("a superuser");
        return;
    }
    for (guard,) in fetch_all!(tx, (String,), GUARDS).expect("triggers") {
        execute!(tx, AssertSqlSafe(format!("DROP TRIGGER {guard}"))).expect("dropped");
    }
}

/// Turns the database into one from before migration 0006, with all content in plain text.
async fn as_before_0006(world: &World, users: &[&User]) {
    let mut tx = world.db.write().await.expect("a transaction");
    without_guards(world.engine, &mut tx).await;
    for table in SEALED {
        for column in table.columns {
            let name = table.name;
            let read = AssertSqlSafe(format!("SELECT {column} FROM {name} WHERE {column} IS NOT NULL"));
            for (sealed,) in fetch_all!(&mut tx, (String,), read).expect("texts") {
                let plain = Content::open(&sealed).expect("opened").into_string();
                let write = AssertSqlSafe(format!("UPDATE {name} SET {column} = $1 WHERE {column} = $2"));
                execute!(&mut tx, write, plain, sealed).expect("written");
            }
        }
    }
    let numbers = "UPDATE person SET national_id_index = national_id";
    execute!(&mut tx, numbers).expect("written");
    for user in users {
        let write = "UPDATE account SET username_index = $1 WHERE person_id = $2";
        execute!(&mut tx, write, &user.username, user.id).expect("written");
    }
    tx.commit().await.expect("committed");
    for sql in [
        "DROP INDEX person_identity",
        "ALTER TABLE person DROP COLUMN identity_id",
        "ALTER TABLE person DROP COLUMN canonical_id",
        "DROP TABLE identity_number",
        "DROP TABLE number_proposal",
        "DROP TABLE correction",
        "ALTER TABLE person DROP COLUMN national_id",
        "ALTER TABLE person RENAME COLUMN national_id_index TO national_id",
        "ALTER TABLE account RENAME COLUMN username_index TO username",
        "ALTER TABLE idempotency RENAME COLUMN key_index TO idempotency_key",
        "DROP TABLE data_migration",
        "DELETE FROM _sqlx_migrations WHERE version IN (6, 21)",
    ] {
        world.try_execute(sql).await.expect(sql);
    }
}
