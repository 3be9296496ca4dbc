import { judgeHeartbeat } from "#src/domain/time/heartbeat.ts";
import { EpochMs } from "#src/domain/request/shapes.ts";
import type { Heartbeats } from "#src/ports/store/heartbeats.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";

export interface ListeningPorts extends Pick<
  LanePorts,
  "announcer" | "clock" | "configDigest" | "lanes"
> {
  readonly heartbeats: Pick<Heartbeats, "newest">;
}

/** A bot says that it runs every ten seconds or so, and its clock may differ by a minute. */
const PATIENCE_MS = 120_000;

/** While both are restarted with another file they differ for a moment: told is what lasts. */
const DIFFERS_FOR_MS = 60_000;
const DIFFERS_SINCE = "bot-differs-since";

const SILENT = "bot-silent";
const DIFFERS = "bot-differs";

/** Tells the approvers what a bot cannot say: that none listens, or that it works by another configuration. */
export async function listenToBot(ports: ListeningPorts): Promise<void> {
  const { announcer, clock, configDigest, lanes } = ports;
  const now = clock.now();
  const beat = await ports.heartbeats.newest();
  switch (judgeHeartbeat(beat, { now, configDigest, patienceMs: PATIENCE_MS })) {
    case "unheard":
      return;
    case "silent":
      return announcer.tell(
        SILENT,
        "No bot of Sallyport has reported for two minutes: nobody answers in Slack, and no click counts. What is open stays, and ends on time. Start the bot (`npm start`).",
      );
    case "fine":
      await lanes.remove(DIFFERS_SINCE);
      await announcer.over(DIFFERS);
      return announcer.over(SILENT);
    case "other-configuration":
      await announcer.over(SILENT);
      return tellDifference(ports, now);
  }
}

async function tellDifference({ announcer, lanes }: ListeningPorts, now: number): Promise<void> {
  const since = EpochMs.safeParse(await lanes.read(DIFFERS_SINCE)).data;
  if (since === undefined) return lanes.write(DIFFERS_SINCE, now);
  if (now - since < DIFFERS_FOR_MS) return;
  await announcer.tell(
    DIFFERS,
    "The bot and a worker run with different configurations: nothing is admitted until both have the same file. Give both the same `sallyport.yaml`, and restart them.",
  );
}
