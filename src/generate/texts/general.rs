//! Sentences that fit any theme.

pub(crate) const TRIED: &[&str] = &[
    "Vi har tilpasset dagen og hatt tett samarbeid med hjemmet.",
    "Vi har prøvd i egen enhet i tre måneder, med noe framgang.",
    "Det er holdt to samtaler med foreldrene, og laget en plan i egen enhet.",
];
pub(crate) const DECISIONS: &[&str] = &[
    "Vi trenger flere tjenester sammen for å hjelpe {}.",
    "Tiltak i egen enhet er ikke nok. Familien ønsker samarbeid.",
    "Familien og vi er enige om å følge {} opp sammen over tid.",
];
pub(crate) const NO_NEED: &[&str] = &[
    "Bekymringen er drøftet med familien. Tiltak i egen enhet er nok nå.",
    "{} har det bedre etter sommeren. Vi ser det an sammen med familien.",
];
pub(crate) const PURPOSES: &[&str] = &[
    "Samarbeid mellom tjenestene om hjelp til {}.",
    "At tjenestene kan planlegge og evaluere tiltakene for {} sammen.",
];
pub(crate) const TASKS: &[&str] = &[
    "veileder de ansatte",
    "følger opp tiltakene",
    "har samtaler med barnet",
    "er med i ansvarsgruppen",
    "kartlegger og gir råd",
];
pub(crate) const CONTACT: &str = "kontaktperson";
pub(crate) const LEVELS: &[&str] = &[
    "Tiltakene i egen enhet er prøvd, og flere tjenester er med.",
    "{} trenger mer samordnet hjelp enn før.",
    "Det går bedre, og færre tjenester trenger å være med.",
];
pub(crate) const AGENDAS: &[&str] = &[
    "Hvordan har {} det nå? Tiltakene siden sist. Veien videre.",
    "Evaluering av tiltakene, og overgangen til neste trinn.",
    "Hva {} selv ønsker. Hvem gjør hva fram til neste møte.",
];
pub(crate) const PLACES: &[&str] =
    &["Møterommet i andre etasje", "Rådhuset, møterom 3", "Helsestasjonen", "Skolens grupperom"];
pub(crate) const MINUTES: &[&str] = &[
    "Alle fortalte hvordan de ser situasjonen nå. {} har hatt framgang på flere områder.",
    "Vi gikk gjennom målene ett for ett. Foreldrene er fornøyde med samarbeidet.",
    "{} fortalte selv hva som er bra og hva som er vanskelig. Vi justerer planen etter det.",
];
pub(crate) const MINUTES_MORE: &[&str] = &[
    "Kontaktpersonen kaller inn til neste møte.",
    "Tiltakene fortsetter, og evalueres som avtalt.",
    "Det som ble avtalt, sendes familien i dag.",
];
pub(crate) const AGREED: &[&str] = &[
    "Tiltaket fortsetter til neste evaluering.",
    "Kontaktpersonen snakker med {} om det som ble avtalt.",
    "Skolen og hjemmet har kontakt en gang i uken.",
    "Vi prøver kortere dager i to uker.",
];
pub(crate) const ABSENT: &[&str] = &[
    "Familien har bedt om at dette møtet holdes uten dem.",
    "Familien var bortreist, og sa fra at vi kunne møtes.",
];
pub(crate) const HELPS: &[&str] = &[
    "Tiltaket virker. {} viser det i det daglige.",
    "Det er tydelig framgang siden sist.",
    "{} deltar mer, og de voksne ser mindre uro.",
];
pub(crate) const UNSURE: &[&str] = &[
    "Det er for tidlig å si om det virker.",
    "Tiltaket har ikke vært gjennomført hver uke, og må justeres.",
    "Det går opp og ned. Vi endrer noe og ser igjen.",
];
pub(crate) const ENDED_WELL: &[&str] =
    &["Målet er nådd, og {} klarer seg uten dette tiltaket.", "Tiltaket har gjort nytten sin."];
pub(crate) const ENDED: &[&str] =
    &["Tiltaket har ikke virket som vi håpet. Vi prøver noe annet.", "{} ønsket ikke å fortsette."];
pub(crate) const CHILD_VIEWS: &[&str] = &[
    "«Det er bedre nå.»",
    "«Jeg liker at det er de samme hver gang.»",
    "«Det hjelper litt, men ikke på mandager.»",
    "«Jeg vil heller gjøre det sammen med en venn.»",
];
pub(crate) const NOT_ASKED: &[&str] = &[
    "{} ønsket ikke å si noe denne gangen.",
    "{} er for ung til å spørres direkte; vi har sett i lek.",
    "{} var syk den dagen.",
];
pub(crate) const GUARDIANS_VIEWS: &[&str] = &[
    "Vi merker forskjell hjemme.",
    "Vi synes det går sakte, men riktig vei.",
    "Vi vil gjerne at det fortsetter.",
];
pub(crate) const FAMILY_NOTES: &[&str] = &[
    "Det har vært en god uke hjemme.",
    "Vi lurer på om møtet kan flyttes til ettermiddagen.",
    "{} har gledet seg til turen på torsdag.",
];
pub(crate) const SCHOOL_NOTES: &[&str] =
    &["Kort samtale med hjemmet i dag. Planen følges.", "{} har arbeidet godt i liten gruppe denne uken."];
pub(crate) const PPT_NOTES: &[&str] = &[
    "Observasjon gjennomført. Tilrådningen er drøftet med {} og foreldrene.",
    "Veiledning gitt til de ansatte om tilpasning.",
];
pub(crate) const HEALTH_NOTES: &[&str] =
    &["{} har vært til samtale. Oppfølging om tre uker.", "Søvn, mat og trivsel er gjennomgått."];
pub(crate) const WELFARE_NOTES: &[&str] =
    &["Hjelpetiltaket i hjemmet er i gang, og foreldrene tar imot.", "Hjemmebesøk etter avtale."];
pub(crate) const NAV_NOTES: &[&str] =
    &["Dekning av fritidsaktivitet er innvilget.", "Samtale om familiens situasjon. Ny time om en måned."];
pub(crate) const CLOSINGS: &[&str] = &[
    "Målene er nådd, og familien klarer seg med det ordinære tilbudet.",
    "{} har det bra, og alle er enige om å avslutte.",
    "Familien ønsker ikke mer samarbeid nå, og vet hvor de kan henvende seg.",
];
pub(crate) const FINALS: &[&str] = &[
    "De fleste tiltakene virket. Det viktigste var faste voksne og tett kontakt med hjemmet.",
    "Samarbeidet kom i gang sent, men {} har hatt stor framgang det siste halvåret.",
    "Tiltakene i gruppe virket best. Det som gjensto, følges opp i egen enhet.",
];
pub(crate) const NOT_CARRIED_OUT: &[&str] = &[
    "Tiltaket lot seg ikke gjennomføre, for det var ingen ledig plass.",
    "{} flyttet gruppe før tiltaket kom i gang.",
];
pub(crate) const NEXT_STEPS: &[&str] = &[
    "Snakke med {} om hvordan det går.",
    "Ringe hjem og avtale neste møte.",
    "Avklare med klassen hvem som følger opp i friminuttene.",
    "Spørre PP-tjenesten om når utredningen er klar.",
];
pub(crate) const HANDOVERS: &[&str] = &[
    "Jeg skal i permisjon. Kan du ta over stafettpinnen?",
    "{} begynner hos dere, og da er det naturlig at du er kontaktperson.",
    "Du ser {} oftest nå. Vil du ta over?",
];
pub(crate) const ACCEPTED: &[&str] =
    &["Ja, det gjør jeg gjerne.", "Ja. Jeg tar kontakt med familien denne uken."];
pub(crate) const DECLINED: &[&str] = &[
    "Jeg har dessverre ikke mulighet nå. Kan vi snakkes?",
    "Jeg tror det er bedre at du fortsetter fram til sommeren.",
];
pub(crate) const WEIGHTS: &[&str] = &[
    "Barnet er gammelt nok til å mene noe om dette, og ønsket er fulgt så langt det går.",
    "Det barnet sier, er tillagt stor vekt.",
    "Barnet er hørt. Hensynet til trygghet veide tyngre her, og det er forklart for barnet.",
];
