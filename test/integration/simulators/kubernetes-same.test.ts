import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { type ApiServer, startApiServer } from "#test/simulators/kubernetes/https-server.ts";
import { aServiceEntry, NETWORKING, plantNamespace, send } from "./kubernetes-support.ts";

const ENTRY = `PATCH ${NETWORKING}/serviceentries/cnn`;
const APPLY = { type: "application/apply-patch+yaml", body: aServiceEntry() };

let now: Date;
let server: ApiServer;
beforeEach(async () => {
  now = new Date("2026-01-01T00:00:00Z");
  server = await startApiServer({ clock: () => now });
  plantNamespace(server, "team-x");
});
afterEach(() => server.close());

describe("what is the same is no change", () => {
  it("an hour later", async () => {
    const first = await send(server, `${ENTRY}?fieldManager=a`, APPLY);
    now = new Date("2026-01-01T01:00:00Z");
    const second = await send(server, `${ENTRY}?fieldManager=a`, APPLY);

    expect(second.body).toEqual(first.body);
  });

  it("and no conflict when somebody else applies it: both own it then", async () => {
    await send(server, `${ENTRY}?fieldManager=a`, APPLY);
    const shared = await send(server, `${ENTRY}?fieldManager=b`, APPLY);

    expect(shared.code).toBe(200);
    const owners = shared.body.metadata.managedFields.map(
      ({ manager }: { manager: string }) => manager,
    );
    expect(owners).toEqual(["a", "b"]);
  });

  it("nor an edit of a pod's containers when only a label is", async () => {
    server.store.put({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p", namespace: "team-x" },
      spec: { containers: [{ name: "main", image: "any" }] },
    });
    const labelled = await send(server, "PATCH /api/v1/namespaces/team-x/pods/p", {
      type: "application/merge-patch+json",
      body: { metadata: { labels: { a: "b" } } },
    });

    expect(labelled.code).toBe(200);
  });
});
