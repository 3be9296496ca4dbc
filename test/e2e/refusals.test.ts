import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type Installation, install } from "#test/support/installation.ts";
import { requestIdIn, threadText } from "#test/support/reading.ts";
import type { ConfigFile } from "#test/support/workplace.ts";
import {
  answerTo,
  ask,
  clickCard,
  inState,
  type Refused,
  refused as refusedBy,
  SECURITY,
} from "./asking.ts";

const LABEL_64 = "a".repeat(64);
const HOST_254 = `${"abcdefghi.".repeat(25)}exam`;

let installation: Installation;
/** What is granted from the start: plain HTTP to api.example.com for team-y. */
let granted = "";

beforeAll(async () => {
  installation = await install({ configure });
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  granted = await grantOne();
}, 90_000);

afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

function configure(file: ConfigFile): void {
  file.teams.push({
    name: "twins",
    placements: ["twins-a", "twins-b"].map((namespace) => ({
      cluster: "prod",
      namespace,
      gateway: "egress-gw/egw",
    })),
  });
}

/** What the bot answers alice, parted. */
async function refused(text: string, channel = "team-x"): Promise<Refused> {
  return refusedBy(installation.slack, { text, channel });
}

async function grantOne(): Promise<string> {
  const { slack } = installation;
  const asked = await ask(slack, {
    user: "yuri",
    channel: "team-y",
    text: "allow http://api.example.com for team-y for 2d because price list",
  });
  await clickCard(slack, "sam", { asked, button: "Approve" });
  await inState(slack, asked, "active");
  return asked.id;
}

describe("a request that cannot be made is refused with what, why and what to do", () => {
  it.each<readonly [text: string, why: RegExp, fix: RegExp]>([
    [
      "allow a.example:443 for team-z because x",
      /no team "team-z"/,
      /Did you mean `for team-[xy]`/,
    ],
    ["allow a.example:443 for nobody-knows because x", /no team "nobody-knows"/, /team-x, team-y/],
    ["allow a.example:443 for team-x in prd because x", /no cluster "prd"/, /`in prod`/],
    ["allow a.example:443 for twins because x", /several places/, /`in prod\/twins-a`/],
    ["allow 192.0.2.1:443 because x", /IP address/, /edition\.cnn\.com:443/],
    ["allow https://[2001:db8::1] because x", /IP address/, /Name a host/],
    ["allow 2001:db8::1 because x", /IP address/, /Name a host/],
    ["allow 3221225985:443 because x", /IP address/, /Name a host/],
    ["allow 0xC0000201:443 because x", /IP address/, /Name a host/],
    ["allow https://0300.0.2.1 because x", /IP address/, /Name a host/],
    ["allow 169.254.169.254:443 because x", /IP address/, /Name a host/],
    ["allow intranet:443 because x", /no dot/, /Name a host/],
    ["allow localhost:443 because x", /the machine itself/, /Name a host/],
    ["allow db.localhost:443 because x", /the machine itself/, /Name a host/],
    ["allow redis.team-x.svc:443 because x", /inside the cluster/, /Name a host/],
    ["allow redis.team-x.svc.cluster.local:443 because x", /inside the cluster/, /Name a host/],
    ["allow http://metadata.google.internal because x", /metadata service/, /Name a host/],
    ["allow metadata.azure.com:443 because x", /metadata service/, /Name a host/],
    ["allow *:443 because x", /open everything/, /Name a host/],
    ["allow *.com:443 because x", /can register a name/, /Name the hosts/],
    ["allow api*.example.com:443 because x", /whole first label/, /Write it like `\*\.example/],
    ["allow *.example.com:443 because x", /cannot look up which host/, /via example\.com/],
    ["allow my_host.example.com:443 because x", /underscore/, /Name a host/],
    [`allow ${LABEL_64}.example.com:443 because x`, /64 characters.*at most 63/, /Name a host/],
    [`allow ${HOST_254}:443 because x`, /254 characters.*at most 253/, /Name a host/],
    ["allow edition.cnn.com:0 because x", /"0" is not a port/, /edition\.cnn\.com:443/],
    ["allow edition.cnn.com:65536 because x", /"65536" is not a port/, /edition\.cnn\.com:443/],
    ["allow edition.cnn.com:443x because x", /"443x" is not a port/, /edition\.cnn\.com:443/],
    ["allow tls://edition.cnn.com:15000 because x", /sidecar's own/, /another port/],
    ["allow tls://edition.cnn.com:15099 because x", /sidecar's own/, /another port/],
    ["allow edition.cnn.com:161 because x", /UDP/, /tls:/],
    ["allow edition.cnn.com:443 until 2020-01-31 because x", /in the past/, /`until \d{4}-/],
    ["allow edition.cnn.com:443 for 366d because x", /longest.*365 d/, /`for 365d`/],
    ["allow edition.cnn.com:443 until 2099-01-31 because x", /longest.*365 d/, /`for 365d`/],
    ["allow edition.cnn.com:443", /reason is required/, /because …/],
    ["allow edition.cnn.com:443 because", /reason is required/, /because …/],
  ])("%s", async (text, why, fix) => {
    const answer = await refused(text);

    expect(answer.what).toMatch(/^(Egress to .+ was|Nothing was) (not )?requested\.$/);
    expect(answer.why).toMatch(why);
    expect(answer.fix).toMatch(fix);
    expect(requestIdIn(answer.message.text)).toBeUndefined();
  });

  it.each<readonly [text: string, lines: readonly string[]]>([
    [
      "allow edition.cnn.com because x",
      ["allow edition.cnn.com:443 because x", "allow http://edition.cnn.com because x"],
    ],
    [
      "allow edition.cnn.com:8444 because x",
      ["allow tls://edition.cnn.com:8444 because x", "allow http://edition.cnn.com:8444 because x"],
    ],
    [
      "allow edition.cnn.com:443 api.example.com:443 because x",
      ["allow edition.cnn.com:443, api.example.com:443 because x"],
    ],
    [
      "allow edition.cnn.com:443 for 2 weeks because x",
      ["allow edition.cnn.com:443 for 14d because x"],
    ],
    [
      "allow edition.cnn.com:443 because we are debugging, for 1h",
      [
        "allow edition.cnn.com:443 for 1h because we are debugging",
        'allow edition.cnn.com:443 because "we are debugging, for 1h"',
      ],
    ],
  ])("%s is asked about, with lines to copy", async (text, lines) => {
    const { text: answer } = await answerTo(installation.slack, { text });

    for (const line of lines) expect(answer).toContain(`\`@sallyport ${line}\``);
    expect(requestIdIn(answer)).toBeUndefined();
  });

  it("a channel that belongs to no team has to name one", async () => {
    const answer = await refused("allow edition.cnn.com:443 because x", "team-y");

    expect(answer.why).toContain("belongs to none");
    expect(answer.fix).toContain("`for TEAM`");
  });
});

describe("a request that is found impossible while it is planned", () => {
  it.each<readonly [host: string, address: object, why: RegExp]>([
    ["in.example.com", { a: ["10.1.2.3"] }, /10\.1\.2\.3.*private range/],
    ["link.example.com", { a: ["169.254.1.1"] }, /link-local/],
    ["meta.example.com", { a: ["192.0.2.1", "169.254.169.254"] }, /metadata service/],
    ["six.example.com", { aaaa: ["fd00::1"] }, /fd00::1.*private range/],
    ["mapped.example.com", { aaaa: ["::ffff:10.0.0.1"] }, /private range/],
    ["loop.example.com", { a: ["127.0.0.1"] }, /loopback/],
  ])("%s, which resolves to an inner address, is refused", async (host, records, why) => {
    installation.dns.set(host, records);

    const answer = await refused(`allow ${host}:443 because x`);

    expect(answer.why).toMatch(why);
    expect(answer.fix).toContain("public name");
    expectNothingLeft(answer);
  });

  it("a name that does not exist is refused", async () => {
    const answer = await refused("allow nowhere.example.com:443 because x");

    expect(answer.why).toContain("nowhere.example.com");
    expect(answer.fix).toContain("spelling");
    expectNothingLeft(answer);
  });

  it("an address of the cluster's own network is refused, public though it looks", async () => {
    await withCluster(
      (raw) =>
        Object.assign(network(raw), {
          podCidr: "203.0.113.128/25",
          podCidrs: ["203.0.113.128/25"],
        }),
      async () => {
        installation.dns.set("own.example.com", { a: ["203.0.113.200"] });

        const answer = await refused("allow own.example.com:443 because x");

        expect(answer.why).toContain("203.0.113.200, a pod range of the cluster");
        expectNothingLeft(answer);
      },
    );
  });

  it("what the policy denies is denied with the rule's reason", async () => {
    const answer = await refused("allow pastebin.com:443 because x");

    expect(answer.why).toContain("paste sites are a way out for data");
    expectNothingLeft(answer);
  });

  it("what is granted already is refused with the grant's id and its end", async () => {
    const answer = await refused("allow http://api.example.com for team-y because x");

    expect(answer.why).toMatch(new RegExp(`${granted}.* until `));
    expect(answer.fix).toContain(`status ${granted}`);
    expectNothingLeft(answer);
  });

  it("another mode for a host and port that has a grant names that grant", async () => {
    const answer = await refused("allow tls://api.example.com:80 for team-y because x");

    expect(answer.why).toMatch(new RegExp(`${granted} .*mode http`));
    expect(answer.fix).toContain(`revoke ${granted}`);
    expectNothingLeft(answer);
  });

  it("somebody else's Istio object about the host is named, and left alone", async () => {
    const theirs = {
      apiVersion: "networking.istio.io/v1",
      kind: "ServiceEntry",
      metadata: { name: "hand-made", namespace: "team-y" },
      spec: {
        hosts: ["feeds.example.org"],
        ports: [{ number: 443, name: "tls", protocol: "TLS" }],
        resolution: "DNS",
      },
    };
    installation.kubernetes.store.put(theirs);

    const answer = await refused("allow feeds.example.org:443 for team-y because x");

    expect(answer.why).toContain("ServiceEntry team-y/hand-made");
    expectNothingLeft(answer);
    expect(installation.kubernetes.store.get("ServiceEntry", "team-y", "hand-made")).toBeDefined();
    installation.kubernetes.store.delete("ServiceEntry", "team-y", "hand-made");
  });

  it("a Sidecar that hides the namespace's objects is named", async () => {
    const sidecar = {
      apiVersion: "networking.istio.io/v1",
      kind: "Sidecar",
      metadata: { name: "narrow", namespace: "team-y" },
      spec: { egress: [{ hosts: ["istio-system/*"] }] },
    };
    installation.kubernetes.store.put(sidecar);

    const answer = await refused("allow feeds.example.org:443 for team-y because x");

    expect(answer.why).toContain("Sidecar team-y/narrow");
    expect(answer.fix).toContain("./*");
    expectNothingLeft(answer);
    installation.kubernetes.store.delete("Sidecar", "team-y", "narrow");
  });

  it.each<readonly [what: string, edit: (raw: Raw) => void, why: RegExp]>([
    [
      "without the Istio add-on",
      (raw) => void delete properties(raw)["serviceMeshProfile"],
      /Istio/,
    ],
    [
      "with pod subnets",
      (raw) => {
        const pools = properties(raw)["agentPoolProfiles"] as Raw[];
        for (const pool of pools)
          pool["podSubnetID"] = "/subscriptions/s/resourceGroups/r/providers/x/subnets/pods";
      },
      /pod subnet/i,
    ],
    [
      "with two address families",
      (raw) => Object.assign(network(raw), { ipFamilies: ["IPv4", "IPv6"] }),
      /dual|IPv6/i,
    ],
  ])("a cluster %s is refused", async (_what, edit, why) => {
    await withCluster(edit, async () => {
      const answer = await refused("allow edition.cnn.com:443 because x");

      expect(answer.why).toMatch(why);
      expectNothingLeft(answer);
    });
  });
});

describe("after all these refusals", () => {
  it("nothing is open or asked for but what was granted", async () => {
    const { slack } = installation;
    const { ts } = slack.mention("alice", "team-x", "@sallyport list");

    const text = await slack.until(() => {
      const all = threadText(slack, "team-x", ts);
      return all.includes("EG-") && all;
    });

    expect(new Set(text.match(/EG-[0-9A-Z]{5}/g))).toEqual(new Set([granted]));
    const open = slack
      .messages(SECURITY)
      .filter(({ blocks }) => /"Approve"/.test(JSON.stringify(blocks)));
    expect(open).toEqual([]);
  });
});

type Raw = Record<string, unknown>;

function properties(raw: Raw): Raw {
  return raw["properties"] as Raw;
}

function network(raw: Raw): Raw {
  return properties(raw)["networkProfile"] as Raw;
}

/** Another hand changes the managed cluster, and puts it back afterwards. */
async function withCluster(edit: (raw: Raw) => void, work: () => Promise<void>): Promise<void> {
  const { arm } = installation;
  const before = arm.cluster("aks-prod")["properties"];
  arm.editCluster("aks-prod", (raw) => edit(raw));
  try {
    await work();
  } finally {
    arm.editCluster("aks-prod", (raw) => {
      raw["properties"] = before;
    });
  }
}

/** A request that could not be planned ends as refused: no card, no buttons, nobody is asked. */
function expectNothingLeft({ message }: Refused): void {
  const text = threadText(installation.slack, message.channel, message.thread_ts ?? "");
  expect(text).not.toContain("Waiting for approval");
  expect(text).not.toContain('"button"');
}
