import { gatewayKey } from "#src/domain/grant.ts";
import { connectsTo } from "#src/domain/network/modes/modes.ts";
import { timeText } from "#src/domain/request/egress-grant/egress-grant.ts";
import type { OpenGrant } from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import { EpochMs } from "#src/domain/request/shapes.ts";
import { RetryableError } from "#src/ports/errors.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { bestEffort } from "../best-effort.ts";

/** Silence of a moment is tried again; one that lasts is told. Milliseconds. */
const SILENT_FOR_MS = 60_000;

/**
 * A name DNS is silent about keeps every new pod of its gateway waiting: Envoy asks for all names before it is ready, about
 * a minute instead of two seconds. https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/operations/init
 */
export async function hearing<Answer>(
  ports: Pick<LanePorts, "memory" | "announcer" | "clock" | "log">,
  { grant }: Pick<OpenGrant, "grant">,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  const key = `dns-silent:${grant.id}`;
  try {
    const answer = await ask();
    await ports.memory.remove(key);
    await bestEffort(ports, "taking back an alarm", () => ports.announcer.over(key));
    return answer;
  } catch (error) {
    if (!(error instanceof RetryableError)) throw error;
    const now = ports.clock.now();
    const since = EpochMs.safeParse(await ports.memory.read(key)).data ?? now;
    await ports.memory.write(key, since);
    if (now - since >= SILENT_FOR_MS)
      await bestEffort(ports, `telling that DNS is silent about ${grant.id}`, () =>
        ports.announcer.tell(
          key,
          `DNS gives no answer for ${connectsTo(grant.destination)} of ${grant.id} since ${timeText(since)}: every new pod of gateway ${gatewayKey(grant.gateway)} waits for it, about a minute, before it serves anybody. ` +
            `Ask who runs that name; if nobody does any more, revoke ${grant.id}.`,
        ),
      );
    throw error;
  }
}
