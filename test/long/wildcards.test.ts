import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { External } from "#test/simulators/kubernetes/mesh/world.ts";
import { install, type Installation } from "#test/support/installation.ts";
import {
  approve,
  ask,
  type AskedRequest,
  evidenceOf,
  fullPlanOf,
  revoke,
  says,
  SECURITY,
} from "#test/support/people.ts";
import { cardOf } from "#test/support/reading.ts";
import { letExist } from "#test/support/workplace.ts";
import { answerTo, refused } from "../e2e/asking.ts";
import { startPod, type TeamPod, type Way, wayOf } from "../e2e/attacks/traffic.ts";

/* A door for every host below a name: by the one host the gateway connects to, and by nothing beside them. */

const FRONT = "front.tiles.example.com";
const SERVERS: readonly External[] = [
  { host: FRONT, port: 443, kind: "tls", addresses: ["192.0.2.60"] },
  { host: FRONT, port: 80, kind: "http", addresses: ["192.0.2.60"] },
  { host: "cdn.example.net", port: 443, kind: "tls", addresses: ["192.0.2.61"] },
];
const BELOW = ["a.tiles.example.com", "a.b.tiles.example.com", FRONT];
const BESIDE = ["tiles.example.com", "a.example.com", "nottiles.example.com", "cdn.example.net"];

let installation: Installation;
let pod: TeamPod;

beforeAll(async () => {
  installation = await install({
    configure(file) {
      const approvals = file["approvals"] as unknown as { rules: { name: string }[] };
      approvals.rules.push({
        name: "maps of others",
        when: { hosts: ["*.maps.example.org", "cdn.example.net"] },
        ask: { groups: ["S0SECURITY"] },
        wildcards: true,
      } as { name: string });
    },
  });
  letExist(installation, SERVERS);
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  pod = await startPod(installation, { namespace: "team-x", serviceAccount: "feeds" });
}, 120_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

/** Whatever address the app has for a name: the sidecar goes by the name. */
function way(host: string, port: 80 | 443, path = "/"): Way {
  const kind = port === 443 ? "tls" : "http";
  return wayOf(pod.ask({ kind, host, port, path, address: "192.0.2.99", insecure: true }));
}

function ways(hosts: readonly string[], port: 80 | 443): readonly Way[] {
  return [...new Set(hosts.map((host) => way(host, port)))];
}

function asked(text: string): Promise<AskedRequest> {
  return ask(installation, { user: "alice", channel: "C0TEAMX000", text });
}

async function whyNot(text: string): Promise<string> {
  const { why, fix } = await refused(installation.slack, { user: "alice", text });
  return `${why} ${fix}`;
}

describe("a grant of a wildcard over tls", () => {
  let request: AskedRequest;

  it("says in words what the star is, and which host the gateway connects to", async () => {
    request = await asked(`allow *.tiles.example.com:443 via ${FRONT} because maps`);

    const card = JSON.stringify(cardOf(installation.slack, SECURITY, request.id));
    expect(card).toContain("*Every host below* `tiles.example.com`, at any depth");
    expect(card).toContain("`tiles.example.com` itself is not one of them");
    expect(card).toContain(`The gateway connects to \`${FRONT}\` for all of them`);
    const plan = await fullPlanOf(installation, request.id);
    expect(plan).toContain(`${FRONT} resolves to 192.0.2.60 now`);
    expect(plan).toContain("Decided by rule “weather maps”");
  }, 60_000);

  it("is proven by its via host, which is below it", async () => {
    expect(ways([...BELOW, ...BESIDE], 443)).toEqual(["refused"]);
    await approve(installation, request.id);

    await says(installation, request, /active, advisory|active and enforced/);
    const evidence = await evidenceOf(installation, request);
    expect(evidence).toContain(`asked for as ${FRONT}, its via host, which is`);
    expect(evidence).toMatch(/passed \*through the gateway\*/);
    expect(evidence).toMatch(/passed \*nothing else\*/);
  }, 60_000);

  it("lets hosts below it pass, at any depth, and neither the one above nor one beside", () => {
    expect(ways(BELOW, 443)).toEqual(["gateway"]);
    expect(ways(BESIDE, 443)).toEqual(["refused"]);
    expect(ways(BELOW, 80)).toEqual(["refused"]);
  });

  it("is what a host below it is granted by", async () => {
    const { text } = await answerTo(installation.slack, {
      text: "check a.b.tiles.example.com:443",
    });

    // Which of the two it says depends on when a lane last reported.
    expect(text).toMatch(new RegExp(`is (?:granted by|approved as) \`${request.id}\``));
    installation.dns.set("a.b.tiles.example.com", { a: ["192.0.2.60"] });
    expect(await whyNot("allow a.b.tiles.example.com:443 because maps")).toContain(
      `${request.id} already grants it to team-x`,
    );
    expect(await whyNot("check *.com:443 via a.example.com")).toContain("verybody can register");
  }, 60_000);

  it("ends, and every host below it is refused", async () => {
    revoke(installation, request, { reason: "over" });

    await says(installation, request, /has ended/);
    await says(installation, request, /New connections are refused/);
    expect(ways([...BELOW, ...BESIDE], 443)).toEqual(["refused"]);
  }, 60_000);
});

describe("a grant of a wildcard over http", () => {
  it("is proven and limited like any other, and ends like any other", async () => {
    const request = await asked(
      `allow http://*.tiles.example.com via ${FRONT} paths /v1/* because maps`,
    );
    await approve(installation, request.id);
    await says(installation, request, /active, advisory|active and enforced/);

    expect(BELOW.map((host) => way(host, 80, "/v1/tile"))).toEqual(BELOW.map(() => "gateway"));
    expect(BELOW.map((host) => way(host, 80, "/admin"))).toEqual(BELOW.map(() => "refused"));
    expect(BESIDE.map((host) => way(host, 80, "/v1/tile"))).toEqual(BESIDE.map(() => "refused"));

    revoke(installation, request, { reason: "over" });
    await says(installation, request, /has ended/);
    await says(installation, request, /New connections are refused/);
    expect(BELOW.map((host) => way(host, 80, "/v1/tile"))).toEqual(BELOW.map(() => "refused"));
  }, 60_000);
});

describe("a grant of a wildcard whose via host is not below it", () => {
  it("is proven by a name that nobody has to have", async () => {
    const request = await asked("allow *.maps.example.org:443 via cdn.example.net because maps");
    await approve(installation, request.id);

    await says(installation, request, /active, advisory|active and enforced/);
    expect(await evidenceOf(installation, request)).toContain(
      "asked for as www.maps.example.org, a name below it",
    );
    expect(way("a.maps.example.org", 443)).toBe("gateway");
    expect(way("cdn.example.net", 443)).toBe("refused");

    expect(await whyNot("allow *.maps.example.org:443 via api.example.com because maps")).toContain(
      `${request.id} sends *.maps.example.org:443 of namespace team-x via cdn.example.net`,
    );
    revoke(installation, request, { reason: "over" });
    await says(installation, request, /has ended/);
    await says(installation, request, /New connections are refused/);
    expect(way("a.maps.example.org", 443)).toBe("refused");
  }, 60_000);
});

describe("a wildcard is refused", () => {
  it("where no rule allows it, or one names a part of it", async () => {
    expect(await whyNot("allow *.stripe.com:443 via feeds.example.org because x")).toContain(
      "it decides about some of the names this wildcard stands for",
    );
    installation.dns.set("www.weather.example", { a: ["192.0.2.30"] });
    expect(await whyNot("allow *.weather.example:443 via www.weather.example because x")).toContain(
      "it allows no wildcards",
    );
    const { text } = await answerTo(installation.slack, {
      text: "check *.pastebin.com:443 via pastebin.com",
    });
    expect(text).toContain("paste sites are a way out for data");
  }, 60_000);

  it("where the host it goes via leads inside", async () => {
    installation.dns.set("in.tiles.example.com", { a: ["10.1.2.3"] });

    const why = await whyNot("allow *.tiles.example.com:443 via in.tiles.example.com because maps");
    expect(why).toContain(
      "in.tiles.example.com, which *.tiles.example.com goes via, resolves to 10.1.2.3",
    );
    expect(
      await whyNot("allow *.tiles.example.com:443 via a.svc.cluster.local because maps"),
    ).toContain("inside the cluster");
  }, 60_000);

  it("without via, with the line that would do", async () => {
    expect(await whyNot("allow *.tiles.example.com:443 because maps")).toContain(
      "`@sallyport allow *.tiles.example.com:443 via tiles.example.com because …`",
    );
  }, 60_000);
});

describe("a host below a wildcard, granted beside it", () => {
  it("goes by its own grant, by the wildcard's again when that ends, and the card says so", async () => {
    const wildcard = await asked(`allow *.tiles.example.com:443 via ${FRONT} because maps`);
    await approve(installation, wildcard.id);
    await says(installation, wildcard, /active, advisory|active and enforced/);
    const { text } = await answerTo(installation.slack, {
      text: `allow tcp://${FRONT}:443 because maps`,
    });
    expect(text).toContain("in mode tls, and one host and port has one mode in a namespace");

    revoke(installation, wildcard, { reason: "over" });
    await says(installation, wildcard, /has ended/);
    const host = await asked(`allow ${FRONT}:443 because maps`);
    await approve(installation, host.id);
    await says(installation, host, /active, advisory|active and enforced/);
    const again = await asked(`allow *.tiles.example.com:443 via ${FRONT} because maps`);
    expect(JSON.stringify(cardOf(installation.slack, SECURITY, again.id))).toContain(
      `${FRONT} goes by ${host.id}, which is for it alone, and not by this wildcard`,
    );
    await approve(installation, again.id);
    await says(installation, again, /active, advisory|active and enforced/);
    expect(await evidenceOf(installation, again)).toContain(
      "asked for as www.tiles.example.com, a name below it",
    );
    expect(ways(BELOW, 443)).toEqual(["gateway"]);

    revoke(installation, host, { reason: "over" });
    await says(installation, host, /has ended/);
    await says(
      installation,
      host,
      new RegExp(`may still reach that destination by ${again.id}, so there is nothing to be`),
    );
    expect(ways(BELOW, 443)).toEqual(["gateway"]);
  }, 120_000);
});
