//! Which roles count. Only this states it: an ended role, a role of a person whose account is disabled, and a role that another controller
//! would give over the municipality count for nothing. An auditor of another controller controls what the staff of the unit do, and
//! nothing else.

/// SQL: whether a person holds a role on a day. The day is a parameter, because nothing else says what day it is in a transaction.
///
/// It concerns what is stated about staff. Rights need [`role_counts_sql`](crate::role_counts_sql).
#[macro_export]
macro_rules! role_is_held_sql {
    ($role:literal, $today:literal) => {
        concat!($role, ".ended_at IS NULL AND ", $role, ".ends_on > ", $today)
    };
}

/// SQL: whether a human administers a municipality on a day, as any person that it knows them as. The first argument is an SQL expression
/// for the id of a person.
#[macro_export]
macro_rules! administers_sql {
    ($person:literal, $municipality:literal, $today:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM staff_role adm JOIN unit adu ON adu.id = adm.unit_id
                     WHERE adm.role = 'administrator' AND adu.municipality = ",
            $municipality,
            " AND adm.person_id IN ",
            $crate::persons_of_sql!($person),
            " AND ",
            $crate::role_counts_sql!("adm", $today),
            ")"
        )
    };
}

/// SQL: whether a role counts on a day: it is held, the account is activated and not disabled, and a role that acts for the whole municipality is in a
/// unit that the municipality controls. Another controller must not appoint its auditors or administrators (GDPR art. 24).
///
/// A person keeps their roles while their account is disabled, and has them again when it is enabled.
#[macro_export]
macro_rules! role_counts_sql {
    ($role:literal, $today:literal) => {
        $crate::role_counts_sql!($role, $today, "'administrator', 'auditor', 'analyst'")
    };
    ($role:literal, $today:literal, $of_municipality:literal) => {
        concat!(
            $crate::role_is_held_sql!($role, $today),
            " AND EXISTS (SELECT 1 FROM account act JOIN account_password apw ON apw.person_id = act.person_id WHERE act.person_id = ",
            $role,
            ".person_id AND act.disabled_at IS NULL)
             AND (",
            $role,
            ".role NOT IN (",
            $of_municipality,
            ") OR EXISTS (SELECT 1 FROM unit run WHERE run.id = ",
            $role,
            ".unit_id AND run.controller = 'municipality'))"
        )
    };
}

/// SQL: whether a role counts on a day for the municipality, or is that of an auditor of another controller.
/// [`HeldRole::acts_as`](crate::identity::HeldRole::acts_as) states what the latter gives.
#[macro_export]
macro_rules! role_counts_for_controller_sql {
    ($role:literal, $today:literal) => {
        $crate::role_counts_sql!($role, $today, "'administrator', 'analyst'")
    };
}

/// SQL: whether a human holds a role on a day that excludes content, in the municipality that knows them as a person. The first argument
/// is an SQL expression for the id of that person.
#[macro_export]
macro_rules! is_kept_from_content_sql {
    ($person:literal, $today:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM person kp
                     JOIN person ko ON ko.identity_id = kp.identity_id AND ko.municipality = kp.municipality
                     JOIN staff_role kr ON kr.person_id = ko.id
                     WHERE kp.id = ",
            $person,
            " AND kr.role IN ('administrator', 'auditor', 'analyst') AND ",
            $crate::role_counts_for_controller_sql!("kr", $today),
            ")"
        )
    };
}

/// SQL: whether a human is away from a unit on a day. The arguments are SQL expressions for a person, the unit and the day.
#[macro_export]
macro_rules! is_away_sql {
    ($person:literal, $unit:literal, $today:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM absence aw WHERE aw.over_at IS NULL AND aw.unit_id = ",
            $unit,
            " AND aw.from_on <= ",
            $today,
            " AND (aw.to_on IS NULL OR aw.to_on >= ",
            $today,
            ") AND aw.person_id IN ",
            $crate::persons_of_sql!($person),
            ")"
        )
    };
}
