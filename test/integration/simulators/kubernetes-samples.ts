import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import type { ApiServer } from "#test/simulators/kubernetes/https-server.ts";
import { RESOURCES } from "#test/simulators/kubernetes/resources.ts";
import { send } from "./kubernetes-support.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- objects are broken by hand, anywhere in them
type Spec = any;
interface Sample {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: Spec;
}

const OTHERS: readonly Sample[] = [
  {
    apiVersion: "egressgateway.kubernetes.azure.com/v1alpha1",
    kind: "StaticGatewayConfiguration",
    metadata: { name: "sgc" },
    spec: {
      gatewayNodepoolName: "gwpool",
      provisionPublicIps: false,
      excludeCidrs: ["10.0.0.0/8"],
    },
  },
  {
    apiVersion: "telemetry.istio.io/v1",
    kind: "Telemetry",
    metadata: { name: "log" },
    spec: { accessLogging: [{ providers: [{ name: "envoy" }] }] },
  },
];
const SAMPLES: readonly Sample[] = [
  ...parseAllDocuments(
    readFileSync(new URL("../../fixtures/mesh/proven.yaml", import.meta.url), "utf8"),
  ).map((document) => document.toJS() as Sample),
  ...OTHERS,
];

/** The first recorded object of the kind that has the field, as a client would send it to team-x. */
export function sample(kind: string, field?: string): Sample {
  const found = SAMPLES.find(
    (each) => each.kind === kind && (field === undefined || each.spec[field] !== undefined),
  );
  if (found === undefined) throw new Error(`no ${kind} with ${field} was recorded`);
  return { ...structuredClone(found), metadata: { name: found.metadata.name } };
}

/** Kind, the change in words, a field the sample has to have, the change, the refusal's status and part of its text. */
export type Change = readonly [
  string,
  string,
  string | undefined,
  (spec: Spec) => void,
  number,
  string,
];

/** The answer's status and text to creating it in team-x as a strict dry run. */
export async function createdDry(
  server: ApiServer,
  object: Sample,
): Promise<readonly [number, string]> {
  const plural = RESOURCES.find(({ kind }) => kind === object.kind)?.plural ?? "";
  const path = `/apis/${object.apiVersion}/namespaces/team-x/${plural}?fieldValidation=Strict&dryRun=All`;
  const reply = await send(server, `POST ${path}`, { body: object });
  return [reply.code, reply.text];
}
