//! If the access log cannot be written, nothing is shown: 503, until it can.

use sqlx::AssertSqlSafe;
use stafett::{
    access::Entry,
    db::{Pools, Tx},
    execute,
};
use tokio::task::JoinSet;

use crate::{
    cast::Cast,
    support::{Answer, Engine, World, both_engines},
};

/// More entries than may wait for the writer, plus those it has taken.
const MANY: usize = 6000;

async fn entries(world: &World) -> usize {
    usize::try_from(world.rows("access_log").await).expect("a number")
}

/// Nobody else can write to the log until it is released.
async fn hold_log(world: &World) -> Tx {
    let mut held = world.db.write().await.expect("a transaction");
    if world.engine == Engine::Postgres {
        execute!(&mut held, "LOCK TABLE access_log IN EXCLUSIVE MODE").expect("the log is held");
    }
    held
}

/// The disk is full.
async fn fill_disk(world: &World) {
    match &world.db.pools {
        Pools::Sqlite { writer, .. } => {
            let (pages,): (i64,) =
                sqlx::query_as("PRAGMA page_count").fetch_one(writer).await.expect("pages");
            let full = AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
            sqlx::query(full).execute(writer).await.expect("the file is full");
        }
        Pools::Postgres { .. } => {
            let full = "CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END; $$";
            world.try_execute(full).await.expect("a function");
            let trigger = "CREATE TRIGGER disk_full BEFORE INSERT ON access_log EXECUTE FUNCTION disk_full()";
            world.try_execute(trigger).await.expect("a trigger");
        }
    }
}

async fn clear_disk(world: &World) {
    match &world.db.pools {
        Pools::Sqlite { writer, .. } => {
            let roomy = "PRAGMA max_page_count = 1000000";
            sqlx::query(roomy).execute(writer).await.expect("there is room");
        }
        Pools::Postgres { .. } => {
            world.try_execute("DROP TRIGGER disk_full ON access_log").await.expect("there is room");
        }
    }
}

/// 503, and nothing of the case.
#[track_caller]
fn shows_nothing(cast: &Cast, answer: Answer) {
    let answer = answer.expect_problem(503, "unavailable");
    assert_eq!(answer.header("retry-after"), Some("2"));
    for word in [cast.family.child.name.clone(), cast.case.to_string(), cast.teacher.name.clone()] {
        assert!(!answer.told().contains(&word), "{}", answer.text);
    }
}

both_engines! {
    async fn nothing_is_shown_while_too_many_entries_wait(world: World) {
        let cast = world.shared_case().await;
        let read = cast.nurse.get(cast.path(""));
        read.clone().send().await.expect(200);
        let before = entries(&world).await;
        let held = hold_log(&world).await;
        let mut waiting = JoinSet::new();
        for _ in 0..MANY {
            let (log, entry) = (world.log(), Entry::of(None, "read_case", "Case", world.now()));
            waiting.spawn(async move { log.append(vec![entry]).await.is_ok() });
        }
        // Requests beyond the queue are refused at once; the others wait.
        assert_eq!(waiting.join_next().await.expect("an entry").ok(), Some(false));
        shows_nothing(&cast, read.clone().send().await);
        shows_nothing(&cast, cast.nurse.get(cast.path("/notes")).send().await);
        assert_eq!(entries(&world).await, before);
        held.rollback().await.expect("the log is let go");
        let written = waiting.join_all().await.into_iter().filter(|written| *written).count();
        assert!(written > 4000 && written < MANY, "{written} were written");
        assert_eq!(entries(&world).await, before + written, "what was taken is in the log, and nothing else");
        read.send().await.expect(200);
        assert_eq!(entries(&world).await, before + written + 1);
    }

    async fn nothing_is_shown_or_changed_while_the_disk_is_full(world: World) {
        let cast = world.shared_case().await;
        let read = cast.nurse.get(cast.path(""));
        let body = serde_json::json!({"audience": "team", "kind": "agreed", "contains": [], "text": "Not kept."});
        let write = cast.nurse.post(cast.path("/notes")).json(body);
        let stranger = world.worker("porsgrunn/skole").await;
        let try_it = stranger.get(cast.path(""));
        try_it.clone().send().await.expect(404);
        read.clone().send().await.expect(200);
        fill_disk(&world).await;
        // The file may have room for some entries.
        let (before, mut shown) = (entries(&world).await, 0);
        let refused = loop {
            let answer = read.clone().send().await;
            if answer.status != 200 {
                break answer;
            }
            shown += 1;
            assert!(shown < 500, "the disk is never full");
        };
        shows_nothing(&cast, refused);
        assert_eq!(entries(&world).await, before + shown, "an entry for each answer that showed something");
        shows_nothing(&cast, read.clone().send().await);
        shows_nothing(&cast, write.clone().send().await);
        // The entry of a refusal is shorter, and there may be room for some.
        let refused = loop {
            let answer = try_it.clone().send().await;
            if answer.status != 404 {
                break answer;
            }
            shown += 1;
            assert!(shown < 500, "the disk is never full");
        };
        shows_nothing(&cast, refused);
        assert_eq!((entries(&world).await, world.rows("note").await), (before + shown, 0));
        clear_disk(&world).await;
        read.send().await.expect(200);
        write.send().await.expect(201);
        try_it.send().await.expect(404);
        assert_eq!(entries(&world).await, before + shown + 3);
    }
}
