import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Installation } from "#test/support/installation.ts";
import { afterLaneRuns } from "#test/support/lane-runs.ts";
import {
  active,
  approve,
  ask,
  type AskedRequest,
  fullPlanOf,
  says,
  SECURITY,
} from "#test/support/people.ts";
import { cardOf, threadText } from "#test/support/reading.ts";
import { anOpenMesh, CONFIG, orders, ROOT, shared, TEXT } from "#test/support/open-mesh.ts";
import { startPod, type TeamPod, wayOf } from "../e2e/attacks/traffic.ts";
import { answerTo, refused } from "../e2e/asking.ts";

/* What nobody was granted leaves directly, until approvers have it refused: in one namespace, then in the whole mesh. */

const asked = { user: "sam", channel: SECURITY, text: "" };
const PASTE = { kind: "tls", host: "pastebin.com", port: 443 } as const;
const PRICES = { kind: "http", host: "api.example.com", port: 80 } as const;

describe("mesh registry-only", () => {
  let installation: Installation;
  let news: AskedRequest;
  let ofX: TeamPod;
  let ofY: TeamPod;
  beforeAll(async () => {
    installation = await anOpenMesh();
    await Promise.all([installation.start("bot").started, installation.start("worker").started]);
    ofX = await startPod(installation, { namespace: "team-x", serviceAccount: "feeds" });
    ofY = await startPod(installation, { namespace: "team-y" });
    news = await active(installation, {
      user: "alice",
      channel: "C0TEAMX000",
      text: "allow edition.cnn.com:443 because news",
    });
  }, 120_000);
  afterAll(async () => {
    await installation[Symbol.asyncDispose]();
  });

  function cardText(id: string): string {
    return JSON.stringify(cardOf(installation.slack, SECURITY, id)?.blocks);
  }

  it("is for approvers, of a cluster and a namespace there are, with a reason", async () => {
    const { slack } = installation;

    const byAlice = await refused(slack, { text: "mesh registry-only prod because x" });
    expect(byAlice.why).toContain("Only the approvers");
    const cluster = await refused(slack, { ...asked, text: "mesh registry-only prop because x" });
    expect(cluster.fix).toBe("Name one of prod.");
    const namespace = await refused(slack, {
      ...asked,
      text: "mesh registry-only prod namespace kube-system because x",
    });
    expect(namespace.why).toContain("No team of cluster prod has namespace kube-system");
    expect(namespace.fix).toContain("team-x, team-y");
    const noReason = await refused(slack, {
      ...asked,
      text: "mesh registry-only prod namespace team-x",
    });
    expect(noReason.fix).toContain("`mesh registry-only prod namespace team-x because …`");
    const half = await answerTo(slack, { ...asked, text: "mesh registry-only" });
    expect(half.text).toContain("mesh registry-only prod because");
  }, 60_000);

  it("is refused where somebody else's Sidecar decides, with the line its owner writes", async () => {
    const { store } = installation.kubernetes;
    store.put({
      apiVersion: "networking.istio.io/v1",
      kind: "Sidecar",
      metadata: { name: "default", namespace: "team-y" },
      spec: { egress: [{ hosts: ["./*"] }] },
    });

    const said = await refused(installation.slack, {
      ...asked,
      text: "mesh registry-only prod namespace team-y because x",
    });
    store.delete("Sidecar", "team-y", "default");

    expect(said.why).toContain("Sidecar team-y/default decides for its pods");
    expect(said.fix).toContain("`outboundTrafficPolicy: {mode: REGISTRY_ONLY}`");
  }, 60_000);

  it("shows for a namespace what is written, what stays open and what is reached today", async () => {
    const { store } = installation.kubernetes;
    store.put({
      apiVersion: "networking.istio.io/v1",
      kind: "Sidecar",
      metadata: { name: "legacy", namespace: "team-y" },
      spec: {
        workloadSelector: { labels: { app: "legacy" } },
        outboundTrafficPolicy: { mode: "ALLOW_ANY" },
      },
    });
    for (let times = 0; times < 3; times += 1) expect(wayOf(ofY.ask(PASTE))).toBe("around");
    expect(wayOf(ofY.ask(PRICES))).toBe("around");
    expect(wayOf(ofX.ask(PASTE))).toBe("around");

    const request = await ask(installation, {
      ...asked,
      text: "mesh registry-only prod namespace team-y because team-y goes first",
    });

    const card = cardText(request.id);
    expect(card).toContain("create Sidecar `team-y/sallyport-registry-only`");
    expect(card).toContain(
      "stays open: Sidecar team-y/legacy is ALLOW_ANY for the pods it selects",
    );
    expect(card).toContain("2 destinations are reached without a grant today");
    expect(card).not.toContain("cannot be known");
    const plan = await fullPlanOf(installation, request.id);
    expect(plan).toMatch(/: 3 lines, from team-y\n.*: 1 line, from team-y/);
    expect(plan).toContain("api.example.com:80: 1 line");
    expect(plan).toContain("192.0.2.40:443: 3 lines");

    await approve(installation, request.id, "mallory");
    await says(installation, request, /: done\./);
    expect(wayOf(ofY.ask(PASTE))).toBe("refused");
    expect(wayOf(ofY.ask(PRICES))).toBe("refused");
    expect(wayOf(ofX.ask(PASTE))).toBe("around");
  }, 90_000);

  it("is not undone by the lanes, and answered at once when it is so", async () => {
    const before = installation.kubernetes.store.get(
      "Sidecar",
      "team-y",
      "sallyport-registry-only",
    );
    await afterLaneRuns(installation, 3);

    expect(before).toBeDefined();
    expect(
      installation.kubernetes.store.get("Sidecar", "team-y", "sallyport-registry-only"),
    ).toEqual(before);
    const said = await refused(installation.slack, {
      ...asked,
      text: "mesh registry-only prod namespace team-y because x",
    });
    expect(said.why).toBe("It is already REGISTRY_ONLY.");
    expect(said.fix).toContain("Sidecar team-y/legacy");
  }, 60_000);

  it("hides nothing of what is granted there", async () => {
    await active(installation, {
      user: "yuri",
      channel: "C0TEAMY000",
      text: "allow api.example.com:443 for team-y because prices",
    });

    expect(wayOf(ofY.ask({ kind: "tls", host: "api.example.com", port: 443 }))).toBe("gateway");
    expect(wayOf(ofY.ask(PASTE))).toBe("refused");
  }, 90_000);

  it("is refused for the whole mesh where one text cannot be read, and then writes none", async () => {
    const { store } = installation.kubernetes;
    const whole = shared(installation);
    if (whole === undefined) throw new Error("no shared configuration");
    store.put({ ...whole, data: { ...whole["data"], mesh: `${TEXT}accessLogFile: twice\n` } });

    const said = await refused(installation.slack, {
      ...asked,
      text: "mesh registry-only prod because x",
    });
    store.put(whole);

    expect(said.why).toContain(
      `ConfigMap ${ROOT}/${CONFIG} is not changed: Map keys must be unique`,
    );
  }, 60_000);

  it("tells what the mesh's admission answers, and changes nothing then", async () => {
    const request = await ask(installation, {
      ...asked,
      text: "mesh registry-only prod because what nobody was granted has to be refused",
    });
    const answer =
      'admission webhook "azure-service-mesh-ccp-validating-webhook.azmk8s.io" denied the request: not today';
    installation.kubernetes.faults.next(
      { method: "PATCH", path: /\/configmaps\//, dryRun: false },
      { status: 403, reason: "Forbidden", message: answer },
    );

    await approve(installation, request.id, "mallory");
    await says(
      installation,
      request,
      /as far as it could be\. What stays open: .*asm-1-28: .*not today/,
    );

    expect(shared(installation)?.["data"]).toMatchObject({ mesh: TEXT });
    expect(wayOf(ofX.ask(PASTE))).toBe("around");
  }, 90_000);

  it("closes every revision, keeps all else of its text, and has grants verified again", async () => {
    const grantSaid = threadText(installation.slack, news.channel, news.ts);
    expect(grantSaid).toContain("the mesh lets everything else out (ALLOW_ANY)");
    const request = await ask(installation, {
      ...asked,
      text: "mesh registry-only prod because what nobody was granted has to be refused",
    });
    expect(cardText(request.id)).toContain(`ConfigMap \`${ROOT}/${CONFIG}\``);
    const plan = await fullPlanOf(installation, request.id);
    // Where a grant has its sidecars look at the name, the log has it.
    expect(plan).toContain("pastebin.com:443: 3 lines, from team-x");
    expect(plan).toContain("192.0.2.40:443: 3 lines, from team-y");

    await approve(installation, request.id, "mallory");
    await says(installation, request, /: done\./);

    expect(shared(installation)).toMatchObject({
      metadata: { labels: { team: "platform" } },
      data: {
        mesh: TEXT.replace("mode: ALLOW_ANY", "mode: REGISTRY_ONLY"),
        meshNetworks: "networks: {}\n",
      },
    });
    expect(wayOf(ofX.ask(PASTE))).toBe("refused");
    expect(wayOf(ofX.ask({ kind: "tls", host: "edition.cnn.com", port: 443 }))).toBe("gateway");
    // A pod of this namespace without sidecar still gets out: that alone is named now.
    await says(installation, news, /now \*active, advisory: a pod without sidecar connected/);
    const said = await refused(installation.slack, {
      ...asked,
      text: "mesh registry-only prod because x",
    });
    expect(said.why).toBe("It is already REGISTRY_ONLY, for every revision.");
  }, 90_000);

  it("is opened again by nobody but a person", async () => {
    const { store } = installation.kubernetes;
    const whole = shared(installation);
    if (whole === undefined) throw new Error("no shared configuration");
    store.put({ ...whole, data: { mesh: TEXT } });
    await afterLaneRuns(installation, 3);

    expect(shared(installation)?.["data"]).toEqual({ mesh: TEXT });
    expect(orders(installation).map(([, isDone]) => isDone)).toEqual([true, true, true]);
  }, 60_000);
});
