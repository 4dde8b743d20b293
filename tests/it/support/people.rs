//! The people of a world. All are synthetic.

use std::ops::Deref;

use chrono::{DateTime, Months, NaiveDate, TimeDelta, Utc};
use stafett::{
    accounts::{self, ChosenUsername, NewAccount},
    children::identify,
    execute, fetch_one,
    identity::{Password, Passwords},
    kernel::{
        Id, NationalId,
        ids::{ChildId, Person, StaffRole, UnitId},
        vocabulary::Role,
    },
};
use tokio::sync::OnceCell;

use super::{User, World};

/// The password of everyone.
pub const PASSWORD: &str = "fire blå ender over isen";

const FIRST_NAMES: [&str; 10] =
    ["Alma", "Birk", "Dagny", "Eilif", "Frøya", "Gard", "Iben", "Jostein", "Live", "Magne"];
const LAST_NAMES: [&str; 7] = ["Fjellheim", "Granli", "Havnes", "Lindvik", "Myrvold", "Solbakk", "Østmo"];

/// A unit of the imported municipalities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    pub id: UnitId,
    pub municipality: String,
}

/// A staff member with one role in one unit.
#[derive(Debug, Clone)]
pub struct Staff {
    pub user: User,
    pub unit: Unit,
}

/// A guardian with an account.
#[derive(Debug, Clone)]
pub struct Guardian {
    pub user: User,
    pub national_id: NationalId,
}

/// A child or young person with an account.
#[derive(Debug, Clone)]
pub struct Youth {
    pub user: User,
}

/// A child as registered by one staff member.
#[derive(Debug, Clone)]
pub struct Child {
    pub id: ChildId,
    pub name: String,
    pub national_id: NationalId,
    pub municipality: String,
}

/// A child with its guardians.
#[derive(Debug, Clone)]
pub struct Family {
    pub child: Child,
    pub guardians: Vec<Guardian>,
}

macro_rules! is_a_user {
    ($($kind:ty),+) => {$(
        impl Deref for $kind {
            type Target = User;

            fn deref(&self) -> &User {
                &self.user
            }
        }
    )+};
}
is_a_user!(Staff, Guardian, Youth);

impl World {
    /// A unit by municipality and key, such as `kragero/skole`.
    pub async fn unit(&self, path: &str) -> Unit {
        let (municipality, key) = path.split_once('/').expect("municipality/unit");
        let number = municipality_number(municipality);
        let mut tx = self.db.read().await.expect("a transaction");
        let sql = "SELECT id FROM unit WHERE municipality = $1 AND key = $2";
        let found = fetch_one!(&mut tx, (UnitId,), sql, number, key);
        let (id,) = found.unwrap_or_else(|error| panic!("there is no unit {path}: {error}"));
        Unit { id, municipality: number.to_owned() }
    }

    /// Creates a person with a role in a unit, such as `kragero/skole`.
    pub async fn staff(&self, unit: &str, role: Role) -> Staff {
        let unit = self.unit(unit).await;
        let user = self.user_with_new_number(&unit.municipality).await;
        self.grant(&user, &unit, role).await;
        Staff { user, unit }
    }

    /// Creates a person who works in a unit.
    pub async fn worker(&self, unit: &str) -> Staff {
        self.staff(unit, Role::Worker).await
    }

    /// Gives a person another role, also one that the service would refuse beside the others.
    pub async fn grant(&self, user: &User, unit: &Unit, role: Role) -> Id<StaffRole> {
        const ROLE: &str = "INSERT INTO staff_role (id, person_id, unit_id, role, started_at, ends_on) VALUES ($1, $2, $3, $4, $5, $6)";
        let id = Id::<StaffRole>::new();
        let mut tx = self.db.write().await.expect("a transaction");
        let ends_on = stafett::organisation::latest_end(self.today());
        execute!(&mut tx, ROLE, id, user.id, unit.id, role, self.now(), ends_on).expect("the role is given");
        tx.commit().await.expect("committed");
        id
    }

    /// Creates a person with an account and no role, such as a guardian who is not registered yet.
    pub async fn user_with_new_number(&self, municipality: &str) -> User {
        let number = self.adult_number();
        self.user(municipality, &number).await
    }

    /// Creates an account for the person with a national identity number. The municipality is a number.
    pub async fn user(&self, municipality: &str, national_id: &NationalId) -> User {
        let serial = self.number();
        let (name, now) = (name(serial), self.now());
        let mut tx = self.db.write().await.expect("a transaction");
        let born = national_id.birth_date();
        let id =
            identify(&mut tx, municipality, Some(national_id), &name, born, now).await.expect("a person");
        tx.commit().await.expect("committed");
        self.account(municipality, id, name, now).await
    }

    /// Returns a user who has an account already.
    pub fn known(&self, id: Id<Person>) -> User {
        User::new(id, String::new(), String::new(), self.anonymous(), self.door())
    }

    /// Returns the user who logs in with a username.
    pub async fn known_as(&self, username: &str) -> User {
        let mut tx = self.db.read().await.expect("a transaction");
        let found = accounts::find_person(&mut tx, username).await.expect("accounts");
        self.known(found.unwrap_or_else(|| panic!("nobody logs in as {username}")))
    }

    /// Creates the account of a guardian. It finds the children that this number is registered for.
    pub async fn guardian(&self, municipality: &str, national_id: NationalId) -> Guardian {
        Guardian { user: self.user(municipality, &national_id).await, national_id }
    }

    /// Creates the account of a child or young person.
    pub async fn youth(&self, child: &Child) -> Youth {
        Youth { user: self.user(&child.municipality, &child.national_id).await }
    }

    async fn account(
        &self,
        municipality: &str,
        person: Id<Person>,
        name: String,
        now: DateTime<Utc>,
    ) -> User {
        let chosen = ChosenUsername::parse(&format!("user.{}", self.number())).expect("a name");
        let parsed = chosen.within(municipality).expect("a username");
        let hash = password_hash().await;
        let mut tx = self.db.write().await.expect("a transaction");
        let account = NewAccount { person, name: &name, username: &parsed, password_hash: Some(hash) };
        assert!(
            accounts::insert(&mut tx, account, now).await.expect("an account"),
            "there is an account already"
        );
        tx.commit().await.expect("committed");
        User::new(person, name, parsed.as_str().to_owned(), self.anonymous(), self.door())
    }

    /// A new national identity number of an adult.
    pub fn adult_number(&self) -> NationalId {
        let first: NaiveDate = "1970-01-01".parse().expect("a date");
        NationalId::synthetic(first + TimeDelta::days(self.number().into()), 0).expect("a number")
    }

    /// A new national identity number of a child who is this many years old today.
    pub fn child_number(&self, age: u32) -> NationalId {
        let serial = self.number();
        let birthday_was = TimeDelta::days((serial % 300).into());
        let born = self.today() - Months::new(12 * age) - birthday_was;
        NationalId::synthetic(born, serial / 300).expect("a number")
    }

    /// A name that nobody in this world has.
    pub fn name(&self) -> String {
        name(self.number())
    }
}

/// The number of a municipality, by the name of its folder.
pub fn municipality_number(folder: &str) -> &'static str {
    match folder {
        "kragero" => "4014",
        "porsgrunn" => "4001",
        "orland" => "5057",
        _ => panic!("no municipality {folder} is imported"),
    }
}

fn name(serial: u32) -> String {
    let at = serial as usize;
    format!("{} {} {serial}", FIRST_NAMES[at % FIRST_NAMES.len()], LAST_NAMES[at % LAST_NAMES.len()])
}

/// Hashing is deliberately slow, so it is done once.
async fn password_hash() -> &'static str {
    static HASH: OnceCell<String> = OnceCell::const_new();
    HASH.get_or_init(|| async {
        let password = Password::parse(PASSWORD).expect("a good password");
        Passwords::default().hash(password).await.expect("a hash")
    })
    .await
}
