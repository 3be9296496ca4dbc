import { expect } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import { install } from "#test/support/installation.ts";
import { cardOf } from "#test/support/reading.ts";
import {
  armTries,
  armWrites,
  firstRequest,
  objectsOf,
  probePods,
  Supervisor,
  type When,
} from "./crash-support.ts";
import { killAtEach, undisturbed } from "./crash-writes.ts";

/** Plays the first request once undisturbed, and once with the worker killed at each write seen then. */
export async function survivesAKillAtEachWrite(when: When): Promise<void> {
  const calm = await undisturbed();
  expect(calm.armWrites.length).toBe(3);
  expect(calm.writes.filter(({ to }) => to === "kubernetes").length).toBeGreaterThan(15);
  expect(calm.writes.filter(({ to }) => to === "pods").length).toBe(3);
  await using installation = await install({ lockMs: 800 });
  const supervisor = new Supervisor(installation);
  await Promise.all([supervisor.start("bot"), supervisor.start("worker")]);
  const killedAt = killAtEach(installation, supervisor, { writes: calm.writes, when });

  const { id } = await firstRequest(installation);
  await supervisor.settled();

  expect(calm.writes.filter((write) => !killedAt().includes(write))).toEqual([]);
  expect(supervisor.kills).toBeGreaterThanOrEqual(calm.writes.length);
  expect(armWrites(installation)).toEqual(calm.armWrites);
  // What Azure carried out is not even sent again; what it did not, once.
  expect(armTries(installation)).toBe(calm.armWrites.length * (when === "before" ? 2 : 1));
  expect(installation.arm.rollbacks).toEqual([]);
  expect(objectsOf(installation)).toEqual(calm.objects);
  await eventually(() => expect(probePods(installation)).toEqual([]), 20_000);
  expect(cardOf(installation.slack, "C0SECURITY", id)?.text).toMatch(/: active$/);
}
