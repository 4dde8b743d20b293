//! The second factor of a log-in: codes of an app, each used once, and recovery codes.

use chrono::TimeDelta;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

use crate::support::{Answer, PASSWORD, Role, User, World, both_engines};

const WRONG: &str = "fem grå gjess mot nord i dag";

/// A person with an app.
struct Phone {
    secret: String,
    recovery: Vec<String>,
}

/// A session, by its access token.
async fn session(world: &World, user: &User, code: Option<&str>) -> Answer {
    let mut body = json!({"username": user.username, "password": PASSWORD});
    if let Some(code) = code {
        body["code"] = json!(code);
    }
    world.anonymous().post("/v1/auth/login").json(body).send().await
}

async fn post(world: &World, token: &str, path: &str, body: Value) -> Answer {
    world.anonymous().post(path).bearer(token).json(body).send().await
}

async fn me(world: &World, token: &str) -> Value {
    world.anonymous().get("/v1/me").bearer(token).send().await.expect(200).body
}

impl Phone {
    /// Enrols and confirms the second factor of a session.
    async fn enrolled(world: &World, token: &str) -> Self {
        let path = "/v1/me/second-factor";
        let secret = post(world, token, path, json!({"current_password": PASSWORD})).await.expect(201);
        let mut phone = Self { secret: secret.text("/secret"), recovery: Vec::new() };
        let confirm =
            post(world, token, "/v1/me/second-factor/confirm", json!({"code": phone.code(world)})).await;
        phone.recovery = confirm.expect(201).body["recovery_codes"]
            .as_array()
            .expect("codes")
            .iter()
            .map(|code| code.as_str().expect("a code").to_owned())
            .collect();
        phone
    }

    /// The code that the app shows now.
    fn code(&self, world: &World) -> String {
        let secret = Secret::try_from_base32(&self.secret).expect("a secret");
        let totp = Builder::new().with_secret(secret).build().expect("an app");
        totp.generate(u64::try_from(world.now().timestamp()).expect("a time")).to_string()
    }
}

both_engines! {
    async fn a_log_in_needs_a_code_that_is_used_once(world: World) {
        let user = world.worker("kragero/skole").await;
        let token = session(&world, &user, None).await.expect(200).text("/access_token");
        assert_eq!(me(&world, &token).await["has_second_factor"], false);
        let phone = Phone::enrolled(&world, &token).await;
        assert_eq!(me(&world, &token).await["has_second_factor"], true);
        // The code that confirmed it was used.
        let used = session(&world, &user, Some(&phone.code(&world))).await;
        assert!(used.expect_problem(401, "second-factor-used").text("/detail").contains("wait for the next code"));
        world.advance(TimeDelta::seconds(30));
        session(&world, &user, None).await.expect_problem(401, "second-factor-required");
        world.anonymous().log_in(&user.username, WRONG).await.expect_problem(401, "login-failed");
        let code = phone.code(&world);
        session(&world, &user, Some(&code)).await.expect(200);
        session(&world, &user, Some(&code)).await.expect_problem(401, "second-factor-used");
        // Without the password, a code that was used and a wrong one get the same answer.
        let guess = async |code: &str| {
            let body = json!({"username": user.username, "password": WRONG, "code": code});
            let answer = world.anonymous().post("/v1/auth/login").json(body).send().await;
            let mut body = answer.expect_problem(401, "login-failed").body.clone();
            body["request_id"].take();
            body
        };
        assert_eq!(guess(&code).await, guess("000000").await);
        world.advance(TimeDelta::seconds(30));
        let code = phone.code(&world);
        let (one, two) = tokio::join!(session(&world, &user, Some(&code)), session(&world, &user, Some(&code)));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401]);
        world.advance(TimeDelta::seconds(90));
        session(&world, &user, Some(&code)).await.expect_problem(401, "login-failed");
    }

    async fn nothing_is_needed_until_a_code_confirms_it(world: World) {
        let user = world.worker("kragero/skole").await;
        let token = session(&world, &user, None).await.expect(200).text("/access_token");
        let enrol = async |password: &str| {
            post(&world, &token, "/v1/me/second-factor", json!({"current_password": password})).await
        };
        enrol(WRONG).await.expect_invalid("/current_password");
        let first = enrol(PASSWORD).await.expect(201).text("/secret");
        session(&world, &user, None).await.expect(200);
        let second = enrol(PASSWORD).await.expect(201).text("/secret");
        assert_ne!(first, second);
        let confirm = async |code: &str| post(&world, &token, "/v1/me/second-factor/confirm", json!({"code": code})).await;
        let old = Phone { secret: first, recovery: Vec::new() };
        let new = Phone { secret: second, recovery: Vec::new() };
        confirm(&old.code(&world)).await.expect_invalid("/code");
        confirm("").await.expect_invalid("/code");
        confirm(&new.code(&world)).await.expect(201);
        confirm(&new.code(&world)).await.expect_problem(409, "conflict");
        enrol(PASSWORD).await.expect_problem(409, "conflict");
    }

    async fn a_recovery_code_replaces_a_code_of_the_app_once(world: World) {
        let user = world.worker("kragero/skole").await;
        let token = session(&world, &user, None).await.expect(200).text("/access_token");
        let phone = Phone::enrolled(&world, &token).await;
        assert_eq!(phone.recovery.len(), 10);
        let typed = phone.recovery[0].to_lowercase().replace('-', " ");
        session(&world, &user, Some(&typed)).await.expect(200);
        session(&world, &user, Some(&phone.recovery[0])).await.expect_problem(401, "second-factor-used");
        session(&world, &user, Some(&phone.recovery[1])).await.expect(200);
        let other = world.worker("kragero/skole").await;
        let token = session(&world, &other, None).await.expect(200).text("/access_token");
        Phone::enrolled(&world, &token).await;
        session(&world, &other, Some(&phone.recovery[2])).await.expect_problem(401, "login-failed");
        let plain = phone.recovery[3].replace('-', "");
        let found = format!("SELECT COUNT(*) FROM recovery_code WHERE code_hash LIKE '%{plain}%'");
        assert_eq!(world.number_of(found).await, 0);
    }

    async fn guesses_at_the_code_must_wait_like_guesses_at_the_password(world: World) {
        let user = world.worker("kragero/skole").await;
        let token = session(&world, &user, None).await.expect(200).text("/access_token");
        let phone = Phone::enrolled(&world, &token).await;
        world.advance(TimeDelta::seconds(30));
        for _ in 0..5 {
            // A log-in without a code forgives nothing.
            session(&world, &user, None).await.expect_problem(401, "second-factor-required");
            session(&world, &user, Some("000000")).await.expect_problem(401, "login-failed");
        }
        session(&world, &user, Some(&phone.code(&world))).await.expect_problem(429, "too-many-attempts");
        world.advance(TimeDelta::seconds(30));
        let code = phone.code(&world);
        session(&world, &user, Some(&code)).await.expect(200);
        // Nor may a code that was used be tried without end.
        for _ in 0..5 {
            session(&world, &user, Some(&code)).await.expect_problem(401, "second-factor-used");
        }
        session(&world, &user, Some(&code)).await.expect_problem(429, "too-many-attempts");
    }

    async fn guesses_at_the_code_of_a_session_must_wait_too(world: World) {
        let user = world.worker("kragero/skole").await;
        let token = session(&world, &user, None).await.expect(200).text("/access_token");
        let confirm = async |code: &str| post(&world, &token, "/v1/me/second-factor/confirm", json!({"code": code})).await;
        let enrolled = post(&world, &token, "/v1/me/second-factor", json!({"current_password": PASSWORD})).await.expect(201);
        let phone = Phone { secret: enrolled.text("/secret"), recovery: Vec::new() };
        for _ in 0..5 {
            confirm("000000").await.expect_invalid("/code");
        }
        confirm(&phone.code(&world)).await.expect_problem(429, "too-many-attempts");
        world.advance(TimeDelta::seconds(30));
        confirm(&phone.code(&world)).await.expect(201);
        let end = async |code: &str| {
            let body = json!({"current_password": PASSWORD, "code": code});
            post(&world, &token, "/v1/me/second-factor/end", body).await
        };
        world.advance(TimeDelta::seconds(30));
        for _ in 0..5 {
            // The right password forgives no wrong code.
            end("000000").await.expect_invalid("/code");
        }
        end(&phone.code(&world)).await.expect_problem(429, "too-many-attempts");
    }

    async fn a_right_password_is_not_revealed_while_strangers_must_wait(world: World) {
        let user = world.worker("kragero/skole").await;
        let token = session(&world, &user, None).await.expect(200).text("/access_token");
        Phone::enrolled(&world, &token).await;
        let mut attempts = tokio::task::JoinSet::new();
        for number in 0..24 {
            let (stranger, username) = (world.anonymous(), user.username.clone());
            let password = if number == 23 { PASSWORD } else { WRONG };
            attempts.spawn(async move { stranger.log_in(&username, password).await.status });
        }
        let statuses = attempts.join_all().await;
        assert!(statuses.iter().filter(|status| **status == 429).count() >= 18, "{statuses:?}");
        session(&world, &user, None).await.expect_problem(429, "too-many-attempts");
    }

    async fn a_session_that_has_not_proven_it_does_not_outlive_it_or_end_it(world: World) {
        let user = world.worker("kragero/skole").await;
        let thief = session(&world, &user, None).await.expect(200).text("/access_token");
        let token = session(&world, &user, None).await.expect(200).text("/access_token");
        let phone = Phone::enrolled(&world, &token).await;
        world.anonymous().get("/v1/me").bearer(&thief).send().await.expect(401);
        world.try_execute("UPDATE session SET second_factor_at = NULL").await.expect("as before an upgrade");
        world.advance(TimeDelta::seconds(30));
        let body = json!({"current_password": PASSWORD, "code": phone.code(&world)});
        post(&world, &token, "/v1/me/second-factor/end", body).await.expect_problem(409, "conflict");
    }

    async fn it_ends_by_the_password_and_a_code(world: World) {
        let user = world.worker("kragero/skole").await;
        let token = session(&world, &user, None).await.expect(200).text("/access_token");
        let phone = Phone::enrolled(&world, &token).await;
        world.advance(TimeDelta::seconds(30));
        let end = async |password: &str, code: &str| {
            let body = json!({"current_password": password, "code": code});
            post(&world, &token, "/v1/me/second-factor/end", body).await
        };
        end(WRONG, &phone.code(&world)).await.expect_invalid("/current_password");
        end(PASSWORD, "000000").await.expect_invalid("/code");
        end(PASSWORD, &phone.code(&world)).await.expect(204);
        end(PASSWORD, &phone.code(&world)).await.expect_problem(409, "conflict");
        session(&world, &user, None).await.expect(200);
        assert_eq!((world.rows("second_factor").await, world.rows("recovery_code").await), (0, 0));
    }

    async fn what_is_found_through_a_role_waits_for_it_too(world: World) {
        let cast = world.shared_case().await;
        world.concern(&cast.teacher, &cast.family.child).await;
        world.measure(&cast.teacher, cast.case, &cast.teacher).await;
        let strict = world.requiring_second_factor().await;
        let tokens = strict.anonymous().log_in(&cast.teacher.username, PASSWORD).await.expect(200);
        let counts = async || {
            let mut counts = Vec::new();
            for path in ["/v1/follow-ups", "/v1/cases", "/v1/concerns"] {
                let list = strict.anonymous().get(path).bearer(&tokens.text("/access_token")).send().await.expect(200);
                counts.push(list.items().len());
            }
            counts
        };
        assert_eq!(counts().await, [0, 0, 0]);
        world.try_execute("UPDATE session SET second_factor_at = created_at").await.expect("as after a log-in with a code");
        assert_eq!(counts().await, [3, 1, 2], "the next step, the measure and the concern");
        strict.finish().await;
    }

    async fn the_roles_of_staff_wait_for_it_where_the_service_requires_it(world: World) {
        let cast = world.shared_case().await;
        let strict = world.requiring_second_factor().await;
        let teacher = &cast.teacher;
        let log_in = async |code: Option<&str>| {
            let body = json!({"username": teacher.username, "password": PASSWORD, "code": code});
            strict.anonymous().post("/v1/auth/login").json(body).send().await.expect(200).text("/access_token")
        };
        let token = log_in(None).await;
        let told = me(&strict, &token).await;
        assert_eq!((&told["roles"], &told["lacks_second_factor"]), (&json!([]), &json!(true)));
        let read = async |token: &str| strict.anonymous().get(cast.path("")).bearer(token).send().await;
        // The answer names the remedy, in the same words for what exists and what does not.
        let refused = read(&token).await.expect_problem(404, "not-found");
        assert!(refused.text("/detail").contains("second factor"));
        let nothing = format!("/v1/cases/{}", uuid::Uuid::now_v7());
        let nothing = strict.anonymous().get(nothing).bearer(&token).send().await;
        let words = |answer: &Answer| (answer.body["title"].clone(), answer.body["detail"].clone());
        assert_eq!(words(&refused), words(&nothing.expect_problem(404, "not-found")));
        let forbidden = strict.anonymous().get(format!("/v1/units/{}/staff", teacher.unit.id)).bearer(&token).send().await;
        assert!(forbidden.expect_problem(403, "forbidden").text("/detail").contains("POST /v1/me/second-factor"));
        let other = log_in(None).await;
        let phone = Phone::enrolled(&strict, &token).await;
        let told = me(&strict, &token).await;
        assert_eq!((&told["roles"][0]["role"], &told["lacks_second_factor"]), (&json!("worker"), &json!(false)));
        read(&token).await.expect(200);
        read(&other).await.expect(401);
        strict.advance(TimeDelta::seconds(30));
        let code = phone.code(&strict);
        read(&log_in(Some(&code)).await).await.expect(200);
        // A guardian has no role.
        let mother = &cast.family.guardians[0];
        let tokens = strict.anonymous().log_in(&mother.username, PASSWORD).await.expect(200);
        read(&tokens.text("/access_token")).await.expect(200);
        assert_eq!(me(&strict, &tokens.text("/access_token")).await["lacks_second_factor"], false);
        strict.finish().await;
    }

    async fn a_new_code_for_the_account_removes_it(world: World) {
        let first = world.staff("kragero/oppvekst", Role::Administrator).await;
        let second = world.staff("kragero/oppvekst", Role::Administrator).await;
        let number = world.adult_number();
        let user = world.user("4014", &number).await;
        let token = session(&world, &user, None).await.expect(200).text("/access_token");
        Phone::enrolled(&world, &token).await;
        let path = format!("/v1/municipalities/4014/accounts/{}/activations", user.id);
        let asked = first.post(path).json(json!({"username": user.username})).send().await.expect(201);
        let path = format!("/v1/municipalities/4014/activations/{}/approve", asked.text("/id"));
        let approved = second.post(path).json(json!({"national_id": number.as_str()})).send().await.expect(201);
        let body = json!({
            "username": user.username, "first_half": asked.text("/first_half"),
            "second_half": approved.text("/second_half"), "new_password": WRONG,
        });
        world.anonymous().post("/v1/activations").json(body).send().await.expect(200);
        world.anonymous().log_in(&user.username, WRONG).await.expect(200);
    }
}
