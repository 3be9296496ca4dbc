import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { install, type Installation } from "#test/support/installation.ts";
import { active, approve, ask, type AskedRequest, says, SECURITY } from "#test/support/people.ts";
import { cardOf } from "#test/support/reading.ts";

/* Somebody denies everything in the whole mesh, and somebody else puts a server of his own on our gateway's pods. */

const DENYING = "AuthorizationPolicy aks-istio-system/deny-all";
const SERVING = "Gateway recipes/plain";
const MENTION = { user: "alice", channel: "C0TEAMX000" };

let installation: Installation;
let request: AskedRequest;

function cardText({ id }: AskedRequest): string {
  return JSON.stringify(cardOf(installation.slack, SECURITY, id));
}

beforeAll(async () => {
  installation = await install();
  const { store } = installation.kubernetes;
  store.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: "recipes" } });
  store.put({
    apiVersion: "security.istio.io/v1",
    kind: "AuthorizationPolicy",
    metadata: { name: "deny-all", namespace: "aks-istio-system" },
    spec: { action: "DENY", rules: [{}] },
  });
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  request = await ask(installation, {
    ...MENTION,
    text: "allow feeds.example.org:443 because feeds",
  });
}, 120_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

describe("an AuthorizationPolicy that denies in the whole mesh", () => {
  it("stands on the card, before the gateway is built and anybody approves", () => {
    expect(cardText(request)).toContain(
      `${DENYING} denies the traffic of namespace team-x at the gateway`,
    );
  });

  it("is named as the cause, and no policy of Sallyport's is", async () => {
    await approve(installation, request.id);

    await says(installation, request, new RegExp(`was not reached: ${DENYING}, which is not`));
    expect(cardText(request)).not.toContain("policy is missing");
  });

  it("is the only cause: without it the grant works", async () => {
    installation.kubernetes.store.delete("AuthorizationPolicy", "aks-istio-system", "deny-all");

    await says(installation, request, /active and enforced/);
  });
});

describe("a Gateway of others on our gateway's pods", () => {
  it("stands on the next card, and keeps a grant advisory that works", async () => {
    installation.kubernetes.store.put({
      apiVersion: "networking.istio.io/v1",
      kind: "Gateway",
      metadata: { name: "plain", namespace: "recipes" },
      spec: {
        selector: { app: gatewayLabel() },
        servers: [{ port: { number: 443, name: "http", protocol: "HTTP" }, hosts: ["*"] }],
      },
    });

    const next = await active(installation, {
      ...MENTION,
      text: "allow api.example.com:443 because orders",
    });

    expect(cardText(next)).toContain(`${SERVING} listens without TLS on port 443`);
    await says(installation, next, new RegExp(`active, advisory.*${SERVING}`, "s"));
  });

  it("is named as the cause where it took the port", async () => {
    takePort();

    const last = await ask(installation, {
      ...MENTION,
      text: "allow edition.cnn.com:443 because news",
    });
    await approve(installation, last.id);

    await says(
      installation,
      last,
      new RegExp(`the gateway did not take the sidecar's TLS: ${SERVING} listens`),
    );
  });
});

/** A label of the gateway's pods that Sallyport itself does not select by. */
function gatewayLabel(): string {
  const pods = installation.kubernetes.store
    .list("Pod")
    .filter(({ metadata }) => metadata.labels?.["istio"] !== undefined);
  return pods[0]?.metadata.labels?.["app"] ?? "";
}

/** Of Gateways on a pod the oldest comes first: as if it had been there before Sallyport. */
function takePort(): void {
  const { store } = installation.kubernetes;
  const object = store.get("Gateway", "recipes", "plain");
  if (object === undefined) throw new Error(`no ${SERVING}`);
  const { uid: _, ...metadata } = object.metadata;
  store.delete("Gateway", "recipes", "plain");
  store.put({ ...object, metadata: { ...metadata, creationTimestamp: "2020-01-01T00:00:00Z" } });
}
