//! The Norwegian reading of the tables and their situations in `docs/taushetsplikt`, generated from the vocabulary.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use super::{
    situations::{Line, Phrase, Plan, Row, Said, Tale},
    table::{self, File, Table},
    vocabulary::vocabulary,
};
use crate::support::kept;

const FOLDER: &str = "docs/taushetsplikt";

const HEAD: &str = "\
# Hvem ser hva

Tabellene i `tests/confidentiality` på norsk. Hver linje er en avgjørelse som tjenesten blir spurt om når testene kjøres, både på
SQLite og på PostgreSQL. Sidene er laget av tabellene med `.ci/docs`; en test feiler når de er utdaterte. Reglene selv, og en
oversikt over hvem som ser hver type opplysninger, står i [confidentiality.md](../confidentiality.md).

| svar | betyr |
|---|---|
| ser | leser det, og finner det i listen det hører til |
| ser ikke | får nei, eller det er utelatt; vet at det kan finnes |
| vet ikke om | får samme svar som om noe som ikke finnes, og finner ingen spor av det |
| kan / kan ikke | det samme, om noe som gjøres |

";

const SITUATIONS_HEAD: &str = "\
# Situasjonene

Hver situasjon som tabellene handler om, med hva som skjer i den. Det skjer søndag 22. november 2026, og spørsmålene stilles
mandag 23. november. Det som varer «til og med samme dag», gikk altså ut i går. Der det står at det skjer mandag, skjer det
samme dag som spørsmålene stilles.

";

/// Returns the reasons in Norwegian, by the English reason.
fn reasons() -> &'static BTreeMap<String, String> {
    static REASONS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
        let text = std::fs::read_to_string(table::folder().join("reasons.toml")).expect("the reasons");
        toml::from_str(&text).unwrap_or_else(|error| panic!("reasons.toml: {error}"))
    });
    &REASONS
}

/// Returns the pages by name.
fn pages() -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    let mut index = HEAD.to_owned();
    index.push_str("- [Situasjonene](situasjoner.md)\n");
    pages.insert("situasjoner.md".to_owned(), situations());
    for (name, file) in table::files() {
        let page = name.replace(".toml", ".md");
        index.push_str(&format!("- [{}]({page}) ({})\n", file.title.no, file.title.en));
        pages.insert(page, tables(&name, &file));
    }
    pages.insert("README.md".to_owned(), index);
    pages
}

fn situations() -> String {
    let plan = Plan::of_the_tables();
    let mut page = SITUATIONS_HEAD.to_owned();
    for tale in &plan.situations {
        page.push_str(&situation(plan, tale));
    }
    page.trim_end().to_owned() + "\n"
}

fn situation(plan: &'static Plan, tale: &'static Tale) -> String {
    let mut text = format!("## {}\n\n", capital(&tale.no));
    let mut facts = Vec::new();
    facts.extend(tale.child.as_deref().map(|is| format!("Barnet er {}.", age(is))));
    facts.extend(tale.day.as_ref().map(|_| "Det skjer mandag.".to_owned()));
    let unit = tale.unit.as_deref().map(|unit| vocabulary().norwegian(unit));
    facts.extend(unit.map(|unit| format!("«Enheten» i tabellene er {unit}.")));
    if !facts.is_empty() {
        text.push_str(&format!("{}\n\n", facts.join(" ")));
    }
    let mut seen = Vec::new();
    let mut number = 0;
    for line in plan.lines(tale) {
        match line {
            Line::Said(said) => {
                number += 1;
                text.push_str(&format!("{number}. {}\n", sentence(&said)));
            }
            Line::ToSee(row) => seen.push(to_see(row)),
        }
    }
    if !seen.is_empty() {
        text.push_str(&format!("\nDessuten spørres det om {}.\n", seen.join("; ")));
    }
    text + "\n"
}

fn age(is: &str) -> String {
    match (is.strip_suffix(" years old"), is.strip_prefix("born ")) {
        (Some(years), _) => format!("{years} år"),
        (_, Some(born)) => {
            let born = born.strip_suffix(", another").unwrap_or(born);
            let born: chrono::NaiveDate = born.parse().expect("a date");
            format!("født {}", born.format("%-d.%-m.%Y"))
        }
        _ => panic!("“{is}” is neither an age nor a day"),
    }
}

fn sentence(said: &Said) -> String {
    let mut who = joined(&[said.who]);
    if who.contains(" som ") {
        // The clause ends before the verb.
        who.push(',');
    }
    let mut words = vec![who, vocabulary().norwegian(said.verb_words).to_owned()];
    words.extend(said.object_phrase().map(|object| joined(&object.all())));
    for (link, phrase) in said.links() {
        words.push(vocabulary().links[*link].clone());
        words.push(joined(&phrase.all()));
    }
    format!("{}.", capital(&run_on(&words)))
}

/// Joins words that follow each other. Some start with a comma.
fn run_on(words: &[impl AsRef<str>]) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    words.join(" ").replace(" ,", ",")
}

/// Joins Norwegian words with commas and “og”.
fn joined(words: &[&str]) -> String {
    let words: Vec<&str> = words.iter().map(|word| vocabulary().norwegian(word)).collect();
    match words.as_slice() {
        [several @ .., last] if !several.is_empty() => format!("{} og {last}", several.join(", ")),
        _ => words.concat(),
    }
}

fn to_see(row: &Row) -> String {
    let words: Vec<&str> = row.iter().map(Phrase::one).collect();
    let norwegian: Vec<&str> = words.iter().map(|word| vocabulary().norwegian(word)).collect();
    run_on(&norwegian)
}

fn tables(name: &str, file: &File) -> String {
    let mut page = format!("# {}\n\n{}\n", file.title.no, file.about.no);
    for table in &file.tables {
        page.push_str(&one_table(name, table));
    }
    page
}

fn one_table(name: &str, table: &Table) -> String {
    let situations = &Plan::of_the_tables().situations;
    let situation = situations.iter().find(|tale| tale.en == table.situation);
    let situation = &situation.unwrap_or_else(|| panic!("{name}: “{}” is no situation", table.situation)).no;
    let what: Vec<&str> = table.what.iter().map(|what| vocabulary().norwegian(what)).collect();
    let mut text = format!("\n## {}\n\n**{}**\n\n", capital(situation), capital(&what.join("; ")));
    text.push_str("| hvem | svar | fordi | lovgrunnlag |\n|---|---|---|---|\n");
    for line in &table.rows {
        let row = table::row(name, table, line, &table.what[0]);
        let answer = &vocabulary().answers[&row.answer.to_string()];
        let reason = reasons().get(&row.reason);
        let reason = reason.unwrap_or_else(|| panic!("{name}: reasons.toml has not “{}”", row.reason));
        let laws = row.laws.join("; ").replace(" no. ", " nr. ");
        text.push_str(&format!("| {} | {answer} | {reason} | {laws} |\n", vocabulary().norwegian(&row.who)));
    }
    text
}

/// Capitalizes the first letter.
fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

#[test]
fn the_norwegian_reading_is_what_the_tables_say() {
    let pages = pages();
    for (name, page) in &pages {
        kept(&format!("{FOLDER}/{name}"), page);
    }
    let folder = table::folder().join("../..").join(FOLDER);
    for entry in std::fs::read_dir(folder).expect("the folder of the reading") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        assert!(pages.contains_key(&name), "{FOLDER}/{name} is not made from the tables");
    }
}

#[test]
fn every_reason_is_given_by_a_table() {
    let (_, rows) = table::read();
    let given: BTreeSet<&str> = rows.iter().map(|row| row.reason.as_str()).collect();
    let spare: Vec<&String> = reasons().keys().filter(|reason| !given.contains(reason.as_str())).collect();
    assert!(spare.is_empty(), "reasons that no table gives: {spare:?}");
}

#[test]
fn every_word_is_used_and_means_one_thing() {
    let (_, rows) = table::read();
    let mut used: BTreeSet<String> = BTreeSet::new();
    for row in &rows {
        used.extend([row.who.clone(), row.what.clone(), row.answer.to_string()]);
    }
    for plan in Plan::all() {
        let tales = plan.situations.iter().chain(plan.parts.values());
        let rows = tales.clone().flat_map(|tale| tale.story.iter().chain(&tale.to_see));
        used.extend(rows.flatten().flat_map(Phrase::all).map(ToOwned::to_owned));
        used.extend(tales.filter_map(|tale| tale.unit.clone()));
        used.extend(plan.who.iter().cloned());
    }
    let (mut spare, mut seen) = (Vec::new(), BTreeMap::new());
    for (list, english, norwegian) in vocabulary().all() {
        // The vocabulary itself uses consents, and labels that only an action names.
        let by_vocabulary = vocabulary().is_done_to(english) || vocabulary().is_consent(english);
        if !used.contains(english) && !by_vocabulary {
            spare.push(english);
        }
        if list != "verbs"
            && let Some(other) = seen.insert((list, norwegian), english)
        {
            panic!("“{other}” and “{english}” are both “{norwegian}”");
        }
    }
    assert!(spare.is_empty(), "words that nothing uses: {spare:?}");
}

#[test]
fn every_situation_is_asked_about_and_every_part_is_played() {
    let (_, rows) = table::read();
    for tale in &Plan::of_the_tables().situations {
        assert!(rows.iter().any(|row| row.situation == tale.en), "no table is about “{}”", tale.en);
    }
    for plan in Plan::all() {
        let tales = plan.situations.iter().chain(plan.parts.values());
        let played: BTreeSet<&String> = tales.flat_map(|tale| tale.after.iter().chain(&tale.then)).collect();
        for part in plan.parts.keys() {
            assert!(played.contains(part), "no situation has the part “{part}”");
        }
        for tale in &plan.situations {
            // An unknown word is refused.
            plan.lines(tale);
        }
    }
}
