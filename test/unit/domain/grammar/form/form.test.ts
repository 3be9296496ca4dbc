import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { type FormValues } from "#src/domain/grammar/form/form-fields.ts";
import { prefillFrom } from "#src/domain/grammar/form/prefill.ts";
import { readForm } from "#src/domain/grammar/form/read-form.ts";
import type { Names } from "#src/domain/grammar/names.ts";
import { readStrictly } from "#src/domain/grammar/strict/strict.ts";
import { MODES } from "#src/domain/grant.ts";

const TEAMS = ["team-x", "team-y"].map((name) => ({
  name,
  channel: undefined,
  userGroup: undefined,
}));
const NAMES: Names = { teams: TEAMS, clusters: ["prod", "test"], now: Date.UTC(2027, 0, 1) };

const EMPTY: FormValues = {
  team: undefined,
  place: undefined,
  destinations: "",
  mode: undefined,
  paths: "",
  methods: "",
  duration: "",
  reason: "",
  ticket: "",
};

function filled(values: Partial<FormValues>) {
  return readForm({ ...EMPTY, ...values }, NAMES);
}

function lineOf(values: Partial<FormValues>): string {
  const read = filled(values);
  if (read.kind === "wrong") throw new Error(JSON.stringify(read.wrong));
  return read.line;
}

function typed(line: string) {
  const read = readStrictly(line, NAMES);
  if (read.kind !== "command") throw new Error(`not a command: ${line}`);
  return read.command;
}

const host = fc.constantFrom(
  "a.example.com",
  "b.example.org",
  "edition.cnn.com",
  "c-d.example.net",
);
const port = fc.constantFrom(443, 8443, 6432, 9093);
/** What may be written in a line, and is the same in the field. */
const destination = fc.oneof(
  fc.tuple(host, port).map(([name, number]) => `https://${name}:${number}`),
  fc.tuple(host, port).map(([name, number]) => `tcp://${name}:${number}`),
  fc.tuple(host, port).map(([name, number]) => `tls://${name}:${number}`),
  host.map((name) => `http://${name}`),
  host.map((name) => `http://${name} originate 8443`),
  host.map((name) => `http://${name}:8080 paths /v1/*,/health methods GET,POST`),
);
const WORDS =
  "weather feed for team-y 30d in test until 2027-02-02 via allow because paths /x methods GET so that a.example.com:1 ünï".split(
    " ",
  );
const words = fc
  .array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 12 })
  .map((all) => all.join(" "));

describe("what the form gives", () => {
  it("is the command that the same words typed in a line give, whatever its reason says", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(destination, {
          minLength: 1,
          maxLength: 10,
          selector: (text) => text.replace(/^\w+:\/\//, "").split(" ")[0],
        }),
        fc.constantFrom(undefined, "team-x", "team-y"),
        fc.constantFrom("", "for 30d", "for 90m", "until 2027-01-31"),
        fc.option(words, { nil: "" }),
        fc.constantFrom(", ", "\n", "\n- ", " ,\n"),
        (destinations, team, duration, reason, joint) => {
          const read = filled({
            destinations: destinations.join(joint.includes("\n") ? joint : "\n"),
            team,
            duration,
            reason,
          });
          const limited = destinations.filter((each) => each.includes(" "));
          const plain = destinations.filter((each) => !each.includes(" "));
          const inOrder =
            destinations.at(-1)?.includes(" ") === true && plain.length > 0
              ? [...limited, ...plain]
              : destinations;
          const line = [
            `allow ${inOrder.join(", ")}`,
            team === undefined ? "" : `for ${team}`,
            duration,
            reason === "" ? "" : `because "${reason}"`,
          ];

          expect(read.kind === "line" && read.command).toEqual(
            typed(line.filter((each) => each !== "").join(" ")),
          );
        },
      ),
    );
  });

  it("is a line that gives the same command to whoever copies it", () => {
    fc.assert(
      fc.property(destination, words, (text, reason) => {
        const read = filled({ destinations: text, reason, ticket: "NET-1", team: "team-x" });

        expect(read.kind).toBe("line");
        if (read.kind === "line") expect(typed(read.line)).toEqual(read.command);
      }),
    );
  });

  it.each([
    ["edition.cnn.com:443", undefined, "allow edition.cnn.com:443"],
    ["edition.cnn.com", "tls", "allow edition.cnn.com:443"],
    ["edition.cnn.com:9092", "tls", "allow tls://edition.cnn.com:9092"],
    ["edition.cnn.com", "http", "allow http://edition.cnn.com"],
    ["edition.cnn.com:8080", "http", "allow http://edition.cnn.com:8080"],
    ["db.example.com:5432", "tcp", "allow db.example.com:5432"],
    ["kafka.example.com:9092", "tcp", "allow tcp://kafka.example.com:9092"],
    ["edition.cnn.com", "originate", "allow http://edition.cnn.com originate"],
    ["edition.cnn.com:8443", "originate", "allow http://edition.cnn.com originate 8443"],
    ["http://edition.cnn.com", "originate", "allow http://edition.cnn.com originate"],
    ["a.b.com:8443 paths /v1", "originate", "allow http://a.b.com originate 8443 paths /v1"],
    ["http://a.b.com paths /v1", "originate", "allow http://a.b.com originate paths /v1"],
    ["a.b.com originate 8443", "http", "allow http://a.b.com originate 8443"],
    // What says it itself keeps it.
    ["https://edition.cnn.com", "tcp", "allow edition.cnn.com:443"],
  ] as const)("of %j as %s is %s", (destinations, mode, line) => {
    const read = filled({ destinations, mode });

    expect(read.kind === "line" && read.command).toEqual(typed(line));
  });

  it("has the limits beside the destinations behind each of them", () => {
    const line = lineOf({
      destinations: "a.example.com\nb.example.com",
      mode: "http",
      paths: "/v1/* /health",
      methods: "get, POST",
    });

    expect(typed(line)).toEqual(
      typed(
        "allow http://a.example.com paths /v1/*,/health methods GET,POST, http://b.example.com paths /v1/*,/health methods GET,POST",
      ),
    );
  });

  it("has the ticket in its reason, and quotation marks end nothing", () => {
    expect(
      lineOf({ destinations: "a.example.com:443", reason: "the “new”\n feed", ticket: "NET-7" }),
    ).toBe(`allow a.example.com:443 because "the 'new' feed, ticket NET-7"`);
  });

  it("keeps no secret of a link in the reason", () => {
    const read = filled({
      destinations: "a.example.com:443",
      reason: "see https://x.blob.core.windows.net/c?sig=abc",
    });

    expect(read.kind === "line" && read.command.reason).not.toContain("sig=abc");
  });
});

describe("what cannot be asked for", () => {
  it.each([
    [{ destinations: "" }, "destinations", "HostMissing"],
    [{ destinations: "10.0.0.1:443" }, "destinations", "AddressLiteral"],
    [{ destinations: "kafka.example.com:9092" }, "destinations", "SchemeMissing"],
    [{ destinations: "a.example.com:99999" }, "destinations", "PortInvalid"],
    [{ destinations: "a.example.com:443 for team-y" }, "destinations", "UnknownWord"],
    [{ destinations: "a.example.com:443 because x" }, "destinations", "UnknownWord"],
    [{ destinations: "a.example.com:443\na.example.com:443" }, "destinations", "SaidTwice"],
    [{ destinations: "a.example.com:443", paths: "/v1" }, "paths", "LimitsNeedHttp"],
    [{ destinations: "a.example.com:443", methods: "GET" }, "methods", "LimitsNeedHttp"],
    [{ destinations: "http://a.example.com", paths: "v1" }, "paths", "PathInvalid"],
    [{ destinations: "http://a.example.com", methods: "FETCH" }, "methods", "MethodUnknown"],
    [{ destinations: "a.example.com:443", duration: "for ever" }, "duration", "DurationInvalid"],
  ] as const)("is said at its field: %j", (values, field, reason) => {
    const read = filled(values);

    expect(
      read.kind === "wrong" &&
        read.wrong.map((each) => ({ field: each.field, reason: each.refusal.reason })),
    ).toEqual([{ field, reason }]);
  });

  it("is said of every destination at once, and of no more than a request takes", () => {
    const read = filled({ destinations: "10.0.0.1:443\nlocalhost:80\na.example.com:443" });
    const many = filled({
      destinations: Array.from({ length: 11 }, (_, at) => `h${at}.example.com:443`).join("\n"),
    });

    expect(read.kind === "wrong" && read.wrong.map(({ refusal }) => refusal.why)).toEqual([
      expect.stringContaining("10.0.0.1:443: "),
      expect.stringContaining("localhost:80: "),
    ]);
    expect(many.kind === "wrong" && many.wrong[0]?.refusal.reason).toBe("TooManyDestinations");
  });

  it("never throws, and what it gives always reads back", () => {
    fc.assert(
      fc.property(
        fc.record({
          destinations: fc.oneof(fc.string(), destination),
          mode: fc.constantFrom(undefined, ...MODES),
          paths: fc.oneof(fc.constant(""), fc.string()),
          methods: fc.oneof(fc.constant(""), fc.string()),
          duration: fc.oneof(fc.constant(""), fc.string()),
          reason: fc.string({ unit: "grapheme" }),
          ticket: fc.string(),
        }),
        (values) => {
          const read = filled(values);
          if (read.kind === "line") expect(typed(read.line)).toEqual(read.command);
          else expect(read.wrong.length).toBeGreaterThan(0);
        },
      ),
    );
  });
});

describe("what a message fills in", () => {
  it.each([
    ["allow edition.cnn.com:443 for team-x for 30d because news", "edition.cnn.com:443", "team-x"],
    ["we need edition.cnn.com:443 for the weather feed please", "edition.cnn.com:443", undefined],
    ["lunch at noon?", undefined, undefined],
  ])("%j", (text, destinations, team) => {
    const filling = prefillFrom(text, NAMES);

    expect([filling.destinations, filling.team]).toEqual([destinations, team]);
  });
});
