import { asksForEgress, egressRequests } from "#src/domain/request/kinds.ts";
import { openStatements } from "#src/domain/approval/opened-statements.ts";
import { evaluatePolicy, type PolicyVerdict } from "#src/domain/approval/policy.ts";
import { endpoint, type Grant } from "#src/domain/grant.ts";
import type { CheckCommand } from "#src/domain/grammar/command.ts";
import { hostIn } from "#src/domain/network/terms.ts";
import { isRefusal } from "#src/domain/outcome.ts";
import { type KnownAdoption, knownAdoption } from "#src/domain/plan/adoption/known-adoption.ts";
import { coveringGrant, partlyGranted } from "#src/domain/plan/already-granted.ts";
import { grantsAsked } from "#src/domain/request/egress-grant/admission-chain.ts";
import type { BoardEntry, Seen } from "#src/domain/request/board.ts";
import { isLive } from "#src/domain/request/lifecycle.ts";
import { resolveTeam } from "#src/domain/request/resolve-team.ts";
import { look } from "#src/requests/read-board.ts";
import type { BotPorts } from "../../bot-ports.ts";
import { adoptionBlock } from "../../render/adoption.ts";
import { section } from "../../render/blocks.ts";
import { coveredText, notCoveredText } from "../../render/looking/board.ts";
import { code, inline, viaText } from "../../render/text.ts";
import { type CommandContext, type CommandReply, refusalReply } from "../command-context.ts";

/** "May team-x reach this?": by which grant until when, for whom of it alone, or whether and where it would need approval, or why it would be denied. */
export async function check(
  ports: BotPorts,
  { asked }: CommandContext,
  command: CheckCommand,
): Promise<CommandReply> {
  const found = resolveTeam(ports.config.directory, { ...command, channel: asked.channel });
  if (isRefusal(found)) return refusalReply(found);
  const host = hostIn({ clusterDomains: [found.cluster.domain] }, command);
  if (isRefusal(host)) return refusalReply(host);
  const destination = { ...command.destination, host: host.host };
  const { cluster, placement, team } = found;
  const scope = { namespace: placement.namespace, serviceAccounts: placement.serviceAccounts };
  const subject = `${code(endpoint(destination))}${viaText(destination)} (${destination.mode}) for team ${code(team.name)}`;
  const seen = await look(ports, cluster.name);
  const open = await openGrants(ports, cluster.name, seen);
  const wanted = { cluster: cluster.name, scope, destination };
  const grant = coveringGrant(
    wanted,
    open.map((each) => each.grant),
  );
  const entry = open.find((each) => each.grant.id === grant?.id)?.entry;
  const known = knownAdoption(egressRequests(await ports.store.list({ cluster: cluster.name })), {
    cluster: cluster.name,
    namespace: scope.namespace,
    destination,
  });
  if (grant !== undefined && entry !== undefined)
    return withSteps(coveredText(subject, grant, { entry, seen }), known);
  const verdict = evaluatePolicy(ports.config.policy, {
    ...destination,
    team: team.name,
    cluster: cluster.name,
    requester: asked.by.userId,
    durationMs: ports.config.durations.defaultMs,
  });
  const [part] = partlyGranted(
    wanted,
    open.map((each) => ({ grant: each.grant, endsAt: each.entry.endsAt })),
  );
  return withSteps(
    `${notCoveredText(subject, part, seen)} ${wouldBe(verdict, ports.config.approvals.channel)}`,
    known,
  );
}

/** What was last found of others' objects for that destination is part of the answer. */
function withSteps(text: string, known: KnownAdoption | undefined): CommandReply {
  if (known === undefined) return { text };
  const title = `What ${known.requestId} found there already`;
  const rest = `see \`@sallyport status ${known.requestId}\``;
  return { text, blocks: [section(text), adoptionBlock(known.text, { title, limit: 4000, rest })] };
}

/** Whoever asks, nobody is called by the answer: it names the channel of the cards, and not the approvers. */
function wouldBe({ rule, action }: PolicyVerdict, cards: string | undefined): string {
  return action.kind === "deny"
    ? `A request would be denied: rule “${inline(rule, 60)}” says: ${inline(action.reason, 300)}.`
    : `A request would need approval${rule === "default" ? "" : ` by rule “${inline(rule, 60)}”`}${cards === undefined ? "" : `, in <#${cards}>`}.`;
}

interface OpenGrant {
  readonly grant: Grant;
  readonly entry: BoardEntry;
}

/** What a grant is of, as the bot signed it when it was asked; that it is open, as a lane saw it. */
async function openGrants(
  ports: BotPorts,
  cluster: string,
  { board, now }: Seen,
): Promise<readonly OpenGrant[]> {
  if (board === undefined) return [];
  const records = await ports.store.list({ cluster });
  return records.flatMap((record) => {
    const { request } = openStatements(record, ports.trust, now);
    if (request.kind !== "bound" || !asksForEgress(request.payload.asked)) return [];
    return grantsAsked({ id: record.id, asked: request.payload.asked }).flatMap((grant) => {
      const entry = board.grants[grant.id];
      return entry !== undefined && isLive(entry.state) ? [{ grant, entry }] : [];
    });
  });
}
