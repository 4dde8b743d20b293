use tempfile::TempDir;

use super::*;
use crate::kernel::vocabulary::Sector;

fn health() -> KeyName {
    KeyName::sector("4014", Sector::Health)
}

fn opened(sealed: &Sealed) -> Option<String> {
    Content::open(&sealed.0).ok().map(Content::into_string)
}

#[test]
fn another_server_opens_what_one_has_sealed() {
    let folder = TempDir::new().expect("a folder");
    let master = MasterKey::random().expect("a key");
    let one = Vault::open(folder.path(), master.clone()).expect("a vault");
    let other = Vault::open(folder.path(), master).expect("a vault");
    let sealed = one.seal(&health(), "asthma").expect("sealed");
    assert_eq!(opened(&sealed).as_deref(), Some("asthma"));
    let id = |vault: &Vault| vault.newest(&health()).expect("a key").id;
    assert_eq!(id(&one), id(&other), "the key is made once");
    assert_eq!(one.index("x").expect("hash"), other.index("x").expect("hash"));
}

#[test]
fn another_master_key_opens_nothing() {
    let folder = TempDir::new().expect("a folder");
    let vault = Vault::open(folder.path(), MasterKey::random().expect("a key")).expect("a vault");
    vault.seal(&health(), "asthma").expect("sealed");
    assert!(matches!(
        Vault::open(folder.path(), MasterKey::random().expect("a key")),
        Err(VaultError::Damaged)
    ));
}

#[test]
fn a_new_generation_seals_and_the_old_one_still_opens() {
    let folder = TempDir::new().expect("a folder");
    let vault = Vault::open(folder.path(), MasterKey::random().expect("a key")).expect("a vault");
    let before = vault.seal(&health(), "asthma").expect("sealed");
    let index = vault.index("x").expect("hash");
    vault.renew().expect("renewed");
    assert_eq!(opened(&before).as_deref(), Some("asthma"));
    assert_eq!(vault.index("x").expect("hash"), index);
    let after = vault.reseal(&before.0).expect("resealed").expect("with a newer key");
    assert_eq!(vault.reseal(&after.0).expect("nothing to do"), None);
    for id in vault.superseded(Duration::ZERO) {
        vault.erase(id).expect("erased");
    }
    assert_eq!(opened(&before), None);
    assert_eq!(opened(&after).as_deref(), Some("asthma"));
}

#[test]
fn a_new_master_key_wraps_the_same_data_keys_also_when_it_was_broken_off() {
    let folder = TempDir::new().expect("a folder");
    let [old, new] = [(); 2].map(|()| MasterKey::random().expect("a key"));
    let vault = Vault::open(folder.path(), old.clone()).expect("a vault");
    let school = KeyName::sector("4014", Sector::School);
    let sealed = vault.seal(&health(), "asthma").expect("sealed");
    vault.seal(&school, "reading").expect("sealed");
    // One key is wrapped by the new master key, and another was interrupted halfway.
    let path = folder.path().join(format!("{}-1.key", health()));
    let (id, key) = old.unwrap(&fs::read_to_string(&path).expect("a file")).expect("a key");
    fs::write(&path, new.wrap(id, &key).expect("wrapped")).expect("written");
    fs::write(folder.path().join(format!("{school}-1.new")), "half").expect("written");
    assert!(matches!(Vault::open(folder.path(), old.clone()), Err(VaultError::Damaged)));

    let both = Vault::open_either(folder.path(), old, Some(new.clone())).expect("a vault");
    assert_eq!(both.rewrap().expect("wrapped"), 2);
    let text = new.to_text();
    Vault::open(folder.path(), MasterKey::parse(&text).expect("a key")).expect("a vault");
    assert_eq!(opened(&sealed).as_deref(), Some("asthma"));
}

#[test]
fn what_an_erased_key_has_sealed_is_gone_for_good() {
    let folder = TempDir::new().expect("a folder");
    let vault = Vault::open(folder.path(), MasterKey::random().expect("a key")).expect("a vault");
    let school = KeyName::sector("4014", Sector::School);
    let (secret, other) = (vault.seal(&health(), "asthma"), vault.seal(&school, "reading"));
    let (secret, other) = (secret.expect("sealed"), other.expect("sealed"));
    assert_eq!(vault.erase_all(&health()).expect("erased"), 1);
    assert!(matches!(Content::open(&secret.0), Err(VaultError::Erased)));
    assert_eq!(opened(&other).as_deref(), Some("reading"), "other sectors are as they were");
    vault.index("x").expect("hash");
    assert!(matches!(vault.erase_all(&KeyName::people(INDEX)), Err(VaultError::Index)));
    let next = vault.seal(&health(), "hay fever").expect("sealed");
    assert_eq!(opened(&next).as_deref(), Some("hay fever"), "with a new key");
    assert!(matches!(Content::open(&secret.0), Err(VaultError::Erased)));
}
