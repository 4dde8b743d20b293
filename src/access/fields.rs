//! Field rules: the policies decide which fields of an answer a reader sees, as they decide on rows.
//!
//! A field rule is an action of the schema in the group "Fields of an answer". It performs nothing: it decides which fields
//! of an object are shown to someone who may read the object. A field that no rule allows stays hidden.

use super::{
    actions::Action,
    objects::{
        CaseObject, ChildObject, DisclosureObject, EmergencyObject, HelperObject, MeetingObject, Object,
    },
    policies::About,
};

/// A question about some fields of one kind of object.
pub trait Field: 'static {
    /// The object that the fields belong to.
    type Object: Object;
    /// The name in the rules.
    const NAME: &'static str;
}

macro_rules! fields {
    ($($(#[$meta:meta])* $field:ident of $object:ty = $name:literal;)+) => {
        $(
            $(#[$meta])*
            #[derive(Debug)]
            pub enum $field {}
            impl Field for $field {
                type Object = $object;
                const NAME: &'static str = $name;
            }
        )+

        /// The names of all field rules.
        pub const ALL: &[&str] = &[$($name),+];
    };
}

fields! {
    /// The text about the help: why it is given, what is said at a handover, when it is evaluated.
    SeeWhatIsAgreed of CaseObject = "see_what_is_agreed";
    /// The people who help and their units. They can reveal where a hidden child is.
    SeeWhereabouts of CaseObject = "see_whereabouts";
    /// Where a meeting is held.
    SeeMeetingPlace of CaseObject = "see_meeting_place";
    /// The units that a consent was given to.
    SeeConsentedUnits of CaseObject = "see_consented_units";
    /// That a unit helps, and the people there who do.
    SeeHelper of HelperObject = "see_helper";
    /// That a meeting decided a measure.
    SeeMeeting of MeetingObject = "see_meeting";
    /// The advisers of an arena who were present at a meeting.
    SeeAdvisers of MeetingObject = "see_advisers";
    /// That a registered person is pregnant, and when she is due.
    SeePregnancy of ChildObject = "see_pregnancy";
    /// The guardians that a child lives with.
    SeeWhoLivesWithChild of ChildObject = "see_who_lives_with_child";
    /// The contact details of a child's guardians.
    SeeGuardiansContactDetails of ChildObject = "see_guardians_contact_details";
    /// Why the protection of a child's address was lowered.
    SeeWhyProtectionWasLowered of ChildObject = "see_why_protection_was_lowered";
    /// The words of the entries that were disclosed.
    SeeDisclosedEntries of DisclosureObject = "see_disclosed_entries";
    /// Why a case was opened in an emergency.
    SeeEmergencyReason of EmergencyObject = "see_emergency_reason";
    /// The text of the review of an emergency access.
    SeeEmergencyReview of EmergencyObject = "see_emergency_review";
    /// The name of the child whose case was opened in an emergency.
    SeeEmergencyChild of EmergencyObject = "see_emergency_child";
}

impl<O: Object> About<O> {
    /// Returns whether the caller sees these fields of the object.
    #[must_use]
    pub fn sees<F: Field<Object = O>>(&self) -> bool {
        self.decide(F::NAME).allowed
    }

    /// Returns whether the caller may do `B` to the object.
    #[must_use]
    pub fn may<B: Action<Object = O>>(&self) -> bool {
        self.decide(B::NAME).allowed
    }
}
