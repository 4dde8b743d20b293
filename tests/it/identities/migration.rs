//! Persons of before identities are joined by their numbers.

use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey, pkcs8::spki::der::pem::LineEnding};
use stafett::db::migrate;

use super::{KRAGERO, as_guardian, case_of};
use crate::support::{PASSWORD, Role, World, both_engines, write_secret};

/// The database as it was before identities. A table that needs them is empty then.
async fn as_before_0021(world: &World) {
    for sql in [
        "DROP INDEX person_identity",
        "ALTER TABLE person DROP COLUMN identity_id",
        "ALTER TABLE person DROP COLUMN canonical_id",
        "DROP TABLE identity_number",
        "DROP TABLE number_proposal",
        "DROP TABLE correction",
        "DELETE FROM data_migration WHERE name = 'persons are joined by number'",
        "DELETE FROM _sqlx_migrations WHERE version = 21",
    ] {
        world.try_execute(sql).await.expect(sql);
    }
}

async fn identities(world: &World) -> i64 {
    world.number_of("SELECT COUNT(DISTINCT identity_id) FROM person").await
}

both_engines! {
    async fn an_older_database_joins_the_persons_with_the_same_number(world: World) {
        let (here, there) = (world.worker("kragero/skole").await, world.worker("porsgrunn/skole").await);
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let number = world.adult_number();
        let (_, case, _) = case_of(&world, &here, &number).await;
        let (child, other_case, _) = case_of(&world, &there, &number).await;
        let user = world.user(KRAGERO, &number).await;
        let (people, before) = (world.rows("person").await, identities(&world).await);
        assert_eq!(before, people - 1);

        as_before_0021(&world).await;
        migrate(&world.db).await.expect("migrated");
        migrate(&world.db).await.expect("there is nothing more to do");
        assert_eq!((world.rows("person").await, identities(&world).await), (people, before));
        world.anonymous().log_in(&user.username, PASSWORD).await.expect(200);
        let cases = user.get("/v1/cases").send().await.expect(200);
        assert_eq!(cases.each("id"), [case.as_str(), other_case.as_str()]);
        here.get(format!("/v1/cases/{case}")).send().await.expect(200);
        leader.get(format!("/v1/cases/{case}")).send().await.expect(200);
        here.get(format!("/v1/cases/{other_case}")).send().await.expect(404);
        let path = format!("/v1/children/{}/guardians", child.id);
        there.post(path).json(as_guardian(&world, &number)).send().await.expect_problem(409, "conflict");
    }

    async fn no_server_starts_before_persons_are_joined(world: World) {
        let token_key = world.keys_folder().with_file_name("token_key.pem");
        let pem = SigningKey::from_bytes(&[3; 32]).to_pkcs8_pem(LineEnding::LF).expect("a key").to_string();
        write_secret(&token_key, pem);
        let undone = "DELETE FROM data_migration WHERE name = 'persons are joined by number'";
        world.try_execute(undone).await.expect("undone");
        let mut serve = world.command_line();
        serve.env("STAFETT_TOKEN_KEY_FILE", &token_key).args(["serve", "--listen", "127.0.0.1:0"]);
        let done = serve.output().expect("the program runs");
        assert!(!done.status.success());
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(said.contains("migrate"), "{said}");
        assert!(world.command_line().arg("migrate").status().expect("it runs").success());
        let done = world.number_of("SELECT COUNT(*) FROM data_migration WHERE name = 'persons are joined by number'");
        assert_eq!(done.await, 1);
    }
}
