import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { describe, expect, it } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";

/* `npm run demo -- --stay`, from its link to its end. */

const DEMO = new URL("../../demo/main.ts", import.meta.url).pathname;

/** Everything a process started, and what that started, while it runs: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function offspring(pid: number): readonly number[] {
  const parents = readdirSync("/proc")
    .filter((name) => /^\d+$/u.test(name))
    .map((name) => [Number(name), parentOf(name)] as const);
  const children = parents.filter(([, parent]) => parent === pid).map(([child]) => child);
  return children.flatMap((child) => [child, ...offspring(child)]);
}

function parentOf(pid: string): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return 0;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("the demo that stays", () => {
  it.each(["SIGINT", "SIGHUP"] as const)(
    "serves its page until %s, sent twice, and leaves nothing behind",
    async (signal) => {
      const demo = spawn(process.execPath, [DEMO, "--stay"], {
        env: { ...process.env, REDIS_URL: "" },
        stdio: ["ignore", "pipe", "inherit"],
      });
      const links: string[] = [];
      createInterface(demo.stdout).on("line", (line) =>
        links.push(...(/http:\S+/u.exec(line) ?? [])),
      );
      await eventually(() => expect(links).toHaveLength(1), 60_000);
      const [link = ""] = links;
      expect(new URL(link).hostname).toBe("127.0.0.1");
      expect((await fetch(link)).status).toBe(200);
      const started = offspring(demo.pid ?? 0);
      // Redis, the bot and the worker, at least.
      expect(started.length).toBeGreaterThanOrEqual(3);

      const ended = once(demo, "exit");
      demo.kill(signal);
      demo.kill(signal);

      expect(await ended).toEqual([0, null]);
      expect(started.filter((pid) => isRunning(pid))).toEqual([]);
      await expect(fetch(link)).rejects.toThrow("fetch failed");
    },
    90_000,
  );
});
