import { withRegistryOnly } from "#src/domain/admin/registry-only/shared-config.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { type Attempt, changed, FOREIGN_NAMESPACES } from "./attempt.ts";

const NAME = "istio-shared-configmap-asm-1-99";
const NAMESPACE = "aks-istio-system";
const CLOSED = "outboundTrafficPolicy:\n  mode: REGISTRY_ONLY\n";

/** As a platform team keeps it. */
const KEPT = [
  "# of the platform team",
  "accessLogFile: /dev/stdout",
  "outboundTrafficPolicy:",
  "  # for now",
  "  mode: ALLOW_ANY # see the runbook",
  "inboundTrafficPolicy:",
  "  mode: PASSTHROUGH",
  "defaultConfig:",
  "  holdApplicationUntilProxyStarts: true",
];

/** Other ways to write the policy, each of which the worker has to be able to exchange. */
const FORMS = [
  KEPT.join("\n"),
  "outboundTrafficPolicy: {mode: ALLOW_ANY} # open\na: 1\n",
  "a: 1\noutboundTrafficPolicy:\n\nb: 2\n",
  "a: 1",
  "a: 1\n",
  "# nothing\n",
  "a: 1\n...\n",
];

function aConfig(mesh: string, name = NAME, namespace = NAMESPACE): KubernetesObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data: { mesh } };
}

/** The platform team's, with what is not the worker's to change. */
function kept(text: string): KubernetesObject {
  const object = aConfig(text);
  return {
    ...object,
    metadata: { ...object.metadata, labels: { team: "platform" }, annotations: { note: "ours" } },
    data: { ...object.data, meshNetworks: "networks: {}" },
  };
}

function closed(text: string): string {
  const result = withRegistryOnly(text);
  if (result.kind === "unfit") throw new Error(result.why);
  return result.text;
}

/** Every other change of a text, line by line, beside the one that closes it. */
function otherTexts(): readonly (readonly [what: string, text: string])[] {
  const after = closed(KEPT.join("\n")).split("\n");
  const text = after.join("\n");
  const indent = after.map((line) => /^ */.exec(line)?.[0] ?? "");
  const byLine = after.flatMap((line, at): readonly (readonly [string, string])[] => [
    [`without line ${at}`, after.toSpliced(at, 1).join("\n")],
    [`with line ${at} twice`, after.toSpliced(at, 0, line).join("\n")],
    [`with another line ${at}`, after.toSpliced(at, 1, `${indent[at]}other: 1`).join("\n")],
    [`with a line before line ${at}`, after.toSpliced(at, 0, `${indent[at]}x: 1`).join("\n")],
    [`with line ${at} at the end`, [...after.toSpliced(at, 1), line].join("\n")],
    [`with line ${at} made a mode`, after.toSpliced(at, 1, "  mode: REGISTRY_ONLY").join("\n")],
  ]);
  return [
    // The last line is where it is.
    ...byLine.filter(([, each]) => each !== text),
    ["that lets everything out", KEPT.join("\n").replace("# see the runbook", "")],
    ["with a second policy", `${text}\n${CLOSED}`],
    [
      "with a policy behind it that lets everything out",
      `${text}\noutboundTrafficPolicy: {mode: ALLOW_ANY}`,
    ],
    ["with two lines closed", text.replace("PASSTHROUGH", "REGISTRY_ONLY")],
    ["that is empty", ""],
    ["that is closed and nothing else", CLOSED],
    [
      "with the whole policy in a line",
      text.replace(/outbound[^]*runbook/, "outboundTrafficPolicy: {mode: REGISTRY_ONLY}"),
    ],
    ["with more behind the mode", text.replace("REGISTRY_ONLY", "REGISTRY_ONLY,")],
  ];
}

const OWNER = {
  apiVersion: "v1",
  kind: "Pod",
  name: "other",
  uid: "00000000-0000-0000-0000-000000000001",
};

/** Fields that are not the text, of one that is made and of one that is there. */
const FIELDS: readonly (readonly [what: string, path: readonly string[], value: unknown])[] = [
  ["a label", ["metadata", "labels", "more"], "mine"],
  ["an annotation", ["metadata", "annotations", "more"], "mine"],
  ["a finalizer", ["metadata", "finalizers"], ["example.com/stay"]],
  ["an owner", ["metadata", "ownerReferences"], [OWNER]],
  ["another key", ["data", "more"], "mine"],
  ["another key that is empty", ["data", "more"], ""],
  ["binary data", ["binaryData", "more"], "bWluZQ=="],
  ["no more changes allowed", ["immutable"], true],
];

/** Of one that is there alone. */
const TAKEN: readonly (readonly [what: string, path: readonly string[], value: unknown])[] = [
  ["a label less", ["metadata", "labels"], undefined],
  ["another label", ["metadata", "labels", "team"], "mine"],
  ["an annotation less", ["metadata", "annotations"], undefined],
  ["a key less", ["data", "meshNetworks"], undefined],
  ["another key changed", ["data", "meshNetworks"], "mine"],
];

/** What nobody may do to ConfigMaps with the worker's token. */
export function forbiddenOfMeshConfig(): readonly Attempt[] {
  const over = kept(KEPT.join("\n"));
  const after = kept(closed(KEPT.join("\n")));
  return [
    ...FOREIGN_NAMESPACES.filter((each) => each !== NAMESPACE)
      .concat("somebody-else")
      .map((namespace): Attempt => ({
        what: `a shared configuration in ${namespace}`,
        by: "create",
        object: aConfig(CLOSED, NAME, namespace),
      })),
    ...[
      "istio-asm-1-99",
      "istio",
      "shop",
      `${NAME}-x`,
      `my-${NAME}`,
      "istio-shared-configmap-x",
    ].flatMap((name): readonly Attempt[] => [
      { what: `making ConfigMap ${name}`, by: "create", object: aConfig(CLOSED, name) },
      {
        what: `closing ConfigMap ${name}`,
        by: "patch",
        object: aConfig(CLOSED, name),
        over: aConfig("", name),
      },
    ]),
    ...["", "a: 1\n", `${CLOSED}a: 1\n`, CLOSED.replace("REGISTRY_ONLY", "ALLOW_ANY")].map(
      (text): Attempt => ({
        what: `a shared configuration that says ${JSON.stringify(text)}`,
        by: "create",
        object: aConfig(text),
      }),
    ),
    ...otherTexts().map(([what, text]): Attempt => ({
      what: `a shared configuration ${what}`,
      by: "patch",
      object: kept(text),
      over,
    })),
    {
      what: "a shared configuration opened again",
      by: "patch",
      object: over,
      over: after,
    },
    ...FIELDS.map(([what, path, value]): Attempt => ({
      what: `making a shared configuration with ${what}`,
      by: "create",
      object: changed(aConfig(CLOSED), path, value),
    })),
    ...[...FIELDS, ...TAKEN].map(([what, path, value]): Attempt => ({
      what: `closing a shared configuration with ${what}`,
      by: "patch",
      object: changed(after, path, value),
      over,
    })),
    { what: "deleting a shared configuration", by: "delete", object: over },
  ];
}

/** What the worker writes. */
export function allowedOfMeshConfig(): readonly Attempt[] {
  return [
    { what: "making a shared configuration", by: "create", object: aConfig(CLOSED) },
    { what: "closing one without a text", by: "patch", object: kept(CLOSED), over: kept("") },
    ...FORMS.map((text): Attempt => ({
      what: `closing a shared configuration that says ${JSON.stringify(text)}`,
      by: "patch",
      object: kept(closed(text)),
      over: kept(text),
    })),
  ];
}
