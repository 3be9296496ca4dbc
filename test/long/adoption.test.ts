import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { Message } from "#test/simulators/slack/model.ts";
import { install, type Installation } from "#test/support/installation.ts";
import { approve, ask, evidenceOf, fullPlanOf, says, SECURITY } from "#test/support/people.ts";
import { cardOf } from "#test/support/reading.ts";
import { letOut } from "#test/support/workplace.ts";
import { answerTo, refused } from "../e2e/asking.ts";
import { startPod, type TeamPod, type Way, wayOf } from "../e2e/attacks/traffic.ts";
import { run } from "../e2e/kubectl.ts";

/* A team that reaches a host by a ServiceEntry already moves to a grant by the printed steps, and traffic never stops. */

const HOST = "edition.cnn.com";
const ENTRY = {
  hosts: [HOST],
  location: "MESH_EXTERNAL",
  ports: [{ number: 443, name: "tls", protocol: "TLS" }],
  resolution: "DNS",
};
const ASK = { user: "alice", channel: "C0TEAMX000", text: `allow ${HOST}:443 because news` };
/** In the steps' own words: where copies go. */
const OTHER = "moving";

let installation: Installation;
let pod: TeamPod;
/** What traffic did after each change of the mesh since the last look. */
let seen: Way[];
let stopLooking: () => void;

beforeEach(async () => {
  installation = await install({
    configure: ({ teams }) => {
      for (const { placements } of teams)
        for (const placement of placements) Object.assign(placement, { serviceAccounts: [] });
    },
  });
  const { store } = installation.kubernetes;
  for (const name of ["recipes", OTHER])
    store.put({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  letOut(installation.kubernetes, "team-x", true);
}, 60_000);
afterEach(async () => {
  stopLooking();
  await installation[Symbol.asyncDispose]();
});

async function start(): Promise<void> {
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  pod = await startPod(installation, { namespace: "team-x" });
  seen = [];
  stopLooking = installation.kubernetes.store.on(({ object }) => {
    if (object.apiVersion.includes("istio.io")) seen.push(traffic());
  });
}

function traffic(): Way {
  return wayOf(pod.ask({ kind: "tls", host: HOST, port: 443 }));
}

function theirs(namespace: string, exportTo: readonly string[]): void {
  installation.kubernetes.store.put({
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: { name: "cnn", namespace },
    spec: { ...ENTRY, exportTo },
  });
}

interface RichText {
  readonly elements?: readonly { readonly elements?: readonly RichPart[] }[];
}
interface RichPart {
  readonly text?: string;
  readonly style?: { readonly code?: boolean };
}

/** The numbered steps of a message, each with its commands as they would be copied. */
function stepsIn({ blocks = [] }: Message): readonly string[] {
  return (blocks as readonly RichText[])
    .flatMap(({ elements = [] }) => elements)
    .map(({ elements = [] }) =>
      elements
        .map(({ text = "", style }) => (style?.code === true ? `\`${text}\`` : text))
        .join("")
        .trimEnd(),
    )
    .filter((line) => /^\d+\. /u.test(line));
}

/** The numbered steps of a window. */
function numbered(text: string): readonly string[] {
  return text.split("\n").filter((line) => /^\d+\. /u.test(line));
}

function follow(step: string): void {
  const command = /`(kubectl .+)`/u.exec(step)?.[1];
  if (command === undefined) throw new Error(`no command in: ${step}`);
  run(installation.kubernetes.store, command.replaceAll("OTHER-NAMESPACE", OTHER));
}

describe("a ServiceEntry in the team's own namespace", () => {
  it("is refused with steps that end enforced, and at none of them traffic stops", async () => {
    const { slack } = installation;
    theirs("team-x", ["."]);
    await start();
    expect(traffic()).toBe("around");

    const { message } = await refused(slack, { ...ASK, channel: "team-x" });
    const [copy = "", out = "", again = "", approval = "", away = "", ...rest] = stepsIn(message);

    expect(message.text).toContain(`stays reachable for namespace team-x at every step`);
    follow(copy);
    follow(out);
    expect(seen).toEqual(["around", "around"]);
    expect(again).toContain(`\`@sallyport allow ${HOST}:443 for team-x because …\``);
    expect(approval).toMatch(/^4\. Approve: /);

    const request = await ask(installation, {
      ...ASK,
      text: `allow ${HOST}:443 for team-x because news`,
    });
    await approve(installation, request.id);
    await says(installation, request, /active, advisory/);
    expect(new Set(seen)).toEqual(new Set(["around", "gateway"]));
    expect(traffic()).toBe("gateway");
    await says(
      installation,
      request,
      /when this grant ends, edition\.cnn\.com:443 is open to the namespace again: .*ServiceEntry moving\/cnn/,
    );

    letOut(installation.kubernetes, "team-x", false);
    follow(away);
    expect(rest).toHaveLength(1);
    await says(installation, request, /active and enforced/);
    expect(traffic()).toBe("gateway");
    expect(seen).not.toContain("refused");
  }, 120_000);
});

describe("a ServiceEntry of another namespace", () => {
  it("is on the card, with its steps in the full plan, in check and behind the result, and no traffic stops", async () => {
    const { slack } = installation;
    theirs("recipes", ["team-x", "team-y"]);
    await start();

    const request = await ask(installation, ASK);
    expect(JSON.stringify(cardOf(slack, SECURITY, request.id)?.blocks)).toMatch(
      /Moving here from what is there: .*3 steps in the full plan/,
    );
    const steps = numbered(await fullPlanOf(installation, request.id));
    const [approval = "", away = ""] = steps;

    expect(approval).toMatch(/^1\. Approve: /);
    const answer = await answerTo(slack, { channel: "team-x", text: `check ${HOST}:443` });
    expect(JSON.stringify(answer.blocks)).toContain(`What ${request.id} found there already`);
    expect(stepsIn(answer)).toEqual([approval, away, expect.stringContaining("verifies again")]);
    expect(stepsIn(answer)).toEqual(steps);

    await approve(installation, request.id);
    await says(installation, request, /active, advisory/);
    await says(installation, request, /What is left to do for it to be enforced/);
    expect(numbered(await evidenceOf(installation, request)).join("\n")).toContain("recipes");
    expect(traffic()).toBe("gateway");

    letOut(installation.kubernetes, "team-x", false);
    follow(away);
    await says(installation, request, /active and enforced/);
    expect(traffic()).toBe("gateway");
    expect(seen).not.toContain("refused");
    const { spec } = installation.kubernetes.store.get("ServiceEntry", "recipes", "cnn") ?? {};
    expect(spec?.["exportTo"]).toEqual(["team-y"]);
  }, 120_000);
});
