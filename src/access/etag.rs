//! Entity tags: the version of an object, and a hash of what the reader sees of it.
//!
//! The version guards changes (`If-Match`). The hash guards repeated reads (`If-None-Match`): two readers, or one reader before
//! and after a consent, can see one version in different ways. The hash depends on nothing but the answer itself, so it reveals
//! nothing that the answer does not show.

use actix_web::{
    HttpRequest,
    http::header::{self, HeaderName},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::problem::{Code, Problem};

/// The bytes of the hash that a tag contains.
const HASH: usize = 16;

/// The strong entity tag of a version of an object, as this answer shows it.
pub(super) fn etag(version: i64, body: &[u8]) -> String {
    tag(&version.to_string(), body)
}

/// The same version in another answer.
pub(super) fn etag_in(etag: &str, body: &[u8]) -> String {
    tag(version_of(etag), body)
}

fn tag(version: &str, body: &[u8]) -> String {
    let hash = Sha256::digest(body);
    let hash = URL_SAFE_NO_PAD.encode(hash.get(..HASH).unwrap_or(&hash));
    format!("\"{version}.{hash}\"")
}

/// The version that a tag names. A proxy that compresses an answer makes its tag weak. The object is the same, so the change is
/// as safe as with the strong tag.
fn version_of(etag: &str) -> &str {
    let opaque = etag.strip_prefix("W/").unwrap_or(etag);
    let opaque = opaque.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default();
    opaque.split('.').next().unwrap_or_default()
}

/// Checks that the caller changes the version that they have read.
///
/// # Errors
/// 428 without `If-Match`, 412 if it names another version.
pub(super) fn expect_version(request: &HttpRequest, version: i64) -> Result<(), Problem> {
    if !request.headers().contains_key(header::IF_MATCH) {
        return Err(Problem::explained(
            Code::PreconditionRequired,
            "send the ETag of the version you read in If-Match",
        ));
    }
    let version = version.to_string();
    if given(request, header::IF_MATCH).any(|tag| tag == "*" || version_of(tag) == version) {
        Ok(())
    } else {
        Err(Problem::new(Code::VersionMismatch))
    }
}

/// Returns whether the client already has this answer. The comparison is weak, as RFC 9110 requires.
pub(super) fn is_known(request: &HttpRequest, etag: &str) -> bool {
    given(request, header::IF_NONE_MATCH)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// The tags of a header, which can be repeated. Our tags contain no commas.
fn given(request: &HttpRequest, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = request.headers().get_all(name).filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_names_a_version_and_what_is_shown_of_it() {
        let one = etag(12, b"{}");
        assert!(one.starts_with("\"12.") && one.ends_with('"'), "{one}");
        assert_ne!(one, etag(12, b"[]"));
        assert_eq!(etag_in(&one, b"[]"), etag(12, b"[]"));
        for tag in [one.as_str(), &format!("W/{one}"), "\"12\"", "W/\"12\""] {
            assert_eq!(version_of(tag), "12", "{tag}");
        }
        for tag in ["12", "w/\"12\"", "\"12", "", "W/", "\"\""] {
            assert_eq!(version_of(tag), "", "{tag}");
        }
    }
}
