//! Strangers cannot use up what all need: log-ins, the access log, memory.

use std::process::Output;

use chrono::TimeDelta;
use serde_json::{Value, json};
use stafett::{fetch_all, identity::forget_failures, kernel::ids::PersonId};

use crate::support::{Answer, Client, PASSWORD, Role, User, World, both_engines};

const WRONG: &str = "fem grå gjess mot nord i dag";

/// The address of a client that nobody else uses.
fn client(world: &World, number: usize) -> Client {
    world.anonymous().from(&format!("2001:db8:0:{number:x}::1"))
}

/// Fails from as many sites.
async fn fail_from(world: &World, sites: std::ops::Range<usize>, username: &str) {
    for site in sites {
        client(world, site).log_in(username, WRONG, None).await.expect_problem(401, "login-failed");
    }
}

fn is_throttled(answer: Answer) {
    let answer = answer.expect_problem(429, "too-many-attempts");
    let wait: i64 = answer.header("retry-after").expect("a wait").parse().expect("seconds");
    assert!((1..=1800).contains(&wait), "{wait}");
}

/// An entry of the log that counts attempts.
#[derive(Debug, sqlx::FromRow)]
struct Counted {
    municipality: String,
    person_id: Option<PersonId>,
    action: String,
    status: i64,
    shown: String,
}

impl Counted {
    fn number(&self) -> i64 {
        let shown: Vec<String> = serde_json::from_str(&self.shown).expect("a list");
        shown[0].parse().expect("a number")
    }
}

async fn counted(world: &World) -> Vec<Counted> {
    world.count_strangers().await;
    let sql = "SELECT municipality, person_id, action, status, shown FROM access_log
        WHERE object_type = 'Attempts' ORDER BY action, status, municipality";
    let mut tx = world.db.read().await.expect("a transaction");
    fetch_all!(&mut tx, Counted, sql).expect("the entries")
}

fn kinds(counted: &[Counted]) -> Vec<(&str, &str, i64, i64)> {
    counted
        .iter()
        .map(|entry| (entry.municipality.as_str(), entry.action.as_str(), entry.status, entry.number()))
        .collect()
}

fn ran(output: std::io::Result<Output>) -> Output {
    output.expect("the program runs")
}

async fn unlock(administrator: &User, municipality: &str, person: PersonId) -> Answer {
    administrator.post(format!("/v1/municipalities/{municipality}/accounts/{person}/unlock")).send().await
}

both_engines! {
    async fn a_colleague_at_the_same_address_does_not_lock_out_others(world: World) {
        let (user, other) = (world.worker("kragero/skole").await, world.worker("kragero/skole").await);
        let school = world.anonymous().from("192.0.2.1");
        for _ in 0..5 {
            school.log_in(&user.username, WRONG, None).await.expect(401);
        }
        is_throttled(school.log_in(&user.username, PASSWORD, None).await);
        school.log_in(&other.username, PASSWORD, None).await.expect(200);
        world.anonymous().from("192.0.2.2").log_in(&user.username, PASSWORD, None).await.expect(200);
    }

    async fn ipv6_is_counted_by_64_bits(world: World) {
        let user = world.worker("kragero/skole").await;
        for number in 0..5 {
            let client = world.anonymous().from(&format!("2001:db8:1:2:{number}::{number}"));
            client.log_in(&user.username, WRONG, None).await.expect(401);
        }
        is_throttled(world.anonymous().from("2001:db8:1:2:ffff::").log_in(&user.username, PASSWORD, None).await);
        world.anonymous().from("2001:db8:1:3::1").log_in(&user.username, PASSWORD, None).await.expect(200);
    }

    async fn strangers_everywhere_are_slowed_down_and_a_known_device_is_not(world: World) {
        let user = world.worker("kragero/skole").await;
        let home = world.anonymous().from("192.0.2.1");
        let first = home.log_in(&user.username, PASSWORD, None).await.expect(200);
        let device = first.text("/device_token");
        fail_from(&world, 0..20, &user.username).await;
        is_throttled(client(&world, 99).log_in(&user.username, PASSWORD, None).await);
        is_throttled(home.log_in(&user.username, PASSWORD, None).await);
        for wrong in ["", "nonsense", device.to_lowercase().as_str(), "x".repeat(5000).as_str()] {
            is_throttled(home.log_in(&user.username, PASSWORD, Some(wrong)).await);
        }
        let again = home.log_in(&user.username, PASSWORD, Some(&device)).await.expect(200);
        assert_eq!(again.text("/device_token"), device, "the device stays known");
        // Its own log-in does not clear the way for strangers.
        is_throttled(client(&world, 100).log_in(&user.username, PASSWORD, None).await);
    }

    async fn a_known_device_has_a_count_of_its_own(world: World) {
        let (user, other) = (world.worker("kragero/skole").await, world.worker("kragero/skole").await);
        let home = world.anonymous().from("192.0.2.1");
        let device = home.log_in(&user.username, PASSWORD, None).await.expect(200).text("/device_token");
        for _ in 0..5 {
            home.log_in(&user.username, WRONG, Some(&device)).await.expect(401);
        }
        is_throttled(home.log_in(&user.username, PASSWORD, Some(&device)).await);
        // It counts for nobody else, and is known to its own account alone.
        home.log_in(&user.username, PASSWORD, None).await.expect(200);
        fail_from(&world, 0..20, &other.username).await;
        is_throttled(home.log_in(&other.username, PASSWORD, Some(&device)).await);
    }

    async fn a_device_is_forgotten_after_ninety_days_and_with_the_password(world: World) {
        let user = world.worker("kragero/skole").await;
        let home = world.anonymous().from("192.0.2.1");
        let log_in = |device: Option<String>| {
            let (home, username) = (home.clone(), user.username.clone());
            async move { home.log_in(&username, PASSWORD, device.as_deref()).await.expect(200).text("/device_token") }
        };
        let first = log_in(None).await;
        world.advance(TimeDelta::days(89));
        assert_eq!(log_in(Some(first.clone())).await, first);
        world.advance(TimeDelta::days(90));
        assert_ne!(log_in(Some(first)).await, "");
        assert_eq!(world.rows("known_device").await, 2);
        let change = json!({"current_password": PASSWORD, "new_password": "seks hvite svaner ved broen"});
        user.post("/v1/me/password").json(change).send().await.expect(204);
        assert_eq!(world.rows("known_device").await, 0);
    }

    async fn a_password_of_any_length_is_only_wrong(world: World) {
        let user = world.worker("kragero/skole").await;
        let stranger = world.anonymous();
        stranger.log_in(&user.username, &"å".repeat(2000)).await.expect_problem(401, "login-failed");
        stranger.log_in(&user.username, &"å".repeat(5000)).await.expect_problem(413, "too-large");
    }

    async fn the_administrator_unlocks_an_account(world: World) {
        let user = world.worker("kragero/skole").await;
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        fail_from(&world, 0..20, &user.username).await;
        let somewhere = client(&world, 99);
        is_throttled(somewhere.log_in(&user.username, PASSWORD, None).await);
        let other = world.staff("porsgrunn/skole", Role::Administrator).await;
        unlock(&other, "4001", user.id).await.expect(404);
        for nobody in [&other.user, &user.user] {
            let refused = unlock(nobody, "4014", user.id).await.status;
            assert!([403, 404].contains(&refused), "{refused}");
        }
        is_throttled(somewhere.log_in(&user.username, PASSWORD, None).await);
        let sites = "SELECT COUNT(*) FROM login_throttle WHERE username_index IS NULL";
        assert_eq!(world.number_of(sites).await, 20);
        unlock(&administrator, "4014", user.id).await.expect(204);
        assert_eq!(world.number_of(sites).await, 21, "the sites are as they were, and the unlock counts");
        assert_eq!(world.rows("login_throttle").await, 21);
        somewhere.log_in(&user.username, PASSWORD, None).await.expect(200);
        let logged = "SELECT COUNT(*) FROM access_log WHERE action = 'unlock_account' AND decision = 'permit' AND municipality = '4014'";
        assert_eq!(world.number_of(logged).await, 1);
    }

    async fn unlocks_between_guesses_do_not_let_a_colleague_guess_without_end(world: World) {
        let user = world.worker("kragero/skole").await;
        let colleagues = [
            world.staff("kragero/oppvekst", Role::Administrator).await,
            world.staff("kragero/oppvekst", Role::Administrator).await,
        ];
        let guesses = async |first: usize| fail_from(&world, first..first + 20, &user.username).await;
        for round in 0..3 {
            guesses(round * 20).await;
            is_throttled(client(&world, 99).log_in(&user.username, PASSWORD, None).await);
            unlock(&colleagues[round % 2], "4014", user.id).await.expect(204);
        }
        guesses(60).await;
        for minutes in [0, 61, 1300] {
            world.advance(TimeDelta::minutes(minutes));
            forget_failures(&world.db, world.now()).await.expect("forgotten");
            for colleague in &colleagues {
                let refused = unlock(colleague, "4014", user.id).await.expect_problem(429, "too-many-attempts");
                let wait: i64 = refused.header("retry-after").expect("a wait").parse().expect("seconds");
                assert!((1..=86_400).contains(&wait), "{wait}");
            }
        }
        let refused = "SELECT COUNT(*) FROM access_log WHERE action = 'unlock_account' AND status = 429";
        assert_eq!(world.number_of(refused).await, 6, "each is logged");
        // Another account has unlocks of its own, and the next day has new ones.
        let other = world.worker("kragero/skole").await;
        unlock(&colleagues[0], "4014", other.id).await.expect(204);
        world.advance(TimeDelta::hours(2));
        unlock(&colleagues[0], "4014", user.id).await.expect(204);
        client(&world, 99).log_in(&user.username, PASSWORD, None).await.expect(200);
    }

    async fn the_operator_unlocks_an_account(world: World) {
        let user = world.worker("kragero/skole").await;
        fail_from(&world, 0..20, &user.username).await;
        let unlock = |municipality: &str, username: &str| {
            let args = ["user", "unlock", "--municipality", municipality, "--username", username];
            ran(world.command_line().args(args).output()).status.success()
        };
        assert!(!unlock("4001", &user.username) && !unlock("4014", "nobody.at.all"));
        is_throttled(client(&world, 99).log_in(&user.username, PASSWORD, None).await);
        assert!(unlock("4014", &user.username));
        client(&world, 99).log_in(&user.username, PASSWORD, None).await.expect(200);
    }

    async fn what_strangers_try_is_counted_and_not_logged_each(world: World) {
        let user = world.worker("kragero/skole").await;
        let before = world.rows("access_log").await;
        for _ in 0..30 {
            let one = world.anonymous().from("192.0.2.1");
            one.get("/v1/me").send().await.expect(401);
            one.get("/v1/policies").send().await.expect(200);
            one.get("/v1/me").bearer("no.such.token").send().await.expect(401);
        }
        world.anonymous().from("192.0.2.2").get("/v1/me").send().await.expect(401);
        assert_eq!(world.rows("access_log").await, before, "nothing before the minute is over");
        let counted = counted(&world).await;
        let kinds = kinds(&counted);
        assert!(kinds.contains(&("0000", "list_policies", 200, 30)), "{kinds:?}");
        assert!(kinds.contains(&("0000", "read_me", 401, 60)) && kinds.contains(&("0000", "read_me", 401, 1)));
        assert!(counted.iter().all(|entry| entry.person_id.is_none()));
        // Refusals of a person have an entry each.
        for _ in 0..3 {
            user.get("/v1/access-log").send().await.expect(403);
        }
        let each = "SELECT COUNT(*) FROM access_log WHERE action = 'search_access_log' AND object_type <> 'Attempts'";
        assert_eq!(world.number_of(each).await, 3);
    }

    async fn attempts_at_an_account_remain_traceable_and_bounded(world: World) {
        let user = world.worker("kragero/skole").await;
        let school = world.anonymous().from("192.0.2.1");
        for _ in 0..5 {
            school.log_in(&user.username, WRONG, None).await.expect(401);
        }
        for _ in 0..40 {
            is_throttled(school.log_in(&user.username, PASSWORD, None).await);
        }
        let own = "SELECT COUNT(*) FROM access_log WHERE action = 'log_in' AND status = 401 AND municipality = '4014'";
        assert_eq!(world.number_of(own).await, 5, "an entry for each verified password");
        let counted = counted(&world).await;
        assert_eq!(kinds(&counted), [("4014", "log_in", 429, 40)]);
        assert_eq!(counted[0].person_id, Some(user.id));
    }

    async fn wrong_passwords_beyond_those_of_a_minute_are_counted_by_account(world: World) {
        let user = world.worker("kragero/skole").await;
        for number in 0..62 {
            client(&world, number).log_in(&format!("name.{number}"), WRONG, None).await.expect(401);
        }
        client(&world, 99).log_in(&user.username, WRONG, None).await.expect(401);
        let each = "SELECT COUNT(*) FROM access_log WHERE action = 'log_in' AND object_type = 'Person'";
        assert_eq!(world.number_of(each).await, 60);
        let counted = counted(&world).await;
        assert_eq!(counted.iter().map(Counted::number).sum::<i64>(), 3);
        assert!(counted.iter().any(|entry| entry.person_id == Some(user.id) && entry.municipality == "4014"));
        client(&world, 100).log_in("another.name", WRONG, None).await.expect(401);
        assert_eq!(world.number_of(each).await, 61, "the next minute has room again");
    }

    async fn a_flood_leaves_a_bounded_number_of_entries(world: World) {
        for number in 0..300 {
            client(&world, number).get("/v1/me").send().await.expect(401);
        }
        let counted = counted(&world).await;
        assert_eq!(counted.len(), 201);
        assert_eq!(counted.iter().map(Counted::number).sum::<i64>(), 300);
        let rest = counted.iter().find(|entry| entry.action == "other_attempts").expect("the rest");
        assert_eq!(rest.number(), 100);
    }

    async fn the_client_of_counted_attempts_is_in_the_log_of_strangers(world: World) {
        client(&world, 7).get("/v1/me").send().await.expect(401);
        world.count_strangers().await;
        world.seal().await;
        let exported = ran(world.command_line().args(["access-log", "export", "--municipality", "0000"]).output());
        let exported = String::from_utf8(exported.stdout).expect("text");
        let entries: Vec<Value> = exported.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let fields = entries.iter().map(|line| &line["entry"]["fields"]);
        assert!(fields.clone().any(|fields| fields["action"] == "read_me" && fields["object_type"] == "Attempts"), "{exported}");
    }

    async fn failures_are_forgotten_after_an_hour(world: World) {
        fail_from(&world, 0..3, "nobody.at.all").await;
        assert_eq!(world.rows("login_throttle").await, 7, "three sites, three pairs, one account");
        world.advance(TimeDelta::minutes(59));
        forget_failures(&world.db, world.now()).await.expect("forgotten");
        assert_eq!(world.rows("login_throttle").await, 7);
        world.advance(TimeDelta::minutes(2));
        forget_failures(&world.db, world.now()).await.expect("forgotten");
        assert_eq!(world.rows("login_throttle").await, 0);
    }

    async fn an_unknown_refresh_token_writes_nothing(world: World) {
        for token in ["", "nonsense"] {
            let body = json!({"refresh_token": token});
            world.anonymous().post("/v1/auth/refresh").json(body).send().await.expect_problem(401, "refresh-failed");
        }
        assert_eq!(kinds(&counted(&world).await), [("0000", "refresh_session", 401, 2)]);
    }
}
