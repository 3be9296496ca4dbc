import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Command } from "#src/domain/grammar/command.ts";
import type { Directory } from "#src/domain/directory.ts";
import { REQUEST_STATES } from "#src/domain/request/lifecycle.ts";
import { cardChannel, cardHidden } from "#src/slack/card-channel.ts";
import { isDirect } from "#src/slack/render/direct.ts";
import { type SurfaceContext, surfacesOf } from "#src/slack/render/request/surfaces.ts";
import { anActiveRequest, anAsked, DAY, NINE } from "#test/support/signed-request.ts";
import { aDesk } from "./commands/a-desk.ts";
import { aRecord } from "./request-record.ts";

const CONTEXT: Omit<SurfaceContext, "approvalsChannel"> = {
  progress: undefined,
  problem: undefined,
  move: undefined,
  stuck: undefined,
  unprovenForMs: DAY,
  now: NINE,
  changed: undefined,
};

const place = fc.record({
  channel: fc.constantFrom("D0ALICE000", "C0TEAMX000", "C0SECURITY"),
  approvalsChannel: fc.constantFrom(undefined, "C0SECURITY"),
  teamChannel: fc.constantFrom(undefined, "C0TEAMX000"),
});

function directory(channel: string | undefined): Pick<Directory, "teams"> {
  return { teams: [{ name: "team-x", placements: [], channel, userGroup: undefined }] };
}

describe("where a card is", () => {
  it("is never a direct message, and nothing is asked there that would have none", () => {
    fc.assert(
      fc.property(
        place,
        fc.constantFrom(...REQUEST_STATES),
        ({ channel, approvalsChannel, teamChannel }, state) => {
          const places = { directory: directory(teamChannel), approvalsChannel };
          const asked = { channel, team: "team-x" };
          const record = aRecord({ state, ask: asked });
          const surfaces = surfacesOf(record, {
            ...CONTEXT,
            approvalsChannel: cardChannel(places, record.asked),
          });
          const cards = surfaces.filter(
            ({ key, message }) =>
              key === "card" || JSON.stringify(message.blocks ?? []).includes("request_approve"),
          );

          expect(cards.filter((card) => isDirect(card.channel))).toEqual([]);
          const isHidden = cardHidden(places, asked)?.reason === "NoChannelForCard";
          expect(cards.map((card) => card.channel)).toEqual(
            isHidden ? [] : [approvalsChannel ?? (isDirect(channel) ? teamChannel : channel)],
          );
        },
      ),
    );
  });
});

/** What is answered there, and whether something was made of it. */
async function says(command: Command, channel: string | undefined): Promise<[string, boolean]> {
  const desk = aDesk({ channel });
  const asked = anAsked({ cluster: "prod", team: "team-y" });
  desk.store(anActiveRequest(desk.memory.keys, { id: "EG-00001", asked }));
  const endsAt = desk.memory.clock.now + DAY;
  desk.reports({ "EG-00001": { state: "active", endsAt } });
  const said = await desk.says(command, { channel: "D0SAM00000" });
  return [said, desk.memory.records.size > 1];
}

describe("in a direct message", () => {
  const TLS = { host: "edition.cnn.com", port: 443, mode: "tls" } as const;
  const ALLOW = {
    kind: "allow",
    destination: TLS,
    typedHost: TLS.host,
    team: "team-y",
    reason: "x",
  } as const;
  const ORDER = {
    kind: "gateway remove",
    gateway: { namespace: "egress-gw", name: "egw" },
    reason: "x",
  } as const;
  const RENEW = { kind: "renew", id: "EG-00001" } as const;

  it.each([ALLOW, RENEW, ORDER])(
    "nothing is asked whose card nobody would see: $kind",
    async (command) => {
      const [hidden, isMadeHidden] = await says(command, undefined);
      const [, isMade] = await says(command, "C0SECURITY");

      expect(hidden).toContain("no channel in which approvers would see the card");
      expect([isMadeHidden, isMade]).toEqual([false, true]);
    },
  );
});
