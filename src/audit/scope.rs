//! Which entries of the access log a person may see, as conditions on rows.

use chrono::{DateTime, Utc};

use super::statement::Statement;
use crate::{
    access::{CaseFacts, CaseState},
    kernel::{
        Id,
        ids::{Child, LogReview, Unit},
    },
};

/// The entries that a person may see at all.
#[derive(Debug)]
pub(super) enum Scope<'a> {
    /// All entries of some municipalities, except those about the auditor's own family (fvl § 6) and reviews of their own access.
    Auditor { municipalities: &'a [String], own_children: &'a [Id<Child>], own_looks: &'a [Id<LogReview>] },
    /// The entries of people who had roles only in this unit, in the municipality that it belongs to.
    Controller {
        municipality: &'a str,
        unit: Id<Unit>,
        since: Option<DateTime<Utc>>,
        own_children: &'a [Id<Child>],
        own_looks: &'a [Id<LogReview>],
    },
    /// Actions in one case, and on the child as registered for it. Excludes refused requests, concerns, which are for their
    /// authors, and what the child keeps from its guardians.
    Family { case: &'a CaseState, kept: &'a Kept },
}

/// The entries that the auditor of a controller sees: of its unit, since it has been the controller.
#[derive(Debug, Clone, Copy)]
pub(super) struct OfController {
    unit: Id<Unit>,
    since: Option<DateTime<Utc>>,
}

/// A part of a scope that follows one index. A scope consists of one or more.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part<'a> {
    AllBut { own_children: &'a [Id<Child>], own_looks: &'a [Id<LogReview>], only: Option<OfController> },
    OfCase(&'a CaseState, &'a Kept),
    OutsideCase(&'a CaseState, &'a Kept),
}

impl<'a> Scope<'a> {
    /// The municipalities whose logs have the entries.
    pub(super) fn municipalities(&self) -> Vec<String> {
        match self {
            Self::Auditor { municipalities, .. } => municipalities.to_vec(),
            Self::Controller { municipality, .. } => vec![(*municipality).to_owned()],
            Self::Family { case, .. } => vec![case.municipality.clone()],
        }
    }

    pub(super) fn parts(&self) -> Vec<Part<'a>> {
        match *self {
            Self::Auditor { own_children, own_looks, .. } => {
                vec![Part::AllBut { own_children, own_looks, only: None }]
            }
            Self::Controller { unit, since, own_children, own_looks, .. } => {
                vec![Part::AllBut { own_children, own_looks, only: Some(OfController { unit, since }) }]
            }
            Self::Family { case, kept } => vec![Part::OfCase(case, kept), Part::OutsideCase(case, kept)],
        }
    }
}

/// The entries that the child keeps from its guardians.
#[derive(Debug)]
pub(super) enum Kept {
    /// Nothing: the reader is the child.
    Nothing,
    /// Its own reads and acts, and those of staff of these units.
    ByChild { units: Vec<Id<Unit>> },
}

impl Kept {
    /// Returns what is kept from someone who reads the log of a case.
    pub(super) fn from(case: &CaseFacts) -> Self {
        if case.relation.is_child {
            return Self::Nothing;
        }
        Self::ByChild { units: case.units_kept_from_guardians() }
    }
}

/// Excludes what the child keeps from its guardians.
fn without<'s>(sql: &'s mut Statement, kept: &Kept) -> &'s mut Statement {
    let Kept::ByChild { units } = kept else { return sql };
    sql.sql(
        " AND NOT EXISTS (SELECT 1 FROM person h WHERE h.id = k.person_id
            AND (h.id = l.person_id OR h.identity_id = p.identity_id))",
    );
    for unit in units {
        sql.sql(" AND l.roles NOT LIKE ").text(format!(r#"%"unit_id":"{unit}"%"#));
    }
    sql
}

/// The entries that the family sees.
const TOLD: &str = " AND l.decision = 'permit' AND l.status < 400";

/// Restricts the query to what the person may see.
pub(super) fn within(sql: &mut Statement, part: &Part<'_>) {
    match part {
        Part::AllBut { own_children, own_looks, only } => {
            if let Some(OfController { unit, since }) = only {
                // Without the roles in the unit, no role is left. In a name, the quotation mark before the colon would be escaped.
                sql.sql(" AND REPLACE(l.roles, ").text(format!(r#""unit_id":"{unit}""#));
                sql.sql(r#", '') NOT LIKE '%"unit_id":%'"#);
                if let Some(since) = since {
                    sql.sql(" AND l.at >= ").time(*since);
                }
            }
            for child in *own_children {
                sql.sql(" AND (l.child_id IS NULL OR l.child_id <> ").id(child.uuid()).sql(")");
            }
            if !own_looks.is_empty() {
                sql.sql(" AND (l.object_type NOT IN ('LogReview', 'Breach') OR l.object_id IS NULL OR l.object_id NOT IN (");
                for (at, review) in own_looks.iter().enumerate() {
                    sql.sql(if at == 0 { "" } else { ", " }).text(review.to_string());
                }
                sql.sql("))");
            }
        }
        Part::OfCase(case, kept) => {
            without(sql, kept).sql(TOLD).sql(" AND l.case_id = ").id(case.id.uuid());
        }
        Part::OutsideCase(case, kept) => {
            without(sql, kept)
                .sql(TOLD)
                .sql(" AND l.object_type = 'Child' AND l.child_id = ")
                .id(case.child.uuid());
            sql.sql(" AND (l.case_id IS NULL OR l.case_id <> ").id(case.id.uuid()).sql(")");
        }
    }
}
