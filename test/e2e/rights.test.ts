import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { parseAllDocuments } from "yaml";
import { install } from "#test/support/installation.ts";
import { approve, ask, revoke, says } from "#test/support/people.ts";

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

interface Role {
  readonly kind: string;
  readonly metadata: { readonly namespace?: string };
  readonly rules: readonly Rule[];
}

const ROLES = parseAllDocuments(
  readFileSync(new URL("../../deploy/kubernetes-rbac.yaml", import.meta.url), "utf8"),
)
  .map((document) => document.toJS() as Role)
  .filter(({ kind }) => kind === "ClusterRole" || kind === "Role");

const PATH =
  /^\/(?:api|apis\/(?<group>[^/]+))\/[^/]+\/(?:namespaces\/(?<namespace>[^/]+)\/)?(?<plural>[a-z]+)(?:\/(?<name>[^/?]+)(?:\/(?<sub>[a-z]+))?)?$/;

const VERBS: Readonly<Record<string, string>> = {
  POST: "create",
  PATCH: "patch",
  PUT: "update",
  DELETE: "delete",
};

/** https://kubernetes.io/docs/reference/access-authn-authz/authorization/#request-verb-resource */
function neededFor({
  method,
  path,
  query,
}: {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
}) {
  const found = PATH.exec(path.split("?")[0] ?? "")?.groups;
  if (found === undefined) throw new Error(`no path of the API: ${path}`);
  const { group = "", namespace = "", plural = "", name, sub } = found;
  const verb = method === "GET" ? readingVerb(query, name) : (VERBS[method] ?? method);
  const resource = sub === undefined ? plural : `${plural}/${sub}`;
  return { group, namespace, verb, resource, name: name ?? "" };
}

function readingVerb(query: URLSearchParams, name: string | undefined): string {
  if (name !== undefined) return "get";
  return query.has("watch") ? "watch" : "list";
}

type Needed = ReturnType<typeof neededFor>;

function isGranted({ group, namespace, verb, resource, name }: Needed): boolean {
  return ROLES.filter(
    ({ kind, metadata }) => kind === "ClusterRole" || metadata.namespace === namespace,
  ).some(({ rules }) =>
    rules.some(
      (rule) =>
        rule.apiGroups.includes(group) &&
        rule.resources.includes(resource) &&
        (rule.resourceNames?.includes(name) ?? true) &&
        rule.verbs.includes(verb),
    ),
  );
}

describe("deploy/kubernetes-rbac.yaml", () => {
  it("grants all that a request, its proof and its end ask of the API server", async () => {
    await using installation = await install();
    await Promise.all([installation.start("bot").started, installation.start("worker").started]);
    const request = await ask(installation, {
      user: "alice",
      channel: "C0TEAMX000",
      text: "allow edition.cnn.com:443 because news",
    });
    await approve(installation, request.id);
    await says(installation, request, /active and enforced/);
    revoke(installation, request, { reason: "over" });
    await says(installation, request, /has ended/);

    const needed = installation.kubernetes.log
      .filter(({ path }) => !path.includes("selfsubjectaccessreviews"))
      .map(neededFor);
    const missing = needed
      .filter((each) => !isGranted(each))
      .map(({ verb, resource, namespace }) => `${verb} ${resource} ${namespace}`);
    expect(needed.length).toBeGreaterThan(50);
    expect([...new Set(missing)]).toEqual([]);
  }, 90_000);
});
