import { describe, expect, it } from "@jest/globals";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import {
  observeFormatsInForce,
  observeLogFormats,
  observeLogProvider,
} from "#src/requests/observe/mesh/log-formats.ts";
import { FatalError } from "#src/ports/errors.ts";
import { aMeshConfiguredBy } from "./configured-mesh.ts";

/** What a proxy's access log holds under `%ROUTE_NAME%`, read by the formats in force; undefined where none reads it. */
async function routeOf(
  line: string,
  maps: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const formats = await observeLogFormats(aMeshConfiguredBy(maps));
  return formats.map(({ read }) => read(line)).find((read) => read !== undefined)?.routeName;
}

const MANAGED = "rootNamespace: aks-istio-system\n";

describe("the formats that access logs are read by", () => {
  it("are what users put into the shared configuration of a revision", async () => {
    const maps = {
      "istio-asm-1-29": MANAGED,
      "istio-shared-configmap-asm-1-29": "accessLogFormat: |\n  route=%ROUTE_NAME%\n",
    };

    expect(await routeOf("route=r-1", maps)).toBe("r-1");
  });

  it("are those of every revision: a namespace and a gateway may run different ones", async () => {
    const maps = {
      "istio-asm-1-28": MANAGED,
      "istio-shared-configmap-asm-1-28": "accessLogFormat: route=%ROUTE_NAME%",
      "istio-asm-1-29": MANAGED,
      "istio-shared-configmap-asm-1-29":
        'accessLogEncoding: JSON\naccessLogFormat: \'{"route":"%ROUTE_NAME%"}\'',
    };

    expect(await routeOf("route=r-1", maps)).toBe("r-1");
    expect(await routeOf('{"route":"r-2"}', maps)).toBe("r-2");
  });

  it("are the add-on's where that sets one", async () => {
    const maps = {
      "istio-asm-1-29": "accessLogFormat: managed=%ROUTE_NAME%",
      "istio-shared-configmap-asm-1-29": "accessLogFormat: route=%ROUTE_NAME%",
    };

    expect(await routeOf("route=r-1", maps)).toBeUndefined();
    expect(await routeOf("managed=r-1", maps)).toBe("r-1");
  });

  it.each([{}, { "istio-asm-1-29": MANAGED }, { "istio-asm-1-29": "{ no yaml" }])(
    "are Istio's own where nothing else is configured: %j",
    async (maps) => {
      const line =
        '[2026-11-23T06:48:02.541Z] "GET / HTTP/1.1" 200 - via_upstream - "-" 0 268 1 0 "-" "curl/7.88.1" "id" "edition.cnn.com" "198.18.200.10:80" outbound|80||h 198.18.9.10:42978 198.18.9.10:80 198.18.1.10:52424 http.egress.internal r-1';

      expect(await routeOf(line, maps)).toBe("r-1");
    },
  );
});

function telemetry(namespace: string, name: string, instance = "demo"): KubernetesObject {
  return {
    apiVersion: "telemetry.istio.io/v1",
    kind: "Telemetry",
    metadata: { name: "log", namespace, labels: { "sallyport.dev/instance": instance } },
    spec: { accessLogging: [{ providers: [{ name }] }] },
  };
}

describe("the formats in force", () => {
  const OWN =
    "accessLogFormat: poor=%ROUTE_NAME%\nextensionProviders: [{name: sallyport, envoyFileAccessLog: {}}]\n";
  const where = { instance: "demo", namespaces: ["egress-gw", "team-x"] };

  /** Whether the mesh's own, poor format is among those read. */
  async function readsPoor(...telemetries: readonly KubernetesObject[]): Promise<boolean> {
    const maps = aMeshConfiguredBy({ "istio-asm-1-29": OWN });
    const formats = await observeFormatsInForce(
      {
        list: async (kind, options) =>
          kind === "Telemetry" ? telemetries : maps.list(kind, options),
      },
      where,
    );
    return formats.some(({ read }) => read("poor=r-1") !== undefined);
  }

  it("are of the providers that our Telemetries name there, not of those they are to name", async () => {
    expect(await readsPoor()).toBe(false);
    expect(await readsPoor(telemetry("team-x", "sallyport"))).toBe(false);
    expect(await readsPoor(telemetry("team-x", "envoy"))).toBe(true);
    expect(await readsPoor(telemetry("team-x", "sallyport"), telemetry("egress-gw", "envoy"))).toBe(
      true,
    );
    expect(await readsPoor(telemetry("team-y", "envoy"))).toBe(false);
    expect(await readsPoor(telemetry("team-x", "envoy", "other"))).toBe(false);
  });
});

describe("the provider to name", () => {
  it.each(["envoy", "sallyport"])(
    "stays %s while the mesh configuration cannot be had: closing a grant does not wait for it",
    async (name) => {
      const mesh = {
        list: async () => {
          throw new FatalError("Forbidden", "listing ConfigMap");
        },
      };

      expect(await observeLogProvider(mesh, [telemetry("team-x", name)])).toBe(name);
    },
  );
});
