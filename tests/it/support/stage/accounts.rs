//! A code that waits for approval, and a role and a number that wait for confirmation.

use serde_json::json;

use super::{APPROVED, PROPOSED, Stage};
use crate::support::{PASSWORD, Role, SecurityKey};

impl Stage {
    pub(super) async fn fill_accounts(&mut self) {
        let world = &self.world;
        let municipality = &self.teacher.unit.municipality;
        let number = world.adult_number();
        let newcomer = world.user(municipality, &number).await;
        let asker = world.user_with_new_number(municipality).await;
        let office = self.administrator.unit.clone();
        world.grant(&asker, &office, Role::Administrator).await;
        let path = format!("/v1/municipalities/{municipality}/accounts/{}/activations", newcomer.id);
        let code = asker.post(path).json(json!({"username": newcomer.username})).send().await.expect(201);
        let code = code.body["id"].clone();
        let proposal = json!({"person_id": newcomer.id, "role": "auditor", "reason": "Takes over the control of the log."});
        let path = format!("/v1/units/{}/role-proposals", office.id);
        let proposal = asker.post(path).json(proposal).send().await.expect(201).body["id"].clone();
        let added = json!(world.adult_number().as_str());
        let body =
            json!({"person_id": newcomer.id, "national_id": added, "reason": "The D-number was replaced."});
        let path = format!("/v1/municipalities/{municipality}/number-proposals");
        let waiting = asker.post(path).json(body).send().await.expect(201).body["id"].clone();
        let number = json!(number.as_str());
        self.keep([("activation_id", code), (APPROVED, number), ("proposal_id", proposal)]);
        self.keep([("number_proposal_id", waiting), (PROPOSED, added)]);
        self.add_passkey().await;
    }

    /// Adds a passkey of the colleague.
    async fn add_passkey(&mut self) {
        let begin = json!({"current_password": PASSWORD});
        let begun = self.colleague.post("/v1/me/passkeys/begin").json(begin).send().await.expect(201);
        let credential = SecurityKey::new().create(&begun.body["options"]).await;
        let body = json!({"token": begun.body["token"], "name": "Mobil", "credential": credential});
        let passkey = self.colleague.post("/v1/me/passkeys").json(body).send().await.expect(201);
        self.keep([("passkey_id", passkey.body["id"].clone())]);
    }
}
