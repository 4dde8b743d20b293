//! The test vectors of the specification, `docs/verify/vectors.json`. The code is compared with them, so that the encoding
//! cannot change unnoticed. `STAFETT_WRITE_VECTORS=1 cargo test vectors` writes them again.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tlog_tiles::tlog::{prove_record, prove_tree, stored_hash_count, stored_hashes, tree_hash};
use uuid::Uuid;

use super::{EvidenceLine, LogKey, evidence::Evidence, nodes::Nodes, proofs::Proof, stored::StoredEntry};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verify/vectors.json");
const ENTRIES: u8 = 11;

/// The key with these bytes, which is never that of a real log.
fn key() -> LogKey {
    use ed25519_dalek::{
        SigningKey,
        pkcs8::{EncodePrivateKey, spki::der::pem::LineEnding},
    };
    let pem = SigningKey::from_bytes(&[3; 32]).to_pkcs8_pem(LineEnding::LF).expect("a key");
    LogKey::from_pem(&pem.as_str().into(), "stafett.example/access-log").expect("a key")
}

fn entry(number: u8) -> StoredEntry {
    let id = |kind: u8| Uuid::from_bytes([kind; 16]);
    let mut entry = StoredEntry {
        municipality: "4014".to_owned(),
        id: Uuid::from_bytes([number; 16]),
        at: "2026-11-22T09:00:00.1234Z".parse().expect("a time"),
        request_id: format!("request {number}"),
        client: Some("sealed \"text\" of Åse\n\u{1}".to_owned()),
        person_id: Some(id(101)),
        roles: format!(
            r#"[{{"unit_id":"{}","unit":"Kragerø skole","sector":"school","role":"worker"}}]"#,
            id(102)
        ),
        action: "read_case".to_owned(),
        object_type: "Case".to_owned(),
        object_id: Some(id(103).to_string()),
        case_id: Some(id(103)),
        child_id: Some(id(104)),
        decision: "permit".to_owned(),
        policies: r#"["case.team"]"#.to_owned(),
        legal_basis: r#"["fvl § 13 a no. 1"]"#.to_owned(),
        ground: None,
        consents: None,
        shown: "[]".to_owned(),
        status: 200,
        kind: Some("looked".to_owned()),
        salt: Some(vec![number; 16]),
        digests: None,
    };
    match number {
        2 => (entry.decision, entry.status) = ("deny".to_owned(), 404),
        3 => (entry.case_id, entry.object_type) = (None, "Child".to_owned()),
        4 => (entry.person_id, entry.client, entry.kind) = (None, None, None),
        5 => erase(&mut entry),
        // The last two are of version 2.
        10 => rest(&mut entry),
        11 => {
            rest(&mut entry);
            erase(&mut entry);
        }
        _ => {}
    }
    entry
}

fn rest(entry: &mut StoredEntry) {
    let ground =
        r#"[{"law":"forvaltningsloven.samtykke","citation":"fvl § 13 a no. 1","valid_from":"2010-12-17"}]"#;
    entry.ground = Some(ground.to_owned());
    entry.consents = Some(format!(r#"["{}"]"#, Uuid::from_bytes([105; 16])));
}

fn erase(entry: &mut StoredEntry) {
    entry.digests = Some(serde_json::to_string(&entry.kept().expect("a salt")).expect("JSON"));
    (entry.salt, entry.client, entry.person_id, entry.object_id) = (None, None, None, None);
    (entry.case_id, entry.child_id) = (None, None);
    (entry.roles, entry.shown) = ("[]".to_owned(), "[]".to_owned());
    entry.consents = entry.ground.as_ref().map(|_| "[]".to_owned());
}

fn vectors() -> Value {
    // The fifth and the last are erased, but they still count.
    let counts = [1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(|count| (count > 0).then_some(count));
    let (mut nodes, mut leaves, mut roots) = (Nodes::default(), Vec::new(), Vec::new());
    let size = u64::from(ENTRIES);
    for (at, (number, count)) in (1..=ENTRIES).zip(counts).enumerate() {
        let (at, entry) = (at as u64, entry(number));
        let leaf = entry.leaf(count).expect("a leaf");
        let first = stored_hash_count(at);
        let hashes = stored_hashes(at, leaf.text().as_bytes(), &nodes).expect("hashes");
        nodes.hashes.extend((first..).zip(hashes));
        roots.push(tree_hash(at + 1, &nodes).expect("a root"));
        leaves.push((entry, count, leaf));
    }
    let root = roots.last().copied().expect("a root");
    let checkpoint = key().sign("4014", size, root).expect("signed");
    let places: Vec<Value> = leaves
        .iter()
        .zip(&roots)
        .enumerate()
        .map(|(at, ((entry, count, leaf), root))| {
            let line = EvidenceLine::Place {
                position: i64::try_from(at).expect("small"),
                id: entry.id,
                count: *count,
                hash: Some(STANDARD.encode(leaf.hash().0)),
                entry: Some(Evidence::of(entry)),
                unreadable: false,
            };
            let proof = Proof {
                position: at as u64,
                leaf: leaf.text(),
                opened: std::collections::BTreeMap::new(),
                hashes: prove_record(size, at as u64, &nodes).expect("a proof"),
                checkpoint: checkpoint.clone(),
            };
            json!({"line": line, "leaf": leaf.text(), "root": root.to_string(), "proof": proof.file()})
        })
        .collect();
    let consistency: Vec<Value> = (1..=size)
        .map(|from| {
            let hashes = prove_tree(size, from, &nodes).expect("a proof");
            json!({"from": from, "hashes": hashes.iter().map(ToString::to_string).collect::<Vec<_>>()})
        })
        .collect();
    json!({
        "municipality": "4014", "public_key": key().public_key("4014"), "checkpoint": checkpoint,
        "places": places, "consistency": consistency,
    })
}

#[test]
fn the_test_vectors_are_what_the_code_makes() {
    let made = serde_json::to_string_pretty(&vectors()).expect("JSON") + "\n";
    if std::env::var_os("STAFETT_WRITE_VECTORS").is_some() {
        std::fs::write(FILE, &made).expect("written");
    }
    let kept = std::fs::read_to_string(FILE).expect("docs/verify/vectors.json");
    assert_eq!(
        kept, made,
        "the encoding of the access log has changed: every log that was sealed would be found changed"
    );
}
