import { z } from "zod";
import { type Envelope, envelopeDigest } from "#src/domain/request/signed/envelope.ts";
import type { AnyRequest, NewRequest, RequestRecord } from "#src/domain/request/request.ts";
import { RequestId } from "#src/domain/request/shapes.ts";
import { FatalError, RetryableError, unlessOverwritten } from "#src/ports/errors.ts";
import type { Signer } from "#src/ports/keys.ts";
import type {
  AuditDraft,
  RecordChange,
  RequestStore,
  WriteResult,
} from "#src/ports/store/request-store.ts";
import { createAuditChain, type AuditChain } from "./audit/audit-chain.ts";
import { auditReader } from "./audit/audit-log.ts";
import { fewLines } from "./requests/few-lines.ts";
import { clusterIndex } from "./requests/cluster-index.ts";
import { asking } from "./connection.ts";
import { readText } from "./read-text.ts";
import { openRecord, overwritten, parseText, sealRecord } from "./records.ts";
import { listRequests, readRequest, type RequestReaderParts } from "./requests/request-reader.ts";
import { requestText, versionOf } from "./requests/stored-request.ts";
import type { ScriptAnswer } from "./requests/write-script.ts";

export interface RequestStoreParts extends RequestReaderParts {
  /** Signs records and audit entries: this process's own key. */
  readonly signer: Signer;
}

export function createRequestStore(parts: RequestStoreParts): RequestStore {
  const chain = createAuditChain(parts);
  return {
    get: (id) => readRequest(parts, id),
    create: (record, sourceId, audit) => createRequest(parts, chain, { record, sourceId, audit }),
    bySource: (sourceId) => requestOfSource(parts, sourceId),
    update: (read, change) => updateRequest(parts, chain, { read, change }),
    restore: (record, audit) => restoreRequest(parts, chain, { record, audit }),
    async list(where) {
      const lines = fewLines(parts.onUnreadable, "requests");
      const records = await listRequests({ ...parts, onUnreadable: lines.add }, where);
      lines.done();
      return records;
    },
    async addOrder({ payload: { cluster, id }, envelope }, audit) {
      const subject = `cluster:${cluster}`;
      const write = { kind: "order", cluster, id, envelope: JSON.stringify(envelope) } as const;
      mustBeWritten(subject, await chain.append(subject, audit, write));
    },
    async audit(subject, draft, after = 0) {
      mustBeWritten(subject, await chain.append(subject, draft, { kind: "audit", after }));
    },
    ...clusterIndex(parts),
    ...auditReader(parts.redis, parts),
  };
}

interface Creation {
  readonly record: NewRequest;
  readonly sourceId: string;
  readonly audit: AuditDraft;
}

async function createRequest(
  parts: RequestStoreParts,
  chain: AuditChain,
  { record: asked, sourceId, audit }: Creation,
): Promise<{ readonly record: AnyRequest; readonly existed: boolean }> {
  const { signer } = parts;
  const record: AnyRequest = { ...asked, version: 1 };
  const answer = await chain.append(record.id, audit, {
    kind: "create",
    sourceId,
    source: JSON.stringify(sealRecord(signer, `source:${sourceId}`, { id: record.id })),
    body: requestText(signer, record),
  });
  if (answer.answer === "existed")
    return { record: await requestNamed(parts, sourceId, answer.source), existed: true };
  if (answer.answer === "taken")
    throw new RetryableError(`creating request ${record.id}: another one has this id`);
  mustBeWritten(record.id, answer);
  return { record, existed: false };
}

const Source = z.object({ id: RequestId });

async function requestOfSource(
  parts: RequestStoreParts,
  sourceId: string,
): Promise<AnyRequest | undefined> {
  const { redis } = parts;
  const doing = "reading the source of a request";
  const text = await readText(redis, redis.keys.source(sourceId), doing);
  return text === undefined ? undefined : requestNamed(parts, sourceId, text);
}

/** The request a source's text names. @throws FatalError `StoreOverwritten` */
async function requestNamed(
  parts: RequestStoreParts,
  sourceId: string,
  text: string,
): Promise<AnyRequest> {
  const what = `the source ${sourceId}`;
  const source = Source.safeParse(openRecord(parts, `source:${sourceId}`, parseText(what, text)));
  if (!source.success) throw overwritten(what, source.error);
  const { id } = source.data;
  const record = await readRequest(parts, id);
  if (record === undefined) throw overwritten(`request ${id}`, new Error("it is gone"));
  return record;
}

async function updateRequest(
  { signer }: RequestStoreParts,
  chain: AuditChain,
  { read, change }: { readonly read: AnyRequest; readonly change: RecordChange },
): Promise<WriteResult> {
  const { patch, audit, end } = change;
  // A patch is of the kind it was made from.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const record = { ...read, ...patch, version: read.version + 1 } as AnyRequest;
  const answer = await chain.append(record.id, audit, {
    kind: "update",
    version: read.version,
    body: requestText(signer, record),
    ...(end === undefined ? {} : { end: indexed(record.id, end) }),
  });
  if (answer.answer === "conflict") return { result: "conflict" };
  mustBeWritten(record.id, answer);
  return { result: "written", record };
}

function indexed(id: string, end: Envelope): { readonly name: string; readonly envelope: string } {
  return { name: `${id} ${envelopeDigest(end)}`, envelope: JSON.stringify(end) };
}

/** So many others may restore the same request before us. */
const ATTEMPTS = 10;

/** No request is written so often: somebody else wrote a number like that. */
const MAX_VERSION = 1e12;

async function restoreRequest(
  parts: RequestStoreParts,
  chain: AuditChain,
  {
    record: known,
    audit,
  }: { readonly record: Omit<RequestRecord, "version">; readonly audit: AuditDraft },
): Promise<RequestRecord> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const version = await storedVersion(parts, known.id);
    const record: RequestRecord = { ...known, version: version < MAX_VERSION ? version + 1 : 1 };
    const body = requestText(parts.signer, record);
    const answer = await chain.append(record.id, audit, { kind: "restore", version, body });
    if (answer.answer === "conflict") continue;
    mustBeWritten(record.id, answer);
    return record;
  }
  throw new RetryableError(`restoring request ${known.id}: somebody else wrote each time`);
}

/** What the text under this id says of its version; 0 where it says none. */
async function storedVersion({ redis }: RequestStoreParts, id: string): Promise<number> {
  const text = await unlessOverwritten(
    () =>
      asking(`reading request ${id}`, () => redis.client.getrange(redis.keys.request(id), 0, 40)),
    () => "",
  );
  return versionOf(text);
}

function mustBeWritten(subject: string, { answer }: ScriptAnswer): void {
  switch (answer) {
    case "written":
      return;
    case "unreadable":
      throw new FatalError("StoreOverwritten", `writing ${subject}: what is stored is unreadable`);
    case "head":
      throw new RetryableError(`writing ${subject}: others write its audit chain all the time`);
    case "conflict":
    case "taken":
    case "existed":
      throw new FatalError("StoreOverwritten", `writing ${subject}: unexpected answer ${answer}`);
  }
}
