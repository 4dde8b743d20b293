//! Entity tags: the version of an object, and a hash of what the reader sees of it.
//!
//! The version guards changes (`If-Match`). The hash guards repeated reads (`If-None-Match`): two readers, or one reader before
//! and after a consent, can see one version in different ways. A reader who sees only a part of an object gets no version, since it would
//! show that something hidden was changed; the hash guards their changes too. The hash depends on nothing but the answer itself, so it reveals
//! nothing that the answer does not show.

use actix_web::HttpRequest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::problem::{Code, Problem};

const IF_MATCH: &str = "If-Match";
const IF_NONE_MATCH: &str = "If-None-Match";
/// The form of `If-Match` and `If-None-Match`: `*`, or a list of entity tags.
pub const PATTERN: &str = r#"^(\*|(W/)?"[^"]*"( *, *(W/)?"[^"]*")*)$"#;
/// The form of `ETag`.
pub const TAG: &str = r#"^"([0-9]+|~)\.[A-Za-z0-9_-]{22}"$"#;

/// The bytes of the hash that a tag contains.
const HASH: usize = 16;

/// In place of the version, for a reader who sees only a part of the object.
const UNSEEN: &str = "~";

/// The strong entity tag of a version of an object, as this answer shows it.
pub(super) fn etag(version: Option<i64>, body: &[u8]) -> String {
    tag(&version.map_or_else(|| UNSEEN.to_owned(), |version| version.to_string()), body)
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
/// 428 without `If-Match`, 400 if it is not a list of entity tags, 412 if it names another version.
pub(super) fn expect_version(request: &HttpRequest, version: i64) -> Result<(), Problem> {
    let version = version.to_string();
    expect(request, |tags| tags.iter().any(|tag| *tag == "*" || version_of(tag) == version))
}

fn expect(request: &HttpRequest, is_current: impl FnOnce(&[&str]) -> bool) -> Result<(), Problem> {
    if !request.headers().contains_key(IF_MATCH) {
        let detail = "is required: send the ETag of the version you read";
        return Err(Problem::header(Code::PreconditionRequired, IF_MATCH, detail));
    }
    if is_current(&given(request, IF_MATCH)?) {
        Ok(())
    } else {
        Err(Problem::header(Code::VersionMismatch, IF_MATCH, "does not name the current version"))
    }
}

/// Checks that the caller, who sees only a part of an object, changes it as they have read it: the rest may have been changed.
///
/// # Errors
/// As [`expect_version`].
pub(super) fn expect_body(request: &HttpRequest, body: &[u8]) -> Result<(), Problem> {
    let now = etag(None, body);
    let is_now = |tag: &&str| *tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == now;
    expect(request, |tags| tags.iter().any(is_now))
}

/// Returns whether the client already has this answer. The comparison is weak, as RFC 9110 requires.
///
/// # Errors
/// 400 if `If-None-Match` is not a list of entity tags.
pub(super) fn is_known(request: &HttpRequest, etag: &str) -> Result<bool, Problem> {
    let tags = given(request, IF_NONE_MATCH)?;
    Ok(tags.iter().any(|tag| *tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag))
}

/// The tags of a header, which can be repeated.
fn given<'a>(request: &'a HttpRequest, name: &'static str) -> Result<Vec<&'a str>, Problem> {
    let mut all = Vec::new();
    for value in request.headers().get_all(name) {
        let detail = "must be * or a list of entity tags in quotes, as an answer has them in ETag";
        let listed = value.to_str().ok().and_then(tags);
        all.extend(listed.ok_or_else(|| Problem::header(Code::BadRequest, name, detail))?);
    }
    Ok(all)
}

/// Parses a list of entity tags, or `*`.
fn tags(list: &str) -> Option<Vec<&str>> {
    if list == "*" {
        return Some(vec![list]);
    }
    let (mut tags, mut rest) = (Vec::new(), list);
    loop {
        let opaque = rest.strip_prefix("W/").unwrap_or(rest).strip_prefix('"')?;
        let (_, after) = opaque.split_once('"')?;
        tags.push(&rest[..rest.len() - after.len()]);
        let Some(next) = after.trim_start_matches(' ').strip_prefix(',') else {
            return after.is_empty().then_some(tags);
        };
        rest = next.trim_start_matches(' ');
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_list_of_tags_is_what_the_api_document_says() {
        let pattern =
            jsonschema::validator_for(&serde_json::json!({ "pattern": PATTERN })).expect("a pattern");
        for (list, expected) in [
            ("*", vec!["*"]),
            (r#""1""#, vec![r#""1""#]),
            (r#""a, b" ,W/"2.x",  """#, vec![r#""a, b""#, r#"W/"2.x""#, r#""""#]),
        ] {
            assert_eq!(tags(list), Some(expected), "{list}");
            assert!(pattern.is_valid(&list.into()), "{list}");
        }
        for list in
            ["", "1", r#""1"#, r#""1" "2""#, r#""1","#, r#", "1""#, r#"w/"1""#, r#"*, "1""#, r#""1" "#, "W/"]
        {
            assert_eq!(tags(list), None, "{list}");
            assert!(!pattern.is_valid(&list.into()), "{list}");
        }
    }

    #[test]
    fn a_tag_is_what_the_api_document_says() {
        let pattern = jsonschema::validator_for(&serde_json::json!({ "pattern": TAG })).expect("a pattern");
        for tag in [etag(None, b"{}"), etag(Some(1), b"{}"), etag_in(&etag(Some(12), b"{}"), b"[]")] {
            assert!(pattern.is_valid(&tag.as_str().into()), "{tag}");
        }
    }

    #[test]
    fn a_reader_of_a_part_changes_what_they_have_read() {
        let read = etag(None, b"{}");
        assert!(read.starts_with("\"~."), "{read}");
        let with = |tag: &str| TestRequest::default().insert_header((IF_MATCH, tag)).to_http_request();
        for tag in [read.as_str(), &format!("W/{read}"), "*", &format!("\"1\", {read}")] {
            assert!(expect_body(&with(tag), b"{}").is_ok(), "{tag}");
        }
        for tag in [etag(None, b"[]").as_str(), &etag(Some(1), b"{}"), "\"~\"", "\"1\""] {
            assert_eq!(
                expect_body(&with(tag), b"{}").expect_err("another").code(),
                Code::VersionMismatch,
                "{tag}"
            );
        }
        let none = expect_body(&TestRequest::default().to_http_request(), b"{}");
        assert_eq!(none.expect_err("no tag").code(), Code::PreconditionRequired);
    }

    #[test]
    fn a_tag_names_a_version_and_what_is_shown_of_it() {
        let one = etag(Some(12), b"{}");
        assert!(one.starts_with("\"12.") && one.ends_with('"'), "{one}");
        assert_ne!(one, etag(Some(12), b"[]"));
        assert_eq!(etag_in(&one, b"[]"), etag(Some(12), b"[]"));
        for tag in [one.as_str(), &format!("W/{one}"), "\"12\"", "W/\"12\""] {
            assert_eq!(version_of(tag), "12", "{tag}");
        }
        for tag in ["12", "w/\"12\"", "\"12", "", "W/", "\"\""] {
            assert_eq!(version_of(tag), "", "{tag}");
        }
    }
}
