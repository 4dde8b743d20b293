//! How the access log shows actions to the family: in no more detail than each of them may know.

use super::{
    actions::{FamilyView, facts_of},
    laws::{Law, laws},
};
use crate::words;

words! {
    /// An act, as the family sees it.
    LookKind {
        /// Looked at the case.
        Looked = "looked",
        /// Wrote in the case, or changed something in it.
        Worked = "worked",
    }
}

words! {
    /// A section of the case that someone opened.
    CaseSection {
        /// The case itself.
        Case = "case",
        /// The history of the case.
        History = "history",
        /// The team.
        Team = "team",
        /// The handovers of the baton.
        Handovers = "handovers",
        /// The moves of the record to another unit.
        Transitions = "transitions",
        /// The consents.
        Consents = "consents",
        /// The requests for consent.
        ConsentRequests = "consent_requests",
        /// The goals.
        Goals = "goals",
        /// The next steps.
        NextSteps = "next_steps",
        /// The measures and their evaluations.
        Measures = "measures",
        /// The meetings.
        Meetings = "meetings",
        /// The notes.
        Notes = "notes",
        /// The names of the child and the guardians, and how to reach them.
        Child = "child",
    }
}

impl CaseSection {
    /// Returns the section in Norwegian, after "så på".
    #[must_use]
    pub const fn norwegian(self) -> &'static str {
        match self {
            Self::Case => "saken",
            Self::History => "historikken",
            Self::Team => "teamet",
            Self::Handovers => "overleveringene",
            Self::Transitions => "overgangene",
            Self::Consents => "samtykkene",
            Self::ConsentRequests => "samtykkeforespørslene",
            Self::Goals => "målene",
            Self::NextSteps => "de neste stegene",
            Self::Measures => "tiltakene",
            Self::Meetings => "møtene",
            Self::Notes => "notatene",
            Self::Child => "opplysningene om barnet og de foresatte",
        }
    }

    /// Returns the section in English, after "viewed".
    #[must_use]
    pub const fn english(self) -> &'static str {
        match self {
            Self::Case => "the case",
            Self::History => "the history",
            Self::Team => "the team",
            Self::Handovers => "the handovers",
            Self::Transitions => "the transitions",
            Self::Consents => "the consents",
            Self::ConsentRequests => "the requests for consent",
            Self::Goals => "the goals",
            Self::NextSteps => "the next steps",
            Self::Measures => "the measures",
            Self::Meetings => "the meetings",
            Self::Notes => "the notes",
            Self::Child => "the details of the child and the guardians",
        }
    }
}

words! {
    /// An act that may be shown to everyone who sees the access log of the case.
    CaseAct {
        /// Changed the level of the case or what it is about.
        ChangedCase = "changed_case",
        /// Closed the case.
        ClosedCase = "closed_case",
        /// Reopened the case.
        ReopenedCase = "reopened_case",
        /// Set or changed a goal.
        ChangedGoals = "changed_goals",
        /// Offered the baton to a team member.
        OfferedBaton = "offered_baton",
        /// Accepted the baton.
        AcceptedBaton = "accepted_baton",
        /// Declined the baton.
        DeclinedBaton = "declined_baton",
        /// Withdrew the offer of the baton.
        WithdrewOffer = "withdrew_offer",
        /// Planned the move of the record to another unit.
        PlannedMove = "planned_move",
        /// Accepted the record for another unit.
        MovedRecord = "moved_record",
        /// Declined to accept the record.
        DeclinedMove = "declined_move",
        /// Gave up the plan to move the record.
        WithdrewMove = "withdrew_move",
        /// The service passed the baton to the leader of the unit.
        PassedBatonToLeader = "passed_baton_to_leader",
        /// The service passed the baton on, because the contact person is away.
        PassedBatonForAbsence = "passed_baton_for_absence",
        /// The service gave the baton back to the contact person, who is back.
        GaveBatonBack = "gave_baton_back",
        /// Ended an emergency access.
        EndedEmergency = "ended_emergency",
        /// Reviewed an emergency access.
        ReviewedEmergency = "reviewed_emergency",
        /// The service informed the family of a disclosure without consent.
        InformedOfDisclosure = "informed_of_disclosure",
    }
}

impl CaseAct {
    /// Returns the act in Norwegian, in the past tense.
    #[must_use]
    pub const fn norwegian(self) -> &'static str {
        match self {
            Self::ChangedCase => "endret saken",
            Self::ClosedCase => "avsluttet saken",
            Self::ReopenedCase => "gjenåpnet saken",
            Self::ChangedGoals => "endret målene",
            Self::OfferedBaton => "tilbød stafettpinnen til en annen",
            Self::AcceptedBaton => "tok imot stafettpinnen",
            Self::DeclinedBaton => "takket nei til stafettpinnen",
            Self::WithdrewOffer => "trakk tilbudet om stafettpinnen",
            Self::PlannedMove => "planla at saken går over til en annen enhet",
            Self::MovedRecord => "tok imot saken i en annen enhet",
            Self::DeclinedMove => "takket nei til å ta imot saken",
            Self::WithdrewMove => "trakk planen om at saken går over til en annen enhet",
            Self::PassedBatonToLeader => "ga stafettpinnen til lederen for enheten",
            Self::PassedBatonForAbsence => "ga stafettpinnen til en annen mens stafettholderen er borte",
            Self::GaveBatonBack => "ga stafettpinnen tilbake til stafettholderen, som er tilbake",
            Self::EndedEmergency => "avsluttet en nødrettstilgang",
            Self::ReviewedEmergency => "etterkontrollerte en nødrettstilgang",
            Self::InformedOfDisclosure => "ga beskjed om en utlevering uten samtykke",
        }
    }

    /// Returns the act in English, in the past tense.
    #[must_use]
    pub const fn english(self) -> &'static str {
        match self {
            Self::ChangedCase => "changed the case",
            Self::ClosedCase => "closed the case",
            Self::ReopenedCase => "reopened the case",
            Self::ChangedGoals => "changed the goals",
            Self::OfferedBaton => "offered the baton to someone else",
            Self::AcceptedBaton => "accepted the baton",
            Self::DeclinedBaton => "declined the baton",
            Self::WithdrewOffer => "withdrew the offer of the baton",
            Self::PlannedMove => "planned the move of the case to another unit",
            Self::MovedRecord => "accepted the case in another unit",
            Self::DeclinedMove => "declined to accept the case",
            Self::WithdrewMove => "gave up the move of the case to another unit",
            Self::PassedBatonToLeader => "passed the baton to the leader of the unit",
            Self::PassedBatonForAbsence => "passed the baton to another while the contact person is away",
            Self::GaveBatonBack => "gave the baton back to the contact person, who is back",
            Self::EndedEmergency => "ended an emergency access",
            Self::ReviewedEmergency => "reviewed an emergency access",
            Self::InformedOfDisclosure => "gave notice of a disclosure without consent",
        }
    }
}

/// The neutral reason in Norwegian.
pub const NEUTRAL_NO: &str = "Det er et ledd i arbeidet med saken.";
/// The neutral reason in English.
pub const NEUTRAL_EN: &str = "It is part of the work on the case.";

/// Returns the legal basis of the neutral reason: information is used for the purpose for which it was collected, which includes
/// follow-up and control. It is true of all work on a case.
#[must_use]
pub fn neutral_basis() -> Vec<Law> {
    laws(&["forvaltningsloven.bruk-etter-formålet"])
}

/// Returns the kind that the family sees the action as.
#[must_use]
pub fn kind_shown(action: &str) -> LookKind {
    match facts_of(action).family {
        FamilyView::Look | FamilyView::Saw(_) => LookKind::Looked,
        FamilyView::Work | FamilyView::Did(_) => LookKind::Worked,
    }
}
