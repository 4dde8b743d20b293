//! The record that the family takes with it: a download of everything that the reader sees of a case, signed, and the entries of it that
//! they bring to a case in another municipality.
//!
//! The two never meet. Bringing verifies signatures and marks in the file, and reads nothing of the case that it is from, so that
//! neither municipality learns anything about the other. Decision 30 has the reasons.

mod bring;
mod dto;
mod entry;
mod export;
mod text;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config.service(export::export_record).service(bring::bring_entries);
}
