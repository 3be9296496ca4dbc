import type { LanePorts } from "#src/requests/lane-ports.ts";
import { bestEffort } from "./best-effort.ts";

/** Begins what a lane does not wait for, so that it closes and repairs meanwhile; one of a name at a time in this process. */
export async function beside(
  ports: Pick<LanePorts, "memory" | "log">,
  doing: string,
  work: () => Promise<void>,
): Promise<void> {
  const key = `beside:${doing}`;
  if ((await ports.memory.read(key)) !== undefined) return;
  await ports.memory.write(key, true);
  void bestEffort(ports, doing, work)
    .catch((err: unknown) => ports.log.error({ doing, err, code: "Bug" }, "failed beside a lane"))
    .then(() => ports.memory.remove(key));
}
