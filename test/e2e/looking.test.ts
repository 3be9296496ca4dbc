import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import { type Installation, install } from "#test/support/installation.ts";
import { active, revoke, says as saidOf, type AskedRequest } from "#test/support/people.ts";
import { answerTo, LIMIT_MS, refused } from "./asking.ts";

/* What anybody may look at: the gateways of a cluster, and what its mesh lets out. The bot has no rights in clusters. */

let installation: Installation;
let cnn: AskedRequest;

beforeAll(async () => {
  installation = await install({
    configure: ({ clusters }) => {
      clusters[0]?.gateways.push({
        name: "spare",
        namespace: "egress-spare",
        pool: "egress",
        excludeCidrs: [],
      });
    },
  });
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
}, 60_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

async function answer(text: string): Promise<string> {
  const { blocks = [] } = await answerTo(installation.slack, { text });
  return (blocks as readonly { readonly text?: { readonly text: string } }[])
    .map((block) => block.text?.text ?? "")
    .join("\n");
}

/** What a lane sees is told by its next run. */
async function shows(text: string, ...patterns: readonly RegExp[]): Promise<string> {
  let said = "";
  await eventually(async () => {
    said = await answer(text);
    for (const pattern of patterns) expect(said).toMatch(pattern);
  }, LIMIT_MS);
  return said;
}

describe("gateway list", () => {
  it("shows, before anything is built, what is configured and what it will cost", async () => {
    const said = await shows("gateway list", /as of \d\d:\d\d UTC/);

    expect(said).toMatch(/`egress-gw\/egw` \*not built\*: it is made when a grant first needs it/);
    expect(said).toMatch(/Teams `team-x`, `team-y`; 0 live grants, 0 of/);
    expect(said).toMatch(/0 of at most 300 tunnels for 2 namespaces/);
    expect(said).toMatch(
      /Will cost 2 addresses; node pool `egress` has 2 nodes by the configuration \(`Standard_D2s_v5`, shared with 1 other gateway\)/,
    );
    expect(said).toMatch(/`egress-spare\/spare` \*not built\*.*\nNo team is mapped to it/);
  });

  it("shows, after a grant of each of two teams, prefix, pods and use", async () => {
    cnn = await active(installation, {
      user: "alice",
      channel: "C0TEAMX000",
      text: "allow edition.cnn.com:443 because news",
    });
    await active(installation, {
      user: "yuri",
      channel: "C0TEAMY000",
      text: "allow http://api.example.com for team-y because prices",
    });

    const said = await shows("gateway list prod", /\*ready\*/, /2 live grants/);

    expect(said).toMatch(
      /`egress-gw\/egw` \*ready\*, egress IP prefix `203\.0\.113\.\d+\/31`\n`asm-1-28`: 2 of 2 pods available; autoscaler: 2 to 5 pods, 2 now, target 80 % of the processor, now at 30 %\n/,
    );
    expect(said).toMatch(/2 live grants, 1 of at most 300 tunnels for 2 namespaces/);
    expect(said).toMatch(/Costs 2 addresses/);
    expect(said).toMatch(/`egress-spare\/spare` \*not built\*/);
  }, 90_000);

  it("says why a gateway does not work, and of which cluster nothing is known", async () => {
    const { store } = installation.kubernetes;
    const deployment = store.get("Deployment", "egress-gw", "egw-asm-1-28");
    store.patchStatus("Deployment", "egress-gw", "egw-asm-1-28", { availableReplicas: 0 });

    await shows("gateway list", /:warning: `egress-gw\/egw` \*not ready\*.*available/);
    store.patchStatus("Deployment", "egress-gw", "egw-asm-1-28", deployment?.status ?? {});
    await shows("gateway list", /`egress-gw\/egw` \*ready\*/);
    const unknown = await refused(installation.slack, { text: "gateway list prd" });
    expect(unknown).toMatchObject({ what: "No gateways were listed." });
    expect(unknown.fix).toContain("prod");
  }, 60_000);
});

describe("mesh status", () => {
  it("shows what the mesh refuses, whether its logs are enough, and what became of each team's grants", async () => {
    const said = await shows(
      "mesh status",
      /`team-x`: REGISTRY_ONLY.*\n1 live grant, by the last proof: 1 enforced/,
    );

    expect(said).toMatch(/`asm-1-28`: REGISTRY_ONLY: what has no entry is refused/);
    expect(said).toMatch(/access log of provider `envoy` writes all that evidence needs/);
    expect(said).toMatch(/DNS capture off.*; Azure offers it, so it is supported/);
    expect(said).toMatch(/No Sidecar of the mesh or of a team's namespace says otherwise/);
    expect(said).toMatch(/`team-y`: REGISTRY_ONLY.*\n1 live grant, by the last proof: 1 advisory/);
  }, 60_000);

  it("names a Sidecar that lets a namespace out, and a way out that needs no grant", async () => {
    const { store } = installation.kubernetes;
    const metadata = { name: "open", namespace: "team-y" };
    store.put({
      apiVersion: "networking.istio.io/v1",
      kind: "Sidecar",
      metadata,
      spec: { outboundTrafficPolicy: { mode: "ALLOW_ANY" } },
    });
    store.put({
      apiVersion: "networking.istio.io/v1",
      kind: "ServiceEntry",
      metadata: { name: "feeds", namespace: "legacy" },
      spec: {
        hosts: ["feeds.example.org"],
        location: "MESH_EXTERNAL",
        ports: [{ number: 443, name: "tls", protocol: "TLS" }],
        resolution: "DNS",
      },
    });

    await shows(
      "mesh status prod",
      /Sidecars with a policy of their own: `team-y\/open` ALLOW_ANY/,
      /`team-y`: \*ALLOW_ANY\*: what is not granted goes out directly, and a revoke does not block, by Sidecar `team-y\/open`/,
      /`team-x`: REGISTRY_ONLY.*\nways out that need no grant: feeds\.example\.org:443 directly by ServiceEntry legacy\/feeds/,
    );
  }, 60_000);

  it("says what the log's format lacks, and that logging is turned off", async () => {
    const { store } = installation.kubernetes;
    store.put({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "istio-shared-configmap-asm-1-28", namespace: "aks-istio-system" },
      data: { mesh: 'accessLogFormat: "%START_TIME%\\n"\n' },
    });
    store.put({
      apiVersion: "telemetry.istio.io/v1",
      kind: "Telemetry",
      metadata: { name: "quiet", namespace: "legacy" },
      spec: { accessLogging: [{ disabled: true }] },
    });

    await shows(
      "mesh status",
      /`asm-1-28`: \*ALLOW_ANY\*/,
      /not enough for evidence, it lacks for mode tls %DOWNSTREAM_REMOTE_ADDRESS%,.* and \d+ more; for mode http/,
      /Access logging is turned off by Telemetry `legacy\/quiet`/,
    );
  }, 60_000);
});

describe("guard show", () => {
  it("says of each namespace what the last proof saw, and what an administrator applies", async () => {
    const closed = await shows("guard show team-x", /`prod\/team-x`: :white_check_mark: closed/);
    expect(closed).toContain(`as the proof of \`${cnn.id}\` saw it`);
    const open = await shows("guard show team-y", /`prod\/team-y`: (:warning: \*open|:grey_q)/);

    expect(open).toContain(
      "`npx sallyport guard team-y --cluster prod --worker IDENTITY | kubectl apply -f -`",
    );
    expect(open).toContain("Sallyport never applies these policies itself");
    const unknown = await refused(installation.slack, { text: "guard show team-z" });
    expect(unknown.fix).toMatch(/guard show team-[xy]/);
  }, 60_000);
});

describe("what nobody confirms", () => {
  it("is said to be as last seen, and an end that came meanwhile is not known", async () => {
    revoke(installation, cnn, { reason: "over" });
    await saidOf(installation, cnn, /has ended/);
    await shows("gateway list", /1 live grant/);
    for (const { name, kill } of installation.processes) if (name === "worker") await kill();

    await shows("gateway list", /not confirmed since/, /\*ready\* when last seen/);
    await shows("mesh status", /not confirmed since/, /What follows is as last seen/);
  }, 90_000);
});
