import { describe, expect, it } from "@jest/globals";
import type { KubernetesObject, ObjectKind } from "#src/domain/kubernetes-object.ts";
import { RetryableError } from "#src/ports/errors.ts";
import type { LogWish, Mesh } from "#src/ports/cluster/mesh.ts";
import { observeReached } from "#src/requests/observe/mesh/reached.ts";
import { renderText } from "#test/simulators/kubernetes/mesh/access-log.ts";

/** A line as a sidecar writes it that let a name out. */
const PASSED = renderText({
  startTime: new Date(0),
  responseCode: 0,
  bytesReceived: 1,
  bytesSent: 1,
  durationMs: 1,
  upstreamHost: "192.0.2.40:443",
  upstreamCluster: "PassthroughCluster",
  downstreamLocal: "192.0.2.40:443",
  downstreamRemote: "10.0.0.1:1",
  sni: "pastebin.com",
});

interface Given {
  readonly pods?: readonly KubernetesObject[];
  readonly format?: string;
  readonly log?: (wish: LogWish) => readonly string[];
  readonly isWhole?: boolean;
}

function aPod(name: string, change: Partial<KubernetesObject> = {}): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "team-x" },
    spec: { containers: [{ name: "app" }], initContainers: [{ name: "istio-proxy" }] },
    status: { phase: "Running" },
    ...change,
  };
}

/** A cluster with these pods in namespace team-x; `asked`: whose logs were read, and how much of them. */
function aCluster({ pods = [aPod("app")], format, log = () => [PASSED], isWhole = true }: Given) {
  const asked: string[] = [];
  const config = format === undefined ? "" : `accessLogFormat: ${JSON.stringify(format)}\n`;
  const listed: Partial<Record<ObjectKind, readonly KubernetesObject[]>> = {
    Pod: pods,
    ConfigMap: [
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "istio-asm-1-28", namespace: "aks-istio-system" },
        data: { mesh: config },
      },
    ],
  };
  const mesh: Pick<Mesh, "list" | "podLog"> = {
    list: async (kind) => listed[kind] ?? [],
    podLog: async ({ pod, container }, wish = {}) => {
      asked.push(`${pod} ${container} ${wish.newest}`);
      const lines: string[] = [];
      for (const line of log(wish)) {
        const taken = wish.take?.(line) ?? "yes";
        if (taken !== "no") lines.push(line);
        if (taken === "last") return { lines, isWhole: true };
      }
      return { lines, isWhole };
    },
  };
  return { mesh, asked };
}

async function why(given: Given): Promise<string | undefined> {
  const { unknown } = await observeReached(aCluster(given).mesh, ["team-x"]);
  return unknown[0]?.why;
}

describe("what is reached without a grant", () => {
  it("is read from the newest lines of sidecars that run, and of no probe", async () => {
    const probe = { metadata: { name: "p", labels: { "sallyport.dev/probe": "true" } } };
    const pods = [
      aPod("app"),
      aPod("probe", probe),
      aPod("bare", { spec: { containers: [{ name: "app" }] } }),
      aPod("over", { status: { phase: "Succeeded" } }),
    ];
    const { mesh, asked } = aCluster({ pods });

    expect(await observeReached(mesh, ["team-x"])).toEqual({
      reached: [{ to: "pastebin.com:443", count: 1, namespaces: ["team-x"] }],
      more: 0,
      unknown: [],
    });
    expect(asked).toEqual(["app istio-proxy 1000"]);
  });

  it("is not read of more than twenty pods a namespace, and says so", async () => {
    const pods = Array.from({ length: 21 }, (_, index) => aPod(`app-${index}`));
    const { mesh, asked } = aCluster({ pods });

    const { reached, unknown } = await observeReached(mesh, ["team-x"]);
    expect(asked).toHaveLength(20);
    expect(reached).toMatchObject([{ count: 20 }]);
    expect(unknown).toEqual([{ namespace: "team-x", why: "in-part" }]);
  });

  it.each<[what: string, given: Given, why: string | undefined]>([
    ["there is no pod", { pods: [] }, undefined],
    ["nothing is logged", { log: () => ["Envoy proxy is ready"] }, "no-lines"],
    [
      "the format does not say by which cluster",
      {
        format: "%START_TIME% %REQ(:AUTHORITY)% %RESPONSE_CODE%\n",
        log: () => ["now a.example 200"],
      },
      "no-field",
    ],
    ["a log is cut off", { isWhole: false }, "in-part"],
    ["nothing comes in time", { log: () => [], isWhole: false }, "unread"],
    [
      "a log is longer than is read",
      { log: () => Array.from({ length: 9999 }, () => PASSED) },
      "in-part",
    ],
    [
      "the logs cannot be read",
      {
        log: () => {
          throw new RetryableError("reading");
        },
      },
      "unread",
    ],
  ])("is known, or not, where %s", async (_what, given, expected) => {
    expect(await why(given)).toBe(expected);
  });
});
