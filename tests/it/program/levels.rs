//! The levels of a case are those of the municipality's guide, by name, of the version in force when the level was set.

use serde_json::{Value, json};
use stafett::{
    catalogue::import,
    kernel::ids::{CaseId, ConcernId},
};

use super::import::Files;
use crate::support::{Call, Child, Staff, World, both_engines};

const FILE: &str = "municipality.toml";

fn decision(world: &World, by: &Staff, concern: ConcernId, level: i64) -> Call {
    let body = json!({
        "decision": "open_case", "reason": "Help is wanted.", "contains": [], "case_reason": "Finds play hard.", "level": level,
        "agreed_with": "guardians", "agreed_on": world.in_days(-1), "next_step": world.next_step(),
    });
    by.post(format!("/v1/concerns/{concern}/decision")).json(body).if_match(1)
}

fn change(by: &Staff, case: CaseId, level: i64) -> Call {
    let body = json!({"level": level, "contains": [], "level_reason": "More is needed."});
    by.patch(format!("/v1/cases/{case}")).json(body)
}

async fn opened(world: &World, by: &Staff, child: &Child, level: i64) -> CaseId {
    let concern = world.concern(by, child).await;
    decision(world, by, concern, level).send().await.expect(200).id("/case_id")
}

/// The number, the name and the version of a level.
fn level_of(item: &Value) -> (i64, &str, i64) {
    let number = |field: &str| item[field].as_i64().expect("a number");
    (number("level"), item["level_name"].as_str().expect("a name"), number("guide_version"))
}

const OF_ZERO: &str = "Intern vurdering og strakstiltak";
const OF_ONE: &str = "Tverrfaglig vurdering og samarbeid";
const OF_TWO: &str = "Videre utredning eller henvisning";

both_engines! {
    async fn a_case_is_opened_at_a_level_of_its_own_municipality(world: World) {
        for (unit, highest) in [("kragero/skole", 2), ("orland/opphaug-skole", 1), ("porsgrunn/skole", 0)] {
            let teacher = world.worker(unit).await;
            let family = world.child_with_two_guardians(&teacher).await;
            let concern = world.concern(&teacher, &family.child).await;
            let refused = decision(&world, &teacher, concern, highest + 1).send().await;
            refused.expect_invalid("/level");
            let case: CaseId = decision(&world, &teacher, concern, highest).send().await.expect(200).id("/case_id");
            let read = teacher.get(format!("/v1/cases/{case}")).send().await.expect(200);
            assert_eq!(level_of(&read.body).0, highest, "{unit}");
        }
    }

    async fn a_level_that_the_guide_lacks_is_refused_and_writes_nothing(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let family = world.child_with_two_guardians(&teacher).await;
        let case = opened(&world, &teacher, &family.child, 1).await;
        let path = format!("/v1/cases/{case}");
        change(&teacher, case, 3).if_match(1).send().await.expect_invalid("/level");
        let closing = json!({"reason": "Reached.", "final_evaluation": "Plays every day.", "contains": []});
        teacher.post(format!("{path}/close")).json(closing).if_match(1).send().await.expect(200);
        let again = json!({"level": 3, "contains": [], "level_reason": "It is back.", "next_step": world.next_step()});
        teacher.post(format!("{path}/reopen")).json(again).if_match(2).send().await.expect_invalid("/level");
        let history = teacher.get(format!("{path}/history")).send().await.expect(200);
        assert_eq!(history.each("kind"), ["opened", "closed"]);
        let read = teacher.get(&path).send().await.expect(200);
        assert_eq!((level_of(&read.body), &read.body["status"]), ((1, OF_ONE, 1), &json!("closed")));
    }

    async fn a_case_keeps_the_level_of_the_guide_by_which_it_was_set(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let family = world.child_with_two_guardians(&teacher).await;
        let case = opened(&world, &teacher, &family.child, 2).await;
        let path = format!("/v1/cases/{case}");
        let files = Files::of("kragero");
        files.without(FILE, "[[guide_level]]", "\nlevel = 2\n");
        files.change(FILE, |text| text.replace(OF_ONE, "Samarbeid om barnet"));
        let done = import(&world.db, &[files.read()]).await.expect("imported");
        let levels = done[0].guide_levels;
        assert_eq!((levels.total, levels.added, levels.changed, levels.ended), (2, 0, 1, 1));

        let read = teacher.get(&path).send().await.expect(200);
        assert_eq!(level_of(&read.body), (2, OF_TWO, 1));
        change(&teacher, case, 2).if_match(1).send().await.expect_invalid("/level");
        let changed = change(&teacher, case, 1).if_match(1).send().await.expect(200);
        assert_eq!(level_of(&changed.body), (1, "Samarbeid om barnet", 2));
        let history = family.guardians[0].get(format!("{path}/history")).send().await.expect(200);
        let levels: Vec<_> = history.items().iter().map(level_of).collect();
        assert_eq!(levels, [(2, OF_TWO, 1), (1, "Samarbeid om barnet", 2)]);
    }

    async fn the_guide_lists_the_version_in_force_and_earlier_ones(world: World) {
        let names = async |query: &str| {
            let path = format!("/v1/municipalities/4014/guide{query}");
            let levels = world.anonymous().get(path).send().await.expect(200);
            levels.items().iter().map(|level| (level["version"].clone(), level["name"].clone())).collect::<Vec<_>>()
        };
        let first = [OF_ZERO, OF_ONE, OF_TWO].map(|name| (json!(1), json!(name)));
        assert_eq!(names("").await, first);
        let unchanged = import(&world.db, &[Files::of("kragero").read()]).await.expect("imported");
        assert_eq!((unchanged[0].guide_levels.added, unchanged[0].guide_levels.changed), (0, 0));
        assert_eq!(names("").await, first);
        let files = Files::of("kragero");
        files.change(FILE, |text| text.replace(OF_ZERO, "Undring og tiltak"));
        import(&world.db, &[files.read()]).await.expect("imported");
        assert_eq!(names("").await, ["Undring og tiltak", OF_ONE, OF_TWO].map(|name| (json!(2), json!(name))));
        assert_eq!(names("?version=1").await, first);
        assert_eq!(names("?version=3").await, []);
        world.anonymous().get("/v1/municipalities/4014/guide?version=x").send().await.expect_invalid("?version");
    }

    async fn a_municipality_without_a_guide_is_not_imported(world: World) {
        let files = Files::of("porsgrunn");
        files.without(FILE, "[[guide_level]]", "\nlevel = 0\n");
        let refused = import(&world.db, &[files.read()]).await.expect_err("no guide");
        assert!(refused.to_string().contains("guide_level"), "{refused}");
    }
}
