#!/usr/bin/env python3
"""Prints what happens in the cluster, as it happens: watch.py [NUMBER OF EVENTS]

With SYSTOLE_ACCESS=FILE it watches a cluster elsewhere, with what `systole token create` wrote there.
"""
import base64
import hashlib
import http.client
import json
import os
import socket
import ssl
import sys


def public_key(certificate):
    """The public key in a certificate (DER, RFC 5280, section 4.1)."""

    def content(at):
        length, start = certificate[at + 1], at + 2
        if length & 0x80:
            count = length & 0x7F
            length = int.from_bytes(certificate[start : start + count], "big")
            start += count
        return start, start + length

    at = content(content(0)[0])[0]
    for _ in ("version", "serial number", "signature", "issuer", "validity", "subject"):
        at = content(at)[1]
    return certificate[at : content(at)[1]]


class Node(http.client.HTTPConnection):
    """A connection to the node of this machine, or to a cluster elsewhere."""

    def __init__(self):
        super().__init__("localhost")
        file = os.environ.get("SYSTOLE_ACCESS")
        self.access = json.load(open(file)) if file else None
        self.shown = {"Content-Type": "application/json"}
        if self.access:
            self.shown["Authorization"] = "Bearer " + self.access["token"]

    def connect(self):
        if not self.access:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.connect(os.environ.get("SYSTOLE_RUN", "/run/systole") + "/api.sock")
            return
        host, _, port = self.access["addresses"][0].rpartition(":")
        # Who issued the certificate does not matter, whose key it is does.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        plain = socket.create_connection((host.strip("[]"), int(port)))
        self.sock = context.wrap_socket(plain)
        key = hashlib.sha256(public_key(self.sock.getpeercert(True))).digest()
        if "sha256//" + base64.b64encode(key).decode() != self.access["pin"]:
            sys.exit("somebody else answers there: nothing was said")

    def ask(self, **request):
        """One request, one answer."""
        self.request("POST", "/v1", json.dumps(request), self.shown)
        return json.load(self.getresponse())


def events(after=0):
    """Those that are kept after a number, then each as it happens."""
    node = Node()
    node.request("GET", f"/v1/events?after={after}", headers=node.shown)
    for line in node.getresponse():
        if line.startswith(b"data:"):
            yield json.loads(line[len(b"data:"):])


def main():
    most = int(sys.argv[1]) if len(sys.argv) > 1 else None
    report = Node().ask(request="node")
    print(f"{report['name']} is one of {len(report['view']['members'])} nodes")
    for count, event in enumerate(events(), 1):
        print(event["number"], event["kind"], event["text"], flush=True)
        if count == most:
            break


main()
