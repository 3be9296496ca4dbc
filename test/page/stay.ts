import { install } from "#test/support/installation.ts";
import { servePage } from "./server.ts";
import { DATABASE, letExist } from "#test/support/workplace.ts";

/** Long enough to be watched; in Azure it is minutes. */
const OPERATION_MS = 2000;

/** The demo's installation with a page to try it on, until it is interrupted. */
export async function stay(): Promise<void> {
  console.log("Starting Redis, the simulators, the bot and the worker …");
  const interrupted = new Promise<void>((resolve) => {
    // Listened to until the end: a second Ctrl-C must not cut short what stops the processes.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => resolve());
  });
  await using installation = await install({
    timing: { reverifyEvery: "1m" },
    sharedRedis: true,
    operationMs: OPERATION_MS,
  });
  letExist(installation, [DATABASE]);
  const processes = [installation.start("bot"), installation.start("worker")];
  await Promise.race([Promise.all(processes.map(({ started }) => started)), interrupted]);
  await using page = await servePage(installation);
  console.log(`\nTry Sallyport at ${page.url}\n\nCtrl-C stops everything.`);
  await interrupted;
  console.log("\nStopping …");
}
