//! What may be commanded? A file a verb.

mod accept_receipt;
mod activate_configuration;
mod add_officer;
mod add_partner;
mod assess;
mod attest;
mod carry_on;
mod clone_exchange;
mod decide_transfer;
mod declare_recipient;
mod draft_arrangement;
mod enquire;
mod exceptional;
mod export_configuration;
mod import;
mod judge;
mod lapse;
mod move_arrangement;
mod move_partner;
mod open_quarantine;
mod open_sandbox;
mod pause_schedule;
mod preview_real;
mod prove_key;
mod register_refused;
mod request_more;
mod request_transfer;
mod restrict_partner;
mod revoke_officer;
mod roll_back_configuration;
mod rotate_key;
mod run_sandbox;
mod sandbox_receipt;
mod sign_arrangement;
mod signer;
mod stage_configuration;
mod stop;
mod withdraw_configuration;

pub use crate::standing::in_force;
pub use accept_receipt::{Accepted, accept_receipt};
pub use activate_configuration::activate_configuration;
pub use add_officer::{NewPerson, add_officer};
pub use add_partner::{PartnerKeys, add_partner};
pub(crate) use assess::gate;
pub use assess::{approve_assessment, assessments, assessments_after, figures, import_assessment};
pub use attest::{accept_attestations, attest};
pub use carry_on::may_carry_on;
pub use clone_exchange::{Cloned, clone_apply, clone_exchange};
pub use decide_transfer::{Decided, approve_transfer, refuse_transfer, withdraw_transfer};
pub use declare_recipient::{declare_recipient, undeclare_recipient};
pub use draft_arrangement::{Drafted, draft_arrangement};
pub use enquire::{
    assess_enquiry, decline_enquiry, draft_of_enquiry, enquire, enquiry, said as said_of_answer, withdraw_enquiry,
};
pub(crate) use exceptional::exception;
pub use exceptional::{Released, release_exceptionally};
pub use export_configuration::{diff_configuration, export_configuration};
pub(crate) use import::foreign_sources;
pub use import::{import_catalogue, import_exchange};
pub(crate) use judge::{assessed, beyond, judge, within};
pub(crate) use lapse::{lapse, lapse_under_way, lapsed};
pub use move_arrangement::{
    CLOCK, activate_arrangement, expire_arrangements, propose_arrangement, resume_arrangement, suspend_arrangement,
    terminate_arrangement,
};
pub use move_partner::{Moved, activate_partner, close_partner, resume_partner, suspend_partner, verify_partner};
pub use open_quarantine::open_quarantine;
pub use open_sandbox::{Opened, add_test_keys, open_sandbox};
pub use pause_schedule::{pause_schedule, unpause_schedule};
pub use preview_real::preview_real;
pub use prove_key::{challenge_partner, prove_key};
pub use register_refused::{refused_requests, refused_statistics, register_refused};
pub use request_more::{More, propose_amendment, request_more};
pub use request_transfer::{Manner, Requested, request_transfer};
pub use restrict_partner::{Admitted, admit_real_data, restrict_partner};
pub use revoke_officer::revoke_officer;
pub use roll_back_configuration::{RolledBack, roll_back_configuration};
pub use rotate_key::{NextKeys, confirm_key, revoke_key, rotate_key};
pub use run_sandbox::{Ran, run_sandbox, sandbox};
pub use sandbox_receipt::sandbox_receipt;
pub use sign_arrangement::sign_arrangement;
pub use stage_configuration::{Signing, Staged, stage_configuration, stage_file};
pub(crate) use stop::stopped;
pub use stop::{Switched, object, resume, stop};
pub use withdraw_configuration::withdraw_configuration;
