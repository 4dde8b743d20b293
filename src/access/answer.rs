//! How a permit becomes an answer. A change commits its effect, its entry in the access log and its idempotency record in one
//! transaction; an answer to a read waits for its entry in `http::durable_look`.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{StatusCode, header},
    web,
};
use serde::Serialize;

use super::{
    Permit, Seen,
    actions::{Action, Kind},
    etag::{etag, is_known},
    log::insert_entries,
};
use crate::{kernel::Page, problem::Problem};

/// Returns the link to the next page (RFC 8288), with the other parameters of the query unchanged.
pub(super) fn next_link<T>(request: &HttpRequest, page: &Page<T>) -> Option<String> {
    let cursor = page.next_cursor.as_deref()?;
    let kept =
        request.query_string().split('&').filter(|part| !part.is_empty() && !part.starts_with("cursor="));
    let query: Vec<String> = kept.map(ToOwned::to_owned).chain([format!("cursor={cursor}")]).collect();
    Some(format!("<{}?{}>; rel=\"next\"", request.path(), query.join("&")))
}

impl<A: Action> Permit<A> {
    /// Answers a read.
    ///
    /// # Errors
    /// If the answer cannot be written as JSON.
    pub fn show<T: Serialize>(self, body: &Seen<T>) -> Result<HttpResponse, Problem> {
        self.answer_read(HttpResponse::Ok(), body)
    }

    /// Answers with a page of a list, and a link to the next.
    ///
    /// # Errors
    /// If the answer cannot be written as JSON.
    pub fn show_page<T: Serialize>(self, page: &Page<Seen<T>>) -> Result<HttpResponse, Problem> {
        let mut response = HttpResponse::Ok();
        if let Some(next) = next_link(&self.request, page) {
            response.insert_header((header::LINK, next));
        }
        self.answer_read(response, page)
    }

    /// Answers a read of an object that has versions: 304 if the client has what the caller may see now.
    ///
    /// # Errors
    /// If the answer cannot be written as JSON.
    pub fn show_version<T: Serialize>(
        self,
        version: impl Into<Option<i64>>,
        body: &Seen<T>,
    ) -> Result<HttpResponse, Problem> {
        let body = serde_json::to_string(body).map_err(Problem::internal)?;
        let etag = etag(version.into(), body.as_bytes());
        if is_known(&self.request, &etag)? {
            self.read_with(StatusCode::NOT_MODIFIED)?;
            return Ok(HttpResponse::NotModified().insert_header((header::ETAG, etag)).finish());
        }
        let mut response = HttpResponse::Ok();
        response.insert_header((header::ETAG, etag));
        self.answer_with(response, "application/json", body.into())
    }

    /// Answers a read with a body that is not JSON.
    ///
    /// # Errors
    /// If the query has a parameter that the operation does not read.
    pub fn show_bytes(self, content_type: &'static str, body: web::Bytes) -> Result<HttpResponse, Problem> {
        self.answer_with(HttpResponse::Ok(), content_type, body)
    }

    fn answer_read<T: Serialize>(
        self,
        response: HttpResponseBuilder,
        body: &T,
    ) -> Result<HttpResponse, Problem> {
        let body = serde_json::to_string(body).map_err(Problem::internal)?;
        self.answer_with(response, "application/json", body.into())
    }

    fn answer_with(
        self,
        mut response: HttpResponseBuilder,
        content_type: &'static str,
        body: web::Bytes,
    ) -> Result<HttpResponse, Problem> {
        self.read_with(StatusCode::OK)?;
        Ok(response.content_type(content_type).body(body))
    }

    /// Completes the entry of a read in the access log.
    fn read_with(self, status: StatusCode) -> Result<(), Problem> {
        debug_assert_ne!(A::KIND, Kind::Write);
        self.refuse_stray_query()?;
        self.look.complete(self.shown, status.as_u16());
        Ok(())
    }

    /// Commits, and answers that an object was created, with the path that reads it.
    ///
    /// # Errors
    /// If it cannot be committed; then nothing of it remains.
    pub async fn created<T: Serialize>(
        self,
        path: String,
        version: impl Into<Option<i64>>,
        body: &Seen<T>,
    ) -> Result<HttpResponse, Problem> {
        const { assert!(A::FACTS.asks_to_read(), "the table states by which reading the answer is replayed") };
        let mut response = HttpResponse::Created();
        response.insert_header((header::LOCATION, path));
        self.commit(response, Some((version.into(), body))).await
    }

    /// Commits, and answers that an object was created that is read only as part of another.
    ///
    /// # Errors
    /// If it cannot be committed; then nothing of it remains.
    pub async fn added<T: Serialize>(
        self,
        version: impl Into<Option<i64>>,
        body: &Seen<T>,
    ) -> Result<HttpResponse, Problem> {
        self.commit(HttpResponse::Created(), Some((version.into(), body))).await
    }

    /// Commits, and answers with the object as it is now.
    ///
    /// # Errors
    /// If it cannot be committed; then nothing of it remains.
    pub async fn changed<T: Serialize>(
        self,
        version: impl Into<Option<i64>>,
        body: &Seen<T>,
    ) -> Result<HttpResponse, Problem> {
        self.commit(HttpResponse::Ok(), Some((version.into(), body))).await
    }

    /// Commits, and answers that it is done.
    ///
    /// # Errors
    /// If it cannot be committed; then nothing of it remains.
    pub async fn done(self) -> Result<HttpResponse, Problem> {
        self.commit(HttpResponse::NoContent(), None::<(_, &())>).await
    }

    async fn commit<T: Serialize>(
        mut self,
        mut response: HttpResponseBuilder,
        body: Option<(Option<i64>, &T)>,
    ) -> Result<HttpResponse, Problem> {
        self.refuse_stray_query()?;
        let version = body.map(|(version, _)| version);
        let body =
            body.map(|(_, body)| serde_json::to_string(body)).transpose().map_err(Problem::internal)?;
        if let (Some(version), Some(body)) = (version, &body) {
            response.insert_header((header::ETAG, etag(version, body.as_bytes())));
        }
        let response = match &body {
            None => response.finish(),
            Some(body) => response.content_type("application/json").body(body.clone()),
        };
        self.look.complete(self.shown, response.status().as_u16());
        insert_entries(&mut self.tx, &self.look.entries()).await?;
        if let Some(key) = &self.key {
            let body = body.as_deref().unwrap_or_default();
            key.keep(&mut self.tx, self.caller.account, &response, body, self.moment.now).await?;
        }
        self.tx.commit().await?;
        self.services.log.committed();
        // The entries were committed with their effect.
        drop(self.look.take());
        Ok(response)
    }
}
