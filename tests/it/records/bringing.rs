//! Entries are brought by the person who downloaded them, about the same child, unchanged, all or none, and once.

use serde_json::{Value, json};

use super::{Moved, Taken, bring, entry, for_team, take, write};
use crate::{
    cast::Cast,
    support::{User, World, both_engines},
};

async fn moved(world: &World) -> (Cast, Moved, Taken) {
    let old = world.shared_case().await;
    world.note(&old.teacher, old.case, "team", "He sings.").await;
    world.note(&old.teacher, old.case, "team", "He runs.").await;
    let taken = take(&old.family.guardians[0], old.case).await;
    let new = Moved::from(world, &old).await;
    (old, new, taken)
}

async fn is_empty(new: &Moved, user: &User) {
    assert_eq!(new.read_by(user).await, [""; 0]);
}

both_engines! {
    async fn what_is_another_persons_or_of_another_child_or_changed_is_refused_alike(world: World) {
        let (old, new, taken) = moved(&world).await;
        let [mother, father] = [&old.family.guardians[0].user, &old.family.guardians[1].user];
        let theirs = take(father, old.case).await;
        let sibling = world.child(&old.teacher, 9).await;
        let body = json!({
            "national_id": old.family.guardians[0].national_id.as_str(), "name": mother.name,
            "parental_responsibility": true, "lives_with_child": true,
        });
        old.teacher.post(format!("/v1/children/{}/guardians", sibling.id)).json(body).send().await.expect(201);
        let other_case = world.open_case(&old.teacher, &sibling).await;
        let of_sibling = take(mother, other_case).await;
        let own = taken.signed("He sings.");
        let mut two = own.split("\n\n");
        let (text, _) = (two.next().expect("a text"), two.next());
        let signature = taken.signed("He runs.").split("\n\n").nth(1).expect("a signature");
        let refused = [
            theirs.signed("He sings.").to_owned(),
            of_sibling.signed("Finds it hard to join in play.\nNivå").to_owned(),
            own.replacen("He sings.", "He sinks.", 1),
            own.replacen("agreed", "health", 1),
            own.replacen("4014", "4001", 1),
            format!("{text}\n\n{signature}"),
            taken.files["record.txt"].clone(),
            "an export that does not exist".to_owned(),
            own.trim_end().to_owned(),
        ];
        let entries: Vec<Value> = refused.iter().map(|signed| entry(signed)).collect();
        let answer = bring(mother, new.case, &entries).send().await.expect_problem(422, "invalid-input");
        let errors = answer.body["errors"].as_array().expect("errors");
        assert_eq!(errors.len(), refused.len(), "{errors:?}");
        for (number, error) in errors.iter().enumerate() {
            assert_eq!(error["pointer"], format!("/entries/{number}/signed"));
            assert_eq!(error["detail"], errors[0]["detail"], "every refusal has the same words");
        }
        // All or none.
        let mixed = [entry(taken.signed("He runs.")), entry(&refused[0])];
        let answer = bring(mother, new.case, &mixed).send().await.expect_problem(422, "invalid-input");
        assert_eq!(answer.pointers(), ["/entries/1/signed"]);
        is_empty(&new, mother).await;
        bring(father, new.case, &[entry(theirs.signed("He sings."))]).send().await.expect(201);
    }

    async fn an_entry_is_stored_once_for_each_who_brings_it_and_reveals_nothing_of_the_other(world: World) {
        let (old, new, taken) = moved(&world).await;
        let [mother, father] = [&old.family.guardians[0].user, &old.family.guardians[1].user];
        let first = bring(mother, new.case, &[entry(taken.signed("He sings."))]).send().await.expect(201);
        // Another download has the same entry.
        let later = take(mother, old.case).await;
        assert_ne!(later.signed("He sings."), taken.signed("He sings."), "two downloads cannot be compared");
        let both = [for_team(later.signed("He sings.")), entry(later.signed("He runs."))];
        let again = bring(mother, new.case, &both).send().await.expect(201);
        assert_eq!(again.body["note_ids"][0], first.body["note_ids"][0]);
        assert_eq!(new.read_by(mother).await, ["He sings.", "He runs."]);
        let first = again.body["note_ids"][0].as_str().expect("an id");
        let kept = mother.get(format!("{}/{first}", new.notes())).send().await.expect(200);
        assert_eq!(kept.body["audience"], "contact_person", "its readers are not changed afterwards");
        let theirs = take(father, old.case).await;
        let own = bring(father, new.case, &[entry(theirs.signed("He sings."))]).send().await.expect(201);
        assert_ne!(own.body["note_ids"][0], json!(first));
        assert_eq!(new.read_by(father).await, ["He sings."]);
        let twice = [entry(taken.signed("He runs.")), entry(later.signed("He runs."))];
        let answer = bring(mother, new.case, &twice).send().await.expect(422);
        assert_eq!(answer.pointers(), ["/entries/1/signed"]);
        assert_eq!(new.read_by(&new.teacher).await.len(), 3);
        let why = json!({"reason": "For others than I chose.", "contains": []});
        mother.post(format!("{}/{first}/strike-out", new.notes())).json(why).if_match(1).send().await.expect(200);
        let again = bring(mother, new.case, &[entry(taken.signed("He sings."))]).send().await.expect(201);
        assert_ne!(again.body["note_ids"][0], json!(first), "what is struck out is brought again");
        let words = json!({"text": "He hums.", "reason": "Not so loud.", "contains": []});
        let brought = again.body["note_ids"][0].as_str().expect("an id");
        let correct = mother.post(format!("{}/{brought}/correct", new.notes())).json(words).if_match(1);
        correct.send().await.expect_problem(409, "conflict");
    }

    async fn consents_and_notes_by_others_in_the_family_are_not_brought(world: World) {
        let cast = world.shared_case().await;
        let [mother, father] = [&cast.family.guardians[0].user, &cast.family.guardians[1].user];
        let text = json!({"contains": [], "shown_to": [mother.id], "text": "From his father, for her too."});
        write(father, &cast, text).await;
        let (taken, theirs) = (take(mother, cast.case).await, take(father, cast.case).await);
        let new = Moved::from(&world, &cast).await;
        for words in ["From his father, for her too.", "Samtykke fra"] {
            assert_eq!(taken.entry(words)["can_be_brought"], false);
            let answer = bring(mother, new.case, &[entry(taken.signed(words))]).send().await.expect(422);
            assert_eq!(answer.pointers(), ["/entries/0/signed"]);
        }
        is_empty(&new, mother).await;
        bring(father, new.case, &[entry(theirs.signed("From his father, for her too."))]).send().await.expect(201);
        is_empty(&new, mother).await;
    }

    async fn readers_are_chosen_by_the_rules_for_notes_and_each_fault_is_named(world: World) {
        let (old, new, taken) = moved(&world).await;
        let mother = &old.family.guardians[0].user;
        let signed = taken.signed("He sings.");
        for (more, pointer) in [
            (json!({"audience": "unit"}), "/entries/0/audience"),
            (json!({"audience": "team"}), "/entries/0/contains"),
            (json!({"audience": "team", "contains": ["violence_suspicion"]}), "/entries/0/contains/0"),
            (json!({"contains": [], "shown_to": [new.teacher.id]}), "/entries/0/shown_to/0"),
            (json!({"contains": [], "shown_to": [new.family.child.id]}), "/entries/0/shown_to/0"),
            (json!({"signed": ""}), "/entries/0/signed"),
            (json!({"kind": "agreed"}), "/entries/0/kind"),
        ] {
            let mut body = entry(signed);
            body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            bring(mother, new.case, &[body]).send().await.expect_invalid(pointer);
        }
        bring(mother, new.case, &[]).send().await.expect_invalid("/entries");
        let many: Vec<Value> = (0..51).map(|_| entry("x")).collect();
        bring(mother, new.case, &many).send().await.expect_invalid("/entries");
        bring(&new.teacher, new.case, &[entry(signed)]).send().await.expect_problem(403, "forbidden");
        let stranger = world.worker("porsgrunn/skole").await;
        bring(&stranger, new.case, &[entry(signed)]).send().await.expect(404);
        is_empty(&new, mother).await;
        world.close_case(&new.teacher, new.case).await;
        bring(mother, new.case, &[entry(signed)]).send().await.expect_problem(409, "conflict");
    }

    async fn what_comes_from_child_welfare_is_read_only_with_consent_to_that(world: World) {
        let cast = world.shared_case().await;
        let helper = world.team_mate(&cast, "kragero/barnevern").await;
        let mother = &cast.family.guardians[0].user;
        world.note(&helper, cast.case, "team", "We visit on Fridays.").await;
        let taken = take(mother, cast.case).await;
        let note = taken.entry("We visit on Fridays.");
        assert_eq!((&note["kind"], &note["content"]["kind"]), (&json!("child_welfare"), &json!("agreed")));
        assert_eq!(taken.entry(&format!("Deltaker: {}", helper.name))["kind"], "child_welfare");
        let new = Moved::from(&world, &cast).await;
        bring(mother, new.case, &[for_team(taken.signed("We visit on Fridays."))]).send().await.expect(201);
        assert_eq!(new.read_by(mother).await, ["We visit on Fridays."]);
        is_empty(&new, &new.teacher).await;
        new.consent(&world, &new.teacher, &["child_welfare"]).await;
        assert_eq!(new.read_by(&new.teacher).await, ["We visit on Fridays."]);
    }
}
