import type { AttemptBody } from "#test/simulators/kubernetes/kubelet/curl.ts";
import type { Outcome } from "#test/simulators/kubernetes/mesh/world.ts";
import { eventually } from "#test/support/eventually.ts";
import type { Installation } from "#test/support/installation.ts";
import { OUTSIDE } from "#test/support/workplace.ts";

/*
 * What traffic does, asked from a team's own pod: not what objects say, but where its connections come out.
 *
 *   const pod = await startPod(installation, { namespace: "team-x" });
 *   const before = trafficOf(pod);
 *   …the attack…
 *   await afterLaneRuns(installation, 3);
 *   expect(trafficOf(pod)).toEqual(before);
 */

type Cluster = Pick<Installation, "kubernetes">;

/** How a connection fares: out through an egress gateway, out some other way, or not out at all. */
export type Way = "gateway" | "around" | "refused";

export interface TeamPod {
  readonly namespace: string;
  readonly name: string;
  /** One connection, decided by the objects the cluster holds now. */
  ask(attempt: AttemptBody): Outcome;
}

/** A running pod of a team that lives until its namespace or the installation goes. */
export async function startPod(
  { kubernetes }: Cluster,
  of: {
    readonly namespace: string;
    readonly name?: string;
    readonly serviceAccount?: string;
    readonly labels?: Readonly<Record<string, string>>;
  },
): Promise<TeamPod> {
  const { namespace, name = "app", serviceAccount = "default", labels = {} } = of;
  kubernetes.store.put({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels },
    spec: {
      serviceAccountName: serviceAccount,
      containers: [{ name: "app", image: "app:1", command: ["sleep", "86400"] }],
    },
  });
  await eventually(() => {
    if (kubernetes.store.get("Pod", namespace, name)?.status?.["podIP"] === undefined)
      throw new Error(`pod ${namespace}/${name} has no address yet`);
  }, 10_000);
  return {
    namespace,
    name,
    ask(attempt) {
      const outcome = kubernetes.mesh.attempt({ namespace, name }, attempt);
      if (outcome === undefined) throw new Error(`pod ${namespace}/${name} is gone`);
      return outcome;
    },
  };
}

export function wayOf({ sourceAddress, gatewayLines }: Outcome): Way {
  if (sourceAddress === undefined) return "refused";
  return gatewayLines.length > 0 ? "gateway" : "around";
}

/** Where connections to every server outside come out, by `host:port`. */
export function trafficOf(pod: TeamPod): Readonly<Record<string, Way>> {
  return Object.fromEntries(
    OUTSIDE.map(({ kind, host, port }) => [
      `${host}:${port}`,
      wayOf(pod.ask({ kind, host, port })),
    ]),
  );
}

/** The servers a pod reaches, in order. */
export function reached(pod: TeamPod): readonly string[] {
  return Object.entries(trafficOf(pod))
    .filter(([, way]) => way !== "refused")
    .map(([to, way]) => (way === "gateway" ? to : `${to} around the gateway`));
}
