//! Names of people and places that are nobody's: put together by chance from common ones.

use super::random::Random;

const GIVEN: [&str; 72] = [
    "Alma", "Amina", "Anders", "Anna", "Aron", "Astrid", "Aurora", "Axel", "Birk", "Bjørn", "Daniel",
    "Edvard", "Elias", "Elin", "Ella", "Emil", "Emma", "Erik", "Eskil", "Eva", "Fatima", "Filip", "Frida",
    "Gustav", "Hanna", "Hedda", "Henrik", "Herman", "Ida", "Ingrid", "Isak", "Iver", "Jakob", "Jenny",
    "Johan", "Jonas", "Julie", "Kaja", "Karoline", "Kasper", "Lars", "Lea", "Leah", "Leo", "Liv", "Ludvig",
    "Maja", "Malin", "Maria", "Marius", "Mathilde", "Mia", "Mikkel", "Mohammad", "Nora", "Odin", "Olav",
    "Oskar", "Ronja", "Sander", "Sara", "Selma", "Signe", "Sigurd", "Sofie", "Solveig", "Sunniva", "Theo",
    "Tiril", "Tobias", "Vilde", "Yusuf",
];
const SURNAMES: [&str; 64] = [
    "Aasen",
    "Bakkelund",
    "Bekkevold",
    "Bergli",
    "Birkeland",
    "Bjerkan",
    "Brattli",
    "Brekkås",
    "Dalheim",
    "Eikeland",
    "Engelund",
    "Fagerli",
    "Fjellstrand",
    "Flatland",
    "Fossheim",
    "Furuseth",
    "Granli",
    "Grønås",
    "Haugdal",
    "Heggelund",
    "Hestnes",
    "Holmvik",
    "Høgås",
    "Kirkevik",
    "Kleppås",
    "Krokvik",
    "Kvamsdal",
    "Langåsen",
    "Lillevik",
    "Linddal",
    "Lundås",
    "Løkkevik",
    "Marstrand",
    "Midtbø",
    "Mobakken",
    "Myrland",
    "Nordvoll",
    "Nyheim",
    "Oppedal",
    "Orevik",
    "Osland",
    "Ramsvik",
    "Rognli",
    "Rønningås",
    "Sandnesli",
    "Skauli",
    "Skjervik",
    "Skogmo",
    "Solheimsli",
    "Stavdal",
    "Steinsvoll",
    "Storvik",
    "Sundli",
    "Svartdal",
    "Tangenes",
    "Tjønnås",
    "Torvund",
    "Tverrli",
    "Ulvedal",
    "Vangberg",
    "Vassli",
    "Vikestrand",
    "Ytterli",
    "Østlund",
];
const PLACES: [&str; 40] = [
    "Almelia",
    "Bekkeli",
    "Bjørkåsen",
    "Blåklokka",
    "Breidablikk",
    "Bråten",
    "Eikelia",
    "Elvebakken",
    "Fagertun",
    "Fjellhamar",
    "Fossekallen",
    "Furumo",
    "Granåsen",
    "Grindstua",
    "Hasselbakken",
    "Havna",
    "Heimdal",
    "Kløvertun",
    "Kvernbekken",
    "Lerkelia",
    "Liatoppen",
    "Lyngheia",
    "Maurtua",
    "Myrull",
    "Myrvoll",
    "Nøttelia",
    "Ospelund",
    "Rabben",
    "Rognelia",
    "Sildevika",
    "Skogkanten",
    "Solbakken",
    "Solsletta",
    "Steinrøysa",
    "Svaberget",
    "Tindved",
    "Trollheia",
    "Utsikten",
    "Vardåsen",
    "Åsgård",
];
const QUARTERS: [&str; 6] = ["", "Nordre ", "Søndre ", "Østre ", "Vestre ", "Øvre "];
const ROADS: [&str; 12] = [
    "Bjørkeveien",
    "Fiolveien",
    "Granstien",
    "Hasselveien",
    "Kirkegata",
    "Lilleveien",
    "Lyngveien",
    "Parkveien",
    "Skoleveien",
    "Strandgata",
    "Utsiktsveien",
    "Åsveien",
];

pub(super) fn given(random: &mut Random) -> &'static str {
    GIVEN[random.below(GIVEN.len())]
}

pub(super) fn surname(random: &mut Random) -> &'static str {
    SURNAMES[random.below(SURNAMES.len())]
}

pub(super) fn full(random: &mut Random) -> String {
    format!("{} {}", given(random), surname(random))
}

/// The name of a place, another for each number.
pub(super) fn place(number: usize) -> String {
    let (round, at) = (number / PLACES.len(), number % PLACES.len());
    let quarter = QUARTERS[round % QUARTERS.len()];
    match round / QUARTERS.len() {
        0 => format!("{quarter}{}", PLACES[at]),
        more => format!("{quarter}{} {}", PLACES[at], more + 1),
    }
}

/// Where someone lives, as an address that no one has.
pub(super) fn address(random: &mut Random, place: &str) -> String {
    format!("{} {}, {place}", random.pick(&ROADS), 100 + random.below(900))
}

/// A phone number of the series that is given to nobody.
pub(super) fn phone(random: &mut Random) -> String {
    format!("40 00 {:02} {:02}", random.below(100), random.below(100))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_place_has_a_name_of_its_own() {
        let names: BTreeSet<String> = (0..2_000).map(place).collect();
        assert_eq!(names.len(), 2_000);
    }
}
