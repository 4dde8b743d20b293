//! The facts that the patterns need about a batch of entries. They are read in a fixed number of queries for any batch.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    look::{LoggedLook, Look},
    neighbours_child::{Street, street},
    no_task::Task,
    same_surname::surnames,
};
use crate::{
    access::actions::{Control, facts_of},
    db::{DbError, Tx},
    fetch_in, fetch_optional,
    kernel::{
        Id,
        ids::{Case, Child, Look as LogEntry, Person},
    },
    log_reviews::settings::settings,
    on_engine,
    vault::Content,
};

/// An access: its time, its entry and the child.
type Made = (DateTime<Utc>, Id<LogEntry>, Id<Child>);

/// Facts about the people, children and cases of a batch.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// The periods in which people have tasks in cases.
    pub(super) tasks: HashMap<(Id<Person>, Id<Case>), Vec<Task>>,
    /// The accesses of each person, starting some time before the batch.
    pub(super) looks_of: HashMap<Id<Person>, Vec<Made>>,
    /// The children with a protected address in any registration.
    pub(super) graded: HashSet<Id<Child>>,
    /// The children and the colleagues of their guardians.
    pub(super) colleagues: HashSet<(Id<Child>, Id<Person>)>,
    pub(super) surnames_of_lookers: HashMap<Id<Person>, HashSet<String>>,
    pub(super) surnames_of_families: HashMap<Id<Child>, HashSet<String>>,
    pub(super) streets_of_lookers: HashMap<Id<Person>, HashSet<Street>>,
    pub(super) streets_of_families: HashMap<Id<Child>, HashSet<Street>>,
}

/// Joins child `k` of the access to each of its registrations, `s`.
macro_rules! of_children {
    ($select:literal, $rest:literal) => {
        concat!(
            $select,
            " FROM child k JOIN child s ON s.municipality = k.municipality AND s.person_id = k.person_id ",
            $rest
        )
    };
}

const GRADED: &str = of_children!(
    "SELECT k.id",
    "JOIN address_protection a ON a.municipality = s.municipality AND a.child_id = s.id
     WHERE a.protection <> 'none' AND k.id IN ("
);
const CHILD_NAMES: &str = of_children!("SELECT k.id, s.name", "WHERE k.id IN (");
const GUARDIAN_NAMES: &str = of_children!(
    "SELECT k.id, g.guardian_name",
    "JOIN guardianship g ON g.municipality = s.municipality AND g.child_id = s.id
     WHERE g.ended_at IS NULL AND k.id IN ("
);
/// The other persons of the people, and their municipalities. Most people have none.
const ALSO_KNOWN_AS: &str = "
    SELECT p.id, o.id, o.municipality FROM person p JOIN person o ON o.identity_id = p.identity_id AND o.id <> p.id
    WHERE p.id IN (";
const NAMES: &str = "SELECT id, name FROM person WHERE id IN (";
const CHILD_ADDRESSES: &str = of_children!(
    "SELECT k.id, c.address",
    "JOIN child_contact c ON c.municipality = s.municipality AND c.child_id = s.id
     WHERE c.protection = 'none' AND c.address IS NOT NULL AND k.id IN ("
);
const GUARDIAN_ADDRESSES: &str = of_children!(
    "SELECT k.id, c.address",
    "JOIN guardianship g ON g.municipality = s.municipality AND g.child_id = s.id
     JOIN guardian_contact c ON c.municipality = g.municipality AND c.guardianship_id = g.id
     WHERE g.ended_at IS NULL AND c.protection = 'none' AND c.address IS NOT NULL AND k.id IN ("
);
/// No registration of child `k` has a protected address.
macro_rules! not_graded {
    () => {
        "NOT EXISTS (SELECT 1 FROM child s JOIN address_protection a ON a.municipality = s.municipality AND a.child_id = s.id
                     WHERE s.municipality = k.municipality AND s.person_id = k.person_id AND a.protection <> 'none')"
    };
}
const OWN_ADDRESSES: &str = concat!(
    "SELECT g.guardian_id, c.address
     FROM guardianship g
     JOIN guardian_contact c ON c.municipality = g.municipality AND c.guardianship_id = g.id
     JOIN child k ON k.municipality = g.municipality AND k.id = g.child_id
     WHERE g.ended_at IS NULL AND c.protection = 'none' AND c.address IS NOT NULL AND ",
    not_graded!(),
    " AND g.guardian_id IN ("
);
const OWN_ADDRESSES_AS_CHILD: &str = concat!(
    "SELECT k.person_id, c.address
     FROM child k JOIN child_contact c ON c.municipality = k.municipality AND c.child_id = k.id
     WHERE c.protection = 'none' AND c.address IS NOT NULL AND ",
    not_graded!(),
    " AND k.person_id IN ("
);
const COLLEAGUES: &str = of_children!(
    "SELECT DISTINCT k.id, o.person_id",
    "JOIN guardianship g ON g.municipality = s.municipality AND g.child_id = s.id AND g.ended_at IS NULL
     JOIN person gp ON gp.id = g.guardian_id JOIN person wp ON wp.identity_id = gp.identity_id
     JOIN staff_role w ON w.person_id = wp.id AND w.ended_at IS NULL AND w.role IN ('worker', 'unit_leader')
     JOIN staff_role o ON o.unit_id = w.unit_id AND o.ended_at IS NULL AND o.role IN ('worker', 'unit_leader')
     WHERE o.person_id <> w.person_id AND k.id IN ("
);
const LOOKS: &str = "
    SELECT f.position, l.id, l.at, l.person_id, l.roles, l.action, l.case_id, l.child_id, l.decision, l.policies, l.status
    FROM access_log l JOIN access_log_leaf f ON f.municipality = l.municipality AND f.entry_id = l.id
    WHERE l.municipality = ";
const WORK: &str = "
    SELECT l.person_id, l.case_id, l.at, l.action FROM access_log l
    WHERE l.decision = 'permit' AND l.status < 400 AND l.person_id IS NOT NULL AND l.municipality = ";
const FIRST: &str =
    "SELECT id FROM access_log WHERE municipality = $1 AND at >= $2 ORDER BY municipality, at, id LIMIT 1";

/// A person's task in a case, from when, and until when if it has ended.
type TaskRow = (Id<Person>, Id<Case>, DateTime<Utc>, Option<DateTime<Utc>>);
const HOLDERS: &str = "
    SELECT person_id, case_id, since, NULLIF(since, since) FROM contact_person WHERE municipality = ";
const OFFERED: &str =
    "SELECT to_person, case_id, offered_at, answered_at FROM handover WHERE municipality = ";
// The start does not matter: they held the baton until they handed it over.
const EARLIER_HOLDERS: &str = "
    SELECT h.from_person, h.case_id, c.opened_at, h.answered_at
    FROM handover h JOIN care_case c ON c.municipality = h.municipality AND c.id = h.case_id
    WHERE h.status IN ('accepted', 'assigned') AND h.municipality = ";
const RESPONSIBLE: &str = "
    SELECT responsible_id, case_id, created_at, NULLIF(created_at, created_at) FROM measure
    WHERE status = 'in_force' AND municipality = ";
const HAS_NEXT_STEP: &str = "
    SELECT person_id, case_id, set_at, settled_at FROM next_step WHERE person_id IS NOT NULL AND municipality = ";
const INVITED: &str = "
    SELECT p.person_id, m.case_id, m.created_at, m.starts_at
    FROM meeting m JOIN meeting_participant p ON p.municipality = m.municipality AND p.meeting_id = m.id
    WHERE m.status <> 'cancelled' AND p.called AND m.municipality = ";
const CALLED: &str = "
    SELECT called_by, case_id, created_at, starts_at FROM meeting WHERE status <> 'cancelled' AND municipality = ";
const SEATED: &str = "SELECT person_id, case_id, joined_at, joined_at FROM team_member WHERE municipality = ";
const IN_CHILD_WELFARE: &str = "
    SELECT o.child_welfare_person_id, case_id, o.recorded_at, o.ended_at
    FROM care_order o JOIN (SELECT municipality, child_id, id AS case_id FROM care_case) c
      ON c.municipality = o.municipality AND c.child_id = o.child_id
    WHERE o.municipality = ";
const REVIEWS_EMERGENCY: &str = "
    SELECT r.person_id, e.case_id, e.started_at, e.reviewed_at
    FROM emergency_access e
    JOIN contact_person cp ON cp.municipality = e.municipality AND cp.case_id = e.case_id
    JOIN care_case c ON c.municipality = e.municipality AND c.id = e.case_id
    JOIN staff_role r ON r.unit_id IN (c.unit_id, cp.unit_id) AND r.role = 'unit_leader' AND r.ended_at IS NULL
    WHERE e.person_id <> r.person_id AND e.municipality = ";

// The family agreed that the person, or the leader of the unit, is asked to take the case over.
const ASKED: &str = "
    SELECT r.person_id, t.case_id, t.planned_at, t.settled_at
    FROM transition t
    JOIN staff_role r ON r.unit_id = t.to_unit AND (r.role = 'unit_leader' OR r.person_id = t.to_person) AND r.ended_at IS NULL
    WHERE t.municipality = ";

/// `in_cases!(tx, Row, SQL, "case_id", municipality, cases)`: fetches rows of some cases.
macro_rules! in_cases {
    ($tx:expr, $row:ty, $sql:expr, $column:literal, $municipality:expr, $cases:expr) => {
        on_engine!($tx, |conn| {
            let mut query = sqlx::QueryBuilder::new($sql);
            query.push_bind($municipality.to_owned()).push(concat!(" AND ", $column, " IN ("));
            let mut list = query.separated(", ");
            for case in $cases {
                list.push_bind(*case);
            }
            query.push(")");
            query.build_query_as::<$row>().fetch_all(conn).await
        })
    };
}

/// The time span of a batch, and the lowest id of entries from some time before it.
#[derive(Debug, Clone, Copy)]
struct Span {
    first: DateTime<Utc>,
    last: DateTime<Utc>,
    least: Uuid,
}

impl Facts {
    pub(super) async fn read(tx: &mut Tx, municipality: &str, looks: &[Look]) -> Result<Self, DbError> {
        let times = || looks.iter().map(|look| look.at);
        let (Some(first), Some(last)) = (times().min(), times().max()) else { return Ok(Self::default()) };
        let before = settings().no_task.after_work().max(settings().burst.within());
        let least = fetch_optional!(tx, (Uuid,), FIRST, municipality, first - before)?;
        let span = Span { first, last, least: least.map_or(Uuid::nil(), |(id,)| id) };
        let lookers = distinct(looks.iter().map(|look| look.person));
        let mut others = fetch_in!(tx, (Id<Person>, Id<Person>, String), ALSO_KNOWN_AS, &lookers)?;
        others.retain(|(.., place)| place == municipality);
        let people = distinct(lookers.into_iter().chain(others.iter().map(|(_, other, _)| *other)));
        let children = distinct(looks.iter().map(|look| look.child));
        let cases = distinct(looks.iter().filter_map(|look| look.case));
        let mut facts = Self::default();
        facts.read_looks(tx, municipality, span, &people).await?;
        facts.read_people(tx, &people, &children).await?;
        facts.read_streets(tx, &people, &children).await?;
        if !cases.is_empty() {
            facts.read_tasks(tx, municipality, &cases).await?;
            facts.read_work(tx, municipality, span, &cases).await?;
        }
        for (person, other, _) in others {
            facts.join(person, other);
        }
        Ok(facts)
    }

    /// Lets what is known of a person as another one count.
    fn join(&mut self, person: Id<Person>, other: Id<Person>) {
        let tasks: Vec<_> = self.tasks.iter().filter(|((of, _), _)| *of == other).collect();
        let tasks: Vec<_> = tasks.into_iter().map(|((_, case), tasks)| (*case, tasks.clone())).collect();
        for (case, tasks) in tasks {
            self.tasks.entry((person, case)).or_default().extend(tasks);
        }
        let looks = self.looks_of.get(&other).cloned().unwrap_or_default();
        let own = self.looks_of.entry(person).or_default();
        own.extend(looks);
        own.sort_unstable();
        own.dedup();
        let children: Vec<_> = self.colleagues.iter().filter(|(_, of)| *of == other).copied().collect();
        self.colleagues.extend(children.into_iter().map(|(child, _)| (child, person)));
        extend(&mut self.surnames_of_lookers, person, other);
        extend(&mut self.streets_of_lookers, person, other);
    }

    async fn read_looks(
        &mut self,
        tx: &mut Tx,
        municipality: &str,
        span: Span,
        people: &[Id<Person>],
    ) -> Result<(), DbError> {
        let rows = on_engine!(tx, |conn| {
            let mut query = sqlx::QueryBuilder::new(LOOKS);
            query.push_bind(municipality.to_owned()).push(" AND l.id >= ").push_bind(span.least);
            query.push(" AND l.at >= ").push_bind(span.first - settings().burst.within());
            query.push(" AND l.at <= ").push_bind(span.last).push(" AND l.person_id IN (");
            let mut list = query.separated(", ");
            for person in people {
                list.push_bind(*person);
            }
            query.push(")");
            query.build_query_as::<LoggedLook>().fetch_all(conn).await
        })?;
        for look in rows.into_iter().filter_map(Look::of) {
            self.looks_of.entry(look.person).or_default().push((look.at, look.id, look.child));
        }
        Ok(())
    }

    async fn read_people(
        &mut self,
        tx: &mut Tx,
        people: &[Id<Person>],
        children: &[Id<Child>],
    ) -> Result<(), DbError> {
        let graded = fetch_in!(tx, (Id<Child>,), GRADED, children)?;
        self.graded = graded.into_iter().map(|(child,)| child).collect();
        let colleagues = fetch_in!(tx, (Id<Child>, Id<Person>), COLLEAGUES, children)?;
        self.colleagues = colleagues.into_iter().filter(|(_, person)| people.contains(person)).collect();
        for sql in [CHILD_NAMES, GUARDIAN_NAMES] {
            let names = fetch_in!(tx, (Id<Child>, Content), sql, children)?;
            gather(&mut self.surnames_of_families, names, surnames);
        }
        let names = fetch_in!(tx, (Id<Person>, Content), NAMES, people)?;
        gather(&mut self.surnames_of_lookers, names, surnames);
        Ok(())
    }

    async fn read_streets(
        &mut self,
        tx: &mut Tx,
        people: &[Id<Person>],
        children: &[Id<Child>],
    ) -> Result<(), DbError> {
        for sql in [OWN_ADDRESSES, OWN_ADDRESSES_AS_CHILD] {
            let addresses = fetch_in!(tx, (Id<Person>, Content), sql, people)?;
            gather(&mut self.streets_of_lookers, addresses, street);
        }
        for sql in [CHILD_ADDRESSES, GUARDIAN_ADDRESSES] {
            let addresses = fetch_in!(tx, (Id<Child>, Content), sql, children)?;
            gather(&mut self.streets_of_families, addresses, street);
        }
        Ok(())
    }

    async fn read_tasks(
        &mut self,
        tx: &mut Tx,
        municipality: &str,
        cases: &[Id<Case>],
    ) -> Result<(), DbError> {
        let numbers = &settings().no_task;
        for sql in [HOLDERS, OFFERED, RESPONSIBLE, HAS_NEXT_STEP, IN_CHILD_WELFARE] {
            let rows = in_cases!(tx, TaskRow, sql, "case_id", municipality, cases)?;
            self.add(rows, |until| until);
        }
        let rows = in_cases!(tx, TaskRow, EARLIER_HOLDERS, "h.case_id", municipality, cases)?;
        self.add(rows, |until| until);
        let rows = in_cases!(tx, TaskRow, ASKED, "t.case_id", municipality, cases)?;
        self.add(rows, |until| until);
        let rows = in_cases!(tx, TaskRow, REVIEWS_EMERGENCY, "e.case_id", municipality, cases)?;
        self.add(rows, |until| until);
        for sql in [INVITED, CALLED] {
            let rows = in_cases!(tx, TaskRow, sql, "case_id", municipality, cases)?;
            self.add(rows, |meets| meets.map(|at| at + numbers.after_meeting()));
        }
        let rows = in_cases!(tx, TaskRow, SEATED, "case_id", municipality, cases)?;
        self.add(rows, |joined| joined.map(|at| at + numbers.new_seat()));
        Ok(())
    }

    /// Work in a case counts as a task for a while before and after.
    async fn read_work(
        &mut self,
        tx: &mut Tx,
        municipality: &str,
        span: Span,
        cases: &[Id<Case>],
    ) -> Result<(), DbError> {
        let numbers = &settings().no_task;
        let rows = on_engine!(tx, |conn| {
            let mut query = sqlx::QueryBuilder::new(WORK);
            query.push_bind(municipality.to_owned()).push(" AND l.id >= ").push_bind(span.least);
            query.push(" AND l.at <= ").push_bind(span.last + numbers.before_work());
            query.push(" AND l.case_id IN (");
            let mut list = query.separated(", ");
            for case in cases {
                list.push_bind(*case);
            }
            query.push(")");
            query.build_query_as::<(Id<Person>, Id<Case>, DateTime<Utc>, String)>().fetch_all(conn).await
        })?;
        for (person, case, at, action) in rows {
            if facts_of(&action).control != Control::Work {
                continue;
            }
            let task = Task { from: at - numbers.before_work(), until: Some(at + numbers.after_work()) };
            self.tasks.entry((person, case)).or_default().push(task);
        }
        Ok(())
    }

    fn add(&mut self, rows: Vec<TaskRow>, until: impl Fn(Option<DateTime<Utc>>) -> Option<DateTime<Utc>>) {
        for (person, case, from, end) in rows {
            self.tasks.entry((person, case)).or_default().push(Task { from, until: until(end) });
        }
    }
}

fn extend<T: Clone + Eq + Hash>(
    of: &mut HashMap<Id<Person>, HashSet<T>>,
    person: Id<Person>,
    other: Id<Person>,
) {
    if let Some(others) = of.get(&other).cloned() {
        of.entry(person).or_default().extend(others);
    }
}

fn distinct<T: Ord>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut all: Vec<T> = all.collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Collects values from encrypted texts. A text whose key has been erased gives none.
fn gather<K: Eq + Hash, T: Eq + Hash, I: IntoIterator<Item = T>>(
    into: &mut HashMap<K, HashSet<T>>,
    texts: Vec<(K, Content)>,
    told: impl Fn(&str) -> I,
) {
    for (key, text) in texts {
        if let Ok(text) = text.require() {
            into.entry(key).or_default().extend(told(text));
        }
    }
}
