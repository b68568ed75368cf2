#!/usr/bin/env python3
"""A test client of the PING partner API that plays a partner's workflow engine.

It was written from the description of the wire format alone, so that it checks a gateway independently. Each
sub-command is one flow, whose last line on stdout is a JSON summary. The exit code is 0 when all went as
described and 1 on any surprise, which is said plainly on stderr too.
"""
import argparse
import json
import re
import ssl
import sys
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

Row = dict[str, Any]
HIDDEN, NO_DATA, RECORD_IDS = "…", "No Data Available", "{record_ids}"
ID_FIELD, TRANSFER_FIELD = "progres_lpinterventionid", "progres_primerotransferstatus"
REFERRAL_FIELD, GROUP_FIELD = "progres_interoperabilityreferralstatus", "progres_interventionnumber"
PENDING, ACKNOWLEDGED, SYNCED, UNKNOWN_OPTION = "125080002", "125080003", "125080003", "125089999"
NOBODY, BAD_COOKIE, NO_PARTNER = "ffffffff-ffff-4fff-bfff-ffffffffffff", "no-such-cookie", "PNR-9999"
MAX_PAGES, POLL_SECONDS, GUID = 10_000, 60.0, r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
ENVELOPE = ("SPHTransactionId", "RecordCount", "ErrorMessage", "Data")
SHOWN_HEADERS = ("content-type", "cache-control", "www-authenticate", "retry-after")
# Names, words and statuses that the description leaves open: the settings may replace any of them.
DEFAULTS: dict[str, Row] = {
    "processes": {}, "values": {"comment": "Synced by the test client"},
    "fields": {"pending_id": ID_FIELD, "decision_id": ID_FIELD, "decision_write_id": ID_FIELD,
               "group": GROUP_FIELD, "decision_group": GROUP_FIELD},
    "answer": {"status": "Status", "outcome": "Outcome", "errors": "Errors"},
    "words": {"completed": ["Completed"], "ended": ["Completed", "Failed"], "rejected": ["Rejected"],
              "duplicate": ["Duplicate"], "good": ["Accepted", "Created", "Updated", "Applied"]},
    "expect": {"ingest-async": [200, 202], "wrong-subscription-key": [401], "wrong-token": [401],
               "wrong-password": [400, 401], "unknown-parameter": [400], "unknown-cookie": [400],
               "unknown-process": [400, 404], "foreign-partner": [401, 403]},
    "volatile": {"access_token": "token", "SPHTransactionId": "transaction", "PagingCookie": "cookie",
                 "StoredId": "stored", "expires_in": "expires"}}


class Surprise(Exception):
    """Something is other than the description, or the caller's files, promise."""


def must(holds: bool, otherwise: str) -> None:
    """Demand something, or say plainly what is the matter."""
    if not holds:
        raise Surprise(otherwise)


@dataclass
class Exchange:
    """One call and its answer."""
    step: str
    path: str
    status: int
    answer: str

    def must(self, holds: bool, otherwise: str) -> None:
        """Demand something of this exchange."""
        must(holds, f"{self.step}: {otherwise} (POST {self.path} answered {self.status}: {self.answer[:300]!r})")

    def object(self) -> Row:
        """Give the answer as a JSON object."""
        try:
            found = json.loads(self.answer)
        except ValueError as error:
            raise Surprise(f"{self.step}: malformed JSON: {error}: {self.answer[:300]!r}") from error
        self.must(isinstance(found, dict), "the answer is not a JSON object")
        return found


class Transcript:
    """Writes one numbered file a call, without secrets; what changes from run to run becomes a numbered placeholder."""

    def __init__(self, folder: Path, settings: Row) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        must(not any(folder.iterdir()), f"the transcript folder {folder} is not empty")
        self.folder, self.number, self.step = folder, 0, ""
        self.members = {name.lower(): kind for name, kind in settings["volatile"].items()}
        self.seen: dict[tuple[str, str], str] = {}

    def text(self, text: str) -> str:
        """Normalise a body: JSON is indented, other text keeps its form."""
        try:
            node = json.loads(text)
        except ValueError:
            return self.known(text)
        self.walk(node)  # Twice, for a message may mention what only a later member introduces.
        return json.dumps(self.walk(node), indent=2, ensure_ascii=False)

    def walk(self, node: Any, name: str = "") -> Any:
        """Give the node with its volatile members replaced."""
        if isinstance(node, dict):
            return {key: self.walk(value, key) for key, value in node.items()}
        if isinstance(node, list):
            return [self.walk(value, name) for value in node]
        kind = self.members.get(name.lower())
        if kind and not isinstance(node, bool) and node not in (None, "", BAD_COOKIE):
            return self.seen.setdefault((kind, str(node)), f"<{kind}-{1 + sum(kind == one for one, _ in self.seen)}>")
        return self.known(node) if isinstance(node, str) else node

    def known(self, text: str) -> str:
        """Replace tokens, transaction ids and cookies wherever they are mentioned."""
        for (kind, value), mark in sorted(self.seen.items(), key=lambda item: -len(item[0][1])):
            if kind in ("token", "transaction", "cookie") and len(value) >= 8:
                text = text.replace(value, mark)
        return text

    def write(self, call: Exchange, headers: dict[str, str], body: str, answered: dict[str, str]) -> None:
        """Write the next file; the polls of one step overwrite each other, as their count varies."""
        hidden, shown = ("Authorization", "Ocp-Apim-Subscription-Key"), ("grant_type", "scope", "response_type")
        sent = [f"{name}: {HIDDEN if name in hidden else value}" for name, value in headers.items()]
        form = [f"{name}={value if name in shown else HIDDEN}" for name, value in parse_qsl(body)]
        asked = [self.text(body)] if headers["Content-Type"] == "application/json" else form
        answer = self.text(call.answer)  # Before the headers, so that what they mention is known.
        got = [f"{name}: {self.known(answered[name])}" for name in SHOWN_HEADERS if name in answered]
        lines = [f"POST {call.path}", *sent, "", *asked, "", "---", str(call.status), *got, "", answer, ""]
        self.number, self.step = self.number + (call.step != self.step), call.step
        (self.folder / f"{self.number:02d}-{call.step}.txt").write_text("\n".join(lines), encoding="utf-8")


@dataclass
class Client:
    """The partner's side of the API, with one keep-alive connection a thread."""
    settings: Row
    transcript: Transcript | None = None
    held: tuple[str, float] = ("", 0.0)
    lock: Any = field(default_factory=threading.RLock)
    local: threading.local = field(default_factory=threading.local)

    def send(self, step: str, path: str, headers: dict[str, str], body: str) -> Exchange:
        """Post a body over this thread's connection and keep the exchange in the transcript."""
        base = urlsplit(self.settings["base_url"])
        try:
            if not hasattr(self.local, "link"):
                tls = {"context": ssl.create_default_context(cafile=self.settings.get("ca_file"))}
                kind, more = (HTTPSConnection, tls) if base.scheme == "https" else (HTTPConnection, {})
                self.local.link = kind(base.netloc, timeout=60, **more)
            self.local.link.request("POST", base.path.rstrip("/") + path, body.encode("utf-8"), headers)
            got = self.local.link.getresponse()
            call = Exchange(step, path, got.status, got.read().decode("utf-8"))
        except (OSError, HTTPException, UnicodeDecodeError) as error:
            raise Surprise(f"{step}: POST {path} got no readable answer: {error!r}") from error
        if self.transcript:
            self.transcript.write(call, headers, body, {name.lower(): value for name, value in got.getheaders()})
        return call

    def ask_token(self, step: str, password: str) -> Exchange:
        """Send the password grant."""
        form = {"grant_type": "password", "username": self.settings["username"], "password": password,
                "client_id": self.settings["client_id"], "scope": self.settings["scope"], "response_type": "token"}
        path = f"/{quote(self.settings['tenant'])}/{quote(self.settings['policy'])}/oauth2/v2.0/token"
        return self.send(step, path, {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(form))

    def token(self) -> str:
        """Give a bearer token, asking for one when none is held or the held one ends soon."""
        with self.lock:
            if time.monotonic() >= self.held[1]:
                call = self.ask_token("token", self.settings["password"])
                found = self.checked(call, "token", "access_token", "token_type", "expires_in")
                seconds, text = str(found["expires_in"]), found["access_token"]
                call.must(isinstance(text, str) and text != "" and found["token_type"] == "Bearer", "no Bearer token")
                call.must(seconds.isdigit() and int(seconds) > 0, "expires_in is not a positive number of seconds")
                self.held = (text, time.monotonic() + 0.9 * int(seconds))
            return self.held[0]

    def post(self, step: str, path: str, body: Any, token: str = "", key: str = "") -> Exchange:
        """Post JSON with both credentials; the edges replace one of them."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token or self.token()}",
                   "Ocp-Apim-Subscription-Key": key or self.settings["subscription_key"]}
        return self.send(step, path, headers, json.dumps(body, ensure_ascii=False))

    def checked(self, call: Exchange, kind: str, *members: str) -> Row:
        """Check status, JSON, members, transaction id and error message; give the envelope."""
        expected = self.settings["expect"].get(kind, [200])
        call.must(call.status in expected, f"expected status {expected}")
        found = call.object()
        for name in members:
            call.must(name in found, f"the answer lacks {name}")
        call.must(kind == "token" or bool(re.fullmatch(GUID, str(found["SPHTransactionId"]))), "no transaction GUID")
        call.must(found.get("ErrorMessage") is None, "ErrorMessage is not null")
        return found

    def fetch_call(self, step: str, shp: str, parameters: dict[str, str], interop: str = "InteropID",
                   cookie: str | None = None, page: int | None = 1, token: str = "", key: str = "") -> Exchange:
        """Ask for one page; without a page number the cookie goes alone."""
        body = {"ShippingProcessId": shp, "PartnerId": self.settings["partner_id"],
                interop: self.settings["interop_id"], "APIVersion": "V3",
                "QueryParameters": [{"ParameterName": name, "Value": value} for name, value in parameters.items()],
                "PagingCookie": cookie, **({} if page is None else {"PageNumber": page})}
        return self.post(step, "/primes/fetch/paging/v3/retrievedatawithpaging", body, token, key)

    def fetch(self, shp: str, parameters: dict[str, str], step: str = "fetch", interop: str = "InteropID",
              numbered: bool = True, cookie: str | None = None) -> tuple[list[Row], int]:
        """Fetch every page; give all rows and the count of pages."""
        rows: list[Row] = []
        for page in range(1, MAX_PAGES + 1):
            call = self.fetch_call(step if page == 1 else f"{step}-page-{page}", shp, parameters, interop, cookie,
                                   page if numbered else None)
            found = self.checked(call, "fetch", *ENVELOPE, "PagingSummary")
            call.must(found["Data"] != [], f"an empty set is not told by {NO_DATA!r}")
            got = self.counted(call, found, [] if found["Data"] == NO_DATA else found["Data"])
            call.must(not any(isinstance(v, (dict, list)) for row in got for v in row.values()), "a row is not flat")
            rows += got
            paging = found["PagingSummary"]
            call.must(isinstance(paging, dict) and {"PagingCookie", "PageNumber"} <= set(paging)
                      and isinstance(paging.get("IsMoreRecordsAvailable"), bool), "PagingSummary is not whole")
            if not paging["IsMoreRecordsAvailable"]:
                return rows, page
            cookie = paging["PagingCookie"]
            call.must(bool(got and cookie and isinstance(cookie, str)), "more is announced without rows or a cookie")
        raise Surprise(f"{step}: no end after {MAX_PAGES} pages")

    @staticmethod
    def counted(call: Exchange, found: Row, data: Any) -> list[Row]:
        """Check that Data is a plain array of objects, as many as RecordCount says."""
        call.must(isinstance(data, list) and all(isinstance(row, dict) for row in data), "Data is no array of objects")
        count = found.get("RecordCount", len(data))
        call.must(type(count) is int and count == len(data), f"RecordCount is {count!r}, but Data has {len(data)}")
        return data

    def ingest_call(self, step: str, shp: str, records: list[Row], partner: str = "") -> Exchange:
        """Send a synchronous ingestion."""
        body = {"ShippingProcessId": shp, "InteropId": self.settings["interop_id"], "Data": records}
        return self.post(step, f"/api/ingestion/v2/{quote(partner or self.settings['partner_id'])}/data", body)

    def ingest(self, shp: str, records: list[Row], step: str = "ingest") -> list[Row]:
        """Ingest synchronously; give the outcomes in the order of the records."""
        call = self.ingest_call(step, shp, records)
        return self.outcomes(call, self.checked(call, "ingest", *ENVELOPE), records)

    def ingest_async(self, shp: str, records: list[Row], step: str = "ingest-async") -> str:
        """Queue an ingestion; give its transaction id."""
        body = {"ShippingProcessId": shp, "InteropID": self.settings["interop_id"], "APIVersion": "V2", "Data": records}
        call = self.post(step, f"/api/ingestion/v2/{quote(self.settings['partner_id'])}/asyncdata", body)
        return str(self.checked(call, "ingest-async", "SPHTransactionId")["SPHTransactionId"])

    def status(self, shp: str, transaction: str, step: str = "status", end: float = 0.0) -> tuple[str, Exchange, Row]:
        """Ask how a transaction stands: once, or until it has ended or a moment of the monotonic clock is past."""
        body = {"ShippingProcessId": shp, "InteropID": self.settings["interop_id"],
                "PartnerId": self.settings["partner_id"], "SPHTransactionId": transaction}
        member = self.settings["answer"]["status"]
        while True:
            call = self.post(step, "/primes/ingestion/checkstatus/v1/pingdata", body)
            found = self.checked(call, "status", "SPHTransactionId", member, "Data")
            call.must(found["SPHTransactionId"].lower() == transaction.lower(), "the status is of another transaction")
            if found[member] in self.settings["words"]["ended"] or time.monotonic() >= end:
                return str(found[member]), call, found
            time.sleep(0.5)

    def outcomes(self, call: Exchange, found: Row, records: list[Row] | None = None) -> list[Row]:
        """Give the outcomes; with the sent records exactly one for each and in their order."""
        data, member = self.counted(call, found, found["Data"]), self.settings["answer"]["outcome"]
        for name in ("ExternalId", member):
            call.must(all(isinstance(one.get(name), str) for one in data), f"an outcome lacks {name} as text")
        by_id = {one["ExternalId"]: one for one in data}
        sent = list(by_id) if records is None else [record["ExternalId"] for record in records]
        call.must(len(data) == len(sent) and set(by_id) == set(sent), "the outcomes are not of the records sent")
        return [by_id[one] for one in sent]


def column(rows: list[Row], name: str, step: str) -> list[str]:
    """Give a member's distinct values in order; every row must have it."""
    must(all(isinstance(row.get(name), str) and row[name] for row in rows), f"{step}: a row has no {name}")
    return list(dict.fromkeys(row[name] for row in rows))


def record_of(external_id: str, fields: Row, item: Row | None = None) -> Row:
    """Make a record as the ingestion takes it, with the item's GUID and attachments if it has any."""
    pairs = [{"Name": name, "Value": value} for name, value in fields.items()]
    return {"Attachments": [], **(item or {}), "ExternalId": external_id, "Fields": pairs}


@dataclass
class Flows(Client):
    """The flows; each gives the members of its summary."""
    args: argparse.Namespace = field(default_factory=argparse.Namespace)

    def records(self) -> list[Row]:
        """Read the list of records, whose Fields is a map, in which `@role` stands for a field of the settings."""
        names = self.settings["fields"]
        return [record_of(item["ExternalId"], {names[name[1:]] if name.startswith("@") else name: value
                                               for name, value in item["Fields"].items()}, item)
                for item in json.loads(self.args.records.read_text(encoding="utf-8"))]

    def judge(self, step: str, outcomes: list[Row], wanted: str, named: str = "") -> dict[str, int]:
        """Demand one of the wanted words of every outcome, and a field that its errors name; give the counts."""
        words, names = self.settings["words"][wanted], self.settings["answer"]
        for one in outcomes:
            told = not named or re.search(rf"(?<!\w){re.escape(named)}(?!\w)", json.dumps(one.get(names["errors"])))
            must(one[names["outcome"]] in words and bool(told), f"{step}: not {' or '.join(words)} {named}: {one}")
        return dict(Counter(one[names["outcome"]] for one in outcomes))

    def listing(self, roles: tuple[str, str], key: str, group: str) -> tuple[list[str], Row]:
        """List, then ask the detail of all that the list gave; give the ids and the counts."""
        steps = [f"fetch-{role.replace('_', '-')}" for role in roles]
        listed, pages = self.fetch(self.settings["processes"][roles[0]], {}, steps[0])
        ids = column(listed, key, steps[0])
        must(bool(ids), f"{steps[0]}: nothing is listed, so the flow would show nothing")
        rows, _ = self.fetch(self.settings["processes"][roles[1]], {RECORD_IDS: ",".join(ids)}, steps[1])
        must(set(column(rows, key, steps[1])) == set(ids), f"{steps[1]}: the rows are not of the records asked for")
        groups = {name: sum(row[group] == name for row in rows) for name in column(rows, group, steps[1])}
        return ids, {"listed_rows": len(listed), "list_pages": pages, "detail_rows": len(rows), "groups": groups,
                     "identical_rows": len(rows) - len({json.dumps(row) for row in rows})}

    def write(self, role: str, records: list[Row], step: str) -> Row:
        """Ingest synchronously into the process of a role, which must go well; give the counts."""
        done = self.ingest(self.settings["processes"][role], records, step)
        return {"records": len(records), "outcomes": self.judge(step, done, "good")}

    def referrals_out(self) -> Row:
        """Take pending referrals over and acknowledge them; they then leave the list."""
        key, again = self.settings["fields"]["pending_id"], "fetch-pending-again"
        ids, counts = self.listing(("pending", "detail"), key, self.settings["fields"]["group"])
        records = [record_of(one, {ID_FIELD: one, TRANSFER_FIELD: ACKNOWLEDGED}) for one in ids]
        counts |= self.write("intervention_update", records, "ingest-acknowledged")
        rows, _ = self.fetch(self.settings["processes"]["pending"], {}, again)
        must(set(ids).isdisjoint(column(rows, key, again)), f"{again}: acknowledged records are still listed")
        return {**counts, "listed_again_rows": len(rows)}

    def decisions_in(self) -> Row:
        """Write decision fields to interventions."""
        return self.write("intervention_update", self.records(), "ingest-decisions")

    def referrals_in(self) -> Row:
        """Send new referrals, then the same again, which are duplicates."""
        records = self.records()
        first = self.judge("status-new-referral", self.send_new(records, "new-referral"), "good")
        again = self.judge("status-new-referral-again", self.send_new(records, "new-referral-again"), "duplicate")
        return {"records": len(records), "outcomes": first, "outcomes_again": again}

    def send_new(self, records: list[Row], name: str) -> list[Row]:
        """Ingest new referrals asynchronously and wait for their outcomes."""
        shp = self.settings["processes"]["new_referral"]
        transaction, step = self.ingest_async(shp, records, f"ingest-{name}"), f"status-{name}"
        word, call, found = self.status(shp, transaction, step, time.monotonic() + POLL_SECONDS)
        call.must(word in self.settings["words"]["completed"], f"the transaction stays {word!r}")
        return self.outcomes(call, found, records)

    def decisions_out(self) -> Row:
        """Fetch decisions and mark them as synced, with a comment."""
        names, text = self.settings["fields"], self.settings["values"]["comment"]
        ids, counts = self.listing(("decisions", "decision_detail"), names["decision_id"], names["decision_group"])
        records = [record_of(one, {names["decision_write_id"]: one, REFERRAL_FIELD: SYNCED, names["comment"]: text})
                   for one in ids]
        return {**counts, **self.write("referral_status", records, "ingest-synced")}

    def edges(self) -> Row:
        """Try what must come back empty, rejected or refused, and the paging."""
        nobody, names, shp = {RECORD_IDS: NOBODY}, self.settings["fields"], self.settings["processes"]
        for spelling in ("InteropId", "InteropID"):
            step = f"fetch-nobody-{spelling}"
            must(not self.fetch(shp["detail"], nobody, step, spelling)[0], f"{step}: rows for an id that nobody has")
        ids = column(self.fetch(shp["pending"], {}, "fetch-pending")[0], names["pending_id"], "fetch-pending")
        must(bool(ids), "fetch-pending: the edges need a pending record")
        mixed = [record_of("edge-bad", {ID_FIELD: ids[-1], TRANSFER_FIELD: UNKNOWN_OPTION}),
                 record_of("edge-good", {ID_FIELD: ids[0], TRANSFER_FIELD: PENDING})]
        done = self.ingest(shp["intervention_update"], mixed, "ingest-unknown-option")
        self.judge("ingest-unknown-option", done[:1], "rejected", TRANSFER_FIELD)
        self.judge("ingest-unknown-option", done[1:], "good")
        fields = {pair["Name"]: pair["Value"] for pair in self.records()[0]["Fields"]} | {names["sex"]: "Unknown"}
        done = self.send_new([record_of("edge-sex", fields)], "sex-word")
        self.judge("status-sex-word", done, "rejected", names["sex"])
        small = shp.get("small_page", shp["pending"])
        rows, pages = self.fetch(small, {}, "fetch-small-page")
        alone, _ = self.fetch(small, {}, "fetch-cookie-alone", numbered=False)
        must(pages > 1, "fetch-small-page: only one page, so paging was not tried")
        must(alone == rows, "fetch-cookie-alone: the cookie alone leads to other rows than with page numbers")
        refusals = (self.fetch_call("wrong-subscription-key", shp["detail"], nobody, key="wrong"),
                    self.fetch_call("wrong-token", shp["detail"], nobody, token="wrong"),
                    self.fetch_call("unknown-parameter", shp["detail"], {"{no_such_parameter}": "1"}),
                    self.fetch_call("unknown-process", "SHP-9999", {}),
                    self.fetch_call("unknown-cookie", small, {}, cookie=BAD_COOKIE, page=2),
                    self.ingest_call("foreign-partner", shp["intervention_update"], mixed[1:], NO_PARTNER),
                    self.ask_token("wrong-password", self.settings["password"] + "-wrong"))
        for call in refusals:
            call.must(call.status in self.settings["expect"][call.step], f"not {self.settings['expect'][call.step]}")
            found = call.object() if call.status == 200 or call.answer.startswith("{") else {}
            call.must(found.get("Data") in (None, [], NO_DATA) and "access_token" not in found, "a refusal gives data")
            call.must(call.status != 200 or bool(found.get("ErrorMessage")), "a refusal lacks an ErrorMessage")
        return {"refusals": {call.step: call.status for call in refusals}, "pages": pages, "paged_rows": len(rows)}

    def load(self) -> Row:
        """Queue many ingestions of one record each; write the transaction ids to a file."""
        template, run, shp = self.records()[0], uuid.uuid4().hex[:8], self.settings["processes"]["new_referral"]
        ids, begun = [], time.monotonic()

        def one(number: int) -> str:
            text = json.dumps({**template, "ExternalId": template["ExternalId"] + "-{run}-{n}"})
            text = text.replace("{n}", str(number)).replace("{run}", run).replace("{guid}", str(uuid.uuid4()))
            return self.ingest_async(shp, [json.loads(text)], "load")

        with self.args.ids.open("w") as file, ThreadPoolExecutor(self.args.parallel) as pool:
            for transaction in pool.map(one, range(self.args.count)):
                ids.append(transaction)
                file.write(transaction + "\n")
        must(len(set(ids)) == len(ids), "load: a transaction id was given twice")
        return {"count": len(ids), "run": run, "seconds": round(time.monotonic() - begun, 3)}

    def load_check(self) -> Row:
        """Ask after each transaction until all have ended; count the statuses and the outcomes."""
        shp, end = self.settings["processes"]["new_referral"], time.monotonic() + self.args.timeout
        statuses, outcomes, ids = Counter(), Counter(), self.args.ids.read_text().split()
        with ThreadPoolExecutor(self.args.parallel) as pool:
            for word, call, found in pool.map(lambda one: self.status(shp, one, "load-check", end), ids):
                call.must(word in self.settings["words"]["ended"], f"a transaction is still {word!r}")
                statuses[word] += 1
                outcomes.update(one[self.settings["answer"]["outcome"]] for one in self.outcomes(call, found))
        return {"transactions": statuses.total(), "statuses": statuses, "outcomes": outcomes}


def main() -> int:
    """Read the command line, run one flow and print its summary."""
    top = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    top.add_argument("--settings", type=Path, required=True, help="JSON file with addresses, credentials, process ids")
    top.add_argument("--transcript", type=Path, metavar="FOLDER", help="empty folder for one file a call (not load)")
    flows = top.add_subparsers(dest="flow", required=True)
    for name in ("referrals-out", "decisions-in", "referrals-in", "decisions-out", "edges", "load", "load-check"):
        flow = flows.add_parser(name, help=getattr(Flows, name.replace("-", "_")).__doc__)
        if name in ("decisions-in", "referrals-in", "edges", "load"):
            flow.add_argument("--records", type=Path, required=True, help="JSON file with the records to send")
        if name.startswith("load"):
            flow.add_argument("--ids", type=Path, required=True, help="file of transaction ids, one a line")
            flow.add_argument("--parallel", type=int, default=8, help="threads, each with its own connection")
            flow.add_argument("--count" if name == "load" else "--timeout", type=int, default=600)
    args = top.parse_args()
    summary: Row = {"flow": args.flow, "ok": True}
    try:
        known: Row = json.loads(args.settings.read_text(encoding="utf-8"))
        known |= {name: {**group, **known.get(name, {})} for name, group in DEFAULTS.items()}
        kept = Transcript(args.transcript, known) if args.transcript and "load" not in args.flow else None
        summary |= getattr(Flows(known, kept, args=args), args.flow.replace("-", "_"))()
    except (Surprise, KeyError, TypeError, AttributeError, OSError, ValueError) as error:
        told = str(error) if isinstance(error, Surprise) else f"the settings or the records cannot be used: {error!r}"
        summary |= {"ok": False, "surprise": told}
        print(told, file=sys.stderr)
    print(json.dumps(summary, ensure_ascii=False))
    return 0 if summary["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
