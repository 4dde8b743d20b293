//! The entries of a record in words, for the family and for the staff that they bring them to.

use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    cases::{CaseEventKind, CaseEventOut, CaseOut},
    catalogue::Level,
    consents::ConsentOut,
    goals::{GoalOut, GoalStatus},
    handovers::{HandoverOut, HandoverStatus},
    kernel::clock::day_in_norway,
    measures::{DayChangeOut, EvaluationOut, EvaluationOutcome, MeasureOut, MeasureStatus},
    meetings::{MeetingOut, MeetingStatus, PresentRole},
    next_steps::{NextStepHolder, NextStepKind, NextStepOut, NextStepOutcome},
    notes::NoteOut,
    referrals::{ReferralEventKind, ReferralOut},
    teams::TeamMemberOut,
    transitions::{TransitionOut, TransitionStatus},
    vault::Content,
    waiting_times::{HelpStep, WaitReasonOut},
    wordings::EarlierWordingOut,
};

/// Lines, each with what it is about.
#[derive(Default)]
struct Lines(Vec<String>);

impl Lines {
    fn line(mut self, about: &str, text: impl AsRef<str>) -> Self {
        self.0.push(format!("{about}: {}", text.as_ref()));
        self
    }

    fn content(self, about: &str, text: Option<&Content>) -> Self {
        match text {
            Some(text) => self.line(about, &**text),
            None => self,
        }
    }

    fn day(self, about: &str, day: Option<NaiveDate>) -> Self {
        match day {
            Some(day) => self.line(about, day.format("%d.%m.%Y").to_string()),
            None => self,
        }
    }

    fn time(self, about: &str, at: Option<DateTime<Utc>>) -> Self {
        self.day(about, at.map(day_in_norway))
    }

    /// A person, with the unit that they work for.
    fn who(self, about: &str, name: Option<&Content>, unit: Option<&str>) -> Self {
        match (name, unit) {
            (Some(name), Some(unit)) => self.line(about, format!("{}, {unit}", &**name)),
            (Some(name), None) => self.line(about, &**name),
            (None, Some(unit)) => self.line(about, unit),
            (None, None) => self,
        }
    }

    /// The earlier wordings of a text. Words that are struck out are not there.
    fn earlier(mut self, wordings: &[EarlierWordingOut]) -> Self {
        for wording in wordings {
            self = self
                .time("Endret", Some(wording.changed_at))
                .content("Av", wording.changed_by_name.as_ref())
                .content("Hvorfor", wording.reason.as_ref());
            self = match &wording.text {
                Some(text) => self.line("Tidligere ordlyd", &**text),
                None => self.line("Tidligere ordlyd", "strøket"),
            };
        }
        self
    }

    fn text(self) -> String {
        self.0.join("\n")
    }
}

/// A level of the guide, by number and name.
fn level(level: Level, name: &str) -> String {
    format!("{}: {name}", level.number())
}

/// The case: why help is given, and who coordinates it.
pub(super) fn case(case: &CaseOut) -> String {
    let contact = (case.contact_person_name.as_ref(), case.contact_unit_name.as_deref());
    Lines::default()
        .content("Hvorfor det gis hjelp", case.reason.as_ref())
        .line("Nivå", level(case.level, &case.level_name))
        .content("Begrunnelse for nivået", case.level_reason.as_ref())
        .who("Stafettholder", contact.0, contact.1)
        .content("Neste steg", case.next_step.as_ref().and_then(|step| step.what.as_ref()))
        .day("Neste steg innen", case.next_step.as_ref().map(|step| step.due_on))
        .time("Åpnet", Some(case.opened_at))
        .time("Avsluttet", case.closed_at)
        .content("Begrunnelse for avslutningen", case.closing_reason.as_ref())
        .content("Sluttevaluering", case.final_evaluation.as_ref())
        .text()
}

/// An event in the history of the case.
pub(super) fn event(event: &CaseEventOut) -> String {
    let kind = match event.kind {
        CaseEventKind::Opened => "Saken ble åpnet",
        CaseEventKind::LevelChanged => "Nivået ble endret",
        CaseEventKind::Closed => "Saken ble avsluttet",
        CaseEventKind::Reopened => "Saken ble gjenåpnet",
    };
    Lines(vec![kind.to_owned()])
        .line("Nivå", level(event.level, &event.level_name))
        .line("Begrunnelse", &*event.reason)
        .content("Sluttevaluering", event.final_evaluation.as_ref())
        .line("Av", &*event.person_name)
        .text()
}

/// Why the family waited for a step of the help.
pub(super) fn wait_reason(reason: &WaitReasonOut) -> String {
    let step = match reason.step {
        HelpStep::Concern => "undringen",
        HelpStep::Opened => "at saken ble åpnet",
        HelpStep::Shared => "at andre tjenester ble med",
        HelpStep::Meeting => "det første møtet",
        HelpStep::Measure => "det første tiltaket",
        HelpStep::Evaluation => "den første evalueringen",
    };
    Lines(vec![format!("Ventet på {step}")]).line("Begrunnelse", &*reason.reason).text()
}

/// A membership of the team.
pub(super) fn member(member: &TeamMemberOut) -> String {
    Lines::default()
        .who("Deltaker", Some(&member.person_name), Some(&member.unit_name))
        .line("Oppgave", &*member.task)
        .time("Fra", Some(member.joined_at))
        .time("Til", member.left_at)
        .text()
}

/// A handover of the baton.
pub(super) fn handover(handover: &HandoverOut) -> String {
    let status = match handover.status {
        HandoverStatus::Offered => "venter på svar",
        HandoverStatus::Accepted => "tatt imot",
        HandoverStatus::Declined => "takket nei",
        HandoverStatus::Withdrawn => "trukket",
        HandoverStatus::Assigned if handover.for_absence => {
            "gikk videre mens stafettholderen er borte, eller tilbake"
        }
        HandoverStatus::Assigned => "gikk til lederen",
    };
    Lines(vec!["Overlevering av stafettpinnen".to_owned()])
        .line("Fra", &*handover.from_person_name)
        .who("Til", Some(&handover.to_person_name), Some(&handover.to_unit_name))
        .line("Status", status)
        .content("Melding", handover.message.as_ref())
        .content("Svar", handover.answer.as_ref())
        .text()
}

/// A move of the record to another unit.
pub(super) fn transition(transition: &TransitionOut) -> String {
    let status = match transition.status {
        TransitionStatus::Planned => "planlagt",
        TransitionStatus::Moved => "gjennomført",
        TransitionStatus::Declined => "takket nei",
        TransitionStatus::Withdrawn => "trukket",
    };
    Lines(vec!["Overgang til en annen enhet".to_owned()])
        .who("Fra", None, transition.from_unit_name.as_deref())
        .who("Til", transition.to_person_name.as_ref(), Some(&transition.to_unit_name))
        .day("Tidligst", Some(transition.moves_on))
        .line("Status", status)
        .time("Avgjort", transition.settled_at)
        .content("Melding", transition.message.as_ref())
        .text()
}

/// A goal.
pub(super) fn goal(goal: &GoalOut) -> String {
    let status = match goal.status {
        GoalStatus::Active => "det arbeides mot det",
        GoalStatus::Reached => "nådd",
        GoalStatus::Dropped => "gitt opp",
    };
    Lines::default().line("Mål", &*goal.description).line("Status", status).earlier(&goal.earlier).text()
}

/// A note. One that has not been changed is its own words, as it was written.
pub(super) fn note(note: &NoteOut) -> String {
    if let (Some(text), [], None) = (&note.text, &*note.earlier, &note.referral) {
        return (**text).to_owned();
    }
    let lines = Lines(note.text.iter().map(|text| (**text).to_owned()).collect());
    let lines = note.referral.iter().fold(lines, referral);
    lines
        .time("Notatet er strøket", note.struck_out_at)
        .content("Av", note.struck_out_by_name.as_ref())
        .content("Hvorfor", note.struck_out_reason.as_ref())
        .earlier(&note.earlier)
        .text()
}

/// A referral, with what has happened to it.
fn referral(lines: Lines, referral: &ReferralOut) -> Lines {
    let lines = lines
        .content("Henvist til", referral.to_outside.as_ref())
        .who("Henvist til", None, referral.to_unit_name.as_deref())
        .content("Henvist av", referral.referred_by.as_ref())
        .day("Sendt", Some(referral.sent_on))
        .day("Avtalt med familien", Some(referral.agreed_on))
        .content("Følges opp av", referral.followed_up_by_name.as_ref());
    let lines = referral.events.iter().fold(lines, |lines, event| {
        let what = match event.kind {
            ReferralEventKind::Received => "Mottatt",
            ReferralEventKind::Accepted => "Tatt imot, og barnet venter",
            ReferralEventKind::Started => "Hjelpen har begynt",
            ReferralEventKind::Refused => "Avslått",
            ReferralEventKind::Withdrawn => "Trukket",
            ReferralEventKind::DayMoved => "Ventet dag er flyttet",
        };
        lines
            .day(what, Some(event.happened_on))
            .day("Til", event.to_day)
            .content("Hvorfor", event.reason.as_ref())
    });
    lines.day("Ventet innen", referral.expected_on)
}

/// A measure.
pub(super) fn measure(measure: &MeasureOut) -> String {
    let status = match measure.status {
        MeasureStatus::InForce => "virker",
        MeasureStatus::EndedReached => "avsluttet, målet er nådd",
        MeasureStatus::EndedNoEffect => "avsluttet, uten virkning",
        MeasureStatus::EndedNotCarriedOut => "avsluttet, lot seg ikke gjennomføre",
    };
    let responsible = (measure.responsible_name.as_ref(), measure.responsible_unit_name.as_deref());
    Lines::default()
        .line("Tiltak", &*measure.title)
        .content("Beskrivelse", measure.description.as_ref())
        .content("Mål", measure.goal_description.as_ref())
        .who("Ansvarlig", responsible.0, responsible.1)
        .day("Fra", Some(measure.starts_on))
        .line("Status", status)
        .day("Neste evaluering", measure.evaluate_on)
        .earlier(&measure.earlier)
        .text()
}

/// An evaluation, without the child's view.
pub(super) fn evaluation(title: &Content, evaluation: &EvaluationOut) -> String {
    let outcome = match evaluation.outcome {
        EvaluationOutcome::Continue => "fortsetter",
        EvaluationOutcome::Adjust => "fortsetter med endringer",
        EvaluationOutcome::EndReached => "avsluttes, målet er nådd",
        EvaluationOutcome::EndNoEffect => "avsluttes, uten virkning",
        EvaluationOutcome::EndNotCarriedOut => "avsluttes, lot seg ikke gjennomføre",
    };
    Lines::default()
        .line("Evaluering av tiltaket", &**title)
        .line("Vurdering", &*evaluation.assessment)
        .line("Tiltaket", outcome)
        .content("Hvorfor barnets syn mangler", evaluation.child_view_missing_reason.as_ref())
        .content("De foresattes syn", evaluation.guardians_view.as_ref())
        .day("Neste evaluering", evaluation.next_evaluation_on)
        .content("Av", evaluation.evaluated_by_name.as_ref())
        .text()
}

/// The child's view in an evaluation.
pub(super) fn child_view(title: &Content, view: &Content) -> String {
    Lines::default().line("Ved evaluering av tiltaket", &**title).line("Barnets syn", &**view).text()
}

/// A move of the day of an evaluation.
pub(super) fn day_change(title: &Content, change: &DayChangeOut) -> String {
    Lines::default()
        .line("Evaluering av tiltaket", &**title)
        .day("Flyttet fra", Some(change.from_day))
        .day("Flyttet til", Some(change.to_day))
        .line("Begrunnelse", &*change.reason)
        .content("Av", change.changed_by_name.as_ref())
        .text()
}

/// A next step.
pub(super) fn next_step(step: &NextStepOut) -> String {
    let holder = match step.held_by {
        NextStepHolder::ContactPerson => "stafettholderen",
        NextStepHolder::Member => "en deltaker i teamet",
        NextStepHolder::Family => "familien",
        NextStepHolder::Unit => "en tjeneste som saken venter på",
        NextStepHolder::Outside => "noen utenfor kommunen som saken venter på",
    };
    let outcome = step.outcome.map_or("venter", |outcome| match outcome {
        NextStepOutcome::Done => "gjort",
        NextStepOutcome::Replaced => "erstattet av et annet",
        NextStepOutcome::CaseClosed => "saken ble avsluttet",
    });
    let service_set = match step.kind {
        NextStepKind::Agreed => None,
        NextStepKind::EvaluateMeasure => Some("Et tiltak skal evalueres"),
        NextStepKind::ReviewCase => Some("Stafettholderen går gjennom saken"),
    };
    let what = step.what.as_deref().or(service_set).unwrap_or_default();
    Lines::default()
        .line("Neste steg", what)
        .line("Hos", holder)
        .who("Hvem", step.person_name.as_ref(), step.unit_name.as_deref())
        .content("Hvem", step.outside.as_ref())
        .day("Innen", Some(step.due_on))
        .line("Status", outcome)
        .content("Begrunnelse", step.reason.as_ref())
        .text()
}

/// The role of a person who was present at a meeting, in Norwegian.
const fn role_of(role: PresentRole) -> &'static str {
    match role {
        PresentRole::Interpreter => "Tolk",
        PresentRole::SupportPerson => "Støtteperson",
        PresentRole::NetworkMember => "Fra nettverket",
        PresentRole::Adviser => "Rådgiver",
    }
}

/// A meeting.
pub(super) fn meeting(meeting: &MeetingOut) -> String {
    let status = match meeting.status {
        MeetingStatus::Planned => "planlagt",
        MeetingStatus::Held => "holdt",
        MeetingStatus::Cancelled => "avlyst",
    };
    let people = |called: bool| {
        let some = meeting.participants.iter().filter(|participant| participant.called == called);
        some.map(|participant| &*participant.name).collect::<Vec<&str>>().join(", ")
    };
    let uncalled = people(false);
    let mut lines = Lines(vec!["Samarbeidsmøte".to_owned()])
        .time("Dag", Some(meeting.starts_at))
        .line("Status", status)
        .content("Hvorfor det er avlyst", meeting.cancel_reason.as_ref())
        .content("Sted", meeting.place.as_ref())
        .line("Saksliste", &*meeting.agenda)
        .line("Innkalt", people(true))
        .content("Hvorfor familien ikke er innkalt", meeting.family_absent_reason.as_ref())
        .content("Referat", meeting.minutes.as_ref())
        .content("Hva møtet kom fram til", meeting.outcome.as_ref())
        .earlier(&meeting.earlier);
    for absent in &meeting.guardians_not_invited {
        lines = lines.line("Hvorfor en foresatt ikke er innkalt", &*absent.reason);
    }
    if !uncalled.is_empty() {
        lines = lines.line("Kom uten å være innkalt", uncalled);
    }
    for it in &meeting.moves {
        lines = lines
            .time("Flyttet fra", Some(it.from_time))
            .time("Flyttet til", Some(it.to_time))
            .content("Fra sted", it.from_place.as_ref())
            .content("Til sted", it.to_place.as_ref())
            .line("Hvorfor det er flyttet", &*it.reason)
            .content("Flyttet av", it.moved_by_name.as_ref());
    }
    for other in &meeting.others_present {
        lines = lines.line(role_of(other.role), &*other.name);
    }
    for decision in &meeting.decisions {
        lines = lines.line(&format!("Beslutning {}", decision.number), &*decision.text);
    }
    lines.text()
}

/// A consent.
pub(super) fn consent(consent: &ConsentOut) -> String {
    let units: Vec<&str> = consent.units.iter().filter_map(|unit| unit.unit_name.as_deref()).collect();
    let kinds: Vec<&str> = consent.kinds.iter().map(|kind| kind.kind.as_str()).collect();
    Lines::default()
        .line("Samtykke fra", &*consent.given_by_name)
        .line("Formål", &*consent.purpose)
        .line("Tjenester", units.join(", "))
        .line("Opplysningstyper", kinds.join(", "))
        .day("Fra", Some(consent.valid_from))
        .day("Til", Some(consent.valid_until))
        .text()
}
