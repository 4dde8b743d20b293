//! Earlier wordings in answers, and corrections.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    access::{CaseReader, RowReader, Seen},
    kernel::{ids::PersonId, text::Prose, vocabulary::InformationKind},
    vault::Content,
    words,
};

words! {
    /// The text that a wording is of.
    WordingPart {
        /// The description of a goal or a measure.
        Description = "description",
        /// The text of a note.
        Text = "text",
        /// The minutes of a meeting.
        Minutes = "minutes",
        /// The facts of a concern.
        Facts = "facts",
        /// The risk factors in a concern.
        RiskFactors = "risk_factors",
        /// The protective factors in a concern.
        ProtectiveFactors = "protective_factors",
        /// The child's own words in a concern.
        ChildSays = "child_says",
        /// The efforts so far, in a concern.
        TriedSoFar = "tried_so_far",
        /// The adults' own practice, in a concern.
        OwnPractice = "own_practice",
        /// The risk factors that are seen in a concern: their codes, with commas between.
        SeenRiskFactors = "seen_risk_factors",
        /// The protective factors that are seen in a concern: their codes, with commas between.
        SeenProtectiveFactors = "seen_protective_factors",
    }
}

/// A wording that has been replaced.
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct EarlierWordingOut {
    /// Its number, from 1.
    #[schema(example = 1)]
    pub number: i64,
    /// The text that it is of.
    pub part: WordingPart,
    /// The words. Null if they are struck out: they are kept for inspection, and nobody reads them here.
    pub text: Option<Content>,
    /// Whether the words are struck out.
    pub struck_out: bool,
    /// Why it was replaced. Null if a later change struck it out with the words.
    pub reason: Option<Content>,
    /// The person who replaced it. Null if the reader may not know that they help.
    pub changed_by: Option<PersonId>,
    /// Their name.
    pub changed_by_name: Option<Content>,
    /// When it was replaced.
    pub changed_at: DateTime<Utc>,
}

/// A reader who sees the people behind an answer, or does not.
pub trait SeesWho {
    /// Returns whether they see who helps.
    fn sees_who(&self) -> bool;
}

impl SeesWho for CaseReader {
    fn sees_who(&self) -> bool {
        self.whereabouts()
    }
}

impl SeesWho for RowReader {
    fn sees_who(&self) -> bool {
        true
    }
}

impl EarlierWordingOut {
    /// Decides each field for a reader of its subject.
    pub fn seen_by<R: SeesWho>(self, reader: &R) -> Seen<Self> {
        let Self { number, part, text, struck_out, reason, changed_by, changed_by_name, changed_at } = self;
        let who = reader.sees_who();
        Seen::decided(Self {
            number,
            part,
            text,
            struck_out,
            reason,
            changed_by: changed_by.filter(|_| who),
            changed_by_name: changed_by_name.filter(|_| who),
            changed_at,
        })
    }

    /// Returns it without the name of a person that the reader may not know to help.
    #[must_use]
    pub fn without(self, is_unknown: impl Fn(PersonId) -> bool) -> Self {
        let known = self.changed_by.filter(|person| !is_unknown(*person));
        Self { changed_by: known, changed_by_name: self.changed_by_name.filter(|_| known.is_some()), ..self }
    }
}

/// A correction of a note. The earlier wording is kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "She came at ten, not at nine.", "reason": "The time was wrong.", "contains": []}))]
pub struct CorrectionIn {
    /// The whole new text.
    pub text: Prose,
    /// Why it is corrected. Everyone who may read the note reads it.
    pub reason: Prose,
    /// Must be `[]`: confirms that the text and the reason hold none of the prohibited kinds. May be left out where the note could be
    /// written without it.
    #[serde(default)]
    pub contains: Option<Vec<InformationKind>>,
    /// Whether the earlier wording is struck out, with those before it: they are kept for inspection, and nobody reads them here.
    #[serde(default)]
    pub strike_out: bool,
}

/// Why an entry is struck out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "It is about another child.", "contains": []}))]
pub struct StrikeOutIn {
    /// The reason. Everyone who could read the entry reads it.
    pub reason: Prose,
    /// Must be `[]`: confirms that the reason holds none of the prohibited kinds. May be left out where the note could be written
    /// without it.
    #[serde(default)]
    pub contains: Option<Vec<InformationKind>>,
}
