//! A child moves to another municipality, and the family chooses what to bring.

use serde_json::{Value, json};

use super::{KRAGERO, Moved, bring, entry, for_team, take, write};
use crate::{
    cast::Cast,
    identities::log_of,
    support::{User, World, both_engines},
};

/// A record with entries of five kinds, and two that the mother may not know of.
async fn full_record(world: &World) -> Cast {
    let cast = world.shared_case().await;
    let [mother, father] = [&cast.family.guardians[0].user, &cast.family.guardians[1].user];
    world.goal(&cast.teacher, cast.case).await;
    let measure = world.measure(&cast.teacher, cast.case, &cast.nurse).await;
    let evaluation = json!({
        "held_on": world.in_days(0), "outcome": "end_reached", "contains": [], "assessment": "He joins in by himself.",
        "child_view": "I like the gym best.", "child_agrees": true, "guardians_view": "He talks of it at home.",
    });
    let path = cast.path(&format!("/measures/{measure}/evaluations"));
    cast.teacher.post(path).json(evaluation).if_match(1).send().await.expect(201);
    let meeting = world.meeting(&cast.teacher, cast.case, &[mother.id, father.id]).await;
    let minutes = json!({
        "contains": [], "minutes": "He looks forward to spring.", "attended": [mother.id],
        "outcome": "We wait for the report.",
    });
    let path = cast.path(&format!("/meetings/{meeting}/minutes"));
    cast.teacher.put(path).json(minutes).if_match(1).send().await.expect(200);
    let note =
        |kind: &str, text: &str| json!({"audience": "team", "kind": kind, "contains": [], "text": text});
    write(&cast.teacher, &cast, note("school_life", "He reads well.")).await;
    write(&cast.teacher, &cast, note("absence", "Away on Mondays.")).await;
    write(&cast.nurse, &cast, note("health", "He needs glasses.")).await;
    let mut withheld = note("agreed", "Kept from the mother.");
    withheld["withheld_from"] = json!([{"guardian_id": mother.id, "legal_basis": "administration_act", "reason": "It would harm the child.", "review_on": world.in_days(60)}]);
    write(&cast.teacher, &cast, withheld).await;
    write(&cast.nurse, &cast, json!({"audience": "unit", "kind": "health", "text": "For the clinic alone."}))
        .await;
    write(mother, &cast, json!({"text": "Only for you, from his mother."})).await;
    write(father, &cast, json!({"text": "Only for you, from his father."})).await;
    cast
}

/// The notes of a case, as its contact person and a guardian read them.
async fn notes_of(cast: &Cast, guardian: &User) -> [String; 2] {
    let mut notes = [String::new(), String::new()];
    for (reader, notes) in [&cast.teacher.user, guardian].into_iter().zip(&mut notes) {
        *notes = reader.get(cast.path("/notes?limit=200")).send().await.expect(200).text;
    }
    notes
}

both_engines! {
    async fn a_family_that_moves_brings_what_it_chooses_and_each_reads_what_is_theirs(world: World) {
        let old = full_record(&world).await;
        let [mother, father] = [&old.family.guardians[0].user, &old.family.guardians[1].user];
        world.close_case(&old.teacher, old.case).await;
        let taken = take(mother, old.case).await;
        for hidden in ["Kept from the mother.", "For the clinic alone.", "from his father"] {
            assert!(!taken.all().contains(hidden), "{hidden}");
        }
        let kinds: std::collections::BTreeSet<&str> =
            taken.entries().iter().filter_map(|entry| entry["kind"].as_str()).collect();
        assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["absence", "agreed", "child_statement", "health", "school_life"]);

        let new = Moved::from(&world, &old).await;
        new.consent(&world, &new.nurse, &["agreed", "health"]).await;
        world.add_to_team(&new.teacher, new.case, &new.nurse).await;
        let before = notes_of(&old, father).await;
        let mut shown = entry(taken.signed("I like the gym best."));
        shown["shown_to"] = json!([father_there(&new).await]);
        shown["contains"] = json!([]);
        let brought = bring(mother, new.case, &[
            entry(taken.signed("Only for you, from his mother.")),
            for_team(taken.signed("He needs glasses.")),
            for_team(taken.signed("He reads well.")),
            for_team(taken.signed("Takes part in play in every long break.")),
            shown,
        ]);
        let log = log_of(&world, KRAGERO).await;
        let ids = brought.send().await.expect(201).body["note_ids"].as_array().expect("ids").clone();
        assert_eq!(ids.len(), 5);
        assert_eq!(log_of(&world, KRAGERO).await, log, "the log of the old municipality has nothing of it");
        assert_eq!(notes_of(&old, father).await, before);

        let goal = "Mål: Takes part in play in every long break.\nStatus: det arbeides mot det";
        let view = "Ved evaluering av tiltaket: Play group\nBarnets syn: I like the gym best.";
        let all = ["Only for you, from his mother.", "He needs glasses.", "He reads well.", goal, view];
        assert_eq!(new.read_by(mother).await, all);
        assert_eq!(new.read_by(father).await, [view], "what the mother chose to show him");
        assert_eq!(new.read_by(&new.teacher).await, [all[0], goal], "nobody consented to more for the school");
        assert_eq!(new.read_by(&new.nurse).await, [all[1], goal], "health, and what is agreed");
        new.consent(&world, &new.teacher, &["school_life", "child_statement"]).await;
        assert_eq!(new.read_by(&new.teacher).await, [all[0], all[2], goal, view]);
        assert_eq!(new.read_by(&new.nurse).await, [all[1], goal]);

        let health = new.nurse.get(format!("{}/{}", new.notes(), ids[1].as_str().expect("an id"))).send().await.expect(200);
        let from = |member: &str| health.text(&format!("/from_{member}"));
        assert_eq!([from("municipality"), from("section"), from("sector")], [KRAGERO, "notes", "health"]);
        assert_eq!(from("day"), world.in_days(0));
        assert!(!from("unit_name").is_empty() && health.body["kind"] == "health");
        assert_ne!(health.body["author_id"], json!(mother.id), "she is another person in each municipality");
        let texts = new.teacher.get(format!("{}?limit=200", new.notes())).send().await.expect(200).text;
        for known in [old.case.to_string(), old.family.child.id.to_string(), mother.id.to_string(), old.teacher.id.to_string()] {
            assert!(!texts.contains(&known), "nothing leads to the old record");
        }

        // She moves again: what she brought is still from where it was written.
        let again = take(mother, new.case).await;
        let glasses = again.entry("He needs glasses.");
        assert_eq!(glasses["municipality"], KRAGERO);
        assert_eq!((&glasses["sector"], &glasses["kind"], &glasses["can_be_brought"]), (&json!("health"), &json!("health"), &json!(true)));
        assert_eq!(again.entry("Finds it hard to join in play.\nNivå")["municipality"], "4001");
    }
}

/// The father as the new case names him.
async fn father_there(new: &Moved) -> Value {
    let guardians =
        new.teacher.get(format!("/v1/children/{}/guardians", new.family.child.id)).send().await.expect(200);
    guardians.items()[1]["guardian_id"].clone()
}
