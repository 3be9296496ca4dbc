import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { parse } from "yaml";
import { withRegistryOnly } from "#src/domain/admin/registry-only/shared-config.ts";
import { fenceSays, sharedConfig } from "./shared-config-fence.ts";
import { meshTexts } from "./mesh-texts.ts";

const ADDED = "outboundTrafficPolicy:\n  mode: REGISTRY_ONLY\n";

describe("a shared mesh configuration is made REGISTRY_ONLY", () => {
  it.each<[what: string, before: string, after: string]>([
    ["empty", "", ADDED],
    ["comments alone", "# ours\n", `# ours\n${ADDED}`],
    [
      "without the policy",
      "accessLogFile: /dev/stdout # on\n",
      `accessLogFile: /dev/stdout # on\n${ADDED}`,
    ],
    ["without a line break at its end", "a: 1", `a: 1\n${ADDED}`],
    ["with a document's end", "a: 1\n...\n", `${ADDED}a: 1\n...\n`],
    ["with a text that is kept to its last line", "a: |+\n  b\n\n", `a: |+\n  b\n\n${ADDED}`],
    [
      "ALLOW_ANY",
      "a: 1\noutboundTrafficPolicy: # as it was\n  # for now\n  mode: ALLOW_ANY # ask us\nb: 2\n",
      "a: 1\noutboundTrafficPolicy: # as it was\n  # for now\n  mode: REGISTRY_ONLY # ask us\nb: 2\n",
    ],
    [
      "ALLOW_ANY in its line",
      "outboundTrafficPolicy: {mode: ALLOW_ANY}   # open\nb: 2\n",
      "outboundTrafficPolicy: {mode: REGISTRY_ONLY}   # open\nb: 2\n",
    ],
    [
      "ALLOW_ANY between quotes",
      `"outboundTrafficPolicy":\n    'mode':   "ALLOW_ANY"`,
      `"outboundTrafficPolicy":\n    'mode':   REGISTRY_ONLY`,
    ],
    [
      "no policy in its place",
      "outboundTrafficPolicy:\nb: 2\n",
      "outboundTrafficPolicy: {mode: REGISTRY_ONLY}\nb: 2\n",
    ],
    [
      "an empty policy",
      "outboundTrafficPolicy: {}\n",
      "outboundTrafficPolicy: {mode: REGISTRY_ONLY}\n",
    ],
    [
      "lines that end as on Windows",
      "a: 1\r\noutboundTrafficPolicy:\r\n  mode: ALLOW_ANY\r\n",
      "a: 1\r\noutboundTrafficPolicy:\r\n  mode: REGISTRY_ONLY\r\n",
    ],
    [
      "another setting of the policy",
      "outboundTrafficPolicy:\n  egressProxy:\n    host: proxy\n\n  mode: ALLOW_ANY\n",
      "outboundTrafficPolicy:\n  egressProxy:\n    host: proxy\n\n  mode: REGISTRY_ONLY\n",
    ],
    ["REGISTRY_ONLY", "outboundTrafficPolicy:\n  mode: REGISTRY_ONLY\n", ADDED],
  ])("%s", (_what, before, after) => {
    expect(withRegistryOnly(before)).toEqual({ kind: "text", text: after });
    expect(fenceSays(sharedConfig(before), sharedConfig(after))).toEqual([]);
  });

  it.each<[what: string, text: string, why: RegExp]>([
    ["no YAML", "a: [1\n", /flow|collection|sequence/i],
    ["a key twice", "a: 1\na: 2\n", /unique/i],
    ["the policy twice", "outboundTrafficPolicy: {}\noutboundTrafficPolicy: {}\n", /unique/i],
    ["two documents", "a: 1\n---\nb: 2\n", /document/i],
    ["no settings", "just words\n", /one setting a line/],
    ["a list", "- a\n- b\n", /one setting a line/],
    ["JSON", '{"outboundTrafficPolicy": {"mode": "ALLOW_ANY"}}', /one setting a line/],
    [
      "a policy in one line that says more",
      "outboundTrafficPolicy: {mode: ALLOW_ANY, egressProxy: {host: a}}\n",
      /says more/,
    ],
    [
      "a policy without a mode",
      "outboundTrafficPolicy:\n  egressProxy:\n    host: a\n",
      /says more/,
    ],
    ["an alias", "a: &p {mode: ALLOW_ANY}\noutboundTrafficPolicy: *p\n", /says more/],
    [
      "a mode others point to",
      "outboundTrafficPolicy:\n  mode: &m ALLOW_ANY\nb: *m\n",
      /says more/,
    ],
    ["settings further in", "  a: 1\n  b: 2\n", /without changing something else/],
  ])("and is left as it is where it has %s", (_what, text, why) => {
    expect(withRegistryOnly(text)).toMatchObject({
      kind: "unfit",
      why: expect.stringMatching(why),
    });
  });

  it("keeps every line of it, and what it says otherwise, wherever the policy stands", () => {
    let closed = 0;
    fc.assert(
      fc.property(meshTexts, (text) => {
        const result = withRegistryOnly(text);
        if (result.kind === "unfit") return;
        closed += 1;
        const [before, after] = [text, result.text].map(
          (each) => (parse(each) ?? {}) as Readonly<Record<string, object>>,
        );
        expect(after?.["outboundTrafficPolicy"]).toEqual({
          ...before?.["outboundTrafficPolicy"],
          mode: "REGISTRY_ONLY",
        });
        expect({ ...after, outboundTrafficPolicy: 0 }).toEqual({
          ...before,
          outboundTrafficPolicy: 0,
        });
        const lines = result.text.split("\n");
        const gone = text.split("\n").filter((line) => !lines.includes(line));
        expect(gone.filter((line) => !/outboundTrafficPolicy|mode/.test(line))).toEqual([]);
        expect(gone.length).toBeLessThan(2);
        // Once is enough.
        expect(withRegistryOnly(result.text)).toEqual(result);
      }),
      { numRuns: 1000 },
    );
    expect(closed).toBeGreaterThan(700);
  });

  it("always writes what the worker's fence lets it write", () => {
    fc.assert(
      fc.property(meshTexts, (text) => {
        const result = withRegistryOnly(text);
        if (result.kind === "unfit") return;
        expect(fenceSays(sharedConfig(text), sharedConfig(result.text))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
