//! Streamed answers of any length. They read more while they are sent, as long as the caller keeps the right to read.

use std::sync::Arc;

use actix_web::{HttpResponse, http::StatusCode, web};
use chrono::{DateTime, Utc};
use futures_util::{Stream, TryStreamExt};

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

/// Opens the read transactions of a stream after its permit is gone. Only [`Permit::stream`] creates it.
#[derive(Debug)]
pub struct Reader {
    services: web::Data<Services>,
    policies: Arc<Policies>,
    caller: Caller,
    desk: Desk,
    action: &'static str,
}

/// The reason that a stream breaks off.
#[derive(Debug, thiserror::Error)]
pub enum BrokenOff {
    /// The database does not answer.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The caller's session, role or other right has ended since the stream began.
    #[error("the caller's access has ended")]
    RightEnded,
}

impl Reader {
    /// Opens a read transaction and loads the caller as they are now, and the time. The rules decide again.
    ///
    /// # Errors
    /// If no transaction is available, or the caller may no longer read.
    pub async fn read(&self) -> Result<(Tx, Caller, DateTime<Utc>), BrokenOff> {
        let mut tx = self.services.db.read().await?;
        let now = self.services.clock.now();
        let caller = still(&mut tx, &self.caller, self.services.staff_factor, now)
            .await?
            .ok_or(BrokenOff::RightEnded)?;
        if self.policies.decide(&caller, self.action, &self.desk).allowed {
            Ok((tx, caller, now))
        } else {
            Err(BrokenOff::RightEnded)
        }
    }
}

impl<A: Action<Object = Desk>> Permit<A> {
    /// Answers with a stream, which reads more while it is sent. The access-log entry is durable before the first byte is
    /// sent. The client can distinguish a stream that broke off from a complete one.
    ///
    /// # Errors
    /// If the query has a parameter that the operation does not read.
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
        Ok(HttpResponse::Ok().content_type(content_type).streaming(make(reader).inspect_err(log_break)))
    }
}

/// The connection ends without a word to the client, so the operator's log has the reason.
fn log_break(reason: &BrokenOff) {
    match reason {
        BrokenOff::Database(error) => tracing::error!(%error, "a stream broke off"),
        BrokenOff::RightEnded => tracing::info!("a stream broke off: the caller's access has ended"),
    }
}
