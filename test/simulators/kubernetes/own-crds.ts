import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { fields, type Shape } from "./field-shape.ts";
import type { KubernetesObject } from "./stored-object.ts";

/** A structural schema, as far as ours go. https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/ */
export interface Schema {
  readonly type?: "object" | "array" | "string" | "integer" | "boolean";
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly "x-kubernetes-validations"?: readonly Rule[];
}

export interface Rule {
  readonly rule: string;
  readonly message?: string;
  readonly fieldPath?: string;
  readonly reason?: string;
}

interface Definition extends KubernetesObject {
  readonly spec: {
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly schema: { readonly openAPIV3Schema: Schema };
    }[];
  };
}

const FOLDER = new URL("../../../deploy/crds/", import.meta.url);

/** The CustomResourceDefinitions as they are shipped: they alone say what is valid. */
export const OWN_CRDS: readonly KubernetesObject[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => parse(readFileSync(new URL(name, FOLDER), "utf8")) as KubernetesObject);

const SCHEMAS: ReadonlyMap<string, Schema> = new Map(
  OWN_CRDS.map((object) => {
    const { spec } = object as Definition;
    return [spec.names.kind, spec.versions[0]?.schema.openAPIV3Schema ?? {}];
  }),
);

export function ownSchema(kind: string): Schema | undefined {
  return SCHEMAS.get(kind);
}

/** The fields a kind of ours may have below spec and status. */
export function ownShape(
  kind: string,
): { readonly spec: Shape; readonly status: Shape } | undefined {
  const { spec, status } = ownSchema(kind)?.properties ?? {};
  return spec === undefined
    ? undefined
    : {
        spec: shapeOfSchema(spec),
        status: status === undefined ? fields("") : shapeOfSchema(status),
      };
}

function shapeOfSchema({ properties, additionalProperties, items }: Schema): Shape {
  if (items !== undefined) return shapeOfSchema(items);
  if (additionalProperties !== undefined) return { "*": shapeOfSchema(additionalProperties) };
  if (properties === undefined) return "any";
  return Object.fromEntries(
    Object.entries(properties).map(([name, inner]) => [name, shapeOfSchema(inner)]),
  );
}
