import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { parse, parseAllDocuments } from "yaml";
import type { KubernetesObject } from "#test/simulators/kubernetes/stored-object.ts";
import { printedRights } from "#test/support/rights.ts";

const DEPLOY = new URL("../../../deploy/", import.meta.url);
const EXAMPLE = parse(readFileSync(new URL("sallyport.yaml", DEPLOY), "utf8")) as {
  readonly clusters: readonly { readonly gateways: readonly object[] }[];
};
const NOBODY = "00000000-0000-0000-0000-000000000000";
const SHIPPED = readdirSync(new URL("kubernetes/", DEPLOY)).flatMap((name) =>
  parseAllDocuments(readFileSync(new URL(`kubernetes/${name}`, DEPLOY), "utf8")).map(
    (document) => document.toJS() as KubernetesObject,
  ),
);

function nameOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.namespace ?? ""}/${metadata.name}`;
}

function inOrder(objects: readonly KubernetesObject[]): readonly KubernetesObject[] {
  return objects.toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
}

const OTHER = {
  ...EXAMPLE,
  instance: "second",
  systemNamespace: "egress-system",
  clusters: EXAMPLE.clusters.map((cluster) => ({
    ...cluster,
    domain: "corp.example",
    gateways: [
      ...cluster.gateways,
      { name: "far", namespace: "egress-far", pool: "egress" },
      { name: "near", namespace: "egress-far", pool: "egress" },
    ],
  })),
  probe: { image: 'registry.example/curl:"1"' },
  timing: { probeRetrySeconds: 90.5 },
};
const SOMEBODY = "system:serviceaccount:ops:sallyport";
const printed = printedRights(OTHER, SOMEBODY);
const text = JSON.stringify(printed);

function variablesOf(name: string): Readonly<Record<string, string>> {
  const found = printed.find(
    ({ kind, metadata }) => kind === "ValidatingAdmissionPolicy" && metadata.name === name,
  );
  const variables = found?.spec?.["variables"] as readonly { name: string; expression: string }[];
  return Object.fromEntries(
    variables.map(({ name: variable, expression }) => [variable, expression]),
  );
}

describe("the files under deploy/kubernetes", () => {
  it("are what `sallyport rbac` prints for the example's configuration", () => {
    expect(inOrder(printedRights(EXAMPLE, NOBODY))).toEqual(inOrder(SHIPPED));
  });

  it("write in the whole cluster nothing but Sallyport's own kinds", () => {
    const bound = SHIPPED.filter(({ kind }) => kind === "ClusterRoleBinding").map(
      ({ roleRef }) => (roleRef as { readonly name: string }).name,
    );
    const rules = SHIPPED.filter(
      ({ kind, metadata }) => kind === "ClusterRole" && bound.includes(metadata.name),
    ).flatMap(
      (role) =>
        role["rules"] as readonly {
          readonly apiGroups: readonly string[];
          readonly verbs: readonly string[];
        }[],
    );
    const writing = rules.filter(({ verbs }) =>
      verbs.some((verb) => !["get", "list", "watch"].includes(verb)),
    );

    expect(bound).toEqual(["sallyport-worker", "sallyport-worker-resources"]);
    expect([...new Set(writing.flatMap(({ apiGroups }) => apiGroups))]).toEqual(["sallyport.dev"]);
  });

  it("give nobody rights on what configures admission, nor on roles", () => {
    const rules = SHIPPED.flatMap((object) =>
      object.kind.endsWith("Role")
        ? (object["rules"] as readonly {
            readonly apiGroups: readonly string[];
            readonly verbs: readonly string[];
          }[])
        : [],
    );
    const verbs = rules
      .filter(({ apiGroups }) => apiGroups.some((group) => /^(admission|rbac)/.test(group)))
      .flatMap((rule) => rule.verbs);

    expect([...new Set(verbs)]).toEqual(["list"]);
    expect(JSON.stringify(rules)).not.toContain('"*"');
  });
});

describe("what `sallyport rbac` prints for another configuration", () => {
  it("names its worker, its namespaces and its instance, and nothing of the example", () => {
    expect(text).toContain(SOMEBODY);
    expect(text).not.toMatch(/00000000-0000|"demo"|sallyport-system/);
    expect(variablesOf("sallyport-writers")["worker"]).toBe(
      `request.userInfo.username == '${SOMEBODY}'`,
    );
  });

  it("makes each gateway's namespace once, and binds a role in each namespace", () => {
    const namespaces = printed.filter(({ kind }) => kind === "Namespace").map(nameOf);
    const bindings = printed.filter(
      ({ kind, roleRef }) =>
        kind === "RoleBinding" && (roleRef as { readonly kind: string }).kind === "ClusterRole",
    );

    expect(namespaces).toEqual([
      "Namespace /egress-system",
      "Namespace /egress-far",
      "Namespace /egress-gw",
    ]);
    expect(
      bindings.map(({ metadata, roleRef }) => [
        metadata.namespace,
        (roleRef as { readonly name: string }).name,
      ]),
    ).toEqual([
      ["egress-far", "sallyport-worker-gateway"],
      ["egress-gw", "sallyport-worker-gateway"],
      ["team-x", "sallyport-worker-team"],
      ["team-y", "sallyport-worker-team"],
    ]);
  });

  it("tells the fence what it fences", () => {
    expect(variablesOf("sallyport-fence-pods")).toMatchObject({
      instance: '"second"',
      teamNamespaces: '["team-x", "team-y"]',
      image: String.raw`"registry.example/curl:\"1\""`,
      longest: "391",
    });
    expect(variablesOf("sallyport-fence-mesh")).toMatchObject({
      gatewayNamespaces: '["egress-far", "egress-gw"]',
      gatewayServices: '[".egress-far.svc.corp.example", ".egress-gw.svc.corp.example"]',
    });
    expect(variablesOf("sallyport-fence-namespaces")["gatewayNamespaces"]).toBe(
      '["egress-far", "egress-gw"]',
    );
  });
});
