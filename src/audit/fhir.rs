//! An entry as a FHIR R4 `AuditEvent`, based on the IHE Basic Audit Log Patterns (BALP).

use serde_json::{Value, json};

use super::dto::{EntryOut, Outcome, RoleThen};
use crate::{
    access::{
        GroundLaw, Purpose,
        actions::{Interaction, facts_of},
    },
    kernel::ids::PersonId,
};

const DCM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const EVENT_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-event-type";
const INTERACTION: &str = "http://hl7.org/fhir/restful-interaction";
const ENTITY_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
const OBJECT_ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";
const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
const PURPOSE_OF_USE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
/// The code systems of this service: actions, roles and purposes.
const OWN: &str = "https://stafett.example/fhir";

/// Returns the resource.
pub(super) fn audit_event(entry: &EntryOut) -> Value {
    let (action, interaction) = codes(facts_of(&entry.action).interaction);
    let refused = entry.decision == Outcome::Deny || entry.status >= 400;
    let mut event = json!({
        "resourceType": "AuditEvent",
        "id": entry.id,
        "type": {"system": EVENT_TYPE, "code": "rest", "display": "RESTful Operation"},
        "subtype": [
            {"system": INTERACTION, "code": interaction},
            {"system": format!("{OWN}/action"), "code": entry.action},
        ],
        "action": action,
        "recorded": entry.at.to_rfc3339(),
        "outcome": if refused { "4" } else { "0" },
        "outcomeDesc": format!("{} ({})", entry.decision, entry.status),
        "agent": agents(entry),
        "source": {
            "site": entry.municipality,
            "observer": {"display": "Stafett"},
            "type": [{"system": "http://terminology.hl7.org/CodeSystem/security-source-type", "code": "4", "display": "Application Server"}],
        },
        "entity": entities(entry),
    });
    if let Some(purpose) = entry.purpose {
        event["purposeOfEvent"] = json!([purpose_of(purpose)]);
    }
    event
}

/// The code of DICOM for the action, and the interaction of REST.
fn codes(interaction: Interaction) -> (&'static str, &'static str) {
    match interaction {
        Interaction::Operation => ("E", "operation"),
        Interaction::Search => ("E", "search-type"),
        Interaction::Read => ("R", "read"),
        Interaction::Create => ("C", "create"),
        Interaction::Update => ("U", "update"),
    }
}

/// Returns the agents that BALP requires: the person, the client and the service.
fn agents(entry: &EntryOut) -> Vec<Value> {
    let mut client = json!({
        "type": {"coding": [{"system": DCM, "code": "110153", "display": "Source Role ID"}]},
        "who": {"display": entry.client.as_deref().unwrap_or("client")},
        "requestor": entry.person_id.is_none(),
    });
    if let Some(address) = &entry.client_address {
        client["network"] = json!({"address": address, "type": "2"});
    }
    let server = json!({
        "type": {"coding": [{"system": DCM, "code": "110152", "display": "Destination Role ID"}]},
        "who": {"display": "Stafett"},
        "requestor": false,
    });
    let person = entry.person_id.map(|person| user(entry, person));
    person.into_iter().chain([client, server]).collect()
}

fn user(entry: &EntryOut, person: PersonId) -> Value {
    let role = |role: &RoleThen| {
        json!({
            "coding": [{"system": format!("{OWN}/role"), "code": role.role}],
            "text": format!("{}, {}", role.role, role.unit),
        })
    };
    let mut user = json!({
        "type": {"coding": [{"system": PARTICIPATION, "code": "IRCP", "display": "information recipient"}]},
        "who": {"identifier": {"system": format!("{OWN}/person"), "value": person}},
        "requestor": true,
    });
    if let Some(name) = &entry.person_name {
        user["who"]["display"] = json!(name);
    }
    if !entry.roles.is_empty() {
        user["role"] = entry.roles.iter().map(role).collect();
    }
    if !entry.policies.is_empty() {
        user["policy"] = entry.policies.iter().map(|rule| format!("{OWN}/policy/{rule}")).collect();
    }
    user
}

/// Returns the entities: the child as the patient, the object and the request.
fn entities(entry: &EntryOut) -> Vec<Value> {
    let mut entities = Vec::new();
    let detail = |kind: &str, value: String| json!({"type": kind, "valueString": value});
    if let Some(child) = entry.child_id {
        entities.push(json!({
            "what": {"reference": format!("Patient/{child}")},
            "type": {"system": ENTITY_TYPE, "code": "1", "display": "Person"},
            "role": {"system": OBJECT_ROLE, "code": "1", "display": "Patient"},
        }));
    }
    let mut object = json!({
        "type": {"system": ENTITY_TYPE, "code": "2", "display": "System Object"},
        "role": {"system": OBJECT_ROLE, "code": "4", "display": "Domain Resource"},
        "name": entry.object_type,
    });
    if let Some(id) = &entry.object_id {
        object["what"] =
            json!({"identifier": {"system": format!("{OWN}/{}", entry.object_type), "value": id}});
    }
    let law = entry.legal_basis.iter().map(|law| detail("legal-basis", law.clone()));
    let wording = |law: &GroundLaw| format!("{} {} {}", law.law, law.citation, law.valid_from);
    let ground = entry.ground.iter().map(|law| detail("ground", wording(law)));
    let consents = entry.consent_ids.iter().map(|consent| detail("consent", consent.to_string()));
    let case = entry.case_id.map(|case| detail("case", case.to_string()));
    let shown = entry.shown.iter().map(|id| detail("shown", id.clone()));
    let details: Vec<Value> = law.chain(ground).chain(consents).chain(case).chain(shown).collect();
    if !details.is_empty() {
        object["detail"] = json!(details);
    }
    entities.push(object);
    // As in BALP: the request id links entries that belong together.
    if !entry.request_id.is_empty() {
        entities.push(json!({
            "what": {"identifier": {"value": entry.request_id}},
            "type": {"system": "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType", "code": "XrequestId"},
        }));
    }
    entities
}

fn purpose_of(purpose: Purpose) -> Value {
    let code = match purpose {
        Purpose::Coordination | Purpose::UnitWork => ("CAREMGT", "care management"),
        Purpose::OwnCase | Purpose::OwnDesk => ("PATRQT", "patient requested"),
        Purpose::Emergency => ("ETREAT", "Emergency Treatment"),
        Purpose::LegalDuty => ("LEGAL", "legal"),
        Purpose::Audit => ("HCOMPL", "health compliance"),
        Purpose::Administration => ("HSYSADMIN", "health system administration"),
    };
    json!({
        "coding": [
            {"system": PURPOSE_OF_USE, "code": code.0, "display": code.1},
            {"system": format!("{OWN}/purpose"), "code": purpose.as_str()},
        ],
    })
}
