//! Which entries of the access log a person may see, as conditions on rows.

use chrono::{DateTime, Utc};

use super::statement::Statement;
use crate::{
    access::CaseState,
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
    /// Actions in one case, and on the child as registered for it. Excludes refused requests, and concerns, which are for
    /// their authors.
    Family { case: &'a CaseState },
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
    OfCase(&'a CaseState),
    OutsideCase(&'a CaseState),
}

impl<'a> Scope<'a> {
    /// The municipalities whose logs have the entries.
    pub(super) fn municipalities(&self) -> Vec<String> {
        match self {
            Self::Auditor { municipalities, .. } => municipalities.to_vec(),
            Self::Controller { municipality, .. } => vec![(*municipality).to_owned()],
            Self::Family { case } => vec![case.municipality.clone()],
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
            Self::Family { case } => vec![Part::OfCase(case), Part::OutsideCase(case)],
        }
    }
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
                sql.sql(" AND (l.object_type <> 'LogReview' OR l.object_id IS NULL OR l.object_id NOT IN (");
                for (at, review) in own_looks.iter().enumerate() {
                    sql.sql(if at == 0 { "" } else { ", " }).text(review.to_string());
                }
                sql.sql("))");
            }
        }
        Part::OfCase(case) => {
            sql.sql(TOLD).sql(" AND l.case_id = ").id(case.id.uuid());
        }
        Part::OutsideCase(case) => {
            sql.sql(TOLD).sql(" AND l.object_type = 'Child' AND l.child_id = ").id(case.child.uuid());
            sql.sql(" AND (l.case_id IS NULL OR l.case_id <> ").id(case.id.uuid()).sql(")");
        }
    }
}
