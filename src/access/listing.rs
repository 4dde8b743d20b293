//! Lists: the rules decide on the facts of each row before any content is opened. The work of one request is bounded.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
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
        page::{BadCursor, Cursor, Position},
    },
    problem::Problem,
};

/// The number of decided rows at which one request ends a page that is not full. The cursor of the page continues the list.
const DECIDED_AT_MOST: usize = 400;
/// Rows in each further batch, if the first did not fill the page.
const LARGER_BATCH: usize = 100;

/// An object of a list with the decision about it.
#[derive(Debug)]
pub struct Decided<O> {
    /// The object, with its facts.
    pub object: O,
    /// The questions that the rules can answer about it.
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

/// The rows of one section of a record that follow a position.
#[derive(Debug)]
pub struct Portion<T> {
    /// The rows, in order of id.
    pub rows: Vec<T>,
    /// The last row that was read, if there may be more after it.
    pub read_to: Option<Uuid>,
}

impl<T> Default for Portion<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), read_to: None }
    }
}

impl<T> Portion<T> {
    /// Creates a portion of the rows that were read for a slice.
    #[must_use]
    pub fn of(rows: Vec<T>, slice: Slice, id: impl Fn(&T) -> Uuid) -> Self {
        let read_to = rows.last().map(id).filter(|_| rows.len() >= slice.limit);
        Self { rows, read_to }
    }

    /// Returns the rows that are shown. It ends where it ended.
    #[must_use]
    pub fn filter(self, is_shown: impl FnMut(&T) -> bool) -> Self {
        Self { rows: self.rows.into_iter().filter(is_shown).collect(), ..self }
    }

    /// Returns the rows, each changed.
    #[must_use]
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Portion<U> {
        Portion { rows: self.rows.into_iter().map(change).collect(), read_to: self.read_to }
    }
}

impl<A: Action> Permit<A> {
    /// Returns a page of the rows that the caller may see. Refused rows do not count. `fetch` returns rows in order of `id`,
    /// with the facts to decide on and nothing else.
    ///
    /// # Errors
    /// 422 if the cursor was not issued for this list; or if the database does not answer.
    pub async fn page<T>(
        &mut self,
        query: &PageQuery,
        fetch: impl AsyncFnMut(&mut Tx, Slice) -> Result<Vec<T>, DbError>,
        id: impl Fn(&T) -> Uuid,
        is_shown: impl Fn(&Self, &T) -> bool,
    ) -> Result<Page<T>, Problem> {
        self.page_after(query.cursor.as_ref(), query.limit(), fetch, id, is_shown).await
    }

    /// Returns a page as [`Permit::page`], of a list that is ordered by other positions than ids.
    ///
    /// # Errors
    /// As [`Permit::page`].
    pub async fn page_after<T, P: Position>(
        &mut self,
        cursor: Option<&Cursor<P>>,
        limit: usize,
        mut fetch: impl AsyncFnMut(&mut Tx, Slice<P>) -> Result<Vec<T>, DbError>,
        place: impl Fn(&T) -> P,
        is_shown: impl Fn(&Self, &T) -> bool,
    ) -> Result<Page<T>, Problem> {
        let mut after = self.after(cursor)?;
        let (mut shown, mut decided, mut batch) = (Vec::new(), 0, limit + 1);
        loop {
            let slice = Slice { after, limit: batch };
            let rows = fetch(&mut self.tx, slice).await?;
            let is_last = rows.len() < batch;
            decided += rows.len();
            after = rows.last().map_or(after, &place);
            shown.extend(rows.into_iter().filter(|row| is_shown(self, row)));
            if is_last || shown.len() > limit {
                return Ok(Page::cut(shown, limit, place));
            }
            if decided >= DECIDED_AT_MOST {
                let cursor = self.sealed_cursor(after)?;
                return Ok(Page { items: shown, next_cursor: Some(cursor.encode()) });
            }
            batch = batch.max(LARGER_BATCH);
        }
    }

    /// Returns a page of the objects that the caller may do `B` to, each with the questions that can be asked about it. The
    /// rules decide once on each object.
    ///
    /// # Errors
    /// As [`Permit::page`].
    pub async fn page_of<B: Action<Object: Listed>>(
        &mut self,
        query: &PageQuery,
        fetch: impl AsyncFnMut(&mut Tx, Slice) -> Result<Vec<B::Object>, DbError>,
    ) -> Result<Page<Decided<B::Object>>, Problem> {
        self.page_where::<B>(query, fetch, |_| true).await
    }

    /// Returns a page as [`Permit::page_of`], of the objects that a filter keeps. The filter uses only what the caller sees.
    ///
    /// # Errors
    /// As [`Permit::page`].
    pub async fn page_where<B: Action<Object: Listed>>(
        &mut self,
        query: &PageQuery,
        mut fetch: impl AsyncFnMut(&mut Tx, Slice) -> Result<Vec<B::Object>, DbError>,
        keeps: impl Fn(&Decided<B::Object>) -> bool,
    ) -> Result<Page<Decided<B::Object>>, Problem> {
        let asker = self.asker();
        let decided = async |tx: &mut Tx, slice: Slice| {
            let objects = fetch(tx, slice).await?;
            Ok(objects.into_iter().map(|object| Decided::of::<B>(&asker, object)).collect())
        };
        self.page(query, decided, |row| row.object.place(), |_, row| row.decision.allowed && keeps(row)).await
    }

    /// Logs each row of a list across cases as a read of its own, with the rule that allowed it.
    pub fn note_rows<B: Action>(&self, rows: &[Decided<B::Object>]) {
        for row in rows {
            self.note_decided::<B>(&row.object, row.decision.clone());
        }
    }

    /// Returns the position that the page begins after. A cursor at a row that was not shown is sealed.
    ///
    /// # Errors
    /// 422 if the cursor was not issued for this operation.
    pub fn after<P: Position>(&self, cursor: Option<&Cursor<P>>) -> Result<P, Problem> {
        match cursor {
            None => Ok(P::FIRST),
            Some(Cursor::At(place)) => Ok(*place),
            Some(Cursor::Sealed(sealed)) => {
                let opened = self.tx.vault().open_with(&self.cursor_secret(), sealed).ok();
                let bytes = opened.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
                Ok(bytes.and_then(|bytes| P::of_bytes(&bytes)).ok_or(BadCursor)?)
            }
        }
    }

    /// Returns a cursor at a row that may not be shown.
    ///
    /// # Errors
    /// If it cannot be sealed.
    pub fn sealed_cursor<P: Position>(&self, after: P) -> Result<Cursor<P>, Problem> {
        let place = URL_SAFE_NO_PAD.encode(after.to_bytes());
        let sealed = self.tx.vault().seal_with(&self.cursor_secret(), &place);
        Ok(Cursor::Sealed(sealed.map_err(DbError::from)?))
    }

    /// The secret of a sealed cursor, which is valid only for one caller and one operation.
    fn cursor_secret(&self) -> String {
        format!("cursor of {} in {}", self.caller.account, A::NAME)
    }
}
