//! Accounts, roles and sessions of before: passwords stay, those of disabled accounts do not, and roles get an end.

use stafett::db::migrate;

use crate::support::{Engine, PASSWORD, Role, World, both_engines};

/// The database as it was before people chose their own passwords.
async fn as_before_0019(world: &World) {
    let end_of_roles = [
        "DROP INDEX staff_role_ends",
        "ALTER TABLE staff_role DROP COLUMN ends_on",
        "ALTER TABLE session DROP COLUMN second_factor_at",
        "DROP INDEX handover_passed_on",
        "DROP INDEX person_municipality",
    ];
    let own_passwords = [
        "ALTER TABLE account ADD COLUMN password_hash TEXT",
        "UPDATE account SET password_hash = (SELECT hash FROM account_password w WHERE w.person_id = account.person_id)",
        "DROP TABLE account_password",
        "DROP TABLE activation",
        "DROP TABLE role_proposal",
        "DROP TABLE role_extension",
        "DROP TABLE recovery_code",
        "DROP TABLE second_factor",
        "DELETE FROM _sqlx_migrations WHERE version = 19",
    ];
    for sql in end_of_roles.into_iter().chain(own_passwords) {
        world.try_execute(sql).await.expect(sql);
    }
}

both_engines! {
    async fn an_older_database_keeps_its_passwords_and_its_roles_get_an_end(world: World) {
        let cast = world.shared_case().await;
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let (ended, disabled) = (world.worker("kragero/skole").await, world.worker("kragero/nav").await);
        let disable = format!("/v1/municipalities/4014/accounts/{}/disable", disabled.id);
        administrator.post(disable).send().await.expect(204);
        let over = format!("UPDATE staff_role SET ended_at = started_at WHERE unit_id = (SELECT id FROM unit WHERE municipality = '4014' AND key = 'skole') AND person_id = {}", world.sql_id(ended.id.uuid()));
        assert_eq!(world.try_execute(over).await.expect("ended"), 1);
        let (accounts, roles) = (world.rows("account").await, world.rows("staff_role").await);

        as_before_0019(&world).await;
        migrate(&world.db).await.expect("migrated");
        migrate(&world.db).await.expect("there is nothing more to do");

        assert_eq!((world.rows("account").await, world.rows("staff_role").await), (accounts, roles));
        assert_eq!(world.rows("account_password").await, accounts - 1);
        let (half, whole) = match world.engine {
            Engine::Sqlite => ("date('now', '+182 days')", "date('now', '+367 days')"),
            Engine::Postgres => ("CURRENT_DATE + 182", "CURRENT_DATE + 367"),
        };
        let counts = format!("SELECT COUNT(*) FROM staff_role WHERE ended_at IS NULL AND ends_on > {half} AND ends_on < {whole}");
        assert_eq!(world.number_of(&counts).await, roles - 1);
        // The session of before, and a new one.
        cast.teacher.get(cast.path("")).send().await.expect(200);
        let tokens = world.anonymous().log_in(&cast.teacher.username, PASSWORD).await.expect(200).text("/access_token");
        world.anonymous().get(cast.path("")).bearer(&tokens).send().await.expect(200);
        ended.get(cast.path("")).send().await.expect(404);
        // The administrator may have chosen the password of the disabled account, so it needs a code.
        let enable = format!("/v1/municipalities/4014/accounts/{}/enable", disabled.id);
        administrator.post(enable).send().await.expect(204);
        world.anonymous().log_in(&disabled.username, PASSWORD).await.expect_problem(401, "login-failed");
    }
}
