import {
  ISTIO_LOG_PROVIDER,
  type LogProvider,
  OWN_LOG_PROVIDER,
} from "#src/domain/compile/names.ts";
import type { LogFormat } from "#src/domain/evidence/log/log-format.ts";
import {
  logProvider,
  providerFormat,
  providersNamed,
} from "#src/domain/evidence/log/log-provider.ts";
import { INSTANCE_LABEL, type KubernetesObject } from "#src/domain/kubernetes-object.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { isAdapterError } from "#src/ports/errors.ts";
import { meshRevisions } from "./mesh-config.ts";

/**
 * The provider of access logs that Telemetries are to name. `ours`: those that are there; where the mesh configuration
 * cannot be had they stay as they are, for nothing that closes a grant may wait for it.
 */
export async function observeLogProvider(
  mesh: Pick<Mesh, "list">,
  ours: readonly KubernetesObject[],
): Promise<LogProvider> {
  const now = providersNamed(ours).includes(OWN_LOG_PROVIDER)
    ? OWN_LOG_PROVIDER
    : ISTIO_LOG_PROVIDER;
  try {
    return logProvider(await meshRevisions(mesh), now);
  } catch (error) {
    if (isAdapterError(error)) return now;
    throw error;
  }
}

/**
 * The formats that proxies of any revision write their access log in: for the provider Sallyport would name, or those named.
 * Istio's own where no configuration can be read.
 */
export async function observeLogFormats(
  mesh: Pick<Mesh, "list">,
  named: readonly string[] = [],
): Promise<readonly LogFormat[]> {
  const revisions = await meshRevisions(mesh);
  const names = named.length === 0 ? [logProvider(revisions)] : named;
  return names.flatMap((name) =>
    (revisions.length === 0 ? [[]] : revisions).map((configs) => providerFormat(name, configs)),
  );
}

/** The formats of what Sallyport's Telemetries in these namespaces name now. */
export async function observeFormatsInForce(
  mesh: Pick<Mesh, "list">,
  { instance, namespaces }: { readonly instance: string; readonly namespaces: readonly string[] },
): Promise<readonly LogFormat[]> {
  const all = await mesh.list("Telemetry");
  const ours = all.filter(
    ({ metadata }) =>
      namespaces.includes(metadata.namespace ?? "") &&
      metadata.labels?.[INSTANCE_LABEL] === instance,
  );
  return observeLogFormats(mesh, providersNamed(ours));
}
