//! The access log is kept as long as the record itself (pjl § 25); what is about no record goes by its age.

use chrono::{DateTime, Utc};
use stafett::{
    fetch_all,
    log_tree::{Erasure, erase_before},
};

use crate::{
    log_tree::{sealed, verified, without_records},
    support::{Role, World, both_engines},
};

const LOG: &str = "4014";
const OF_RECORDS: &str = "SELECT COUNT(*) FROM access_log WHERE municipality = '4014' AND (child_id IS NOT NULL OR case_id IS NOT NULL)";
const OF_NONE: &str = "SELECT COUNT(*) FROM access_log WHERE municipality = '4014' AND salt IS NOT NULL AND child_id IS NULL AND case_id IS NULL";

async fn number(world: &World, sql: &str) -> u64 {
    u64::try_from(world.number_of(sql).await).expect("a number")
}

async fn erase(world: &World, before: DateTime<Utc>) -> Erasure {
    erase_before(&world.db, LOG, before).await.expect("erased")
}

both_engines! {
    async fn what_is_about_a_record_is_kept_with_it_and_the_rest_goes_by_age(world: World) {
        let (cast, kept) = sealed(&world).await;
        world.staff("kragero/oppvekst", Role::Auditor).await.get("/v1/access-log").send().await.expect(200);
        world.close_case(&cast.teacher, cast.case).await;
        world.seal().await;
        let (of_records, of_none) = (number(&world, OF_RECORDS).await, number(&world, OF_NONE).await);
        assert!(of_records > 5 && of_none > 0, "{of_records}, {of_none}");
        let before = world.now() + chrono::TimeDelta::days(4000);
        assert_eq!(erase(&world, before).await, Erasure { erased: of_none, kept: of_records });
        assert_eq!(number(&world, OF_RECORDS).await, of_records, "a closed case is kept, too");
        let named = "SELECT COUNT(*) FROM access_log WHERE person_id IS NOT NULL AND child_id IS NULL AND case_id IS NULL";
        assert_eq!(number(&world, named).await, 0);
        assert_eq!(verified(&world, Some(&kept)).await.findings, []);
        assert_eq!(erase(&world, before).await, Erasure { erased: 0, kept: of_records }, "again");
        without_records(&world).await;
        assert_eq!(erase(&world, before).await, Erasure { erased: of_records, kept: 0 }, "the record is gone");
        assert_eq!(verified(&world, Some(&kept)).await.findings, []);
    }

    async fn age_is_a_minimum_for_what_is_about_no_record(world: World) {
        let (_cast, _) = sealed(&world).await;
        let first = world.now();
        world.advance(chrono::TimeDelta::hours(1));
        world.staff("kragero/oppvekst", Role::Auditor).await.get("/v1/access-log").send().await.expect(200);
        world.seal().await;
        erase(&world, first + chrono::TimeDelta::minutes(30)).await;
        let left = "SELECT at FROM access_log WHERE municipality = '4014' AND salt IS NOT NULL AND child_id IS NULL AND case_id IS NULL";
        let mut tx = world.db.read().await.expect("a transaction");
        let left: Vec<(DateTime<Utc>,)> = fetch_all!(&mut tx, (DateTime<Utc>,), left).expect("times");
        assert!(!left.is_empty() && left.iter().all(|(at,)| *at > first), "{left:?}");
    }

    async fn many_entries_are_gone_through_once(world: World) {
        let (_cast, _) = sealed(&world).await;
        world.staff("kragero/oppvekst", Role::Auditor).await.get("/v1/access-log").send().await.expect(200);
        world.seal().await;
        let (of_records, of_none) = (number(&world, OF_RECORDS).await, number(&world, OF_NONE).await);
        // More than the entries that are considered at a time, of both kinds, in turn.
        let id = match world.engine {
            crate::support::Engine::Sqlite => "CAST(x'01a20000000070008000' || randomblob(6) AS BLOB)",
            crate::support::Engine::Postgres => "gen_random_uuid()",
        };
        let columns = "municipality, at, request_id, client, person_id, roles, action, object_type, object_id, case_id,
            child_id, decision, policies, legal_basis, ground, consents, shown, status, kind, salt";
        for action in ["read_case", "search_access_log"] {
            let copies = format!(
                "INSERT INTO access_log (id, {columns})
                 WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 700)
                 SELECT {id}, {columns} FROM n,
                 (SELECT {columns} FROM access_log WHERE action = '{action}' AND municipality = '4014' LIMIT 1) one"
            );
            assert_eq!(world.try_execute(copies).await.expect("copies"), 700);
        }
        world.seal().await;
        let before = world.now() + chrono::TimeDelta::hours(1);
        assert_eq!(erase(&world, before).await, Erasure { erased: of_none + 700, kept: of_records + 700 });
    }
}
