import { renderFormat, renderJson, renderText } from "./access-log.ts";
import type { LogEntry } from "./access-log.ts";
import { selects } from "./catalogue.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Telemetry } from "./workload-schema.ts";
import type { MeshWorld } from "./world.ts";

export interface Workload {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The line a proxy writes for an entry; [] where no Telemetry turns logging on for this workload. */
export function logLines(
  world: MeshWorld,
  catalogue: Catalogue,
  written: { readonly workload: Workload; readonly entry: LogEntry },
): readonly string[] {
  if (!isLogging(world, catalogue, written.workload)) return [];
  const { accessLogEncoding: encoding, accessLogFormat: format } = world;
  if (format !== undefined) return [renderFormat(written.entry, encoding, format)];
  return [encoding === "JSON" ? renderJson(written.entry) : renderText(written.entry)];
}

/**
 * The most specific Telemetry with an accessLogging section decides: workload selector, then namespace, then root
 * namespace, https://istio.io/latest/docs/reference/config/telemetry/. Outbound and gateway traffic is mode CLIENT.
 */
function isLogging(world: MeshWorld, catalogue: Catalogue, workload: Workload): boolean {
  const configured = catalogue.telemetries.filter(({ spec }) => spec.accessLogging.length > 0);
  const own = configured.filter(({ metadata }) => metadata.namespace === workload.namespace);
  const deciding =
    own.find(
      ({ spec }) =>
        spec.selector !== undefined && selects(spec.selector.matchLabels, workload.labels),
    ) ??
    own.find(({ spec }) => spec.selector === undefined) ??
    configured.find(
      ({ metadata, spec }) =>
        metadata.namespace === world.rootNamespace && spec.selector === undefined,
    );
  return deciding === undefined ? world.accessLogFile === true : turnsOn(deciding, world);
}

function turnsOn({ spec }: Telemetry, world: MeshWorld): boolean {
  const client = spec.accessLogging.filter(({ match }) => match?.mode !== "SERVER");
  if (client.some(({ disabled }) => disabled)) return false;
  return client.some(
    ({ providers }) =>
      providers.some(({ name }) => name === "envoy") ||
      (providers.length === 0 && world.accessLogFile === true),
  );
}
