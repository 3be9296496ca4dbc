import { OPENS_WITHIN_MS } from "#src/domain/approval/decision-check.ts";
import { digest } from "#src/domain/canonical.ts";
import { clockRefusal } from "#src/domain/time/clock-offset.ts";
import { isRefusal, refuse } from "#src/domain/outcome.ts";
import type { ClusterDecision } from "#src/domain/request/request.ts";
import { RetryableError } from "#src/ports/errors.ts";
import { changedBefore } from "#src/requests/decision/delivered-before.ts";
import type { BotPorts } from "../bot-ports.ts";
import { code } from "../render/text.ts";
import { clusterEntitlement } from "./clusters/cluster-entitlement.ts";
import { clustersNamed } from "./clusters/clusters-named.ts";
import { type CommandContext, type CommandReply, refusalReply } from "./command-context.ts";

interface FreezeCommand {
  readonly kind: "freeze" | "unfreeze";
  readonly cluster?: string;
}

/**
 * Orders that everything but expiry and revoke stops in a cluster, or in all; or lifts that. By approvers. The lanes
 * carry it out and say when it is in the cluster.
 */
export async function freeze(
  ports: BotPorts,
  { asked, threadTs }: CommandContext,
  command: FreezeCommand,
): Promise<CommandReply> {
  const what = `nothing was ${command.kind === "freeze" ? "frozen" : "unfrozen"}`;
  const clock = clockRefusal(ports.clockCheck.offsetMs(), what);
  if (clock !== undefined) return refusalReply(clock);
  if (command.kind === "unfreeze" && ports.clock.now() - asked.at > OPENS_WITHIN_MS)
    return refusalReply(
      refuse("TooOld", {
        what,
        why: "this was written more than ten minutes ago, and what opens something is only taken fresh",
        fix: "write it again if you still want it",
      }),
    );
  const entitlement = await clusterEntitlement(
    ports,
    asked.by.userId,
    "only the approvers can freeze or unfreeze a cluster",
  );
  if (isRefusal(entitlement)) return refusalReply({ ...entitlement, what });
  const named = clustersNamed(ports, command.cluster, what);
  if (isRefusal(named)) return refusalReply(named);
  const clusters = named.map(({ name }) => name);
  const before = await changedBefore(ports.store, asked.delivery);
  for (const cluster of clusters) {
    if (before.has(`cluster:${cluster}`)) continue;
    const decision: ClusterDecision = {
      about: "cluster",
      id: orderId(asked.sourceId, cluster),
      cluster,
      verdict: command.kind,
      by: asked.by,
      entitlement,
      surface: "typed",
      eventId: asked.sourceId,
      // When it was written: put back later it lifts no freeze that was ordered meanwhile.
      at: asked.at,
      config: ports.config.digest,
    };
    await order(ports, decision, asked.delivery.id);
    ports.recorded.add(decision, { channel: asked.channel, threadTs });
  }
  return { text: orderedText(command.kind, asked.by.userId, clusters) };
}

/** The same words give the same order, which the cluster takes once. */
function orderId(sourceId: string, cluster: string): string {
  return digest({ sourceId, cluster }).slice(0, 32);
}

function orderedText(
  kind: FreezeCommand["kind"],
  userId: string,
  clusters: readonly string[],
): string {
  const which = clusters.map(code).join(", ");
  return kind === "freeze"
    ? `Recorded: freeze of ${which} by <@${userId}>, being carried out. Then only expiry and revoke go on, until ${code("@sallyport unfreeze")} lifts it.`
    : `Recorded: unfreeze of ${which} by <@${userId}>, being carried out. Then what waited goes on.`;
}

/**
 * The log says by which delivery, so that none is carried out twice. An unfreeze names no freezes: the bot does not see
 * those in the cluster, and one that names none lifts all that were made before it.
 */
async function order(
  ports: BotPorts,
  decision: ClusterDecision,
  deliveryId: string,
): Promise<void> {
  const { cluster, verdict, by } = decision;
  const { envelope } = ports.decisionSigner.sign("decision", decision);
  await ports.store.addOrder(
    { payload: decision, envelope },
    {
      actor: `user:${by.userId}`,
      event: verdict,
      details: { delivery: deliveryId, decision: decision.id },
    },
  );
  try {
    await ports.queue.add({ kind: "gateways", cluster });
    await ports.queue.add({ kind: "mesh", cluster });
  } catch (error) {
    if (!(error instanceof RetryableError)) throw error;
    ports.log.warn({ cluster, reason: error }, "an order waits for the lanes' own timers");
  }
}
