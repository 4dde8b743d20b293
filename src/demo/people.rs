//! The synthetic people of the demonstration. Their numbers belong to the Norwegian Tax Administration's synthetic series.

use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    accounts::{self, ChosenUsername, NewAccount},
    children::identify,
    db::{Db, Tx},
    fetch_one,
    identity::{Password, Passwords},
    kernel::{
        Clock, Id, NationalId,
        ids::{Person, Unit},
        vocabulary::Role,
    },
    organisation,
    terminal::Failure,
};

/// The password of everyone in the demonstration.
pub(super) const PASSWORD: &str = "fire blå ender over isen";

/// A person in the story.
#[derive(Debug, Clone)]
pub(super) struct Actor {
    pub id: Id<Person>,
    pub name: &'static str,
    pub who: &'static str,
    pub username: String,
    pub national_id: NationalId,
    /// The unit they work in, if any.
    pub unit: Option<Id<Unit>>,
    /// Its name.
    pub unit_name: Option<String>,
}

/// Everyone in the story.
#[derive(Debug)]
pub(super) struct People {
    pub teacher: Actor,
    pub kindergarten_leader: Actor,
    pub school_teacher: Actor,
    pub nurse: Actor,
    pub ppt: Actor,
    pub nav: Actor,
    pub mother: Actor,
    pub father: Actor,
    pub administrator: Actor,
    /// Approves the codes that the administrator asks for.
    pub second_administrator: Actor,
    pub auditor: Actor,
    pub elsewhere: Actor,
    pub orland_auditor: Actor,
    /// The child's national identity number. The child is registered during the story.
    pub child: NationalId,
    /// A number that nobody has.
    pub nobody: NationalId,
}

impl People {
    /// Returns the text with the names of people and units in place of their ids.
    pub(super) fn named(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for actor in self.all() {
            text = text.replace(&actor.id.to_string(), actor.name);
            if let (Some(unit), Some(name)) = (actor.unit, &actor.unit_name) {
                text = text.replace(&format!("unit {unit}"), name).replace(&unit.to_string(), name);
            }
        }
        text
    }

    pub(super) fn all(&self) -> [&Actor; 13] {
        let Self {
            teacher,
            kindergarten_leader,
            school_teacher,
            nurse,
            ppt,
            nav,
            mother,
            father,
            administrator,
            second_administrator,
            auditor,
            elsewhere,
            orland_auditor,
            child: _,
            nobody: _,
        } = self;
        [
            teacher,
            kindergarten_leader,
            school_teacher,
            nurse,
            ppt,
            nav,
            mother,
            father,
            administrator,
            second_administrator,
            auditor,
            elsewhere,
            orland_auditor,
        ]
    }
}

/// A part in the story: the person, and where they work.
struct Part {
    name: &'static str,
    who: &'static str,
    username: &'static str,
    municipality: &'static str,
    place: Option<(&'static str, Role)>,
}

/// Someone who works in a unit.
fn staff(
    name: &'static str,
    who: &'static str,
    username: &'static str,
    municipality: &'static str,
    unit: &'static str,
    role: Role,
) -> Part {
    Part { name, who, username, municipality, place: Some((unit, role)) }
}

/// Creates people that are new to the database, however often the story has been played on it.
pub(super) async fn make(db: &Db) -> Result<People, Failure> {
    let password = Password::parse(PASSWORD)?;
    let hash = Passwords::default().hash(password).await?;
    let mut tx = db.write().await?;
    let (known,) = fetch_one!(&mut tx, (i64,), "SELECT COUNT(*) FROM person")?;
    let mut maker = Maker { tx, hash, now: Clock::System.now(), serial: u32::try_from(known)? };
    let family = |name, who, username| Part { name, who, username, municipality: "4014", place: None };
    let people = People {
        teacher: maker
            .person(staff("Tone Lervik", "kindergarten teacher", "tone", "4014", "barnehage", Role::Worker))
            .await?,
        kindergarten_leader: maker
            .person(staff("Berit Aas", "kindergarten leader", "berit", "4014", "barnehage", Role::UnitLeader))
            .await?,
        school_teacher: maker
            .person(staff("Ola Sundby", "school teacher", "ola", "4014", "skole", Role::Worker))
            .await?,
        nurse: maker
            .person(staff("Hanne Moe", "health nurse", "hanne", "4014", "helsestasjon", Role::Worker))
            .await?,
        ppt: maker.person(staff("Per Dahl", "PPT adviser", "per", "4014", "ppt", Role::Worker)).await?,
        nav: maker.person(staff("Nina Vik", "NAV adviser", "nina", "4014", "nav", Role::Worker)).await?,
        mother: maker.person(family("Mari Strand", "mother", "mari")).await?,
        father: maker.person(family("Jonas Strand", "father", "jonas")).await?,
        administrator: maker
            .person(staff("Arne Lie", "administrator", "arne", "4014", "oppvekst", Role::Administrator))
            .await?,
        auditor: maker
            .person(staff("Ragnhild Foss", "auditor", "ragnhild", "4014", "oppvekst", Role::Auditor))
            .await?,
        elsewhere: maker
            .person(staff(
                "Petter Holm",
                "school teacher in Porsgrunn",
                "petter",
                "4001",
                "skole",
                Role::Worker,
            ))
            .await?,
        orland_auditor: maker
            .person(staff(
                "Siri Brekke",
                "auditor in Ørland",
                "siri",
                "5057",
                "solkysten-barnehage",
                Role::Auditor,
            ))
            .await?,
        child: maker.number(NaiveDate::from_ymd_opt(2021, 4, 12))?,
        nobody: maker.number(NaiveDate::from_ymd_opt(2020, 6, 21))?,
        second_administrator: maker
            .person(staff("Gerd Haugen", "administrator", "gerd", "4014", "oppvekst", Role::Administrator))
            .await?,
    };
    maker.tx.commit().await?;
    Ok(people)
}

struct Maker {
    tx: Tx,
    hash: String,
    now: DateTime<Utc>,
    serial: u32,
}

impl Maker {
    /// A national identity number that nobody has. The date of birth moves forward when its numbers run out.
    fn number(&mut self, born: Option<NaiveDate>) -> Result<NationalId, Failure> {
        self.serial += 1;
        let (days, serial) = (u64::from(self.serial / 300), self.serial % 300);
        let born = born.and_then(|born| born.checked_add_days(chrono::Days::new(days)));
        born.and_then(|born| NationalId::synthetic(born, serial))
            .ok_or_else(|| "no synthetic number is left".into())
    }

    async fn person(&mut self, part: Part) -> Result<Actor, Failure> {
        const FIND_UNIT: &str = "SELECT id, name FROM unit WHERE municipality = $1 AND key = $2";
        let Part { name, who, username, municipality, place } = part;
        let national_id = self.number(NaiveDate::from_ymd_opt(1984, 3, 8))?;
        let (tx, born) = (&mut self.tx, national_id.birth_date());
        let id = identify(tx, municipality, Some(&national_id), name, born, self.now).await?;
        let mut chosen = ChosenUsername::parse(username)?.within(municipality)?;
        let first = NewAccount { person: id, name, username: &chosen, password_hash: Some(&self.hash) };
        if !accounts::insert(tx, first, self.now).await? {
            chosen = ChosenUsername::parse(&format!("{username}-{}", self.serial))?.within(municipality)?;
            let again = NewAccount { person: id, name, username: &chosen, password_hash: Some(&self.hash) };
            if !accounts::insert(tx, again, self.now).await? {
                return Err(format!("the username {} is taken", chosen.as_str()).into());
            }
        }
        let (mut unit, mut unit_name) = (None, None);
        if let Some((key, role)) = place {
            let (found, called) = fetch_one!(tx, (Id<Unit>, String), FIND_UNIT, municipality, key)?;
            let ends_on = organisation::latest_end(Clock::System.today());
            organisation::grant(tx, id, found, role, ends_on, self.now).await??;
            (unit, unit_name) = (Some(found), Some(called));
        }
        Ok(Actor { id, name, who, username: chosen.as_str().to_owned(), national_id, unit, unit_name })
    }
}
