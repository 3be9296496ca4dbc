import { describe, expect, it } from "@jest/globals";
import { observeLogFormats } from "#src/requests/observe/mesh-config.ts";
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
