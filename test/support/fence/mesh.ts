import {
  apiVersionOf,
  type KubernetesObject,
  type ObjectKind,
  ownLabels,
} from "#src/domain/kubernetes-object.ts";
import { registryOnlySidecar } from "#src/domain/admin/registry-only/team-sidecar.ts";
import { type Attempt, changed, FOREIGN_NAMESPACES, type Wrong } from "./attempt.ts";
import { WRONG_SIDECARS } from "./wrong-sidecars.ts";

type Side = "team" | "gateway";

/** On which side the compiler writes a kind; a StaticGatewayConfiguration is the gateways lane's. */
const SIDES: Readonly<Partial<Record<ObjectKind, readonly Side[]>>> = {
  Gateway: ["gateway"],
  ServiceEntry: ["gateway", "team"],
  VirtualService: ["gateway", "team"],
  DestinationRule: ["gateway", "team"],
  AuthorizationPolicy: ["gateway"],
  Telemetry: ["gateway", "team"],
  StaticGatewayConfiguration: ["gateway"],
  Sidecar: ["team"],
};

const DELETED = new Set([
  "Gateway",
  "ServiceEntry",
  "VirtualService",
  "DestinationRule",
  "Telemetry",
  "StaticGatewayConfiguration",
]);

const EVERYWHERE: readonly Wrong[] = [
  ["exported everywhere", ["spec", "exportTo"], ["*"]],
  ["exported to another namespace too", ["spec", "exportTo"], [".", "kube-system"]],
  ["exported as the mesh says", ["spec", "exportTo"], undefined],
];
const UNSELECTED: Wrong = ["for the whole namespace", ["spec", "selector"], undefined];
const OUTSIDE = { destination: { host: "evil.example.com", port: { number: 443 } } };

/** Changes that make an object of the compiler's one it never makes. */
const WRONG: Readonly<Record<string, readonly Wrong[]>> = {
  "Gateway gateway": [
    ["that selects every pod", ["spec", "selector"], undefined],
    [
      "on an ingress gateway of AKS",
      ["spec", "selector", "istio"],
      "aks-istio-ingressgateway-external",
    ],
    ["with plain TLS", ["spec", "servers", 0, "tls"], { mode: "PASSTHROUGH" }],
    ["for other namespaces' hosts", ["spec", "servers", 0, "hosts"], ["*/*"]],
  ],
  "AuthorizationPolicy gateway": [
    UNSELECTED,
    ["that denies", ["spec", "action"], "DENY"],
    ["that audits", ["spec", "action"], "AUDIT"],
    ["that lets everybody in", ["spec", "rules"], [{}]],
    ["that lets a namespace in, whatever it asks", ["spec", "rules"], [{ from: [from("team-x")] }]],
    [
      "that lets another namespace in",
      ["spec", "rules"],
      [{ from: [from("kube-system")], when: [aCondition()] }],
    ],
    [
      "that lets principals in",
      ["spec", "rules"],
      [{ from: [{ source: { principals: ["*"] } }], when: [aCondition()] }],
    ],
  ],
  "Telemetry gateway": [
    UNSELECTED,
    ["that turns logs off", ["spec", "accessLogging"], [{ disabled: true }]],
    ["that traces", ["spec", "tracing"], [{ disableSpanReporting: true }]],
  ],
  "Telemetry team": [
    UNSELECTED,
    ["for pods of the team", ["spec", "selector"], { matchLabels: { app: "shop" } }],
    ["that turns logs off", ["spec", "accessLogging"], [{ disabled: true }]],
    ["that filters", ["spec", "accessLogging", 0, "filter"], { expression: "false" }],
  ],
  "ServiceEntry team": [
    ...EVERYWHERE,
    ["that leads out by itself", ["spec", "resolution"], "DNS"],
    ["that leads out by itself, unresolved", ["spec", "resolution"], "NONE"],
    ["with endpoints", ["spec", "endpoints"], [{ address: "192.0.2.1" }]],
    ["with addresses", ["spec", "addresses"], ["10.0.0.1"]],
    ["of pods", ["spec", "workloadSelector"], { labels: { app: "shop" } }],
  ],
  "ServiceEntry gateway": [
    ...EVERYWHERE,
    ["for a real host", ["spec", "hosts"], ["edition.cnn.com"]],
  ],
  "VirtualService team": [
    ...EVERYWHERE,
    ["on a gateway", ["spec", "gateways"], ["egress-gw/egw-http"]],
    ["on more than the mesh", ["spec", "gateways"], ["mesh", "egress-gw/egw-http"]],
    ["to somewhere else", ["spec", "tls", 0, "route"], [OUTSIDE]],
    ["to somewhere else, by HTTP", ["spec", "http"], [{ route: [OUTSIDE] }]],
    ["to somewhere else, by TCP", ["spec", "tcp"], [{ route: [OUTSIDE] }]],
    ["that answers itself", ["spec", "http"], [{ directResponse: { status: 200 } }]],
    ["that redirects", ["spec", "http"], [{ redirect: { authority: "evil.example.com" } }]],
  ],
  "VirtualService gateway": [
    ...EVERYWHERE,
    ["for the mesh", ["spec", "gateways"], ["mesh"]],
    ["on another namespace's gateway", ["spec", "gateways"], ["aks-istio-ingress/in"]],
    ["to somewhere else", ["spec", "tcp"], [{ route: [OUTSIDE] }]],
    ["that mirrors", ["spec", "http", 0, "mirror"], { host: "evil.example.com" }],
  ],
  "DestinationRule team": [
    ...EVERYWHERE,
    ["about another host", ["spec", "host"], "shop.team-x.svc.cluster.local"],
    ["about every host", ["spec", "host"], "*.local"],
    ["for some pods", ["spec", "workloadSelector"], { matchLabels: { app: "shop" } }],
  ],
  "DestinationRule gateway": [
    ...EVERYWHERE,
    ["about another host", ["spec", "host"], "istiod.aks-istio-system.svc.cluster.local"],
  ],
  "Sidecar team": WRONG_SIDECARS,
};

function from(namespace: string): object {
  return { source: { namespaces: [namespace] } };
}
function aCondition(): object {
  return { key: "connection.sni", values: ["*"] };
}

/** Kinds that the worker never writes, and a Sidecar under another name than its own. */
const NEVER: readonly KubernetesObject[] = (
  [
    ["Sidecar", registryOnlySidecar("demo", "team-x").spec ?? {}],
    ["EnvoyFilter", { configPatches: [] }],
    ["ProxyConfig", { concurrency: 1 }],
    ["WasmPlugin", { url: "oci://registry.example/filter" }],
    ["PeerAuthentication", { mtls: { mode: "DISABLE" } }],
    ["RequestAuthentication", { jwtRules: [{ issuer: "me" }] }],
  ] as const
).map(([kind, spec]) => ({
  apiVersion: apiVersionOf(kind),
  kind,
  metadata: { name: "mine", namespace: "team-x" },
  spec,
}));

const INSTANCE = ["metadata", "labels", "sallyport.dev/instance"] as const;
const MANAGED_BY = ["metadata", "labels", "app.kubernetes.io/managed-by"] as const;

function sideOf({ metadata }: KubernetesObject): Side {
  return metadata.namespace?.startsWith("team") === true ? "team" : "gateway";
}

/** A tunnel has no HTTP routes, and the other way round. */
function wrongOf(object: KubernetesObject): readonly Wrong[] {
  const all = WRONG[`${object.kind} ${sideOf(object)}`] ?? [];
  return all.filter(
    ([, [, list = "", at]]) => typeof at !== "number" || object.spec?.[list] !== undefined,
  );
}

/** Somebody else's under the same name: without labels, and of another instance. */
function ofOthers(object: KubernetesObject): readonly KubernetesObject[] {
  return [changed(object, ["metadata", "labels"], undefined), changed(object, INSTANCE, "other")];
}

/** What nobody may do to an object with the worker's token, made from it as the worker makes it. */
export function forbiddenOfMesh(object: KubernetesObject): readonly Attempt[] {
  const { kind } = object;
  const side = sideOf(object);
  const named = `${kind} of the ${side} side`;
  const elsewhere: readonly string[] =
    SIDES[kind as ObjectKind]?.length === 1
      ? [...FOREIGN_NAMESPACES, side === "gateway" ? "team-x" : "egress-gw"]
      : FOREIGN_NAMESPACES;
  const wrong = wrongOf(object).map(
    ([what, path, value]) => [what, changed(object, path, value)] as const,
  );
  return [
    ...elsewhere.map((namespace): Attempt => ({
      what: `a ${named} in ${namespace}`,
      by: "create",
      object: changed(object, ["metadata", "namespace"], namespace),
    })),
    ...[MANAGED_BY, INSTANCE].flatMap((path) =>
      [undefined, "", "other"].map((value): Attempt => ({
        what: `a ${named} with label ${path[2]} ${value ?? "left out"}`,
        by: "create",
        object: changed(object, path, value),
      })),
    ),
    ...ofOthers(object).flatMap((over, index): readonly Attempt[] => [
      { what: `a ${named} over somebody's (${index})`, by: "apply", object, over },
      {
        what: `the spec of a ${named} over somebody's (${index})`,
        by: "restore",
        object,
        over: changed(over, ["spec"], unlike(object)),
      },
      { what: `deleting somebody's ${named} (${index})`, by: "delete", object: over },
    ]),
    ...wrong.flatMap(([what, bad]): readonly Attempt[] => [
      { what: `a ${named} ${what}`, by: "create", object: bad },
      { what: `a ${named} made one ${what}`, by: "restore", object: bad, over: object },
    ]),
    ...(DELETED.has(kind)
      ? []
      : [{ what: `deleting a ${named}`, by: "delete", object } satisfies Attempt]),
    ...(kind === "StaticGatewayConfiguration"
      ? [
          {
            what: `changing a ${named}`,
            by: "apply",
            object: changed(object, ["spec", "excludeCidrs"], ["192.0.2.0/24"]),
            over: object,
          } satisfies Attempt,
        ]
      : []),
  ];
}

/** Its spec with something that is not in it. */
function unlike({ kind, spec = {} }: KubernetesObject): unknown {
  const extra: Readonly<Record<string, unknown>> = {
    Gateway: { selector: { istio: "other" } },
    ServiceEntry: { subjectAltNames: ["spiffe://cluster.local/ns/a/sa/b"] },
    VirtualService: { hosts: ["other.example.com"] },
    DestinationRule: { host: "other.example.com" },
    AuthorizationPolicy: { selector: { matchLabels: { app: "other" } } },
    Telemetry: { selector: { matchLabels: { app: "other" } } },
    StaticGatewayConfiguration: { excludeCidrs: ["192.0.2.0/24"] },
    Sidecar: { workloadSelector: { labels: { app: "other" } } },
  };
  return { ...spec, ...(extra[kind] as object | undefined) };
}

/** Of another instance, in a namespace of its own. */
export function forbiddenOfResources(): readonly Attempt[] {
  return FOREIGN_NAMESPACES.filter((namespace) => namespace !== "sallyport-system").flatMap(
    (namespace): readonly Attempt[] => {
      const object: KubernetesObject = {
        apiVersion: apiVersionOf("EgressCluster"),
        kind: "EgressCluster",
        metadata: { name: "cluster", namespace },
        spec: { instance: "other", cluster: "prod" },
      };
      return [{ what: `deleting an EgressCluster in ${namespace}`, by: "delete", object }];
    },
  );
}

/** Also with the worker's own labels. */
export function forbiddenKinds(instance: string): readonly Attempt[] {
  const labelled = ["team-x", "egress-gw"].flatMap((namespace) =>
    NEVER.map((object) => ({
      ...object,
      metadata: { ...object.metadata, namespace, labels: ownLabels(instance) },
    })),
  );
  return [...NEVER, ...labelled].flatMap((object) => [
    { what: `a ${object.kind}`, by: "create", object },
    { what: `deleting a ${object.kind}`, by: "delete", object },
  ]);
}

/** The same with the shape that the worker gives it; and what it has to do where others changed it. */
export function allowedOfMesh(object: KubernetesObject): readonly Attempt[] {
  const { kind } = object;
  const named = `${kind} of the ${sideOf(object)} side`;
  const made: Attempt = { what: `a ${named}`, by: "create", object };
  const deleting: Attempt = { what: `deleting a ${named}`, by: "delete", object };
  if (kind === "StaticGatewayConfiguration") return [made, deleting];
  if (kind === "Sidecar") return [made];
  return [
    made,
    { what: `a ${named} as it is`, by: "apply", object, over: object },
    {
      what: `a ${named} that lost a label`,
      by: "apply",
      object,
      over: changed(object, MANAGED_BY, undefined),
    },
    ...wrongOf(object).flatMap(([what, path, value]): readonly Attempt[] => {
      const over = changed(object, path, value);
      return [
        { what: `a ${named} over one ${what}`, by: "apply", object, over },
        { what: `a ${named} restored from one ${what}`, by: "restore", object, over },
      ];
    }),
    ...(DELETED.has(kind) ? [deleting] : []),
  ];
}
