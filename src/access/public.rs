//! Operations that need no log-in. A test compares the list in this module with the API.

use std::{marker::PhantomData, sync::Arc};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    http::header::{self, HeaderValue},
    web,
};
use chrono::{DateTime, Utc};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Decision, Entry, Policies, Services,
    actions::{ActionFacts, Control, FamilyView, Interaction, LocalRules, Replay},
    admission::{contract, pending_look, request_id, services},
    answer::next_link,
    body::{MAX_OF_STRANGERS, json_content, read_body},
    log::{NO_MUNICIPALITY, Recorded, insert_entries},
    objects::MunicipalityObject,
};
use crate::{
    db::Tx,
    identity::{ClientAddress, Passwords, RelyingParty, TokenKeys},
    kernel::{Id, Page, ids::Person},
    problem::{Circumstances, Problem},
};

/// An operation that needs no log-in.
pub trait Operation: 'static {
    /// Its `operationId`.
    const NAME: &'static str;
    /// The decision that its access-log entry has until the operation changes it.
    const ENTRY: PublicEntry;
    /// The facts about it that the access log needs.
    const FACTS: ActionFacts;
}

/// The decision that the access-log entry of a public operation has until the operation changes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublicEntry {
    /// There is no entry: monitors call the operation every few seconds, and it is about nobody.
    None,
    /// Allowed, as for everyone.
    Allowed,
    /// Refused, unless the operation logs someone in.
    Refused,
}

/// A row is `Type = "name": entry, control, FHIR, why it is open`.
macro_rules! public {
    ($($operation:ident = $name:literal: $entry:ident, $control:ident, $interaction:ident, $why:literal);+ $(;)?) => {
        $(
            #[doc = concat!("`", $name, "`: ", $why)]
            #[derive(Debug)]
            pub enum $operation {}
            impl Operation for $operation {
                const NAME: &'static str = $name;
                const ENTRY: PublicEntry = PublicEntry::$entry;
                const FACTS: ActionFacts = facts(Control::$control, Interaction::$interaction);
            }
        )+

        /// The names of all public operations.
        pub const ALL: &[&str] = &[$($name),+];

        /// Returns why the operation with this name is open to strangers.
        #[must_use]
        pub fn why(name: &str) -> &'static str {
            match name {
                $($name => $why,)+
                _ => "",
            }
        }

        /// Returns the row of the operation with this name; none if there is no such operation.
        pub(super) fn row(name: &str) -> Option<ActionFacts> {
            match name {
                $($name => Some(<$operation as Operation>::FACTS),)+
                _ => None,
            }
        }

        /// Returns whether requests to the operation with this name are logged. All are, except those of monitors.
        #[must_use]
        pub fn is_logged(name: &str) -> bool {
            match name {
                $($name => !matches!(<$operation as Operation>::ENTRY, PublicEntry::None),)+
                _ => true,
            }
        }
    };
}

/// Returns the facts about a public operation. None of them reads a case, so no family sees the entry. No answer is stored
/// with an idempotency key.
const fn facts(control: Control, interaction: Interaction) -> ActionFacts {
    let family = if matches!(control, Control::Work) { FamilyView::Work } else { FamilyView::Look };
    ActionFacts::of(family, control, Replay::Never, LocalRules::MayForbid, interaction)
}

public! {
    Live = "live": None, Work, Update, "a monitor asks whether the process runs.";
    Ready = "ready": None, Work, Update, "a monitor asks whether requests can be served.";
    LogIn = "log_in": Refused, Work, Operation, "the username and the password are the proof.";
    BeginPasskeyLogIn = "begin_passkey_log_in": Refused, Work, Operation, "the username and the password are the proof.";
    FinishPasskeyLogIn = "finish_passkey_log_in": Refused, Work, Operation, "the passkey is the proof, after the password.";
    ActivateAccount = "activate_account": Refused, Work, Operation, "the two halves of the code are the proof.";
    RefreshSession = "refresh_session": Refused, Work, Operation, "the refresh token is the proof.";
    ListPolicies = "list_policies": Allowed, ChosenLook, Search, "the rules are the law's, and everyone may know them.";
    ListInformationKinds = "list_information_kinds": Allowed, ChosenLook, Search,
        "the law says how each kind is kept, and everyone may know it.";
    ListConcernFactors = "list_concern_factors": Allowed, ChosenLook, Search, "the lists of factors are published.";
    ListConsentTexts = "list_consent_texts": Allowed, ChosenLook, Search, "the texts that people consent to are public.";
    ListMunicipalities = "list_municipalities": Allowed, ChosenLook, Search, "the municipalities that take part are public.";
    ListUnits = "list_units": Allowed, ChosenLook, Search, "the services of a municipality are public.";
    ListArenas = "list_arenas": Allowed, ChosenLook, Search, "the arenas of a municipality are public.";
    ListGuideLevels = "list_guide_levels": Allowed, ChosenLook, Search, "the guide is public.";
    ListCatalogueMeasures = "list_catalogue_measures": Allowed, ChosenLook, Search, "the catalogue is public.";
    ReadCatalogueMeasure = "read_catalogue_measure": Allowed, ChosenLook, Read, "the catalogue is public.";
}

/// A request to a public operation.
pub struct Public<O: Operation> {
    services: web::Data<Services>,
    request: HttpRequest,
    body: web::Bytes,
    operation: PhantomData<O>,
}

impl<O: Operation> FromRequest for Public<O> {
    type Error = actix_web::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = payload.take();
        Box::pin(async move {
            let services = services(&request)?;
            if O::ENTRY != PublicEntry::None {
                let mut entry = Entry::of(None, O::NAME, "Public", services.clock.now());
                entry.request_id = request_id(&request);
                entry.client = services.client(&request);
                entry.decision.allowed = O::ENTRY == PublicEntry::Allowed;
                pending_look(&request).note_as(Recorded::Counted, entry);
            }
            let body = read_body(&request, payload, MAX_OF_STRANGERS).await?;
            Ok(Self { services, request, body, operation: PhantomData })
        })
    }
}

impl<O: Operation> Public<O> {
    /// Parses the body strictly.
    ///
    /// # Errors
    /// 415, 400 or 422 that names every field at fault.
    pub fn input<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        json_content(&self.request)?;
        contract(&self.request)?.body(
            O::NAME,
            (&self.body, self.request.query_string()),
            self.circumstances(),
        )
    }

    /// Parses the query strictly.
    ///
    /// # Errors
    /// 422 that names every parameter at fault.
    pub fn query<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        contract(&self.request)?.query(O::NAME, self.request.query_string(), self.circumstances())
    }

    fn circumstances(&self) -> Circumstances {
        self.services.circumstances(self.services.clock.now())
    }

    /// Returns the number of the municipality in the path.
    ///
    /// # Errors
    /// 404 if there is none.
    pub async fn municipality(&self, tx: &mut Tx) -> Result<String, Problem> {
        let found = MunicipalityObject::of_number(tx, self.path("municipality")).await?;
        Ok(found.ok_or_else(Problem::not_found)?.number)
    }

    /// Returns a part of the path.
    #[must_use]
    pub fn path(&self, name: &str) -> &str {
        self.request.match_info().get(name).filter(|part| !part.contains('\0')).unwrap_or_default()
    }

    /// Returns the current time.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.services.clock.now()
    }

    /// Returns the address of the client.
    #[must_use]
    pub fn client_address(&self) -> ClientAddress {
        self.services.client_address(&self.request)
    }

    /// Returns the password hasher.
    #[must_use]
    pub fn passwords(&self) -> &Passwords {
        &self.services.passwords
    }

    /// Returns the keys that sign tokens.
    #[must_use]
    pub fn tokens(&self) -> &TokenKeys {
        &self.services.tokens
    }

    /// Returns the relying party of passkeys.
    ///
    /// # Errors
    /// 409 if passkeys are not set up.
    pub fn relying_party(&self) -> Result<Arc<RelyingParty>, Problem> {
        self.services.relying_party()
    }

    /// Returns the rules.
    #[must_use]
    pub fn policies(&self) -> &Policies {
        &self.services.policies
    }

    /// Checks that requests can be served. Returns whether sealing the access log fails meanwhile.
    ///
    /// # Errors
    /// 503 if not.
    pub async fn check(&self) -> Result<bool, Problem> {
        self.services.check().await?;
        Ok(self.services.sealing_fails())
    }

    /// Opens a transaction that reads public data.
    ///
    /// # Errors
    /// 503 if none is available.
    pub async fn read(&self) -> Result<Tx, Problem> {
        Ok(self.services.db.read().await?)
    }

    /// Answers with a page of a list, and a link to the next.
    ///
    /// # Errors
    /// If the answer cannot be written as JSON.
    pub fn show_page<T: Serialize>(&self, page: &Page<T>) -> Result<HttpResponse, Problem> {
        let mut response = self.show(page)?;
        if let Some(next) = next_link(&self.request, page)
            && let Ok(next) = HeaderValue::from_str(&next)
        {
            response.headers_mut().insert(header::LINK, next);
        }
        Ok(response)
    }

    /// Answers with public data.
    ///
    /// # Errors
    /// If the answer cannot be written as JSON.
    pub fn show<T: Serialize>(&self, body: &T) -> Result<HttpResponse, Problem> {
        contract(&self.request)?.check_query(O::NAME, self.request.query_string(), self.circumstances())?;
        let body = serde_json::to_string(body).map_err(Problem::internal)?;
        let mut response =
            HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "application/json")).body(body);
        if O::ENTRY != PublicEntry::Refused {
            response.extensions_mut().insert(Open);
        }
        Ok(response)
    }
}

/// Marks an answer that is the same for everyone. Only such an answer is compressed: the length of a compressed answer reveals
/// whether a secret in it resembles text that an attacker chose.
#[derive(Debug, Clone, Copy)]
pub struct Open;

/// A public operation that logs someone in. Only these write, and only to accounts and sessions.
pub trait LogInOperation: Operation {}
impl LogInOperation for LogIn {}
impl LogInOperation for BeginPasskeyLogIn {}
impl LogInOperation for FinishPasskeyLogIn {}
impl LogInOperation for ActivateAccount {}
impl LogInOperation for RefreshSession {}

impl<O: LogInOperation> Public<O> {
    /// Opens a transaction that writes accounts and sessions.
    ///
    /// # Errors
    /// 503 if none is available.
    pub async fn write(&self) -> Result<Tx, Problem> {
        Ok(self.services.db.write().await?)
    }

    /// Logs a refused attempt to log in. While a minute has room for it, the entry is durable before the answer is sent. Attempts
    /// at an account and at none are recorded alike, so that the time of the answer reveals nothing.
    pub fn note_refused(&self, person: Option<(Id<Person>, String)>) {
        pending_look(&self.request).note_as(Recorded::WhileThereIsRoom, self.entry(person, false));
    }

    /// Logs that a token was used twice, which ended the session, or that a passkey may have been copied. The entry is durable before the answer is sent.
    pub fn note_reused(&self, person: Id<Person>, municipality: String) {
        pending_look(&self.request).note(self.entry(Some((person, municipality)), false));
    }

    /// Counts an attempt whose password was not considered, or whose token nobody has.
    pub fn note_counted(&self, person: Option<(Id<Person>, String)>) {
        pending_look(&self.request).note_as(Recorded::Counted, self.entry(person, false));
    }

    /// Commits a log-in with its entry in the access log.
    ///
    /// # Errors
    /// If it cannot be committed.
    pub async fn commit(&self, tx: Tx, person: Id<Person>, municipality: String) -> Result<(), Problem> {
        self.commit_about(tx, person, municipality, Vec::new()).await
    }

    /// Commits a log-in as [`Public::commit`]. Its entry has the ids of the objects that it is about.
    ///
    /// # Errors
    /// If it cannot be committed.
    pub async fn commit_about(
        &self,
        mut tx: Tx,
        person: Id<Person>,
        municipality: String,
        about: Vec<String>,
    ) -> Result<(), Problem> {
        let mut entry = self.entry(Some((person, municipality)), true);
        entry.status = 200;
        entry.shown = about;
        insert_entries(&mut tx, &[entry]).await?;
        tx.commit().await?;
        drop(pending_look(&self.request).take());
        Ok(())
    }

    fn entry(&self, person: Option<(Id<Person>, String)>, allowed: bool) -> Entry {
        let mut entry = Entry::of(None, O::NAME, "Person", self.now());
        entry.request_id = request_id(&self.request);
        entry.client = self.services.client(&self.request);
        let (person, municipality) = person.unzip();
        entry.municipality = municipality.unwrap_or_else(|| NO_MUNICIPALITY.to_owned());
        entry.object_id = person.map(|id| id.to_string());
        entry.person = person;
        entry.decision = Decision { allowed, ..Decision::default() };
        entry
    }
}
