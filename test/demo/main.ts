import { stay } from "#test/page/stay.ts";
import { install, type Installation } from "#test/support/installation.ts";
import { playStory } from "./story.ts";

/**
 * The main job, end to end, on this machine: the real bot and worker as processes, a real Redis, and simulators of
 * Slack, Azure, Kubernetes with the mesh, and DNS. Prints what people would read. Ends with 0 only if all of it is as it
 * should be. With `--stay` nothing is played: it is there to be tried, on a page.
 */
async function main(): Promise<void> {
  console.log("Starting Redis, the simulators, the bot and the worker …");
  const started = Date.now();
  const installation = await install({ timing: { reverifyEvery: "1m" }, sharedRedis: true });
  const problems: string[] = [];
  const processes = [installation.start("bot"), installation.start("worker")];
  try {
    await Promise.all(processes.map((process) => process.started));
    await playStory(installation, problems);
  } catch (error) {
    problems.push(Error.isError(error) ? (error.stack ?? error.message) : String(error));
  } finally {
    printTranscript(installation);
    await installation[Symbol.asyncDispose]();
  }
  const seconds = Math.round((Date.now() - started) / 1000);
  if (problems.length === 0) {
    console.log(`\nEverything is as it should be (${seconds} s).`);
    return;
  }
  console.log(
    `\nNot as it should be (${seconds} s):\n${problems.map((problem) => `- ${problem}`).join("\n")}`,
  );
  process.exitCode = 1;
}

function printTranscript({ slack }: Installation): void {
  for (const [channel, title] of [
    ["C0TEAMX000", "#team-x"],
    ["C0TEAMY000", "#team-y"],
    ["C0SECURITY", "#security"],
  ] as const) {
    console.log(`\n════ ${title} ${"═".repeat(60 - title.length)}\n`);
    console.log(slack.transcript(channel));
  }
}

await (process.argv.includes("--stay") ? stay() : main());
