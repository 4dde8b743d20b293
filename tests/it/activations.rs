//! Activating accounts: two administrators make a code, and only the person chooses the password.

use chrono::TimeDelta;
use serde_json::{Value, json};
use stafett::kernel::NationalId;

use crate::{
    sessions::Tokens,
    support::{Answer, PASSWORD, Role, Staff, User, World, both_engines},
};

const OWN: &str = "sju svarte katter på taket";
const ANOTHER: &str = "åtte grønne sykler i regnet";

/// Two administrators of Kragerø, and a person who has no account there yet.
struct Town {
    world: World,
    first: Staff,
    second: Staff,
    number: NationalId,
}

/// A code that was approved.
#[derive(Clone)]
struct Code {
    person: String,
    username: String,
    first: String,
    second: String,
}

impl Town {
    async fn of(world: World) -> Self {
        let first = world.staff("kragero/oppvekst", Role::Administrator).await;
        let second = world.staff("kragero/oppvekst", Role::Administrator).await;
        let number = world.adult_number();
        Self { world, first, second, number }
    }

    async fn create(&self, username: &str) -> Answer {
        let body =
            json!({"national_id": self.number.as_str(), "name": "Alma Fjellheim", "username": username});
        self.first.post("/v1/municipalities/4014/accounts").json(body).send().await
    }

    /// The first administrator asks for a new code.
    async fn ask(&self, person: &str, username: &str) -> Answer {
        let path = format!("/v1/municipalities/4014/accounts/{person}/activations");
        self.first.post(path).json(json!({"username": username})).send().await
    }

    async fn approve(&self, by: &User, code: &str, number: &NationalId) -> Answer {
        let path = format!("/v1/municipalities/4014/activations/{code}/approve");
        by.post(path).json(json!({"national_id": number.as_str()})).send().await
    }

    /// An account that is created and approved, and not active yet.
    async fn new_account(&self, username: &str) -> Code {
        let created = self.create(username).await.expect(201);
        let approved =
            self.approve(&self.second, &created.text("/activation/id"), &self.number).await.expect(201);
        Code {
            person: created.text("/person_id"),
            username: created.text("/username"),
            first: created.text("/activation/first_half"),
            second: approved.text("/second_half"),
        }
    }

    async fn activate(&self, code: &Code, password: &str) -> Answer {
        let body = json!({
            "username": code.username, "first_half": code.first, "second_half": code.second, "new_password": password,
        });
        self.world.anonymous().post("/v1/activations").json(body).send().await
    }

    async fn is_refused(&self, code: &Code) {
        self.activate(code, OWN).await.expect_problem(401, "activation-failed");
    }

    async fn logs_in(&self, username: &str, password: &str) -> Answer {
        self.world.anonymous().log_in(username, password).await
    }

    /// The caller's account as a session sees it.
    async fn me(&self, tokens: &Answer) -> Value {
        let token = tokens.text("/access_token");
        self.world.anonymous().get("/v1/me").bearer(&token).send().await.expect(200).body
    }
}

/// Chooses a password with the code that the program printed.
pub async fn choose_password(world: &World, printed: &str, password: &str) -> Answer {
    let line = |name: &str| {
        let mut lines = printed.lines().filter_map(|line| line.strip_prefix(name));
        lines.next_back().unwrap_or_else(|| panic!("no {name} in {printed}")).to_owned()
    };
    let body = json!({
        "username": line("username: "), "first_half": line("first half: "), "second_half": line("second half: "),
        "new_password": password,
    });
    world.anonymous().post("/v1/activations").json(body).send().await
}

both_engines! {
    async fn a_code_of_two_administrators_lets_the_person_choose_the_password(world: World) {
        let town = Town::of(world).await;
        let created = town.create("alma.fjellheim").await.expect(201);
        let (half, letter) = (created.text("/activation/first_half"), created.text("/activation/letter"));
        assert!(letter.contains(&half) && letter.contains("Brukernavn: alma.fjellheim@4014"), "{letter}");
        let code = created.text("/activation/id");
        let approved = town.approve(&town.second, &code, &town.number).await.expect(201);
        let other = approved.text("/second_half");
        assert!(approved.text("/letter").contains(&other) && !approved.text.contains(&half), "{approved:?}");
        town.logs_in("alma.fjellheim@4014", "").await.expect_problem(401, "login-failed");

        let typed = half.to_lowercase().replace('-', " ");
        let code = Code { person: created.text("/person_id"), username: " Alma.Fjellheim@4014 ".into(), first: typed, second: other };
        let tokens = town.activate(&code, OWN).await.expect(200);
        let me = town.me(&tokens).await;
        assert_eq!((&me["person_id"], &me["roles"]), (&created.body["person_id"], &json!([])));
        town.logs_in("alma.fjellheim@4014", OWN).await.expect(200);
        town.is_refused(&code).await;
        town.logs_in("alma.fjellheim@4014", OWN).await.expect(200);
    }

    async fn neither_administrator_can_use_a_code_alone(world: World) {
        let town = Town::of(world).await;
        let created = town.create("alma.fjellheim").await.expect(201);
        let (id, first) = (created.text("/activation/id"), created.text("/activation/first_half"));
        let person = created.text("/person_id");
        let code = |first: &str, second: &str| Code {
            person: person.clone(), username: "alma.fjellheim@4014".into(), first: first.to_owned(), second: second.to_owned(),
        };
        town.is_refused(&code(&first, &first)).await;
        town.approve(&town.first, &id, &town.number).await.expect_problem(403, "forbidden");
        town.is_refused(&code(&first, "")).await;
        let second = town.approve(&town.second, &id, &town.number).await.expect(201).text("/second_half");
        town.is_refused(&code(&second, &second)).await;
        town.is_refused(&code(&second, &first)).await;
        town.world.advance(TimeDelta::hours(2));
        town.activate(&code(&first, &second), OWN).await.expect(200);
        town.approve(&town.second, &id, &town.number).await.expect_problem(409, "conflict");
    }

    async fn only_another_administrator_of_the_municipality_approves(world: World) {
        let town = Town::of(world).await;
        let world = &town.world;
        let third = world.user("4014", &town.number).await;
        let office = world.unit("kragero/oppvekst").await;
        world.grant(&third, &office, Role::Administrator).await;
        let id = town.ask(&third.id.to_string(), "alma").await.expect(201).text("/id");
        town.approve(&third, &id, &town.number).await.expect_problem(403, "forbidden");
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let auditor = world.staff("kragero/oppvekst", Role::Auditor).await;
        let elsewhere = world.staff("porsgrunn/skole", Role::Administrator).await;
        for user in [&leader, &auditor, &elsewhere] {
            town.approve(user, &id, &town.number).await.expect_problem(404, "not-found");
        }
        let path = format!("/v1/municipalities/4001/activations/{id}/approve");
        let elsewhere = elsewhere.post(path).json(json!({"national_id": town.number.as_str()})).send().await;
        elsewhere.expect_problem(404, "not-found");
        let own = format!("/v1/municipalities/4014/accounts/{}/activations", town.first.id);
        town.first.post(own).json(json!({"username": "own"})).send().await.expect_problem(409, "conflict");
        // The number is that of the person, as the identity document has it.
        town.approve(&town.second, &id, &world.adult_number()).await.expect_invalid("/national_id");
        town.approve(&town.second, &id, &town.number).await.expect(201);
    }

    async fn a_name_that_is_taken_in_one_municipality_is_free_in_another(world: World) {
        let town = Town::of(world).await;
        let (world, taken) = (&town.world, town.new_account("alma").await);
        assert_eq!(taken.username, "alma@4014");
        let elsewhere = world.staff("porsgrunn/skole", Role::Administrator).await;
        let create = async |by: &User, municipality: &str, username: &str| {
            let number = world.adult_number();
            let body = json!({"national_id": number.as_str(), "name": "Alma Fjellheim", "username": username});
            by.post(format!("/v1/municipalities/{municipality}/accounts")).json(body).send().await
        };
        let free = create(&elsewhere, "4001", "alma").await.expect(201);
        assert_eq!(free.text("/username"), "alma@4001");
        assert_eq!(free.text("/activation/username"), "alma@4001");
        let accounts = world.rows("account").await;
        create(&town.first, "4014", "alma").await.expect_invalid("/username");
        create(&town.first, "4014", "alma@4014").await.expect_invalid("/username");
        create(&town.first, "4014", "alma@4001").await.expect_invalid("/username");
        let asked = town.ask(&taken.person, "alma@4001").await;
        asked.expect_invalid("/username");
        assert_eq!(world.rows("account").await, accounts);
        create(&town.first, "4014", "birk@4014").await.expect(201);
    }

    async fn an_account_of_before_keeps_its_name_until_its_next_code(world: World) {
        let town = Town::of(world).await;
        let user = town.world.user("4014", &town.number).await;
        let older = town.world.db.vault().username_index("alma@firma.no").expect("a hash");
        let id = town.world.sql_id(user.id.uuid());
        let rename = format!("UPDATE account SET username_index = '{older}' WHERE person_id = {id}");
        town.world.try_execute(rename).await.expect("renamed");
        town.logs_in("alma@firma.no", PASSWORD).await.expect(200);
        let asked = town.ask(&user.id.to_string(), "alma").await.expect(201);
        let second = town.approve(&town.second, &asked.text("/id"), &town.number).await.expect(201);
        let code = Code {
            person: user.id.to_string(), username: asked.text("/username"), first: asked.text("/first_half"),
            second: second.text("/second_half"),
        };
        town.activate(&code, OWN).await.expect(200);
        town.logs_in("alma@4014", OWN).await.expect(200);
        town.logs_in("alma@firma.no", OWN).await.expect_problem(401, "login-failed");
    }

    async fn a_person_who_has_an_account_gets_no_second_one(world: World) {
        let town = Town::of(world).await;
        let user = town.world.user("4014", &town.number).await;
        let tokens = Tokens::log_in(&town.world, &user).await;
        town.create("another.name").await.expect_problem(409, "conflict");
        tokens.are_good(&town.world).await;
        let disable = format!("/v1/municipalities/4014/accounts/{}/disable", user.id);
        town.first.post(disable).send().await.expect(204);
        town.create("another.name").await.expect_problem(409, "conflict");
        town.ask(&user.id.to_string(), "another.name").await.expect_problem(409, "conflict");
        assert_eq!(town.world.rows("activation").await, 0);
        town.logs_in(&user.username, PASSWORD).await.expect(401);
        let elsewhere = town.world.user_with_new_number("4001").await;
        town.ask(&elsewhere.id.to_string(), "another.name").await.expect(404);
    }

    async fn a_reset_changes_nothing_until_it_is_used_and_is_seen_by_the_person(world: World) {
        let town = Town::of(world).await;
        let user = town.world.user("4014", &town.number).await;
        let first = town.logs_in(&user.username, PASSWORD).await.expect(200);
        let asked = town.ask(&user.id.to_string(), "alma.fjellheim").await.expect(201);
        let me = town.me(&first).await;
        assert_eq!(me["activations"][0]["asked_by_name"], json!(town.first.name));
        assert!(me["activations"][0]["used_at"].is_null() && me["activations"][0]["approved_at"].is_null());
        let second = town.approve(&town.second, &asked.text("/id"), &town.number).await.expect(201);
        town.logs_in(&user.username, PASSWORD).await.expect(200);
        assert_eq!(town.world.rows("known_device").await, 2);

        let code = Code {
            person: user.id.to_string(), username: "alma.fjellheim@4014".into(), first: asked.text("/first_half"),
            second: second.text("/second_half"),
        };
        let tokens = town.activate(&code, OWN).await.expect(200);
        assert_eq!(town.world.rows("known_device").await, 1, "the devices of before are forgotten");
        town.world.anonymous().get("/v1/me").bearer(&first.text("/access_token")).send().await.expect(401);
        let refresh = json!({"refresh_token": first.text("/refresh_token")});
        town.world.anonymous().post("/v1/auth/refresh").json(refresh).send().await.expect(401);
        town.logs_in(&user.username, PASSWORD).await.expect(401);
        town.logs_in("alma.fjellheim@4014", PASSWORD).await.expect(401);
        town.logs_in("alma.fjellheim@4014", OWN).await.expect(200);
        let me = town.me(&tokens).await;
        let seen = &me["activations"][0];
        assert_eq!(seen["asked_by_name"], json!(town.first.name));
        assert_eq!(seen["approved_by_name"], json!(town.second.name));
        assert!(seen["used_at"].is_string(), "{seen}");
    }

    async fn a_code_that_was_used_by_another_stays_visible_after_the_next(world: World) {
        let town = Town::of(world).await;
        let taken = town.new_account("alma.fjellheim").await;
        town.activate(&taken, OWN).await.expect(200);
        town.world.advance(TimeDelta::hours(1));
        let asked = town.ask(&taken.person, "alma").await.expect(201);
        let second = town.approve(&town.second, &asked.text("/id"), &town.number).await.expect(201);
        let code = Code { username: "alma@4014".into(), first: asked.text("/first_half"), second: second.text("/second_half"), ..taken };
        let tokens = town.activate(&code, ANOTHER).await.expect(200);
        let me = town.me(&tokens).await;
        let used = me["activations"].as_array().expect("a list").iter().filter(|one| one["used_at"].is_string());
        assert_eq!(used.count(), 2);
    }

    async fn a_code_ends_by_time_by_a_newer_one_by_another_password_and_with_the_account(world: World) {
        let town = Town::of(world).await;
        let user = town.world.user("4014", &town.number).await;
        let (id, name) = (user.id.to_string(), user.username.as_str());
        let code = async || {
            let asked = town.ask(&id, name).await.expect(201);
            let second = town.approve(&town.second, &asked.text("/id"), &town.number).await.expect(201);
            let (first, second) = (asked.text("/first_half"), second.text("/second_half"));
            Code { person: id.clone(), username: name.to_owned(), first, second }
        };
        let late = code().await;
        town.world.advance(TimeDelta::days(14));
        town.is_refused(&late).await;
        let older = code().await;
        let newer = code().await;
        town.is_refused(&older).await;
        let tokens = town.logs_in(name, PASSWORD).await.expect(200).text("/access_token");
        let change = json!({"current_password": PASSWORD, "new_password": ANOTHER});
        town.world.anonymous().post("/v1/me/password").bearer(&tokens).json(change).send().await.expect(204);
        town.is_refused(&newer).await;
        let last = code().await;
        town.world.advance(TimeDelta::hours(1));
        let disable = format!("/v1/municipalities/4014/accounts/{id}/disable");
        town.first.post(disable).send().await.expect(204);
        town.is_refused(&last).await;
        // One that is not approved in time cannot be approved.
        let slow = town.create("somebody").await;
        slow.expect_problem(409, "conflict");
    }

    async fn a_wrong_username_and_a_wrong_code_get_the_same_answer(world: World) {
        let town = Town::of(world).await;
        let code = town.new_account("alma.fjellheim").await;
        let waiting = town.world.adult_number();
        let body = json!({"national_id": waiting.as_str(), "name": "Birk Granli", "username": "birk.granli"});
        let waiting = town.first.post("/v1/municipalities/4014/accounts").json(body).send().await.expect(201);
        let wrong = Code { second: "00000-00000".into(), ..code.clone() };
        let told = town.activate(&wrong, OWN).await.expect_problem(401, "activation-failed");
        for other in [
            Code { username: "nobody.at.all@4014".into(), ..code.clone() },
            Code { username: "?".into(), ..code.clone() },
            Code { username: "birk.granli@4014".into(), first: waiting.text("/activation/first_half"), ..code.clone() },
            Code { username: "birk.granli@4014".into(), ..code.clone() },
            Code { first: "x".repeat(40), ..code.clone() },
        ] {
            let answer = town.activate(&other, OWN).await;
            assert_eq!((answer.status, &answer.text), (told.status, &told.text));
            let names = |answer: &Answer| answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
            assert_eq!(names(&answer), names(&told));
        }
        town.activate(&code, "Kort1!").await.expect_invalid("/new_password");
        town.activate(&code, OWN).await.expect(200);
    }

    async fn guesses_at_a_code_must_wait_whether_there_is_one_or_not(world: World) {
        let town = Town::of(world).await;
        let code = town.new_account("alma.fjellheim").await;
        for username in ["alma.fjellheim@4014", "nobody.at.all@4014"] {
            let wrong = Code { username: username.into(), second: "00000-00000".into(), ..code.clone() };
            for _ in 0..5 {
                town.is_refused(&wrong).await;
            }
            let answer = town.activate(&wrong, OWN).await.expect_problem(429, "too-many-attempts");
            assert_eq!(answer.header("retry-after"), Some("30"));
        }
        town.activate(&code, OWN).await.expect_problem(429, "too-many-attempts");
        town.world.advance(TimeDelta::seconds(30));
        town.activate(&code, OWN).await.expect(200);
    }

    async fn a_code_used_twice_at_once_counts_once(world: World) {
        let town = Town::of(world).await;
        let code = town.new_account("alma.fjellheim").await;
        let (one, two) = tokio::join!(town.activate(&code, OWN), town.activate(&code, ANOTHER));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401], "{one:?} {two:?}");
    }

    async fn the_database_has_only_hashes_of_a_code_and_the_log_has_each_step(world: World) {
        let town = Town::of(world).await;
        let code = town.new_account("alma.fjellheim").await;
        let plain = |half: &str| half.replace('-', "");
        for half in [&code.first, &code.second] {
            let sql = format!(
                "SELECT COUNT(*) FROM activation WHERE first_half_hash LIKE '%{0}%' OR second_half_hash LIKE '%{0}%'",
                plain(half)
            );
            assert_eq!(town.world.number_of(sql).await, 0);
        }
        town.is_refused(&Code { second: code.first.clone(), ..code.clone() }).await;
        town.activate(&code, OWN).await.expect(200);
        for (action, decision, entries) in [
            ("create_account", "permit", 1), ("approve_activation", "permit", 1), ("activate_account", "permit", 1),
            ("activate_account", "deny", 1),
        ] {
            let logged = format!(
                "SELECT COUNT(*) FROM access_log WHERE action = '{action}' AND decision = '{decision}' AND municipality = '4014'"
            );
            assert_eq!(town.world.number_of(logged).await, entries, "{action}: {decision}");
        }
        let named = format!(
            "SELECT COUNT(*) FROM access_log WHERE action = 'activate_account' AND decision = 'permit'
             AND shown LIKE '%{}%' AND shown LIKE '%{}%'",
            town.first.id, town.second.id
        );
        assert_eq!(town.world.number_of(named).await, 1, "the entry names both administrators");
    }
}
