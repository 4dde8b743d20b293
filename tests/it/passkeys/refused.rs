//! Answers that prove nothing.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use serde_json::json;

use super::{
    WRONG, add, answer_to_add, begin, begin_to_add, enter, finish, finish_with, log_in, me, post, post_as,
    session,
};
use crate::support::{PASSWORD, Role, SecurityKey, World, both_engines, logged};

both_engines! {
    async fn a_challenge_is_answered_once(world: World) {
        let user = world.worker("kragero/skole").await;
        let mut key = SecurityKey::synced();
        let token = session(&world, &user).await;
        add(&world, &token, &mut key).await;
        let begun = begin(&world, &user).await.expect(200);
        let signed = key.sign(&begun.body["options"]).await;
        finish(&world, &begun, &signed).await.expect(200);
        finish(&world, &begun, &signed).await.expect_problem(401, "passkey-failed");
        // A wrong answer uses it up too.
        let begun = begin(&world, &user).await.expect(200);
        let right = key.sign(&begun.body["options"]).await;
        finish(&world, &begun, &signed).await.expect_problem(401, "passkey-failed");
        finish(&world, &begun, &right).await.expect_problem(401, "passkey-failed");
        let begun = begin(&world, &user).await.expect(200);
        let signed = key.sign(&begun.body["options"]).await;
        let (one, two) = tokio::join!(finish(&world, &begun, &signed), finish(&world, &begun, &signed));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401]);
        let begun = begin_to_add(&world, &token).await.expect(201);
        let mut other = SecurityKey::new();
        let credential = other.create(&begun.body["options"]).await;
        let body = json!({"token": begun.text("/token"), "name": "PC", "credential": credential});
        let once = async || post_as(&world, &token, "/v1/me/passkeys", body.clone()).await.status;
        let (one, two) = tokio::join!(once(), once());
        let mut statuses = [one, two];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 422]);
        assert_eq!(world.rows("passkey").await, 2);
    }

    async fn a_passkey_signs_for_this_service_alone(world: World) {
        let user = world.worker("kragero/skole").await;
        let mut key = SecurityKey::synced();
        let token = session(&world, &user).await;
        // Another page of the same domain, a page of the domain above, and a key that nobody unlocked.
        let elsewhere = "https://evil.stafett.example.no";
        for mut wrong in [SecurityKey::new().at(elsewhere), SecurityKey::new().locked()] {
            let begun = begin_to_add(&world, &token).await.expect(201);
            answer_to_add(&world, &token, &begun, &mut wrong).await.expect_invalid("/credential");
        }
        let mut begun = begin_to_add(&world, &token).await.expect(201);
        begun.body["options"]["rp"]["id"] = json!("example.no");
        answer_to_add(&world, &token, &begun, &mut SecurityKey::new()).await.expect_invalid("/credential");
        assert_eq!(world.rows("passkey").await, 0);

        add(&world, &token, &mut key).await;
        for mut wrong in [key.at(elsewhere), key.locked()] {
            let begun = begin(&world, &user).await.expect(200);
            finish_with(&world, &begun, &mut wrong).await.expect_problem(401, "passkey-failed");
        }
        let mut begun = begin(&world, &user).await.expect(200);
        begun.body["options"]["rpId"] = json!("example.no");
        finish_with(&world, &begun, &mut key).await.expect_problem(401, "passkey-failed");
        enter(&world, &user, &mut key).await;
        assert!(logged().contains("refused a passkey from an address that passkey_origins does not name"));
    }

    async fn a_passkey_and_a_challenge_belong_to_one_account(world: World) {
        let (user, other) = (world.worker("kragero/skole").await, world.worker("kragero/skole").await);
        let (mut key, mut foreign) = (SecurityKey::synced(), SecurityKey::synced());
        let (token, others) = (session(&world, &user).await, session(&world, &other).await);
        add(&world, &token, &mut key).await;
        add(&world, &others, &mut foreign).await;
        // The passkey of another account, whatever it claims to be.
        let begun = begin(&world, &user).await.expect(200);
        let theirs = begin(&world, &other).await.expect(200);
        let mut asked = begun.clone();
        asked.body["options"]["allowCredentials"] = theirs.body["options"]["allowCredentials"].clone();
        let mut signed = foreign.sign(&asked.body["options"]).await;
        finish(&world, &begun, &signed).await.expect_problem(401, "passkey-failed");
        let again = begin(&world, &user).await.expect(200);
        asked.body["options"]["challenge"] = again.body["options"]["challenge"].clone();
        signed = foreign.sign(&asked.body["options"]).await;
        (signed["id"], signed["rawId"]) = (json!(key.id()), json!(key.id()));
        finish(&world, &again, &signed).await.expect_problem(401, "passkey-failed");
        // The challenge of another log-in.
        let signed = key.sign(&begin(&world, &user).await.expect(200).body["options"]).await;
        finish(&world, &theirs, &signed).await.expect_problem(401, "passkey-failed");
        // The challenge of another session of the same person, and of another purpose.
        let second = enter(&world, &user, &mut key).await;
        let begun = begin_to_add(&world, &second).await.expect(201);
        answer_to_add(&world, &token, &begun, &mut SecurityKey::new()).await.expect_invalid("/credential");
        answer_to_add(&world, &others, &begun, &mut SecurityKey::new()).await.expect_invalid("/credential");
        let for_log_in = begin(&world, &user).await.expect(200);
        let signed = key.sign(&for_log_in.body["options"]).await;
        finish(&world, &begun, &signed).await.expect_problem(401, "passkey-failed");
        let mut asked = begun.clone();
        asked.body["token"] = for_log_in.body["token"].clone();
        answer_to_add(&world, &second, &asked, &mut SecurityKey::new()).await.expect_invalid("/credential");
    }

    async fn a_credential_belongs_to_one_account(world: World) {
        let (user, other) = (world.worker("kragero/skole").await, world.worker("kragero/skole").await);
        let (token, others) = (session(&world, &user).await, session(&world, &other).await);
        let mut foreign = SecurityKey::synced();
        add(&world, &others, &mut foreign).await;
        // Without attestation, nothing signs the id of a new credential. A thief can claim one of another account for a key of their own.
        let begun = begin_to_add(&world, &token).await.expect(201);
        let mut key = SecurityKey::synced();
        let mut credential = key.create(&begun.body["options"]).await;
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).expect("base 64");
        let (own, theirs) = (bytes(&key.id()), bytes(&foreign.id()));
        let mut object = bytes(credential["response"]["attestationObject"].as_str().expect("text"));
        let at = object.windows(own.len()).position(|window| window == own).expect("the id");
        object[at..at + own.len()].copy_from_slice(&theirs);
        credential["response"]["attestationObject"] = json!(URL_SAFE_NO_PAD.encode(object));
        (credential["id"], credential["rawId"]) = (json!(foreign.id()), json!(foreign.id()));
        let body = json!({"token": begun.text("/token"), "name": "Kopi", "credential": credential});
        post_as(&world, &token, "/v1/me/passkeys", body).await.expect_problem(409, "conflict");
        enter(&world, &other, &mut foreign).await;
        session(&world, &user).await;
    }

    async fn a_copied_passkey_is_refused_and_recorded(world: World) {
        let user = world.worker("kragero/skole").await;
        let mut key = SecurityKey::new();
        add(&world, &session(&world, &user).await, &mut key).await;
        enter(&world, &user, &mut key).await;
        let mut copy = key.clone();
        // Both challenges are open before either is answered.
        let (one, other) = (begin(&world, &user).await.expect(200), begin(&world, &user).await.expect(200));
        finish_with(&world, &one, &mut key).await.expect(200);
        finish_with(&world, &other, &mut copy).await.expect_problem(401, "passkey-failed");
        let later = begin(&world, &user).await.expect(200);
        let mut old = copy.clone();
        finish_with(&world, &later, &mut copy).await.expect(200);
        let later = begin(&world, &user).await.expect(200);
        finish_with(&world, &later, &mut old).await.expect_problem(401, "passkey-failed");
        let refused = "SELECT COUNT(*) FROM access_log WHERE action = 'finish_passkey_log_in' AND decision = 'deny'";
        assert_eq!(world.number_of(format!("{refused} AND object_id = '{}'", user.id)).await, 2);
        assert!(logged().contains("refused a passkey whose counter did not grow: there may be a copy of it"));
    }

    async fn wrong_answers_must_wait_like_wrong_codes(world: World) {
        let user = world.worker("kragero/skole").await;
        let mut key = SecurityKey::synced();
        add(&world, &session(&world, &user).await, &mut key).await;
        let old = begin(&world, &user).await.expect(200);
        let old = key.sign(&old.body["options"]).await;
        for _ in 0..5 {
            // The right password forgives nothing.
            let begun = begin(&world, &user).await.expect(200);
            finish(&world, &begun, &old).await.expect_problem(401, "passkey-failed");
        }
        begin(&world, &user).await.expect_problem(429, "too-many-attempts");
        log_in(&world, &user).await.expect_problem(429, "too-many-attempts");
        world.advance(TimeDelta::seconds(30));
        enter(&world, &user, &mut key).await;
        // Guesses at the password wait too, and a challenge that was open cannot be answered meanwhile.
        let open = begin(&world, &user).await.expect(200);
        for _ in 0..5 {
            let body = json!({"username": user.username, "password": WRONG});
            post(&world, "/v1/auth/passkey/begin", body).await.expect_problem(401, "login-failed");
        }
        finish_with(&world, &open, &mut key).await.expect_problem(429, "too-many-attempts");
    }

    async fn another_password_and_a_disabled_account_end_a_challenge(world: World) {
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let user = world.worker("kragero/skole").await;
        let mut key = SecurityKey::new();
        let token = session(&world, &user).await;
        add(&world, &token, &mut key).await;
        let begun = begin(&world, &user).await.expect(200);
        let path = format!("/v1/municipalities/4014/accounts/{}", user.id);
        administrator.post(format!("{path}/disable")).send().await.expect(204);
        finish_with(&world, &begun, &mut key).await.expect_problem(401, "passkey-failed");
        begin(&world, &user).await.expect_problem(401, "login-failed");
        administrator.post(format!("{path}/enable")).send().await.expect(204);
        let token = enter(&world, &user, &mut key).await;
        assert_eq!(me(&world, &token).await["passkeys"].as_array().map(Vec::len), Some(1));
        let begun = begin(&world, &user).await.expect(200);
        let body = json!({"current_password": PASSWORD, "new_password": WRONG});
        post_as(&world, &token, "/v1/me/password", body).await.expect(204);
        finish_with(&world, &begun, &mut key).await.expect_problem(401, "passkey-failed");
    }
}
