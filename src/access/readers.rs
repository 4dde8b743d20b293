//! Readers: the field rules' answers about one caller, evaluated when an answer needs them.

use std::cell::OnceCell;

use super::{
    About,
    fields::{
        SeeConsentedUnits, SeeEmergencyChild, SeeEmergencyReason, SeeEmergencyReview, SeeMeetingPlace,
        SeeWhatIsAgreed, SeeWhereabouts,
    },
    objects::{CaseObject, EmergencyObject},
};

/// A reader of a case and of what it contains.
#[derive(Debug)]
pub struct CaseReader {
    about: About<CaseObject>,
    agreed: OnceCell<bool>,
    whereabouts: OnceCell<bool>,
}

impl CaseReader {
    /// Creates a reader from the rules' answers about the case.
    #[must_use]
    pub fn new(about: About<CaseObject>) -> Self {
        Self { about, agreed: OnceCell::new(), whereabouts: OnceCell::new() }
    }

    /// Returns whether they see the text about the help.
    #[must_use]
    pub fn agreed(&self) -> bool {
        *self.agreed.get_or_init(|| self.about.sees::<SeeWhatIsAgreed>())
    }

    /// Returns whether they see who helps and from where.
    #[must_use]
    pub fn whereabouts(&self) -> bool {
        *self.whereabouts.get_or_init(|| self.about.sees::<SeeWhereabouts>())
    }

    /// Returns whether they see where meetings are held.
    #[must_use]
    pub fn meeting_place(&self) -> bool {
        self.about.sees::<SeeMeetingPlace>()
    }

    /// Returns whether they see the units that a consent was given to.
    #[must_use]
    pub fn consented_units(&self) -> bool {
        self.about.sees::<SeeConsentedUnits>()
    }
}

/// A reader of an emergency access.
#[derive(Debug)]
pub struct EmergencyReader(About<EmergencyObject>);

impl EmergencyReader {
    /// Creates a reader from the rules' answers about the emergency access.
    #[must_use]
    pub fn new(about: About<EmergencyObject>) -> Self {
        Self(about)
    }

    /// Returns whether they see why the case was opened.
    #[must_use]
    pub fn reason(&self) -> bool {
        self.0.sees::<SeeEmergencyReason>()
    }

    /// Returns whether they see the text of the review.
    #[must_use]
    pub fn review(&self) -> bool {
        self.0.sees::<SeeEmergencyReview>()
    }

    /// Returns whether they see whose case it was.
    #[must_use]
    pub fn child(&self) -> bool {
        self.0.sees::<SeeEmergencyChild>()
    }
}
