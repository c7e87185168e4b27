"""What every generated client must be able to do; the same steps in each language. See docs/clients.md."""

import json
import os
import sys
import uuid

# docs:begin
import threadstore
from threadstore import AppendItemsBody, CreateThreadBody, ProblemCode, RolloutItem, SessionSource, SourceKind

configuration = threadstore.Configuration(
    host=os.environ["THREADSTORE_URL"],
    access_token=os.environ["THREADSTORE_TOKEN"],
    ssl_ca_cert=os.environ.get("THREADSTORE_CA"),
)
client = threadstore.ApiClient(configuration)
threads, items = threadstore.ThreadsApi(client), threadstore.ItemsApi(client)


def append(thread_id, expected_ordinal, *messages):
    """Appends messages. If others were first, says where to go on, and None."""
    body = AppendItemsBody(
        items=[RolloutItem(type="event_msg", payload={"type": "user_message", "message": m}) for m in messages],
        expected_ordinal=expected_ordinal,
    )
    try:
        result = items.append_items(thread_id, body)
        return result.next_ordinal, result
    except threadstore.ApiException as e:
        if not isinstance(e.data, threadstore.Problem) or e.data.code != ProblemCode.ORDINAL_CONFLICT:
            raise
        return e.data.next_ordinal, None


thread = threads.create_thread(CreateThreadBody(source=SessionSource(kind=SourceKind.EXEC), name="Fix the parser"))
next_ordinal, result = append(thread.thread_id, thread.next_ordinal, "hello")
# docs:end

writers, rollouts = threadstore.WritersApi(client), threadstore.RolloutFilesApi(client)
thread_id = thread.thread_id
BIG = 2**63 - 1
LONG = 3000


def check(condition, what):
    if not condition:
        sys.exit(f"failed: {what}")


def done(what):
    print(f"  {what}", flush=True)


def refusal(call, status):
    """The problem document that a call is refused with."""
    try:
        call()
    except threadstore.ApiException as e:
        check(e.status == status and isinstance(e.data, threadstore.Problem), f"a problem with status {status}: {e}")
        check(e.data.status == status, "the document has the status of its answer")
        return e.data
    sys.exit(f"failed: no answer {status}")


start = thread.next_ordinal
check(thread.writer.epoch == 1 and start == 2, "a new thread has a writer, its session_meta and its name")
check(result.first_ordinal == start and next_ordinal == start + 1 and not result.replayed, "the first append")
_, again = append(thread_id, start, "hello")
check(again.replayed and again.appended == 0, "the same append again is a replay")
synced, conflict = append(thread_id, start, "something else")
check(conflict is None and synced == start + 1, "other items at a taken ordinal are a conflict that says where to go on")
_, result = append(thread_id, synced, "something else")
check(result.first_ordinal == synced, "the append after it")
done("create, append, replay, conflict")

folder = f"/clients/{uuid.uuid4()}"
made = {threads.create_thread(CreateThreadBody(source=SessionSource(kind=SourceKind.EXEC), cwd=folder)).thread_id for _ in range(5)}
seen, cursor, pages = [], None, 0
while pages == 0 or cursor:
    page = threads.list_threads(cwd=[folder], source=[SourceKind.EXEC], limit=2, cursor=cursor)
    seen += [t.thread_id for t in page.threads]
    cursor, pages = page.next_cursor, pages + 1
check(pages >= 3 and len(seen) == 5 and set(seen) == made, "every thread once, over all pages")
for each in made:
    threads.delete_thread(each)
newest = items.list_items(thread_id, limit=2, order=threadstore.SortOrder.DESC, type=["event_msg"])
check([i.ordinal for i in newest.items] == [start + 1, start] and newest.has_more, "a page of items, the newest first")
done("lists")

Patch = threadstore.UpdateThreadMetadataBody
check(threads.update_thread_metadata(thread_id, Patch(name="Parser")).name == "Parser", "a new name")
problem = refusal(lambda: threads.update_thread_metadata(thread_id, Patch(name=None, memory_mode=threadstore.MemoryMode.DISABLED)), 400)
check(problem.code == ProblemCode.INVALID_REQUEST, "two fields at once, a null among them")
check(threads.update_thread_metadata(thread_id, Patch()).name == "Parser", "an absent name stays")
check(threads.update_thread_metadata(thread_id, Patch(name=None)).name is None, "null clears the name")
patches = threads.list_metadata_patches(thread_id).patches
check([p.value for p in patches] == ["Fix the parser", "Parser", None], "the patches on record")
done("patches")

check(threads.archive_thread(thread_id).archived_at is not None, "archived")
problem = refusal(lambda: threads.get_thread(thread_id), 404)
check(problem.code == ProblemCode.THREAD_NOT_FOUND and str(problem.thread_id) == str(thread_id), "an archived thread is not found")
check(threads.get_thread(thread_id, include_archived=True).archived_at is not None, "unless it is asked for")
check(threads.unarchive_thread(thread_id).archived_at is None, "taken out again")
writer = writers.open_writer(thread_id, threadstore.OpenWriterBody(takeover=True))
check(writers.get_writer(thread_id).epoch == writer.epoch == 2, "the second writer")
problem = refusal(lambda: items.append_items(thread_id, AppendItemsBody(items=[]), writer_epoch=1), 409)
check(problem.code == ProblemCode.WRITER_FENCED and problem.epoch == 2, "the first writer is fenced")
position = writers.shutdown_thread(thread_id, writer_epoch=writer.epoch)
check(position.materialized and position.next_ordinal == writer.next_ordinal, "shut down")
check(refusal(lambda: writers.get_writer(thread_id), 404).code == ProblemCode.WRITER_NOT_FOUND, "no writer is left")
done("archive, writers")

payload = {"big": BIG, "whole": 1.0, "new": {"in": [None, True]}}
writer = writers.open_writer(thread_id, threadstore.OpenWriterBody())
items.append_items(
    thread_id,
    AppendItemsBody(items=[RolloutItem(type="of_tomorrow", payload=payload)], expected_ordinal=writer.next_ordinal),
    writer_epoch=writer.epoch,
)
kept = items.list_items(thread_id, type=["of_tomorrow"]).items[0].payload
check(kept == payload and type(kept["big"]) is int and type(kept["whole"]) is float, "the payload as it went in")
done("payload")

ordinal = writer.next_ordinal + 1
for begin in range(0, LONG, 1000):
    ordinal, result = append(thread_id, ordinal, *[f"message {n}" for n in range(begin, begin + 1000)])
    check(result.appended == 1000, "a thousand items")
response = items.load_history_without_preload_content(thread_id, _headers={"Accept": "application/x-ndjson"})
count, rest = 0, b""
for chunk in response.stream(65536):  # one chunk in memory at a time
    *lines, rest = (rest + chunk).split(b"\n")
    for line in lines:
        item = threadstore.StoredItem.from_dict(json.loads(line))
        check(item.ordinal == count, "items in order")
        count += 1
response.release_conn()
check(rest == b"" and count == ordinal > LONG, "the whole history, line by line")
check(len(items.load_history(thread_id).items) == count, "the same as one document")
done(f"{count} items streamed")

with open(sys.argv[1], "rb") as f:
    rollout = f.read()
file_id = sys.argv[2]
imported = rollouts.import_rollout(file_id, rollout)
check(imported.appended + imported.replayed == rollout.count(b"\n"), "every line is stored")
check(rollouts.import_rollout(file_id, rollout).appended == 0, "the same file again changes nothing")
check(bytes(rollouts.export_rollout(file_id)) == rollout, "byte for byte the same file")
check(str(imported.thread.thread_id) == file_id, "the imported thread")
done("import, export")

stranger = threadstore.ApiClient(threadstore.Configuration(host=configuration.host, ssl_ca_cert=configuration.ssl_ca_cert))
problem = refusal(lambda: threadstore.ThreadsApi(stranger).list_threads(), 401)
check(problem.code == ProblemCode.UNAUTHENTICATED, "who shows no token")
for each in (file_id, thread_id):
    threads.delete_thread(each)
check(refusal(lambda: threads.delete_thread(thread_id), 404).code == ProblemCode.THREAD_NOT_FOUND, "deleted")
done("no token, delete")
