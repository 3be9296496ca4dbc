import { gatewayKey } from "#src/domain/grant.ts";
import { refKey } from "#src/domain/kubernetes-object.ts";
import { someOf } from "#src/domain/some-of.ts";
import type { FoundReason } from "#src/domain/request/egress-grant/admission-chain.ts";
import { egressGrantName } from "#src/domain/request/egress-grant/egress-grant.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import type { Finished } from "./after-mesh-lane.ts";

/** Tells the approvers what belongs to no thread: what was found, what is gone, what was left alone. */
export async function reportRun(ports: LanePorts, finished: Finished): Promise<void> {
  await reportFound(ports, finished);
  await reportLost(ports, finished);
  await reportLeftAlone(ports, finished);
}

const FOUND_WORDS: Readonly<Record<FoundReason, string>> = {
  name: "its name is not its id",
  "other-cluster": "it was made for another cluster",
  "object-uid":
    "its admission was signed for another object: it was copied, or restored from a backup",
  "cluster-uid": "its admission was signed for another cluster",
  request: "its request is not signed by the bot, or by a key that is not trusted here",
  plan: "its plan is not signed by the worker, or is of another request",
  card: "its card is not signed by the worker, or shows another plan",
  decision: "a decision in it is not signed by the bot, or is on another plan",
  admission: "its admission is not signed by the worker, or does not rest on its statements",
  activation: "its activation is not signed by the worker for this admission",
  spec: "what it says is not what was asked and signed",
};

async function reportFound(ports: LanePorts, { grants, cluster }: Finished): Promise<void> {
  for (const { requestId, why } of grants.found) {
    await ports.announcer.tell(
      `found:${cluster.name}:${requestId}:${why}`,
      `EgressGrant ${egressGrantName(requestId)} in cluster ${cluster.name} is not believed: ${FOUND_WORDS[why]}. ` +
        `Nothing is built or updated for it, and what stands stays until it ends. ` +
        `To close it: \`kubectl -n ${ports.systemNamespace} delete egrant ${egressGrantName(requestId)}\`; who needs it asks again.`,
    );
  }
  for (const name of grants.unreadable) {
    await ports.announcer.tell(
      `unreadable:${cluster.name}:${name}`,
      `EgressGrant ${name} in cluster ${cluster.name} belongs to another instance or cannot be read: it opens nothing. Find out who made it.`,
    );
  }
}

/** A gateway's namespace that is gone: what goes through that gateway is closed. */
async function reportLost(ports: LanePorts, { cluster, world }: Finished): Promise<void> {
  for (const { ref } of world.facts) {
    const key = `gateway-lost:${cluster.name}:${gatewayKey(ref)}`;
    if (world.namespaces.has(ref.namespace)) {
      await ports.announcer.over(key);
      continue;
    }
    await ports.announcer.tell(
      key,
      `Namespace ${ref.namespace} of gateway ${gatewayKey(ref)} in cluster ${cluster.name} is gone, or being deleted: what goes through that gateway is closed. ` +
        "Restore it, or revoke the grants that use it.",
    );
  }
}

async function reportLeftAlone(
  ports: LanePorts,
  { cluster, unaccounted, foreign }: Finished,
): Promise<void> {
  const key = `left-alone:${cluster.name}`;
  const lines = [
    ...unaccounted.map(
      (ref) => `${refKey(ref)} (ours, but no grant and no recorded end accounts for it)`,
    ),
    ...foreign.map((ref) => `${refKey(ref)} (somebody else's, under a name Sallyport needs)`),
  ];
  if (lines.length === 0) {
    await ports.announcer.over(key);
    return;
  }
  await ports.announcer.tell(
    key,
    `Left alone in cluster ${cluster.name}: ${someOf(lines, 10)}. ` +
      "Look at who made them, and delete them by hand if nobody needs them.",
  );
}
