import { renderFormat, renderJson, renderText } from "./access-log.ts";
import type { LogEntry } from "./access-log.ts";
import { selects } from "./catalogue.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Telemetry } from "./workload-schema.ts";
import type { LogStyle, MeshWorld } from "./world.ts";

export interface Workload {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The lines a proxy writes for an entry, one a provider; [] where no Telemetry turns logging on for this workload. */
export function logLines(
  world: MeshWorld,
  catalogue: Catalogue,
  written: { readonly workload: Workload; readonly entry: LogEntry },
): readonly string[] {
  return providersFor(world, catalogue, written.workload).flatMap((name) => {
    const style = styleOf(world, name);
    return style === undefined ? [] : [rendered(written.entry, style)];
  });
}

/** A provider that the mesh configuration does not have logs nothing. */
function styleOf(world: MeshWorld, name: string): LogStyle | undefined {
  const own = world.accessLogProviders?.[name];
  const isPlain = own?.format === undefined && own?.encoding !== "JSON";
  return name === BUILT_IN && isPlain
    ? { encoding: world.accessLogEncoding, format: world.accessLogFormat }
    : own;
}

function rendered(entry: LogEntry, { encoding, format }: LogStyle): string {
  if (format !== undefined) return renderFormat(entry, encoding, format);
  return encoding === "JSON" ? renderJson(entry) : renderText(entry);
}

const BUILT_IN = "envoy";

/**
 * The most specific Telemetry with an accessLogging section decides: workload selector, then namespace, then root
 * namespace, https://istio.io/latest/docs/reference/config/telemetry/. Of several with a selector that matches the oldest
 * alone counts, with or without that section: https://github.com/istio/istio/blob/1.29.5/pilot/pkg/model/telemetry.go
 * (applicableTelemetries). Outbound and gateway traffic is mode CLIENT.
 */
function providersFor(
  world: MeshWorld,
  catalogue: Catalogue,
  workload: Workload,
): readonly string[] {
  const configured = catalogue.telemetries.filter(({ spec }) => spec.accessLogging.length > 0);
  const own = configured.filter(({ metadata }) => metadata.namespace === workload.namespace);
  const selecting = catalogue.telemetries.find(
    ({ metadata, spec }) =>
      metadata.namespace === workload.namespace &&
      spec.selector !== undefined &&
      selects(spec.selector.matchLabels, workload.labels),
  );
  const deciding =
    configured.find((each) => each === selecting) ??
    own.find(({ spec }) => spec.selector === undefined) ??
    configured.find(
      ({ metadata, spec }) =>
        metadata.namespace === world.rootNamespace && spec.selector === undefined,
    );
  const usual = world.accessLogFile === true ? [BUILT_IN] : [];
  return deciding === undefined ? usual : turnedOn(deciding, usual);
}

function turnedOn({ spec }: Telemetry, usual: readonly string[]): readonly string[] {
  const client = spec.accessLogging.filter(({ match }) => match?.mode !== "SERVER");
  if (client.some(({ disabled }) => disabled)) return [];
  const named = client.flatMap(({ providers }) =>
    providers.length === 0 ? usual : providers.map(({ name }) => name),
  );
  return [...new Set(named)];
}
