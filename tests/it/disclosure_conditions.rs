//! The conditions of disclosures: who has asked or given leave, and whether the patient would object.

use serde_json::{Value, json};

use crate::{
    disclosures::{disclose, health_case, of_note, with},
    support::{World, both_engines},
};

both_engines! {
    async fn a_change_of_school_needs_the_request_of_the_new_school_or_the_leave_of_all_who_consent(world: World) {
        let cast = world.shared_case().await;
        let note = world.note(&cast.teacher, cast.case, "team", "Reads slowly.").await;
        let head = world.worker("porsgrunn/skole").await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let asked = of_note(cast.case, note, "school_change", &head);
        let made = disclose(&cast.teacher, &asked).await.expect(201);
        assert_eq!([made.text("/request_reference"), made.text("/requested_on")], ["26/1871", "2026-11-20"]);
        let unasked = with(&asked, &json!({"request": null}));
        disclose(&cast.teacher, &unasked).await.expect_invalid("/request");
        let leave = |by: &[Value]| with(&unasked, &json!({"leave": {"given_by": by, "given_on": "2026-11-21"}}));
        for wrong in [vec![], vec![json!(mother.id)], vec![json!(mother.id), json!(father.id), json!(cast.nurse.id)]] {
            disclose(&cast.teacher, &leave(&wrong)).await.expect_invalid("/leave/given_by");
        }
        let both = leave(&[json!(mother.id), json!(father.id)]);
        let made = disclose(&cast.teacher, &both).await.expect(201);
        assert_eq!(made.text("/leave_on"), "2026-11-21");
        assert_eq!(world.rows("disclosure_leave").await, 2);
        disclose(&cast.teacher, &with(&both, &json!({"request": asked["request"]}))).await.expect_invalid("/leave");
        for (place, days) in [("/request/made_on", 1), ("/request/made_on", -400)] {
            let request = json!({"reference": "26/1871", "made_on": world.in_days(days)});
            disclose(&cast.teacher, &with(&asked, &json!({"request": request}))).await.expect_invalid(place);
        }
        // The duty to prevent needs neither.
        let duty = with(&asked, &json!({"basis": "school_change_duty"}));
        disclose(&cast.teacher, &duty).await.expect_invalid("/request");
        disclose(&cast.teacher, &with(&duty, &json!({"request": null}))).await.expect(201);
    }

    async fn from_fifteen_the_young_person_gives_leave_to_what_they_consent_to(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let family = world.family(&teacher, 15, 1).await;
        let case = world.open_case(&teacher, &family.child).await;
        let text = json!({"audience": "team", "kind": "school_life", "contains": [], "text": "Reads slowly."});
        let note = teacher.post(format!("/v1/cases/{case}/notes")).json(text).send().await.expect(201).id("/id");
        let upper = world.worker("kragero/kragero-videregaende-skole").await;
        let body = with(&of_note(case, note, "school_change", &upper), &json!({"request": null}));
        let leave = |by: &Value| with(&body, &json!({"leave": {"given_by": [by], "given_on": "2026-11-21"}}));
        disclose(&teacher, &leave(&json!(family.guardians[0].id))).await.expect_invalid("/leave/given_by");
        disclose(&teacher, &leave(&json!(family.child.id))).await.expect(201);
    }

    async fn sharing_in_health_is_barred_where_the_patient_would_object_except_for_weighty_reasons(world: World) {
        let (nurse, dentist, family, case, note) = health_case(&world, 9).await;
        let body = of_note(case, note, "health_personnel", &dentist);
        disclose(&nurse, &with(&body, &json!({"would_object": null}))).await.expect_invalid("/would_object");
        let needless = with(&body, &json!({"weighty_reasons": "It is urgent."}));
        disclose(&nurse, &needless).await.expect_invalid("/weighty_reasons");
        let presumed = with(&body, &json!({"would_object": true}));
        disclose(&nurse, &presumed).await.expect_problem(409, "conflict");
        let weighty = with(&presumed, &json!({"weighty_reasons": "The sedation is dangerous without it."}));
        let made = disclose(&nurse, &weighty).await.expect(201);
        assert_eq!((&made.body["would_object"], made.text("/weighty_reasons").len()), (&json!(true), 37));
        let ordinary = disclose(&nurse, &body).await.expect(201);
        // Only in spite of an objection, it rests on hpl § 29 as well, and the family is informed of that.
        let citations = |made: &Value| -> Vec<Value> {
            made["laws"].as_array().expect("laws").iter().map(|law| law["law"].clone()).collect()
        };
        assert_eq!(citations(&ordinary.body), ["hpl § 25"]);
        assert_eq!(citations(&made.body), ["hpl § 25", "hpl § 29"]);
        let informed = family.guardians[1].get(format!("/v1/cases/{case}/disclosures")).send().await.expect(200);
        let despite: Vec<&Value> = informed.items().iter().map(|row| &row["despite_objection"]).collect();
        assert_eq!(despite, [&json!(true), &json!(false)]);
        // The same holds where somebody has objected.
        family.guardians[0].post(format!("/v1/cases/{case}/objections")).json(json!({})).send().await.expect(201);
        disclose(&nurse, &body).await.expect_problem(409, "conflict");
        disclose(&nurse, &needless).await.expect(201);
        let danger = with(&of_note(case, note, "danger_to_life_or_health", &dentist), &json!({"would_object": false}));
        disclose(&nurse, &danger).await.expect_invalid("/would_object");
        let sealed = "SELECT COUNT(*) FROM disclosure WHERE weighty_reasons LIKE '%sedation%'";
        assert_eq!(world.number_of(sealed).await, 0);
    }

    async fn someone_outside_receives_only_where_the_paragraph_has_it_so(world: World) {
        let cast = world.shared_case().await;
        let note = world.note(&cast.teacher, cast.case, "team", "For all.").await;
        let outside = |basis: &str| json!({
            "case_id": cast.case, "basis": basis, "note_ids": [note], "outside_kind": "emergency_medical", "reason": "Danger.",
        });
        // Health personnel notify the police and the fire service (hpl § 31), and others for weighty reasons (hpl § 23).
        let danger = outside("danger_to_life_or_health");
        for (kind, law) in [("police", "hpl § 31"), ("fire", "hpl § 31"), ("emergency_medical", "hpl § 23")] {
            let made = disclose(&cast.nurse, &with(&danger, &json!({"outside_kind": kind}))).await.expect(201);
            assert_eq!([made.text("/laws/0/law"), made.text("/outside_kind")], [law, kind]);
        }
        let other = with(&danger, &json!({"outside_kind": "other"}));
        disclose(&cast.nurse, &other).await.expect_invalid("/outside_recipient");
        let made = disclose(&cast.nurse, &with(&other, &json!({"outside_recipient": "The Night Ravens"}))).await.expect(201);
        assert_eq!([made.text("/laws/0/law"), made.text("/outside_recipient")], ["hpl § 23", "The Night Ravens"]);
        let unkind = json!({"outside_kind": null, "outside_recipient": "The police"});
        let nobody = disclose(&cast.nurse, &with(&danger, &unkind)).await.expect(422);
        assert_eq!(nobody.body["errors"][0]["pointer"], "/outside_kind");
        disclose(&cast.teacher, &outside("duty_to_avert")).await.expect(201);
        for basis in ["school_change", "child_welfare_report"] {
            disclose(&cast.teacher, &outside(basis)).await.expect_invalid("/outside_kind");
        }
        let care = with(&outside("health_personnel"), &json!({"would_object": false}));
        disclose(&cast.nurse, &care).await.expect_invalid("/outside_kind");
    }

    async fn a_disclosure_lies_sealed(world: World) {
        let (nurse, dentist, family, case, note) = health_case(&world, 9).await;
        let measure = world.measure(&nurse, case, &nurse).await;
        let body = with(&of_note(case, note, "danger_to_life_or_health", &dentist), &json!({"measure_ids": [measure]}));
        disclose(&nurse, &body).await.expect(201);
        let open = format!(
            "SELECT COUNT(*) FROM disclosure WHERE reason LIKE '%tonight%' OR child_name = '{}' OR disclosed_by_name = '{}'
                OR to_person_name = '{}'",
            family.child.name, nurse.name, dentist.name
        );
        assert_eq!(world.number_of(open).await, 0);
        let open = format!(
            "SELECT COUNT(*) FROM disclosed_entry WHERE body LIKE '%tooth%' OR title LIKE '%Play%' OR person_name = '{}'",
            nurse.name
        );
        assert_eq!((world.number_of(open).await, world.rows("disclosed_entry").await), (0, 2));
    }
}
