//! The access log as a tree: changing, removing, inserting or reordering an entry behind the service's back is detected with
//! only the public key and an old checkpoint.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::TimeDelta;
use serde_json::json;
use sha2::{Digest, Sha256};
use stafett::{
    access::{Decision, Entry},
    fetch_all,
    log_tree::{
        Erasure, EvidenceLine, Finding, LogVerifier, Report, SealError, Verifier, checkpoint, erase_before,
        evidence_of,
    },
};
use uuid::Uuid;

use crate::{
    cast::{Cast, at_once},
    support::{Engine, Role, World, both_engines, log_key},
};

const LOG: &str = "4014";

fn verifier(kept: Option<&str>) -> Verifier {
    let key = LogVerifier::new(&log_key().public_key(LOG)).expect("a public key");
    Verifier::new(LOG, key, kept).expect("a kept checkpoint")
}

pub async fn evidence(world: &World) -> Vec<EvidenceLine> {
    let mut lines = Vec::new();
    evidence_of(&world.db, LOG, |line| {
        lines.push(line);
        Ok::<(), SealError>(())
    })
    .await
    .expect("evidence");
    lines
}

pub async fn verified(world: &World, kept: Option<&str>) -> Report {
    let mut verifier = verifier(kept);
    for line in evidence(world).await {
        // As an auditor receives it, in a file.
        let line = serde_json::to_string(&line).expect("a line");
        verifier.hear(serde_json::from_str(&line).expect("a line")).expect("evidence");
    }
    verifier.report()
}

/// Erases the keys of a municipality's records, behind the back of the service, so that its log is not kept with them.
pub async fn without_records(world: &World) {
    let keys = "UPDATE data_key SET erased_at = recorded_at WHERE municipality = '4014' AND class <> 'log'";
    assert!(world.try_execute(keys).await.expect("keys") > 0);
}

async fn newest(world: &World) -> String {
    let mut tx = world.db.read().await.expect("a transaction");
    checkpoint(&mut tx, LOG, None).await.expect("the database").expect("a checkpoint").1
}

/// A log of several seals, and the checkpoint after the first.
pub async fn sealed(world: &World) -> (Cast, String) {
    let cast = world.shared_case().await;
    world.seal().await;
    let kept = newest(world).await;
    for _ in 0..6 {
        cast.nurse.get(cast.path("")).send().await.expect(200);
    }
    world.seal().await;
    cast.nurse.get(cast.path("/team")).send().await.expect(200);
    world.seal().await;
    assert_eq!(verified(world, Some(&kept)).await.findings, []);
    (cast, kept)
}

/// The ids of the entries, in the order of their positions.
pub async fn ids(world: &World) -> Vec<Uuid> {
    let sql = "SELECT entry_id FROM access_log_leaf WHERE municipality = '4014' ORDER BY position";
    let mut tx = world.db.read().await.expect("a transaction");
    fetch_all!(&mut tx, (Uuid,), sql).expect("places").into_iter().map(|(id,)| id).collect()
}

/// Acts as an operator of the database who has disabled its protections.
pub async fn tamper(world: &World, statements: &[String]) {
    let tables = ["access_log", "access_log_leaf", "access_log_node", "access_log_checkpoint"];
    for table in tables {
        match world.engine {
            Engine::Postgres => {
                world
                    .try_execute(format!("ALTER TABLE {table} DISABLE TRIGGER USER"))
                    .await
                    .expect("no triggers");
            }
            Engine::Sqlite => {
                for end in ["no_update", "no_delete", "no_replace", "waits"] {
                    let drop = format!("DROP TRIGGER IF EXISTS {table}_{end}");
                    world.try_execute(drop).await.expect("no trigger");
                }
            }
        }
    }
    for statement in statements {
        let rows = world.try_execute(statement.clone()).await.expect(statement);
        assert!(rows > 0, "{statement}");
    }
}

both_engines! {
    async fn a_log_that_nobody_touched_is_whole(world: World) {
        let (_cast, kept) = sealed(&world).await;
        let report = verified(&world, Some(&kept)).await;
        let entries = world.number_of("SELECT COUNT(*) FROM access_log WHERE municipality = '4014'").await;
        assert_eq!((report.entries, report.checkpoints), (entries, 3));
        assert_eq!(world.rows("access_log_pending").await, 0);
    }

    async fn a_changed_entry_is_named(world: World) {
        let (_cast, kept) = sealed(&world).await;
        let (ids, place) = (ids(&world).await, 4_usize);
        for set in ["status = 403", "person_id = NULL", "action = 'read_me'", "client = NULL", "shown = '[\"x\"]'"] {
            let change = format!("UPDATE access_log SET {set} WHERE id = {}", world.sql_id(ids[place]));
            let back = world.number_of("SELECT COUNT(*) FROM access_log").await;
            tamper(&world, &[change]).await;
            assert_eq!(back, world.rows("access_log").await);
            let found = verified(&world, Some(&kept)).await.findings;
            assert_eq!(found.first(), Some(&Finding::Changed(4, ids[place])), "{set}: {found:?}");
        }
    }

    async fn a_changed_field_is_not_held_up_by_its_old_digest_beside_it(world: World) {
        let (cast, kept) = sealed(&world).await;
        let auditor = world.staff("kragero/oppvekst", Role::Auditor).await;
        let (ids, place) = (ids(&world).await, 4_usize);
        let proof = auditor.get(format!("/v1/access-log/entries/{}/proof", ids[place])).send().await.expect(200);
        let leaf: serde_json::Value = serde_json::from_str(&proof.text("/leaf")).expect("a leaf");
        world.seal().await;
        let other = format!("person_id = {}", world.sql_id(cast.family.guardians[0].id.uuid()));
        let digest = json!({"digests": {"person": leaf["digests"]["person"]}, "openings": {}});
        tamper(&world, &[format!("UPDATE access_log SET {other}, digests = '{digest}' WHERE id = {}", world.sql_id(ids[place]))]).await;
        let found = verified(&world, Some(&kept)).await.findings;
        assert_eq!(found.first(), Some(&Finding::Changed(4, ids[place])), "{found:?}");
    }

    async fn an_entry_that_is_erased_and_gets_a_value_again_is_named(world: World) {
        let (cast, kept) = sealed(&world).await;
        without_records(&world).await;
        erase_before(&world.db, LOG, world.now() + TimeDelta::hours(1)).await.expect("erased");
        assert_eq!(verified(&world, Some(&kept)).await.findings, []);
        let other = world.sql_id(cast.nurse.id.uuid());
        for (place, set) in [
            (2, format!("person_id = {other}")), (3, format!("child_id = {other}")), (4, "roles = '[{}]'".to_owned()), (5, "client = 'x'".to_owned()),
        ] {
            let ids = ids(&world).await;
            tamper(&world, &[format!("UPDATE access_log SET {set} WHERE id = {}", world.sql_id(ids[place]))]).await;
            let found = verified(&world, Some(&kept)).await.findings;
            let changed = Finding::Changed(place.try_into().expect("small"), ids[place]);
            assert!(found.contains(&changed), "{set}: {found:?}");
        }
    }

    async fn what_is_not_personal_cannot_be_hidden_as_if_it_were_erased(world: World) {
        let (_cast, kept) = sealed(&world).await;
        without_records(&world).await;
        erase_before(&world.db, LOG, world.now() + TimeDelta::hours(1)).await.expect("erased");
        let mut lines = evidence(&world).await;
        let place = lines.iter_mut().find_map(|line| match line {
            EvidenceLine::Place { position: 4, id, entry: Some(entry), .. } => Some((*id, entry)),
            _ => None,
        });
        let (id, entry) = place.expect("a place");
        let opening = STANDARD.decode(&entry.openings["decision"]).expect("an opening");
        let value = serde_json::to_vec(&entry.fields["decision"]).expect("a value");
        let digest = STANDARD.encode(Sha256::digest([opening, value].concat()));
        entry.fields.remove("decision");
        entry.digests.insert("decision".to_owned(), digest);
        let mut verifier = verifier(Some(&kept));
        lines.into_iter().for_each(|line| verifier.hear(line).expect("evidence"));
        let found = verifier.report().findings;
        assert_eq!(found.first(), Some(&Finding::Changed(4, id)), "{found:?}");
    }

    async fn an_entry_of_a_case_that_was_erased_before_an_older_one_of_it_is_not_missed(world: World) {
        let cast = world.shared_case().await;
        let now = world.now();
        let look = |minutes: i64| {
            let at = now + TimeDelta::minutes(minutes);
            let decision = Decision { allowed: true, ..Decision::default() };
            let entry = Entry::of(None, "read_case", "Case", at);
            Entry { municipality: LOG.to_owned(), case: Some(cast.case.uuid()), decision, status: 200, ..entry }
        };
        // Concurrent requests: sealed in another order than that of their times.
        for minutes in [20, 10, 30] {
            world.log().append(vec![look(minutes)]).await.expect("the log is written");
            world.seal().await;
        }
        let kept = newest(&world).await;
        without_records(&world).await;
        erase_before(&world.db, LOG, now + TimeDelta::minutes(15)).await.expect("erased");
        assert_eq!(verified(&world, Some(&kept)).await.findings, []);
        let last = ids(&world).await.len() - 2;
        tamper(&world, &[format!("UPDATE access_log_leaf SET count = count + 2 WHERE municipality = '4014' AND position > {last}")]).await;
        let found = verified(&world, Some(&kept)).await.findings;
        assert!(found.iter().any(|finding| matches!(finding, Finding::Miscounted(..))), "more is missing than was erased: {found:?}");
    }

    async fn a_removed_entry_is_named(world: World) {
        let (_cast, kept) = sealed(&world).await;
        let ids = ids(&world).await;
        let last = ids.len() - 1;
        tamper(&world, &[format!("DELETE FROM access_log WHERE id = {}", world.sql_id(ids[last]))]).await;
        let found = verified(&world, Some(&kept)).await.findings;
        assert_eq!(found.first(), Some(&Finding::Removed(last.try_into().expect("small"), ids[last])));
        tamper(&world, &[format!("DELETE FROM access_log_leaf WHERE entry_id = {}", world.sql_id(ids[2]))]).await;
        let found = verified(&world, Some(&kept)).await.findings;
        assert_eq!(found.first(), Some(&Finding::MissingPlace(2)), "{found:?}");
    }

    async fn a_log_that_is_cut_short_is_found_by_the_checkpoint_that_was_kept(world: World) {
        let (_cast, _) = sealed(&world).await;
        let (kept, ids) = (newest(&world).await, ids(&world).await);
        let (last, size) = (ids[ids.len() - 1], i64::try_from(ids.len()).expect("small"));
        tamper(&world, &[
            format!("DELETE FROM access_log WHERE id = {}", world.sql_id(last)),
            format!("DELETE FROM access_log_leaf WHERE entry_id = {}", world.sql_id(last)),
            format!("DELETE FROM access_log_checkpoint WHERE municipality = '4014' AND size = {size}"),
        ]).await;
        assert_eq!(verified(&world, None).await.findings, [], "nothing else differs");
        assert_eq!(verified(&world, Some(&kept)).await.findings, [Finding::Shorter(size - 1, size)]);
    }

    async fn an_inserted_entry_is_named(world: World) {
        let (_cast, kept) = sealed(&world).await;
        let (ids, new) = (ids(&world).await, Uuid::now_v7());
        let columns = "municipality, at, request_id, client, person_id, roles, action, object_type, object_id, case_id,
            child_id, decision, policies, legal_basis, ground, consents, shown, status, kind, salt";
        let (insert, copy) = (world.sql_id(new), world.sql_id(ids[3]));
        let forge = format!("INSERT INTO access_log (id, {columns}) SELECT {insert}, {columns} FROM access_log WHERE id = {copy}");
        tamper(&world, &[forge]).await;
        let found = verified(&world, Some(&kept)).await.findings;
        assert_eq!(found, [Finding::Inserted(None, new)]);
        // With a position of its own, before others that move on.
        tamper(&world, &[
            "UPDATE access_log_leaf SET position = position + 1000 WHERE municipality = '4014' AND position >= 4".to_owned(),
            "UPDATE access_log_leaf SET position = position - 999 WHERE municipality = '4014' AND position >= 1000".to_owned(),
            format!("INSERT INTO access_log_leaf (municipality, position, entry_id, count) VALUES ('4014', 4, {insert}, NULL)"),
        ]).await;
        let found = verified(&world, Some(&kept)).await.findings;
        assert_eq!(found.first(), Some(&Finding::Inserted(Some(4), new)), "{found:?}");
    }

    async fn entries_in_another_order_are_named(world: World) {
        let (_cast, kept) = sealed(&world).await;
        let ids = ids(&world).await;
        let place = |at: usize, to: i64| {
            format!("UPDATE access_log_leaf SET position = {to} WHERE entry_id = {}", world.sql_id(ids[at]))
        };
        tamper(&world, &[place(2, 9999), place(5, 2), place(2, 5)]).await;
        let found = verified(&world, Some(&kept)).await.findings;
        assert_eq!(found.first(), Some(&Finding::Reordered(2, ids[5])), "{found:?}");
    }

    async fn a_tree_that_is_made_anew_does_not_have_the_root_that_was_signed(world: World) {
        let (_cast, kept) = sealed(&world).await;
        let ids = ids(&world).await;
        let change = format!("UPDATE access_log SET status = 403 WHERE id = {}", world.sql_id(ids[4]));
        tamper(&world, &[change]).await;
        // All hashes are removed, and the current content is sealed again, with the key of the service.
        let clear = ["access_log_checkpoint", "access_log_node", "access_log_leaf", "access_log_term", "access_log_count"];
        let clear = clear.map(|table| format!("DELETE FROM {table}"));
        tamper(&world, &clear).await;
        let wait = "INSERT INTO access_log_pending SELECT municipality, id FROM access_log";
        tamper(&world, &[wait.to_owned()]).await;
        world.seal().await;
        assert_eq!(verified(&world, None).await.findings, [], "it agrees with itself");
        let found = verified(&world, Some(&kept)).await.findings;
        assert!(matches!(found[..], [Finding::Kept(_)]), "{found:?}");
    }

    async fn a_checkpoint_that_another_signed_is_no_checkpoint(world: World) {
        let (_cast, _) = sealed(&world).await;
        tamper(&world, &["UPDATE access_log_checkpoint SET note = REPLACE(note, '4014', '4001')".to_owned()]).await;
        let found = verified(&world, None).await.findings;
        assert!(found.iter().any(|finding| matches!(finding, Finding::Checkpoint(_))), "{found:?}");
    }

    async fn what_the_family_sees_of_a_case_is_counted_without_a_gap(world: World) {
        let (cast, _) = sealed(&world).await;
        cast.nurse.get(cast.path("/goals")).send().await.expect(200);
        world.worker("kragero/nav").await.get(cast.path("")).send().await.expect(404);
        world.seal().await;
        let sql = format!(
            "SELECT f.count, l.case_id FROM access_log_leaf f JOIN access_log l ON l.id = f.entry_id
             WHERE l.case_id = {} AND l.decision = 'permit' AND l.status < 400 ORDER BY f.position",
            world.sql_id(cast.case.uuid())
        );
        let mut tx = world.db.read().await.expect("a transaction");
        let counts = fetch_all!(&mut tx, (Option<i64>, Uuid), sqlx::AssertSqlSafe(sql)).expect("counts");
        let counts: Vec<_> = counts.into_iter().map(|(count, _)| count.expect("counted")).collect();
        let expected: Vec<_> = (1..=i64::try_from(counts.len()).expect("small")).collect();
        assert!(counts.len() > 8 && counts == expected, "{counts:?}");
        tx.rollback().await.expect("done");
        let denied = "SELECT COUNT(*) FROM access_log_leaf f JOIN access_log l ON l.id = f.entry_id
            WHERE f.count IS NOT NULL AND l.decision = 'deny'";
        assert_eq!(world.number_of(denied).await, 0);
    }

    async fn two_sealers_at_once_give_each_entry_one_place(world: World) {
        let cast = world.shared_case().await;
        for _ in 0..10 {
            tokio::join!(
                async { cast.nurse.get(cast.path("")).send().await.expect(200); },
                async { cast.teacher.get(cast.path("/team")).send().await.expect(200); },
                world.seal(),
                world.seal(),
                world.seal(),
            );
        }
        world.seal().await;
        assert_eq!(verified(&world, None).await.findings, []);
        let places = ids(&world).await;
        assert_eq!(places.iter().collect::<BTreeSet<_>>().len(), places.len());
        assert_eq!(world.rows("access_log_pending").await, 0);
    }

    async fn all_of_many_old_entries_of_one_moment_lose_their_personal_fields(world: World) {
        let (cast, kept) = sealed(&world).await;
        for _ in 0..42 {
            at_once((0..25).map(|_| cast.nurse.get("/v1/me"))).await;
        }
        world.seal().await;
        let before = world.now() + TimeDelta::seconds(1);
        let sealed = world.number_of("SELECT COUNT(*) FROM access_log_leaf WHERE municipality = '4014'").await;
        assert!(sealed > 1000, "more than two batches: {sealed}");
        without_records(&world).await;
        let Erasure { erased, .. } = erase_before(&world.db, LOG, before).await.expect("erased");
        assert_eq!(i64::try_from(erased).expect("small"), sealed);
        let left = "SELECT COUNT(*) FROM access_log WHERE municipality = '4014' AND salt IS NOT NULL";
        assert_eq!(world.number_of(left).await, 0);
        assert_eq!(verified(&world, Some(&kept)).await.findings, []);
    }

    async fn old_entries_lose_their_personal_fields_and_the_tree_still_verifies(world: World) {
        let (cast, kept) = sealed(&world).await;
        let before = world.now() + TimeDelta::hours(1);
        world.advance(TimeDelta::hours(2));
        cast.nurse.get(cast.path("")).send().await.expect(200);
        world.seal().await;
        let old = ids(&world).await.len() - 2;
        without_records(&world).await;
        let Erasure { erased, kept: spared } = erase_before(&world.db, LOG, before).await.expect("erased");
        assert!(usize::try_from(erased).expect("small") >= old && spared == 0, "{erased} of {old}");
        let named = "SELECT COUNT(*) FROM access_log WHERE digests IS NOT NULL AND (person_id IS NOT NULL OR child_id IS NOT NULL
            OR case_id IS NOT NULL OR client IS NOT NULL OR salt IS NOT NULL OR roles <> '[]' OR shown <> '[]'
            OR consents <> '[]')";
        assert_eq!(world.number_of(named).await, 0);
        let report = verified(&world, Some(&kept)).await;
        assert_eq!((report.findings.as_slice(), report.erased), (&[][..], i64::try_from(erased).expect("small")));
        assert!(report.erased_until.is_some_and(|until| until < before));
        assert_eq!(erase_before(&world.db, LOG, before).await.expect("erased"), Erasure::default());
        // A field that was never sealed fits no entry, even where the personal fields are erased.
        let mut verifier = verifier(Some(&kept));
        for mut line in evidence(&world).await {
            if let EvidenceLine::Place { position: 0, entry: Some(entry), .. } = &mut line {
                entry.fields.insert("invented".to_owned(), json!(["hpl § 25"]));
            }
            verifier.hear(line).expect("evidence");
        }
        assert!(matches!(verifier.report().findings[..], [Finding::Changed(0, ..)]));
        // The rest of the entry is compared with what was sealed.
        for set in ["status = 404", "legal_basis = '[]'", "ground = '[]'", "ground = NULL", "consents = '[\"x\"]'", "digests = REPLACE(digests, 'A', 'B')", "digests = '{\"digests\":{},\"openings\":{}}'"] {
            tamper(&world, &[format!("UPDATE access_log SET {set} WHERE digests IS NOT NULL AND action = 'read_case'")]).await;
            let found = verified(&world, Some(&kept)).await.findings;
            assert!(matches!(found.first(), Some(Finding::Changed(..))), "{set}: {found:?}");
        }
    }
}
