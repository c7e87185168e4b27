"""Calls the service through a gateway, as .ci/gateway has started it:  gateway-smoke.py whole | limited | away STATUS

whole: what clients do. limited: the gateway lets three requests through. away: there is no service behind it.
"""

import json
import os
import socket
import ssl
import sys
import time
import uuid

import grpc
import httpx
from codex.thread_store.v1 import thread_store_pb2 as messages
from codex.thread_store.v1 import thread_store_pb2_grpc as services

BASE = os.environ["THREADSTORE_URL"]
GATEWAY = BASE.removesuffix("/threadstore")
AUTHORITY = GATEWAY.removeprefix("https://")
CA = os.environ["THREADSTORE_CA"]
BEARER = "Bearer " + os.environ["THREADSTORE_TOKEN"]
THREADS = BASE + "/v1/threads"
PROBLEM = "application/problem+json"
NDJSON = {"Content-Type": "application/x-ndjson"}

tls = ssl.create_default_context(cafile=CA)
strangers = httpx.Client(http2=True, verify=tls, timeout=60)
client = httpx.Client(http2=True, verify=tls, timeout=60, headers={"Authorization": BEARER})


def same(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: {found!r}, not {expected!r}")


def problem(answer, status, code):
    same("status", answer.status_code, status)
    same("media type", answer.headers.get("Content-Type"), PROBLEM)
    body = answer.json()
    same("problem", (body["status"], body["code"]), (status, code))
    same("problem's type", body["type"], "urn:threadstore:problem:" + code.replace("_", "-"))


def session_meta(thread):
    payload = {"id": thread, "timestamp": "2026-11-20T20:47:03.078Z", "cwd": "/", "originator": "smoke", "cli_version": "0.129.0",
               "source": "cli", "model_provider": "fake"}
    return json.dumps({"timestamp": "2026-11-20T20:47:03.078Z", "type": "session_meta", "payload": payload})


def message(text):
    return json.dumps({"timestamp": "2026-11-20T20:47:04.000Z", "type": "event_msg", "payload": {"type": "user_message", "message": text}})


def begin(method, path, *headers):
    """Begins a request over HTTP/1.1, and leaves its body to the caller."""
    tls = ssl.create_default_context(cafile=CA)  # httpx has had its own ask for HTTP/2
    port = int(AUTHORITY.split(":")[1])
    connection = tls.wrap_socket(socket.create_connection(("localhost", port), 20), server_hostname="localhost")
    head = [f"{method} {path} HTTP/1.1", f"Host: {AUTHORITY}", *headers, "", ""]
    connection.sendall("\r\n".join(head).encode())
    return connection


def rpc(call, token=BEARER):
    """A connection for each call, as Codex has it; the name of its status."""
    channel = grpc.secure_channel(AUTHORITY, grpc.ssl_channel_credentials(open(CA, "rb").read()))
    try:
        call(services.ThreadStoreStub(channel), [("authorization", token)] if token else [])
        return "OK"
    except grpc.RpcError as e:
        return e.code().name
    finally:
        channel.close()


def rest():
    thread = str(uuid.uuid4())
    answer = client.post(THREADS, json={"thread_id": thread, "source": {"kind": "cli"}},
                         headers={"X-Request-Id": "smoke-1", "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "evil.example",
                                  "X-Forwarded-Port": "444", "X-Forwarded-Prefix": "/evil", "Forwarded": "host=evil.example"})
    same("create", (answer.status_code, answer.http_version), (201, "HTTP/2"))
    same("Location", answer.headers["Location"], f"{THREADS}/{thread}")
    same("X-Request-Id", answer.headers.get_list("X-Request-Id"), ["smoke-1"])
    text = "x" * (5 << 20)
    same("append", client.post(f"{THREADS}/{thread}/items", content=message(text), headers=NDJSON).json()["appended"], 1)
    same("list", client.get(THREADS, params={"search": "xxx", "limit": 1}).status_code, 200)
    history = client.get(f"{THREADS}/{thread}/history", headers={"Accept": "application/x-ndjson"})
    same("history", (len(history.text.splitlines()), text in history.text), (2, True))
    same("HEAD", client.head(f"{THREADS}/{thread}").status_code, 200)
    missing = client.get(f"{THREADS}/{uuid.uuid4()}")
    problem(missing, 404, "thread_not_found")
    same("instance", missing.json()["instance"].startswith("/threadstore/v1/threads/"), True)
    answer = strangers.get(f"{THREADS}/{thread}")
    problem(answer, 401, "unauthenticated")
    same("WWW-Authenticate", answer.headers["WWW-Authenticate"], 'Bearer realm="threadstore"')
    for inside in "/threadstore/q/metrics", "/q/health/ready", "/threadstore/v1/%2e%2e/q/metrics":
        problem(client.get(GATEWAY + inside), 404, "not_found")


def streams():
    thread = str(uuid.uuid4())
    lines = [session_meta(thread)] + [message("y" * (1 << 18)) for _ in range(80)]
    began = time.monotonic()
    answer = client.put(f"{THREADS}/{thread}/rollout", content=((line + "\n").encode() for line in lines), headers=NDJSON)
    same("import", answer.status_code, 201)
    imported = time.monotonic()
    size = 0
    with client.stream("GET", f"{THREADS}/{thread}/rollout", headers={"Accept-Encoding": "identity"}) as export:
        for piece in export.iter_raw():
            first = first if size else time.monotonic()
            size += len(piece)
    print(f"a rollout of {size >> 20} MiB: import {imported - began:.2f} s; export's first bytes after {first - imported:.3f} s,"
          f" its last after {time.monotonic() - imported:.2f} s")
    same("export's size", size, sum(len(line) + 1 for line in lines))
    # the answer comes although the body is not complete, and so has not been held back
    with begin("PUT", f"/threadstore/v1/threads/{thread}/rollout", "Transfer-Encoding: chunked", "Content-Type: application/x-ndjson") as half:
        half.sendall(b"1\r\n{\r\n")
        same("half a body", half.recv(12), b"HTTP/1.1 401")
    with begin("POST", f"/threadstore/v1/threads/{thread}/items", f"Authorization: {BEARER}", "Content-Type: application/json",
               f"Content-Length: {(64 << 20) + 1}", "Expect: 100-continue") as large:
        answer = large.recv(8192)
        same("too large", (answer[:12], PROBLEM.encode() in answer, b"100 Continue" in answer), (b"HTTP/1.1 413", True, False))
    body = message("asked before").encode()
    with begin("POST", f"/threadstore/v1/threads/{thread}/items", f"Authorization: {BEARER}", "Content-Type: application/x-ndjson",
               f"Content-Length: {len(body)}", "Expect: 100-continue") as asking:
        same("Expect", asking.recv(12), b"HTTP/1.1 100")
        asking.recv(4096)
        asking.sendall(body)
        same("not live", asking.recv(12), b"HTTP/1.1 409")


def codex():
    thread = str(uuid.uuid4())
    same("CreateThread", rpc(lambda store, said: store.CreateThread(messages.CreateThreadRequest(thread_id=thread), metadata=said)), "OK")
    for megabytes, status in ((7, "OK"), (10, "RESOURCE_EXHAUSTED")):  # of two items; a message has at most 16 MiB
        items = [message("z" * (megabytes << 20)), message("z" * (megabytes << 20))]
        append = messages.AppendThreadItemsRequest(thread_id=thread, items_json=items)
        same("AppendItems", rpc(lambda store, said: store.AppendItems(append, metadata=said)), status)
    same("PersistThread", rpc(lambda store, said: store.PersistThread(messages.ThreadIdRequest(thread_id=thread), metadata=said)), "OK")
    read = messages.ReadThreadRequest(thread_id=thread)
    same("ReadThread", rpc(lambda store, said: store.ReadThread(read, metadata=said)), "OK")
    same("without a token", rpc(lambda store, said: store.ReadThread(read, metadata=said), None), "UNAUTHENTICATED")
    same("through REST", client.get(f"{THREADS}/{thread}").json()["item_count"], 3)


def refused(status, code, grpc_status):
    while (answer := client.get(THREADS, headers={"X-Request-Id": "smoke-2"})).status_code == 200:
        pass
    problem(answer, status, code)
    same("Retry-After", answer.headers.get_list("Retry-After"), ["1"])
    same("X-Request-Id", answer.headers.get_list("X-Request-Id"), ["smoke-2"])
    while (answer := rpc(lambda store, said: store.ListThreads(messages.ListThreadsRequest(page_size=1), metadata=said))) == "OK":
        pass
    same("gRPC", answer, grpc_status)


mode = sys.argv[1]
if mode == "whole":
    rest()
    streams()
    codex()
elif mode == "limited":
    refused(429, "too_many_requests", "RESOURCE_EXHAUSTED")
elif mode == "away":
    refused(int(sys.argv[2]), "unavailable", "UNAVAILABLE")
else:
    sys.exit(f"{mode}?")
print(f"{mode}: as it should be")
