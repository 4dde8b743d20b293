//! An import makes the database say what the files say, on both engines.

use std::path::Path;

use serde_json::{Value, json};
use stafett::catalogue::{MunicipalityFiles, import};
use tempfile::TempDir;

use super::done;
use crate::support::{Role, World, both_engines};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/municipalities");

/// The files of a municipality, to change.
struct Files(TempDir);

impl Files {
    fn of(name: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        for file in ["municipality.toml", "measures.toml", "consent_texts.toml"] {
            std::fs::copy(Path::new(DATA).join(name).join(file), folder.path().join(file)).expect("a copy");
        }
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn change(&self, file: &str, change: impl FnOnce(String) -> String) {
        let path = self.path().join(file);
        let text = std::fs::read_to_string(&path).expect("a file");
        std::fs::write(&path, change(text)).expect("a file");
    }

    /// Takes the block of a file out that contains these words.
    fn without(&self, file: &str, begin: &str, words: &str) {
        self.change(file, |text| {
            let (head, blocks) = text.split_once(begin).expect("a block");
            let blocks: Vec<&str> = blocks.split(begin).collect();
            let kept: Vec<&str> = blocks.iter().copied().filter(|block| !block.contains(words)).collect();
            assert_eq!(kept.len() + 1, blocks.len(), "one block has {words}");
            std::iter::once(head).chain(kept).collect::<Vec<_>>().join(begin)
        });
    }

    fn read(&self) -> MunicipalityFiles {
        MunicipalityFiles::in_folder(self.path()).expect("files")
    }
}

async fn offered(world: &World) -> Vec<Value> {
    let list = world.anonymous().get("/v1/catalogue/measures?municipality=4014&limit=200").send().await;
    list.expect(200).items().to_vec()
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
            "participants": [teacher.id, family.guardians[0].id],
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
        let controlled = |controller: &'static str| {
            let files = Files::of("kragero");
            let stated = format!("serves = [\"4014\"]\ncontroller = {controller}");
            files.change("municipality.toml", |text| text.replacen("serves = [\"4014\"]", &stated, 1));
            files
        };
        let private = r#"{ kind = "private_body", name = "Barnehagen AS", organisation_number = "974760673" }"#;
        for wrong in [
            r#"{ kind = "private_body", name = "Barnehagen AS", organisation_number = "974760674" }"#,
            r#"{ kind = "county" }"#, r#"{ kind = "church" }"#, r#""county""#,
        ] {
            let refused = import(&world.db, &[controlled(wrong).read()]).await.expect_err("it is no controller");
            assert!(refused.to_string().contains("municipality.toml"), "{refused}");
        }
        let of_private = "SELECT COUNT(*) FROM unit WHERE key = 'barnehage' AND controller = 'private_body' AND \
            controller_name = 'Barnehagen AS' AND organisation_number = '974760673'";
        let done = import(&world.db, &[controlled(private).read()]).await.expect("imported");
        assert_eq!((done[0].units.changed, world.number_of(of_private).await), (1, 1));
        let unit = world.unit("kragero/barnehage").await;
        let auditor = world.user_with_new_number("4014").await;
        world.grant(&auditor, &unit, Role::Auditor).await;
        let refused = import(&world.db, &[Files::of("kragero").read()]).await.expect_err("an auditor is there");
        assert!(refused.to_string().contains("the controller of the unit barnehage cannot change"), "{refused}");
        assert_eq!(world.number_of(of_private).await, 1);
        auditor.get("/v1/access-log").send().await.expect_problem(403, "forbidden");
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
