import {
  approverEntitlement,
  approversText,
  memberRefusal,
} from "#src/domain/approval/entitlement.ts";
import { isRefusal, type Refusal, refuse } from "#src/domain/outcome.ts";
import { groupsOf } from "../actions/decide.ts";
import type { BotPorts } from "../bot-ports.ts";
import type { AskedText } from "./asked-text.ts";
import { code } from "../render/text.ts";
import { type CommandContext, type CommandReply, refusalReply } from "./command-context.ts";
import { changedBefore } from "./delivered-before.ts";

/** Stops everything but expiry and revoke in a cluster, or in all; and lets it go on. By approvers. */
export async function freeze(
  ports: BotPorts,
  context: CommandContext,
  command: { readonly kind: "freeze" | "unfreeze"; readonly cluster?: string },
): Promise<CommandReply> {
  const { userId } = context.asked.by;
  const refusal = await freezerRefusal(ports, userId);
  if (refusal !== undefined)
    return refusalReply({
      ...refusal,
      what: `nothing was ${command.kind === "freeze" ? "frozen" : "unfrozen"}`,
    });
  const names = ports.config.directory.clusters.map(({ name }) => name);
  const clusters =
    command.cluster === undefined ? names : names.filter((name) => name === command.cluster);
  if (clusters.length === 0) {
    return refusalReply(
      refuse("UnknownCluster", {
        what: `nothing was ${command.kind === "freeze" ? "frozen" : "unfrozen"}`,
        why: `there is no cluster ${command.cluster ?? ""}`,
        fix: `name one of ${names.join(", ")}, or none for all`,
      }),
    );
  }
  const before = await changedBefore(ports.store, context.asked.delivery);
  for (const cluster of clusters) {
    if (before.has(`cluster:${cluster}`)) continue;
    await setFreeze(ports, { cluster, asked: context.asked, kind: command.kind });
  }
  const which = clusters.map(code).join(", ");
  return {
    text:
      command.kind === "freeze"
        ? `Frozen by <@${userId}>: ${which}. Only expiry and revoke go on; ${code("@sallyport unfreeze")} lifts it.`
        : `Unfrozen by <@${userId}>: ${which}. What waited goes on.`,
  };
}

async function freezerRefusal(ports: BotPorts, userId: string): Promise<Refusal | undefined> {
  const person = await ports.identity.person(userId);
  const refusal = memberRefusal(person, await ports.identity.homeTeam());
  if (refusal !== undefined || person === undefined) return refusal;
  const { approvers } = ports.config.policy;
  const entitled = approverEntitlement(
    person,
    { requester: "", approvers, now: ports.clock.now() },
    await groupsOf(ports, approvers.groups),
  );
  return isRefusal(entitled)
    ? { ...entitled, why: `that is for the approvers: ${approversText(approvers)}` }
    : undefined;
}

async function setFreeze(
  ports: BotPorts,
  {
    cluster,
    asked: { by, delivery },
    kind,
  }: {
    readonly cluster: string;
    readonly asked: AskedText;
    readonly kind: "freeze" | "unfreeze";
  },
): Promise<void> {
  const { userId } = by;
  const audit = {
    actor: `user:${userId}`,
    event: kind === "freeze" ? "frozen" : "unfrozen",
    details: { delivery: delivery.id },
  };
  if (kind === "freeze") {
    await ports.store.setFreeze({ cluster, by: userId, at: ports.clock.now(), reason: "" }, audit);
    return;
  }
  await ports.store.clearFreeze(cluster, audit);
  await ports.queue.add({ kind: "gateways", cluster });
  await ports.queue.add({ kind: "mesh", cluster });
}
