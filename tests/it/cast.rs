//! The people in the stories of the domain.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use stafett::{
    execute,
    kernel::{Id, ids::CaseId},
};
use tokio::task::JoinSet;

use crate::support::{Answer, Call, Engine, Family, Staff, User, World};

/// A case opened at a school, of a child with two guardians. A health nurse is available.
#[derive(Debug, Clone)]
pub struct Cast {
    /// The contact person.
    pub teacher: Staff,
    pub nurse: Staff,
    pub family: Family,
    pub case: CaseId,
}

impl Cast {
    /// A path below the case.
    pub fn path(&self, below: &str) -> String {
        format!("/v1/cases/{}{below}", self.case)
    }
}

impl World {
    /// A case that only the teacher and the family take part in.
    pub async fn school_case(&self) -> Cast {
        let teacher = self.worker("kragero/skole").await;
        let nurse = self.worker("kragero/helsestasjon").await;
        let family = self.child_with_two_guardians(&teacher).await;
        let case = self.open_case(&teacher, &family.child).await;
        Cast { teacher, nurse, family, case }
    }

    /// A case of a young person of sixteen with two guardians. The nurse is not on the team.
    pub async fn family_of_sixteen(&self) -> Cast {
        let teacher = self.worker("kragero/skole").await;
        let nurse = self.worker("kragero/helsestasjon").await;
        let family = self.family(&teacher, 16, 2).await;
        let case = self.open_case(&teacher, &family.child).await;
        Cast { teacher, nurse, family, case }
    }

    /// A case in which both guardians have consented to the nurse's unit, and the nurse is a team member.
    pub async fn shared_case(&self) -> Cast {
        let cast = self.school_case().await;
        self.all_consent(&cast.family, cast.case, &[&cast.nurse.unit]).await;
        self.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
        cast
    }

    /// Adds another member to the team of a case, from a unit that both guardians consent to for this.
    pub async fn team_mate(&self, cast: &Cast, unit: &str) -> Staff {
        let mate = self.worker(unit).await;
        if mate.unit != cast.teacher.unit {
            self.all_consent(&cast.family, cast.case, &[&mate.unit]).await;
        }
        self.add_to_team(&cast.teacher, cast.case, &mate).await;
        mate
    }
}

/// Sends requests at the same time. The answers are in the order of arrival.
pub async fn at_once(calls: impl IntoIterator<Item = Call>) -> Vec<Answer> {
    let mut sent = JoinSet::new();
    for call in calls {
        sent.spawn(call.send());
    }
    sent.join_all().await
}

/// Sends concurrent requests that all need one row. The row is locked until they wait for it.
pub async fn at_once_on<T>(
    world: &World,
    table: &str,
    row: Id<T>,
    calls: impl IntoIterator<Item = Call>,
) -> Vec<Answer> {
    let mut held = world.db.write().await.expect("a transaction");
    if world.engine == Engine::Postgres {
        let sql = AssertSqlSafe(format!("SELECT 1 FROM {table} WHERE id = $1 FOR UPDATE"));
        assert_eq!(execute!(&mut held, sql, row).expect("the row is held"), 1);
    }
    let sent = tokio::spawn(at_once(calls.into_iter().collect::<Vec<_>>()));
    tokio::time::sleep(Duration::from_millis(300)).await;
    held.rollback().await.expect("the row is let go");
    sent.await.expect("all are answered")
}

/// Exactly one of these answers is `won`; every other is one of `lost`.
#[track_caller]
pub fn exactly_one_wins(answers: &[Answer], won: u16, lost: &[u16]) {
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    let winners = statuses.iter().filter(|status| **status == won).count();
    let others = statuses.iter().all(|status| *status == won || lost.contains(status));
    assert!(winners == 1 && others, "one {won} and otherwise {lost:?} expected, got {statuses:?}");
}

/// For this person, nothing exists at any of these paths.
pub async fn finds_nothing(user: &User, paths: &[String]) {
    for path in paths {
        user.get(path).send().await.expect_problem(404, "not-found");
    }
}

/// The items of a whole list, read with one item per page.
pub async fn walk(user: &User, path: &str) -> Vec<Value> {
    let mut items = Vec::new();
    let mut query = "?limit=1".to_owned();
    loop {
        let page = user.get(format!("{path}{query}")).send().await.expect(200);
        assert!(page.items().len() <= 1, "a page of one");
        items.extend(page.items().iter().cloned());
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        assert_eq!(page.items().len(), 1, "an empty page has no next one");
        query = format!("?limit=1&cursor={cursor}");
    }
    let whole = user.get(path).send().await.expect(200);
    assert_eq!(json!(items), whole.body["items"], "page by page and at once, the list is the same");
    items
}

/// The ids of some items.
pub fn ids(items: &[Value]) -> Vec<String> {
    items.iter().filter_map(|item| item["id"].as_str()).map(ToOwned::to_owned).collect()
}
