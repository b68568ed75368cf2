# What staff and partners are told. Every language has every message with the same arguments; a test says so.
# $subject and $operation are ids. The name of a message is the kind of alert.

approval-needed = Transfer { $subject } waits for an officer.
transfer-failed = Transfer { $subject } did not succeed.
receipt-disputed = The receipt for transfer { $subject } does not agree with what was sent.
receipt-overdue = The receipt for transfer { $subject } is overdue.
package-ready = The package of transfer { $subject } is ready to be taken over the API.
package-not-taken = The package of transfer { $subject } was not taken in time: the transfer has lapsed.
arrangement-expires = Arrangement { $subject } ends soon.
key-expires = Key { $subject } ends soon.
schema-drift = What the stores hold is no longer as catalogue { $subject } says.
unusual-volume = The package of transfer { $subject } holds many more or fewer records than those before.
look-ups-suspended = Client { $subject } asks about single people no more: its questions were nearly the same.
intake-waits = Records of intake { $subject } wait for a person.
intake-rejected = Intake { $subject } was rejected: nothing of it is applied.
trial = This is a trial of alerts: { $subject }.
look = Look in the gateway of { $operation } for more: nothing else is told this way.
ids-only = Please do not answer. Never send information about people by mail.
