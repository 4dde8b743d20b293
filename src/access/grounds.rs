//! The ground of a look: those of the laws that a rule rests on by which this person may look, in the wording of the day, and the
//! consents behind it. `data/laws.toml` states whose ground each law can be.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use utoipa::ToSchema;

use super::{Decision, Law, PolicyError, Purpose, Rule, fields};
use crate::{
    identity::HeldRole,
    kernel::{
        Id,
        clock::day_in_norway,
        ids::Consent,
        vocabulary::{Sector, Words},
    },
};

/// The word for a person who acts for themself.
const PRIVATE: &str = "private";
/// The word for the staff of all sectors, in the annotation of a rule.
const STAFF: &str = "staff";

/// By what someone looks: the sector of the unit in whose work they do it, or for themself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    /// Staff of a unit of this sector.
    Sector(Sector),
    /// A person who acts for themself: a member of the family, or one without a role.
    Private,
}

impl Party {
    fn of_word(word: &str) -> Option<Self> {
        if word == PRIVATE {
            return Some(Self::Private);
        }
        Sector::ALL.iter().find(|sector| sector.as_str() == word).map(|sector| Self::Sector(*sector))
    }

    fn all_staff() -> impl Iterator<Item = Self> {
        Sector::ALL.iter().map(|sector| Self::Sector(*sector))
    }
}

impl<'de> Deserialize<'de> for Party {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Self::of_word(&word).ok_or_else(|| D::Error::custom(format!("{word} is no sector")))
    }
}

/// The person who gives a consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Giver {
    /// The child.
    Child,
    /// A guardian, or child welfare in the guardians' place.
    OnBehalf,
}

/// Whether a law is a ground only with consents, or only without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ByConsent {
    /// Only where the look rests on consents.
    Given,
    /// Only where it rests on none.
    None,
}

/// Whether a look rests on consents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rests {
    /// It does.
    OnConsents,
    /// It does not.
    OnNone,
    /// The log did not record it.
    Unknown,
}

/// A law in the wording of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GroundLaw {
    /// The key of the law, which never changes.
    #[schema(example = "forvaltningsloven.samtykke")]
    pub law: String,
    /// Its citation on that day.
    #[schema(example = "fvl § 13 a no. 1")]
    pub citation: String,
    /// The first day of that wording.
    pub valid_from: NaiveDate,
}

impl GroundLaw {
    /// Returns a law in its wording on a day.
    #[must_use]
    pub fn on(law: Law, day: NaiveDate) -> Self {
        let wording = law.wording(day);
        Self {
            law: law.key().to_owned(),
            citation: wording.citation.to_owned(),
            valid_from: wording.valid_from,
        }
    }
}

/// The ground of a look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LookGround {
    /// The laws. None if it was refused, or no rule was asked.
    pub laws: Vec<Law>,
    /// The consents by which the person takes part in the case, and sees information of the kind.
    pub consents: Vec<Id<Consent>>,
}

impl LookGround {
    /// Returns the ground of a look that was allowed, by a person in these roles.
    pub(super) fn of(decision: &Decision, roles: &[HeldRole], consents: Vec<Id<Consent>>) -> Self {
        let rests = if consents.is_empty() { Rests::OnNone } else { Rests::OnConsents };
        let laws = ground(&decision.legal_basis, &parties(decision, roles), rests);
        debug_assert!(
            !laws.is_empty() || decision.legal_basis.is_empty(),
            "no ground for {roles:?} by {:?}",
            decision.policies
        );
        Self { laws, consents }
    }

    /// Returns the laws in their wording at a time.
    pub(super) fn wordings(&self, at: DateTime<Utc>) -> Vec<GroundLaw> {
        let day = day_in_norway(at);
        self.laws.iter().map(|law| GroundLaw::on(*law, day)).collect()
    }
}

/// Returns by what a person acts: the sectors of the roles, unless the rules let them act for themselves.
fn parties(decision: &Decision, roles: &[HeldRole]) -> Vec<Party> {
    let is_own = |rule: &String| Purpose::of_rule(rule) == Some(Purpose::OwnCase);
    if roles.is_empty() || (!decision.policies.is_empty() && decision.policies.iter().all(is_own)) {
        return vec![Party::Private];
    }
    roles.iter().map(|role| Party::Sector(role.sector)).collect()
}

/// Returns those of some laws that are the ground of a look by one of these parties.
#[must_use]
pub fn ground(laws: &[Law], parties: &[Party], rests: Rests) -> Vec<Law> {
    let is_theirs = |law: &Law| parties.iter().any(|party| law.is_ground_for(*party));
    let theirs: Vec<Law> = laws.iter().copied().filter(is_theirs).collect();
    let has_consent = theirs.iter().any(|law| law.by_consent() == Some(ByConsent::Given));
    let except = match rests {
        // The family gives consents, and rests on none.
        _ if parties == [Party::Private] => None,
        Rests::OnConsents if has_consent => Some(ByConsent::None),
        Rests::OnNone => Some(ByConsent::Given),
        Rests::OnConsents | Rests::Unknown => None,
    };
    theirs.into_iter().filter(|law| except.is_none() || law.by_consent() != except).collect()
}

/// Returns those of some laws that are a ground for staff of every sector. They reveal no sector.
#[must_use]
pub fn common_ground(laws: &[Law]) -> Vec<Law> {
    let is_common = |law: &&Law| Party::all_staff().all(|party| law.is_ground_for(party));
    let common: Vec<Law> = laws.iter().filter(is_common).copied().collect();
    ground(&common, &Party::all_staff().collect::<Vec<_>>(), Rests::OnNone)
}

/// Checks that a rule leaves a ground for each party that can use it. The annotation `@used_by` names them; without it they follow from
/// the purpose.
pub(super) fn with_ground(rule: Rule, used_by: Option<&str>) -> Result<Rule, PolicyError> {
    let is_of_fields = rule.actions.iter().all(|action| fields::ALL.contains(&action.as_str()));
    if rule.forbids || is_of_fields {
        return Ok(rule);
    }
    let words = used_by.unwrap_or(match rule.purpose {
        Some(Purpose::OwnCase) => PRIVATE,
        Some(Purpose::OwnDesk) => "staff; private",
        _ => STAFF,
    });
    let mut parties = Vec::new();
    for word in words.split("; ") {
        match Party::of_word(word) {
            _ if word == STAFF => parties.extend(Party::all_staff()),
            Some(party) => parties.push(party),
            None => return Err(PolicyError::Party { rule: rule.id, word: word.to_owned() }),
        }
    }
    let without =
        parties.iter().find(|party| ground(&rule.legal_basis, &[**party], Rests::OnNone).is_empty());
    match without {
        Some(party) => Err(PolicyError::NoGround { rule: rule.id, party: *party }),
        None => Ok(rule),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Policies, laws};

    fn keys(laws: &[Law]) -> Vec<&'static str> {
        laws.iter().map(|law| law.key()).collect()
    }

    fn of(rule: &str, party: Party, rests: Rests) -> Vec<&'static str> {
        let policies = Policies::load().expect("rules");
        keys(&ground(&policies.legal_basis_of(rule), &[party], rests))
    }

    #[test]
    fn the_ground_is_the_law_of_the_sector_and_never_a_duty_of_secrecy() {
        let sector = Party::Sector;
        for (party, rests, expected) in [
            (sector(Sector::School), Rests::OnConsents, "forvaltningsloven.samtykke"),
            (sector(Sector::Health), Rests::OnConsents, "helsepersonelloven.samtykke"),
            (sector(Sector::ChildWelfare), Rests::OnConsents, "forvaltningsloven.samtykke"),
            (sector(Sector::Nav), Rests::OnConsents, "forvaltningsloven.samtykke"),
            (sector(Sector::School), Rests::OnNone, "forvaltningsloven.bruk-etter-formålet"),
            (sector(Sector::Health), Rests::OnNone, "forvaltningsloven.bruk-etter-formålet"),
        ] {
            assert_eq!(of("case.team", party, rests), [expected], "{party:?}, {rests:?}");
        }
        let emergency = |sector| of("emergency.read", Party::Sector(sector), Rests::OnNone);
        let danger = "forvaltningsloven.fare-for-liv-eller-helse";
        assert_eq!(emergency(Sector::School), [danger]);
        assert_eq!(emergency(Sector::Health), [danger, "helsepersonelloven.tungtveiende-interesser"]);
        let family = of("case.family", Party::Private, Rests::OnNone);
        assert!(
            family.contains(&"personvernforordningen.innsyn") && family.contains(&"barnelova.foreldreansvar")
        );
        for secrecy in ["forvaltningsloven", "helsepersonelloven", "barnevernsloven", "sosialtjenesteloven"] {
            let law = Law::of_key(&format!("{secrecy}.taushetsplikt")).expect("a law");
            assert!(
                Party::all_staff().chain([Party::Private]).all(|party| !law.is_ground_for(party)),
                "{secrecy}"
            );
        }
    }

    #[test]
    fn the_common_ground_tells_no_sector() {
        let policies = Policies::load().expect("rules");
        let common = common_ground(&policies.legal_basis_of("case.team"));
        assert_eq!(keys(&common), ["forvaltningsloven.bruk-etter-formålet"]);
        let emergency = common_ground(&policies.legal_basis_of("emergency.read"));
        assert_eq!(keys(&emergency), ["forvaltningsloven.fare-for-liv-eller-helse"]);
    }

    #[test]
    fn a_rule_that_leaves_no_ground_for_someone_who_can_use_it_stops_the_start() {
        let load = |basis: &str, used_by: &str| {
            let text = format!(
                "@id(\"x.y\") @purpose(\"coordination\") {used_by} @legal_basis(\"{basis}\") @summary(\"s\")
                 @summary_no(\"s\") permit (principal, action == Stafett::Action::\"list_staff\", resource)
                 when {{ false }};"
            );
            Policies::of(&[("x.cedar".to_owned(), text)], &[]).map(|_| ())
        };
        let no_ground = |loaded| matches!(loaded, Err(PolicyError::NoGround { .. }));
        assert!(load("fvl § 13 b no. 3", "").is_ok());
        assert!(no_ground(load("fvl § 13", "")), "a duty of secrecy alone");
        assert!(no_ground(load("hpl § 25", "")), "the law of one sector");
        assert!(load("hpl § 25", "@used_by(\"health\")").is_ok());
        assert!(no_ground(load("fvl § 13 a no. 1; hpl § 22", "")), "none where nobody consented");
        assert!(no_ground(load("fvl § 13 b no. 3", "@used_by(\"staff; private\")")));
        let nobody = load("fvl § 13 b no. 3", "@used_by(\"everyone\")");
        assert!(matches!(nobody, Err(PolicyError::Party { .. })));
    }

    #[test]
    fn a_law_is_stored_in_the_wording_of_the_day() {
        let ground = LookGround { laws: laws(&["helsepersonelloven.samtykke"]), consents: Vec::new() };
        let on = |at: &str| ground.wordings(at.parse().expect("a time")).remove(0).valid_from.to_string();
        assert_eq!(on("2026-06-30T12:00:00Z"), "2001-01-01");
        // It is July in Norway.
        assert_eq!(on("2026-06-30T22:00:00Z"), "2026-07-01");
    }
}
