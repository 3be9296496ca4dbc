import { gatewayKey } from "#src/domain/grant.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { ISTIO_LOG_PROVIDER } from "#src/domain/compile/names.ts";
import { findConfiguration } from "#src/domain/plan/azure/infrastructure-steps.ts";
import { MOST_SURVEYED, type Survey, surveyKey } from "#src/domain/survey/survey.ts";
import {
  type GatewayFindings,
  type GatewaysInput,
  surveyGateways,
} from "#src/domain/survey/survey-gateways.ts";
import { surveyMesh } from "#src/domain/survey/survey-mesh.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import {
  egressIpPrefixOf,
  observeConfigurations,
} from "#src/requests/observe/gateways/gateway-states.ts";
import { discoveryOf, exportDefaultsOf } from "#src/requests/observe/mesh/mesh-config.ts";
import {
  knownOfferedRevisions,
  observeOfferedRevisions,
} from "#src/requests/observe/mesh/offered-revisions.ts";
import { listAllowed } from "#src/requests/observe/surroundings.ts";
import type { Revision } from "#src/domain/upgrades/compare-revisions.ts";
import { beside } from "../../beside.ts";
import type { Finished } from "./after-mesh-lane.ts";

interface Surveying extends Finished, Pick<GatewaysInput, "lacks"> {
  /** Of the mesh, with their configurations. */
  readonly revisions: readonly Revision[];
}

/** Signs what this run saw of the cluster's gateways and mesh, for people who ask. */
export async function writeSurvey(
  ports: LanePorts,
  mesh: Mesh,
  { lacks, revisions, ...finished }: Surveying,
): Promise<void> {
  const { cluster, grants } = finished;
  const placements = ports.directory.teams
    .flatMap((team) => team.placements)
    .filter((each) => each.cluster === cluster.name);
  const autoscalers = await readAutoscalers(mesh, finished);
  const survey: Survey = {
    cluster: cluster.name,
    at: grants.facts.now,
    configDigest: ports.configDigest,
    frozen: grants.freezes.length > 0,
    gateways: [
      ...surveyGateways({
        gateways: await findGateways(mesh, finished),
        grants: grants.open.map(({ grant }) => grant),
        mapped: placements,
        autoscalers: autoscalers ?? [],
        lacks,
      }),
    ],
    autoscalersRead: autoscalers !== undefined,
    mesh: await lookAtMesh(ports, mesh, {
      ...finished,
      revisions,
      namespaces: [...new Set(placements.map(({ namespace }) => namespace))],
    }),
  };
  await ports.lanes.write(surveyKey(cluster.name), survey);
}

async function findGateways(
  mesh: Mesh,
  { cluster, world }: Finished,
): Promise<readonly GatewayFindings[]> {
  const configurations = await observeConfigurations(mesh);
  const seen = new Map(world.gateways.map((each) => [each.gateway, each]));
  return cluster.gateways.slice(0, MOST_SURVEYED).map((each) => {
    const gateway = gatewayKey(each);
    const configuration = findConfiguration(each, configurations);
    return {
      ...(seen.get(gateway) ?? { gateway, pods: [], object: undefined }),
      egressIpPrefix: egressIpPrefixOf(configuration),
      isConfigured: configuration !== undefined,
    };
  });
}

/** Undefined where the worker may not read them: an older installation's role has no such right. */
async function readAutoscalers(
  mesh: Mesh,
  { cluster }: Finished,
): Promise<readonly KubernetesObject[] | undefined> {
  // Asked first: nothing that is refused is to stand in the API server's audit log at each run.
  if (!(await mesh.may("list", "HorizontalPodAutoscaler"))) return undefined;
  const found: KubernetesObject[] = [];
  for (const namespace of new Set(cluster.gateways.map((gateway) => gateway.namespace))) {
    const listed = await listAllowed(mesh, "HorizontalPodAutoscaler", { namespace });
    if (listed === "forbidden") return undefined;
    found.push(...listed);
  }
  return found;
}

async function lookAtMesh(
  ports: LanePorts,
  mesh: Mesh,
  {
    cluster,
    world,
    grants,
    revisions,
    namespaces,
  }: Pick<Surveying, "cluster" | "world" | "grants" | "revisions"> & {
    readonly namespaces: readonly string[];
  },
): Promise<Survey["mesh"]> {
  // Beside the lane: an Azure that does not answer delays nothing that closes a door. A later run shows what it said.
  await beside(ports, `asking Azure which revisions it offers ${cluster.name}`, async () => {
    await observeOfferedRevisions(ports, cluster);
  });
  const sidecars = await listAllowed(mesh, "Sidecar");
  const labels = await mesh.list("Namespace");
  const configs = revisions.map((each) => each.configs);
  return surveyMesh({
    instance: ports.instance,
    revisions,
    offered: await knownOfferedRevisions(ports, cluster),
    logProvider: world.logProvider ?? ISTIO_LOG_PROVIDER,
    objects: world.objects,
    sidecars: sidecars === "forbidden" ? undefined : sidecars,
    exportDefaults: exportDefaultsOf(configs),
    discovery: discoveryOf(configs),
    namespaceLabels: new Map(labels.map(({ metadata }) => [metadata.name, metadata.labels ?? {}])),
    teamNamespaces: namespaces.toSorted(),
    open: grants.open,
  });
}
