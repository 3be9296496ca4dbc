import { z } from "zod";
import { type GatewayMemory, type Memories } from "#src/domain/gateways/memory.ts";
import { RETRY_ANNOTATION } from "#src/domain/request/egress-grant/egress-grant.ts";
import type { AzureTurn } from "./azure-turn.ts";
import type { Built, Tick } from "./tick.ts";

/** What keeps the next tick from asking Azure again: everything but that it is somebody else's turn. */
interface Retry {
  readonly memories: Memories;
  /** Once Azure was asked again, the same annotation asks for nothing more. */
  readonly settle: (turn: AzureTurn) => Promise<void>;
}

/** No pause after a failure is kept where an EgressGrant was given another retry annotation since. */
export async function retryWhereAsked({ place, memory, grants }: Tick): Promise<Retry> {
  const { ports, cluster } = place;
  const key = `gateways-retried:${cluster.name}`;
  const asked = grants
    .flatMap(({ object }) => object.metadata.annotations?.[RETRY_ANNOTATION] ?? [])
    .toSorted()
    .join();
  const before = z.string().safeParse(await ports.memory.read(key)).data ?? "";
  const memories = memory.memories();
  if (asked === before || asked === "") return { memories, settle: async () => undefined };
  const now = ports.clock.now();
  return {
    memories: new Map([...memories].map(([gateway, each]) => [gateway, untilNow(each, now)])),
    async settle(turn) {
      const isOthersTurn = turn.kind === "wait" && turn.because !== "pause";
      if (!isOthersTurn) await ports.memory.write(key, asked);
    },
  };
}

function untilNow(memory: GatewayMemory, now: number): GatewayMemory {
  const { failures } = memory;
  return failures === undefined ? memory : { ...memory, failures: { ...failures, until: now } };
}

const STEP_WORDS = {
  "static-egress-feature": "its static egress feature",
  "gateway-node-pool": "a gateway node pool",
  "egress-gateway": "an egress gateway",
} as const;

/**
 * The approvers' channel is told once of each step that waits until somebody does something in Azure, and once that it
 * no longer does. Azure's own words stand in the threads of the requests: they differ each time.
 */
export async function tellWhatToMend(tick: Tick, { needs }: Built): Promise<void> {
  const { ports, cluster } = tick.place;
  const { announcer, systemNamespace } = ports;
  const failures = needs.flatMap(({ state }) => tick.memory.memory(state.gateway).failures ?? []);
  for (const step of ["static-egress-feature", "gateway-node-pool", "egress-gateway"] as const) {
    const key = `azure:${cluster.name}:${step}`;
    const ours = failures.filter((each) => each.step === step);
    const [first] = ours.filter(({ kind }) => kind === "mend" || kind === "refused");
    if (first === undefined) {
      await announcer.over(key);
      continue;
    }
    const [waitsFor = ""] = first.message.split("; Azure said ", 1);
    await announcer.tell(
      key,
      `Cluster ${cluster.name} cannot have ${STEP_WORDS[step]}: it waits for ${waitsFor}. The threads of the requests that need it have Azure's own words. ` +
        `It is tried again every ten minutes; at once, when one of their EgressGrants is given another annotation: kubectl -n ${systemNamespace} annotate egrant NAME --overwrite ${RETRY_ANNOTATION}=$(date +%s)`,
    );
  }
}
