//! Lists: rows are decided on their facts before any content is opened, and the work of one request is bounded.

use uuid::Uuid;

use super::{
    About, Asker, Decision, Permit,
    actions::Action,
    objects::{Listed, Object},
};
use crate::{
    db::{DbError, Tx},
    kernel::{
        Page, PageQuery, Slice,
        page::{BadCursor, Cursor},
    },
    problem::Problem,
};

/// Rows that one request decides on at most. If it reaches this with a page that is not full, the page ends there, and its
/// cursor continues the list.
const DECIDED_AT_MOST: usize = 400;
/// Rows of each further batch, once the first did not fill the page.
const LARGER_BATCH: usize = 100;

/// An object of a list with what was decided of it.
#[derive(Debug)]
pub struct Decided<O> {
    /// The object, with its facts.
    pub object: O,
    /// What else the rules answer about it.
    pub about: About<O>,
    decision: Decision,
}

impl<O: Object> Decided<O> {
    fn of<B: Action<Object = O>>(asker: &Asker, object: O) -> Self {
        let about = asker.about(&object);
        let decision = about.decide(B::NAME);
        Self { object, about, decision }
    }
}

impl<A: Action> Permit<A> {
    /// A page of the rows that the caller may see. Rows that are refused do not count. `fetch` gives rows in order of `id`,
    /// with the facts to decide on and nothing else.
    ///
    /// # Errors
    /// 422 if the cursor was not given out for this list; or if the database does not answer.
    pub async fn page<T>(
        &mut self,
        query: &PageQuery,
        mut fetch: impl AsyncFnMut(&mut Tx, Slice) -> Result<Vec<T>, DbError>,
        id: impl Fn(&T) -> Uuid,
        is_shown: impl Fn(&Self, &T) -> bool,
    ) -> Result<Page<T>, Problem> {
        let (limit, mut after) = (query.limit(), self.after(query)?);
        let (mut shown, mut decided, mut batch) = (Vec::new(), 0, limit + 1);
        loop {
            let slice = Slice { after, limit: batch };
            let rows = fetch(&mut self.tx, slice).await?;
            let is_last = rows.len() < slice.limit;
            decided += rows.len();
            after = rows.last().map_or(after, &id);
            shown.extend(rows.into_iter().filter(|row| is_shown(self, row)));
            if is_last || shown.len() > limit {
                return Ok(Page::cut(shown, limit, id));
            }
            if decided >= DECIDED_AT_MOST {
                let cursor = self.sealed_cursor(after)?;
                return Ok(Page { items: shown, next_cursor: Some(cursor.encode()) });
            }
            batch = batch.max(LARGER_BATCH);
        }
    }

    /// A page of the objects that `B` is allowed on, each with the questions that can be asked about it. Each is decided once.
    ///
    /// # Errors
    /// As [`Permit::page`].
    pub async fn page_of<B: Action<Object: Listed>>(
        &mut self,
        query: &PageQuery,
        mut fetch: impl AsyncFnMut(&mut Tx, Slice) -> Result<Vec<B::Object>, DbError>,
    ) -> Result<Page<Decided<B::Object>>, Problem> {
        let asker = self.asker();
        let decided = async |tx: &mut Tx, slice: Slice| {
            let objects = fetch(tx, slice).await?;
            Ok(objects.into_iter().map(|object| Decided::of::<B>(&asker, object)).collect())
        };
        self.page(query, decided, |row| row.object.place(), |_, row| row.decision.allowed).await
    }

    /// Notes each row of a list across cases as a look of its own, by the rule that allowed it.
    pub fn note_rows<B: Action>(&self, rows: &[Decided<B::Object>]) {
        for row in rows {
            self.note_decided::<B>(&row.object, row.decision.clone());
        }
    }

    /// Where the page begins. The cursor of a page that ended at a row that is not shown is sealed, since it holds that row's
    /// id.
    fn after(&self, query: &PageQuery) -> Result<Uuid, Problem> {
        match &query.cursor {
            None => Ok(Uuid::nil()),
            Some(Cursor::At(id)) => Ok(*id),
            Some(Cursor::Sealed(sealed)) => {
                let opened = self.tx.vault().open_with(&self.cursor_secret(), sealed);
                let place = opened.ok().and_then(|text| text.parse().ok());
                Ok(place.ok_or(BadCursor)?)
            }
        }
    }

    fn sealed_cursor(&self, after: Uuid) -> Result<Cursor, Problem> {
        let sealed = self.tx.vault().seal_with(&self.cursor_secret(), &after.to_string());
        Ok(Cursor::Sealed(sealed.map_err(DbError::from)?))
    }

    /// A cursor is good for the caller and the operation that it was given out for.
    fn cursor_secret(&self) -> String {
        format!("cursor of {} in {}", self.caller.person, A::NAME)
    }
}
