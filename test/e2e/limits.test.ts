import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { install, type Installation } from "#test/support/installation.ts";
import { approve, ask, type AskedRequest, revoke, says, SECURITY } from "#test/support/people.ts";
import { cardOf } from "#test/support/reading.ts";
import { startPod, type TeamPod, wayOf } from "./attacks/traffic.ts";

/* Doors that let only some paths and methods pass, and one at which the gateway speaks TLS for the app. */

let installation: Installation;
let pod: TeamPod;

beforeAll(async () => {
  installation = await install();
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  pod = await startPod(installation, { namespace: "team-x", serviceAccount: "feeds" });
}, 120_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

function granted(text: string): Promise<AskedRequest> {
  return ask(installation, { user: "alice", channel: "C0TEAMX000", text });
}

function way(method: string, path: string) {
  return wayOf(pod.ask({ kind: "http", host: "edition.cnn.com", port: 80, method, path }));
}

describe("a grant of paths and methods", () => {
  let request: AskedRequest;

  it("says on the card what it lets pass, all of it", async () => {
    request = await granted(
      "allow http://edition.cnn.com paths /v1/*, /health methods GET,HEAD because news",
    );

    const card = JSON.stringify(cardOf(installation.slack, SECURITY, request.id));
    expect(card).toContain("*Only the paths* `/health`, `/v1/*`");
    expect(card).toContain("*Only the methods* `GET`, `HEAD`");
  }, 60_000);

  it("is proven within its limits, and lets nothing else pass", async () => {
    await approve(installation, request.id);
    await says(installation, request, /active, advisory|active and enforced/);

    for (const path of ["/v1/", "/v1/items", "/health"])
      for (const method of ["GET", "HEAD"])
        expect([path, way(method, path)]).toEqual([path, "gateway"]);
    for (const path of ["/", "/admin", "/v1", "/v1/..%2fadmin", "/v1/..;/admin", "/healthz"])
      expect([path, way("GET", path)]).toEqual([path, "refused"]);
    for (const method of ["POST", "PUT", "DELETE"])
      expect([method, way(method, "/v1/items")]).toEqual([method, "refused"]);
  }, 60_000);

  it("ends like any other", async () => {
    revoke(installation, request, { reason: "over" });

    await says(installation, request, /has ended/);
    expect(way("GET", "/v1/items")).toBe("refused");
  }, 60_000);
});

describe("a grant that ends while another one of its door is open", () => {
  it("is seen to be refused by a path that it alone let pass", async () => {
    const narrow = await granted("allow http://edition.cnn.com paths /v1/* because news");
    await approve(installation, narrow.id);
    await says(installation, narrow, /active, advisory|active and enforced/);
    const other = await granted("allow http://edition.cnn.com paths /v1/*,/v2/* because more");
    await approve(installation, other.id);
    await says(installation, other, /active, advisory|active and enforced/);

    revoke(installation, other, { reason: "over" });

    await says(installation, other, /has ended/);
    await says(installation, other, /New connections are refused/);
    await says(
      installation,
      other,
      new RegExp(`asked for GET /v2/, which ${narrow.id}, still open there, does not let pass`),
    );
    expect([way("GET", "/v1/items"), way("GET", "/v2/items")]).toEqual(["gateway", "refused"]);

    revoke(installation, narrow, { reason: "over" });
    await says(installation, narrow, /has ended/);
  }, 60_000);
});

describe("a grant that originates TLS", () => {
  it("lets the app speak HTTP on port 80, and the gateway TLS to the destination", async () => {
    const request = await granted("allow http://edition.cnn.com originate because news");
    expect(JSON.stringify(cardOf(installation.slack, SECURITY, request.id))).toContain(
      "the app speaks HTTP on port 80, and the gateway TLS to the destination",
    );

    await approve(installation, request.id);
    await says(installation, request, /active, advisory|active and enforced/);

    const outcome = pod.ask({ kind: "http", host: "edition.cnn.com", port: 80 });
    expect(wayOf(outcome)).toBe("gateway");
    expect(outcome.gatewayLines[0]?.line).toContain(":443");
    expect(wayOf(pod.ask({ kind: "tls", host: "edition.cnn.com", port: 443 }))).toBe("refused");
  }, 60_000);
});
