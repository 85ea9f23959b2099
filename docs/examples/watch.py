#!/usr/bin/env python3
"""Prints what happens in the cluster, as it happens: watch.py [NUMBER OF EVENTS]"""
import http.client
import json
import os
import socket
import sys


class Node(http.client.HTTPConnection):
    """A connection to the node of this machine."""

    def __init__(self):
        super().__init__("localhost")
        self.path = os.path.join(os.environ.get("SYSTOLE_RUN", "/run/systole"), "api.sock")

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)

    def ask(self, **request):
        """One request, one answer."""
        body = json.dumps(request)
        self.request("POST", "/v1", body, {"Content-Type": "application/json"})
        return json.load(self.getresponse())


def events(after=0):
    """Those that are kept after a number, then each as it happens."""
    node = Node()
    node.request("GET", f"/v1/events?after={after}")
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
