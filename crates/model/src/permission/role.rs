//! In which roles do people act, and how does a thing relate to whoever acts on it?

use crate::named::named;

named! {
    /// A role in which a person acts.
    Role, "role" {
        /// The country representative: controller and signatory.
        Representative = "representative",
        /// Receives requests, checks them, watches deliveries.
        RegistrationOfficer = "registration-officer",
        /// Drafts element lists and assessments in the country.
        DataProtectionFocalPoint = "data-protection-focal-point",
        /// Reviews assessments, vetoes, looks across countries.
        DataProtectionOfficer = "data-protection-officer",
        /// Models exchanges, maps codes, promotes from test to production.
        ConfigurationEngineer = "configuration-engineer",
        /// Signs for the partner, keeps its keys, people and attestations.
        PartnerAdministrator = "partner-administrator",
        /// Requests, receives and acknowledges for the partner.
        PartnerOperator = "partner-operator",
        /// Sees what the partner has agreed and received.
        PartnerAuditor = "partner-auditor",
        /// Proves what happened without seeing people.
        Auditor = "auditor",
    }
}

impl Role {
    /// Whether it is a role of a partner's people; such a role counts for nothing without a partner.
    pub const fn is_partners(self) -> bool {
        matches!(self, Role::PartnerAdministrator | Role::PartnerOperator | Role::PartnerAuditor)
    }
}

named! {
    /// How a thing relates to the organisation of whoever acts on it.
    Relation, "relation" {
        /// It belongs to the actor's own organisation, alone or together with another.
        Own = "own",
        /// It belongs to another organisation that works with the same operation.
        Anothers = "anothers",
        /// It belongs to another operation.
        OtherOperation = "other-operation",
    }
}

named! {
    /// What the table says of one role, action and relation.
    Decision, "decision" {
        /// It may be done.
        Permit = "permit",
        /// It may not be done.
        Deny = "deny",
        /// It may be done by anybody but whoever drafted the thing.
        PermitUnlessDrafter = "permit-unless-drafter",
    }
}
