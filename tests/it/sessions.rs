//! Logging in, staying logged in, and being logged out.

use chrono::TimeDelta;
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{Answer, PASSWORD, Role, User, World, both_engines};

const WRONG: &str = "fem grå gjess mot nord i dag";
const ANOTHER: &str = "seks hvite svaner ved broen";

/// The tokens of a log-in or a refresh.
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Tokens {
    fn of(answer: &Answer) -> Self {
        Self { access: answer.text("/access_token"), refresh: answer.text("/refresh_token") }
    }

    pub(crate) async fn log_in(world: &World, user: &User) -> Self {
        Self::of(&world.anonymous().log_in(&user.username, PASSWORD).await.expect(200))
    }

    /// Requests the caller's identity with the access token.
    async fn me(&self, world: &World) -> Answer {
        world.anonymous().get("/v1/me").bearer(&self.access).send().await
    }

    pub(crate) async fn are_good(&self, world: &World) {
        self.me(world).await.expect(200);
    }

    async fn have_no_access(&self, world: &World) {
        self.me(world).await.expect_problem(401, "unauthenticated");
    }

    async fn are_dead(&self, world: &World) {
        self.have_no_access(world).await;
        refresh(world, &self.refresh).await.expect_problem(401, "refresh-failed");
    }
}

async fn refresh(world: &World, token: &str) -> Answer {
    world.anonymous().post("/v1/auth/refresh").json(json!({"refresh_token": token})).send().await
}

async fn fail(world: &World, username: &str, times: usize) {
    for _ in 0..times {
        world.anonymous().log_in(username, WRONG).await.expect_problem(401, "login-failed");
    }
}

both_engines! {
    async fn who_knows_the_password_is_logged_in(world: World) {
        let user = world.worker("kragero/skole").await;
        let answer = world.anonymous().log_in(&user.username, PASSWORD).await.expect(200);
        assert_eq!((&answer.body["token_type"], &answer.body["expires_in"]), (&json!("Bearer"), &json!(600)));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let me = Tokens::of(&answer).me(&world).await.expect(200);
        assert_eq!(me.body["person_id"], json!(user.id));
        assert_eq!(me.body["roles"][0]["role"], "worker");

        let shouted = format!(" {} ", user.username.to_uppercase());
        world.anonymous().log_in(&shouted, PASSWORD).await.expect(200);
    }

    async fn nothing_tells_an_unknown_user_from_a_wrong_password_or_a_closed_account(world: World) {
        let user = world.worker("kragero/skole").await;
        let closed = world.worker("kragero/skole").await;
        let index = world.db.vault().username_index(&closed.username).expect("a hash");
        world.try_execute(format!("UPDATE account SET disabled_at = created_at WHERE username_index = '{index}'"))
            .await
            .expect("the account is closed");
        let stranger = world.anonymous();
        let wrong = stranger.log_in(&user.username, WRONG).await.expect_problem(401, "login-failed");
        for other in [
            stranger.log_in("nobody.at.all", WRONG).await,
            stranger.log_in(&closed.username, PASSWORD).await,
            stranger.log_in(&closed.username, WRONG).await,
            stranger.log_in(&user.username, "").await,
        ] {
            assert_eq!((other.status, &other.text), (wrong.status, &wrong.text));
            let names = |answer: &Answer| answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
            assert_eq!(names(&other), names(&wrong));
        }
    }

    async fn after_five_failures_the_account_name_must_wait_and_then_the_right_password_works(world: World) {
        let user = world.worker("kragero/skole").await;
        fail(&world, &user.username, 5).await;
        for password in [WRONG, PASSWORD] {
            let answer = world.anonymous().log_in(&user.username, password).await;
            let answer = answer.expect_problem(429, "too-many-attempts");
            assert_eq!(answer.header("retry-after"), Some("30"));
        }
        world.advance(TimeDelta::seconds(29));
        world.anonymous().log_in(&user.username, PASSWORD).await.expect_problem(429, "too-many-attempts");
        world.advance(TimeDelta::seconds(1));
        world.anonymous().log_in(&user.username, PASSWORD).await.expect(200);
        // Cleared: the count starts again.
        fail(&world, &user.username, 4).await;
        world.anonymous().log_in(&user.username, PASSWORD).await.expect(200);
    }

    async fn the_wait_doubles_with_each_failure_after_it(world: World) {
        let user = world.worker("kragero/skole").await;
        fail(&world, &user.username, 5).await;
        for seconds in [30, 60, 120, 240] {
            let answer = world.anonymous().log_in(&user.username, PASSWORD).await.expect(429);
            assert_eq!(answer.header("retry-after"), Some(seconds.to_string().as_str()));
            world.advance(TimeDelta::seconds(seconds));
            fail(&world, &user.username, 1).await;
        }
    }

    async fn an_unknown_name_is_throttled_like_a_known_one(world: World) {
        fail(&world, "nobody.at.all", 5).await;
        world.anonymous().log_in("nobody.at.all", WRONG).await.expect_problem(429, "too-many-attempts");
        world.anonymous().log_in(" NOBODY.at.all ", WRONG).await.expect_problem(429, "too-many-attempts");
        fail(&world, "somebody.else", 1).await;
    }

    async fn attempts_in_parallel_count_each(world: World) {
        let user = world.worker("kragero/skole").await;
        let mut attempts = JoinSet::new();
        for _ in 0..16 {
            let (stranger, username) = (world.anonymous(), user.username.clone());
            attempts.spawn(async move { stranger.log_in(&username, WRONG).await.status });
        }
        let statuses = attempts.join_all().await;
        let looked_at = statuses.iter().filter(|status| **status == 401).count();
        let refused = statuses.iter().filter(|status| **status == 429).count();
        assert_eq!((looked_at, refused), (5, 11), "{statuses:?}");
    }

    async fn one_address_cannot_try_a_thousand_names(world: World) {
        for number in 0..3 {
            fail(&world, &format!("name.{number}"), 1).await;
        }
        let changed = world.try_execute("UPDATE login_throttle SET failures = 999 WHERE failures = 3").await;
        assert_eq!(changed.expect("a count"), 1, "the count of the address");
        let user = world.worker("kragero/skole").await;
        world.anonymous().log_in(&user.username, PASSWORD).await.expect(200);
        fail(&world, "one.more", 1).await;
        world.anonymous().log_in(&user.username, PASSWORD).await.expect_problem(429, "too-many-attempts");
    }

    async fn all_who_share_an_address_can_log_in_at_once(world: World) {
        let user = world.worker("kragero/skole").await;
        let mut attempts = JoinSet::new();
        for _ in 0..60 {
            let (stranger, username) = (world.anonymous(), user.username.clone());
            attempts.spawn(async move { stranger.log_in(&username, PASSWORD).await.status });
        }
        let statuses = attempts.join_all().await;
        assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
        assert_eq!(world.rows("login_throttle").await, 0, "a right password never counts");
        assert_eq!(world.rows("known_device").await, 10, "the devices of an account are bounded");
    }

    async fn a_refresh_token_gives_new_tokens_and_the_old_access_token_still_works(world: World) {
        let user = world.worker("kragero/skole").await;
        let first = Tokens::log_in(&world, &user).await;
        let second = Tokens::of(&refresh(&world, &first.refresh).await.expect(200));
        assert_ne!(first.refresh, second.refresh);
        assert_ne!(first.access, second.access);
        first.are_good(&world).await;
        second.are_good(&world).await;
        let third = Tokens::of(&refresh(&world, &second.refresh).await.expect(200));
        third.are_good(&world).await;
    }

    async fn a_refresh_token_used_twice_ends_the_session(world: World) {
        let user = world.worker("kragero/skole").await;
        let first = Tokens::log_in(&world, &user).await;
        let other_session = Tokens::log_in(&world, &user).await;
        let second = Tokens::of(&refresh(&world, &first.refresh).await.expect(200));
        second.are_good(&world).await;
        refresh(&world, &first.refresh).await.expect_problem(401, "refresh-failed");
        first.are_dead(&world).await;
        second.are_dead(&world).await;
        other_session.are_good(&world).await;
    }

    async fn of_two_refreshes_at_once_one_wins_and_the_session_ends(world: World) {
        let user = world.worker("kragero/skole").await;
        let tokens = Tokens::log_in(&world, &user).await;
        let (one, two) = tokio::join!(refresh(&world, &tokens.refresh), refresh(&world, &tokens.refresh));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401], "{one:?} {two:?}");
        tokens.have_no_access(&world).await;
        let winner = if one.status == 200 { one } else { two };
        Tokens::of(&winner).are_dead(&world).await;
    }

    async fn an_unknown_refresh_token_is_refused(world: World) {
        let user = world.worker("kragero/skole").await;
        let tokens = Tokens::log_in(&world, &user).await;
        for token in ["", "nonsense", tokens.access.as_str()] {
            refresh(&world, token).await.expect_problem(401, "refresh-failed");
        }
        tokens.are_good(&world).await;
    }

    async fn logging_out_ends_the_session_at_once_and_no_other(world: World) {
        let user = world.worker("kragero/skole").await;
        let (one, other) = (Tokens::log_in(&world, &user).await, Tokens::log_in(&world, &user).await);
        let newer = Tokens::of(&refresh(&world, &one.refresh).await.expect(200));
        world.anonymous().post("/v1/auth/logout").bearer(&one.access).send().await.expect(204);
        one.have_no_access(&world).await;
        newer.are_dead(&world).await;
        other.are_good(&world).await;
        world.anonymous().post("/v1/auth/logout").bearer(&one.access).send().await.expect(401);
    }

    async fn an_access_token_lives_ten_minutes(world: World) {
        let user = world.worker("kragero/skole").await;
        let tokens = Tokens::log_in(&world, &user).await;
        world.advance(TimeDelta::seconds(599));
        tokens.are_good(&world).await;
        world.advance(TimeDelta::seconds(1));
        tokens.have_no_access(&world).await;
        Tokens::of(&refresh(&world, &tokens.refresh).await.expect(200)).are_good(&world).await;
    }

    async fn a_session_lives_twelve_hours_however_often_it_is_refreshed(world: World) {
        let user = world.worker("kragero/skole").await;
        let mut tokens = Tokens::log_in(&world, &user).await;
        for _ in 0..11 {
            world.advance(TimeDelta::hours(1));
            tokens = Tokens::of(&refresh(&world, &tokens.refresh).await.expect(200));
        }
        world.advance(TimeDelta::minutes(59));
        tokens = Tokens::of(&refresh(&world, &tokens.refresh).await.expect(200));
        tokens.are_good(&world).await;
        world.advance(TimeDelta::minutes(1));
        tokens.are_dead(&world).await;
    }

    async fn who_has_lost_their_account_is_out_with_the_next_request(world: World) {
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let user = world.worker("kragero/skole").await;
        let tokens = Tokens::log_in(&world, &user).await;
        tokens.are_good(&world).await;
        let path = format!("/v1/municipalities/4014/accounts/{}/disable", user.id);
        administrator.post(path).send().await.expect(204);
        tokens.are_dead(&world).await;
        world.anonymous().log_in(&user.username, PASSWORD).await.expect_problem(401, "login-failed");
    }

    async fn who_has_lost_their_role_may_nothing_more_with_the_same_token(world: World) {
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let teacher = world.worker("kragero/skole").await;
        let child = world.child(&teacher, 7).await;
        let tokens = Tokens::log_in(&world, &teacher).await;
        let read = || world.anonymous().get(format!("/v1/children/{}", child.id)).bearer(&tokens.access).send();
        read().await.expect(200);

        let unit = teacher.unit.id;
        let staff = administrator.get(format!("/v1/units/{unit}/staff")).send().await.expect(200);
        let role = staff.items().iter().find(|role| role["person_id"] == json!(teacher.id)).expect("the role");
        let role = role["id"].as_str().expect("an id");
        administrator.delete(format!("/v1/units/{unit}/staff/{role}")).send().await.expect(204);
        read().await.expect_problem(404, "not-found");
        let me = tokens.me(&world).await.expect(200);
        assert_eq!(me.body["roles"], json!([]));
    }
}

/// Changes the password from `PASSWORD`.
async fn change_password(world: &World, tokens: &Tokens, current: &str, new: &str) -> Answer {
    let body = json!({"current_password": current, "new_password": new});
    world.anonymous().post("/v1/me/password").bearer(&tokens.access).json(body).send().await
}

both_engines! {
    async fn a_new_password_ends_every_session_and_the_old_password(world: World) {
        let user = world.worker("kragero/skole").await;
        let (one, other) = (Tokens::log_in(&world, &user).await, Tokens::log_in(&world, &user).await);
        change_password(&world, &one, PASSWORD, ANOTHER).await.expect(204);
        one.are_dead(&world).await;
        other.are_dead(&world).await;
        world.anonymous().log_in(&user.username, PASSWORD).await.expect_problem(401, "login-failed");
        world.anonymous().log_in(&user.username, ANOTHER).await.expect(200);
    }

    async fn a_password_that_is_easily_guessed_is_refused(world: World) {
        let user = world.worker("kragero/skole").await;
        let tokens = Tokens::log_in(&world, &user).await;
        let long = "æ".repeat(129);
        for new in ["", "Kort1!", "fjorten tegn!!", "passwordpassword", "111111111111111", "qwertyuiopasdfgh", &long] {
            change_password(&world, &tokens, PASSWORD, new).await.expect_invalid("/new_password");
        }
        change_password(&world, &tokens, WRONG, ANOTHER).await.expect_invalid("/current_password");
        tokens.are_good(&world).await;
        world.anonymous().log_in(&user.username, PASSWORD).await.expect(200);
    }
}
