//! Does the table say what was reviewed, and does nobody approve what they drafted?
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use super::*;

fn actor(name: &str, roles: &[Role], partner: Option<&str>) -> Actor {
    Actor {
        person: Person::new(name, format!("key of {name}")),
        roles: roles.iter().copied().collect(),
        operation: "invented-land".into(),
        partner: partner.map(Into::into),
    }
}

fn shared(partner: &str) -> Thing {
    Thing::of_operation("food-2026", "invented-land").owned_by(Owner::Both(partner.into()))
}

#[test]
fn the_whole_matrix_is_as_reviewed() {
    let letter = |decision| match decision {
        Decision::Permit => 'P',
        Decision::Deny => '-',
        Decision::PermitUnlessDrafter => 'U',
    };
    let mut matrix = String::new();
    for action in Action::ALL {
        let cells = Relation::ALL
            .iter()
            .map(|relation| Role::ALL.iter().map(|role| letter(action.decision(*role, *relation))).collect::<String>());
        matrix.push_str(&format!("{:<25} {}\n", action.as_str(), cells.collect::<Vec<_>>().join(" ")));
    }
    insta::assert_snapshot!(matrix);
}

#[test]
fn names_are_unique_and_kebab_case() {
    let names: BTreeSet<&str> = Action::ALL.iter().map(|action| action.as_str()).collect();
    assert_eq!(names.len(), Action::ALL.len());
    assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
    for action in Action::ALL {
        assert_eq!(action.as_str().parse::<Action>().unwrap(), *action);
    }
}

#[test]
fn every_action_is_open_to_somebody_and_no_one_has_them_all() {
    for action in Action::ALL {
        let open = Role::ALL
            .iter()
            .any(|role| Relation::ALL.iter().any(|relation| action.decision(*role, *relation) != Decision::Deny));
        assert!(open, "{action}");
    }
    for role in Role::ALL {
        assert!(Action::ALL.iter().any(|action| action.decision(*role, Relation::Own) == Decision::Deny), "{role}");
    }
}

#[test]
fn auditors_only_read_and_partners_reach_nothing_that_is_another_s() {
    for action in Action::ALL {
        for relation in Relation::ALL {
            if action.nature() == Nature::Change {
                for role in [Role::Auditor, Role::PartnerAuditor] {
                    assert_eq!(action.decision(role, *relation), Decision::Deny, "{role} {action}");
                }
            }
            if *relation != Relation::Own {
                for role in Role::ALL.iter().filter(|role| role.is_partners()) {
                    assert_eq!(action.decision(*role, *relation), Decision::Deny, "{role} {action} {relation}");
                }
            }
        }
    }
}

#[test]
fn approvals_are_never_open_to_the_drafter() {
    let approvals = [
        Action::VerifyPartner,
        Action::ActivatePartner,
        Action::AcceptAttestation,
        Action::SignArrangement,
        Action::ActivateArrangement,
        Action::ApproveAssessment,
        Action::ActivateConfiguration,
        Action::RollBackConfiguration,
        Action::ApproveTransfer,
        Action::ReleaseExceptionally,
        Action::AcceptLoss,
    ];
    for action in approvals {
        for (role, relation) in Role::ALL.iter().flat_map(|role| Relation::ALL.iter().map(move |r| (role, r))) {
            assert_ne!(action.decision(*role, *relation), Decision::Permit, "{role} {action} {relation}");
        }
    }
}

#[test]
fn nobody_approves_what_they_drafted_in_any_role() {
    let amina = actor("amina", &[Role::Representative, Role::RegistrationOfficer], None);
    for drafter in [Person::new("amina", "another key"), Person::new("another name", "key of amina")] {
        let drafted = shared("lantern").drafted_by(drafter);
        assert_eq!(decide(&amina, Action::ApproveTransfer, &drafted).unwrap_err().code, Code::OwnDraft);
    }
    assert_eq!(
        decide(&amina, Action::ApproveTransfer, &shared("lantern").drafted_by(Person::new("bo", "b")))
            .unwrap()
            .relation,
        Relation::Own
    );
}

#[test]
fn what_belongs_to_others_stays_theirs() {
    let thandi = actor("thandi", &[Role::PartnerOperator], Some("lantern"));
    assert!(decide(&thandi, Action::RequestTransfer, &shared("lantern")).is_ok());
    let refused = decide(&thandi, Action::RequestTransfer, &shared("harbour")).unwrap_err();
    assert_eq!(refused.code, Code::NotPermitted);
    assert!(refused.detail.contains("another organisation's"), "{refused}");
    let mut elsewhere = shared("lantern");
    elsewhere.operation = "other-land".into();
    assert_eq!(relation(&thandi, &elsewhere), Relation::OtherOperation);
    assert_eq!(decide(&thandi, Action::ShowTransfers, &elsewhere).unwrap_err().code, Code::NotPermitted);
}

#[test]
fn a_staff_role_in_a_partner_s_hands_counts_for_nothing() {
    let wolf = actor("wolf", &[Role::Representative, Role::DataProtectionOfficer], Some("lantern"));
    let lamb = actor("lamb", &[Role::PartnerAdministrator], None);
    for action in Action::ALL {
        assert!(decide(&wolf, *action, &shared("lantern")).is_err(), "{action}");
        assert!(decide(&lamb, *action, &shared("lantern")).is_err(), "{action}");
    }
}

#[test]
fn the_officer_of_data_protection_may_veto_elsewhere_and_not_look_at_people() {
    let dana = Actor { operation: "headquarters".into(), ..actor("dana", &[Role::DataProtectionOfficer], None) };
    for action in [Action::SuspendArrangement, Action::Stop, Action::RefuseTransfer, Action::ApproveAssessment] {
        assert!(decide(&dana, action, &shared("lantern")).is_ok(), "{action}");
    }
    for action in [Action::PreviewReal, Action::OpenQuarantine, Action::SignArrangement] {
        assert!(decide(&dana, action, &shared("lantern")).is_err(), "{action}");
    }
}
