//! Sentences by theme.

use super::Theme;

pub(crate) const THEMES: [Theme; 7] = [LANGUAGE, READING, ABSENCE, UNREST, FRIENDS, GRIEF, SLEEP];

const LANGUAGE: Theme = Theme {
    reasons: &[
        "{} trenger mer støtte i språket enn det som gis i det ordinære tilbudet.",
        "{} strever med å gjøre seg forstått, og trekker seg unna i samlinger.",
    ],
    facts: &[
        "{} bruker korte setninger og leter ofte etter ord.",
        "De voksne må gjenta beskjeder flere ganger før {} kommer i gang.",
    ],
    risks: &["{} blir sjelden med i rollelek der språket er viktig.", "Andre barn svarer ofte for {}."],
    strengths: &["{} er nysgjerrig og glad i bøker.", "Familien leser mye sammen hjemme."],
    says: &["«Jeg vil være med, men de hører ikke på meg.»", "«Jeg liker best når vi leser to og to.»"],
    goals: &[
        "{} tar ordet i en liten gruppe minst én gang hver dag.",
        "{} forteller om en opplevelse hjemmefra slik at andre forstår.",
    ],
    measures: &[
        ("Språkgruppe to ganger i uken", "Fire barn, faste dager, med bøker og bilder som tema."),
        ("Lesestund hjemme og i barnehagen", "De samme bøkene følger {} mellom hjem og barnehage."),
        ("Veiledning til de ansatte", "Logoped veileder avdelingen en gang i måneden."),
    ],
    notes: &[
        "{} fortalte en hel historie i samlingen i dag.",
        "Vi bruker bilder når dagen skal forklares. Det hjelper.",
    ],
};

const READING: Theme = Theme {
    reasons: &[
        "{} har ikke hatt forventet framgang i lesing siden forrige kartlegging.",
        "{} unngår oppgaver med mye tekst, og mister motet.",
    ],
    facts: &[
        "Kartleggingen i høst viste resultater under bekymringsgrensen.",
        "{} leser langsomt og må bruke mye krefter på hvert ord.",
    ],
    risks: &["{} sier selv at skolen er for vanskelig.", "Leksetiden hjemme ender ofte i gråt."],
    strengths: &["{} forteller godt og har stort ordforråd.", "{} arbeider lenge med det som er praktisk."],
    says: &["«Bokstavene hopper.»", "«Jeg kan det når noen leser det for meg.»"],
    goals: &[
        "{} leser en kort tekst sammenhengende ved neste kartlegging.",
        "{} gjør leksene uten strid i hjemmet.",
    ],
    measures: &[
        (
            "Lesekurs i en periode på åtte uker",
            "Fire økter i uken i liten gruppe, med kartlegging før og etter.",
        ),
        ("Lydbok og digitale hjelpemidler", "{} får bøkene innlest, og opplæring i å bruke dem."),
        ("Leksefri periode", "Hjemmet leser høyt i stedet for lekser."),
    ],
    notes: &["{} valgte selv å lese høyt i dag.", "Hjelpemidlene virker nå på skolens maskin."],
};

const ABSENCE: Theme = Theme {
    reasons: &[
        "{} har hatt økende fravær det siste halvåret.",
        "{} har vansker med å komme på skolen om morgenen.",
    ],
    facts: &["Fraværet var på elleve dager forrige måned.", "{} kommer oftest i andre time."],
    risks: &["{} mister kontakt med klassen.", "Morgenene er vanskelige for hele familien."],
    strengths: &[
        "{} har en god venn i klassen.",
        "Foreldrene melder fra hver dag og møter når de blir bedt.",
    ],
    says: &["«Det er verst i gangen, før det ringer.»", "«Jeg vil på skolen, men kroppen vil ikke.»"],
    goals: &["{} er på skolen fire dager i uken.", "{} møter en trygg voksen ved døren hver morgen."],
    measures: &[
        ("Fast voksen i mottaket", "Den samme voksne møter {} ved inngangen og følger til timen."),
        ("Tilpasset timeplan", "Kortere dager i fire uker, med opptrapping etter hver evaluering."),
        ("Samtaler hos helsesykepleier", "En samtale i uken om det som er vanskelig om morgenen."),
    ],
    notes: &["{} var på skolen alle dager denne uken.", "Mandagen er fortsatt vanskeligst."],
};

const UNREST: Theme = Theme {
    reasons: &[
        "Det blir ofte uro og konflikter rundt {} i overganger.",
        "{} trenger hjelp til å regulere seg i store grupper.",
    ],
    facts: &["Konfliktene skjer mest ute i friminuttene.", "{} forlater rommet når det er mye støy."],
    risks: &["De andre barna er blitt mer forsiktige med {}.", "{} får mange irettesettelser på en dag."],
    strengths: &["{} er omsorgsfull mot yngre barn.", "{} liker ansvar og praktiske oppgaver."],
    says: &["«Jeg blir sint før jeg rekker å tenke.»", "«Det er fint når noen sier fra før vi skal ut.»"],
    goals: &[
        "{} kommer gjennom overgangene uten konflikt de fleste dager.",
        "{} ber om pause med avtalt tegn.",
    ],
    measures: &[
        ("Forutsigbare overganger", "En voksen forbereder {} fem minutter før hvert skifte."),
        ("Pauseplass", "{} har et fast sted å gå til, og velger selv når."),
        ("Foreldreveiledning", "Fire samtaler om grenser og ros, sammen med en veileder."),
    ],
    notes: &[
        "{} ba om pause to ganger i dag, og kom tilbake selv.",
        "Planen for friminuttet følges av alle de voksne.",
    ],
};

const FRIENDS: Theme = Theme {
    reasons: &[
        "{} er ofte alene og vil gjerne ha noen å være sammen med.",
        "{} har flyttet hit og har ikke funnet venner ennå.",
    ],
    facts: &["{} går for seg selv i de fleste friminutt.", "{} er ikke med på noe fast etter skoletid."],
    risks: &["{} sier at ingen vil leke.", "{} blir sjelden bedt på besøk."],
    strengths: &["{} er flink til å tegne og viser det gjerne.", "Familien stiller gjerne hjemmet åpent."],
    says: &[
        "«Jeg vil ha én å være sammen med.»",
        "«Det er best på lørdager, da er vi sammen hele familien.»",
    ],
    goals: &["{} er med i lek i minst to friminutt om dagen.", "{} er med på en fast aktivitet i uken."],
    measures: &[
        ("Vennegruppe", "Fire barn fra klassen, annenhver uke, med voksen."),
        ("Fritidskontakt", "Kommunen dekker kontingent og finner følge til den første tiden."),
        ("Trivselsledere i friminuttet", "{} er med og velger leker."),
    ],
    notes: &["{} ble spurt om å være med i dag, og ble.", "Det er avtalt besøk hjemme hos en i klassen."],
};

const GRIEF: Theme = Theme {
    reasons: &[
        "{} har hatt en stor forandring i familien, og trenger voksne som vet om det.",
        "{} er ofte lei seg og snakker om det som har hendt.",
    ],
    facts: &["{} har gått i samtaler i en kortere periode før.", "Familien bor nå på to steder."],
    risks: &["{} tar mye ansvar hjemme.", "{} sover lite når det har vært mye på en gang."],
    strengths: &["{} snakker åpent med dem det er trygt hos.", "Foreldrene er enige om hva som er viktigst."],
    says: &["«Jeg vil at de skal vite det, så jeg slipper å si det.»", "«Noen dager er det helt vanlig.»"],
    goals: &["{} vet hvem det går an å snakke med på skolen.", "{} får de samme rutinene begge steder."],
    measures: &[
        ("Samtalegruppe", "Seks samlinger med barn i samme situasjon."),
        ("Fast kontakt på skolen", "En voksen som vet det, og som {} selv har valgt."),
        ("Felles plan for hjemmene", "De samme leggetidene og avtalene begge steder."),
    ],
    notes: &["{} ville tegne i stedet for å snakke i dag.", "Foreldrene har laget en felles kalender."],
};

const SLEEP: Theme = Theme {
    reasons: &[
        "{} er trett om dagen og faller ut av undervisningen.",
        "{} har snudd døgnet, og strever med søvn og mat.",
    ],
    facts: &["{} legger hodet på pulten i de første timene.", "{} spiser sjelden frokost."],
    risks: &["{} faller bakpå i fagene.", "{} er oftere syk enn før."],
    strengths: &["{} vil gjerne få det til.", "Foreldrene har bedt om hjelp selv."],
    says: &["«Jeg får ikke sove når det er stille.»", "«Jeg vil helst begynne litt senere.»"],
    goals: &["{} står opp til samme tid alle hverdager.", "{} spiser frokost på skolen hver dag."],
    measures: &[
        ("Søvnskole", "Fire timer hos helsesykepleier, med søvndagbok."),
        ("Frokost på skolen", "{} møter i frokosttilbudet fra klokken halv åtte."),
        ("Avtale om skjerm og leggetid", "Laget sammen med {} og foreldrene."),
    ],
    notes: &["Søvndagboken viser en time mer enn forrige uke.", "{} har vært i frokosten hver dag."],
};
