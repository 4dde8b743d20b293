//! The record as a Norwegian Markdown document, and its parts for `docs/dpia.md`.

use super::{
    Citing, ControlledUnit, Controller, Disclosure, KindOfInformation, Record,
    words::{self, Words},
};
use crate::access::Policies;

const HEAD: &str = "\
# Protokoll over behandlingsaktiviteter

Etter personvernforordningen art. 30 nr. 1, for behandlingen i Stafett (stafettlogg). Protokollen er laget av reglene og dataene i
programmet med `stafett processing-record`. Behandlingsgrunnlag og lovhenvisninger er programmets lesning av loven, og den
behandlingsansvarlige må bekrefte dem. Det som bare kommunen vet, er merket og må fylles ut.
";

const CONTROLLERS: &str = "\
Kommunen der barnet bor, er behandlingsansvarlig for barnets stafettlogg, nøklene og innsynsloggen. En enhet som fylkeskommunen, staten
eller en privat virksomhet svarer for, har sin egen behandlingsansvarlig (art. 4 nr. 7). Den fører sin egen protokoll og har egen kontroll
med hva de ansatte slår opp. Programmet kan ikke avgjøre om ansvaret er felles (art. 26).
";

const TRANSFERS: &str = "\
Programmet sender selv ingen personopplysninger til land utenfor EØS, og har ingen underleverandør. Det sender bare det kommunen har satt
opp: signerte hoder av innsynsloggen (avtrykk uten personopplysninger), driftslogg, måltall og spor.
";

/// Returns the whole record.
#[must_use]
pub fn markdown(record: &Record) -> String {
    let mut page = HEAD.to_owned();
    if let Some(day) = record.day {
        page.push_str(&format!("\nLoven er gjengitt slik den gjelder {}.\n", day.format("%-d.%-m.%Y")));
    }
    let dry =
        fill_in("databehandlere, driftssted, avtaler (art. 28) og overføringer, eller at det ikke er noen");
    let parts = [
        ("a) Behandlingsansvarlig og personvernombud", controllers(record)),
        ("b) Formål og rettsgrunnlag", purposes(record)),
        ("c) Kategorier av registrerte og av personopplysninger", data(record)),
        ("Typer opplysninger i stafettloggen", kinds(record)),
        ("d) Kategorier av mottakere", recipients(record)),
        ("e) Overføring til tredjeland og internasjonale organisasjoner", format!("{TRANSFERS}\n{dry}\n")),
        ("f) Tidsfrister for sletting", kept(record)),
        ("g) Tekniske og organisatoriske tiltak (art. 32 nr. 1)", security(record)),
    ];
    for (heading, part) in parts {
        page.push_str(&format!("\n## {heading}\n\n{part}"));
    }
    page
}

/// Returns the parts for a document that has no date, each with its name.
#[must_use]
pub fn parts(policies: &Policies) -> [(&'static str, String); 6] {
    let record = Record::new(policies, Citing::Always, Controller::default(), None);
    [
        ("formål", purposes(&record)),
        ("personopplysninger", data(&record)),
        ("opplysningstyper", kinds(&record)),
        ("mottakere", recipients(&record)),
        ("lagring", kept(&record)),
        ("sikkerhet", security(&record)),
    ]
}

/// Marks what the municipality fills in.
fn fill_in(what: &str) -> String {
    format!("**[Fylles ut av kommunen: {what}]**")
}

fn controllers(record: &Record) -> String {
    let Controller { name, contact, data_protection_officer } = &record.controller;
    let or_fill_in =
        |given: &Option<String>, what: &str| given.as_deref().map_or_else(|| fill_in(what), escaped);
    let mut text = format!(
        "- Behandlingsansvarlig: {}\n- Kontakt: {}\n- Personvernombud: {}\n- Felles behandlingsansvar og representant: {}\n\n{CONTROLLERS}\n",
        or_fill_in(name, "navn"),
        or_fill_in(contact, "adresse, e-post og telefon"),
        or_fill_in(data_protection_officer, "navn, e-post og telefon"),
        fill_in("ordninger etter art. 26, eller at det ikke er noen"),
    );
    match &record.other_controllers {
        None => text
            .push_str(&fill_in("enheter med en annen behandlingsansvarlig, med navn og organisasjonsnummer")),
        Some(units) if units.is_empty() => {
            text.push_str("Filene til kommunen oppgir ingen enhet med en annen behandlingsansvarlig.")
        }
        Some(units) => text.push_str(&others(units)),
    }
    text.push('\n');
    if !record.controllers_to_check.is_empty() {
        text.push_str("\nFilene oppgir kommunen som behandlingsansvarlig for disse. Det er ofte en annen; kontroller det:\n\n");
        for unit in &record.controllers_to_check {
            let often = Words::get().often(&unit.unit_kind).map_or("en annen", words::controller);
            text.push_str(&format!("- {} (ofte {often})\n", escaped(&unit.unit)));
        }
    }
    text
}

fn others(units: &[ControlledUnit]) -> String {
    let rows = units.iter().map(|unit| {
        let name = unit.name.as_deref().unwrap_or_default();
        let number = unit.organisation_number.as_deref().unwrap_or_default();
        format!(
            "| {} | {} | {} | {number} |\n",
            escaped(&unit.unit),
            words::controller(unit.controller),
            escaped(name)
        )
    });
    let rows: String = rows.collect();
    format!(
        "| enhet | hører til | behandlingsansvarlig | organisasjonsnummer |\n|---|---|---|---|\n{}",
        rows.trim_end()
    )
}

/// A text that others wrote, in a cell of a table.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}

fn purposes(record: &Record) -> String {
    let mut text =
        "| formål | hva det er | behandlingsgrunnlag | reglene bygger på |\n|---|---|---|---|\n".to_owned();
    for purpose in &record.purposes {
        text.push_str(&format!(
            "| **{}** (`{}`) | {} | {} | {} |\n",
            purpose.name,
            purpose.key,
            purpose.text,
            purpose.processing.join("; "),
            purpose.laws.join("; ")
        ));
    }
    text
}

fn data(record: &Record) -> String {
    let mut text = format!("Registrerte: {}.\n\n", lowered(&record.data_subjects.join("; ")));
    text.push_str(
        "| personopplysninger | om hvem | kryptert tekst | lagres | tabeller |\n|---|---|---|---|---|\n",
    );
    for data in &record.data {
        text.push_str(&format!(
            "| {} | {} | {} | {} | {} |\n",
            data.name,
            lowered(&data.about.join("; ")),
            if data.has_sealed_text { "ja" } else { "–" },
            data.kept,
            data.tables.iter().map(|table| format!("`{table}`")).collect::<Vec<_>>().join(" ")
        ));
    }
    text
}

fn lowered(text: &str) -> String {
    text.to_lowercase()
}

fn kinds(record: &Record) -> String {
    let head = "| type | skrives av | foresatte | barnet | hvem samtykker til deling | lovgrunnlag |\n|---|---|---|---|---|---|\n";
    let mut text = head.to_owned();
    for KindOfInformation { key, name, written_by, guardians, child, consent, laws } in &record.kinds {
        text.push_str(&format!(
            "| {name} (`{key}`) | {} | {guardians} | {child} | {consent} | {} |\n",
            written_by.join(", "),
            laws.join("; ")
        ));
    }
    text.push_str("\nDette skal ikke stå i stafettloggen:\n\n| type | lovgrunnlag |\n|---|---|\n");
    for refused in &record.refused {
        text.push_str(&format!("| {} (`{}`) | {} |\n", refused.name, refused.key, refused.laws.join("; ")));
    }
    text
}

fn recipients(record: &Record) -> String {
    let mut text = "| mottaker | får | regler |\n|---|---|---|\n".to_owned();
    for recipient in &record.recipients {
        let rules: Vec<String> = recipient.rules.iter().map(|id| format!("`{id}`")).collect();
        text.push_str(&format!("| {} | {} | {} |\n", recipient.who, recipient.what, rules.join(" ")));
    }
    text.push_str("\nUtlevering uten samtykke, til en bestemt mottaker og opplysning for opplysning:\n\n");
    text.push_str("| grunnlag | utleveres av, etter (den første som passer) | kan gis til | typer | behandlingsgrunnlag |\n|---|---|---|---|---|\n");
    for disclosure in &record.disclosures {
        text.push_str(&disclosed(disclosure));
    }
    text.push_str("\nMelding til barnevernet, etter den første raden som passer for enheten:\n\n| enhet | lov |\n|---|---|\n");
    for duty in &record.reports {
        text.push_str(&format!("| {} | {} |\n", duty.unit, duty.laws.join("; ")));
    }
    text
}

fn disclosed(disclosure: &Disclosure) -> String {
    let from: Vec<String> =
        disclosure.from.iter().map(|from| format!("{}: {}", from.unit, from.laws.join(", "))).collect();
    let mut to = vec![disclosure.to.join(", ")];
    to.extend(disclosure.outside.then(|| "en navngitt mottaker utenfor tjenesten".to_owned()));
    to.extend(disclosure.anywhere.then(|| "også i en annen kommune".to_owned()));
    to.extend(disclosure.unless_objected.then(|| "ikke når noen motsetter seg det".to_owned()));
    let kinds = match disclosure.kinds.as_slice() {
        [] => "alle".to_owned(),
        kinds => kinds.join("; "),
    };
    format!(
        "| {} | {} | {} | {kinds} | {} |\n",
        disclosure.name,
        from.join("; "),
        to.join("; "),
        disclosure.processing.join("; ")
    )
}

fn kept(record: &Record) -> String {
    let mut text = "| hva | hvor lenge | hvor |\n|---|---|---|\n".to_owned();
    for kept in &record.kept {
        text.push_str(&format!("| {} | {} | `{}` |\n", kept.what, kept.how_long, kept.place));
    }
    text.push_str(
        "\nProgrammet sletter ikke stafettlogger når en frist er ute. Kommunen fastsetter fristene, og arkivloven gjelder.\n",
    );
    format!("{text}\n{}\n", fill_in("frister for sletting og bevaring, for hver tjeneste"))
}

fn security(record: &Record) -> String {
    let mut text = "| tiltak | hvor | prøvd av |\n|---|---|---|\n".to_owned();
    for measure in &record.security {
        let tests: Vec<String> = measure.tests.iter().map(|test| format!("`{test}`")).collect();
        text.push_str(&format!("| {} | `{}` | {} |\n", measure.text, measure.place, tests.join(" ")));
    }
    format!(
        "{text}\n{}\n",
        fill_in("kommunens egne tiltak: opplæring, tilgangsstyring på maskinene, drift og beredskap")
    )
}
