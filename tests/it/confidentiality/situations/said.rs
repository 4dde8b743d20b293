//! A sentence of a story, checked against the vocabulary.

use serde::Deserialize;

use super::plan::{Phrase, Row};
use crate::confidentiality::vocabulary::vocabulary;

/// The actions in a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    Work,
    Lead,
    Administer,
    Audit,
    Analyse,
    StopWorking,
    HaveAccount,
    AskForCode,
    ProposeAuditor,
    ProposeNumber,
    BeCalled,
    BeRunBy,
    Serve,
    SetAge,
    Register,
    RegisterPregnant,
    EndResponsibility,
    EndGuardianship,
    RecordAddress,
    LowerProtection,
    RecordCareOrder,
    RecordOrderOf,
    RecordConcern,
    RecordUnnamedConcern,
    OpenCase,
    GiveSeat,
    EndSeat,
    RaiseLevel,
    GiveStep,
    CloseCase,
    SetGoal,
    StartMeasure,
    Evaluate,
    HoldMeeting,
    CallMeeting,
    Write,
    Refer,
    Bring,
    WriteForEach,
    PlanMove,
    AgreeToMove,
    AcceptRecord,
    DeclineRecord,
    EndMeasure,
    OfferBaton,
    AcceptBaton,
    DeclineBaton,
    RecordAbsence,
    EndAbsence,
    AskForConsent,
    RefuseConsent,
    Consent,
    WithdrawConsent,
    Object,
    WithdrawObjection,
    Withhold,
    EndWithholding,
    Report,
    Disclose,
    OpenEmergency,
    ReviewEmergency,
    ReadCase,
    DeclareConflict,
    DeclareConflictAbout,
    SealLog,
    PickLook,
    FindWithoutNeed,
    MoveTime,
}

impl Verb {
    /// Returns whether the action has an object, and the links that can follow.
    fn takes(self) -> (bool, &'static [&'static str]) {
        match self {
            Self::HaveAccount
            | Self::RecordUnnamedConcern
            | Self::CloseCase
            | Self::SetGoal
            | Self::Evaluate
            | Self::AcceptBaton
            | Self::AcceptRecord
            | Self::DeclineRecord
            | Self::EndMeasure
            | Self::DeclineBaton
            | Self::RefuseConsent
            | Self::Object
            | Self::WithdrawObjection
            | Self::EndWithholding
            | Self::ReadCase
            | Self::ReviewEmergency
            | Self::DeclareConflict
            | Self::SealLog => (false, &[]),
            Self::OpenEmergency => (false, &["as"]),
            Self::PlanMove => (true, &["asking"]),
            Self::AgreeToMove => (false, &["letting follow"]),
            Self::Register | Self::CallMeeting => (true, &["as"]),
            Self::RecordAddress | Self::LowerProtection => (true, &["with the phone of"]),
            Self::HoldMeeting => (true, &["deciding a measure run by", "with the adviser"]),
            Self::RecordCareOrder => (true, &["decided by"]),
            Self::RecordOrderOf => (true, &["answered for by", "naming", "until"]),
            Self::GiveSeat => (true, &["through", "with"]),
            Self::EndSeat => (true, &["through"]),
            Self::Write => (true, &["about", "from", "also for"]),
            Self::Refer => (true, &["agreed by", "followed up by"]),
            Self::Consent => (true, &["about", "until"]),
            Self::RecordAbsence => (true, &["until", "as"]),
            Self::AskForConsent => (true, &["about", "until", "as"]),
            Self::Withhold => (true, &["from"]),
            Self::PickLook | Self::FindWithoutNeed => (true, &["made by"]),
            _ => (true, &[]),
        }
    }
}

/// A sentence of a story.
#[derive(Debug)]
pub struct Said {
    pub who: &'static str,
    pub verb: Verb,
    /// The verb as written.
    pub verb_words: &'static str,
    object: Option<&'static Phrase>,
    links: Vec<(&'static str, &'static Phrase)>,
}

impl Said {
    /// Parses a row. An unknown word or link is refused.
    pub fn parse(row: &'static Row) -> Self {
        let [who, verb, rest @ ..] = row.as_slice() else { panic!("who, and what they do: {row:?}") };
        let verb_words = verb.one();
        let verb = vocabulary().verbs.get(verb_words);
        let verb = verb.unwrap_or_else(|| panic!("“{verb_words}” is not in the vocabulary: {row:?}")).does;
        let (object, rest) = if rest.len() % 2 == 1 { (rest.first(), &rest[1..]) } else { (None, rest) };
        let links: Vec<_> = rest.chunks(2).map(|pair| (pair[0].one(), &pair[1])).collect();
        let (takes_object, takes_links) = verb.takes();
        assert_eq!(object.is_some(), takes_object, "whether it is done to something: {row:?}");
        for (index, (link, _)) in links.iter().enumerate() {
            assert!(takes_links.contains(link), "“{link}” is nothing that follows here: {row:?}");
            assert!(!links[..index].iter().any(|(other, _)| other == link), "“{link}” twice: {row:?}");
        }
        for word in row.iter().flat_map(Phrase::all) {
            vocabulary().norwegian(word);
        }
        Self { who: who.one(), verb, verb_words, object, links }
    }

    /// Returns the object.
    pub fn object(&self) -> &'static str {
        self.object.expect("an object").one()
    }

    /// Returns one or more objects.
    pub fn objects(&self) -> Vec<&'static str> {
        self.object.expect("an object").all()
    }

    /// Returns the object, if there is one.
    pub fn object_phrase(&self) -> Option<&'static Phrase> {
        self.object
    }

    /// Returns the phrases that follow, by their links.
    pub fn links(&self) -> &[(&'static str, &'static Phrase)] {
        &self.links
    }

    /// Returns the word after a link, if there is one.
    pub fn link(&self, link: &str) -> Option<&'static str> {
        self.linked(link).map(Phrase::one)
    }

    /// Returns the words after a link, if there are any.
    pub fn linked(&self, link: &str) -> Option<&'static Phrase> {
        self.links.iter().find(|(name, _)| *name == link).map(|(_, phrase)| *phrase)
    }

    /// Returns the required word after a link.
    pub fn must(&self, link: &str) -> &'static str {
        self.link(link).unwrap_or_else(|| panic!("“{link}” must follow: {self:?}"))
    }
}
