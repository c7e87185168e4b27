"""What Schemathesis can't read in the API document. Loaded by .ci/fuzz."""

import atexit
import json
import os
import unicodedata

import requests
import schemathesis

URL = os.environ["THREADSTORE_URL"]
SESSION = requests.Session()
SESSION.headers["Authorization"] = "Bearer " + os.environ["THREADSTORE_TOKEN"]

# which members a kind of source has, beside kind (api: SessionSource)
SPAWN = {"parent_thread_id", "depth", "nickname", "role", "path"}
MEMBERS = {"custom": {"custom"}, "sub_agent_other": {"other"}, "sub_agent_thread_spawn": SPAWN}
NEEDED = {"custom": "custom", "sub_agent_other": "other", "sub_agent_thread_spawn": "parent_thread_id"}

made = set()
alive = []
seen = {"requests": 0, "reached": 0}


@schemathesis.serializer("application/x-ndjson")
def ndjson(ctx, value):
    return (value if isinstance(value, str) else json.dumps(value)).encode()


def lines(text):
    """A rollout file's lines: the text itself if it is one, else one item that holds it. The document says no more than string."""
    if text.startswith("{"):
        return text
    return json.dumps({"type": "event_msg", "payload": {"type": "user_message", "message": text}}) + "\n"


@schemathesis.hook
def before_load_schema(ctx, raw_schema):
    # this service asks for tokens: the document's other alternative, none, is not true of it
    raw_schema["security"] = [{"bearer": []}]


def is_positive(case):
    return case.meta is None or not case.meta.generation.mode.is_negative


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """Gives valid cases the values that only the service knows, so that they reach its rules and not just its doors."""
    if not is_positive(case):
        return
    case.freeze_metadata()  # it stays a valid case, whatever is put into it here
    operation = case.operation.definition.raw["operationId"]
    thread = case.path_parameters.get("thread_id")
    # one in five stays as it is: unknown threads are a case, too; and so are those that were deleted
    if thread and thread not in made and hash_of(thread) % 5:
        thread = case.path_parameters["thread_id"] = a_thread()
    for name in ("If-Match", "If-None-Match"):
        # its generator of headers makes nothing of this pattern at times
        if case.headers.get(name) == "":
            case.headers[name] = '"x"'
    # a cursor is what the page before gave, with the same filters
    case.query.pop("cursor", None)
    if operation == "importRollout":
        meta = {"type": "session_meta", "payload": {"id": thread}}
        case.body = json.dumps(meta) + "\n" + lines(case.body)
        # what packs a body is not for a generator of strings
        case.headers.pop("Content-Encoding", None)
    elif operation == "appendItems" and isinstance(case.body, dict):
        # both may say it, and then they must agree
        case.query.pop("expected_ordinal", None)
    elif operation == "appendItems":
        case.body = lines(case.body)
    elif operation == "createThread" and isinstance(case.body, dict):
        case.body["source"] = source(case.body["source"])
    if operation in ("createThread", "updateThreadMetadata") and isinstance(case.body, dict):
        named(case.body, "name")
        if isinstance(case.body.get("source"), dict):
            named(case.body["source"], "custom")


def named(members, name):
    """Names hold no control characters, and no controls of the writing direction; nor are they blank without those."""
    if isinstance(members.get(name), str) and any(map(is_control, members[name])):
        kept = "".join(c for c in members[name] if not is_control(c))
        members[name] = kept if kept.strip() else "a name"


def is_control(c):
    direction = c in "\u061c\u200e\u200f" or "\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069"
    return direction or unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")


def source(sent):
    kind = sent["kind"]
    kept = {name: value for name, value in sent.items() if name == "kind" or name in MEMBERS.get(kind, ())}
    if kind in NEEDED:
        kept.setdefault(NEEDED[kind], "01a1fab6-71a6-78b0-80d3-d8e7488ce317")
    return kept


def hash_of(text):
    return sum(str(text).encode())


def a_thread():
    if len(alive) < 3:
        answer = SESSION.post(URL + "/v1/threads", json={"source": {"kind": "cli"}})
        answer.raise_for_status()
        remember(answer.json()["thread_id"])
    return alive[len(made) % len(alive)]


def remember(thread):
    made.add(thread)
    alive.append(thread)


@schemathesis.hook
def after_call(ctx, case, response):
    operation = case.operation.definition.raw["operationId"]
    thread = case.path_parameters.get("thread_id")
    if response.status_code == 201 and operation == "createThread":
        remember(response.json()["thread_id"])
    if response.status_code == 204 and operation == "deleteThread" and thread in alive:
        alive.remove(thread)
    if thread:
        seen["requests"] += 1
        # preconditions and conflicts are looked at only after the thread was found
        seen["reached"] += response.status_code < 400 or response.status_code in (409, 412)


@schemathesis.hook
def filter_failure(ctx, failure, case, response):
    """Whether a failure counts.

    A null for an absent member is taken, because serialisers write it; OpenAPI 3.0 has no words for it. An archived thread is not found without
    include_archived, although it was just resumed."""
    if failure.__class__.__name__ == "EnsureResourceAvailability":
        thread = case.path_parameters.get("thread_id")
        answer = SESSION.get(f"{URL}/v1/threads/{thread}", params={"include_archived": "true"})
        return not (answer.ok and "archived_at" in answer.json())
    if failure.__class__.__name__ != "AcceptedNegativeData" or not isinstance(case.body, dict):
        return True
    without = {name: value for name, value in case.body.items() if value is not None}
    return without == case.body or not set(without) >= set(case.operation.body[0].definition["schema"].get("required", []))


def report():
    print(f"{seen['reached']} of {seen['requests']} requests about a thread reached a real one")


atexit.register(report)
