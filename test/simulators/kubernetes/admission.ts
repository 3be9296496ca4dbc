import {
  badRequest,
  type Cause,
  forbidden,
  invalid,
  invalidPatch,
  notFound,
} from "./api-failure.ts";
import { autoscalerCauses } from "./autoscaler-rules.ts";
import { crdCauses } from "./crd-rules.ts";
import { definitionCauses } from "./custom-resources/definitions.ts";
import { withoutNulls } from "./custom-resources/schema.ts";
import { pruned, unknownFields } from "./field-shape.ts";
import { schemaCauses } from "./istio-schema.ts";
import { isTree, type Tree, treeOf, withoutNulls as withoutAnyNulls } from "./json-tree.ts";
import { shapeOf } from "./known-fields.ts";
import type { ObjectStore } from "./object-store.ts";
import type { KubernetesObject } from "./stored-object.ts";
import { admitPod } from "./pod-admission.ts";
import type { ResourceRequest } from "./request.ts";
import { decodedAs, mismatchIn, timeProblem, typesOf } from "./typed/go-types.ts";
import { apiVersionOf, RESOURCES, type Resource } from "./resources.ts";

const SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const LABEL_VALUE = /^(?:[a-zA-Z0-9](?:[-_.a-zA-Z0-9]{0,61}[a-zA-Z0-9])?)?$/;
const LABEL_KEY = /^(?:[-a-z0-9.]{1,253}\/)?[a-zA-Z0-9](?:[-_.a-zA-Z0-9]{0,61}[a-zA-Z0-9])?$/;
const LABEL_NAMED = new Set(["Namespace", "Service"]);

/**
 * A write's object as it will be validated; unknown fields are refused (`Strict`), or pruned with or without a warning.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation
 */
export function decoded(
  { resource, query, method, warnings }: ResourceRequest,
  object: KubernetesObject,
): KubernetesObject {
  const shape = shapeOf(resource);
  const unknown = unknownFields(object, shape).map((field) => `unknown field "${field}"`);
  const problem = undecodable(object) ?? strictProblem(unknown, query.get("fieldValidation"));
  if (problem !== undefined) {
    if (method === "PATCH") throw invalidPatch(object, problem);
    throw badRequest(
      resource.custom && unknown.length > 0
        ? problem
        : `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: ${problem}`,
    );
  }
  if (query.get("fieldValidation") !== "Ignore") warnings.push(...unknown);
  const known = decodedAs(pruned(object, shape) as Tree, typesOf(resource));
  // The type comes first, so that stored objects read as usual.
  const {
    apiVersion: _,
    kind: __,
    ...rest
  } = withoutTheirNulls(resource, known) as KubernetesObject;
  return { apiVersion: apiVersionOf(resource), kind: resource.kind, ...rest };
}

/** No field of the kinds that others define may be null. */
function withoutTheirNulls({ custom, schema }: Resource, object: Tree): unknown {
  if (schema !== undefined) return withoutNulls(object, schema);
  return custom ? withoutAnyNulls(object) : object;
}

function strictProblem(unknown: readonly string[], validation: string | null): string | undefined {
  return unknown.length > 0 && validation === "Strict"
    ? `strict decoding error: ${unknown.join(", ")}`
    : undefined;
}

/** What no Go type of the kind can hold. */
function undecodable(object: KubernetesObject): string | undefined {
  const found = mismatchIn(object, typesOf(object));
  return found === undefined
    ? timeProblem(object)
    : `json: cannot unmarshal ${found.got} into Go struct field ${found.path.slice(1)} of type ${found.expected}`;
}

/** Defaults and checks every create and update of an object passes, in the API server's order. */
export function admit(
  { store, resource, inject }: ResourceRequest,
  { object, isNew }: { readonly object: KubernetesObject; readonly isNew: boolean },
): KubernetesObject {
  if (isNew) checkNamespace(store, resource, object);
  const defaulted = withDefaults(object);
  const admitted =
    isNew && resource.kind === "Pod"
      ? inject(
          admitPod(store, defaulted),
          store.get("Namespace", undefined, object.metadata.namespace ?? ""),
        )
      : defaulted;
  const causes = [
    ...metadataCauses(admitted),
    ...definitionCauses(admitted),
    ...schemaCauses(admitted),
    ...crdCauses(admitted),
    ...builtInCauses(admitted),
    ...autoscalerCauses(admitted),
  ];
  if (causes.length > 0) throw invalid(resource, object.metadata.name, causes);
  return admitted;
}

function checkNamespace(store: ObjectStore, resource: Resource, object: KubernetesObject): void {
  if (!resource.namespaced) return;
  const name = object.metadata.namespace ?? "";
  const namespace = store.get("Namespace", undefined, name);
  if (namespace === undefined) throw notFound(namespaceResource(), name);
  if (namespace.metadata.deletionTimestamp === undefined) return;
  const why = `unable to create new content in namespace ${name} because it is being terminated`;
  throw forbidden(resource, object.metadata.name, why, [
    {
      reason: "NamespaceTerminating",
      message: `namespace ${name} is being terminated`,
      field: "metadata.namespace",
    },
  ]);
}

function namespaceResource(): Resource {
  const found = RESOURCES.find(({ kind }) => kind === "Namespace");
  if (found === undefined) throw new Error("no Namespace among the resources");
  return found;
}

function withDefaults(object: KubernetesObject): KubernetesObject {
  const { kind, metadata } = object;
  if (kind === "Namespace") {
    // https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name
    const labels = { ...metadata.labels, "kubernetes.io/metadata.name": metadata.name };
    return { ...object, metadata: { ...metadata, labels } };
  }
  if (object.kind !== "StaticGatewayConfiguration" || !isTree(object.spec)) return object;
  const spec = { defaultRoute: "staticEgressGateway", provisionPublicIps: true, ...object.spec };
  return { ...object, spec };
}

function metadataCauses({ kind, metadata }: KubernetesObject): readonly Cause[] {
  const { name, labels = {} } = metadata;
  const isLabel = LABEL_NAMED.has(kind);
  const valid = isLabel ? LABEL.test(name) : SUBDOMAIN.test(name) && name.length <= 253;
  const why = isLabel
    ? "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (at most 63 characters)"
    : "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (at most 253 characters)";
  return [
    ...(valid ? [] : [wrong("metadata.name", name, why)]),
    ...Object.entries(labels).flatMap(([key, value]) => [
      ...(LABEL_KEY.test(key)
        ? []
        : [
            wrong(
              "metadata.labels",
              key,
              "name part must consist of alphanumeric characters, '-', '_' or '.'",
            ),
          ]),
      ...(LABEL_VALUE.test(value)
        ? []
        : [
            wrong(
              "metadata.labels",
              value,
              "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.' (at most 63 characters)",
            ),
          ]),
    ]),
    ...annotationCauses(metadata.annotations ?? {}),
  ];
}

const ANNOTATIONS_LIMIT = 256 * 1024;

function annotationCauses(annotations: Readonly<Record<string, string>>): readonly Cause[] {
  const entries = Object.entries(annotations);
  const size = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key + value), 0);
  const causes = entries.flatMap(([key]) =>
    LABEL_KEY.test(key)
      ? []
      : [
          wrong(
            "metadata.annotations",
            key,
            "name part must consist of alphanumeric characters, '-', '_' or '.'",
          ),
        ],
  );
  if (size <= ANNOTATIONS_LIMIT) return causes;
  return [
    ...causes,
    {
      reason: "FieldValueTooLong",
      message: `Too long: may not be more than ${ANNOTATIONS_LIMIT} bytes`,
      field: "metadata.annotations",
    },
  ];
}

function builtInCauses(object: KubernetesObject): readonly Cause[] {
  if (object.kind === "ConfigMap") {
    return Object.entries(treeOf(object["data"])).flatMap(([key, value]) =>
      typeof value === "string" && /^[-._a-zA-Z0-9]+$/.test(key)
        ? []
        : [
            wrong(
              "data",
              key,
              "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
            ),
          ],
    );
  }
  if (object.kind === "NetworkPolicy" && object.spec?.["podSelector"] === undefined) {
    return [{ reason: "FieldValueRequired", message: "Required value", field: "spec.podSelector" }];
  }
  return [];
}

function wrong(field: string, value: unknown, why: string): Cause {
  return {
    reason: "FieldValueInvalid",
    message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
    field,
  };
}
