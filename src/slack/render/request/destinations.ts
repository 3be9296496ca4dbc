import { endpoint } from "#src/domain/grant.ts";
import { destinationsAsked } from "#src/domain/request/destinations-asked.ts";
import { grantsAsked } from "#src/domain/request/egress-grant/admission-chain.ts";
import type {
  AskedDestination,
  PlannedDestination,
  RequestRecord,
} from "#src/domain/request/request.ts";
import type { ChatBlock } from "#src/ports/chat/chat.ts";
import { header, section } from "../blocks.ts";
import { code, count, inline } from "../text.ts";
import { limitLines, MODE_WORDS, starWords } from "./mode-words.ts";

/*
 * The part of a card that shows several destinations, one below the other. What a person types has 2000 characters: hosts
 * and limits of all of them have room, and nothing is approved that was not read.
 */

/** Of all destinations together: what was asked for, and that with what is said of each. Characters. */
const ROOM = { asked: 3400, all: 4600 };

export function destinationsHeader({ asked }: RequestRecord): ChatBlock {
  const all = destinationsAsked(asked);
  const domains = new Set(all.map(({ registrableDomain }) => registrableDomain));
  return header(`${count(all.length, "destination")} · ${[...domains].join(", ")}`);
}

export function destinationBlocks(record: RequestRecord): readonly ChatBlock[] {
  const all = destinationsAsked(record.asked);
  const ids = grantsAsked(record).map(({ id }) => id);
  const texts = all.map((each, at) => askedLines(each, ids[at] ?? record.id));
  const length = texts.join("").length;
  const each = Math.floor(ROOM.asked / all.length);
  const left = Math.floor((ROOM.all - Math.min(length, ROOM.asked)) / all.length);
  return texts.map((text, at) => {
    const shown = length <= ROOM.asked || text.length <= each ? text : withoutRest(text, each);
    const said = plannedLines(record.plan?.each?.[at], left);
    return section(said === "" ? shown : `${shown}\n${said}`);
  });
}

const CUT = " … :warning: *cut*: read the full plan";

/** Host, port and mode come first: they are never what is cut. */
function withoutRest(text: string, room: number): string {
  const kept = text.slice(0, Math.max(room - CUT.length, 0)).toWellFormed();
  // No half of what is between backticks.
  const open = kept.split("`").length % 2 === 0 ? "`" : "";
  return `${kept}${open}${CUT}`;
}

function askedLines(
  { destination, typedHost, registrableDomain }: AskedDestination,
  id: string,
): string {
  const { host, mode } = destination;
  const star = starWords(destination);
  const lines = [
    `${code(id)} *${registrableDomain}* · ${mode === "tls" ? "" : `${mode} · `}${code(endpoint(destination))}${MODE_WORDS[mode]}`,
    ...(typedHost === host ? [] : [`typed as (international name) ${inline(typedHost, 120)}`]),
    ...(star === undefined ? [] : [star]),
    ...limitLines(destination),
  ];
  return lines.join("\n");
}

/** As much as there is room for; a warning that is cut says so. */
function plannedLines(planned: PlannedDestination | undefined, room: number): string {
  if (planned === undefined) return "";
  const { warnings, adoption } = planned;
  const lines = [
    ...warnings.map((warning) => `:warning: ${inline(warning, 200)}`),
    ...(adoption === undefined ? [] : [":warning: others show it already: see the full plan"]),
  ];
  const shown: string[] = [];
  let left = room - REST;
  for (const line of lines) {
    left -= line.length + 1;
    if (left < 0) break;
    shown.push(line);
  }
  const rest = lines.length - shown.length;
  return [
    ...shown,
    ...(rest === 0 ? [] : [`:warning: *${count(rest, "more warning")}*: see the full plan`]),
  ].join("\n");
}

/** Room of the line that counts what is not shown. */
const REST = 50;

/** `EG-7QK4M.2 b.example.com:443`, of the grant with this id. */
export function grantText(record: Pick<RequestRecord, "id" | "asked">, grantId: string): string {
  const grant = grantsAsked(record).find(({ id }) => id === grantId);
  return `${code(grantId)}${grant === undefined ? "" : ` ${endpoint(grant.destination)}`}`;
}
