import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { parseAllDocuments } from "yaml";
import { compile } from "#src/domain/compile/compile.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { gatewayConfigurationSpec } from "#src/domain/plan/azure/infrastructure-steps.ts";
import { GATEWAY, provenGrants } from "../unit/domain/compile/proven-grants.ts";

/**
 * Checks every kind of object Sallyport writes against real CustomResourceDefinitions: `node test/crd/check-crds.ts DIR`
 * reads all CRDs of all YAML files below DIR. Unknown fields count as errors, as with strict field validation; CEL rules
 * are not evaluated.
 */
interface Crd {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly schema?: { readonly openAPIV3Schema: Schema };
    }[];
  };
}
type Schema = { [key: string]: unknown };

function readCrds(folder: string): readonly { readonly file: string; readonly crd: Crd }[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /crd.*\.yaml$|^.*crds\/.*\.yaml$/.test(name))
    .flatMap((file) =>
      parseAllDocuments(readFileSync(join(folder, file), "utf8"))
        .map((document) => document.toJS() as Crd & { kind?: string })
        .filter((object) => object?.kind === "CustomResourceDefinition")
        .map((crd) => ({ file, crd })),
    );
}

/** A field that no `properties` names is unknown, unless the schema takes any. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema;
  if (typeof schema !== "object" || schema === null) return schema;
  const { properties, items, additionalProperties, ...rest } = schema as Schema;
  return {
    ...rest,
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties as Schema).map(([key, value]) => [key, strict(value)]),
          ),
          ...(additionalProperties === undefined &&
          rest["x-kubernetes-preserve-unknown-fields"] !== true
            ? { additionalProperties: false }
            : {}),
        }),
    ...(items === undefined ? {} : { items: strict(items) }),
    ...(additionalProperties === undefined
      ? {}
      : { additionalProperties: strict(additionalProperties) }),
  };
}

function validatorOf(schema: Schema): ValidateFunction {
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    logger: false,
    validateFormats: false,
  });
  return ajv.compile(
    strict({
      ...schema,
      properties: { ...(schema["properties"] as Schema), apiVersion: {}, kind: {}, metadata: {} },
    }) as Schema,
  );
}

function written(): readonly KubernetesObject[] {
  const compiled = compile({
    instance: "check",
    grants: provenGrants(),
    namespaces: [],
    gateways: [GATEWAY],
  });
  const gateway = {
    name: "egw",
    namespace: "egress-gw",
    pool: "egress",
    excludeCidrs: ["10.20.0.0/16"],
  };
  const ranges = { podCidrs: ["10.244.0.0/16"], serviceCidrs: ["10.0.0.0/16"] };
  return [
    ...compiled.map(({ object }) => object),
    {
      apiVersion: "egressgateway.kubernetes.azure.com/v1alpha1",
      kind: "StaticGatewayConfiguration",
      metadata: { name: "egw", namespace: "egress-gw" },
      spec: gatewayConfigurationSpec(gateway, {
        azure: ranges as never,
        virtualNetworkRanges: ["10.224.0.0/12"],
      }),
    },
  ];
}

function main(folder: string): number {
  const crds = readCrds(folder);
  let checked = 0;
  let failures = 0;
  for (const object of written()) {
    const [group, version] = object.apiVersion.split("/");
    const matching = crds.filter(
      ({ crd }) => crd.spec.group === group && crd.spec.names.kind === object.kind,
    );
    if (matching.length === 0) {
      console.error(`no CRD for ${object.apiVersion} ${object.kind}`);
      failures += 1;
    }
    for (const { file, crd } of matching) {
      const schema = crd.spec.versions.find(({ name }) => name === version)?.schema
        ?.openAPIV3Schema;
      if (schema === undefined) continue;
      const validate = validatorOf(schema);
      checked += 1;
      const isValid: boolean = validate(object);
      if (isValid) continue;
      failures += 1;
      console.error(
        `${object.kind} ${object.metadata.name} against ${file}: ${JSON.stringify(validate.errors?.slice(0, 3))}`,
      );
    }
  }
  console.log(`${checked} checks against ${crds.length} CRDs, ${failures} failures`);
  return failures === 0 && checked > 0 ? 0 : 1;
}

process.exitCode = main(process.argv[2] ?? ".");
