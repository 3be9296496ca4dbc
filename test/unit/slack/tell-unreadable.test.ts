import { describe, expect, it } from "@jest/globals";
import { pino } from "pino";
import { RetryableError } from "#src/ports/errors.ts";
import { tellUnreadable } from "#src/slack/tell-unreadable.ts";

const BROKEN = new Error("its signature is wrong");

function aReport() {
  const told: { readonly key: string; readonly text: string }[] = [];
  const slack = { answers: true };
  const report = tellUnreadable({
    log: pino({ level: "silent" }),
    announcer: {
      async tell(key, text) {
        if (!slack.answers) throw new RetryableError("posting");
        told.push({ key, text });
      },
      over: async () => undefined,
    },
  });
  return { told, slack, report };
}

describe("what is left out of the store because it is not ours", () => {
  it("is told once: a request by its id, an index by its name", () => {
    const { told, report } = aReport();

    for (const name of ["EG-7QK4M", "EG-7QK4M", "requests", "ends EG-00001 x", "ends <!here>"])
      report(name, BROKEN);

    expect(told.map(({ key }) => key)).toEqual([
      "overwritten:EG-7QK4M",
      "overwritten:requests",
      "overwritten:ends",
    ]);
    expect(told[0]?.text).toContain("EG-7QK4M is not what Sallyport wrote");
  });

  it("is told the next time where Slack did not answer", async () => {
    const { told, slack, report } = aReport();
    slack.answers = false;
    report("EG-7QK4M", BROKEN);
    await Promise.resolve();
    await Promise.resolve();
    slack.answers = true;

    report("EG-7QK4M", BROKEN);

    expect(told).toHaveLength(1);
  });

  it("does not flood the channel: of many it is told that there are many", () => {
    const { told, report } = aReport();

    for (let number = 0; number < 1000; number += 1) report(`index-${number}`, BROKEN);

    expect(told).toHaveLength(21);
    expect(told.at(-1)?.text).toContain("More than 20 stored records");
  });
});
