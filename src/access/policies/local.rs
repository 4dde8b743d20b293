//! The stricter rules of a municipality. They only forbid, and cannot forbid what the law grants or requires.

use std::path::Path;

use super::{PolicyError, Rule};
use crate::access::actions::{LocalRules, facts_of};

/// Reads the texts of the rules in a folder, by file name. A folder without rules is an error, since an operator who names a
/// folder intends to be stricter.
pub(super) fn read(folder: &Path) -> Result<Vec<(String, String)>, PolicyError> {
    let failed = |error| PolicyError::Folder(folder.display().to_string(), error);
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("cedar")) {
            texts.push((path.display().to_string(), std::fs::read_to_string(&path).map_err(failed)?));
        }
    }
    if texts.is_empty() {
        return Err(PolicyError::NoLocalRules(folder.display().to_string()));
    }
    texts.sort();
    Ok(texts)
}

/// Checks that a local rule names the actions that it forbids, and that local rules may forbid each of them.
pub(super) fn check(rule: &Rule) -> Result<(), PolicyError> {
    let is_kept = |action: &&String| facts_of(action).local_rules != LocalRules::MayForbid;
    let reaches = match rule.actions.iter().find(is_kept) {
        Some(action) => action.clone(),
        None if rule.actions.is_empty() => "every action".to_owned(),
        None => return Ok(()),
    };
    Err(PolicyError::LocalForbid { rule: rule.id.clone(), reaches })
}

#[cfg(test)]
mod tests {
    use super::{super::Policies, *};
    use crate::access::actions;

    fn load(text: &str) -> Result<Policies, PolicyError> {
        Policies::load_with(&[("local.cedar".to_owned(), text.to_owned())])
    }

    fn rule(id: &str, rest: &str) -> String {
        format!("@id(\"{id}\") @legal_basis(\"fvl § 13\") @summary(\"s\") @summary_no(\"s\") {rest}")
    }

    fn on(effect: &str, action: &str) -> String {
        let scope = format!("{effect} (principal, action == Stafett::Action::\"{action}\", resource);");
        rule("local.rule", &scope)
    }

    fn never_forbidden() -> impl Iterator<Item = &'static str> {
        actions::ALL.iter().copied().filter(|name| facts_of(name).local_rules != LocalRules::MayForbid)
    }

    fn refused(text: &str) -> String {
        load(text).expect_err("refused").to_string()
    }

    #[test]
    fn a_municipality_can_be_stricter_and_not_more_open() {
        let rules = load(&on("forbid", "list_staff")).expect("a stricter rule");
        assert!(rules.rules().any(|rule| rule.id == "local.rule" && rule.forbids));
        assert!(matches!(load(&on("permit", "list_staff")), Err(PolicyError::LocalPermit(_))));
        let turned = "permit (principal, action == Stafett::Action::\"read_case\", resource)
                      when { false } unless { context.relation.guardian };";
        assert!(matches!(load(&rule("local.turned", turned)), Err(PolicyError::LocalPermit(_))));
        let hidden = format!("{}\n{}", on("forbid", "list_staff"), rule("local.second", turned));
        assert!(matches!(load(&hidden), Err(PolicyError::LocalPermit(_))), "behind one that forbids");
    }

    #[test]
    fn what_the_law_bids_or_gives_is_not_forbidden_by_a_municipality() {
        for action in never_forbidden() {
            let error = refused(&on("forbid", action));
            assert!(error.contains(action) && error.contains("local.rule"), "{error}");
        }
        assert_eq!(never_forbidden().count(), 47);
        let everything = rule("local.all", "forbid (principal, action, resource);");
        assert!(refused(&everything).contains("every action"));
        let among = "forbid (principal, action in [Stafett::Action::\"read_case\",
                     Stafett::Action::\"read_case_access_log\"], resource);";
        assert!(refused(&rule("local.among", among)).contains("read_case_access_log"));
    }

    #[test]
    fn a_rule_that_cannot_be_told_or_read_stops_the_start() {
        let staff = "forbid (principal, action == Stafett::Action::\"list_staff\", resource);";
        for missing in
            ["@id(\"local.rule\")", "@legal_basis(\"fvl § 13\")", "@summary(\"s\")", "@summary_no(\"s\")"]
        {
            let text = on("forbid", "list_staff");
            assert!(
                matches!(load(&text.replace(missing, "")), Err(PolicyError::Annotation { .. })),
                "{missing}"
            );
        }
        let blank = on("forbid", "list_staff").replace("@summary(\"s\")", "@summary(\" \")");
        assert!(matches!(load(&blank), Err(PolicyError::Annotation { annotation: "summary", .. })));
        let twice = format!("{}\n{}", rule("local.rule", staff), rule("local.rule", staff));
        assert!(matches!(load(&twice), Err(PolicyError::Annotation { annotation: "id", .. })));
        let of_ours = rule("case.team", staff);
        assert!(
            matches!(load(&of_ours), Err(PolicyError::Annotation { annotation: "id", .. })),
            "an id of ours"
        );
        let template =
            "forbid (principal == ?principal, action == Stafett::Action::\"list_staff\", resource);";
        assert!(matches!(load(&rule("local.slot", template)), Err(PolicyError::Template(_))));
        let no_law = on("forbid", "list_staff").replace("fvl § 13", "fvl § 999");
        assert!(matches!(load(&no_law), Err(PolicyError::Law(_))));
        let no_such_fact =
            "forbid (principal, action == Stafett::Action::\"list_staff\", resource) when { context.seat };";
        assert!(matches!(load(&rule("local.rule", no_such_fact)), Err(PolicyError::Invalid(_))));
        let no_such_action = "forbid (principal, action == Stafett::Action::\"fly\", resource);";
        assert!(matches!(load(&rule("local.rule", no_such_action)), Err(PolicyError::Invalid(_))));
        assert!(matches!(load("forbid (principal, action"), Err(PolicyError::Parse { .. })));
    }

    #[test]
    fn a_folder_of_rules_that_is_gone_or_empty_stops_the_start() {
        let folder = std::env::temp_dir().join(format!("stafett-local-{}", uuid::Uuid::now_v7()));
        assert!(matches!(Policies::load_local(&folder), Err(PolicyError::Folder(..))), "gone");
        std::fs::create_dir(&folder).expect("a folder");
        std::fs::write(folder.join("README.txt"), "Rules are put here.").expect("a file");
        assert!(matches!(Policies::load_local(&folder), Err(PolicyError::NoLocalRules(_))), "emptied");
        std::fs::write(folder.join("1.CEDAR"), on("forbid", "list_staff")).expect("a file");
        let rules = Policies::load_local(&folder).expect("rules");
        assert!(rules.rule("local.rule").is_some());
        std::fs::remove_dir_all(&folder).expect("gone");
    }
}
