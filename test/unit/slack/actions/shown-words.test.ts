import { describe, expect, it } from "@jest/globals";
import type { ChatBlock } from "#src/ports/chat/chat.ts";
import { sayTheSame } from "#src/slack/actions/shown-words.ts";
import { renderCard } from "#src/slack/render/request/card.ts";
import { aShownPlan, aShownRequest } from "#test/support/shown-plan.ts";
import { anAsked } from "#test/support/signed-request.ts";
import { aMemory } from "#test/support/bot-in-memory.ts";

const { keys } = aMemory();

function cardFor(reason: string): readonly ChatBlock[] {
  const asked = anAsked({
    reason,
    destination: { host: "edition.cnn.com", port: 80, mode: "http", paths: ["/v1/*"] },
  });
  const plan = aShownPlan({ asked }, WITH_EVERYTHING);
  return renderCard(aShownRequest(keys, { asked, plan })).blocks ?? [];
}

/** So that the card has blocks of every kind. */
const WITH_EVERYTHING = {
  warnings: ["from now on edition.cnn.com goes through the gateway for every pod", "another one"],
  adoption: {
    headline: "namespace recipes shows edition.cnn.com to team-x: `kubectl get se` names it",
    steps: ["Approve"],
  },
};

const CARD = cardFor("weather feed & <b>maps</b> 🌦️ for :all:");

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Change = (value: Json) => Json;

/** Every place in a tree, as a function that changes what is there. */
function places(value: Json): readonly ((change: Change) => Json)[] {
  function here(change: Change): Json {
    return change(value);
  }
  if (Array.isArray(value)) {
    return [
      here,
      ...value.flatMap((each: Json, at) =>
        places(each).map((put) => (change: Change) => value.with(at, put(change))),
      ),
    ];
  }
  if (typeof value !== "object" || value === null) return [here];
  return [
    here,
    ...Object.entries(value)
      .filter(([key]) => key !== "accessibility_label")
      .flatMap(([key, each]) =>
        places(each).map((put) => (change: Change) => ({ ...value, [key]: put(change) })),
      ),
  ];
}

function everyChanged(change: Change): readonly Json[] {
  const card = structuredClone(CARD) as unknown as Json;
  const before = JSON.stringify(card);
  return places(card)
    .map((put) => put(change))
    .filter((changed) => JSON.stringify(changed) !== before);
}

describe("the blocks of a card", () => {
  it("say the same as Slack gives them back", () => {
    const given = CARD.map((block, at) => {
      const encoded = JSON.stringify(block, (key, value: unknown) =>
        key === "text" && typeof value === "string"
          ? value.replaceAll(/&(?!amp;|lt;|gt;)/g, "&amp;").replace("🌦️", ":partly_sunny_rain:")
          : value,
      ).replaceAll('"verbatim":true', '"verbatim":false');
      return { block_id: `b${at}`, ...(JSON.parse(encoded) as object) };
    });

    expect(sayTheSame(CARD, given)).toBe(true);
  });

  it("do not where any text, or what a button stands for, is another one", () => {
    const changed = everyChanged((value) =>
      typeof value === "string" ? `${value} x.example.com` : value,
    );

    expect(changed.length).toBeGreaterThan(40);
    expect(changed.filter((card) => sayTheSame(CARD, card as readonly unknown[]))).toEqual([]);
  });

  it("do not where a host is replaced by another of the same length, within one word", () => {
    const changed = everyChanged((value) =>
      typeof value === "string" ? value.replace("edition.cnn.com", "edition.cnm.com") : value,
    );

    expect(changed.length).toBeGreaterThan(1);
    expect(changed.filter((card) => sayTheSame(CARD, card as readonly unknown[]))).toEqual([]);
  });

  it("do not where anything a reader sees is added, anywhere", () => {
    const added = { type: "mrkdwn", text: "for one day" };
    const changed = everyChanged((value) => {
      if (Array.isArray(value)) return [...value, added];
      return typeof value === "object" && value !== null ? { ...value, accessory: added } : value;
    });

    expect(changed.length).toBeGreaterThan(20);
    expect(changed.filter((card) => sayTheSame(CARD, card as readonly unknown[]))).toEqual([]);
  });

  it("do not where a block or an element is taken out, or two change places", () => {
    const dropped = everyChanged((value) => (Array.isArray(value) ? value.slice(1) : value));
    const swapped = everyChanged((value) =>
      Array.isArray(value) && value.length > 1 ? value.toReversed() : value,
    );

    expect(dropped.length).toBeGreaterThan(3);
    expect(swapped.length).toBeGreaterThan(2);
    expect(
      [...dropped, ...swapped].filter((card) => sayTheSame(CARD, card as readonly unknown[])),
    ).toEqual([]);
  });

  it("do not where the reason is another one, but for how an emoji is written", () => {
    expect(sayTheSame(CARD, cardFor("weather feed & <b>maps</b> 🌦️ for all"))).toBe(false);
    expect(sayTheSame(cardFor("a 🚀 day"), cardFor("a :rocket: day"))).toBe(true);
    expect(sayTheSame(cardFor("plain"), cardFor("plain :rocket:"))).toBe(false);
  });
});
