//! The columns of the table of actions.

use crate::access::telling::{CaseAct, CaseSection};

/// The facts about an action besides the rules. The name decides nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionFacts {
    /// How the access log shows it to the family.
    pub family: FamilyView,
    /// Its role in the log reviews.
    pub control: Control,
    /// Whether a repeat with the same `Idempotency-Key` gets the first answer again.
    pub replay: Replay,
    /// Members of its answer that a replay shows only to someone who sees what is agreed in the case. To others they are null.
    pub words: &'static [&'static str],
    /// Whether the caller loses rights by it.
    pub rights: Rights,
    /// Whether a local rule of a municipality may forbid it.
    pub local_rules: LocalRules,
    /// How FHIR names it.
    pub interaction: Interaction,
}

/// How the access log shows an action to the family. An action is neutral until its row states the words: that a note
/// exists, that something is withheld, or that one guardian withdraws a consent, can be secret. `docs/access-log.md` has the
/// decision for each action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FamilyView {
    /// Neutral: as a look at the case.
    Look,
    /// Neutral: as work on the case.
    Work,
    /// As a look at this section of the case.
    Saw(CaseSection),
    /// As this act, in its own words.
    Did(CaseAct),
}

/// The role of an action in the log reviews (pjl § 22).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// A read of something that the caller chose. It may be picked for review.
    ChosenLook,
    /// A read that is counted but not picked: a list across cases, whose rows the caller did not choose, or an emergency access,
    /// which has a review of its own.
    OtherLook,
    /// A search in the access log.
    LogSearch,
    /// An export of the access log.
    LogExport,
    /// Work. Work in a case explains the reads around it.
    Work,
    /// Neither a read nor work: a question about access, or the opening of a case in an emergency. It explains no read.
    Neither,
}

/// Whether a request that is repeated with the same `Idempotency-Key` gets the first answer again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// Never. No answer is stored and no key is accepted: the action changes nothing, its input has a password, or it is not a
    /// POST.
    Never,
    /// If the caller may do the action now: the answer shows no more than the action does. An answer with the path of a created
    /// object needs more.
    AsDecided,
    /// If the caller may now read the created object by this action. Someone who works in a unit cannot read everything that is
    /// created there.
    IfReadBy(&'static str),
}

/// Whether the caller loses rights by an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// The caller keeps all rights.
    Kept,
    /// The caller loses some rights. Their other writes are committed before it, or decided after it.
    GivenUp,
}

/// Whether a local rule of a municipality may forbid an action. Local rules cannot forbid duties that the law imposes, rights
/// that it grants to the people concerned, or actions that end access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalRules {
    /// It may.
    MayForbid,
    /// No: the duties to report, to avert and to provide information (bvl §§ 13-2 to 13-4, strl § 196).
    Duty,
    /// No: the rights to withdraw, to object and to see who has read (GDPR art. 7(3) and 15, hpl § 25, pbrl § 5-1).
    Right,
    /// No: it ends or restricts access, which never depends on the conditions for giving it.
    EndsAccess,
    /// No: the control of access (pjl § 22, GDPR art. 32).
    ControlsLooks,
}

/// How FHIR names an action: the DICOM code and the REST interaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interaction {
    /// An operation.
    Operation,
    /// A search, which returns a list.
    Search,
    /// A read of one object.
    Read,
    /// An object is created.
    Create,
    /// An object is changed.
    Update,
}

impl ActionFacts {
    /// The facts about a name in the log that is in no table. They reveal the least: the family sees a look at the case, the entry
    /// may be picked for review, and no answer is replayed.
    pub const UNKNOWN: Self = Self::of(
        FamilyView::Look,
        Control::ChosenLook,
        Replay::Never,
        LocalRules::MayForbid,
        Interaction::Update,
    );

    /// Creates a row with the columns that every action states.
    #[must_use]
    pub const fn of(
        family: FamilyView,
        control: Control,
        replay: Replay,
        local_rules: LocalRules,
        interaction: Interaction,
    ) -> Self {
        Self { family, control, replay, words: &[], rights: Rights::Kept, local_rules, interaction }
    }

    /// Returns whether the action accepts an `Idempotency-Key`.
    #[must_use]
    pub const fn takes_key(&self) -> bool {
        !matches!(self.replay, Replay::Never)
    }

    /// Returns whether it is a read, chosen or not.
    #[must_use]
    pub const fn is_look(&self) -> bool {
        matches!(self.control, Control::ChosenLook | Control::OtherLook)
    }

    /// Returns whether a replay depends on the right to read the created object.
    #[must_use]
    pub const fn asks_to_read(&self) -> bool {
        matches!(self.replay, Replay::IfReadBy(_))
    }
}
