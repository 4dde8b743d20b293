//! Passkeys as a second factor: added in a session, and used after the password.

mod refused;
mod thieves;

use chrono::TimeDelta;
use serde_json::{Value, json};
use stafett::identity::forget_expired_challenges;

use crate::support::{Answer, PASSWORD, SecurityKey, User, World, both_engines, logged};

const WRONG: &str = "fem grå gjess mot nord i dag";

async fn post(world: &World, path: &str, body: Value) -> Answer {
    world.anonymous().post(path).json(body).send().await
}

async fn post_as(world: &World, token: &str, path: &str, body: Value) -> Answer {
    world.anonymous().post(path).bearer(token).json(body).send().await
}

async fn log_in(world: &World, user: &User) -> Answer {
    world.anonymous().log_in(&user.username, PASSWORD).await
}

/// The access token of a session that began with the password alone.
async fn session(world: &World, user: &User) -> String {
    log_in(world, user).await.expect(200).text("/access_token")
}

async fn me(world: &World, token: &str) -> Value {
    world.anonymous().get("/v1/me").bearer(token).send().await.expect(200).body
}

/// Asks for a challenge to add a passkey.
async fn begin_to_add(world: &World, token: &str) -> Answer {
    post_as(world, token, "/v1/me/passkeys/begin", json!({"current_password": PASSWORD})).await
}

/// Answers the challenge of a session with a new passkey.
async fn answer_to_add(world: &World, token: &str, begun: &Answer, key: &mut SecurityKey) -> Answer {
    let credential = key.create(&begun.body["options"]).await;
    let body = json!({"token": begun.text("/token"), "name": "Mobil", "credential": credential});
    post_as(world, token, "/v1/me/passkeys", body).await
}

/// Adds a passkey in a session, and returns its id.
async fn add(world: &World, token: &str, key: &mut SecurityKey) -> String {
    let begun = begin_to_add(world, token).await.expect(201);
    answer_to_add(world, token, &begun, key).await.expect(201).text("/id")
}

/// Begins a log-in with the right password.
async fn begin(world: &World, user: &User) -> Answer {
    let body = json!({"username": user.username, "password": PASSWORD});
    post(world, "/v1/auth/passkey/begin", body).await
}

/// Answers the challenge of a log-in.
async fn finish(world: &World, begun: &Answer, credential: &Value) -> Answer {
    let body = json!({"token": begun.text("/token"), "credential": credential});
    post(world, "/v1/auth/passkey/finish", body).await
}

async fn finish_with(world: &World, begun: &Answer, key: &mut SecurityKey) -> Answer {
    finish(world, begun, &key.sign(&begun.body["options"]).await).await
}

/// Logs in with the password and a passkey.
async fn enter(world: &World, user: &User, key: &mut SecurityKey) -> String {
    let begun = begin(world, user).await.expect(200);
    finish_with(world, &begun, key).await.expect(200).text("/access_token")
}

both_engines! {
    async fn a_passkey_is_a_second_factor(world: World) {
        let user = world.worker("kragero/skole").await;
        let strict = world.requiring_second_factor().await;
        let token = session(&strict, &user).await;
        assert_eq!(me(&strict, &token).await["lacks_second_factor"], true);
        for mut key in [SecurityKey::new(), SecurityKey::synced()] {
            add(&strict, &token, &mut key).await;
            let own = me(&strict, &token).await;
            assert_eq!((&own["has_second_factor"], &own["lacks_second_factor"]), (&json!(true), &json!(false)));
            let required = log_in(&strict, &user).await.expect_problem(401, "second-factor-required");
            assert_eq!(required.body["second_factors"], json!(["passkey"]));
            for _ in 0..3 {
                let proven = enter(&strict, &user, &mut key).await;
                assert_eq!(me(&strict, &proven).await["roles"][0]["role"], "worker");
            }
        }
        let own = me(&strict, &token).await;
        let passkeys = own["passkeys"].as_array().expect("a list");
        assert_eq!(passkeys.len(), 2);
        assert!(passkeys.iter().all(|passkey| passkey["name"] == "Mobil" && passkey["last_used_at"].is_string()));
        strict.finish().await;
    }

    async fn a_log_in_names_the_factors_only_after_the_right_password(world: World) {
        let user = world.worker("kragero/skole").await;
        let token = session(&world, &user).await;
        add(&world, &token, &mut SecurityKey::new()).await;
        let told = async |username: &str, password: &str, path: &str| {
            let answer = post(&world, path, json!({"username": username, "password": password})).await;
            let mut body = answer.expect_problem(401, "login-failed").body;
            body["request_id"].take();
            body
        };
        for path in ["/v1/auth/login", "/v1/auth/passkey/begin"] {
            let wrong = told(&user.username, WRONG, path).await;
            assert_eq!(wrong, told("nobody.at.all", WRONG, path).await);
            assert!(wrong.get("second_factors").is_none());
        }
        // A code is no way around it.
        let body = json!({"username": user.username, "password": PASSWORD, "code": "000000"});
        post(&world, "/v1/auth/login", body).await.expect_problem(401, "login-failed");
        let other = world.worker("kragero/skole").await;
        begin(&world, &other).await.expect_problem(409, "conflict");
        assert_eq!(world.rows("passkey_challenge").await, 0);
    }

    async fn codes_and_passkeys_are_factors_beside_each_other(world: World) {
        let user = world.worker("kragero/skole").await;
        let token = session(&world, &user).await;
        let mut key = SecurityKey::new();
        add(&world, &token, &mut key).await;
        let secret = post_as(&world, &token, "/v1/me/second-factor", json!({"current_password": PASSWORD})).await;
        let secret = totp_rs::Secret::try_from_base32(secret.expect(201).text("/secret")).expect("a secret");
        let totp = totp_rs::Builder::new().with_secret(secret).build().expect("an app");
        let code = totp.generate(u64::try_from(world.now().timestamp()).expect("a time")).to_string();
        let confirmed = post_as(&world, &token, "/v1/me/second-factor/confirm", json!({"code": code})).await;
        let recovery = confirmed.expect(201).text("/recovery_codes/0");
        let required = log_in(&world, &user).await.expect_problem(401, "second-factor-required");
        assert_eq!(required.body["second_factors"], json!(["code", "passkey"]));
        enter(&world, &user, &mut key).await;
        let body = json!({"username": user.username, "password": PASSWORD, "code": recovery});
        post(&world, "/v1/auth/login", body).await.expect(200);
    }

    async fn challenges_are_few_and_short(world: World) {
        let user = world.worker("kragero/skole").await;
        let token = session(&world, &user).await;
        let mut key = SecurityKey::new();
        add(&world, &token, &mut key).await;
        let first = begin(&world, &user).await.expect(200);
        world.advance(TimeDelta::seconds(299));
        for _ in 0..8 {
            begin(&world, &user).await.expect(200);
        }
        assert_eq!(world.rows("passkey_challenge").await, 5);
        finish_with(&world, &first, &mut key).await.expect_problem(401, "passkey-failed");
        let last = begin(&world, &user).await.expect(200);
        world.advance(TimeDelta::seconds(300));
        finish_with(&world, &last, &mut key).await.expect_problem(401, "passkey-failed");
        let token = enter(&world, &user, &mut key).await;
        let begun = begin_to_add(&world, &token).await.expect(201);
        world.advance(TimeDelta::seconds(300));
        answer_to_add(&world, &token, &begun, &mut SecurityKey::new()).await.expect_invalid("/credential");
        forget_expired_challenges(&world.db, world.now()).await.expect("they are deleted");
        assert_eq!(world.rows("passkey_challenge").await, 0);
    }

    async fn what_a_passkey_says_is_in_no_log(world: World) {
        let user = world.worker("kragero/skole").await;
        let token = session(&world, &user).await;
        let mut key = SecurityKey::new();
        add(&world, &token, &mut key).await;
        let begun = begin(&world, &user).await.expect(200);
        let challenge = begun.text("/options/challenge");
        finish_with(&world, &begun, &mut key).await.expect(200);
        let spoilt = begin(&world, &user).await.expect(200);
        let mut credential = key.sign(&spoilt.body["options"]).await;
        credential["response"]["authenticatorData"] = json!(key.id());
        finish(&world, &spoilt, &credential).await.expect_problem(401, "passkey-failed");
        let lines = logged();
        for secret in [key.id(), challenge, begun.text("/token"), spoilt.text("/token")] {
            assert!(!lines.contains(&secret), "{secret} is logged");
        }
        let entries = "SELECT COUNT(*) FROM access_log WHERE action = 'finish_passkey_log_in' AND decision = 'permit'";
        assert_eq!(world.number_of(entries).await, 1);
    }
}
