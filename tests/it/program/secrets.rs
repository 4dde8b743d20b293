//! National identity numbers and secrets are never arguments, and nobody but the person knows a password.

use clap::CommandFactory;
use stafett::{cli::Cli, kernel::Clock};

use super::done;
use crate::{
    activations::choose_password,
    support::{PASSWORD, World, both_engines},
};

#[test]
fn a_password_in_an_address_is_refused_and_not_repeated() {
    let refused = Cli::command()
        .try_get_matches_from([
            "stafett",
            "migrate",
            "--database-url",
            "postgres://owner:hemmelig@db/stafett",
        ])
        .expect_err("a password is not an argument")
        .to_string();
    assert!(refused.contains("--database-url") && refused.contains("STAFETT_DATABASE_URL"), "{refused}");
    assert!(!refused.contains("hemmelig"), "{refused}");
    for query in ["postgres://db/stafett?password=hemmelig", "postgres://db/x?user=a&password=hemmelig"] {
        let refused = Cli::command().try_get_matches_from(["stafett", "migrate", "--database-url", query]);
        assert!(!refused.expect_err("a password is not an argument").to_string().contains("hemmelig"));
    }
}

both_engines! {
    async fn an_account_is_created_from_a_line_or_a_file_and_its_owner_chooses_the_password(world: World) {
        let create = |username: &str| {
            let mut command = world.command_line();
            command.args(["user", "create", "--municipality", "4014", "--name", "Solveig Lien", "--username", username]);
            command
        };
        let number = world.adult_number();
        let lines = done(&mut create("solveig"), format!("{}\n", number.as_str()));
        world.anonymous().log_in("solveig@4014", PASSWORD).await.expect(401);
        choose_password(&world, &lines.well(), PASSWORD).await.expect(200);
        world.anonymous().log_in("solveig@4014", PASSWORD).await.expect(200);

        let folder = tempfile::TempDir::new().expect("a folder");
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("a file");
            path
        };
        let number = world.adult_number();
        let mut command = create("solveig.lien");
        command.arg("--national-id-file").arg(file("number", number.as_str()));
        choose_password(&world, &done(&mut command, "").well(), PASSWORD).await.expect(200);
        world.anonymous().log_in("solveig.lien@4014", PASSWORD).await.expect(200);
    }

    async fn the_operator_makes_a_new_code_when_no_administrator_can(world: World) {
        let number = world.adult_number();
        let user = world.user("4014", &number).await;
        let reset = |municipality: &str, number: &str| {
            let args = ["user", "reset", "--municipality", municipality, "--username", "petra"];
            done(world.command_line().args(args), format!("{number}\n"))
        };
        let another = world.adult_number();
        assert_eq!((reset("4001", number.as_str()).status, reset("4014", another.as_str()).status), (1, 1));
        let said = reset("4014", number.as_str()).well();
        user.get("/v1/me").send().await.expect(200);
        let own = "sju svarte katter på taket";
        choose_password(&world, &said, own).await.expect(200);
        world.anonymous().log_in(&user.username, PASSWORD).await.expect(401);
        let tokens = world.anonymous().log_in("petra@4014", own).await.expect(200);
        let me = world.anonymous().get("/v1/me").bearer(&tokens.text("/access_token")).send().await.expect(200);
        let code = &me.body["activations"][0];
        assert!(code["asked_by_name"].is_null() && code["approved_by_name"].is_null() && !code["used_at"].is_null(), "{code}");
        choose_password(&world, &said, own).await.expect_problem(401, "activation-failed");
    }

    async fn the_operator_grants_and_extends_roles(world: World) {
        let user = world.user_with_new_number("4014").await;
        let grant = |role: &str| {
            let args = ["user", "grant", "--municipality", "4014", "--username", &user.username, "--role", role];
            done(world.command_line().args(args), "")
        };
        grant("oppvekst:administrator").well();
        assert_eq!(grant("skole:worker").status, 2);
        let roles = async || user.get("/v1/me").send().await.expect(200).body["roles"].clone();
        let before = roles().await;
        assert_eq!(before[0]["role"], "administrator");
        let soon = Clock::System.today() + chrono::Days::new(3);
        world.try_execute(format!("UPDATE staff_role SET ends_on = '{soon}'")).await.expect("set");
        grant("oppvekst:administrator").well();
        assert_eq!(roles().await.as_array().map(Vec::len), Some(1));
        assert_eq!((world.rows("staff_role").await, world.rows("role_extension").await), (1, 1));
    }

    async fn what_is_wrong_with_a_secret_is_said_without_the_secret(world: World) {
        let create = |username: &str| {
            let mut command = world.command_line();
            command.args(["user", "create", "--municipality", "4014", "--name", "Solveig Lien", "--username", username]);
            command
        };
        for (input, said) in [
            (String::new(), "the national identity number is missing: put it in a line of standard input, or in --national-id-file"),
            ("12345\n".to_owned(), "the national identity number (from standard input) must be 11 digits"),
            ("44851521220".to_owned(), "the national identity number (from standard input) is not a possible"),
        ] {
            let refused = done(&mut create("solveig"), &input);
            assert_eq!(refused.status, 2, "{}", refused.errors);
            assert!(refused.errors.contains(said), "{said}: {}", refused.errors);
            assert!(input.trim().is_empty() || !refused.errors.contains(input.trim()));
        }
        let garbage = done(&mut create("solveig"), b"\xff\n");
        assert_eq!(garbage.status, 2);
        assert!(garbage.errors.contains("the national identity number (from standard input) is not text in UTF-8"), "{}", garbage.errors);
        let mut missing = create("solveig");
        missing.args(["--national-id-file", "none"]);
        assert!(done(&mut missing, "").errors.contains("--national-id-file none: there is no such file or folder"));
    }

    async fn roles_that_the_api_refuses_together_are_refused_on_the_machine_too(world: World) {
        let create = |roles: &[&str]| {
            let mut command = world.command_line();
            command.args(["user", "create", "--municipality", "4014", "--name", "Solveig Lien", "--username", "solveig"]);
            roles.iter().for_each(|role| {
                command.args(["--role", role]);
            });
            command
        };
        let number = world.adult_number();
        let number = format!("{}\n", number.as_str());
        let before = world.all_rows().await;
        for roles in [["oppvekst:auditor", "skole:unit_leader"], ["skole:worker", "ppt:administrator"]] {
            let refused = done(&mut create(&roles), &number);
            assert_eq!((refused.status, refused.out.as_str()), (2, ""), "{}", refused.errors);
            let said = format!("--role {}: cannot be combined with the person's other roles", roles[1]);
            assert!(refused.errors.contains(&said), "{}", refused.errors);
        }
        assert_eq!(world.all_rows().await, before, "nothing is written");
        done(&mut create(&["skole:worker", "skole:unit_leader"]), &number).well();
    }

    async fn what_the_database_does_not_have_is_named(world: World) {
        let number = format!("{}\n", world.adult_number().as_str());
        let create = ["user", "create", "--name", "Solveig Lien", "--username", "solveig", "--municipality"];
        let unknown = done(world.command_line().args(create).arg("4099"), &number);
        assert_eq!(unknown.status, 2);
        assert!(unknown.errors.contains("--municipality 4099: is not in the database"), "{}", unknown.errors);
        let unknown = done(world.command_line().args(create).args(["4014", "--role", "none:worker"]), &number);
        assert_eq!(unknown.status, 2);
        assert!(unknown.errors.contains("--role none: municipality 4014 has no unit with this key"), "{}", unknown.errors);
        assert!(unknown.errors.contains("stafett catalogue units --municipality 4014"), "{}", unknown.errors);
        let unknown = done(world.command_line().args(["access-log", "export", "--municipality", "4099"]), "");
        assert_eq!((unknown.status, unknown.out.as_str()), (2, ""));
        done(world.command_line().args(create).arg("4014"), &number).well();
        for (arguments, said) in [
            (["--as", "petra", "--action", "read_case", "--resource", "case_id=1"], "--as petra: is not a username"),
            (["--as", "solveig@4014", "--action", "reads_case", "--resource", "case_id=1"], "--action reads_case: is not an operation"),
            (["--as", "solveig@4014", "--action", "read_case", "--resource", "note_id=1"], "--resource needs case_id=ID for the action read_case"),
            (["--as", "solveig@4014", "--action", "list_cases", "--at", "2020-01-31"], "--at 2020-01-31: must not be before today"),
        ] {
            let refused = done(world.command_line().arg("explain").args(arguments), "");
            assert_eq!(refused.status, 2, "{}", refused.errors);
            assert!(refused.errors.contains(said), "{said}: {}", refused.errors);
        }
    }
}
