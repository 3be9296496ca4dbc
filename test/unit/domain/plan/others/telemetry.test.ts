import { describe, expect, it } from "@jest/globals";
import { effectsOf, foundOf, PLACES, ROOT, theirs } from "./foreign.ts";

const ON_PODS = { selector: { matchLabels: { istio: "egw-sel" } } };

/** Whatever a Telemetry is about. */
const CONTENTS: readonly Readonly<Record<string, unknown>>[] = [
  { accessLogging: [{ filter: { expression: "false" } }] },
  { accessLogging: [{ disabled: true }] },
  { accessLogging: [{ providers: [{ name: "otel" }] }] },
  { accessLogging: [{}] },
  { metrics: [{ providers: [{ name: "prometheus" }] }] },
  { tracing: [{}] },
  {},
];

describe("a Telemetry of others", () => {
  const cases = PLACES.flatMap((place) => CONTENTS.map((content) => [place, content] as const));
  it.each(cases)(
    "in %s with %j stands in place of ours in the pods' namespace alone",
    (place, content) => {
      const object = theirs("Telemetry", place, { ...ON_PODS, ...content });

      expect(effectsOf(object)).toEqual(place === "egress-gw" ? ["takes-log"] : []);
    },
  );

  it.each([
    ["without a selector comes after ours", "egress-gw", {}],
    ["of the mesh comes after ours", ROOT, {}],
    ["of other pods is not theirs", "egress-gw", { selector: { matchLabels: { a: "b" } } }],
  ])("%s", (_what, place, selector) => {
    const objects = CONTENTS.map((content) =>
      theirs("Telemetry", place, { ...selector, ...content }),
    );

    expect(effectsOf(...objects)).toEqual([]);
  });

  it.each([
    ["2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", []],
    ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", ["takes-log"]],
    ["2026-01-01T00:00:01Z", "2026-01-01T00:00:00Z", ["takes-log"]],
  ])("is behind ours where ours is older (%s, %s)", (ours, other, effects) => {
    const labels = { "sallyport.dev/instance": "demo" };
    const own = theirs("Telemetry", "egress-gw", ON_PODS, { labels, creationTimestamp: ours });
    const foreign = theirs("Telemetry", "egress-gw", ON_PODS, {
      name: "metrics",
      creationTimestamp: other,
    });

    expect(foundOf([own, foreign]).map(({ effect }) => effect)).toEqual(effects);
  });
});
