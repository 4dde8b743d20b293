//! One type for each action, named after its operation and its Cedar action, and one row of a table with the facts about it
//! besides the rules.

mod columns;
mod logged;
mod name;
#[cfg(test)]
mod tests;

use super::telling::{CaseAct, CaseSection};

pub use self::name::ActionName;
pub use self::{
    columns::{ActionFacts, Control, FamilyView, Interaction, LocalRules, Replay, Rights},
    logged::{LOGGED_ONLY, facts_of},
};
use super::objects::{
    AbsenceObject, ActivationObject, BreachObject, CaseObject, ChildObject, ChildWelfareReportObject,
    ConcernObject, ConsentObject, ConsentRequestObject, Desk, DisclosureObject, EmergencyObject,
    HandoverObject, LogReviewObject, MeasureObject, MeetingObject, MunicipalityObject, NoteObject,
    NumberProposalObject, Object, ObjectionObject, QuestionObject, RoleProposalObject, TransitionObject,
    UnitObject, UnitStaff, UnlockedCase, WithholdingObject,
};

/// Whether an action changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only reads.
    Read,
    /// It only reads, and its body states what.
    Ask,
    /// It changes something.
    Write,
}

/// An action on one type of object.
pub trait Action: 'static {
    /// The type of the object.
    type Object: Object;
    /// The name in the rules, and the `operationId` in the API.
    const NAME: &'static str;
    /// Whether it changes anything.
    const KIND: Kind;
    /// Its row in the table: the facts about it besides the rules.
    const FACTS: ActionFacts;
}

/// Code that runs for any action, generic over the type of its object.
pub trait Visitor {
    /// The result.
    type Output;

    /// Runs it for the action with this name.
    fn visit<O: Object>(self, action: &'static str) -> impl Future<Output = Self::Output>;
}

/// How the family sees an action: neutrally, or by the section or the act that its row names.
macro_rules! family {
    (Saw $section:ident) => {
        FamilyView::Saw(CaseSection::$section)
    };
    (Did $act:ident) => {
        FamilyView::Did(CaseAct::$act)
    };
    ($neutral:ident) => {
        FamilyView::$neutral
    };
}

/// A row is `Type = "name": family, control, replay, local rules, FHIR`, and the optional columns; see [`columns`].
macro_rules! actions {
    ($($kind:ident $object:ident { $(
        $action:ident = $name:literal:
            $family:ident $(($told:ident))?, $control:ident, $replay:ident $(($by:ident))?, $local:ident, $interaction:ident
            $({ $($column:ident: $value:expr),+ $(,)? })?;
    )+ })+) => {
        $($(
            #[doc = concat!("The action `", $name, "`.")]
            #[derive(Debug)]
            pub enum $action {}
            impl Action for $action {
                type Object = $object;
                const NAME: &'static str = $name;
                const KIND: Kind = Kind::$kind;
                const FACTS: ActionFacts = ActionFacts {
                    $($($column: $value,)+)?
                    ..ActionFacts::of(
                        family!($family $($told)?),
                        Control::$control,
                        Replay::$replay $((<$by as Action>::NAME))?,
                        LocalRules::$local,
                        Interaction::$interaction,
                    )
                };
            }
        )+)+

        /// The names of all actions.
        pub const ALL: &[&str] = &[$($($name),+),+];

        /// Returns the row of the action with this name; none if there is no such action.
        fn row(name: &str) -> Option<ActionFacts> {
            match name {
                $($($name => Some(<$action as Action>::FACTS),)+)+
                _ => None,
            }
        }

        /// Runs a visitor for the action with this name; none if there is no such action.
        pub async fn visit<V: Visitor>(name: &str, visitor: V) -> Option<V::Output> {
            match name {
                $($($name => Some(visitor.visit::<$object>($name).await),)+)+
                _ => None,
            }
        }
    };
}

actions! {
    Read Desk {
        ReadMe = "read_me": Look, ChosenLook, Never, MayForbid, Read;
        ListCases = "list_cases": Saw(Case), OtherLook, Never, MayForbid, Search;
        ListConcerns = "list_concerns": Look, OtherLook, Never, MayForbid, Search;
        ListFollowUps = "list_follow_ups": Look, ChosenLook, Never, MayForbid, Search;
        ListRefusals = "list_refusals": Look, OtherLook, Never, Right, Search;
        SearchAccessLog = "search_access_log": Work, LogSearch, Never, ControlsLooks, Search;
        ReadLogCheckpoint = "read_log_checkpoint": Look, ChosenLook, Never, ControlsLooks, Read;
        ReadLogTile = "read_log_tile": Look, ChosenLook, Never, ControlsLooks, Read;
        ExportAccessLog = "export_access_log": Work, LogExport, Never, ControlsLooks, Search;
        ProveLogEntry = "prove_log_entry": Work, Work, Never, ControlsLooks, Read;
        ProveLogConsistency = "prove_log_consistency": Work, Work, Never, ControlsLooks, Read;
    }
    Ask QuestionObject {
        ExplainAccess = "explain_access": Look, Neither, Never, Right, Read;
    }
    Write Desk {
        LogOut = "log_out": Work, Work, AsDecided, EndsAccess, Operation;
        ChangePassword = "change_password": Work, Work, Never, MayForbid, Update;
        EnrolSecondFactor = "enrol_second_factor": Work, Work, Never, MayForbid, Create;
        ConfirmSecondFactor = "confirm_second_factor": Work, Work, Never, MayForbid, Create;
        EndSecondFactor = "end_second_factor": Work, Work, Never, MayForbid, Update;
        BeginPasskey = "begin_passkey": Work, Work, Never, MayForbid, Create;
        CreatePasskey = "create_passkey": Work, Work, Never, MayForbid, Create;
        EndPasskey = "end_passkey": Work, Work, Never, MayForbid, Update;
    }
    Read MunicipalityObject {
        ListRoleProposals = "list_role_proposals": Look, ChosenLook, Never, MayForbid, Search;
        ListAccounts = "list_accounts": Look, ChosenLook, Never, MayForbid, Search;
        ListNumberProposals = "list_number_proposals": Look, ChosenLook, Never, MayForbid, Search;
        ListNameCorrections = "list_name_corrections": Look, ChosenLook, Never, MayForbid, Search;
    }
    Write MunicipalityObject {
        CreateUnit = "create_unit": Work, Work, AsDecided, MayForbid, Create;
        CreateAccount = "create_account": Work, Work, Never, MayForbid, Create;
        CreateActivation = "create_activation": Work, Work, Never, MayForbid, Create;
        DisableAccount = "disable_account": Work, Work, AsDecided, EndsAccess, Update;
        EnableAccount = "enable_account": Work, Work, AsDecided, MayForbid, Update;
        UnlockAccount = "unlock_account": Work, Work, AsDecided, MayForbid, Update;
        ProposeNumber = "propose_number": Work, Work, AsDecided, MayForbid, Create;
        CorrectAccountName = "correct_account_name": Work, Work, AsDecided, MayForbid, Create;
    }
    Write NumberProposalObject {
        ConfirmNumber = "confirm_number": Work, Work, Never, MayForbid, Create;
        DeclineNumber = "decline_number": Work, Work, AsDecided, MayForbid, Update;
    }
    Write ActivationObject {
        ApproveActivation = "approve_activation": Work, Work, Never, MayForbid, Create;
    }
    Write RoleProposalObject {
        ConfirmRole = "confirm_role": Work, Work, AsDecided, MayForbid, Create;
        DeclineRole = "decline_role": Work, Work, AsDecided, MayForbid, Update;
    }
    Read UnitObject {
        ListAbsences = "list_absences": Look, ChosenLook, Never, MayForbid, Search;
        ListStaff = "list_staff": Look, ChosenLook, Never, MayForbid, Search;
        SearchUnitAccessLog = "search_unit_access_log": Work, LogSearch, Never, ControlsLooks, Search;
    }
    Write UnitObject {
        GrantRole = "grant_role": Work, Work, AsDecided, MayForbid, Create;
        ProposeRole = "propose_role": Work, Work, AsDecided, MayForbid, Create;
        ExtendRole = "extend_role": Work, Work, AsDecided, MayForbid, Create;
        EndRole = "end_role": Work, Work, Never, EndsAccess, Update;
        RegisterChild = "register_child": Work, Work, IfReadBy(ReadChild), MayForbid, Create;
        RecordConcern = "record_concern": Work, Work, IfReadBy(ReadConcern), MayForbid, Create;
    }
    Read ChildObject {
        ReadChild = "read_child": Saw(Child), ChosenLook, Never, MayForbid, Read;
        ListGuardians = "list_guardians": Saw(Child), ChosenLook, Never, MayForbid, Search;
        ListCorrections = "list_corrections": Saw(Child), ChosenLook, Never, MayForbid, Search;
        ReadContactDetails = "read_contact_details": Saw(Child), ChosenLook, Never, MayForbid, Read;
        ListClaims = "list_claims": Look, ChosenLook, Never, MayForbid, Search;
        ListCareOrders = "list_care_orders": Look, ChosenLook, Never, MayForbid, Search;
    }
    Write ChildObject {
        UpdateChild = "update_child": Work, Work, Never, MayForbid, Update;
        RegisterGuardian = "register_guardian": Work, Work, AsDecided, MayForbid, Create;
        ChangeGuardianship = "change_guardianship": Work, Work, Never, EndsAccess, Update;
        UpdateContactDetails = "update_contact_details": Work, Work, Never, EndsAccess, Update;
        RecordCareOrder = "record_care_order": Work, Work, AsDecided, EndsAccess, Create;
        ChangeCareOrder = "change_care_order": Work, Work, Never, MayForbid, Update;
        AcceptCareOrder = "accept_care_order": Work, Work, AsDecided, MayForbid, Update;
        EndCareOrder = "end_care_order": Work, Work, AsDecided, EndsAccess, Update;
    }
    Read ConcernObject {
        ReadConcern = "read_concern": Look, ChosenLook, Never, MayForbid, Read;
    }
    Write ConcernObject {
        UpdateConcern = "update_concern": Work, Work, Never, MayForbid, Update;
        DecideConcern = "decide_concern": Work, Work, AsDecided, MayForbid, Update;
        PostponeConcern = "postpone_concern": Work, Work, AsDecided, MayForbid, Update;
    }
    Read CaseObject {
        ReadCase = "read_case": Saw(Case), ChosenLook, Never, MayForbid, Read;
        ListCaseHistory = "list_case_history": Saw(History), ChosenLook, Never, MayForbid, Search;
        ReadWaitingTimes = "read_waiting_times": Saw(History), ChosenLook, Never, MayForbid, Read;
        ListTeam = "list_team": Saw(Team), ChosenLook, Never, MayForbid, Search;
        ListHandovers = "list_handovers": Saw(Handovers), ChosenLook, Never, MayForbid, Search;
        ListTransitions = "list_transitions": Saw(Transitions), ChosenLook, Never, MayForbid, Search;
        ListConsents = "list_consents": Saw(Consents), ChosenLook, Never, MayForbid, Search;
        ListConsentRequests = "list_consent_requests": Saw(ConsentRequests), ChosenLook, Never, MayForbid, Search;
        ListNextSteps = "list_next_steps": Saw(NextSteps), ChosenLook, Never, MayForbid, Search;
        ListGoals = "list_goals": Saw(Goals), ChosenLook, Never, MayForbid, Search;
        ListMeasures = "list_measures": Saw(Measures), ChosenLook, Never, MayForbid, Search;
        ListMeetings = "list_meetings": Saw(Meetings), ChosenLook, Never, MayForbid, Search;
        ListNotes = "list_notes": Saw(Notes), ChosenLook, Never, MayForbid, Search;
        ListWithholdings = "list_withholdings": Look, ChosenLook, Never, MayForbid, Search;
        ExportRecord = "export_record": Look, ChosenLook, Never, Right, Read;
        ListCaseDisclosures = "list_case_disclosures": Look, ChosenLook, Never, Right, Search;
        ReadConsentStatus = "read_consent_status": Look, ChosenLook, Never, MayForbid, Read;
        ReadRightsCalendar = "read_rights_calendar": Look, ChosenLook, Never, MayForbid, Read;
        ReadCaseAccessLog = "read_case_access_log": Look, ChosenLook, Never, Right, Read;
        DownloadCaseAccessLog = "download_case_access_log": Look, ChosenLook, Never, Right, Read;
    }
    Ask CaseObject {
        PreviewNoteReaders = "preview_note_readers": Look, ChosenLook, Never, MayForbid, Read;
    }
    Write CaseObject {
        UpdateCase = "update_case": Did(ChangedCase), Work, Never, MayForbid, Update;
        CloseCase = "close_case": Did(ClosedCase), Work, AsDecided, MayForbid, Update;
        ReopenCase = "reopen_case": Did(ReopenedCase), Work, AsDecided, MayForbid, Update {
            words: &["reason", "level_reason", "closing_reason", "final_evaluation", "next_evaluation_on", "next_step"],
        };
        SetNextStep = "set_next_step": Work, Work, AsDecided, MayForbid, Create;
        RecordWaitReason = "record_wait_reason": Work, Work, AsDecided, MayForbid, Create;
        AddTeamMember = "add_team_member": Work, Work, AsDecided, MayForbid, Create;
        EndTeamMembership = "end_team_membership": Work, Work, Never, EndsAccess, Update;
        OfferHandover = "offer_handover": Did(OfferedBaton), Work, AsDecided, MayForbid, Create;
        PlanTransition = "plan_transition": Did(PlannedMove), Work, IfReadBy(ReadTransition), MayForbid, Create;
        GiveConsent = "give_consent": Look, Work, IfReadBy(ReadConsent), MayForbid, Create;
        CreateConsentRequest = "create_consent_request": Work, Work, IfReadBy(ReadConsentRequest), MayForbid, Create;
        CreateGoal = "create_goal": Did(ChangedGoals), Work, AsDecided, MayForbid, Create;
        UpdateGoal = "update_goal": Did(ChangedGoals), Work, Never, MayForbid, Update;
        CreateMeasure = "create_measure": Work, Work, IfReadBy(ReadMeasure), MayForbid, Create;
        CallMeeting = "call_meeting": Work, Work, IfReadBy(ReadMeeting), MayForbid, Create;
        RecordBirth = "record_birth": Work, Work, IfReadBy(ReadCase), MayForbid, Create;
        WriteNote = "write_note": Look, Work, IfReadBy(ReadNote), MayForbid, Create;
        CreateReferral = "create_referral": Look, Work, IfReadBy(ReadNote), MayForbid, Create;
        BringEntries = "bring_entries": Look, Work, AsDecided, MayForbid, Create;
        WithholdFromGuardian = "withhold_from_guardian": Look, Work, AsDecided, EndsAccess, Create;
    }
    Write WithholdingObject {
        EndWithholding = "end_withholding": Look, Work, AsDecided, MayForbid, Update;
        ReviewWithholding = "review_withholding": Look, Work, AsDecided, MayForbid, Update;
    }
    Read NoteObject {
        ReadNote = "read_note": Saw(Notes), ChosenLook, Never, MayForbid, Read;
    }
    Write NoteObject {
        CorrectNote = "correct_note": Look, Work, Never, MayForbid, Update;
        StrikeOutNote = "strike_out_note": Look, Work, Never, MayForbid, Update;
        UpdateReferral = "update_referral": Look, Work, Never, MayForbid, Update;
        RecordReferralAnswer = "record_referral_answer": Look, Work, Never, MayForbid, Update;
        WithdrawReferral = "withdraw_referral": Look, Work, Never, MayForbid, Update;
    }
    Read ConsentObject {
        ReadConsent = "read_consent": Look, ChosenLook, Never, MayForbid, Read;
        PreviewWithdrawal = "preview_withdrawal": Look, ChosenLook, Never, MayForbid, Read;
    }
    Write ConsentObject {
        WithdrawConsent = "withdraw_consent": Look, Work, AsDecided, Right, Update;
    }
    Read ConsentRequestObject {
        ReadConsentRequest = "read_consent_request": Look, ChosenLook, Never, MayForbid, Read;
    }
    Write ConsentRequestObject {
        AnswerConsentRequest = "answer_consent_request": Look, Work, AsDecided, Right, Create;
        WithdrawConsentRequest = "withdraw_consent_request": Work, Work, AsDecided, MayForbid, Update;
    }
    Read TransitionObject {
        ReadTransition = "read_transition": Saw(Transitions), ChosenLook, Never, MayForbid, Read;
    }
    Write TransitionObject {
        AnswerTransition = "answer_transition": Look, Work, AsDecided, Right, Create;
        AcceptTransition = "accept_transition": Did(MovedRecord), Work, AsDecided, MayForbid, Update;
        DeclineTransition = "decline_transition": Did(DeclinedMove), Work, AsDecided, MayForbid, Update;
        WithdrawTransition = "withdraw_transition": Did(WithdrewMove), Work, AsDecided, MayForbid, Update;
    }
    Write HandoverObject {
        AcceptHandover = "accept_handover": Did(AcceptedBaton), Work, AsDecided, MayForbid, Update;
        DeclineHandover = "decline_handover": Did(DeclinedBaton), Work, AsDecided, MayForbid, Update;
        WithdrawHandover = "withdraw_handover": Did(WithdrewOffer), Work, AsDecided, MayForbid, Update {
            words: &["message", "answer"],
        };
    }
    Read MeasureObject {
        ReadMeasure = "read_measure": Saw(Measures), ChosenLook, Never, MayForbid, Read;
        ListEvaluations = "list_evaluations": Saw(Measures), ChosenLook, Never, MayForbid, Search;
        ListDayChanges = "list_day_changes": Saw(Measures), ChosenLook, Never, MayForbid, Search;
    }
    Write MeasureObject {
        UpdateMeasure = "update_measure": Work, Work, Never, MayForbid, Update;
        EvaluateMeasure = "evaluate_measure": Work, Work, AsDecided, MayForbid, Create;
    }
    Read MeetingObject {
        ReadMeeting = "read_meeting": Saw(Meetings), ChosenLook, Never, MayForbid, Read;
    }
    Write MeetingObject {
        AnswerInvitation = "answer_invitation": Work, Work, AsDecided, MayForbid, Update;
        MoveMeeting = "move_meeting": Work, Work, AsDecided, MayForbid, Update;
        ChangeInvitations = "change_invitations": Work, Work, AsDecided, MayForbid, Update;
        RecordMinutes = "record_minutes": Work, Work, Never, MayForbid, Update;
        ApproveMinutes = "approve_minutes": Work, Work, Never, MayForbid, Update;
        CorrectMinutes = "correct_minutes": Work, Work, Never, MayForbid, Update;
        CancelMeeting = "cancel_meeting": Work, Work, AsDecided, MayForbid, Update;
    }
    Read UnitObject {
        ListChildWelfareReports = "list_child_welfare_reports": Look, ChosenLook, Never, Duty, Search;
        ListDisclosures = "list_disclosures": Look, ChosenLook, Never, MayForbid, Search;
    }
    Write UnitObject {
        ReportToChildWelfare = "report_to_child_welfare": Work, Work, IfReadBy(ReadChildWelfareReport), Duty, Create;
        Disclose = "disclose": Work, Work, IfReadBy(ReadDisclosure), Duty, Create;
    }
    Read ChildWelfareReportObject {
        ReadChildWelfareReport = "read_child_welfare_report": Look, ChosenLook, Never, Duty, Read;
    }
    Write ChildWelfareReportObject {
        RecordReportReply = "record_report_reply": Work, Work, AsDecided, Duty, Create;
    }
    Read DisclosureObject {
        ReadDisclosure = "read_disclosure": Look, ChosenLook, Never, MayForbid, Read;
        ListInformingDelays = "list_informing_delays": Look, ChosenLook, Never, MayForbid, Search;
    }
    Write DisclosureObject {
        DelayInforming = "delay_informing": Work, Work, AsDecided, MayForbid, Create;
    }
    Read CaseObject {
        ListRecordedConflictsOfInterest = "list_recorded_conflicts_of_interest": Look, ChosenLook, Never, MayForbid, Search;
        ListObjections = "list_objections": Look, ChosenLook, Never, MayForbid, Search;
    }
    Write CaseObject {
        ObjectToSharing = "object_to_sharing": Look, Work, AsDecided, Right, Create;
    }
    Write ObjectionObject {
        WithdrawObjection = "withdraw_objection": Look, Work, AsDecided, Right, Update;
    }
    Read Desk {
        ListEmergencyAccess = "list_emergency_access": Look, OtherLook, Never, ControlsLooks, Search;
        ListOwnConflictsOfInterest = "list_own_conflicts_of_interest": Look, ChosenLook, Never, EndsAccess, Search;
    }
    Write Desk {
        DeclareConflictOfInterest = "declare_conflict_of_interest": Work, Work, AsDecided, EndsAccess, Create {
            rights: Rights::GivenUp,
        };
        GiveViewOnConflictOfInterest = "give_view_on_conflict_of_interest": Work, Work, AsDecided, Right, Update;
    }
    Read UnitStaff {
        ListConflictsOfInterest = "list_conflicts_of_interest": Look, ChosenLook, Never, MayForbid, Search;
    }
    Write UnitObject {
        RecordAbsence = "record_absence": Work, Work, IfReadBy(ReadAbsence), MayForbid, Create;
        OpenEmergencyAccess = "open_emergency_access": Look, Neither, IfReadBy(ReadEmergencyAccess), MayForbid, Create;
    }
    Read AbsenceObject {
        ReadAbsence = "read_absence": Look, ChosenLook, Never, MayForbid, Read;
    }
    Write AbsenceObject {
        ChangeAbsence = "change_absence": Work, Work, Never, MayForbid, Update;
        EndAbsence = "end_absence": Work, Work, AsDecided, MayForbid, Update;
    }
    Write UnitStaff {
        ConfirmConflictOfInterest = "confirm_conflict_of_interest": Work, Work, AsDecided, MayForbid, Update;
        EndConflictOfInterest = "end_conflict_of_interest": Work, Work, AsDecided, MayForbid, Update;
    }
    Write ChildObject {
        DecideClaim = "decide_claim": Work, Work, AsDecided, MayForbid, Update;
    }
    Write UnlockedCase {
        RecordConflictOfInterest = "record_conflict_of_interest": Work, Work, AsDecided, EndsAccess, Create;
    }
    Read EmergencyObject {
        ReadEmergencyAccess = "read_emergency_access": Look, OtherLook, Never, ControlsLooks, Read;
    }
    Write EmergencyObject {
        EndEmergencyAccess = "end_emergency_access": Did(EndedEmergency), Work, AsDecided, EndsAccess, Update;
        ReviewEmergencyAccess = "review_emergency_access": Did(ReviewedEmergency), Work, AsDecided, EndsAccess, Update;
    }
    Read Desk {
        ListLogReviews = "list_log_reviews": Look, ChosenLook, Never, ControlsLooks, Search;
        ReadLogReport = "read_log_report": Look, ChosenLook, Never, ControlsLooks, Read;
        ListBreaches = "list_breaches": Look, ChosenLook, Never, ControlsLooks, Search;
    }
    Read BreachObject {
        ReadBreach = "read_breach": Look, ChosenLook, Never, ControlsLooks, Read;
    }
    Write BreachObject {
        RecordBreachStep = "record_breach_step": Work, Work, AsDecided, ControlsLooks, Update;
    }
    Read LogReviewObject {
        ReadLogReview = "read_log_review": Look, ChosenLook, Never, ControlsLooks, Read;
    }
    Write LogReviewObject {
        GiveLogVerdict = "give_log_verdict": Work, Work, AsDecided, ControlsLooks, Update;
    }
}
