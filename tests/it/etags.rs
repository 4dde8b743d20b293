//! Entity tags: which version a change is about, and whether a reader already has what they may see.

use serde_json::json;

use crate::support::{Operation, Stage, World, both_engines};

both_engines! {
    async fn every_form_of_the_tag_that_was_read_is_accepted(world: World) {
        let cast = world.shared_case().await;
        let read = || cast.teacher.get(cast.path("")).send();
        let mut level = 1;
        for form in [
            |tag: &str| tag.to_owned(),
            // A proxy that compresses makes the tag weak.
            |tag: &str| format!("W/{tag}"),
            |tag: &str| format!("\"other\", {tag}"),
            |tag: &str| format!("\"99.abc\",W/{tag}"),
            |_: &str| "*".to_owned(),
        ] {
            let etag = form(read().await.expect(200).etag());
            level = (level + 1) % 3;
            let body = json!({"level": level, "contains": [], "level_reason": "It changed."});
            let change = cast.teacher.patch(cast.path("")).json(body).header("if-match", &etag);
            let changed = change.clone().send().await.expect(200);
            assert_eq!(changed.etag(), read().await.etag(), "the tag of the change is that of the next read");
            if etag != "*" {
                change.send().await.expect_problem(412, "version-mismatch");
            }
        }
    }

    async fn what_the_reader_has_is_not_sent_again_and_the_read_is_logged(world: World) {
        let cast = world.shared_case().await;
        let read = cast.nurse.get(cast.path(""));
        let etag = read.clone().send().await.expect(200).etag().to_owned();
        let entries = "SELECT COUNT(*) FROM access_log WHERE action = 'read_case' AND decision = 'permit' AND status = ";
        let before = world.number_of(format!("{entries} 200")).await;
        for tags in [etag.clone(), format!("W/{etag}"), format!("\"1\", {etag}"), "*".to_owned()] {
            let answer = read.clone().header("if-none-match", &tags).send().await.expect(304);
            assert_eq!((answer.etag(), answer.text.as_str()), (etag.as_str(), ""), "{tags}");
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
        assert_eq!(world.number_of(format!("{entries} 304")).await, 4);
        for tags in ["\"1\"", "\"2.abc\"", "W/\"1\""] {
            read.clone().header("if-none-match", tags).send().await.expect(200);
        }
        assert_eq!(world.number_of(format!("{entries} 200")).await, before + 3);
        for malformed in ["", "1", &etag[1..], "*, \"1\""] {
            let answer = read.clone().header("if-none-match", malformed).send().await;
            assert_eq!(answer.expect_problem(400, "bad-request").pointers(), ["If-None-Match"]);
        }
    }

    async fn a_right_that_ended_is_not_answered_by_a_tag(world: World) {
        let cast = world.shared_case().await;
        let read = cast.nurse.get(cast.path(""));
        let etag = read.clone().send().await.expect(200).etag().to_owned();
        let stranger = world.worker("porsgrunn/skole").await;
        for tag in [etag.as_str(), "*"] {
            let answer = stranger.get(cast.path("")).header("if-none-match", tag).send().await;
            answer.expect_problem(404, "not-found");
        }
        let mother = &cast.family.guardians[0];
        let consents = mother.get(cast.path("/consents")).send().await.expect(200);
        for consent in consents.each("id") {
            let path = cast.path(&format!("/consents/{consent}/withdraw"));
            mother.post(path).json(json!({})).send().await;
        }
        let answer = read.header("if-none-match", &etag).send().await;
        assert_ne!(answer.status, 304, "{answer:?}");
    }

    async fn two_readers_who_see_different_things_have_different_tags(world: World) {
        let cast = world.shared_case().await;
        let mut seen = Vec::new();
        for reader in [&cast.teacher.user, &cast.nurse.user, &cast.family.guardians[0].user] {
            let answer = reader.get(cast.path("")).send().await.expect(200);
            seen.push((answer.text.clone(), answer.etag().to_owned()));
        }
        for (text, etag) in &seen {
            for (other_text, other_etag) in &seen {
                assert_eq!(text == other_text, etag == other_etag);
            }
        }
    }

    async fn no_tag_is_known_where_an_operation_has_none(stage: Stage) {
        let gets = Operation::all().into_iter().filter(|operation| operation.method == reqwest::Method::GET);
        let (mut with, mut without) = (0, 0);
        for operation in gets {
            let call = stage.actor(&operation).call(operation.method.clone(), stage.path(&operation));
            let answer = call.clone().header("if-none-match", "\"1\"").send().await;
            assert_ne!(answer.status, 304, "{}", operation.id);
            if answer.status != 200 {
                continue;
            }
            match answer.header("etag") {
                Some(etag) => {
                    let again = call.header("if-none-match", etag).send().await;
                    assert_eq!((again.status, again.text.as_str()), (304, ""), "{}", operation.id);
                    with += 1;
                }
                None => without += 1,
            }
        }
        assert!(with > 5 && without > 20, "{with} with a tag, {without} without");
    }
}
