//! An import makes the database say what the files say, on both engines.

use std::path::Path;

use serde_json::{Value, json};
use stafett::catalogue::{MunicipalityFiles, import};
use tempfile::TempDir;

use super::{Done, done};
use crate::support::{Role, World, both_engines};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/municipalities");

/// The files of a municipality, to change.
pub(super) struct Files(TempDir);

impl Files {
    pub(super) fn of(name: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        for file in ["municipality.toml", "measures.toml", "consent_texts.toml"] {
            std::fs::copy(Path::new(DATA).join(name).join(file), folder.path().join(file)).expect("a copy");
        }
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn change(&self, file: &str, change: impl FnOnce(String) -> String) {
        let path = self.path().join(file);
        let text = std::fs::read_to_string(&path).expect("a file");
        std::fs::write(&path, change(text)).expect("a file");
    }

    /// Takes the block of a file out that contains these words.
    pub(super) fn without(&self, file: &str, begin: &str, words: &str) {
        self.change(file, |text| {
            let (head, blocks) = text.split_once(begin).expect("a block");
            let blocks: Vec<&str> = blocks.split(begin).collect();
            let kept: Vec<&str> = blocks.iter().copied().filter(|block| !block.contains(words)).collect();
            assert_eq!(kept.len() + 1, blocks.len(), "one block has {words}");
            std::iter::once(head).chain(kept).collect::<Vec<_>>().join(begin)
        });
    }

    pub(super) fn read(&self) -> MunicipalityFiles {
        MunicipalityFiles::in_folder(self.path()).expect("files")
    }
}

async fn offered(world: &World) -> Vec<Value> {
    let list = world.anonymous().get("/v1/catalogue/measures?municipality=4014&limit=200").send().await;
    list.expect(200).items().to_vec()
}

/// The kindergarten of Kragerø has this controller.
fn controlled(controller: &str) -> Files {
    let files = Files::of("kragero");
    let stated = format!("serves = [\"4014\"]\ncontroller = {controller}");
    files.change("municipality.toml", |text| text.replacen("serves = [\"4014\"]", &stated, 1));
    files
}

const PRIVATE: &str =
    r#"{ kind = "private_body", name = "Barnehagen AS", organisation_number = "974760673" }"#;
const OF_PRIVATE: &str = "SELECT COUNT(*) FROM unit WHERE key = 'barnehage' AND controller = 'private_body' AND \
    controller_name = 'Barnehagen AS' AND organisation_number = '974760673'";

fn done_by(world: &World, arguments: &[&str]) -> Done {
    done(world.command_line().args(arguments), "")
}

fn with_key<'a>(items: &'a [Value], key: &str) -> Option<&'a Value> {
    items.iter().find(|item| item["key"] == key)
}

both_engines! {
    async fn a_measure_that_is_gone_from_the_file_is_ended_and_stays_in_its_case(world: World) {
        let key = "tilrettelagt-undervisning";
        let before = offered(&world).await;
        let id = with_key(&before, key).expect("a measure")["id"].clone();
        let teacher = world.worker("kragero/skole").await;
        let family = world.child_with_two_guardians(&teacher).await;
        let case = world.open_case(&teacher, &family.child).await;
        let measure = json!({
            "catalogue_measure_id": id, "contains": [], "responsible_id": teacher.id,
            "responsible_unit_id": teacher.unit.id, "evaluate_on": world.in_days(30),
        });
        let path = format!("/v1/cases/{case}/measures");
        let own = teacher.post(path.as_str()).json(measure.clone()).send().await.expect(201).text("/id");

        let files = Files::of("kragero");
        files.without("measures.toml", "[[measure]]", &format!("\"{key}\""));
        let done = import(&world.db, &[files.read()]).await.expect("imported");
        let (now, changes) = (offered(&world).await, done[0].measures);
        assert_eq!((changes.total, changes.added, changes.changed, changes.ended), (before.len() - 1, 0, 0, 1));
        assert_eq!(now.len(), before.len() - 1);
        assert!(with_key(&now, key).is_none());

        let read = teacher.get(format!("{path}/{own}")).send().await.expect(200);
        assert_eq!(read.body["catalogue_measure_id"], id);
        let ended = world.anonymous().get(format!("/v1/catalogue/measures/{}", id.as_str().expect("an id")));
        assert!(ended.send().await.expect(200).body["ended_at"].is_string());
        teacher.post(path.as_str()).json(measure.clone()).send().await.expect_invalid("/catalogue_measure_id");

        let again = import(&world.db, &[files.read()]).await.expect("imported");
        assert_eq!((again[0].measures.added, again[0].measures.changed, again[0].measures.ended), (0, 0, 0));
        let back = import(&world.db, &[Files::of("kragero").read()]).await.expect("imported");
        assert_eq!((back[0].measures.added, back[0].measures.changed, back[0].measures.ended), (1, 0, 0));
        assert_eq!(with_key(&offered(&world).await, key).expect("a measure")["id"], id);
        teacher.post(path.as_str()).json(measure).send().await.expect(201);
    }

    async fn a_guide_level_and_an_arena_that_are_gone_from_the_file_are_gone(world: World) {
        let list = async |what: &str| {
            let path = format!("/v1/municipalities/4014/{what}");
            world.anonymous().get(path).send().await.expect(200).items().to_vec()
        };
        let (levels, arenas) = (list("guide").await, list("arenas").await);
        let level = levels.last().expect("a level")["level"].to_string();
        let files = Files::of("kragero");
        files.without("municipality.toml", "[[guide_level]]", &format!("\nlevel = {level}\n"));
        files.without("municipality.toml", "[[arena]]", "\"tik-team\"");
        let done = import(&world.db, &[files.read()]).await.expect("imported");
        assert_eq!((done[0].guide_levels.ended, done[0].arenas.ended), (1, 1));
        assert_eq!(list("guide").await.len(), levels.len() - 1);
        assert!(with_key(&list("arenas").await, "tik-team").is_none());

        let teacher = world.worker("kragero/skole").await;
        let family = world.child_with_two_guardians(&teacher).await;
        let case = world.open_case(&teacher, &family.child).await;
        let ended = with_key(&arenas, "tik-team").expect("an arena")["id"].clone();
        let meeting = json!({
            "arena_id": ended, "starts_at": "2026-12-01T11:00:00Z", "contains": [], "agenda": "What to do.",
            "participants": [teacher.id, family.guardians[0].id, family.guardians[1].id],
        });
        let path = format!("/v1/cases/{case}/meetings");
        teacher.post(path).json(meeting).send().await.expect_invalid("/arena_id");
    }

    async fn a_unit_may_serve_a_municipality_that_comes_later_and_no_unknown_one(world: World) {
        let serves = |served: &'static str| {
            let files = Files::of("kragero");
            files.change("municipality.toml", |text| text.replacen("serves = [\"4014\"]", &format!("serves = {served}"), 1));
            files
        };
        let new = Files::of("orland");
        new.change("municipality.toml", |text| text.replace("5057", "5058"));
        let of_kragero = serves("[\"4014\", \"5058\"]");
        let refused = import(&world.db, &[of_kragero.read()]).await.expect_err("5058 is unknown");
        assert!(refused.to_string().contains("the unit barnehage serves municipality 5058, which is neither"), "{refused}");
        let served = "SELECT COUNT(*) FROM unit_serves WHERE municipality = '5058'";
        let before = world.number_of("SELECT COUNT(*) FROM municipality").await;
        let done = import(&world.db, &[of_kragero.read(), new.read()]).await.expect("imported");
        assert_eq!((done[0].units.changed, done[1].units.added), (1, done[1].units.total));
        assert_eq!(world.number_of("SELECT COUNT(*) FROM municipality").await, before + 1);
        let own = i64::try_from(done[1].units.total).expect("small");
        assert_eq!(world.number_of(served).await, own + 1);

        let ended = import(&world.db, &[serves("[\"4014\"]").read()]).await.expect("imported");
        assert_eq!((ended[0].units.changed, ended[0].units.ended), (1, 0));
        assert_eq!(world.number_of(served).await, own);
    }

    async fn a_unit_may_state_another_controller_unless_people_act_for_it_there(world: World) {
        for wrong in [
            r#"{ kind = "private_body", name = "Barnehagen AS", organisation_number = "974760674" }"#,
            r#"{ kind = "private_body", name = " ", organisation_number = "974760673" }"#,
            r#"{ kind = "municipality", name = "Kragerø kommune" }"#,
            r#"{ kind = "county" }"#, r#"{ kind = "church" }"#, r#""county""#,
        ] {
            let refused = import(&world.db, &[controlled(wrong).read()]).await.expect_err("it is no controller");
            assert!(refused.to_string().contains("municipality.toml, line"), "{refused}");
        }
        let done = import(&world.db, &[controlled(PRIVATE).read()]).await.expect("imported");
        assert_eq!((done[0].units.changed, world.number_of(OF_PRIVATE).await), (1, 1));
        let unit = world.unit("kragero/barnehage").await;
        let auditor = world.user_with_new_number("4014").await;
        world.grant(&auditor, &unit, Role::Auditor).await;
        let own = controlled(r#"{ kind = "municipality" }"#);
        let refused = import(&world.db, &[own.read()]).await.expect_err("an auditor is there");
        assert!(refused.to_string().contains("the controller of the unit barnehage cannot change"), "{refused}");
        assert_eq!(world.number_of(OF_PRIVATE).await, 1);
        auditor.get("/v1/access-log").send().await.expect_problem(403, "forbidden");
        let grant = ["user", "grant", "--municipality", "4014", "--username", &auditor.username, "--role", "barnehage:administrator"];
        let refused = done_by(&world, &grant);
        assert_eq!(refused.status, 2);
        assert!(refused.errors.contains("belongs in a unit that the municipality controls"), "{}", refused.errors);
        // Nor while somebody is proposed as one.
        world.try_execute("UPDATE staff_role SET ended_at = started_at WHERE role = 'auditor'").await.expect("ended");
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let proposal = json!({"person_id": auditor.id, "role": "auditor", "reason": "Controls the log."});
        administrator.post(format!("/v1/units/{}/role-proposals", unit.id)).json(proposal).send().await.expect(201);
        let refused = import(&world.db, &[own.read()]).await.expect_err("an auditor is proposed");
        assert!(refused.to_string().contains("the controller of the unit barnehage cannot change"), "{refused}");
        let declined = "UPDATE role_proposal SET status = 'declined', decided_at = proposed_at, decided_by = proposed_by";
        world.try_execute(declined).await.expect("declined");
        // A role that ended by its day acts for nobody.
        world.try_execute(format!("UPDATE staff_role SET ends_on = '{}'", world.today())).await.expect("ended");
        let done = import(&world.db, &[own.read()]).await.expect("imported");
        assert_eq!((done[0].units.changed, world.number_of(OF_PRIVATE).await), (1, 0));
        auditor.get("/v1/access-log").send().await.expect_problem(403, "forbidden");
    }

    async fn a_file_that_states_no_controller_changes_none(world: World) {
        import(&world.db, &[controlled(PRIVATE).read()]).await.expect("imported");
        let done = import(&world.db, &[Files::of("kragero").read()]).await.expect("imported");
        assert_eq!((done[0].units.changed, world.number_of(OF_PRIVATE).await), (0, 1));
    }

    async fn a_unit_serves_a_municipality_until_its_work_there_is_done(world: World) {
        let serves = |served: &'static str| {
            let files = Files::of("kragero");
            files.change("municipality.toml", |text| text.replacen("serves = [\"4014\"]", &format!("serves = {served}"), 1));
            files.read()
        };
        let (both, one) = (serves(r#"["4014", "4001"]"#), serves(r#"["4014"]"#));
        import(&world.db, std::slice::from_ref(&both)).await.expect("imported");
        world.staff("porsgrunn/skole", Role::Auditor).await;
        let teacher = world.worker("kragero/barnehage").await;
        let child = world.register_in(&teacher, world.child_number(4), "4001").await;
        world.concern(&teacher, &child).await;
        let refused = async |why: &str| {
            let before = world.all_rows().await;
            let refused = import(&world.db, std::slice::from_ref(&one)).await.expect_err("work is left").to_string();
            assert_eq!(refused, format!("the unit barnehage cannot stop serving municipality 4001 yet: {why}"));
            assert_eq!(world.all_rows().await, before);
        };
        refused("it has a part in 0 open cases there, 1 of its concerns there wait for a decision, and 0 reports that it received from there wait for an answer").await;
        let case = world.open_case(&teacher, &child).await;
        refused("it has a part in 1 open cases there, 1 of its concerns there wait for a decision, and 0 reports that it received from there wait for an answer").await;
        let no_need = "UPDATE concern SET decision = 'no_need', decision_reason = facts, decided_at = created_at, decided_by = author_id \
            WHERE decision IS NULL";
        world.try_execute(no_need).await.expect("decided");
        refused("it has a part in 1 open cases there, 0 of its concerns there wait for a decision, and 0 reports that it received from there wait for an answer").await;
        // Also when another unit opened the case, as long as this one is on the team.
        let opened_by = |municipality: &str, key: &str| {
            let sql = format!("UPDATE care_case SET unit_id = (SELECT id FROM unit WHERE municipality = '{municipality}' AND key = '{key}')");
            world.try_execute(sql)
        };
        assert_eq!(opened_by("4001", "skole").await.expect("another unit"), 1);
        refused("it has a part in 1 open cases there, 0 of its concerns there wait for a decision, and 0 reports that it received from there wait for an answer").await;
        opened_by("4014", "barnehage").await.expect("the unit itself");
        world.close_case(&teacher, case).await;
        let done = import(&world.db, std::slice::from_ref(&one)).await.expect("imported");
        assert_eq!(done[0].units.changed, 1);
        let body = json!({"name": "Iben", "birth_date": "2022-05-17", "municipality": "4001"});
        teacher.post(format!("/v1/units/{}/children", teacher.unit.id)).json(body).send().await.expect_invalid("/municipality");
    }

    async fn child_welfare_serves_a_municipality_until_it_has_answered_the_reports_from_there(world: World) {
        let serves = |served: &'static str| {
            let files = Files::of("kragero");
            files.change("municipality.toml", |text| {
                let (before, unit) = text.split_once("key = \"barnevern\"").expect("the unit");
                format!("{before}key = \"barnevern\"{}", unit.replacen("serves = [\"4014\"]", &format!("serves = {served}"), 1))
            });
            files.read()
        };
        let (both, one) = (serves(r#"["4014", "4001"]"#), serves(r#"["4014"]"#));
        import(&world.db, std::slice::from_ref(&both)).await.expect("imported");
        let teacher = world.worker("porsgrunn/skole").await;
        let child_welfare = world.unit("kragero/barnevern").await;
        let report = json!({
            "child_description": "A boy in the second form.", "grounds": ["mistreatment_or_neglect"],
            "text": "Says that he is hit at home.", "sent_on": world.in_days(0), "guardians_told": true,
            "receiving_unit_id": child_welfare.id,
        });
        let path = format!("/v1/units/{}/child-welfare-reports", teacher.unit.id);
        let sent = teacher.post(path).json(report).send().await.expect(201).text("/id");
        let answers = async |outcome: &str, more: serde_json::Value| {
            let mut body = json!({"outcome": outcome, "answered_on": world.in_days(0)});
            body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            teacher.post(format!("/v1/child-welfare-reports/{sent}/replies")).json(body).send().await.expect(201);
        };
        let refused = async || {
            let refused = import(&world.db, std::slice::from_ref(&one)).await.expect_err("work is left").to_string();
            assert!(refused.ends_with("and 1 reports that it received from there wait for an answer"), "{refused}");
        };
        refused().await;
        for outcome in ["received", "not_investigated", "investigation_opened"] {
            answers(outcome, json!({})).await;
            if outcome != "not_investigated" {
                refused().await;
            }
        }
        // An answer that nobody has recorded in nine months does not bind the unit.
        let long_ago = format!("UPDATE child_welfare_report SET sent_on = '{}'", world.in_days(-290));
        world.try_execute(long_ago).await.expect("sent long ago");
        import(&world.db, std::slice::from_ref(&one)).await.expect("imported");
        import(&world.db, std::slice::from_ref(&both)).await.expect("imported");
        world.try_execute(format!("UPDATE child_welfare_report SET sent_on = '{}'", world.in_days(0))).await.expect("sent today");
        refused().await;
        answers("investigation_closed", json!({"followed_up": true})).await;
        import(&world.db, std::slice::from_ref(&one)).await.expect("imported");
    }

    async fn texts_of_files_are_those_that_a_request_may_have(world: World) {
        let named = |name: &'static str| {
            let files = Files::of("kragero");
            files.change("municipality.toml", |text| text.replacen("name = \"Barnehage i Kragerø\"", &format!("name = \"{name}\""), 1));
            files
        };
        let before = world.all_rows().await;
        let hidden = named("Barnehage\\u202E i Kragerø");
        let refused = done_by(&world, &["catalogue", "import", hidden.path().to_str().expect("a path")]);
        assert_eq!(refused.status, 1);
        let why = "municipality.toml, line 12: contains at character 10 a control or a character that cannot be seen, U+202E: remove it";
        assert!(refused.errors.contains(why), "{}", refused.errors);
        assert_eq!(world.all_rows().await, before);
        let pasted = named(" Barne\u{ad}hage i Kragero\u{308}\u{feff}");
        import(&world.db, &[pasted.read()]).await.expect("imported");
        let cleaned = "SELECT COUNT(*) FROM unit WHERE key = 'barnehage' AND name = 'Barnehage i Krager\u{f6}'";
        assert_eq!(world.number_of(cleaned).await, 1);
    }

    async fn the_import_says_what_it_added_changed_and_ended(world: World) {
        let files = Files::of("kragero");
        files.without("measures.toml", "[[measure]]", "\"tilrettelagt-undervisning\"");
        files.change("measures.toml", |text| text.replacen("title = \"Miljøterapeut\"", "title = \"Miljøveileder\"", 1));
        let path = files.path().to_str().expect("a path").to_owned();
        let said = done(world.command_line().args(["catalogue", "import", &path]), "").well();
        assert!(said.starts_with("4014 Kragerø\n"), "{said}");
        assert!(said.contains("measures: 0 added, 1 changed, 1 ended\n"), "{said}");
        let json = done(world.command_line().args(["catalogue", "import", "--included", "kragero", "--json"]), "").well();
        let json: Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json[0]["number"], "4014");
        assert_eq!((&json[0]["measures"]["added"], &json[0]["measures"]["changed"]), (&json!(1), &json!(1)));
        let auditor = world.staff("kragero/oppvekst", Role::Auditor).await;
        let log = auditor.get("/v1/access-log?limit=200").send().await.expect(200);
        assert_eq!(log.items().iter().filter(|entry| entry["action"] == "import_catalogue").count(), 2);

        let units = done(world.command_line().args(["catalogue", "units", "--municipality", "4014"]), "").well();
        let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(units.lines().any(|text| line(text) == "oppvekst Kommunalområde for oppvekst (school)"), "{units}");
        let twice = done(world.command_line().args(["catalogue", "import", &path, &path]), "");
        assert_eq!(twice.status, 1);
        assert!(twice.errors.contains("municipality 4014 is in this import twice"), "{}", twice.errors);
    }
}
