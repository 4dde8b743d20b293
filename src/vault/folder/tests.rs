use std::{fs, path::Path, time::Duration};

use tempfile::TempDir;

use super::*;
use crate::{kernel::vocabulary::Sector, vault::RecordedKey};

fn health() -> KeyName {
    KeyName::sector("4014", Sector::Health)
}

/// A vault of an installation whose database records no key yet.
fn vault_in(folder: &Path, master: MasterKey) -> Arc<Vault> {
    let vault = Vault::open(folder, master).expect("a vault");
    let installation = vault.installation().expect("read").unwrap_or_else(Uuid::new_v4);
    vault.bind(Record::new(installation, Vec::new()), false).expect("bound");
    vault
}

/// Records the keys of the vault, as the commit of a transaction does.
fn recorded(vault: &Vault) -> Vec<RecordedKey> {
    let new = vault.unrecorded();
    vault.are_recorded(new.clone());
    new
}

/// Erases the keys that are wanted, as the database does.
fn erase(vault: &Vault, wanted: impl Fn(&RecordedKey) -> bool) -> usize {
    let ids: Vec<KeyId> = recorded(vault).iter().filter(|key| wanted(key)).map(|key| key.id).collect();
    vault.are_erased(&ids);
    vault.wipe_erased().expect("erased")
}

fn opened(sealed: &Sealed) -> Option<String> {
    Content::open(&sealed.0).ok().map(Content::into_string)
}

#[test]
fn another_server_opens_what_one_has_sealed() {
    let folder = TempDir::new().expect("a folder");
    let master = MasterKey::random().expect("a key");
    let one = vault_in(folder.path(), master.clone());
    let other = vault_in(folder.path(), master);
    let sealed = one.seal(&health(), "asthma").expect("sealed");
    assert_eq!(opened(&sealed).as_deref(), Some("asthma"));
    let id = |vault: &Vault| vault.newest(&health()).expect("a key").id;
    assert_eq!(id(&one), id(&other), "the key is made once");
    assert_eq!(one.index("x").expect("hash"), other.index("x").expect("hash"));
}

#[test]
fn another_master_key_opens_nothing() {
    let folder = TempDir::new().expect("a folder");
    let vault = vault_in(folder.path(), MasterKey::random().expect("a key"));
    vault.seal(&health(), "asthma").expect("sealed");
    assert!(matches!(
        Vault::open(folder.path(), MasterKey::random().expect("a key")),
        Err(VaultError::Wrapped(_))
    ));
}

#[test]
fn a_new_generation_seals_and_the_old_one_still_opens() {
    let folder = TempDir::new().expect("a folder");
    let vault = vault_in(folder.path(), MasterKey::random().expect("a key"));
    let before = vault.seal(&health(), "asthma").expect("sealed");
    let index = vault.index("x").expect("hash");
    vault.renew().expect("renewed");
    assert_eq!(opened(&before).as_deref(), Some("asthma"));
    assert_eq!(vault.index("x").expect("hash"), index);
    let after = vault.reseal(&before.0).expect("resealed").expect("with a newer key");
    assert_eq!(vault.reseal(&after.0).expect("nothing to do"), None);
    let superseded = vault.superseded(Duration::ZERO);
    assert_eq!(erase(&vault, |key| superseded.contains(&key.id)), 1);
    assert_eq!(opened(&before), None);
    assert_eq!(opened(&after).as_deref(), Some("asthma"));
}

#[test]
fn a_new_master_key_wraps_the_same_data_keys_also_when_it_was_broken_off() {
    let folder = TempDir::new().expect("a folder");
    let [old, new] = [(); 2].map(|()| MasterKey::random().expect("a key"));
    let vault = vault_in(folder.path(), old.clone());
    let school = KeyName::sector("4014", Sector::School);
    let sealed = vault.seal(&health(), "asthma").expect("sealed");
    vault.seal(&school, "reading").expect("sealed");
    // One key is wrapped by the new master key, and another was interrupted halfway.
    let path = folder.path().join(format!("{}-1.key", health()));
    let (id, key) = old.unwrap(&fs::read_to_string(&path).expect("a file")).expect("a key");
    fs::write(&path, new.wrap(id, &key).expect("wrapped")).expect("written");
    fs::write(folder.path().join(format!("{school}-1.new")), "half").expect("written");
    assert!(matches!(Vault::open(folder.path(), old.clone()), Err(VaultError::Wrapped(_))));

    let both = Vault::open_either(folder.path(), old, Some(new.clone())).expect("a vault");
    assert_eq!(both.rewrap().expect("wrapped"), 2);
    vault.refresh().expect("a server with the earlier master key goes on");
    assert_eq!(opened(&vault.seal(&health(), "hay fever").expect("sealed")).as_deref(), Some("hay fever"));
    let text = new.to_text();
    Vault::open(folder.path(), MasterKey::parse(&text).expect("a key")).expect("a vault");
    assert_eq!(opened(&sealed).as_deref(), Some("asthma"));
}

#[test]
fn a_server_reads_the_new_master_key_when_it_is_in_its_file() {
    let folder = TempDir::new().expect("a folder");
    let place = TempDir::new().expect("a folder");
    let file = place.path().join("master_key");
    let [old, new] = [(); 2].map(|()| MasterKey::random().expect("a key"));
    fs::write(&file, old.to_text()).expect("written");
    let vault = vault_in(folder.path(), old.clone().kept_in(&file));
    let sealed = vault.seal(&health(), "asthma").expect("sealed");
    let record = recorded(&vault);

    let both = Vault::open_either(folder.path(), old, Some(new.clone())).expect("a vault");
    both.bind(Record::new(vault.installation().expect("read").expect("marked"), record), false)
        .expect("bound");
    assert_eq!(both.rewrap().expect("wrapped"), 1);
    vault.refresh().expect("it has read this key");
    assert!(vault.waits_for_master_key());
    // A new key, wrapped by the master key that goes away, could never be opened again.
    let school = KeyName::sector("4014", Sector::School);
    assert!(matches!(vault.seal(&school, "reading"), Err(VaultError::OtherMaster(_))));
    assert!(!folder.path().join(format!("{school}-1.key")).exists());
    both.renew().expect("renewed");
    both.rewrap().expect("wrapped");
    assert!(matches!(vault.refresh(), Err(VaultError::Wrapped(_))), "it has not read the second generation");

    fs::write(&file, new.to_text()).expect("written");
    vault.refresh().expect("it goes on by itself");
    assert!(!vault.waits_for_master_key());
    assert_eq!(opened(&sealed).as_deref(), Some("asthma"));
    vault.seal(&school, "reading").expect("sealed");
    Vault::open(folder.path(), new).expect("one master key wraps all");
}

#[test]
fn without_the_file_of_its_master_key_or_another_that_it_needs_the_keys_are_not_whole() {
    let folder = TempDir::new().expect("a folder");
    let place = TempDir::new().expect("a folder");
    let (file, signing) = (place.path().join("master_key"), place.path().join("access_log_key.pem"));
    let master = MasterKey::random().expect("a key");
    fs::write(&file, master.to_text()).expect("written");
    fs::write(&signing, "a key").expect("written");
    let vault = vault_in(folder.path(), master.clone().kept_in(&file));
    vault.also_needs(&signing, &"a key".into());
    vault.refresh().expect("all are there");
    for (path, text) in [(&file, master.to_text()), (&signing, "a key".to_owned())] {
        fs::remove_file(path).expect("removed");
        let fault = vault.refresh().expect_err("it is gone").to_string();
        let gone = "there is no such file or folder; restore it from a backup: no other key will do";
        assert_eq!(fault, format!("{}: {gone}", path.display()));
        assert!(vault.seal(&health(), "asthma").is_err());
        fs::write(path, "another").expect("written");
        let fault = vault.refresh().expect_err("it is another").to_string();
        assert!(fault.contains(&path.display().to_string()), "{fault}");
        fs::write(path, text).expect("put back");
        vault.refresh().expect("it is back");
        vault.seal(&health(), "asthma").expect("sealed");
    }
}

#[test]
fn what_an_erased_key_has_sealed_is_gone_for_good() {
    let folder = TempDir::new().expect("a folder");
    let vault = vault_in(folder.path(), MasterKey::random().expect("a key"));
    let school = KeyName::sector("4014", Sector::School);
    let (secret, other) = (vault.seal(&health(), "asthma"), vault.seal(&school, "reading"));
    let (secret, other) = (secret.expect("sealed"), other.expect("sealed"));
    assert_eq!(erase(&vault, |key| key.name == health()), 1);
    assert!(matches!(Content::open(&secret.0), Err(VaultError::Erased)));
    assert_eq!(opened(&other).as_deref(), Some("reading"), "other sectors are as they were");
    let next = vault.seal(&health(), "hay fever").expect("sealed");
    assert_eq!(opened(&next).as_deref(), Some("hay fever"), "with a new key");
    assert!(matches!(Content::open(&secret.0), Err(VaultError::Erased)));
}
