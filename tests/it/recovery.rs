//! The service recovers by itself from what will pass: locks, cancelled statements, lost connections, a database that is full or only
//! reads.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use stafett::{
    db::{Limits, Pools, Tx},
    execute,
};
use tokio::task::JoinSet;

use crate::{
    cast::Cast,
    support::{Answer, Call, Engine, User, World, both_engines},
};

/// Shorter than those of the service, so that the tests need not wait.
pub const HURRIED: Limits = Limits {
    turn: Duration::from_secs(3),
    lock: Some(Duration::from_millis(500)),
    statement: Some(Duration::from_secs(3)),
    idle_in_transaction: Some(Duration::from_secs(5)),
};

pub fn note(user: &User, cast: &Cast) -> Call {
    let body = serde_json::json!({"audience": "team", "kind": "agreed", "contains": [], "text": "A word."});
    user.post(cast.path("/notes")).json(body)
}

/// 503 with the time to wait.
#[track_caller]
pub fn passes(answer: Answer) -> Answer {
    let answer = answer.expect_problem(503, "unavailable");
    assert!(answer.header("retry-after").is_some_and(|seconds| seconds.parse::<u8>().is_ok()));
    answer
}

/// Runs a statement on the server, beside the service.
async fn on_server(world: &World, sql: String) {
    let mut session = PgConnection::connect(&world.database_url()).await.expect("a connection");
    let may_write = "SET default_transaction_read_only = off";
    sqlx::query(may_write).execute(&mut session).await.expect("a session that writes");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut session).await.expect("done");
}

/// Ends all other connections to the database.
async fn end_connections(world: &World) {
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    on_server(world, sql.to_owned()).await;
}

/// Sends a request until it is answered with this status, which it must be soon.
async fn soon(call: &Call, status: u16) -> Answer {
    for _ in 0..100 {
        let answer = call.clone().send().await;
        if answer.status == status {
            return answer;
        }
        assert!([200, 503].contains(&answer.status), "{answer:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("never {status}");
}

/// Another program has the lock that a note needs.
async fn hold(world: &World) -> Tx {
    let mut held = world.db.write().await.expect("a transaction");
    if world.engine == Engine::Postgres {
        execute!(&mut held, "LOCK TABLE note IN EXCLUSIVE MODE").expect("the table is locked");
    }
    held
}

/// Lets the database only read, or write again.
async fn only_reads(world: &World, served: &World, only: bool) {
    match &served.db.pools {
        Pools::Sqlite { writer, .. } => {
            let sql = if only { "PRAGMA query_only = ON" } else { "PRAGMA query_only = OFF" };
            sqlx::query(sql).execute(writer).await.expect("set");
        }
        Pools::Postgres { .. } => {
            let mode = if only { "on" } else { "off" };
            let sql = format!(
                "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = {mode}', current_database()); END $$"
            );
            on_server(world, sql).await;
            end_connections(world).await;
        }
    }
}

both_engines! {
    async fn a_connection_whose_transaction_has_ended_by_itself_is_not_used_again(world: World) {
        let cast = world.shared_case().await;
        for commits in [true, false] {
            let mut tx = world.db.write().await.expect("a transaction");
            // As SQLite does when the disk is full.
            execute!(&mut tx, "ROLLBACK").expect("it has ended");
            if commits {
                let _fails_on_sqlite = tx.commit().await;
            } else {
                drop(tx);
            }
            note(&cast.nurse, &cast).send().await.expect(201);
        }
        world.anonymous().get("/health/ready").send().await.expect(200);
    }

    async fn a_beginning_that_is_given_up_leaves_no_transaction(world: World) {
        for micros in 0..150 {
            let limit = Duration::from_micros(micros * 20);
            let _given_up = tokio::time::timeout(limit, world.db.write()).await;
            let _given_up = tokio::time::timeout(limit, world.db.read()).await;
        }
        world.try_execute("UPDATE municipality SET name = name").await.expect("a write");
        if world.engine == Engine::Postgres {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let open = "SELECT COUNT(*) FROM pg_stat_activity
                WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
            assert_eq!(world.number_of(open).await, 0);
        }
    }

    async fn what_waits_for_a_lock_is_refused_in_time_and_keeps_nobody_from_reading(world: World) {
        let cast = world.shared_case().await;
        let served = world.within(HURRIED).await;
        let (nurse, teacher) = (served.same(&cast.nurse), served.same(&cast.teacher));
        let read = teacher.get(cast.path(""));
        read.clone().send().await.expect(200);
        nurse.get(cast.path("")).send().await.expect(200);
        let held = hold(&world).await;
        let mut writes = JoinSet::new();
        for _ in 0..20 {
            writes.spawn(note(&nurse, &cast).send());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        let meanwhile = read.clone().send().await;
        match world.engine {
            Engine::Postgres => drop(meanwhile.expect(200)),
            // Every write waits for the one lock of the file, the entry of this read too.
            Engine::Sqlite => drop(passes(meanwhile)),
        }
        for answer in writes.join_all().await {
            passes(answer);
        }
        held.rollback().await.expect("the lock is free");
        soon(&read, 200).await;
        soon(&note(&nurse, &cast), 201).await;
    }

    async fn a_database_that_only_reads_is_not_ready_and_serves_again_when_it_writes(world: World) {
        let cast = world.shared_case().await;
        let served = world.within(HURRIED).await;
        let nurse = served.same(&cast.nurse);
        let (read, ready) = (nurse.get(cast.path("")), served.anonymous().get("/health/ready"));
        read.clone().send().await.expect(200);
        let body = ready.clone().send().await.expect(200).body;
        assert_eq!((&body["status"], &body["sealing"]), (&"ok".into(), &"ok".into()));
        only_reads(&world, &served, true).await;
        passes(note(&nurse, &cast).send().await);
        passes(read.clone().send().await);
        soon(&ready, 503).await;
        served.anonymous().get("/health/live").send().await.expect(200);
        only_reads(&world, &served, false).await;
        soon(&ready, 200).await;
        read.send().await.expect(200);
        note(&nurse, &cast).send().await.expect(201);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_statements_and_ended_connections_of_postgres_will_pass() {
    Engine::Postgres
        .tell(async |world: World| {
            let cast = world.shared_case().await;
            let served = world.within(Limits { lock: None, ..HURRIED }).await;
            let nurse = served.same(&cast.nurse);
            let read = nurse.get(cast.path(""));
            read.clone().send().await.expect(200);
            for end in ["pg_cancel_backend", "pg_terminate_backend"] {
                let held = hold(&world).await;
                let waiting = tokio::spawn(note(&nurse, &cast).send());
                tokio::time::sleep(Duration::from_millis(300)).await;
                let sql = format!(
                    "SELECT {end}(pid) FROM pg_stat_activity
                     WHERE datname = current_database() AND wait_event_type = 'Lock'"
                );
                on_server(&world, sql).await;
                passes(waiting.await.expect("an answer"));
                held.rollback().await.expect("the lock is free");
                note(&nurse, &cast).send().await.expect(201);
            }
            // As after a restart: no connection is left, and no request notices.
            for _ in 0..3 {
                end_connections(&world).await;
                read.clone().send().await.expect(200);
                note(&nurse, &cast).send().await.expect(201);
            }
        })
        .await;
}
