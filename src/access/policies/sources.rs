//! The text of the rules and of their schema, which is inside the program.

pub(super) const SCHEMA: &str = include_str!("../../../policies/stafett.cedarschema");
pub(super) const SOURCES: [(&str, &str); 24] = [
    ("01-own-desk.cedar", include_str!("../../../policies/01-own-desk.cedar")),
    ("02-organisation.cedar", include_str!("../../../policies/02-organisation.cedar")),
    ("03-child.cedar", include_str!("../../../policies/03-child.cedar")),
    ("04-concern.cedar", include_str!("../../../policies/04-concern.cedar")),
    ("05-case.cedar", include_str!("../../../policies/05-case.cedar")),
    ("06-consent-and-handover.cedar", include_str!("../../../policies/06-consent-and-handover.cedar")),
    ("07-measures.cedar", include_str!("../../../policies/07-measures.cedar")),
    ("08-meetings.cedar", include_str!("../../../policies/08-meetings.cedar")),
    ("09-notes.cedar", include_str!("../../../policies/09-notes.cedar")),
    ("10-withholdings.cedar", include_str!("../../../policies/10-withholdings.cedar")),
    ("11-child-welfare-reports.cedar", include_str!("../../../policies/11-child-welfare-reports.cedar")),
    ("12-disclosures.cedar", include_str!("../../../policies/12-disclosures.cedar")),
    ("13-emergency.cedar", include_str!("../../../policies/13-emergency.cedar")),
    ("14-conflicts-of-interest.cedar", include_str!("../../../policies/14-conflicts-of-interest.cedar")),
    ("15-address-and-custody.cedar", include_str!("../../../policies/15-address-and-custody.cedar")),
    ("16-log-reviews.cedar", include_str!("../../../policies/16-log-reviews.cedar")),
    ("17-disqualification.cedar", include_str!("../../../policies/17-disqualification.cedar")),
    ("18-roles-without-content.cedar", include_str!("../../../policies/18-roles-without-content.cedar")),
    ("19-claims.cedar", include_str!("../../../policies/19-claims.cedar")),
    ("20-fields.cedar", include_str!("../../../policies/20-fields.cedar")),
    ("21-transitions.cedar", include_str!("../../../policies/21-transitions.cedar")),
    ("22-consent-requests.cedar", include_str!("../../../policies/22-consent-requests.cedar")),
    ("23-absences.cedar", include_str!("../../../policies/23-absences.cedar")),
    ("25-referrals.cedar", include_str!("../../../policies/25-referrals.cedar")),
];
