//! Imports go one way, as `ARCHITECTURE.md` describes.

use std::{collections::BTreeSet, fs, path::Path};

/// From the bottom up. A folder imports only from earlier rows, and capabilities must not import each other in a circle.
const ROWS: [&[&str]; 9] = [
    &["kernel"],
    &["vault"],
    &["db"],
    &["log_tree"],
    &["problem"],
    &["identity"],
    &["access"],
    &[
        "absences",
        "accounts",
        "audit",
        "births",
        "breaches",
        "care_orders",
        "cases",
        "catalogue",
        "child_welfare_reports",
        "children",
        "claims",
        "concerns",
        "conflicts_of_interest",
        "consent_requests",
        "consents",
        "disclosures",
        "emergency_access",
        "contact_details",
        "follow_ups",
        "goals",
        "handovers",
        "health",
        "identities",
        "log_reviews",
        "measures",
        "meetings",
        "next_steps",
        "notes",
        "organisation",
        "records",
        "referrals",
        "rights_calendar",
        "rules",
        "teams",
        "transitions",
        "waiting_times",
        "withholdings",
        "wordings",
    ],
    &[
        "http",
        "operations",
        "openapi",
        "app",
        "telemetry",
        "housekeeping",
        "config",
        "terminal",
        "backup",
        "demo",
        "generate",
        "processing_record",
        "cli",
        "main",
        "lib",
    ],
];
const CAPABILITIES: usize = 7;

fn row_of(module: &str) -> usize {
    let row = ROWS.iter().position(|row| row.contains(&module));
    row.unwrap_or_else(|| panic!("src/{module} has no place in the architecture"))
}

/// Returns (from, to) for each `crate::to` in the code of `from`.
fn edges() -> BTreeSet<(String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut edges = BTreeSet::new();
    for entry in fs::read_dir(src).expect("src").map(|entry| entry.expect("an entry").path()) {
        let module = entry.file_stem().expect("a name").to_string_lossy().into_owned();
        for text in texts(&entry) {
            let own = text.replace("$crate::", "crate::");
            for import in imports(&own) {
                edges.insert((module.clone(), import));
            }
        }
    }
    edges
}

fn texts(path: &Path) -> Vec<String> {
    if path.is_dir() {
        let entries = fs::read_dir(path).expect("a folder");
        return entries.flat_map(|entry| texts(&entry.expect("an entry").path())).collect();
    }
    vec![fs::read_to_string(path).expect("a file")]
}

/// Returns the modules after `crate::`, alone or in braces, that are folders or files of `src`.
fn imports(text: &str) -> BTreeSet<String> {
    let known: BTreeSet<&str> = ROWS.concat().into_iter().collect();
    let mut found = BTreeSet::new();
    for part in text.split("crate::").skip(1) {
        if let Some(list) = part.strip_prefix('{') {
            let (mut depth, mut word) = (0, String::new());
            for c in list.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => word.clear(),
                    c if depth == 0 && (c.is_alphanumeric() || c == '_') => word.push(c),
                    _ => {}
                }
                if depth == 0 && known.contains(word.as_str()) {
                    found.insert(word.clone());
                }
            }
        } else {
            let word: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if known.contains(word.as_str()) {
                found.insert(word);
            }
        }
    }
    found
}

#[test]
fn imports_go_one_way() {
    for (from, to) in edges() {
        let (lower, upper) = (row_of(&to), row_of(&from));
        assert!(from == to || lower <= upper, "src/{from} imports from src/{to}, which stands above it");
        if lower < CAPABILITIES && upper < CAPABILITIES {
            assert!(from == to || lower < upper, "src/{from} and src/{to} import from each other");
        }
    }
}

#[test]
fn modules_use_each_other_in_no_circle() {
    let edges: Vec<_> = edges().into_iter().filter(|(from, to)| from != to).collect();
    let mut left: BTreeSet<&str> = ROWS.iter().copied().flatten().copied().collect();
    // A module that uses nothing that remains can be removed; a circle never can.
    while let Some(free) =
        left.iter().copied().find(|from| !edges.iter().any(|(f, t)| f == from && left.contains(t.as_str())))
    {
        left.remove(free);
    }
    assert!(left.is_empty(), "these use each other in a circle: {left:?}");
}

#[test]
fn a_store_is_its_capabilitys_own() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for text in texts(&src) {
        for capability in ROWS[CAPABILITIES] {
            assert!(
                !text.contains(&format!("crate::{capability}::store")),
                "the store of {capability} is used outside it"
            );
        }
    }
}

/// A log that forgets is for `benches/` only. It is behind a feature that nothing enables by itself, and the program refuses to run with it.
#[test]
fn no_program_that_serves_can_be_without_its_access_log() {
    const FEATURE: &str = "feature = \"unlogged-benchmark\"";
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("Cargo.toml");
    assert!(!manifest.contains("default = ["), "no feature is on by default");
    assert!(!fs::read_to_string(root.join("Dockerfile")).expect("Dockerfile").contains("features"));
    for text in texts(&root.join("src")) {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        for (at, line) in lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.contains("fn forgetting(") || line.contains("fn unlogged("))
        {
            let above = &lines[at.saturating_sub(2)..at];
            assert!(above.iter().any(|line| line.contains(FEATURE)), "{line} is there without the feature");
        }
        let used = lines.iter().filter(|line| line.contains(".unlogged(")).count();
        assert_eq!(used, 0, "nothing in the service is without its log");
    }
    let main = fs::read_to_string(root.join("src/main.rs")).expect("main.rs");
    assert!(main.contains(&format!("if cfg!({FEATURE})")) && main.contains("return ExitCode::FAILURE;"));
}

/// `println!` panics if nobody reads.
#[test]
fn only_one_place_prints() {
    const PRINTS: [&str; 2] = ["print!(", "println!("];
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = 0;
    for text in texts(&src) {
        let code = text.lines().map(str::trim).filter(|line| !line.starts_with("//"));
        for line in code {
            assert!(!PRINTS.iter().any(|print| line.contains(print)), "use terminal::output instead: {line}");
        }
        found += text.matches("say!(").count();
    }
    assert!(found > 20, "commands print by say!");
}

/// A row can name the caller as another person. Comparing ids would let a parent work with their own child.
#[test]
fn the_caller_is_compared_by_who_they_are() {
    const CALLERS: [&str; 4] = ["caller.person", "caller().person", "caller.account", "caller().account"];
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut used = 0;
    for text in texts(&src) {
        let code = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for caller in CALLERS {
            used += code.matches(caller).count();
            for compared in [format!("{caller} =="), format!("{caller} !="), format!("contains(&{caller})")] {
                assert!(!code.contains(&compared), "use Caller::is instead of: {compared}");
            }
        }
        for (at, _) in code.match_indices("== ").chain(code.match_indices("!= ")) {
            let other = code[at + 3..].split([' ', ')', ',', ';']).next().unwrap_or_default();
            let other = other.trim_start_matches("Some(").trim_start_matches(['*', '&']);
            let is_caller = CALLERS.iter().any(|caller| other.ends_with(caller));
            // Only the lock on the rights of each person but the first compares them.
            assert!(!is_caller || other == "first.account", "use Caller::is instead of: == {other}");
        }
    }
    assert!(used > 60, "handlers write as the person of the caller");
}
