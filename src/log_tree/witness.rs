//! A witness: an address out of reach of the operators of the database, which receives every checkpoint.

use std::{io, time::Duration};

use actix_web::web::Bytes;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

/// How long a witness may take.
const LIMIT: Duration = Duration::from_secs(10);

/// The address, and a client that trusts the certificates that this machine trusts.
#[derive(Debug, Clone)]
pub struct Witness {
    address: hyper::Uri,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// The address cannot be used, or a checkpoint was not delivered.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// It is not an address of HTTP.
    #[error("must be an http:// or https:// address")]
    Address,
    /// The machine has no certificates to trust.
    #[error("the certificates that this machine trusts cannot be read: {0}")]
    Certificates(io::Error),
    /// There was no answer, or no connection.
    #[error("{0}")]
    Unreachable(String),
    /// It refused the checkpoint.
    #[error("it answers {0}")]
    Refused(hyper::StatusCode),
}

impl Witness {
    /// Parses the address of a witness.
    ///
    /// # Errors
    /// If it is not an address of HTTP, or the machine has no certificates to trust.
    pub fn at(address: &str) -> Result<Self, WitnessError> {
        let address: hyper::Uri = address.parse().map_err(|_| WitnessError::Address)?;
        if !matches!(address.scheme_str(), Some("http" | "https")) || address.host().is_none_or(str::is_empty)
        {
            return Err(WitnessError::Address);
        }
        let connector =
            HttpsConnectorBuilder::new().with_native_roots().map_err(WitnessError::Certificates)?;
        let connector = connector.https_or_http().enable_http1().build();
        Ok(Self { address, client: Client::builder(TokioExecutor::new()).build(connector) })
    }

    /// Posts a checkpoint.
    pub(super) async fn post(&self, note: String) -> Result<(), WitnessError> {
        let request = hyper::Request::post(&self.address).header("content-type", "text/plain; charset=utf-8");
        let request = request.body(Full::from(note)).map_err(|_| WitnessError::Address)?;
        let answer = tokio::time::timeout(LIMIT, self.client.request(request)).await;
        let answer = answer.map_err(|_| WitnessError::Unreachable("it does not answer".to_owned()))?;
        let status = answer.map_err(|error| WitnessError::Unreachable(causes(&error)))?.status();
        if status.is_success() { Ok(()) } else { Err(WitnessError::Refused(status)) }
    }
}

/// An error with its causes: the first alone only says that it failed.
fn causes(error: &dyn std::error::Error) -> String {
    let all = std::iter::successors(Some(error), |error| error.source());
    all.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
