//! How do a program's next keys come in? As the first did, signed by the partner; and they let it do no more than before.

use causeway_model::permission::Action;
use causeway_model::{Code, Refused};

use super::add_client::{AddedClient, acts_as, claimed, enter_next, signed};
use crate::error::EngineError;
use crate::house::House;

/// Takes in a program's next registration: JSON bytes and detached signature. The keys before it go on until the day that it names.
pub async fn rotate_client_key(
    house: &House,
    actor: &str,
    json: &[u8],
    signature: &[u8],
) -> Result<AddedClient, EngineError> {
    let (client, partner) = claimed(house, json).await?;
    let action = Action::RotateClientKey;
    house.permit(actor, action, &house.of_partner(&client, &partner)).await?;
    let known = house.store.client(&client).await?;
    let Some(known) = known.filter(|known| known.revoked_at.is_none() && known.partner == partner) else {
        let help = "see `causeway partner client list`";
        return Err(EngineError::Unknown { what: "client", name: client, help });
    };
    let registration = signed(house, actor, action, (&client, &partner), json, signature).await?;
    let wider = registration.scopes.iter().any(|scope| !known.scopes.contains(scope));
    if wider || acts_as(registration.acts_as) != known.acts_as {
        let detail = "it would let the program do more than before, or act as somebody else: have the operation bring it in with \
                      `causeway partner client add`";
        let refused = Refused::one(Code::NotPermitted, &client, detail);
        return Err(house.deny(actor, action.as_str(), &client, refused).await);
    }
    enter_next(house, actor, action, registration, json, signature).await
}
