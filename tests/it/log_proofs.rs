//! The proofs that let auditors and families verify the log without trusting the service.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use stafett::log_tree::LogVerifier;
use tlog_tiles::tlog::{Hash, check_record, check_tree, record_hash};

use crate::{
    cast::Cast,
    support::{Role, User, World, both_engines, files, log_key},
};

async fn auditor(world: &World) -> User {
    world.staff("kragero/oppvekst", Role::Auditor).await.user
}

fn opened(note: &str) -> (u64, Hash) {
    let key = LogVerifier::new(&log_key().public_key("4014")).expect("a public key");
    key.open(note).expect("a signed checkpoint")
}

fn hash(line: &str) -> Hash {
    Hash::parse_hash(line).expect("a hash")
}

/// Verifies a leaf with its proof as a file, using only these and the public key.
fn check(leaf: &str, proof: &str) {
    let (proof, note) = proof.split_once("\n\n").expect("a proof and a checkpoint");
    let mut lines = proof.lines();
    assert_eq!(lines.next(), Some("c2sp.org/tlog-proof@v1"));
    let index = lines.next().and_then(|line| line.strip_prefix("index ")).expect("an index");
    let hashes: Vec<Hash> = lines.map(hash).collect();
    let (size, root) = opened(note);
    check_record(&hashes, size, root, index.parse().expect("a number"), record_hash(leaf.as_bytes()))
        .expect("proven");
    let other = leaf.replace("4014", "4001");
    assert!(
        check_record(&hashes, size, root, index.parse().expect("a number"), record_hash(other.as_bytes()))
            .is_err()
    );
}

async fn looked_at(world: &World) -> Cast {
    let cast = world.shared_case().await;
    cast.nurse.get(cast.path("")).send().await.expect(200);
    world.seal().await;
    cast
}

both_engines! {
    async fn an_auditor_keeps_checkpoints_and_sees_that_the_log_has_only_grown(world: World) {
        let (cast, auditor) = (looked_at(&world).await, auditor(&world).await);
        let kept = auditor.get("/v1/access-log/checkpoint").send().await.expect(200);
        assert_eq!(kept.header("content-type"), Some("text/plain; charset=utf-8"));
        let (from, old) = opened(&kept.text);
        cast.nurse.get(cast.path("/team")).send().await.expect(200);
        world.seal().await;
        let grown = auditor.get(format!("/v1/access-log/consistency?from={from}")).send().await.expect(200);
        let (size, root) = opened(&grown.text("/checkpoint"));
        assert!(size > from && grown.body["size"] == json!(size));
        let hashes: Vec<Hash> = grown.body["hashes"].as_array().expect("hashes").iter()
            .map(|line| hash(line.as_str().expect("a hash"))).collect();
        check_tree(&hashes, size, root, from, old).expect("the log has only grown");
        assert!(check_tree(&hashes, size, root, from, root).is_err());
        let again = auditor.get(format!("/v1/access-log/checkpoint?size={from}")).send().await.expect(200);
        assert_eq!(again.text, kept.text, "checkpoints are kept");
        auditor.get(format!("/v1/access-log/consistency?from={}", size + 1)).send().await.expect_invalid("?from");
    }

    async fn an_auditor_is_given_the_proof_of_an_entry(world: World) {
        let (cast, auditor) = (looked_at(&world).await, auditor(&world).await);
        let entries = auditor.get(format!("/v1/access-log?case_id={}&action=read_case", cast.case)).send().await.expect(200);
        let entry = entries.items()[0]["id"].as_str().expect("an id").to_owned();
        let proof = auditor.get(format!("/v1/access-log/entries/{entry}/proof")).send().await.expect(200);
        check(&proof.text("/leaf"), &proof.text("/tlog_proof"));
        assert!(proof.text("/leaf").contains(&entry));
        let leaf: Value = serde_json::from_str(&proof.text("/leaf")).expect("JSON");
        for (field, opened) in proof.body["opened"].as_object().expect("fields") {
            let opening = STANDARD.decode(opened["opening"].as_str().expect("an opening")).expect("base64");
            let value = serde_json::to_vec(&opened["value"]).expect("JSON");
            let digest = STANDARD.encode(Sha256::digest([opening, value].concat()));
            assert_eq!(leaf["digests"][field], digest, "{field}");
        }
        assert_eq!(proof.body["opened"]["person"]["value"], cast.nurse.id.to_string());
        assert_eq!(proof.body["opened"].as_object().map(serde_json::Map::len), leaf["digests"].as_object().map(serde_json::Map::len));
        let other = world.staff("porsgrunn/skole", Role::Auditor).await;
        other.get(format!("/v1/access-log/entries/{entry}/proof")).send().await.expect(404);
        other.get("/v1/access-log/checkpoint?municipality=4014").send().await.expect(404);
        auditor.get(format!("/v1/access-log/entries/{}/proof", uuid::Uuid::now_v7())).send().await.expect(404);
    }

    async fn the_hashes_of_tiles_are_those_of_the_leaves(world: World) {
        let (_cast, auditor) = (looked_at(&world).await, auditor(&world).await);
        let entry = world.newest_entry("4014").await;
        let proof = auditor.get(format!("/v1/access-log/entries/{entry}/proof")).send().await.expect(200);
        let (position, leaf) = (proof.body["position"].as_u64().expect("a place"), proof.text("/leaf"));
        let path = format!("/v1/access-log/tile/0/000.p/{}", position + 1);
        let tile = auditor.get(path).send().await.expect(200);
        let hashes = tile.bytes.chunks(32).collect::<Vec<_>>();
        assert_eq!(hashes.last().expect("a hash"), &record_hash(leaf.as_bytes()).0);
        for nothing in ["0/000", "0/000.p/255", "1/000.p/1", "data/000.p/1", "0/x", "9/000", "64/000", "99/000", "0/000.p/00", "0/000.p/0"] {
            auditor.get(format!("/v1/access-log/tile/{nothing}")).send().await.expect(404);
        }
    }

    async fn a_guardian_takes_along_who_has_looked_with_proof_of_each(world: World) {
        let cast = looked_at(&world).await;
        let mother = &cast.family.guardians[0];
        let archive = mother.get(cast.path("/access-log/download")).send().await.expect(200);
        assert_eq!(archive.header("content-type"), Some("application/zip"));
        let files = files(&archive.bytes);
        let file = |name: &str| files.iter().find(|(found, _)| found == name).map(|(_, text)| text.clone());
        assert_eq!(file("public-key.txt").expect("a key").trim(), log_key().public_key("4014"));
        let told: Value = serde_json::from_str(&file("access-log.json").expect("a list")).expect("JSON");
        let mut counts = Vec::new();
        for entry in told.as_array().expect("a list").iter().filter(|entry| entry["sealed"] == json!(true)) {
            let number = entry["number"].as_str().expect("a number");
            let [leaf, fields, proof] =
                ["leaf.json", "opened.json", "tlog-proof"].map(|end| file(&format!("{number}.{end}")).expect(end));
            check(&leaf, &proof);
            let leaf: Value = serde_json::from_str(&leaf).expect("a leaf");
            counts.extend(leaf["count"].as_i64());
            let fields: Value = serde_json::from_str(&fields).expect("fields");
            assert!(fields["person"].is_object() && fields["client"].is_null() && fields["action"].is_null());
            for (name, field) in fields.as_object().expect("fields") {
                let mut opening = STANDARD.decode(field["opening"].as_str().expect("an opening")).expect("base64");
                opening.extend(field["value"].to_string().as_bytes());
                assert_eq!(leaf["digests"][name], json!(STANDARD.encode(Sha256::digest(&opening))), "{name}");
            }
        }
        counts.sort_unstable();
        assert!(counts.len() > 5);
        let of_case: Vec<_> = (1..=counts.iter().max().copied().expect("counted")).collect();
        assert!(of_case.iter().all(|count| counts.contains(count)), "an entry of the case is missing: {counts:?}");
        cast.nurse.get(cast.path("/access-log/download")).send().await.expect(403);
    }

    async fn the_family_reads_in_plain_words_who_has_looked_and_why(world: World) {
        let cast = looked_at(&world).await;
        let mother = &cast.family.guardians[0];
        let seen = mother.get(cast.path("/access-log?limit=200")).send().await.expect(200);
        let nurse = seen.items().iter().find(|entry| entry["person_name"] == json!(cast.nurse.name)).expect("the nurse");
        let (no, en) = (nurse["words"]["no"].as_str().expect("words"), nurse["words"]["en"].as_str().expect("words"));
        assert!(no.starts_with("22.11.2026 kl. 10.00: ") && no.contains("(ansatt, ") && no.contains("så på saken"), "{no}");
        assert!(en.starts_with("2026-11-22 at 10:00: ") && en.contains("(worker, ") && en.contains("viewed the case"), "{en}");
        assert!(no.contains("samtykke"), "the reason is missing: {no}");
    }

    async fn a_unit_that_the_family_does_not_know_of_is_not_named(world: World) {
        let cast = looked_at(&world).await;
        let mother = &cast.family.guardians[0];
        let responder = world.worker("kragero/barnevern").await;
        let number = cast.family.child.national_id.as_str();
        world.open_in_emergency(&responder, json!({"national_id": number})).await;
        responder.get(cast.path("")).send().await.expect(200);
        world.seal().await;
        let seen = mother.get(cast.path("/access-log?limit=200")).send().await.expect(200);
        assert!(seen.text.contains(&responder.name), "the access is shown");
        let me = responder.get("/v1/me").send().await.expect(200).text("/roles/0/unit_name");
        assert!(!seen.text.contains(&me), "{}", seen.text);
        let archive = mother.get(cast.path("/access-log/download")).send().await.expect(200);
        let unit = responder.unit.id.to_string();
        let named = files(&archive.bytes).into_iter().find(|(_, text)| text.contains(&me) || text.contains(&unit));
        assert!(named.is_none(), "{named:?}");
    }
}
