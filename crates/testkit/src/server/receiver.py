"""Takes mail and calls of webhooks, as servers of others do, and writes each down as a line of JSON.

receiver.py FOLDER SMTP_PORT HTTPS_PORT: the folder holds server.pem and server.key; mail.jsonl and calls.jsonl come into it.
"""

import base64
import hashlib
import hmac
import json
import os
import ssl
import sys
import threading
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

FOLDER, SMTP_PORT, HTTPS_PORT = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
USER, PASSWORD = "gateway", "invented word"
SECRET = "whsec_" + base64.b64encode(b"an invented secret of a receiver").decode()
LOCK = threading.Lock()


def note(file, entry):
    with LOCK, open(os.path.join(FOLDER, file), "a", encoding="utf-8") as out:
        out.write(json.dumps(entry) + "\n")
        out.flush()
        os.fsync(out.fileno())


def context():
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(os.path.join(FOLDER, "server.pem"), os.path.join(FOLDER, "server.key"))
    return made


class Mail:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return f"550 5.1.1 <{address}>: no such mailbox"
        if address.startswith("later@"):
            return f"451 4.3.0 <{address}>: try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = message_from_bytes(envelope.content, policy=policy.default)
        headers = {name: str(value) for name, value in message.items()}
        note("mail.jsonl", {
            "from": envelope.mail_from, "to": envelope.rcpt_tos, "encrypted": session.ssl is not None,
            "user": bool(session.authenticated), "headers": headers, "text": message.get_content(),
        })
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    good = data.login == USER.encode() and data.password == PASSWORD.encode()
    return AuthResult(success=good, handled=False, auth_data=data.login if good else None)


class Server(Controller):
    def factory(self):
        return SMTP(self.handler, tls_context=context(), require_starttls=True, authenticator=authenticate,
                    auth_required=True, auth_require_tls=True, hostname="localhost")


class Calls(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + body
        key = base64.b64decode(SECRET.removeprefix("whsec_"))
        expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        genuine = hmac.compare_digest(expected, self.headers.get("webhook-signature", ""))
        note("calls.jsonl", {"path": self.path, "genuine": genuine, "id": self.headers["webhook-id"],
                             "host": self.headers["host"], "body": body.decode()})
        status = {"/gone": 410, "/moved": 302, "/broken": 500}.get(self.path, 204 if genuine else 401)
        self.send_response(status)
        if status == 302:
            self.send_header("location", f"https://localhost:{HTTPS_PORT}/elsewhere")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


https = ThreadingHTTPServer(("127.0.0.1", HTTPS_PORT), Calls)
https.socket = context().wrap_socket(https.socket, server_side=True)
Server(Mail(), hostname="127.0.0.1", port=SMTP_PORT).start()
print("ready", flush=True)
https.serve_forever()
