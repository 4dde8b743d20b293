//! One type for each thing that can be done, by the name of its operation and of its Cedar action.

use super::objects::{
    CaseObject, ChildObject, ChildWelfareReportObject, ConcernObject, ConsentObject, Desk, DisclosureObject,
    EmergencyObject, HandoverObject, LogReviewObject, MeasureObject, MeetingObject, MunicipalityObject,
    NoteObject, Object, ObjectionObject, QuestionObject, UnitObject, UnlockedCase,
};

/// Whether an action changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only looks.
    Read,
    /// It only looks, and its body says at what.
    Ask,
    /// It changes something.
    Write,
}

/// Something that can be done to one kind of object.
pub trait Action: 'static {
    /// What it is done to.
    type Object: Object;
    /// The name in the rules, and the `operationId` in the API.
    const NAME: &'static str;
    /// Whether it changes anything.
    const KIND: Kind;
}

/// The actions whose input holds a password: no trace of it is kept, so that they take no `Idempotency-Key`.
pub const SECRET: [&str; 2] = ["change_password", "create_account"];

/// The actions that ask with a body, and change nothing that could be done twice.
pub const ASKS: [&str; 1] = ["explain_access"];

/// Does an action take an `Idempotency-Key`? One that leaves a trace of no password, and changes something.
#[must_use]
pub fn takes_key(action: &str) -> bool {
    !SECRET.contains(&action) && !ASKS.contains(&action)
}

/// Something to do for any action, by the kind of object it is done to.
pub trait Visitor {
    /// What comes of it.
    type Output;

    /// Does it for the action of this name.
    fn visit<O: Object>(self, action: &'static str) -> impl Future<Output = Self::Output>;
}

/// The actions by which the caller loses rights: the caller's other writes are done before them, or decided after.
pub const GIVES_UP_RIGHTS: [&str; 1] = ["declare_conflict_of_interest"];

macro_rules! actions {
    ($($kind:ident $object:ident { $($action:ident = $name:literal),+ $(,)? })+) => {
        $($(
            #[doc = concat!("The action `", $name, "`.")]
            #[derive(Debug)]
            pub enum $action {}
            impl Action for $action {
                type Object = $object;
                const NAME: &'static str = $name;
                const KIND: Kind = Kind::$kind;
            }
        )+)+

        /// The names of all actions.
        pub const ALL: &[&str] = &[$($($name),+),+];

        /// Brings a visitor to the action of a name; none if there is no such action.
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
        ReadMe = "read_me", ListCases = "list_cases", ListConcerns = "list_concerns",
        ListFollowUps = "list_follow_ups", SearchAccessLog = "search_access_log",
        ReadLogCheckpoint = "read_log_checkpoint", ReadLogTile = "read_log_tile",
        ExportAccessLog = "export_access_log", ProveLogEntry = "prove_log_entry", ProveLogConsistency = "prove_log_consistency",
    }
    Ask QuestionObject { ExplainAccess = "explain_access" }
    Write Desk { LogOut = "log_out", ChangePassword = "change_password" }
    Write MunicipalityObject {
        CreateUnit = "create_unit", CreateAccount = "create_account", DisableAccount = "disable_account",
    }
    Read UnitObject { ListStaff = "list_staff" }
    Write UnitObject {
        GrantRole = "grant_role", EndRole = "end_role", RegisterChild = "register_child",
        RecordConcern = "record_concern",
    }
    Read ChildObject {
        ReadChild = "read_child", ListGuardians = "list_guardians",
        ReadContactDetails = "read_contact_details", ListCareOrders = "list_care_orders",
    }
    Write ChildObject {
        UpdateChild = "update_child", RegisterGuardian = "register_guardian", ChangeGuardianship = "change_guardianship",
        UpdateContactDetails = "update_contact_details", RecordCareOrder = "record_care_order",
        ChangeCareOrder = "change_care_order", EndCareOrder = "end_care_order",
    }
    Read ConcernObject { ReadConcern = "read_concern" }
    Write ConcernObject { UpdateConcern = "update_concern", DecideConcern = "decide_concern" }
    Read CaseObject {
        ReadCase = "read_case", ListCaseHistory = "list_case_history", ListTeam = "list_team", ListHandovers = "list_handovers",
        ListConsents = "list_consents", ListGoals = "list_goals", ListMeasures = "list_measures",
        ListMeetings = "list_meetings", ListNotes = "list_notes", ListWithholdings = "list_withholdings",
        ReadConsentStatus = "read_consent_status",
        ReadCaseAccessLog = "read_case_access_log", DownloadCaseAccessLog = "download_case_access_log",
    }
    Write CaseObject {
        UpdateCase = "update_case", CloseCase = "close_case", ReopenCase = "reopen_case",
        AddTeamMember = "add_team_member", EndTeamMembership = "end_team_membership",
        OfferHandover = "offer_handover", GiveConsent = "give_consent",
        CreateGoal = "create_goal", UpdateGoal = "update_goal", CreateMeasure = "create_measure",
        CallMeeting = "call_meeting", WriteNote = "write_note",
        WithholdFromGuardian = "withhold_from_guardian", EndWithholding = "end_withholding",
    }
    Read NoteObject { ReadNote = "read_note" }
    Read ConsentObject { ReadConsent = "read_consent" }
    Write ConsentObject { WithdrawConsent = "withdraw_consent" }
    Write HandoverObject {
        AcceptHandover = "accept_handover", DeclineHandover = "decline_handover",
        WithdrawHandover = "withdraw_handover",
    }
    Read MeasureObject { ReadMeasure = "read_measure", ListEvaluations = "list_evaluations" }
    Write MeasureObject { UpdateMeasure = "update_measure", EvaluateMeasure = "evaluate_measure" }
    Read MeetingObject { ReadMeeting = "read_meeting" }
    Write MeetingObject {
        AnswerInvitation = "answer_invitation", RecordMinutes = "record_minutes",
        ApproveMinutes = "approve_minutes", CancelMeeting = "cancel_meeting",
    }
    Read UnitObject {
        ListChildWelfareReports = "list_child_welfare_reports", ListDisclosures = "list_disclosures",
    }
    Write UnitObject { ReportToChildWelfare = "report_to_child_welfare", Disclose = "disclose" }
    Read ChildWelfareReportObject { ReadChildWelfareReport = "read_child_welfare_report" }
    Write ChildWelfareReportObject { RecordReportReply = "record_report_reply" }
    Read DisclosureObject { ReadDisclosure = "read_disclosure" }
    Read CaseObject { ListObjections = "list_objections" }
    Write CaseObject { ObjectToSharing = "object_to_sharing" }
    Write ObjectionObject { WithdrawObjection = "withdraw_objection" }

    Read Desk {
        ListEmergencyAccess = "list_emergency_access",
        ListOwnConflictsOfInterest = "list_own_conflicts_of_interest",
    }
    Write Desk { DeclareConflictOfInterest = "declare_conflict_of_interest" }
    Read UnitObject { ListConflictsOfInterest = "list_conflicts_of_interest" }
    Write UnitObject {
        OpenEmergencyAccess = "open_emergency_access", EndConflictOfInterest = "end_conflict_of_interest",
    }
    Write UnlockedCase { RecordConflictOfInterest = "record_conflict_of_interest" }
    Read EmergencyObject { ReadEmergencyAccess = "read_emergency_access" }
    Write EmergencyObject {
        EndEmergencyAccess = "end_emergency_access", ReviewEmergencyAccess = "review_emergency_access",
    }
    Read Desk { ListLogReviews = "list_log_reviews", ReadLogReport = "read_log_report" }
    Read LogReviewObject { ReadLogReview = "read_log_review" }
    Write LogReviewObject { GiveLogVerdict = "give_log_verdict" }
}
