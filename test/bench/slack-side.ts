import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { type Installation, install } from "#test/support/installation.ts";
import { approve, ask, says, SECURITY } from "#test/support/people.ts";
import { cardOf } from "#test/support/reading.ts";
import type { Process } from "#test/support/processes.ts";
import { bytes, count, milliseconds, ratios, type Row } from "./table.ts";

const ACTIVE = /active and enforced|active, advisory/;
const AT_REST_MS = 10_000;
const SECONDS = 5;
const INTERACTIONS_A_SECOND = 200;
const FEW_A_SECOND = 10;

/** What people notice, and what the two processes hold, with both of them running and one gateway there. */
export async function slackSide(): Promise<readonly Row[]> {
  // What the cluster and its probes would wait for is not ours.
  await using installation = await install({
    timing: { gatewayBatchSeconds: 0.1, probeRetrySeconds: 0.1, probeSettleSeconds: 0.01 },
    operationMs: 50,
  });
  const processes = [installation.start("bot"), installation.start("worker")];
  await Promise.all(processes.map(({ started }) => started));
  const memory = await memoryAtRest(processes);
  const first = await untilActive(installation, "edition.cnn.com:443");
  return [
    memory,
    approveToVerified(first, await untilActive(installation, "api.example.com:443")),
    await acknowledgements(installation),
  ];
}

async function memoryAtRest(processes: readonly Process[]): Promise<Row> {
  await pause(AT_REST_MS);
  const values = [];
  for (const { name, pid } of processes)
    values.push({ at: name, value: await residentBytes(pid ?? 0) });
  return {
    figure: "resident memory at rest",
    measured: ratios(values, bytes),
    says: "ten seconds after the start, with nothing to do",
  };
}

/** https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** Milliseconds from the click on Approve until its thread says that it is active. */
async function untilActive(installation: Installation, what: string): Promise<number> {
  const asked = await ask(installation, {
    user: "alice",
    channel: "C0TEAMX000",
    text: `allow ${what} for team-x because a figure`,
  });
  const started = performance.now();
  await approve(installation, asked.id);
  await says(installation, asked, ACTIVE, 120_000);
  return performance.now() - started;
}

function approveToVerified(first: number, second: number): Row {
  const values = [
    { at: "gateway to be built", value: first },
    { at: "gateway there", value: second },
  ];
  return {
    figure: "click on Approve until verified",
    measured: ratios(values, milliseconds),
    says: "our own time: simulated Azure, controllers and probes take next to none",
  };
}

/** Clicks of somebody who may not decide: each is stored, acknowledged, and then answered. */
async function acknowledgements(installation: Installation): Promise<Row> {
  const { slack } = installation;
  const { id } = await ask(installation, {
    user: "alice",
    channel: "C0TEAMX000",
    text: "allow feeds.example.org:443 for team-x because a figure",
  });
  const card = cardOf(slack, SECURITY, id);
  if (card === undefined) throw new Error(`no card of ${id}`);
  function click(): Promise<{ readonly ackMs: number | undefined; readonly outcome: string }> {
    return slack.click("mallory", { channel: SECURITY, ts: card?.ts ?? "" }, "Approve");
  }
  const few = await clicked(click, FEW_A_SECOND);
  const many = await clicked(click, INTERACTIONS_A_SECOND);
  const values = [
    { at: `${FEW_A_SECOND} a second`, value: slowest(few.ms) },
    { at: `${INTERACTIONS_A_SECOND} a second`, value: slowest(many.ms) },
  ];
  return {
    figure: "acknowledgement of Slack interactions, the slowest of a hundred",
    measured: `${ratios(values, milliseconds)}; ${count(many.missed)} of ${count(many.ms.length + many.missed)} missed`,
    says: "Slack gives 3 s; each is in Redis, on disk, before it is acknowledged",
  };
}

async function clicked(
  click: () => Promise<{ readonly ackMs: number | undefined; readonly outcome: string }>,
  aSecond: number,
): Promise<{ readonly ms: readonly number[]; readonly missed: number }> {
  const started = performance.now();
  const clicks: ReturnType<typeof click>[] = [];
  while (clicks.length < aSecond * SECONDS) {
    const due = Math.floor(((performance.now() - started) / 1000) * aSecond) + 1;
    while (clicks.length < Math.min(due, aSecond * SECONDS)) clicks.push(click());
    await pause(5);
  }
  const done = await Promise.all(clicks);
  const ms = done.flatMap(({ ackMs }) => ackMs ?? []);
  return { ms, missed: done.length - ms.length };
}

/** The 99th percentile. */
function slowest(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length * 0.99)] ?? sorted.at(-1) ?? Number.NaN;
}
