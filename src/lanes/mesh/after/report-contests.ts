import { z } from "zod";
import { type Fight, Writes } from "#src/domain/plan/contests/contest.ts";
import {
  egressGrantName,
  RETRY_ANNOTATION,
} from "#src/domain/request/egress-grant/egress-grant.ts";
import { someOf } from "#src/domain/some-of.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { writesKey } from "../contests.ts";

const Keys = z.array(z.string());

/** Tells the approvers once of each object that somebody else keeps changing, and when all of that is over. */
export async function reportContests(
  {
    memory,
    announcer,
    systemNamespace,
  }: Pick<LanePorts, "memory" | "announcer" | "systemNamespace">,
  cluster: string,
): Promise<void> {
  const written = Writes.safeParse(await memory.read(writesKey(cluster))).data ?? {};
  const fights = Object.entries(written).flatMap(([key, { fight }]) =>
    fight === undefined ? [] : [[key, fight] as const],
  );
  const toldKey = `contests-told:${cluster}`;
  const told = Keys.safeParse(await memory.read(toldKey)).data ?? [];
  const key = `contested:${cluster}`;
  const untold = fights.filter(([each]) => !told.includes(each)).map(([, fight]) => fight);
  if (untold.length > 0)
    await announcer.tell(key, contestText(untold, { cluster, systemNamespace }));
  else if (fights.length === 0 && told.length > 0) await announcer.over(key);
  await memory.write(
    toldKey,
    fights.map(([each]) => each),
  );
}

function contestText(
  fights: readonly Fight[],
  { cluster, systemNamespace }: { readonly cluster: string; readonly systemNamespace: string },
): string {
  const [first = "<grant>"] = fights.flatMap(({ grantIds }) => grantIds);
  return (
    `Somebody else keeps undoing what Sallyport does in cluster ${cluster}: ${someOf(fights.map(lineOf), 10)}. ` +
    "Sallyport waits longer each time before it puts an object back; after three rounds it closes the grants that need it, until the other writer has been quiet for a while. " +
    "Stop that writer, or take these objects out of what it manages. " +
    `To try again at once: \`kubectl -n ${systemNamespace} annotate egrant ${egressGrantName(first.split(".", 1).join())} ${RETRY_ANNOTATION}=$(date +%s) --overwrite\``
  );
}

function lineOf({ what, grantIds, gateway }: Fight): string {
  if (gateway !== undefined) return `${what} (every grant of gateway ${gateway} needs it)`;
  return grantIds.length === 0 ? what : `${what} (${someOf(grantIds, 5)} needs it)`;
}
