//! May this person do this to that thing? One table, one decision, which says by what it was determined.

mod action;
mod role;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use action::{Action, Nature};
pub use role::{Decision, Relation, Role};

use crate::{Code, Person, Violation};

/// A person who acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Who it is.
    pub person: Person,
    /// Every role that the person has. Any one may permit.
    pub roles: BTreeSet<Role>,
    /// The operation for which, or with which, the person works.
    pub operation: String,
    /// The partner whose person it is; none for the operation's own staff.
    pub partner: Option<String>,
}

/// Whose a thing is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// The operation's own: configuration, ledger, the installation.
    Operation,
    /// A partner's own: its keys, attestations, enquiries.
    Partner(String),
    /// The operation's and a partner's: arrangements, exchanges, requests, transfers, a stop of that partner.
    Both(String),
}

/// What is acted on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thing {
    /// What it is called, for the reason of a refusal.
    pub name: String,
    /// The operation that it belongs to.
    pub operation: String,
    /// Whose it is there.
    pub owner: Owner,
    /// All who drafted or requested what is now to be approved.
    pub drafters: Vec<Person>,
}

/// A permitted action, with the factors that determined it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permitted {
    /// What may be done.
    pub action: Action,
    /// The role that permits it.
    pub role: Role,
    /// How the thing relates to the actor's organisation.
    pub relation: Relation,
}

impl Thing {
    /// A thing of the operation's own, drafted by nobody.
    pub fn of_operation(name: impl Into<String>, operation: impl Into<String>) -> Self {
        Self { name: name.into(), operation: operation.into(), owner: Owner::Operation, drafters: Vec::new() }
    }

    /// The same thing, owned otherwise.
    pub fn owned_by(mut self, owner: Owner) -> Self {
        self.owner = owner;
        self
    }

    /// The same thing, drafted by that person too.
    pub fn drafted_by(mut self, person: Person) -> Self {
        self.drafters.push(person);
        self
    }
}

/// How `thing` relates to the organisation of `actor`.
pub fn relation(actor: &Actor, thing: &Thing) -> Relation {
    if actor.operation != thing.operation {
        return Relation::OtherOperation;
    }
    match (&actor.partner, &thing.owner) {
        (None, Owner::Operation | Owner::Both(_)) => Relation::Own,
        (Some(mine), Owner::Partner(theirs) | Owner::Both(theirs)) if mine == theirs => Relation::Own,
        _ => Relation::Anothers,
    }
}

/// Whether `actor` may do `action` to `thing`: by which role, or why not.
pub fn decide(actor: &Actor, action: Action, thing: &Thing) -> Result<Permitted, Violation> {
    let relation = relation(actor, thing);
    let effective = actor.roles.iter().filter(|role| role.is_partners() == actor.partner.is_some());
    let drafted = thing.drafters.iter().any(|drafter| drafter.may_be(&actor.person));
    let name = &actor.person.name;
    let mut own_draft = None;
    for role in effective {
        match action.decision(*role, relation) {
            Decision::Permit => return Ok(Permitted { action, role: *role, relation }),
            Decision::PermitUnlessDrafter if drafted => own_draft = Some(*role),
            Decision::PermitUnlessDrafter => return Ok(Permitted { action, role: *role, relation }),
            Decision::Deny => {}
        }
    }
    if let Some(role) = own_draft {
        let detail = format!("as {role}, `{name}` may {action}, but not what `{name}` or the same key drafted");
        return Err(Violation::new(Code::OwnDraft, &thing.name, detail));
    }
    let roles: Vec<&str> = actor.roles.iter().map(|role| role.as_str()).collect();
    let roles = if roles.is_empty() { "no role".to_owned() } else { roles.join(", ") };
    let detail = format!("`{name}` ({roles}) may not {action}, the thing being {}", said(relation));
    Err(Violation::new(Code::NotPermitted, &thing.name, detail))
}

fn said(relation: Relation) -> &'static str {
    match relation {
        Relation::Own => "of their own organisation",
        Relation::Anothers => "another organisation's",
        Relation::OtherOperation => "another operation's",
    }
}

#[cfg(test)]
mod tests;
