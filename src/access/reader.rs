//! Answers of any length, which read further while they are sent, for as long as the caller may.

use std::sync::Arc;

use actix_web::{HttpResponse, http::StatusCode, web};
use futures_util::Stream;

use super::{
    Permit, Policies, Services,
    actions::{Action, Kind},
    objects::Desk,
};
use crate::{
    db::{DbError, Tx},
    identity::{Caller, still},
    problem::Problem,
};

/// What a permit leaves to a stream: more transactions that read. Made only by [`Permit::stream`].
#[derive(Debug)]
pub struct Reader {
    services: web::Data<Services>,
    policies: Arc<Policies>,
    caller: Caller,
    desk: Desk,
    action: &'static str,
}

/// A stream breaks off.
#[derive(Debug, thiserror::Error)]
pub enum BrokenOff {
    /// The database does not answer.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The session, the role or what else allowed it has ended since it began.
    #[error("the caller's access has ended")]
    RightEnded,
}

impl Reader {
    /// A transaction that reads, with the caller as they are now: the rules are asked anew.
    ///
    /// # Errors
    /// If none can be had, or the caller may no longer read.
    pub async fn read(&self) -> Result<(Tx, Caller), BrokenOff> {
        let mut tx = self.services.db.read().await?;
        let now = self.services.clock.now();
        let caller = still(&mut tx, &self.caller, now).await?.ok_or(BrokenOff::RightEnded)?;
        if self.policies.decide(&caller, self.action, &self.desk).allowed {
            Ok((tx, caller))
        } else {
            Err(BrokenOff::RightEnded)
        }
    }
}

impl<A: Action<Object = Desk>> Permit<A> {
    /// Answers with a stream, which reads further while it is sent. What is asked for is in the access log before the first
    /// byte of it. A stream that breaks off is not ended as a whole one is.
    ///
    /// # Errors
    /// If the query has what the operation does not read.
    pub fn stream<S>(
        self,
        content_type: &'static str,
        make: impl FnOnce(Reader) -> S,
    ) -> Result<HttpResponse, Problem>
    where
        S: Stream<Item = Result<web::Bytes, BrokenOff>> + 'static,
    {
        debug_assert_eq!(A::KIND, Kind::Read);
        self.refuse_stray_query()?;
        let reader = Reader {
            services: self.services.clone(),
            policies: self.services.policies.clone(),
            caller: Arc::unwrap_or_clone(self.caller),
            desk: self.object,
            action: A::NAME,
        };
        self.look.complete(self.shown, StatusCode::OK.as_u16());
        Ok(HttpResponse::Ok().content_type(content_type).streaming(make(reader)))
    }
}
