//! Which codes may stand in the generated stores? A catalogue for them lists exactly these.

/// Camps inside the population of the demo's arrangement.
pub const CAMPS: [&str; 4] = ["KE106322", "KE111507", "KE115655", "KE123001"];
/// A camp outside it.
pub const OUTSIDE_CAMP: &str = "KE130117";

/// `individual.sex`.
pub const SEX: [&str; 4] = ["F", "M", "U", "X"];
/// `individual.marital_status`.
pub const MARITAL_STATUS: [&str; 9] = ["CL", "DV", "EG", "MA", "SN", "SR", "U", "WD", "PT"];
/// `individual.legal_status`.
pub const LEGAL_STATUS: [&str; 5] = ["refugee", "asylum-seeker", "stateless", "returnee", "other"];
/// `individual.relationship_to_head`.
pub const RELATIONSHIP: [&str; 13] =
    ["PA", "WIF", "HUS", "SON", "DAU", "FAT", "MOT", "BRO", "SIS", "FCF", "FCM", "NRM", "U"];
/// `individual.country_of_origin` (ISO 3166-1 alpha-3). The host country is not among them.
pub const COUNTRY_OF_ORIGIN: [&str; 11] = ["BDI", "BGD", "COD", "ERI", "ETH", "MMR", "SDN", "SOM", "SSD", "SYR", "UKR"];
/// `individual.nationality`: the countries of origin, stateless, unknown.
pub const NATIONALITY: [&str; 13] =
    ["BDI", "BGD", "COD", "ERI", "ETH", "MMR", "SDN", "SOM", "SSD", "SYR", "UKR", "STL", "UNK"];
/// `individual.preferred_language` and `language.language` (ISO 639-3).
pub const LANGUAGE: [&str; 20] = [
    "amh", "apc", "apd", "arb", "ben", "din", "eng", "fra", "ksw", "lin", "mya", "nus", "orm", "rhg", "run", "rus",
    "som", "swh", "tir", "ukr",
];
/// `individual.religion`.
pub const RELIGION: [&str; 7] = ["BUD", "CHR", "HIN", "MUS", "NON", "TRA", "UNK"];
/// `individual.education_level`.
pub const EDUCATION_LEVEL: [&str; 6] = ["none", "primary", "secondary", "vocational", "university", "unknown"];
/// `individual.consent_sharing`.
pub const CONSENT: [&str; 3] = ["given", "refused", "withdrawn"];
/// `individual.process_status`.
pub const PROCESS_STATUS: [&str; 4] = ["active", "inactive", "closed", "on-hold"];
/// `household.shelter`.
pub const SHELTER: [&str; 5] = ["tent", "mud-brick", "iron-sheet", "communal", "permanent"];
/// `document.document_type`.
pub const DOCUMENT_TYPE: [&str; 7] =
    ["passport", "national-id", "birth-certificate", "unhcr-certificate", "refugee-id", "permit", "other"];
/// `document.issuing_country`: the countries of origin and the host.
pub const ISSUING_COUNTRY: [&str; 12] =
    ["BDI", "BGD", "COD", "ERI", "ETH", "KEN", "MMR", "SDN", "SOM", "SSD", "SYR", "UKR"];
/// `specific_need.category`.
pub const NEED_CATEGORY: [&str; 12] = ["CR", "SC", "WR", "ER", "SP", "DS", "SM", "FU", "LP", "TR", "SV", "PG"];
/// `specific_need.status`.
pub const NEED_STATUS: [&str; 2] = ["active", "closed"];
/// `language.level`.
pub const LANGUAGE_LEVEL: [&str; 4] = ["E", "N", "NO", "U"];
/// `confidentiality_mark.reason_class`.
pub const MARK_REASON: [&str; 3] = ["protection", "family", "own-request"];
/// `enrolment.modality` in the biometrics store.
pub const MODALITY: [&str; 3] = ["face", "fingerprint", "iris"];
/// `enrolment.status`.
pub const ENROLMENT_STATUS: [&str; 2] = ["enrolled", "missing"];
/// `enrolment.reason_missing`, null when enrolled.
pub const REASON_MISSING: [&str; 4] = ["too-young", "injury", "declined", "equipment"];
/// `programme` in `assistance.csv`.
pub const PROGRAMME: [&str; 4] = ["food", "shelter", "core-relief", "education"];
/// `modality` in `assistance.csv`.
pub const ASSISTANCE_MODALITY: [&str; 3] = ["cash", "voucher", "in-kind"];
/// `currency` in `assistance.csv` (ISO 4217).
pub const CURRENCY: [&str; 2] = ["KES", "USD"];
/// `status` in `assistance.csv`.
pub const ASSISTANCE_STATUS: [&str; 3] = ["PLANNED", "DELIVERED", "REVERSED"];
/// `method` in `verification.jsonl`.
pub const VERIFICATION_METHOD: [&str; 4] = ["in-person", "phone", "iris", "document"];
