#!/usr/bin/env python3
"""Verifies an export of a Causeway ledger. It shares nothing with Causeway but the format told in ../README.md.

Needs Python 3 and the openssl command (3.0 or newer). Exit: 0 good, 3 tampered (the index is named), 2 could not verify.
"""
import argparse
import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile

LEAF = ["actor", "body", "event", "hash", "index", "salt", "subject", "time_us"]
HEADER = ["format", "key", "origin", "version"]


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def need(condition, problem):
    if not condition:
        raise ValueError(problem)


def unhex(value):
    need(re.fullmatch("[0-9a-f]{64}", value), "not 64 lower-case hexadecimal digits")
    return bytes.fromhex(value)


def parse(line):
    def once(pairs):  # a key that stands twice is refused: parsers differ on which one counts
        need(len(dict(pairs)) == len(pairs), "a key stands twice")
        return dict(pairs)
    need(line.endswith(b"\n"), "the line does not end")
    (kind, value), = json.loads(line.decode("utf-8"), object_pairs_hook=once).items()
    return kind, value


def leaf_hash(leaf):
    need(sorted(leaf) == LEAF and type(leaf["time_us"]) is int, "the leaf has other fields")
    encoded = b"causeway-leaf/1\n" + leaf["time_us"].to_bytes(8, "big", signed=True)
    for part in [leaf[name].encode("utf-8") for name in ("actor", "event", "subject", "body")]:
        encoded += len(part).to_bytes(8, "big") + part
    return sha256(b"\0", encoded, unhex(leaf["salt"]))


def append(peaks, leaf):
    """Peaks are (height, hash) of full subtrees, largest first; equal heights merge."""
    node = (0, leaf)
    while peaks and peaks[-1][0] == node[0]:
        node = (node[0] + 1, sha256(b"\1", peaks.pop()[1], node[1]))
    peaks.append(node)


def root(peaks):
    result = peaks[-1][1] if peaks else sha256()
    for _, left in reversed(peaks[:-1]):
        result = sha256(b"\1", left, result)
    return result


def parse_key(vkey):
    name, key_id, material = vkey.split("+", 2)
    material = base64.b64decode(material, validate=True)
    need(len(material) == 33 and material[0] == 1, "not an Ed25519 key")
    need(sha256(name.encode(), b"\n", material)[:4].hex() == key_id, "the key id does not fit the key")
    return name, bytes.fromhex(key_id), material[1:]


def openssl_verifies(public, message, signature):
    with tempfile.TemporaryDirectory() as folder:
        key, text, signed = [os.path.join(folder, name) for name in ("key", "message", "signature")]
        for path, data in (key, bytes.fromhex("302a300506032b6570032100") + public), (text, message), (signed, signature):
            with open(path, "wb") as out:
                out.write(data)
        return subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", key, "-rawin", "-in",
                               text, "-sigfile", signed], capture_output=True, check=False).returncode == 0


def checkpoint(note, key):
    body, _, tail = note.rpartition("\n\n")
    need(tail.endswith("\n") and not re.search(r"[\x00-\x09\x0b-\x1f]", note), "not a signed note")
    signatures = [line.split(" ") for line in tail[:-1].split("\n")]
    need(all(dash == "\u2014" for dash, _, _ in signatures), "not a signed note")
    ours = [base64.b64decode(signature, validate=True) for _, name, signature in signatures if name == key[0]]
    ours = [signature[4:] for signature in ours if signature[:4] == key[1]]
    need(ours and all(openssl_verifies(key[2], (body + "\n").encode(), one) for one in ours), "a checkpoint's signature is bad")
    origin, size, tree_root = body.split("\n")[:3]
    need(origin == key[0] and re.fullmatch("0|[1-9][0-9]*", size), "not a checkpoint of this log")
    return int(size), base64.b64decode(tree_root, validate=True)


def verify(lines, at, wanted_key, against):
    kind, header = parse(next(lines))
    need(kind == "header" and sorted(header) == HEADER and header["format"] == "causeway-ledger-export"
         and header["version"] == 1, "not an export of version 1")
    key = parse_key(header["key"])
    need(header["origin"] == key[0] and wanted_key in (None, header["key"]), "signed by another key than expected")
    saved_size, saved_root = checkpoint(against, key) if against is not None else (0, sha256())
    peaks, covered = [], 0
    for line in lines:
        need(at["index"] != saved_size or root(peaks) == saved_root, "the saved checkpoint saw other leaves")
        kind, value = parse(line)
        if kind == "leaf":
            need(leaf_hash(value) == unhex(value["hash"]), "the leaf does not give its hash: edited")
            need(type(value["index"]) is int and value["index"] == at["index"], "another index: missing, added or moved")
            append(peaks, unhex(value["hash"]))
            at["index"] += 1
        elif kind == "checkpoint":
            size, tree_root = checkpoint(value, key)
            need(size == at["index"], "a checkpoint covers %d leaves" % size)
            need(tree_root == root(peaks), "leaves from %d on do not give the checkpoint's root" % covered)
            covered = size
        else:
            need(kind == "end" and value == {"size": at["index"]} and next(lines, None) is None, "the end is not as it was")
            need(covered == at["index"], "leaves from %d on are covered by no checkpoint" % covered)
            need(saved_size <= at["index"], "the saved checkpoint saw %d leaves" % saved_size)
            return "good: %d leaves, root %s, key %s" % (at["index"], root(peaks).hex(), header["key"])
    raise ValueError("the file ends before its last line")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("export")
    parser.add_argument("--key", help="the log's public key, known from elsewhere; otherwise the export's own is believed")
    parser.add_argument("--against", metavar="FILE", help="a checkpoint saved earlier, which the log must still contain")
    arguments, at = parser.parse_args(), {"index": 0}
    try:
        subprocess.run(["openssl", "version"], capture_output=True, check=True)
        against = open(arguments.against, encoding="utf-8", newline="").read() if arguments.against else None
        with open(arguments.export, "rb") as lines:
            print(verify(lines, at, arguments.key, against))
    except (OSError, subprocess.CalledProcessError) as error:
        print("could not verify: %s" % error, file=sys.stderr)
        return 2
    except (json.JSONDecodeError, UnicodeError, TypeError, AttributeError, OverflowError, StopIteration, RecursionError):
        print("tampered at index %d: not a line of this format" % at["index"], file=sys.stderr)
        return 3
    except ValueError as error:
        print("tampered at index %d: %s" % (at["index"], error), file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
