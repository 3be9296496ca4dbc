import { describe, expect, it } from "@jest/globals";
import type { AmendCommand } from "#src/domain/grammar/command.ts";
import { interpret } from "#src/domain/grammar/interpret.ts";

const ID = "EG-7QK4M";

describe("amend", () => {
  it.each<[string, Omit<AmendCommand, "kind" | "id">]>([
    ["for 30d", { duration: { kind: "for", ms: 30 * 86_400_000 } }],
    ["until 2027-01-31", { duration: { kind: "until", at: Date.UTC(2027, 1, 1) } }],
    ["paths /v1/*, /health", { paths: ["/health", "/v1/*"] }],
    ["path /v1", { paths: ["/v1"] }],
    ["methods get,POST", { methods: ["GET", "POST"] }],
    ["as orders,feeds , feeds", { serviceAccounts: ["feeds", "orders"] }],
    [
      "methods GET as feeds for 2h paths /v1/* because less will do, for now.",
      {
        methods: ["GET"],
        serviceAccounts: ["feeds"],
        duration: { kind: "for", ms: 7_200_000 },
        paths: ["/v1/*"],
        reason: "less will do, for now.",
      },
    ],
  ])("%s", (text, said) => {
    const command = { kind: "amend", id: ID, ...said };

    expect(interpret(`amend ${ID} ${text}`, {})).toEqual({ kind: "command", command });
    expect(interpret(`Amend eg-7qk4m, ${text}`, {})).toEqual({ kind: "command", command });
  });

  it("of one of several", () => {
    expect(interpret("amend EG-7QK4M.10 paths /a", {})).toMatchObject({
      command: { id: "EG-7QK4M.10" },
    });
  });

  it.each<[string, RegExp]>([
    ["", /needs the id of a grant/],
    ["api.example.com:443 for 30d", /needs the id of a grant/],
    [ID, /needs what to change/],
    [`${ID} because less will do`, /needs what to change/],
    [`${ID} please`, /needs what to change/],
    [`${ID} hasOwnProperty x`, /needs what to change/],
    [`${ID} paths /v1/* GET`, /needs what to change/],
    [`${ID} for team-x`, /needs how long/],
    [`${ID} until tomorrow`, /needs how long/],
    [`${ID} for`, /needs how long/],
    [`${ID} paths`, /needs paths/],
    [`${ID} methods`, /needs methods/],
    [`${ID} as`, /needs service accounts/],
    [`${ID} as feeds,,orders`, /needs service accounts/],
    [`${ID} as Feeds_1`, /needs service accounts/],
    [`${ID} as ${Array.from({ length: 65 }, (_, at) => `a${at}`).join(",")}`, /needs service/],
  ])("%j says what it needs, with an example", (text, words) => {
    const said = interpret(`amend ${text}`, {});

    expect(said).toMatchObject({ kind: "reply", text: expect.stringMatching(words) });
    expect(said).toMatchObject({ text: expect.stringContaining("`@sallyport amend EG-7QK4M") });
  });

  it.each([
    [`paths /a paths /b`, "SaidTwice"],
    [`for 2h until 2027-01-31`, "SaidTwice"],
    [`paths v1`, "PathInvalid"],
    [`paths /a/../b`, "PathInvalid"],
    [`paths ${Array.from({ length: 11 }, (_, at) => `/${at}`).join(",")}`, "PathInvalid"],
    [`methods FETCH`, "MethodUnknown"],
  ])("%s is refused: %s", (text, reason) => {
    expect(interpret(`amend ${ID} ${text}`, {})).toMatchObject({
      kind: "refusal",
      refusal: { reason },
    });
  });

  it.each(["ammend", "ament"])("%s is near enough to be asked about", (word) => {
    expect(interpret(`${word} ${ID} for 2h`, {})).toMatchObject({
      kind: "reply",
      text: expect.stringContaining(`amend ${ID} for 2h`),
    });
  });
});
