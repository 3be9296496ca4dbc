import { describe, expect, it } from "@jest/globals";
import type { Asked, GivenBefore } from "#src/domain/request/request.ts";
import { renderCard } from "#src/slack/render/request/card.ts";
import { DAY, NINE } from "#test/support/signed-request.ts";
import { aRecord } from "../request-record.ts";

const http = { host: "a.example.com", port: 80, mode: "http" } as const;
const scope = { namespace: "team-x", serviceAccounts: [] };
const END = NINE + DAY;

function card(ask: Partial<Asked>, before: Partial<GivenBefore> = {}): string {
  const was = { scope, destination: http, endsAt: END, ...before };
  const asked = { destination: http, scope, durationMs: undefined, latestEnd: END, ...ask };
  const record = aRecord({
    ask: { follows: "EG-00001", amends: true, ...asked },
    show: { before: [was] },
  });
  return JSON.stringify(renderCard(record).blocks);
}

describe("the card of what amends another grant", () => {
  it.each<[string, Partial<Asked>, Partial<GivenBefore>, readonly string[], readonly string[]]>([
    [
      "less",
      { destination: { ...http, paths: ["/v1/a"], methods: ["GET"] } },
      { destination: { ...http, paths: ["/v1/*"] } },
      ["*It lets less pass than now*", "paths: `/v1/*` → `/v1/a`", "methods: all → `GET`"],
      ["more pass", "service accounts:", "end:", "Renews"],
    ],
    [
      "more",
      { destination: http },
      { destination: { ...http, methods: ["GET"] } },
      [":warning: *It lets more pass than now*", "methods: `GET` → all"],
      ["some no longer", "paths:", "less pass"],
    ],
    [
      "more and less",
      { destination: { ...http, methods: ["GET"] } },
      { destination: { ...http, paths: ["/v1/*"] } },
      [":warning: *It lets more pass than now*, and some no longer"],
      [],
    ],
    [
      "accounts",
      { scope: { namespace: "team-x", serviceAccounts: ["feeds"] } },
      {},
      ["*It lets less pass than now*", "service accounts: all → `feeds`"],
      ["paths:", "end:"],
    ],
    [
      "time alone",
      { durationMs: 30 * DAY, latestEnd: END + 40 * DAY },
      {},
      ["What passes stays the same", "end: <!date", "→ 30 d after this one works"],
      ["less pass", "more pass"],
    ],
  ])("says what is %s, before and after", (_, ask, before, has, hasNot) => {
    const text = card(ask, before);

    expect(text).toContain("Amends `EG-00001`, which ends once this one works");
    for (const each of has) expect(text).toContain(each);
    for (const each of hasNot) expect(text).not.toContain(each);
  });

  it("that renews or moves says nothing of it", () => {
    const record = aRecord({ ask: { follows: "EG-00001" } });

    expect(JSON.stringify(renderCard(record))).not.toContain("Amends");
  });
});
