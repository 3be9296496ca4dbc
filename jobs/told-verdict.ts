import { z } from "zod";
import { type Told, type ToldLine, tellVerdict } from "#src/domain/evidence/told-verdict.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import type { Surface, SurfaceStore } from "#src/ports/chat/surfaces.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { LaneStore } from "#src/ports/store/lane-store.ts";
import { RESULT } from "#src/slack/render/request/surfaces.ts";
import { saidVerdict } from "#src/slack/render/request/verdict-line.ts";

interface Ports {
  readonly lanes: LaneStore;
  readonly surfaces: SurfaceStore;
  readonly clock: Clock;
  readonly timing: { readonly verdictSettleMs: number };
}

const Verdict = z.enum(["enforced", "advisory", "unproven"]);

const ToldSchema = z.object({
  verdicts: z.string(),
  verdict: Verdict,
  line: z
    .object({
      at: z.number(),
      before: z.string(),
      words: z.string(),
      backAt: z.number().exactOptional(),
      backWords: z.string().exactOptional(),
    })
    .exactOptional(),
}) satisfies z.ZodType<Told>;

/**
 * The newest change of a request's verdict that its thread has to show. What is told is stored before it is posted: a
 * crash in between posts the same line, not another one.
 */
export async function lineToTell(
  ports: Ports,
  record: RequestRecord,
): Promise<ToldLine | undefined> {
  const { lanes, clock, timing } = ports;
  const said = saidVerdict(record);
  const key = `told-verdict:${record.id}`;
  const stored = ToldSchema.safeParse(await lanes.read(key)).data;
  if (said === undefined) return stored?.line;
  const earlier = await earlierResult(ports, record.id);
  const told = tellVerdict(stored ?? toldBy(earlier, record), said, {
    at: clock.now(),
    settleMs: timing.verdictSettleMs,
  });
  if (told !== stored) await lanes.write(key, told);
  if (earlier !== undefined)
    await ports.surfaces.put(record.id, { ...earlier.surface, key: RESULT, shown: "" });
  return told.line;
}

interface EarlierResult {
  readonly surface: Surface;
  readonly serial: number;
}

/**
 * Before there was one result that is edited, each verdict had a message `result-N`, N being the serial number of what was
 * seen. The newest of them is the result from now on.
 */
async function earlierResult({ surfaces }: Ports, id: string): Promise<EarlierResult | undefined> {
  const all = await surfaces.surfaces(id);
  if (all.some(({ key }) => key === RESULT)) return undefined;
  return all
    .flatMap((surface) => {
      const serial = /^result-(\d+)$/.exec(surface.key)?.[1];
      return serial === undefined || surface.ts === undefined
        ? []
        : [{ surface, serial: Number(serial) }];
    })
    .toSorted((one, other) => other.serial - one.serial)[0];
}

/** Where that message told of an earlier verdict the change is still to be told. */
function toldBy(earlier: EarlierResult | undefined, { evidence }: RequestRecord): Told | undefined {
  if (earlier === undefined || evidence === undefined) return undefined;
  return earlier.serial < evidence.serial ? { verdicts: "", verdict: evidence.verdict } : undefined;
}
