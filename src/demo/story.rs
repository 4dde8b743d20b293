//! The story, step by step.

use chrono::Days;
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    act::{Act, get, post},
    client::{Answer, Client},
    people::{Actor, People},
    stage::{Stage, Told},
    why::{Asked, why},
};
use crate::{kernel::Clock, terminal::Failure};

/// The state of the story while it is played.
pub(super) struct Play<'a> {
    pub(super) stage: &'a mut Stage,
    pub(super) client: Client,
    pub(super) people: &'a People,
    failures: usize,
}

/// Plays the story, and returns the number of steps that did not go as expected.
pub(super) async fn play(stage: &mut Stage, base: &str, people: &People) -> Result<usize, Failure> {
    let client = Client::new(base)?;
    let mut play = Play { stage, client, people, failures: 0 };
    for actor in people.all() {
        let status = play.client.log_in(actor).await?;
        play.check(status.is_success(), &format!("{} ({}) logs in", actor.name, actor.who))?;
    }
    let concern = play.concern().await?;
    let case = play.case_opens(&concern).await?;
    let consent = play.consents(&case).await?;
    let measure = play.meeting(&case).await?;
    play.note(&case).await?;
    play.nav(&case).await?;
    play.baton(&case).await?;
    play.evaluation(&case, &measure).await?;
    play.withdrawal(&case, &consent).await?;
    play.who_has_looked(&case).await?;
    play.as_the_mother_sees_it(&case).await?;
    Ok(play.failures)
}

impl Play<'_> {
    /// Performs an action, and prints the result and the rule that decided it.
    pub(super) async fn act(&mut self, act: Act<'_>) -> Result<Answer, Failure> {
        let Act { who, what, method, path, body, if_match, expect, about } = act;
        let answer = self.client.send(who, method.clone(), &path, body.as_ref(), if_match.as_deref()).await?;
        let as_told = answer.status.as_u16() == expect;
        if !as_told {
            self.failures += 1;
        }
        let asked = Asked { who, path: &path, answer: &answer, about };
        let why = why(&self.client, self.people, &asked).await?;
        self.stage.told(&Told {
            who: format!("{} ({})", who.name, who.who),
            what,
            request: format!("{method} {}", shorten(&path)),
            status: answer.status.as_u16(),
            as_told,
            why: Some(why),
        })?;
        if !as_told {
            self.stage.line(&format!("expected {expect}; got {}", answer.body))?;
        }
        Ok(answer)
    }

    pub(super) fn check(&mut self, holds: bool, fact: &str) -> Result<(), Failure> {
        if !holds {
            self.failures += 1;
        }
        self.stage.checked(holds, fact)?;
        Ok(())
    }

    async fn concern(&mut self) -> Result<Answer, Failure> {
        let p = self.people;
        self.stage.step(1, "A kindergarten teacher records a concern")?;
        let unit = unit_of(&p.teacher);
        let child = json!({ "national_id": p.child.as_str(), "name": "Iben Strand" });
        let child = post(&p.teacher, "registers the child", format!("/v1/units/{unit}/children"), child, 201);
        let child = self.act(child).await?;
        let child_id = id(&child);
        for guardian in [&p.mother, &p.father] {
            let body = json!({
                "national_id": guardian.national_id.as_str(), "name": guardian.name,
                "parental_responsibility": true, "lives_with_child": true,
            });
            let path = format!("/v1/children/{child_id}/guardians");
            self.act(post(&p.teacher, "registers a guardian", path, body, 201)).await?;
        }
        let concern = json!({
            "child_id": child_id, "facts": "Withdraws from play since August, and speaks little.",
            "protective_factors": "Trusts the staff; two close friends.", "child_says": "It is so noisy inside.",
            "tried_so_far": "Smaller groups before lunch.",
        });
        let concern =
            post(&p.teacher, "records a concern", format!("/v1/units/{unit}/concerns"), concern, 201);
        let concern = self.act(concern).await?;
        let path = format!("/v1/concerns/{}", id(&concern));
        self.act(get(&p.kindergarten_leader, "reads it as unit leader", path.clone(), 200)).await?;
        self.act(get(&p.nurse, "tries to read it", path, 404)).await?;
        Ok(concern)
    }

    async fn case_opens(&mut self, concern: &Answer) -> Result<String, Failure> {
        let p = self.people;
        self.stage.step(2, "It becomes a case. Without consent, nobody outside the unit can be added")?;
        let decision = json!({
            "decision": "open_case", "reason": "The guardians want help.", "level": 1,
            "contains": [], "case_reason": "Iben finds it hard to join in play.",
            "agreed_with": "guardians", "agreed_on": self.today(),
            "next_step": {"what": "Talk with the group about play.", "held_by": "contact_person", "due_on": self.day(14), "contains": []},
        });
        let path = format!("/v1/concerns/{}/decision", id(concern));
        let decided = post(&p.teacher, "opens a case, agreed with the guardians", path, decision, 200);
        let decided = self.act(decided.if_match(concern)).await?;
        let case = decided.body["case_id"].as_str().unwrap_or_default().to_owned();
        self.act(get(&p.mother, "reads the case", format!("/v1/cases/{case}"), 200)).await?;
        self.join(&case, &p.school_teacher, "tries to add the school", 409).await?;
        self.act(get(&p.elsewhere, "guesses the id", format!("/v1/cases/{case}"), 404)).await?;
        Ok(case)
    }

    async fn join(&mut self, case: &str, who: &Actor, what: &str, expect: u16) -> Result<Answer, Failure> {
        let p = self.people;
        let body = json!({ "person_id": who.id, "unit_id": unit_of(who), "contains": [], "task": who.who });
        self.act(post(&p.teacher, what, format!("/v1/cases/{case}/team"), body, expect).about(who)).await
    }

    async fn consents(&mut self, case: &str) -> Result<Answer, Failure> {
        let p = self.people;
        self.stage.step(3, "Both guardians consent to sharing with the school, the health centre and PPT")?;
        let body = json!({
            "unit_ids": [unit_of(&p.school_teacher), unit_of(&p.nurse), unit_of(&p.ppt)],
            "purpose": "Help Iben with language and play, and a good start at school.",
            "valid_until": self.day(250), "text_version": "2026-1",
        });
        let path = format!("/v1/cases/{case}/consents");
        self.act(post(&p.mother, "consents", path.clone(), body.clone(), 201)).await?;
        self.join(case, &p.school_teacher, "tries to add the school with one of two consents", 409).await?;
        let fathers = self.act(post(&p.father, "consents", path, body, 201)).await?;
        for (who, what) in [
            (&p.school_teacher, "adds the school teacher"),
            (&p.nurse, "adds the health nurse"),
            (&p.ppt, "adds the PPT adviser"),
        ] {
            self.join(case, who, what, 201).await?;
        }
        let mothers = format!("/v1/cases/{case}/consents/{}", id(&fathers));
        self.act(get(&p.mother, "tries to read the father's consent", mothers, 404)).await?;
        Ok(fathers)
    }

    async fn meeting(&mut self, case: &str) -> Result<String, Failure> {
        let p = self.people;
        self.stage
            .step(4, "A TIK-team meeting is held. Two decisions become measures from Kragerø's catalogue")?;
        let arenas = self.public("/v1/municipalities/4014/arenas?limit=200").await?;
        let arena = by_key(&arenas, "tik-team");
        let body = json!({
            "arena_id": arena, "starts_at": Clock::System.now(), "place": "The kindergarten",
            "contains": [], "agenda": "What Iben needs, and who does what.",
            "participants": [p.teacher.id, p.nurse.id, p.ppt.id, p.mother.id, p.father.id],
        });
        let path = format!("/v1/cases/{case}/meetings");
        let meeting = self.act(post(&p.teacher, "calls the meeting", path.clone(), body, 201)).await?;
        let path = format!("{path}/{}", id(&meeting));
        let catalogue = self.public("/v1/catalogue/measures?municipality=4014&limit=200").await?;
        let decided = |key: &str, who: &Actor, days: u64| {
            json!({
                "text": format!("{} is responsible.", who.name),
                "measure": {
                    "catalogue_measure_id": by_key(&catalogue, key), "contains": [], "responsible_id": who.id,
                    "responsible_unit_id": unit_of(who), "evaluate_on": self.day(days),
                },
            })
        };
        let body = json!({
            "contains": [], "minutes": "Iben is safe with the adults and wants to play in small groups. We begin there.",
            "attended": [p.teacher.id, p.nurse.id, p.ppt.id, p.mother.id, p.father.id],
            "outcome": "Two measures are agreed, and evaluated before the summer.",
            "decisions": [decided("stottepedagogteamet", &p.teacher, 42), decided("ppt-veiledning-pa-tiltak", &p.ppt, 56)],
        });
        let minutes = Act {
            method: Method::PUT,
            ..post(&p.teacher, "records the minutes", format!("{path}/minutes"), body, 200)
        };
        let held = self.act(minutes.if_match(&meeting)).await?;
        self.act(post(&p.father, "approves the minutes", format!("{path}/approve"), json!({}), 200)).await?;
        let measures = get(&p.mother, "reads the measures", format!("/v1/cases/{case}/measures"), 200);
        let measures = self.act(measures).await?.body;
        let items = measures["items"].as_array().map(Vec::len).unwrap_or_default();
        self.check(
            items == 2,
            "Two measures are in force, each with a responsible person and an evaluation date",
        )?;
        Ok(held.body["decisions"][0]["measure_id"].as_str().unwrap_or_default().to_owned())
    }

    async fn note(&mut self, case: &str) -> Result<(), Failure> {
        let p = self.people;
        self.stage.step(
            5,
            "The health nurse writes a note for her sector. The teacher cannot see that it exists",
        )?;
        let path = format!("/v1/cases/{case}/notes");
        let body = json!({ "audience": "sector", "kind": "agreed", "contains": [], "text": "Hearing test on the third; to be followed up." });
        let note = self.act(post(&p.nurse, "writes a note for health", path.clone(), body, 201)).await?;
        let one = format!("{path}/{}", id(&note));
        self.act(get(&p.nurse, "reads it", one.clone(), 200)).await?;
        self.act(get(&p.teacher, "guesses its id", one, 404)).await?;
        let list = self.act(get(&p.teacher, "lists the notes", path, 200)).await?;
        self.check(
            list.body["items"] == json!([]),
            "Her list is empty, and does not reveal that the note exists",
        )?;
        Ok(())
    }

    async fn nav(&mut self, case: &str) -> Result<(), Failure> {
        let p = self.people;
        self.stage.step(6, "NAV is not covered by the consents, and gets nothing")?;
        self.act(get(&p.nav, "asks for the case", format!("/v1/cases/{case}"), 404)).await?;
        self.act(get(&p.nav, "asks for the measures", format!("/v1/cases/{case}/measures"), 404)).await?;
        let list = self.act(get(&p.nav, "lists cases", "/v1/cases".to_owned(), 200)).await?;
        self.check(list.body["items"] == json!([]), "NAV's list is empty")?;
        self.join(case, &p.nav, "tries to add NAV", 409).await?;
        Ok(())
    }

    async fn baton(&mut self, case: &str) -> Result<(), Failure> {
        let p = self.people;
        self.stage.step(
            7,
            "The baton is offered to the school. The kindergarten teacher keeps it until the school accepts",
        )?;
        let body = json!({
            "to_person_id": p.school_teacher.id, "to_unit_id": unit_of(&p.school_teacher),
            "contains": [],
            "message": "Iben starts school in August.",
        });
        let path = format!("/v1/cases/{case}/handovers");
        let offer = self.act(post(&p.teacher, "offers the baton", path.clone(), body, 201)).await?;
        self.holder_is(
            case,
            &p.teacher,
            "While the offer is pending, the kindergarten teacher is the contact person",
        )
        .await?;
        let accept = format!("{path}/{}/accept", id(&offer));
        self.act(post(&p.ppt, "tries to take it", accept.clone(), json!({}), 403)).await?;
        self.act(post(&p.school_teacher, "accepts", accept, json!({}), 200)).await?;
        self.holder_is(case, &p.school_teacher, "The school teacher is the contact person").await
    }

    async fn holder_is(&mut self, case: &str, who: &Actor, fact: &str) -> Result<(), Failure> {
        let read = get(&self.people.mother, "reads who is contact person", format!("/v1/cases/{case}"), 200);
        let read = self.act(read).await?;
        self.check(read.body["contact_person_id"] == json!(who.id), fact)
    }

    async fn evaluation(&mut self, case: &str, measure: &str) -> Result<(), Failure> {
        let p = self.people;
        self.stage.step(8, "A measure is evaluated, with the child's view")?;
        let path = format!("/v1/cases/{case}/measures/{measure}");
        let read =
            self.act(get(&p.teacher, "reads the measure she is responsible for", path.clone(), 200)).await?;
        let silent = json!({
            "held_on": self.today(), "outcome": "continue", "contains": [], "assessment": "More words, more play.",
            "next_evaluation_on": self.day(60),
        });
        let path = format!("{path}/evaluations");
        let act = post(&p.teacher, "forgets the child's view", path.clone(), silent.clone(), 422);
        self.act(act.if_match(&read)).await?;
        let mut heard = silent;
        heard["child_view"] = json!("It is fun with the small group.");
        heard["guardians_view"] = json!("She talks about her day now.");
        self.act(post(&p.teacher, "evaluates", path, heard, 201).if_match(&read)).await?;
        Ok(())
    }

    async fn withdrawal(&mut self, case: &str, consent: &Answer) -> Result<(), Failure> {
        let p = self.people;
        self.stage.step(9, "One guardian withdraws consent to PPT: PPT's next request is refused")?;
        let read = format!("/v1/cases/{case}");
        self.act(get(&p.ppt, "reads the case", read.clone(), 200)).await?;
        let body = json!({ "unit_ids": [unit_of(&p.ppt)] });
        let path = format!("/v1/cases/{case}/consents/{}/withdraw", id(consent));
        self.act(post(&p.father, "withdraws consent to PPT", path, body, 200)).await?;
        self.act(get(&p.ppt, "reads the case", read.clone(), 404)).await?;
        self.act(get(&p.nurse, "reads the case; her unit is still covered by consent", read, 200)).await?;
        Ok(())
    }

    async fn public(&self, path: &str) -> Result<Value, Failure> {
        Ok(self.client.send(&self.people.teacher, Method::GET, path, None, None).await?.body)
    }

    fn today(&self) -> String {
        self.day(0)
    }

    fn day(&self, days: u64) -> String {
        let today = Clock::System.today();
        today.checked_add_days(Days::new(days)).unwrap_or(today).to_string()
    }
}

fn unit_of(actor: &Actor) -> String {
    actor.unit.map(|unit| unit.to_string()).unwrap_or_default()
}

fn id(answer: &Answer) -> String {
    answer.body["id"].as_str().unwrap_or_default().to_owned()
}

fn by_key(page: &Value, key: &str) -> Value {
    let items = page["items"].as_array().cloned().unwrap_or_default();
    items.into_iter().find(|item| item["key"] == key).map(|item| item["id"].clone()).unwrap_or_default()
}

/// A path with shortened ids.
fn shorten(path: &str) -> String {
    let parts = path.split('/').map(|part| {
        let (id, rest) = part.split_once('?').map_or((part, None), |(id, rest)| (id, Some(rest)));
        let id = if id.len() == 36 { format!("…{}", &id[32..]) } else { id.to_owned() };
        rest.map_or(id.clone(), |_| format!("{id}?…"))
    });
    parts.collect::<Vec<_>>().join("/")
}
