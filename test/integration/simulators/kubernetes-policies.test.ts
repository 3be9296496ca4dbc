import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { type ApiServer, startApiServer } from "#test/simulators/kubernetes/https-server.ts";
import { plantNamespace, type Reply, send } from "./kubernetes-support.ts";

let server: ApiServer;
beforeEach(async () => {
  server = await startApiServer({ userOf: (token) => (token === "" ? undefined : token) });
  plantNamespace(server, "team-x", { tier: "gold" });
});
afterEach(() => server.close());

const MAPS = "/api/v1/namespaces/team-x/configmaps";

function aMap(data = {}, labels = {}): object {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "one", labels }, data };
}

const EVERYTHING = {
  resourceRules: [{ apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*/*"] }],
};

interface Bound {
  readonly policy?: object;
  readonly binding?: object;
}

function plant({ policy, binding }: Bound): void {
  const apiVersion = "admissionregistration.k8s.io/v1";
  server.store.put({
    apiVersion,
    kind: "ValidatingAdmissionPolicy",
    metadata: { name: "p" },
    spec: { matchConstraints: EVERYTHING, ...policy },
  });
  server.store.put({
    apiVersion,
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name: "b" },
    spec: { policyName: "p", validationActions: ["Deny"], ...binding },
  });
}

function post(body: object, query = ""): Promise<Reply> {
  return send(server, `POST ${MAPS}${query}`, { body, token: "ada" });
}

function makeNamespace(labels: object): Promise<Reply> {
  const body = { apiVersion: "v1", kind: "Namespace", metadata: { name: "n", labels } };
  return send(server, "POST /api/v1/namespaces?dryRun=All", { body, token: "ada" });
}

const NO = { validations: [{ expression: "false", message: "no" }] };

describe("a ValidatingAdmissionPolicy that is bound", () => {
  it("denies with 422 and the names of both, or with the code of its reason", async () => {
    plant({ policy: NO });
    const invalid = await post(aMap());
    plant({ policy: { validations: [{ expression: "false", reason: "Forbidden" }] } });
    const forbidden = await post(aMap());

    const by = "ValidatingAdmissionPolicy 'p' with binding 'b' denied request";
    expect([invalid.code, invalid.body.reason, invalid.body.message]).toEqual([
      422,
      "Invalid",
      `configmaps "one" is forbidden: ${by}: no`,
    ]);
    expect(invalid.body.details.causes).toEqual([{ message: `${by}: no` }]);
    expect([forbidden.code, forbidden.body.reason, forbidden.body.message]).toEqual([
      403,
      "Forbidden",
      `configmaps "one" is forbidden: ${by}: failed expression: false`,
    ]);
    expect(server.store.get("ConfigMap", "team-x", "one")).toBeUndefined();
  });

  it("does nothing unbound, or where its binding does not deny", async () => {
    plant({ policy: NO, binding: { policyName: "another" } });
    expect((await post(aMap(), "?dryRun=All")).code).toBe(201);

    plant({ policy: NO, binding: { validationActions: ["Warn", "Audit"] } });
    expect((await post(aMap(), "?dryRun=All")).code).toBe(201);
  });

  it.each<[string, object, boolean]>([
    ["every resource", { resources: ["*"] }, true],
    ["the resource by name", { resources: ["configmaps"] }, true],
    ["another resource", { resources: ["pods"] }, false],
    ["subresources of it, and so itself", { resources: ["configmaps/*"] }, true],
    ["a subresource of it", { resources: ["configmaps/status"] }, false],
    ["another group", { apiGroups: ["apps"] }, false],
    ["another version", { apiVersions: ["v2"] }, false],
    ["another operation", { operations: ["UPDATE", "DELETE"] }, false],
    ["another name", { resourceNames: ["two"] }, false],
    ["its name", { resourceNames: ["one"] }, true],
    ["what is in no namespace", { scope: "Cluster" }, false],
  ])(
    "matches by resourceRules, by excludeResourceRules the other way: %s",
    async (_, of, isMet) => {
      const all = {
        apiGroups: [""],
        apiVersions: ["v1"],
        operations: ["CREATE"],
        resources: ["*"],
      };
      const rule = { ...all, ...of };
      plant({ policy: { ...NO, matchConstraints: { resourceRules: [rule] } } });
      expect((await post(aMap(), "?dryRun=All")).code).toBe(isMet ? 422 : 201);

      plant({
        policy: { ...NO, matchConstraints: { ...EVERYTHING, excludeResourceRules: [rule] } },
      });
      expect((await post(aMap(), "?dryRun=All")).code).toBe(isMet ? 201 : 422);
    },
  );

  it.each<[string, object, boolean]>([
    ["the namespace's labels", { namespaceSelector: { matchLabels: { tier: "gold" } } }, true],
    ["other labels", { namespaceSelector: { matchLabels: { tier: "tin" } } }, false],
    [
      "the namespace's name",
      { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "team-x" } } },
      true,
    ],
    ["the object's labels", { objectSelector: { matchLabels: { app: "shop" } } }, true],
    ["labels it has not", { objectSelector: { matchLabels: { app: "till" } } }, false],
  ])("matches by selectors of policy and binding: %s", async (_, selector, isMet) => {
    const map = aMap({}, { app: "shop" });
    plant({ policy: { ...NO, matchConstraints: { ...EVERYTHING, ...selector } } });
    expect((await post(map, "?dryRun=All")).code).toBe(isMet ? 422 : 201);

    plant({ policy: NO, binding: { matchResources: selector } });
    expect((await post(map, "?dryRun=All")).code).toBe(isMet ? 422 : 201);
  });

  it("matches an update by what was there, too", async () => {
    await post(aMap({}, { app: "shop" }));
    const objectSelector = { matchLabels: { app: "shop" } };
    plant({ policy: { ...NO, matchConstraints: { ...EVERYTHING, objectSelector } } });

    const updated = await send(server, `PUT ${MAPS}/one`, { body: aMap(), token: "ada" });

    expect(updated.code).toBe(422);
  });

  it.each<[string, object, number]>([
    ["true", { matchConditions: [{ name: "c", expression: "true" }] }, 422],
    [
      "one is false, though another fails",
      {
        matchConditions: [
          { name: "c", expression: "object.data.no == 'x'" },
          { name: "d", expression: "request.userInfo.username == 'bob'" },
        ],
      },
      201,
    ],
    ["one fails", { matchConditions: [{ name: "c", expression: "object.data.no == 'x'" }] }, 422],
    [
      "one fails, and failures are ignored",
      {
        failurePolicy: "Ignore",
        matchConditions: [{ name: "c", expression: "object.data.no == 'x'" }],
      },
      201,
    ],
  ])("asks its matchConditions first: %s", async (_, policy, code) => {
    plant({ policy: { ...NO, ...policy } });

    expect((await post(aMap({ yes: "x" }))).code).toBe(code);
  });

  it.each<[string, object, number]>([
    ["denies", { validations: [{ expression: "object.data.no == 'x'" }] }, 422],
    [
      "is let through",
      { failurePolicy: "Ignore", validations: [{ expression: "object.data.no == 'x'" }] },
      201,
    ],
  ])("an expression that fails %s, as failurePolicy says", async (_, policy, code) => {
    plant({ policy });

    expect((await post(aMap({ yes: "x" }))).code).toBe(code);
  });

  it("computes variables when they are asked for, from those before them", async () => {
    const variables = [
      { name: "broken", expression: "object.data.no" },
      { name: "yes", expression: "object.data.yes" },
      { name: "twice", expression: "variables.yes + variables.yes" },
    ];
    const validations = [{ expression: "variables.twice == 'xx'" }];
    plant({ policy: { variables, validations } });
    expect((await post(aMap({ yes: "x" }), "?dryRun=All")).code).toBe(201);

    plant({ policy: { variables, validations: [{ expression: "variables.broken == ''" }] } });
    expect((await post(aMap({ yes: "x" }), "?dryRun=All")).code).toBe(422);
  });

  it.each<[string, object, string]>([
    ["what it evaluates to", { messageExpression: "'not ' + object.data.yes" }, "not x"],
    ["the message where that fails", { messageExpression: "object.data.no" }, "plain"],
    ["the message where that is blank", { messageExpression: "' '" }, "plain"],
    ["the message where that has several lines", { messageExpression: "'a\\nb'" }, "plain"],
  ])("says %s", async (_, validation, message) => {
    const validations = [{ expression: "false", message: "plain", ...validation }];
    plant({ policy: { validations } });

    expect((await post(aMap({ yes: "x" }))).body.message).toMatch(
      new RegExp(`denied request: ${message}$`),
    );
  });

  it.each<[string, string]>([
    ["the user", "request.userInfo.username == 'ada'"],
    ["the operation", "request.operation == 'CREATE' && oldObject == null"],
    ["the resource", "request.resource.resource == 'configmaps' && !has(request.subResource)"],
    ["name and namespace", "request.name == 'one' && request.namespace == 'team-x'"],
    ["whether it is a dry run", "request.dryRun == true"],
    ["the namespace", "namespaceObject.metadata.labels['tier'] == 'gold'"],
    [
      "who sent which fields",
      "object.metadata.managedFields[0].fieldsV1['f:data'].all(field, field in ['.', 'f:yes'])",
    ],
  ])("sees %s", async (_, expression) => {
    plant({ policy: { validations: [{ expression }] } });

    expect((await post(aMap({ yes: "x" }), "?dryRun=All")).text).toContain('"yes":"x"');
  });

  it("sees what a deletion takes, and of an update both", async () => {
    await post(aMap({ yes: "x" }));
    plant({
      policy: {
        validations: [
          {
            expression:
              "request.operation == 'DELETE' ? object == null && oldObject.data.yes == 'x' : object.data.yes != oldObject.data.yes",
          },
        ],
      },
    });

    const same = await send(server, `PUT ${MAPS}/one`, { body: aMap({ yes: "x" }), token: "ada" });
    const deleted = await send(server, `DELETE ${MAPS}/one`, { token: "ada" });

    expect([same.code, deleted.code]).toEqual([422, 200]);
  });

  it("is asked of namespaces by their own labels, with no namespaceObject", async () => {
    const namespaceSelector = { matchLabels: { tier: "gold" } };
    plant({
      policy: {
        matchConstraints: { ...EVERYTHING, namespaceSelector },
        validations: [{ expression: "namespaceObject != null" }],
      },
    });

    expect((await makeNamespace({ tier: "tin" })).code).toBe(201);
    expect((await makeNamespace({ tier: "gold" })).code).toBe(422);
  });

  it("never judges what configures admission", async () => {
    plant({ policy: NO });
    const path = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/b";

    expect((await send(server, `DELETE ${path}`, { token: "ada" })).code).toBe(200);
  });
});

describe("roles", () => {
  const RBAC = "rbac.authorization.k8s.io/v1";

  function bind(kind: string, namespace: string | undefined, role: string): void {
    const metadata = { name: "r", ...(namespace === undefined ? {} : { namespace }) };
    const roleRef = { kind: "ClusterRole", name: role };
    const bound = { roleRef, subjects: [{ kind: "User", name: "ada" }] };
    server.store.put({ apiVersion: RBAC, kind, metadata, ...bound });
  }

  beforeEach(() => {
    const rules = [{ apiGroups: [""], resources: ["configmaps"], verbs: ["create"] }];
    const role = { apiVersion: RBAC, kind: "ClusterRole", metadata: { name: "maker" }, rules };
    server.store.put(role);
  });

  it("let nobody do what none that is bound to them allows", async () => {
    expect((await post(aMap())).body.message).toBe(
      'configmaps is forbidden: User "ada" cannot create resource "configmaps" in API group "" in the namespace "team-x"',
    );
    bind("ClusterRoleBinding", undefined, "maker");
    expect((await post(aMap())).code).toBe(201);
    expect((await send(server, `DELETE ${MAPS}/one`, { token: "ada" })).code).toBe(403);
  });

  it("count in the namespace of their binding alone", async () => {
    bind("RoleBinding", "default", "maker");
    expect((await post(aMap())).code).toBe(403);
    bind("RoleBinding", "team-x", "maker");
    expect((await post(aMap())).code).toBe(201);
  });
});
