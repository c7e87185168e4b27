"""Attacks the service through a gateway, as .ci/gateway has started it, while a valid tenant works:  gateway-attack.py

The attacker is 127.0.0.2, the tenant 127.0.0.1: gateways count the requests of each address. For each attack: at least 99 %
of the tenant's requests succeed, 99 % of them within 1 s, the process is alive and smaller than its container.
"""

import gzip
import os
import socket
import ssl
import struct
import sys
import threading
import time

import h2.config
import h2.connection
import httpx

BASE = os.environ["THREADSTORE_URL"]
AUTHORITY = BASE.removeprefix("https://").split("/")[0]
PORT = int(AUTHORITY.split(":")[1])
CA = os.environ["THREADSTORE_CA"]
BEARER = "Bearer " + os.environ["THREADSTORE_TOKEN"]
PID = int(os.environ["THREADSTORE_PID"])
CONTAINER_MIB = 512
SECONDS = 6
ATTACKER = "127.0.0.2"


def connect(*protocols):
    tls = ssl.create_default_context(cafile=CA)
    tls.set_alpn_protocols(protocols)
    plain = socket.create_connection(("127.0.0.1", PORT), 10, (ATTACKER, 0))
    return tls.wrap_socket(plain, server_hostname="localhost")


class Stream:
    """An HTTP/2 connection whose streams begin a gRPC call."""

    def __init__(self):
        self.socket = connect("h2")
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        self.h2.initiate_connection()
        self.flush()

    def flush(self):
        self.socket.sendall(self.h2.data_to_send())

    def begin(self, *headers):
        stream = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream, [
            (":method", "POST"), (":scheme", "https"), (":authority", AUTHORITY),
            (":path", "/codex.thread_store.v1.ThreadStore/AppendItems"),
            ("content-type", "application/grpc"), ("te", "trailers"), *headers])
        self.flush()
        return stream


BOMB = gzip.compress(bytes(1 << 20) * 200)


def bomb(is_on):
    stream = Stream()
    call = stream.begin(("grpc-encoding", "gzip"))
    message = b"\1" + struct.pack(">I", len(BOMB)) + BOMB
    for at in range(0, min(len(message), 60_000), 16_000):
        stream.h2.send_data(call, message[at:at + 16_000])
        stream.flush()
    stream.socket.recv(4096)
    stream.socket.close()


def idle_streams(is_on):
    stream = Stream()
    for _ in range(50):
        stream.begin()
    while is_on():
        time.sleep(0.1)
    stream.socket.close()


def slow_bodies(is_on, *headers):
    connections = []
    for _ in range(10):
        connection = connect("http/1.1")
        head = ["POST /threadstore/v1/threads HTTP/1.1", f"Host: {AUTHORITY}", "Content-Type: application/json",
                "Content-Length: 60000", *headers, "", "{"]
        connection.sendall("\r\n".join(head).encode())
        connections.append(connection)
    while is_on():
        time.sleep(1)
        for connection in connections:
            connection.sendall(b" ")
    for connection in connections:
        connection.close()


def slow_bodies_with_token(is_on):
    slow_bodies(is_on, "Authorization: " + "Bearer " + os.environ["THREADSTORE_TOKEN_OTHER"])


ATTACKS = {
    "gRPC gzip bomb, no token": (bomb, 4),
    "gRPC streams that send nothing, no token": (idle_streams, 4),
    "slow bodies, no token": (slow_bodies, 15),
    "slow bodies of another tenant": (slow_bodies_with_token, 15),
}


def resident_mib():
    with open(f"/proc/{PID}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) >> 10


def tenant(end):
    """Creates, appends and lists until then; the seconds of each request, and which failed."""
    seconds, failures = [], []
    with httpx.Client(http2=True, verify=ssl.create_default_context(cafile=CA), timeout=20,
                      headers={"Authorization": BEARER}) as client:
        while time.monotonic() < end:
            for method, path, body in (("POST", "/v1/threads", {"source": {"kind": "cli"}}),
                                       ("GET", "/v1/threads?limit=10", None)):
                began = time.monotonic()
                try:
                    status = client.request(method, BASE + path, json=body).status_code
                except httpx.HTTPError as e:
                    status = repr(e)
                seconds.append(time.monotonic() - began)
                if status not in (200, 201):
                    failures.append(status)
                time.sleep(0.04)
    return seconds, failures


def run(attack, clients):
    end = time.monotonic() + SECONDS

    def is_on():
        return time.monotonic() < end

    rounds = []

    def repeat():
        while is_on():
            try:
                attack(is_on)
            except OSError:
                pass  # the gateway or the service has ended the connection
            rounds.append(1)
            time.sleep(0.05)

    threads = [threading.Thread(target=repeat, daemon=True) for _ in range(clients)]
    for thread in threads:
        thread.start()
    seconds, failures = tenant(end)
    for thread in threads:
        thread.join(10)
    return len(rounds), sorted(seconds), failures


tenant(time.monotonic() + 2)  # the service is warm
is_well = True
for name, (attack, clients) in ATTACKS.items():
    rounds, seconds, failures = run(attack, clients)
    p99 = seconds[min(len(seconds) - 1, len(seconds) * 99 // 100)]
    resident = resident_mib()
    print(f"{name}: {rounds} rounds; {len(seconds)} requests of the tenant, failed {failures}, p99 {p99 * 1000:.0f} ms, {resident} MiB")
    is_well &= rounds > 0 and len(failures) <= len(seconds) / 100 and p99 < 1 and resident < CONTAINER_MIB
if not is_well:
    sys.exit("the tenant was not served as it should be")
