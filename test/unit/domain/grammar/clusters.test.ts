import { describe, expect, it } from "@jest/globals";
import { parse } from "./in-words.ts";

describe("what is asked of clusters, their gateways and the mesh", () => {
  it.each([
    [
      "gateway move team-x in Prod/team-x after 2d because new",
      {
        kind: "gateway move",
        team: "team-x",
        cluster: "prod",
        namespace: "team-x",
        afterMs: 2 * 86_400_000,
        reason: "new",
      },
    ],
    ["gateway move for team-x.", { kind: "gateway move", team: "team-x" }],
    ["guard show for Team-X.", { kind: "guard show", team: "team-x" }],
    ["guard apply team-x", { kind: "guard show", team: "team-x" }],
    ["gateway list", { kind: "gateway list" }],
    ["Gateway  List in Prod.", { kind: "gateway list", cluster: "prod" }],
    ["mesh status prod", { kind: "mesh status", cluster: "prod" }],
    [
      "mesh registry-only Prod because: it is time, really",
      { kind: "mesh registry-only", cluster: "prod", reason: "it is time, really" },
    ],
    [
      "Mesh Registry-Only in prod namespace team-x because team-x goes first",
      {
        kind: "mesh registry-only",
        cluster: "prod",
        namespace: "team-x",
        reason: "team-x goes first",
      },
    ],
    ["mesh registry-only prod.", { kind: "mesh registry-only", cluster: "prod" }],
    ["help mesh status", { kind: "help", topic: "mesh status" }],
  ])("is understood: %j", (text, command) => {
    expect(parse(text)).toEqual({ kind: "command", command });
  });

  it.each([
    ["gateway list a b", /one cluster/],
    ["mesh registry-only because now", /one cluster.*mesh registry-only prod because/],
    ["mesh registry-only prod team-x because now", /one cluster, and `namespace NAME`/],
    ["mesh registry-only prod namespace because now", /one cluster, and `namespace NAME`/],
    ["mesh registry-onyl prod", /Did you mean `mesh registry-only`/],
  ])("answers %j with what is missing and an example that works", (text, answer) => {
    const parsed = parse(text);

    expect(parsed.kind === "reply" ? parsed.text : parsed).toMatch(answer);
  });
});
