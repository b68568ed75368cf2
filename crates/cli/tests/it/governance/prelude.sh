# What transcripts begin with: these functions are there in every command. Keys of people lie in `people`. With ENVIRONMENT=test
# they make keys for tests.

# Makes the installation of the operation `kenya-example`.
installation() {
    causeway init --operation kenya-example $DATABASE "$@" > init.said
    mkdir -p people
}

# Makes a key pair for somebody: people/NAME.pem, people/NAME.pub.pem, and people/NAME.print as it is read aloud.
new_key() {
    causeway officer new --out "people/$1.pem" --environment "${ENVIRONMENT:-production}" > "people/$1.said"
    sed -n 's/^fingerprint //p' "people/$1.said" > "people/$1.print"
}

# Makes a key pair for somebody and registers it: officer NAME --role ROLE ...
officer() {
    new_key "$1"
    causeway officer add "$@" --key "people/$1.pub.pem" --fingerprint "$(cat "people/$1.print")"
}

# Does something as somebody: as NAME COMMAND ...
as() {
    who=$1
    shift
    causeway --as "$who" "$@"
}

# An installation with a representative, amina; a data protection officer, otieno; and wanjiru, who receives requests, drafts
# and configures.
staff() {
    installation "$@"
    officer amina --role representative > staff.said
    officer otieno --role data-protection-officer --as amina > staff.said
    officer wanjiru --as amina --role registration-officer --role data-protection-focal-point \
        --role configuration-engineer > staff.said
}

# The partner's own keys, by its own tools: partner/identity.txt, recipient.txt, signing.pem, signing.pub.pem, and the prints; or
# in another folder.
partner_keys() {
    mkdir -p "${1:-partner}"
    (
        umask 077
        cd "${1:-partner}"
        age-keygen -o identity.txt 2> keygen.said
        age-keygen -y identity.txt > recipient.txt
        openssl genpkey -algorithm ed25519 -out signing.pem 2> keygen.said
        openssl pkey -in signing.pem -pubout > signing.pub.pem
        tr -d '\n' < recipient.txt | sha256sum | cut -c1-32 > recipient.print
        openssl pkey -in signing.pem -pubout -outform DER | tail -c 32 | sha256sum | cut -c1-32 > signing.print
        test "${ENVIRONMENT:-production}" = production || sed -i '1i # environment: test' recipient.txt signing.pub.pem
    )
}

# Keys of a partner for sandboxes, by its own tools: trial/identity.txt, recipient.txt, signing.pem, signing.pub.pem.
test_keys() {
    mkdir -p trial
    (
        umask 077
        cd trial
        age-keygen -o identity.txt 2> keygen.said
        age-keygen -y identity.txt > recipient.txt
        openssl genpkey -algorithm ed25519 -out signing.pem 2> keygen.said
        openssl pkey -in signing.pem -pubout > signing.pub.pem
        sed -i '1i # environment: test' recipient.txt signing.pub.pem
    )
}

# Invites a partner: invite NAME [--recipient-fingerprint ... --signing-fingerprint ...]
invite() {
    causeway --as wanjiru partner add "$1" --title "$1 (invented)" --jurisdiction KEN --hosting-country KEN \
        --recipient partner/recipient.txt --signing-key partner/signing.pub.pem
}

# The partner decrypts partner/challenge.age and signs what it holds: partner/answer, partner/answer.sig; or with the keys of
# other folders: answer FOLDER-OF-THE-IDENTITY FOLDER-OF-THE-SIGNING-KEY
answer() {
    age -d -i "${1:-partner}/identity.txt" partner/challenge.age | zstd -dcq > partner/answer
    openssl pkeyutl -sign -rawin -inkey "${2:-partner}/signing.pem" -in partner/answer -out partner/answer.sig
}

# The newest package that was delivered.
newest() {
    ls -td home/outbox/lantern-relief/* | head -n 1
}

# Whether the newest package is sealed to the key in a folder: sealed_to FOLDER
sealed_to() {
    grep -q "$(cut -c1-16 "$1/recipient.print")" "$(newest)/manifest.json" && echo "sealed to $1"
}

# The partner signs the receipt of the newest package, with the keys of folders: receipt_by IDENTITY-FOLDER SIGNING-FOLDER
receipt_by() {
    causeway receipt sign "$(newest)" --sender home/keys/package-signing.pub.pem --identity "$1/identity.txt" \
        --signing-key "$2/signing.pem" --outcome accepted --out receipt.json > receipt.said
}

# A partner that receives: invited, its administrator NAME-admin, keys proven, verified, active, ready until 2030.
partner() {
    partner_keys
    {
        invite "$1"
        officer "$1-admin" --role partner-administrator --partner "$1" --as wanjiru
        as wanjiru partner challenge "$1" --out partner/challenge.age
        answer
        as "$1-admin" partner prove-key "$1" --answer partner/answer --signature partner/answer.sig
        as amina partner verify "$1" --recipient-fingerprint "$(cat partner/recipient.print)" \
            --signing-fingerprint "$(cat partner/signing.print)"
        as amina partner activate "$1"
        as "$1-admin" partner attest "$1" --evidence "audit report 7 (invented)" --until 2030-12-31
        as otieno partner accept-attestation "$1"
    } > partner.said
}

# An assessment that covers everything, approved: assessed ARRANGEMENT
assessed() {
    {
        echo "assessment: dpia-$1"
        echo "arrangement: $1"
        echo "written_by: wanjiru"
        echo "valid_until: 2030-12-31"
        echo "covers: [large, repeated, structural, biometrics, sensitive]"
        echo "covers_records: 1000000"
        echo "evidence: assessment 12 (invented)"
    } > "dpia-$1.yaml"
    as wanjiru assessment import "dpia-$1.yaml" > assessed.said
    as otieno assessment approve "dpia-$1" > assessed.said
}

# Both parties sign the newest draft, and it comes into force: conclude ARRANGEMENT PARTNER
conclude() {
    {
        as wanjiru arrangement propose "$1"
        causeway arrangement sign "$1" --officer amina --key people/amina.pem
        causeway arrangement sign "$1" --officer "$2-admin" --key "people/$2-admin.pem"
        as amina arrangement activate "$1"
    } > concluded.said
}

# The example of the food distribution, in force, with its exchange food-people. Needs `staff` and `partner lantern-relief`.
food() {
    as wanjiru catalogue import "${CATALOGUE:-$EXAMPLES/catalogue.yaml}" > food.said
    as wanjiru arrangement draft "$EXAMPLES/arrangement-food.yaml" > food.said
    assessed food-2026
    conclude food-2026 lantern-relief
    as wanjiru exchange import "$EXAMPLES/exchange-people.yaml" > food.said
}

# The next version of the food arrangement in amended.yaml: amended VERSION SED-SCRIPT
amended() {
    sed -e "s/^version: 1$/version: $1/" -e "$2" "$EXAMPLES/arrangement-food.yaml" > amended.yaml
}

# What a command says without how far it is and without counts by reason; its exit code.
calmly() {
    code=0
    "$@" > calmly.said 2>&1 || code=$?
    sed -e '/ rows read (/d' -e '/^  \(withheld\|quarantined\|conflicts\|substituted\) /d' calmly.said
    return $code
}

# Runs a transfer of food-people.
transfer() {
    calmly causeway --as wanjiru transfer run food-people --progress none "$@"
}

# Carries on what was cut off.
carry_on() {
    calmly causeway --as wanjiru transfer resume
}

# An installation with an officer of each kind, the partner lantern-relief, its arrangement in force and the exchange
# food-people, to which the words given are added as further lines.
food_in_force() {
    staff
    partner lantern-relief
    food
    officer representative --role representative --as amina > said
    officer protection --role data-protection-officer --as amina > said
    officer registrar --role registration-officer --as amina > said
    officer focal --role data-protection-focal-point --as amina > said
    officer engineer --role configuration-engineer --as amina > said
    if test $# -gt 0; then
        { sed 's/^version: 1$/version: 2/' "$EXAMPLES/exchange-people.yaml"; for line in "$@"; do echo "$line"; done; } > exchange.yaml
        causeway exchange import exchange.yaml --as engineer > said
    fi
}

# An officer signs: signed NAME WORDS ...
signed() {
    signer="$1"
    shift
    causeway "$@" --officer "$signer" --key "people/$signer.pem"
}

# What was denied or refused, as it stands in the ledger: actor, what was tried, subject, codes.
denied() {
    causeway ledger export | python3 -c '
import json, sys
for line in sys.stdin:
    line = json.loads(line)
    leaf = line.get("leaf", line)
    if isinstance(leaf, dict) and leaf.get("event") in ("attempt-denied", "transfer-refused", "transfer-lapsed"):
        body = leaf["body"] if isinstance(leaf["body"], dict) else json.loads(leaf["body"])
        codes = sorted({violation["code"] for violation in body.get("violations", [])})
        print(leaf["actor"], body.get("attempt", leaf["event"]), leaf["subject"], " ".join(codes))
'
}

# The partner takes a challenge and proves with the keys of folders: proven IDENTITY-FOLDER SIGNING-FOLDER
proven() {
    rm -f partner/challenge.age
    as wanjiru partner challenge lantern-relief --out partner/challenge.age > said
    answer "$1" "$2"
    as lantern-relief-admin partner prove-key lantern-relief --answer partner/answer --signature partner/answer.sig
}

# What stands in the ledger of these events: actor, event, subject.
events() {
    causeway ledger export | python3 -c '
import json, sys
for line in sys.stdin:
    line = json.loads(line)
    leaf = line.get("leaf", line)
    if isinstance(leaf, dict) and str(leaf.get("event", "")).startswith(sys.argv[1]):
        body = leaf["body"] if isinstance(leaf["body"], dict) else json.loads(leaf["body"])
        print(leaf["actor"], leaf["event"], leaf["subject"], body.get("deed", ""), body.get("reason", ""))
' "$1"
}

# The partner applies a package to its states, the newest unless one is named: apply PACKAGE
apply() {
    causeway package apply "${1:-$(newest)}" --sender home/keys/package-signing.pub.pem \
        --identity partner/identity.txt --states partner/states
}

# The partner confirms what it holds after the newest package, and the operation adds the receipt.
confirm() {
    rm -f receipt.json receipt.json.sig
    causeway receipt sign "$(newest)" --sender home/keys/package-signing.pub.pem --identity partner/identity.txt \
        --signing-key partner/signing.pem --outcome accepted --states partner/states --out receipt.json > receipt.said
    as registrar receipt add receipt.json
}

# Changes the store of registrations, as those do who work with it: registered SQL
registered() {
    chmod u+w home/sources home/sources/progres.sqlite
    python3 -c 'import sqlite3, sys; sqlite3.connect("home/sources/progres.sqlite").executescript(sys.argv[1])' "$1"
}
