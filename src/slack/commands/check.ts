import { believe } from "#src/domain/request/belief.ts";
import { coveringGrant } from "#src/domain/plan/already-granted.ts";
import { approversText } from "#src/domain/approval/entitlement.ts";
import { endpoint, type Grant } from "#src/domain/grant.ts";
import type { CheckCommand } from "#src/domain/grammar/command.ts";
import type { RequestState } from "#src/domain/request/lifecycle.ts";
import { parseHost } from "#src/domain/network/host.ts";
import { isRefusal } from "#src/domain/outcome.ts";
import { evaluatePolicy, type PolicyVerdict } from "#src/domain/approval/policy.ts";
import { resolveTeam } from "#src/domain/request/resolve-team.ts";
import type { BotPorts } from "../bot-ports.ts";
import { code, inline, moment } from "../render/text.ts";
import { type CommandContext, type CommandReply, refusalReply } from "./command-context.ts";

/** "May team-x reach this?": by which grant until when, or who would have to approve, or why it would be denied. */
export async function check(
  ports: BotPorts,
  { asked }: CommandContext,
  command: CheckCommand,
): Promise<CommandReply> {
  const found = resolveTeam(ports.config.directory, { ...command, channel: asked.channel });
  if (isRefusal(found)) return refusalReply(found);
  const host = parseHost(command.typedHost, { clusterDomains: [found.cluster.domain] });
  if (isRefusal(host)) return refusalReply(host);
  const destination = { ...command.destination, host: host.host };
  const { cluster, placement, team } = found;
  const scope = { namespace: placement.namespace, serviceAccounts: placement.serviceAccounts };
  const live = await liveGrants(ports, cluster.name);
  const grant = coveringGrant(
    { cluster: cluster.name, scope, destination },
    live.map((entry) => entry.grant),
  );
  const subject = `${code(endpoint(destination))} (${destination.mode}) for team ${code(team.name)}`;
  if (grant !== undefined) {
    const { endsAt, state } = live.find((entry) => entry.grant.id === grant.id) ?? {};
    const see = `Nothing to ask for; see ${code(`@sallyport status ${grant.id}`)}.`;
    return {
      text:
        endsAt === undefined
          ? `Not yet: ${subject} is approved as ${code(grant.id)} and not proven to work (${state ?? "unknown"}). ${see}`
          : `Yes: ${subject} is granted by ${code(grant.id)} until ${moment(endsAt)}${state === "active" ? "" : `, but not proven to work just now (${state ?? "unknown"})`}. ${see}`,
    };
  }
  const verdict = evaluatePolicy(ports.config.policy, {
    ...destination,
    team: team.name,
    cluster: cluster.name,
    requester: asked.by.userId,
    durationMs: ports.config.durations.defaultMs,
  });
  return { text: `No: ${subject} is not granted. ${wouldBe(verdict)}` };
}

function wouldBe({ rule, action }: PolicyVerdict): string {
  return action.kind === "deny"
    ? `A request would be denied: rule “${inline(rule, 60)}” says: ${inline(action.reason, 300)}.`
    : `A request would need the approval of ${approversText(action.approvers)}.`;
}

interface LiveGrant {
  readonly grant: Grant;
  /** Known once its clock runs. */
  readonly endsAt: number | undefined;
  readonly state: RequestState;
}

async function liveGrants(ports: BotPorts, cluster: string): Promise<readonly LiveGrant[]> {
  const now = ports.clock.now();
  return (await ports.store.list({ cluster })).flatMap((record) => {
    const belief = believe(record, ports.verifiers, now);
    return belief.kind === "live"
      ? belief.grants.map((grant) => ({
          grant,
          endsAt: record.activation?.payload.endsAt,
          state: record.state,
        }))
      : [];
  });
}
