import { DestinationRule } from "@kubernetes-models/istio/networking.istio.io/v1/DestinationRule";
import { Gateway } from "@kubernetes-models/istio/networking.istio.io/v1/Gateway";
import { ServiceEntry } from "@kubernetes-models/istio/networking.istio.io/v1/ServiceEntry";
import { Sidecar } from "@kubernetes-models/istio/networking.istio.io/v1/Sidecar";
import { VirtualService } from "@kubernetes-models/istio/networking.istio.io/v1/VirtualService";
import { AuthorizationPolicy } from "@kubernetes-models/istio/security.istio.io/v1/AuthorizationPolicy";
import { PeerAuthentication } from "@kubernetes-models/istio/security.istio.io/v1/PeerAuthentication";
import { Telemetry } from "@kubernetes-models/istio/telemetry.istio.io/v1/Telemetry";
import type { Cause } from "./api-failure.ts";
import { isTree, textOf } from "./json-tree.ts";
import type { KubernetesObject } from "./stored-object.ts";

interface Validated {
  validate(): void;
}

const MODELS: Readonly<Record<string, (object: KubernetesObject) => Validated>> = {
  DestinationRule: (object) => new DestinationRule(object as never),
  Gateway: (object) => new Gateway(object as never),
  ServiceEntry: (object) => new ServiceEntry(object as never),
  Sidecar: (object) => new Sidecar(object as never),
  VirtualService: (object) => new VirtualService(object as never),
  AuthorizationPolicy: (object) => new AuthorizationPolicy(object as never),
  PeerAuthentication: (object) => new PeerAuthentication(object as never),
  Telemetry: (object) => new Telemetry(object as never),
};

/** Breaches of the CRD's OpenAPI schema: types, enums, lengths, required fields. */
export function schemaCauses(object: KubernetesObject): readonly Cause[] {
  const model = MODELS[object.kind];
  if (model === undefined) return [];
  try {
    // Metadata is the API server's own business, and the models know fewer of its fields.
    model({
      apiVersion: object.apiVersion,
      kind: object.kind,
      metadata: { name: "any" },
      ...(object.spec === undefined ? {} : { spec: object.spec }),
    }).validate();
    return [];
  } catch (error) {
    const errors: unknown = isTree(error) ? error["errors"] : undefined;
    if (!Array.isArray(errors)) throw error;
    return errors.filter(isTree).map(toCause);
  }
}

function toCause(error: Readonly<Record<string, unknown>>): Cause {
  const field = textOf(error["instancePath"])
    .replaceAll(/\/(\d+)(?=\/|$)/g, "[$1]")
    .replaceAll("/", ".")
    .replace(/^\./, "");
  const params = isTree(error["params"]) ? error["params"] : {};
  switch (error["keyword"]) {
    case "required":
      return {
        reason: "FieldValueRequired",
        message: "Required value",
        field: `${field}.${textOf(params["missingProperty"])}`,
      };
    case "enum":
      return {
        reason: "FieldValueNotSupported",
        message: `Unsupported value: supported values: ${JSON.stringify(params["allowedValues"]).slice(1, -1).replaceAll(",", ", ")}`,
        field,
      };
    case "type":
      return {
        reason: "FieldValueTypeInvalid",
        message: `Invalid value: ${field} in body must be of type ${textOf(params["type"])}`,
        field,
      };
    default:
      return {
        reason: "FieldValueInvalid",
        message: `Invalid value: ${field} in body ${textOf(error["message"])}`,
        field,
      };
  }
}
