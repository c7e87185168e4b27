// What every generated client must be able to do; the same steps in each language. See docs/clients.md.
import { openAsBlob } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { MemoryMode, OpenWriterBody, RolloutFilesApi, SortOrder, StoredItemFromJSON, WritersApi } from './client';
// docs:begin
import {
  AppendResult, Configuration, ItemsApi, Problem, ProblemCode, ProblemFromJSON, ResponseError, SourceKind, ThreadsApi,
} from './client';

const configuration = new Configuration({
  basePath: process.env.THREADSTORE_URL,
  accessToken: async () => process.env.THREADSTORE_TOKEN!,
});
const threads = new ThreadsApi(configuration);
const items = new ItemsApi(configuration);

async function problemOf(error: unknown): Promise<Problem> {
  if (!(error instanceof ResponseError)) throw error;
  return ProblemFromJSON(await error.response.json());
}

/** Appends messages. If others were first, says where to go on, without a result. */
async function append(
  threadId: string, expectedOrdinal: number, ...messages: string[]
): Promise<{ nextOrdinal: number; result?: AppendResult }> {
  const newItems = messages.map((message) => ({ type: 'event_msg', payload: { type: 'user_message', message } }));
  try {
    const result = await items.appendItems({ threadId, appendItemsBody: { items: newItems, expectedOrdinal } });
    return { nextOrdinal: result.nextOrdinal, result };
  } catch (error) {
    const problem = await problemOf(error);
    if (problem.code !== ProblemCode.OrdinalConflict) throw new Error(problem.detail, { cause: error });
    return { nextOrdinal: problem.nextOrdinal! };
  }
}

async function firstSteps() {
  const thread = await threads.createThread({ createThreadBody: { source: { kind: SourceKind.Exec }, name: 'Fix the parser' } });
  const appended = await append(thread.threadId, thread.nextOrdinal, 'hello');
  return { thread, appended };
}
// docs:end

const writers = new WritersApi(configuration);
const rollouts = new RolloutFilesApi(configuration);
const LONG = 3000;

function check(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(`failed: ${what}`);
}

const done = (what: string) => console.log(`  ${what}`);

/** The problem document that a call is refused with. */
async function refusal(call: Promise<unknown>, status: number): Promise<Problem> {
  try {
    await call;
  } catch (error) {
    check(error instanceof ResponseError, `an answer ${status}, not ${error}`);
    const problem = await problemOf(error);
    check(error.response.status === status && problem.status === status, `an answer ${status}: ${problem.detail}`);
    return problem;
  }
  throw new Error(`failed: no answer ${status}`);
}

async function main(file: string, fileId: string) {
  const { thread, appended } = await firstSteps();
  const threadId = thread.threadId;
  const start = thread.nextOrdinal;
  check(thread.writer?.epoch === 1 && start === 2, 'a new thread has a writer, its session_meta and its name');
  check(appended.result?.firstOrdinal === start && appended.nextOrdinal === start + 1, 'the first append');
  check(appended.result.appended === 1 && !appended.result.replayed, 'is stored');
  const again = await append(threadId, start, 'hello');
  check(again.result?.replayed && again.result.appended === 0, 'the same append again is a replay');
  const conflict = await append(threadId, start, 'something else');
  check(!conflict.result && conflict.nextOrdinal === start + 1, 'a conflict at a taken ordinal says where to go on');
  const synced = await append(threadId, conflict.nextOrdinal, 'something else');
  check(synced.result?.firstOrdinal === start + 1, 'the append after it');
  done('create, append, replay, conflict');

  const cwd = `/clients/${randomUUID()}`;
  const made = new Set<string>();
  for (let n = 0; n < 5; n++) {
    made.add((await threads.createThread({ createThreadBody: { source: { kind: SourceKind.Exec }, cwd } })).threadId);
  }
  const seen: string[] = [];
  let pages = 0;
  let cursor: string | undefined;
  do {
    const page = await threads.listThreads({ cwd: [cwd], source: [SourceKind.Exec], limit: 2, cursor });
    seen.push(...page.threads.map((t) => t.threadId));
    cursor = page.nextCursor;
    pages++;
  } while (cursor);
  check(pages >= 3 && seen.length === 5 && seen.every((id) => made.delete(id)), 'every thread once, over all pages');
  for (const id of seen) await threads.deleteThread({ threadId: id });
  const newest = await items.listItems({ threadId, limit: 2, order: SortOrder.Desc, type: ['event_msg'] });
  check(newest.items.map((i) => i.ordinal).join() === `${start + 1},${start}` && newest.hasMore, 'a page of items, the newest first');
  done('lists');

  const patch = (body: Parameters<typeof threads.updateThreadMetadata>[0]['updateThreadMetadataBody']) =>
    threads.updateThreadMetadata({ threadId, updateThreadMetadataBody: body });
  check((await patch({ name: 'Parser' })).name === 'Parser', 'a new name');
  const twoFields = await refusal(patch({ name: null, memoryMode: MemoryMode.Disabled }), 400);
  check(twoFields.code === ProblemCode.InvalidRequest, 'two fields at once, a null among them');
  check((await patch({})).name === 'Parser', 'an absent name stays');
  check((await patch({ name: null })).name === undefined, 'null clears the name');
  const { patches } = await threads.listMetadataPatches({ threadId });
  check(JSON.stringify(patches.map((p) => p.value)) === '["Fix the parser","Parser",null]', 'the patches on record');
  done('patches');

  check((await threads.archiveThread({ threadId })).archivedAt instanceof Date, 'archived');
  const hidden = await refusal(threads.getThread({ threadId }), 404);
  check(hidden.code === ProblemCode.ThreadNotFound && hidden.threadId === threadId, 'an archived thread is not found');
  check((await threads.getThread({ threadId, includeArchived: true })).archivedAt, 'unless it is asked for');
  check((await threads.unarchiveThread({ threadId })).archivedAt === undefined, 'taken out again');
  const open = (openWriterBody: OpenWriterBody) => writers.openWriter({ threadId, openWriterBody });
  const second = await open({ takeover: true });
  check((await writers.getWriter({ threadId })).epoch === 2 && second.epoch === 2, 'the second writer');
  const fenced = await refusal(items.appendItems({ threadId, appendItemsBody: { items: [] }, writerEpoch: 1 }), 409);
  check(fenced.code === ProblemCode.WriterFenced && fenced.epoch === 2, 'the first writer is fenced');
  const position = await writers.shutdownThread({ threadId, writerEpoch: second.epoch });
  check(position.materialized && position.nextOrdinal === second.nextOrdinal, 'shut down');
  check((await refusal(writers.getWriter({ threadId }), 404)).code === ProblemCode.WriterNotFound, 'no writer is left');
  done('archive, writers');

  // JavaScript has one kind of number: 2^63-1 and 1.0 pass through it only as text
  const payload = '{"big":9223372036854775807,"whole":1.0,"new":{"in":[null,true]}}';
  const third = await open({});
  await items.appendItems({ threadId, appendItemsBody: { items: [] } }, async ({ init }) => ({
    ...init,
    body: new Blob([`{"items":[{"type":"of_tomorrow","payload":${payload}}],"expected_ordinal":${third.nextOrdinal}}`]),
  }));
  const kept = await items.listItemsRaw({ threadId, type: ['of_tomorrow'] });
  check((await kept.raw.clone().text()).includes(`"payload":${payload}`), 'the payload as it went in');
  const parsed = (await kept.value()).items[0].payload;
  check(parsed.new.in[1] === true && !Number.isSafeInteger(parsed.big), 'its values, but for the large number');
  done('payload');

  let ordinal = third.nextOrdinal + 1;
  for (let from = 0; from < LONG; from += 1000) {
    const thousand = await append(threadId, ordinal, ...Array.from({ length: 1000 }, (_, n) => `message ${from + n}`));
    check(thousand.result?.appended === 1000, 'a thousand items');
    ordinal = thousand.nextOrdinal;
  }
  const history = await items.loadHistoryRaw({ threadId }, async ({ init }) => ({
    headers: { ...init.headers, Accept: 'application/x-ndjson' },
  }));
  let count = 0;
  // a line in memory at a time
  for await (const line of createInterface({ input: Readable.fromWeb(history.raw.body! as never) })) {
    check(StoredItemFromJSON(JSON.parse(line)).ordinal === count++, 'items in order');
  }
  check(count === ordinal && count > LONG, 'the whole history, line by line');
  check((await items.loadHistory({ threadId })).items.length === count, 'the same as one document');
  done(`${count} items streamed`);

  const rollout = await readFile(file, 'utf8');
  const imported = await rollouts.importRollout({ threadId: fileId, body: await openAsBlob(file) });
  check(imported.appended + imported.replayed === rollout.trimEnd().split('\n').length, 'every line is stored');
  const reimported = await rollouts.importRollout({ threadId: fileId, body: await openAsBlob(file) });
  check(reimported.appended === 0, 'the same file again changes nothing');
  check((await (await rollouts.exportRollout({ threadId: fileId })).text()) === rollout, 'byte for byte the same file');
  check(imported.thread.threadId === fileId, 'the imported thread');
  done('import, export');

  const stranger = new ThreadsApi(new Configuration({ basePath: configuration.basePath }));
  check((await refusal(stranger.listThreads(), 401)).code === ProblemCode.Unauthenticated, 'who shows no token');
  for (const id of [fileId, threadId]) await threads.deleteThread({ threadId: id });
  check((await refusal(threads.deleteThread({ threadId }), 404)).code === ProblemCode.ThreadNotFound, 'deleted');
  done('no token, delete');
}

main(process.argv[2], process.argv[3]).catch((error) => {
  console.error(error);
  process.exit(1);
});
