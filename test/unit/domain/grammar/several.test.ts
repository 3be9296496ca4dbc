import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Destination } from "#src/domain/grant.ts";
import { interpret } from "#src/domain/grammar/interpret.ts";
import { type Draft, writeLine } from "#src/domain/grammar/strict/line.ts";
import { writeDestination } from "#src/domain/network/destination.ts";

/* Several destinations in one request. */

/** Each as one writes it; undefined where the text is no command. */
function destinationsOf(text: string): readonly string[] | undefined {
  const found = interpret(text, {});
  if (found.kind !== "command" || found.command.kind !== "allow") return undefined;
  const { destination, also = [] } = found.command;
  return [destination, ...also.map((each) => each.destination)].map(writeDestination);
}

const [A, B, C] = ["a.example.com:443", "b.example.com:443", "tcp://c.example.com:5432"];
const ALL = [A, B, "c.example.com:5432"];

describe("several destinations are asked for together", () => {
  it.each([
    ["commas and an and", `allow ${A}, ${B} and ${C} for team-x until 2027-01-31 because x`, ALL],
    ["commas", `allow ${A}, ${B}, ${C} because x`, ALL],
    ["commas without a space", `allow ${A},${B},${C} because x`, ALL],
    ["an and behind a comma", `allow ${A}, ${B}, and ${C} because x`, ALL],
    ["a line each", `allow\n${A}\n${B}\n${C}\nfor team-x because x`, ALL],
    ["a line each, the first beside the word", `allow ${A}\n${B}\n${C} because x`, ALL],
    ["bullets", `allow\n- ${A}\n• ${B}\n* ${C}\nbecause x`, ALL],
    ["a clause between", `allow ${A} for team-x, ${B} because x`, [A, B]],
    [
      "a limit each",
      "allow http://a.example.com paths /v1/*, /v2, http://b.example.com methods GET, POST because x",
      ["http://a.example.com paths /v1/*,/v2", "http://b.example.com methods GET,POST"],
    ],
    [
      "a limit on the first alone",
      "allow http://a.example.com paths /v1/*, http://b.example.com for team-x because x",
      ["http://a.example.com paths /v1/*", "http://b.example.com"],
    ],
    [
      "a limit only the last can have",
      `allow ${A}, http://b.example.com paths /v1/* because x`,
      [A, "http://b.example.com paths /v1/*"],
    ],
    [
      "originate each",
      "allow http://a.example.com originate, http://b.example.com originate 8443 because x",
      ["http://a.example.com originate", "http://b.example.com originate 8443"],
    ],
    [
      "the same host by two modes, which the plan judges",
      "allow tls://a.example.com:8443, tcp://a.example.com:8443 because x",
      ["a.example.com:8443", "tcp://a.example.com:8443"],
    ],
  ])("with %s", (_how, text, expected) => {
    expect(destinationsOf(text)).toEqual(expected);
  });

  it("one has no more than its own", () => {
    expect(interpret(`allow ${A} because x`, {})).toEqual({
      kind: "command",
      command: {
        kind: "allow",
        destination: { host: "a.example.com", port: 443, mode: "tls" },
        typedHost: "a.example.com",
        reason: "x",
      },
    });
  });
});

function hosts(count: number): string {
  return Array.from({ length: count }, (_, at) => `h${at}.example.com:443`).join(", ");
}

describe("nothing is asked", () => {
  it.each([
    ["more than ten", `allow ${hosts(11)} because x`, "TooManyDestinations", /11 destinations/],
    ["more than ten, in other words", `please open ${hosts(11)}`, "TooManyDestinations", /at most/],
    ["one twice", `allow ${A}, ${B}, ${A} because x`, "SaidTwice", /a\.example\.com:443 more/],
    [
      "one twice, once with limits",
      "allow http://a.example.com paths /x, http://a.example.com because x",
      "SaidTwice",
      /more than once/,
    ],
    [
      "bad ones among good ones",
      `allow ${A}, 10.0.0.1:443, localhost:80 and ${B} because x`,
      "AddressLiteral",
      /\(1\) 10\.0\.0\.1:443: .*\(2\) localhost:80: /,
    ],
    [
      "a limit that one cannot have",
      `allow ${A} paths /x, http://b.example.com because x`,
      "LimitsNeedHttp",
      /a\.example\.com:443: /,
    ],
  ])("of %s", (_what, text, reason, why) => {
    const found = interpret(text, {});

    expect(found).toMatchObject({ kind: "refusal", refusal: { reason } });
    expect(found.kind === "refusal" ? found.refusal.why : "").toMatch(why);
  });

  it("names every bad one first", () => {
    const found = interpret(`allow ${A}, 10.0.0.1:443, localhost:80 because x`, {});

    expect(found).toMatchObject({
      refusal: {
        what: "none of the 3 destinations was requested, because of 10.0.0.1:443; localhost:80",
      },
    });
  });
});

describe("a destination that cannot be granted is none of the limits before it", () => {
  it.each(["10.0.0.1:443", "localhost:80", "*.blob.core.windows.net:443", "ftp://b.example.com"])(
    "%s",
    (bad) => {
      for (const limit of ["paths /v1/*", "paths v1", "methods GET"])
        expect(
          interpret(`allow http://a.example.com ${limit}, ${bad} because x`, {}),
        ).toMatchObject({
          refusal: { what: expect.stringMatching(/^none of the 2 destinations.*because of/) },
        });
    },
  );
});

describe("what is left open is asked about", () => {
  it.each([
    [
      "whose a limit at the end is",
      "allow http://a.example.com, http://b.example.com paths /v1/* because x",
      [
        "allow http://b.example.com paths /v1/*, http://a.example.com because x",
        "allow http://a.example.com paths /v1/*, http://b.example.com paths /v1/* because x",
      ],
    ],
    [
      "whose a limit behind another clause is",
      "allow http://a.example.com, http://b.example.com for team-x methods GET because x",
      [
        "allow http://b.example.com methods GET, http://a.example.com for team-x because x",
        "allow http://a.example.com methods GET, http://b.example.com methods GET for team-x because x",
      ],
    ],
    [
      "a limit behind another clause that one alone can have",
      `allow ${A}, http://b.example.com for team-x paths /x because x`,
      [`allow http://b.example.com paths /x, ${A} for team-x because x`],
    ],
    ["a port", "allow a.example.com, b.example.com:443 because x", [`allow ${A}, ${B} because x`]],
    ["hosts beside each other", `allow ${A} ${B} because x`, [`allow ${A}, ${B} because x`]],
    [
      "other words",
      "could you open a.example.com and b.example.com on port 443 because x",
      [`allow ${A}, ${B} because x`],
    ],
  ])("%s", (_what, text, lines) => {
    const found = interpret(text, {});

    expect(
      found.kind === "suggestion" ? [found, ...found.others].map(({ line }) => line) : found,
    ).toEqual(lines);
  });

  it("offers nothing that is not carried out as it is read back", () => {
    const found = interpret(
      "allow http://a.example.com, http://b.example.com paths /v1/* because x",
      {},
    );
    if (found.kind !== "suggestion") throw new TypeError("no suggestion");

    for (const { line, parts } of [found, ...found.others]) {
      const read = destinationsOf(line) ?? [];
      const limited = read.filter((each) => each.includes("paths")).length;
      expect(parts.filter(([, value]) => value.includes("paths /v1/*")).length).toBe(limited);
    }
  });
});

const limits = fc.record(
  {
    paths: fc.uniqueArray(fc.constantFrom("/v1/*", "/v2", "/a.b/c"), { minLength: 1 }),
    methods: fc.uniqueArray(fc.constantFrom("GET", "POST"), { minLength: 1 }),
  },
  { requiredKeys: [] },
);
const kind = fc.oneof(
  fc.record({ port: fc.constantFrom(443, 8443), mode: fc.constant("tls" as const) }),
  fc.record({ port: fc.constantFrom(5432, 22), mode: fc.constant("tcp" as const) }),
  fc
    .tuple(fc.constantFrom(80, 8080), limits)
    .map(([port, some]) => ({ port, mode: "http" as const, ...sorted(some) })),
  fc
    .tuple(fc.constantFrom(443, 8443), limits)
    .map(([port, some]) => ({ port, mode: "originate" as const, ...sorted(some) })),
);

function sorted(some: {
  readonly paths?: readonly string[];
  readonly methods?: readonly string[];
}): Pick<Destination, "paths" | "methods"> {
  return {
    ...(some.paths === undefined ? {} : { paths: some.paths.toSorted() }),
    ...(some.methods === undefined ? {} : { methods: some.methods.toSorted() }),
  };
}

const drafts: fc.Arbitrary<Draft> = fc
  .array(kind, { minLength: 2, maxLength: 10 })
  .map((kinds) => kinds.map((each, at): Destination => ({ host: `h${at}.example.com`, ...each })))
  .chain(([first, ...also]) =>
    fc.record({
      kind: fc.constant("allow" as const),
      destination: fc.constant(first ?? { host: "h.example.com", port: 443, mode: "tls" as const }),
      also: fc.constant(also),
      reason: fc.constant("x"),
    }),
  );

describe("every set of destinations", () => {
  it("is read back as it was written, each with its own limits and no other's", () => {
    fc.assert(
      fc.property(drafts, (draft) => {
        const wanted = [draft.destination, ...(draft.also ?? [])].map(writeDestination);

        expect(destinationsOf(writeLine(draft))?.toSorted()).toEqual(wanted.toSorted());
      }),
    );
  });

  it("has each destination, or is no command", () => {
    const joint = fc.constantFrom(", ", " and ", ", and ", "\n", " ");
    fc.assert(
      fc.property(drafts, fc.array(joint, { minLength: 9, maxLength: 9 }), (draft, joints) => {
        const wanted = [draft.destination, ...(draft.also ?? [])].map(writeDestination);
        const text = wanted.map((each, at) => (at === 0 ? each : `${joints[at - 1]}${each}`));
        const read = destinationsOf(`allow ${text.join("")} because x`);

        expect(read ?? wanted).toEqual(wanted);
      }),
    );
  });
});
