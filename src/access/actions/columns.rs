//! The columns of the table of actions.

/// The facts about an action besides the rules. The name decides nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionFacts {
    /// How the family's view of the access log shows it.
    pub family: FamilyView,
    /// Its meaning for the control of the access log.
    pub control: Control,
    /// Whether its first answer is given again to the same `Idempotency-Key`.
    pub replay: Replay,
    /// Members of its answer that a replay shows only to someone who sees what is agreed in the case; to others they are null.
    pub words: &'static [&'static str],
    /// Whether the caller loses rights by it.
    pub rights: Rights,
    /// Whether a local rule of a municipality may forbid it.
    pub local_rules: LocalRules,
    /// How FHIR names it.
    pub interaction: Interaction,
}

/// How the family's view of the access log shows an action: no finer than they may know. That a note exists, or which
/// guardian has withdrawn what, can be secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FamilyView {
    /// As a look at the case, by the rule that allowed it.
    Look,
    /// As work in the case, by the rule that allowed it.
    Work,
    /// As a look at the case, by the rule that shows the case itself. The rule that allowed it would show which guardian
    /// consented to what, the audience of a note, or that something is withheld.
    MaskedLook,
}

/// The meaning of an action for the control of the access log (pjl § 22).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// A look at something that the caller chose: it may be picked for review.
    ChosenLook,
    /// A look that is counted but not picked: a list across cases, which the caller did not choose the rows of, or an
    /// emergency, which has a review of its own.
    OtherLook,
    /// A search in the access log.
    LogSearch,
    /// An export of the access log.
    LogExport,
    /// Work: in a case it is a task, by which the looks around it are explained.
    Work,
    /// Neither look nor work: to ask why someone is let in, or to open a case in an emergency, explains no look.
    Neither,
}

/// Whether the first answer to a request is given again, when the request is repeated with the same `Idempotency-Key`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// No answer is kept, and no key is taken: the action changes nothing, its input holds a password, or it is no POST.
    Never,
    /// It is given to someone who may do the action now: the answer shows no more than the action does. An answer that says
    /// where something new is to be read is not given on this alone.
    AsDecided,
    /// It is given to someone who may now do this reading of the thing that was made. To work in a unit is not to read all
    /// that is made there.
    IfReadBy(&'static str),
}

/// Whether the caller loses rights by an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// They keep them.
    Kept,
    /// They lose some: their other writes are done before it, or decided after it.
    GivenUp,
}

/// Whether a local rule of a municipality may forbid an action. None stands in the way of duties that the law lays on
/// everyone, of rights that it gives to those concerned, or of what ends access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalRules {
    /// It may.
    MayForbid,
    /// No: the duty to report, to avert and to hand over (bvl §§ 13-2 to 13-4, strl § 196).
    Duty,
    /// No: the right to withdraw, to object and to see who has looked (GDPR art. 7(3) and 15, hpl § 25, pbrl § 5-1).
    Right,
    /// No: it ends or closes access, which never depends on the conditions for giving it.
    EndsAccess,
    /// No: the control of looks (pjl § 22, GDPR art. 32).
    ControlsLooks,
}

/// How FHIR names an action: the code of DICOM and the interaction of REST.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interaction {
    /// An operation.
    Operation,
    /// A search: a list of things.
    Search,
    /// The reading of one thing.
    Read,
    /// Something is made.
    Create,
    /// Something is changed.
    Update,
}

impl ActionFacts {
    /// The facts about a name in the log that is in none of the tables: those that reveal least. The family sees a masked look,
    /// the look may be picked for control, and no answer is given again.
    pub const UNKNOWN: Self = Self::of(
        FamilyView::MaskedLook,
        Control::ChosenLook,
        Replay::Never,
        LocalRules::MayForbid,
        Interaction::Update,
    );

    /// A row with the columns that every action states.
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

    /// Does a POST of it take an `Idempotency-Key`?
    #[must_use]
    pub const fn takes_key(&self) -> bool {
        !matches!(self.replay, Replay::Never)
    }

    /// Is it a look at something, chosen or not?
    #[must_use]
    pub const fn is_look(&self) -> bool {
        matches!(self.control, Control::ChosenLook | Control::OtherLook)
    }

    /// Must a replay ask whether what was made may be read?
    #[must_use]
    pub const fn asks_to_read(&self) -> bool {
        matches!(self.replay, Replay::IfReadBy(_))
    }
}
