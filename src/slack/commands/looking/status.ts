import { adminStatus } from "../../render/admin/status.ts";
import { unknownRequest } from "#src/domain/approval/decision-refusals.ts";

import type { BoardEntry, Seen } from "#src/domain/request/board.ts";
import { asksSeveral } from "#src/domain/request/destinations-asked.ts";
import { grantsAsked } from "#src/domain/request/egress-grant/admission-chain.ts";
import { wholeEntry } from "#src/domain/request/egress-grant/state-of-all.ts";
import { requestIdOf } from "#src/domain/request/grant-id.ts";
import type { AnyRequest, RequestRecord } from "#src/domain/request/request.ts";
import { unlessOverwritten } from "#src/ports/errors.ts";
import { grantsOn, look } from "#src/requests/read-board.ts";
import type { BotPorts } from "../../bot-ports.ts";
import { section } from "../../render/blocks.ts";
import { boardOnlyLine, grantLine, stateWord, statusLine } from "../../render/looking/board.ts";
import { grantText } from "../../render/request/destinations.ts";
import { byWhom, partRevoke } from "../../render/request/outcome.ts";
import { checkLine } from "../../render/request/result.ts";
import { inSections } from "../../render/request/result-of-each.ts";
import { code, inline, moment, placesText, placeText } from "../../render/text.ts";
import { type CommandReply, refusalReply } from "../command-context.ts";

/** What is known of one request; of an admitted one, what a lane last saw in its cluster. */
export async function status(ports: BotPorts, id: string): Promise<CommandReply> {
  const requestId = requestIdOf(id);
  const record = await readable(ports, requestId);
  if (record?.kind === "admin") return adminStatus(record);
  if (record !== undefined) return renderStatus(record, await look(ports, record.asked.cluster));
  const lines: string[] = [];
  for (const { name } of ports.config.directory.clusters) {
    const seen = await look(ports, name);
    for (const [grantId, entry] of grantsOn(seen.board, requestId))
      lines.push(`${boardOnlyLine(grantId, entry, seen)} (${code(name)})`);
  }
  return lines.length === 0 ? refusalReply(unknownRequest(id)) : { text: lines.join("\n") };
}

/** One that is not what Sallyport wrote is as good as none: the cluster still says what is open. */
async function readable(
  { store, log }: Pick<BotPorts, "store" | "log">,
  id: string,
): Promise<AnyRequest | undefined> {
  return unlessOverwritten(
    () => store.get(id),
    (err) => {
      log.error({ requestId: id, err }, "stored request unreadable");
      return undefined;
    },
  );
}

function renderStatus(record: RequestRecord, seen: Seen): Exclude<CommandReply, undefined> {
  const { asked, evidence } = record;
  const entries = grantsOn(seen.board, record.id);
  const entry = entries[0]?.[1];
  if (asksSeveral(asked)) return statusOfSeveral(record, seen);
  const lines = [
    `*${code(record.id)} ${placeText(asked.destination)}* (${asked.destination.mode}) for team ${code(asked.team)} in ${code(`${asked.cluster}/${asked.scope.namespace}`)}`,
    statusLine(record, entry, seen),
    ...revokedLine(record),
    `Asked by <@${asked.by.userId}> ${moment(asked.at)}: ${inline(asked.reason, 300)}`,
    ...(evidence?.egressIpPrefix === undefined
      ? []
      : [`Egress IP prefix ${code(evidence.egressIpPrefix)}`]),
    ...(evidence === undefined
      ? []
      : [
          `${checksOf(evidence.verdict, entry)} ${moment(evidence.at)}:`,
          ...evidence.checks.map(checkLine),
        ]),
    ...(evidence?.removal === undefined
      ? []
      : [`After it ended ${moment(record.since)}:`, ...evidence.removal.checks.map(checkLine)]),
  ];
  return {
    text: `${record.id}: ${placeText(asked.destination)} for team ${asked.team}: ${stateWord(record, entry, seen)}`,
    blocks: [section(lines.join("\n"))],
  };
}

/** Of several: each with what a lane last saw of it, and what was last seen of its traffic. */
function statusOfSeveral(record: RequestRecord, seen: Seen): Exclude<CommandReply, undefined> {
  const { asked, evidence } = record;
  const byId = new Map(grantsOn(seen.board, record.id));
  const entry = wholeEntry([...byId.values()]);
  const first = [
    `*${code(record.id)}* ${placesText(asked)} for team ${code(asked.team)} in ${code(`${asked.cluster}/${asked.scope.namespace}`)}`,
    statusLine(record, entry, seen),
    `Asked by <@${asked.by.userId}> ${moment(asked.at)}: ${inline(asked.reason, 300)}`,
    ...(evidence?.egressIpPrefix === undefined
      ? []
      : [`Egress IP prefix ${code(evidence.egressIpPrefix)}`]),
  ];
  const each = grantsAsked(record).map((grant) => {
    const one = byId.get(grant.id);
    if (one === undefined) return `${grantText(record, grant.id)} (${grant.destination.mode})`;
    const revoke = partRevoke(record, grant.id);
    return `${grantLine(grant, one, seen)}${one.verdict === undefined ? "" : ` (${one.verdict})`}${revoke === undefined ? "" : `; revoked${byWhom(revoke)}`}`;
  });
  return {
    text: `${record.id}: ${placesText(asked)} for team ${asked.team}: ${stateWord(record, entry, seen)}`,
    blocks: [section(first.join("\n")), ...inSections(each, 3000)],
  };
}

/** The record's own checks: where the lane does not report the same verdict, they are older than what it saw. */
function checksOf(verdict: string, entry: BoardEntry | undefined): string {
  const isConfirmed = entry !== undefined && (entry.verdict ?? verdict) === verdict;
  return isConfirmed ? "Checks of" : "Not confirmed by the cluster: checks of";
}

function revokedLine({ decisions }: RequestRecord): readonly string[] {
  const revoke = decisions.findLast(({ payload }) => payload.verdict === "revoke")?.payload;
  return revoke === undefined ? [] : [`Revoked${byWhom(revoke)}`];
}
