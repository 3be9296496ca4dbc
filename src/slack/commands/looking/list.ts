import { egressRequests } from "#src/domain/request/kinds.ts";
import type { BoardEntry, Seen } from "#src/domain/request/board.ts";
import { FINAL_STATES, isLive } from "#src/domain/request/lifecycle.ts";
import { asksSeveral } from "#src/domain/request/destinations-asked.ts";
import { grantsAsked } from "#src/domain/request/egress-grant/admission-chain.ts";
import { requestIdOf } from "#src/domain/request/grant-id.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import { grantsOn, look } from "#src/requests/read-board.ts";
import type { BotPorts } from "../../bot-ports.ts";
import { section } from "../../render/blocks.ts";
import { boardOnlyLine, grantLine, listLine } from "../../render/looking/board.ts";
import { code, inline } from "../../render/text.ts";
import { type CommandReply, refusalReply } from "../command-context.ts";
import { unknownTeam } from "./unknown-team.ts";

/** Keeps the message within one section's 3000 characters. */
const LISTED = 20;

/** What is open or under way, of a team or of all: requests in the store, and whatever else the lanes saw open. */
export async function list(ports: BotPorts, team: string | undefined): Promise<CommandReply> {
  const unknown = unknownTeam(ports, team, { what: "nothing was listed", command: "list" });
  if (unknown !== undefined) return refusalReply(unknown);
  const all = await allLines(ports, team);
  const of = team === undefined ? "" : ` for team ${code(inline(team, 63))}`;
  if (all.length === 0) return { text: `Nothing is open or under way${of}.` };
  const more =
    all.length > LISTED ? [`and ${all.length - LISTED} more; name a team to see fewer`] : [];
  const lines = [`*Open or under way${of}*`, ...all.slice(0, LISTED), ...more];
  return {
    text: `${all.length} open or under way${of}`,
    blocks: [section(lines.join("\n"))],
  };
}

async function allLines(ports: BotPorts, team: string | undefined): Promise<readonly string[]> {
  const records = egressRequests(await ports.store.list(team === undefined ? {} : { team }));
  const known = new Set(records.map(({ id }) => id));
  const lines: string[] = [];
  for (const { name } of ports.config.directory.clusters) {
    const seen = await look(ports, name);
    for (const record of records.filter(({ asked }) => asked.cluster === name))
      lines.push(...lineOf(record, seen));
    // Whose they are only their requests say.
    if (team === undefined) lines.push(...unknownLines(seen, known));
  }
  return lines;
}

function lineOf(record: RequestRecord, seen: Seen): readonly string[] {
  const entries = grantsOn(seen.board, record.id);
  const entry = entries[0]?.[1];
  if (entry !== undefined && asksSeveral(record.asked)) return linesOfEach(record, entries, seen);
  const isOver = entry === undefined ? FINAL_STATES.includes(record.state) : !isOpen(entry);
  return isOver ? [] : [listLine(record, entry, seen)];
}

/** Of several those that are open. */
function linesOfEach(
  record: RequestRecord,
  entries: ReturnType<typeof grantsOn>,
  seen: Seen,
): readonly string[] {
  const byId = new Map(entries);
  return grantsAsked(record).flatMap((grant) => {
    const entry = byId.get(grant.id);
    return entry !== undefined && isOpen(entry) ? [grantLine(grant, entry, seen)] : [];
  });
}

function unknownLines({ board, ...rest }: Seen, known: ReadonlySet<string>): readonly string[] {
  return Object.entries(board?.grants ?? {})
    .filter(([grantId, entry]) => !known.has(requestIdOf(grantId)) && isOpen(entry))
    .map(([grantId, entry]) => boardOnlyLine(grantId, entry, { board, ...rest }));
}

function isOpen({ state }: BoardEntry): boolean {
  return isLive(state) || state === "ending";
}
