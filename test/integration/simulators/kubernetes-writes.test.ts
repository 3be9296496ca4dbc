import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { type ApiServer, startApiServer } from "#test/simulators/kubernetes/https-server.ts";
import { aServiceEntry, NETWORKING, plantNamespace, send } from "./kubernetes-support.ts";

const APPLY = { type: "application/apply-patch+yaml" };
const ENTRY = `${NETWORKING}/serviceentries/cnn`;

let server: ApiServer;
beforeEach(async () => {
  server = await startApiServer();
  plantNamespace(server, "team-x");
});
afterEach(() => server.close());

describe("server-side apply", () => {
  it("creates, and applying the same again changes nothing", async () => {
    const first = await send(server, `PATCH ${ENTRY}?fieldManager=a`, {
      ...APPLY,
      body: aServiceEntry(),
    });
    const second = await send(server, `PATCH ${ENTRY}?fieldManager=a`, {
      ...APPLY,
      body: aServiceEntry(),
    });

    expect([first.code, second.code]).toEqual([201, 200]);
    expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
    expect(second.body.metadata.generation).toBe(1);
  });

  it("refuses another manager's field with its cause, and takes it over with force", async () => {
    await send(server, `PATCH ${ENTRY}?fieldManager=a`, { ...APPLY, body: aServiceEntry() });
    const other = aServiceEntry({ hosts: ["other.example.com"] });

    const refused = await send(server, `PATCH ${ENTRY}?fieldManager=b`, { ...APPLY, body: other });
    const forced = await send(server, `PATCH ${ENTRY}?fieldManager=b&force=true`, {
      ...APPLY,
      body: other,
    });

    expect(refused.code).toBe(409);
    expect(refused.body.message).toBe(
      'Apply failed with 1 conflict: conflict with "a": .spec.hosts',
    );
    expect(refused.body.details.causes).toEqual([
      {
        reason: "FieldManagerConflict",
        message: 'conflict with "a"',
        field: ".spec.hosts",
      },
    ]);
    expect(forced.body.spec.hosts).toEqual(["other.example.com"]);
    const owners = forced.body.metadata.managedFields.filter(
      (entry: { fieldsV1: { "f:spec": object } }) => "f:hosts" in entry.fieldsV1["f:spec"],
    );
    expect(owners.map(({ manager }: { manager: string }) => manager)).toEqual(["b"]);
  });

  it("removes what its manager leaves out, and merges a ServiceEntry's ports by name", async () => {
    const extra = { number: 8443, name: "tls-8443", protocol: "TLS" };
    const both = [{ number: 443, name: "tls-443", protocol: "TLS" }, extra];
    await send(server, `PATCH ${ENTRY}?fieldManager=a`, {
      ...APPLY,
      body: aServiceEntry({ ports: both, exportTo: ["."] }),
    });

    const after = await send(server, `PATCH ${ENTRY}?fieldManager=a`, {
      ...APPLY,
      body: aServiceEntry({ ports: [extra] }),
    });

    expect(after.body.spec.ports).toEqual([extra]);
    expect(after.body.spec.exportTo).toBeUndefined();
    expect(after.body.metadata.generation).toBe(2);
  });

  it("stores nothing in a dry run", async () => {
    const dry = await send(server, `PATCH ${ENTRY}?fieldManager=a&dryRun=All`, {
      ...APPLY,
      body: aServiceEntry(),
    });

    expect(dry.body.spec.hosts).toEqual(["edition.cnn.com"]);
    expect((await send(server, `GET ${ENTRY}`)).code).toBe(404);
  });

  it("answers an undeclared field with 500 and no reason, as the real one does", async () => {
    const reply = await send(server, `PATCH ${ENTRY}?fieldManager=a&fieldValidation=Strict`, {
      ...APPLY,
      body: aServiceEntry({ hsots: [] }),
    });

    expect([reply.code, reply.body.reason]).toEqual([500, undefined]);
    expect(reply.body.message).toBe(
      "failed to create typed patch object (team-x/cnn; networking.istio.io/v1, Kind=ServiceEntry): .spec.hsots: field not declared in schema",
    );
  });

  it("needs a field manager", async () => {
    expect((await send(server, `PATCH ${ENTRY}`, { ...APPLY, body: aServiceEntry() })).code).toBe(
      422,
    );
  });
});

describe("create, update, patch", () => {
  it("refuses an unknown field when strict and prunes it otherwise", async () => {
    const body = aServiceEntry({ hsots: [] });
    const strict = await send(server, `POST ${NETWORKING}/serviceentries?fieldValidation=Strict`, {
      body,
    });
    const loose = await send(server, `POST ${NETWORKING}/serviceentries`, { body });

    expect(strict.code).toBe(400);
    expect(strict.body.message).toBe('strict decoding error: unknown field "spec.hsots"');
    expect(loose.code).toBe(201);
    expect(loose.body.spec).not.toHaveProperty("hsots");
  });

  it("refuses a taken name, a missing namespace and a namespace that is going", async () => {
    const path = `POST ${NETWORKING}/serviceentries`;
    await send(server, path, { body: aServiceEntry() });
    const taken = await send(server, path, { body: aServiceEntry() });
    const nowhere = await send(server, path.replace("team-x", "team-z"), { body: aServiceEntry() });
    server.store.put({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "team-y", finalizers: ["example.com/wait"] },
    });
    server.store.delete("Namespace", undefined, "team-y");
    const going = await send(server, path.replace("team-x", "team-y"), { body: aServiceEntry() });

    expect([taken.code, taken.body.reason]).toEqual([409, "AlreadyExists"]);
    expect([nowhere.code, nowhere.body.message]).toEqual([404, 'namespaces "team-z" not found']);
    expect(going.code).toBe(403);
    expect(going.body.details.causes[0].reason).toBe("NamespaceTerminating");
  });

  it("replaces only the version that was read", async () => {
    const created = await send(server, `POST ${NETWORKING}/serviceentries`, {
      body: aServiceEntry(),
    });
    const changed = { ...created.body, spec: { ...created.body.spec, hosts: ["a.example.com"] } };
    const first = await send(server, `PUT ${ENTRY}`, { body: changed });
    const second = await send(server, `PUT ${ENTRY}`, { body: changed });

    expect(first.body.metadata.uid).toBe(created.body.metadata.uid);
    expect([second.code, second.body.reason]).toEqual([409, "Conflict"]);
  });

  it("merges and edits by merge patch and JSON patch, and knows no strategic merge", async () => {
    await send(server, `POST ${NETWORKING}/serviceentries`, { body: aServiceEntry() });
    const merged = await send(server, `PATCH ${ENTRY}`, {
      type: "application/merge-patch+json",
      body: { metadata: { labels: { a: "b" } }, spec: { location: null } },
    });
    const edited = await send(server, `PATCH ${ENTRY}`, {
      type: "application/json-patch+json",
      body: [{ op: "replace", path: "/spec/hosts/0", value: "b.example.com" }],
    });
    const strategic = await send(server, `PATCH ${ENTRY}`, {
      type: "application/strategic-merge-patch+json",
      body: {},
    });

    expect(merged.body.metadata.labels).toEqual({ a: "b" });
    expect(merged.body.spec).not.toHaveProperty("location");
    expect(edited.body.spec.hosts).toEqual(["b.example.com"]);
    expect(strategic.code).toBe(415);
  });

  it("writes a status only through its subresource", async () => {
    server.installCrds("egressgateway.kubernetes.azure.com");
    const base =
      "/apis/egressgateway.kubernetes.azure.com/v1alpha1/namespaces/team-x/staticgatewayconfigurations";
    const created = await send(server, `POST ${base}`, {
      body: {
        metadata: { name: "g" },
        spec: { gatewayNodepoolName: "gw" },
        status: { egressIpPrefix: "no" },
      },
    });
    const patch = {
      type: "application/merge-patch+json",
      body: { status: { egressIpPrefix: "192.0.2.0/31" } },
    };
    const past = await send(server, `PATCH ${base}/g`, patch);
    const through = await send(server, `PATCH ${base}/g/status`, patch);

    expect(created.body.spec).toMatchObject({
      provisionPublicIps: true,
      defaultRoute: "staticEgressGateway",
    });
    expect(past.body.status?.egressIpPrefix).not.toBe("192.0.2.0/31");
    expect(through.body.status).toEqual({ egressIpPrefix: "192.0.2.0/31" });
    expect(through.body.metadata.generation).toBe(1);
  });
});

describe("delete", () => {
  it("waits for finalizers and goes with the last one", async () => {
    server.store.put({
      ...(aServiceEntry() as { apiVersion: string; kind: string }),
      metadata: { name: "cnn", namespace: "team-x", finalizers: ["example.com/a"] },
    });

    const asked = await send(server, `DELETE ${ENTRY}`);
    expect(asked.body.metadata.deletionTimestamp).toBeDefined();
    await send(server, `PATCH ${ENTRY}`, {
      type: "application/merge-patch+json",
      body: { metadata: { finalizers: null } },
    });

    expect((await send(server, `GET ${ENTRY}`)).code).toBe(404);
  });

  it("deletes only the object with the given uid", async () => {
    await send(server, `POST ${NETWORKING}/serviceentries`, { body: aServiceEntry() });
    const wrong = await send(server, `DELETE ${ENTRY}`, { body: { preconditions: { uid: "x" } } });

    expect([wrong.code, wrong.body.reason]).toEqual([409, "Conflict"]);
    expect((await send(server, `GET ${ENTRY}`)).code).toBe(200);
  });

  it("takes a namespace's content along, and a new namespace of the name has another uid", async () => {
    await send(server, `POST ${NETWORKING}/serviceentries`, { body: aServiceEntry() });
    const before = await send(server, "GET /api/v1/namespaces/team-x");
    await send(server, "DELETE /api/v1/namespaces/team-x");
    expect((await send(server, "GET /api/v1/namespaces/team-x")).code).toBe(404);
    await send(server, "POST /api/v1/namespaces", { body: { metadata: { name: "team-x" } } });
    const after = await send(server, "GET /api/v1/namespaces/team-x");

    expect((await send(server, `GET ${ENTRY}`)).code).toBe(404);
    expect(after.body.metadata.uid).not.toBe(before.body.metadata.uid);
  });
});
