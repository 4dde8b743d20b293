//! Adding and removing passkeys, where a session or a password may be in the wrong hands.

use serde_json::{Value, json};

use super::{
    WRONG, add, answer_to_add, begin, begin_to_add, enter, finish_with, log_in, me, post, post_as, session,
};
use crate::support::{Answer, PASSWORD, Role, SecurityKey, World, both_engines};

/// Removes a passkey.
async fn end(world: &World, token: &str, id: &str, password: &str) -> Answer {
    let body = json!({"passkey_id": id, "current_password": password});
    post_as(world, token, "/v1/me/passkeys/end", body).await
}

both_engines! {
    async fn the_first_passkey_ends_sessions_that_have_not_proven_one(world: World) {
        let user = world.worker("kragero/skole").await;
        let (thief, token) = (session(&world, &user).await, session(&world, &user).await);
        let begun = begin_to_add(&world, &thief).await.expect(201);
        let mut key = SecurityKey::new();
        add(&world, &token, &mut key).await;
        answer_to_add(&world, &thief, &begun, &mut SecurityKey::new()).await.expect_problem(401, "unauthenticated");
        // A second passkey ends none.
        let other = enter(&world, &user, &mut key).await;
        add(&world, &token, &mut SecurityKey::new()).await;
        me(&world, &other).await;
        // As before an upgrade.
        world.try_execute("UPDATE session SET second_factor_at = NULL").await.expect("an update");
        begin_to_add(&world, &other).await.expect_problem(409, "conflict");
        let enrol = post_as(&world, &other, "/v1/me/second-factor", json!({"current_password": PASSWORD})).await;
        enrol.expect_problem(409, "conflict");
        let id = me(&world, &other).await["passkeys"][0]["id"].as_str().expect("an id").to_owned();
        end(&world, &other, &id, PASSWORD).await.expect_problem(409, "conflict");
    }

    async fn of_two_sessions_that_add_the_first_factor_at_once_one_wins(world: World) {
        let user = world.worker("kragero/skole").await;
        let (one, two) = (session(&world, &user).await, session(&world, &user).await);
        let (begun, too) = (begin_to_add(&world, &one).await.expect(201), begin_to_add(&world, &two).await.expect(201));
        let (mut key, mut other) = (SecurityKey::new(), SecurityKey::new());
        let (a, b) = tokio::join!(
            answer_to_add(&world, &one, &begun, &mut key), answer_to_add(&world, &two, &too, &mut other)
        );
        let mut statuses = [a.status, b.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 401]);
        assert_eq!(world.rows("passkey").await, 1);
    }

    async fn only_the_password_of_its_owner_adds_and_removes_a_passkey(world: World) {
        let (user, other) = (world.worker("kragero/skole").await, world.worker("kragero/skole").await);
        let (token, others) = (session(&world, &user).await, session(&world, &other).await);
        let wrong = json!({"current_password": WRONG});
        post_as(&world, &token, "/v1/me/passkeys/begin", wrong.clone()).await.expect_invalid("/current_password");
        let strict = world.requiring_second_factor().await;
        let mut key = SecurityKey::new();
        let id = add(&world, &token, &mut key).await;
        end(&world, &others, &id, PASSWORD).await.expect_invalid("/passkey_id");
        end(&world, &token, &id, WRONG).await.expect_invalid("/current_password");
        let begun = begin(&world, &user).await.expect(200);
        end(&world, &token, &id, PASSWORD).await.expect(204);
        end(&world, &token, &id, PASSWORD).await.expect_invalid("/passkey_id");
        // A challenge that was open does not bring it back. Without a factor, the roles of staff do not count.
        finish_with(&world, &begun, &mut key).await.expect_problem(401, "passkey-failed");
        let own = me(&strict, &session(&strict, &user).await).await;
        assert_eq!((&own["lacks_second_factor"], &own["passkeys"]), (&json!(true), &json!([])));
        strict.finish().await;
    }

    async fn an_account_has_ten_passkeys_at_most(world: World) {
        let user = world.worker("kragero/skole").await;
        let token = session(&world, &user).await;
        for _ in 0..9 {
            add(&world, &token, &mut SecurityKey::new()).await;
        }
        let (begun, full) = (begin_to_add(&world, &token).await.expect(201), begin_to_add(&world, &token).await.expect(201));
        assert_eq!(begun.body["options"]["excludeCredentials"].as_array().map(Vec::len), Some(9));
        answer_to_add(&world, &token, &begun, &mut SecurityKey::new()).await.expect(201);
        answer_to_add(&world, &token, &full, &mut SecurityKey::new()).await.expect_problem(409, "conflict");
        begin_to_add(&world, &token).await.expect_problem(409, "conflict");
        assert_eq!(world.rows("passkey").await, 10);
    }

    async fn without_a_domain_there_are_no_passkeys_and_those_there_are_still_count(world: World) {
        let user = world.worker("kragero/skole").await;
        let token = session(&world, &user).await;
        let mut key = SecurityKey::new();
        let id = add(&world, &token, &mut key).await;
        let off = world.without_passkeys().await;
        let says = begin(&off, &user).await.expect_problem(409, "conflict");
        assert!(says.text("/detail").contains("passkey_rp_id"), "{says:?}");
        let nothing = json!({"token": "x", "credential": key.sign(&begin(&world, &user).await.body["options"]).await});
        post(&off, "/v1/auth/passkey/finish", nothing).await.expect_problem(409, "conflict");
        begin_to_add(&off, &token).await.expect_problem(409, "conflict");
        log_in(&off, &user).await.expect_problem(401, "second-factor-required");
        end(&off, &token, &id, PASSWORD).await.expect(204);
        log_in(&off, &user).await.expect(200);
        off.finish().await;
    }

    async fn a_new_code_for_the_account_removes_its_passkeys(world: World) {
        let first = world.staff("kragero/oppvekst", Role::Administrator).await;
        let second = world.staff("kragero/oppvekst", Role::Administrator).await;
        let number = world.adult_number();
        let user = world.user("4014", &number).await;
        let mut key = SecurityKey::new();
        add(&world, &session(&world, &user).await, &mut key).await;
        let begun = begin(&world, &user).await.expect(200);
        let path = format!("/v1/municipalities/4014/accounts/{}/activations", user.id);
        let asked = first.post(path).json(json!({"username": user.username})).send().await.expect(201);
        let path = format!("/v1/municipalities/4014/activations/{}/approve", asked.text("/id"));
        let approved = second.post(path).json(json!({"national_id": number.as_str()})).send().await.expect(201);
        let body = json!({
            "username": user.username, "first_half": asked.text("/first_half"),
            "second_half": approved.text("/second_half"), "new_password": WRONG,
        });
        let token = post(&world, "/v1/activations", body).await.expect(200).text("/access_token");
        finish_with(&world, &begun, &mut key).await.expect_problem(401, "passkey-failed");
        let own: Value = me(&world, &token).await;
        assert_eq!((&own["has_second_factor"], &own["passkeys"]), (&json!(false), &json!([])));
        world.anonymous().log_in(&user.username, WRONG).await.expect(200);
        assert_eq!((world.rows("passkey").await, world.rows("passkey_challenge").await), (0, 0));
    }
}
