import { z } from "zod";
import { EpochMs } from "../request/shapes.ts";

/**
 * What one run of the mesh lane saw of a cluster's gateways and of its mesh, for people who ask: "as of" its time, and for
 * nothing else. Bounded: a cluster with more than that is told to have more. The worker signs it, beside the board.
 */
export type Survey = z.infer<typeof Survey>;

/** Gateways and namespaces of one survey. */
export const MOST_SURVEYED = 100;
/** Of things that are only named. */
export const MOST_NAMED = 20;
/** Characters of what an object or the cluster says. */
const LONGEST_TEXT = 250;
/** Mesh revisions: Azure has two at most, while one is put in the other's place. */
export const MOST_REVISIONS = 3;
/** Ways out of one namespace that are named. */
export const MOST_WAYS = 2;

/** Of a revision, and of a prefix: one CIDR, or for a private gateway a list of addresses, which is cut. */
export const LONGEST_WORD = 64;

const Count = z.int().min(0);
/** `namespace/name` is 317 characters at most. */
const Name = z.string().max(320);
const Text = z.string().max(LONGEST_TEXT);

/** One line, as long as a survey holds texts; ends with a mark where it was longer. What is signed is well-formed. */
export function surveyText(text: string, most = LONGEST_TEXT): string {
  const line = text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
  const cut = line.length <= most ? line : `${line.slice(0, most - 1)}…`;
  return cut.toWellFormed();
}

/** The first of them, and how many more there are. */
const Named = z.object({ first: z.array(Text).max(MOST_NAMED), more: Count });
export type Named = z.infer<typeof Named>;

export function named(texts: readonly string[], most = MOST_NAMED): Named {
  return {
    first: texts.slice(0, most).map((text) => surveyText(text)),
    more: Math.max(texts.length - most, 0),
  };
}

/** autoscaling/v2 HorizontalPodAutoscaler of a Deployment. Percents of the processor that its pods ask for. */
const Autoscaler = z.object({
  least: Count,
  most: Count,
  now: Count,
  cpuTarget: Count.exactOptional(),
  cpuNow: Count.exactOptional(),
});
export type Autoscaler = z.infer<typeof Autoscaler>;

/** Pods of one mesh revision of a gateway. */
const SurveyedPods = z.object({
  revision: Name,
  available: Count,
  wanted: Count,
  /** Undefined where there is none, or it was not read. */
  autoscaler: Autoscaler.exactOptional(),
});

/** `absent`: nothing of it was made. `not-ready`: something of it is there, or a grant waits for it. */
export const GATEWAY_STATES = ["ready", "not-ready", "absent"] as const;

const SurveyedGateway = z.object({
  /** `namespace/name` */
  gateway: Name,
  state: z.enum(GATEWAY_STATES),
  /** Of one that is not ready. */
  why: Text.exactOptional(),
  egressIpPrefix: z.string().max(LONGEST_WORD).exactOptional(),
  pods: z.array(SurveyedPods).max(MOST_REVISIONS),
  /** Why its autoscaler is not as configured. In words. */
  notScaled: Text.exactOptional(),
  /** What its revisions lack while there are several. In words. */
  lacks: Text.exactOptional(),
  /** Live grants that go through it. */
  grants: Count,
  tunnels: Count,
  /** Mapped to it, or granted something through it: what its tunnels are multiplied with. */
  namespaces: Count,
});
export type SurveyedGateway = z.infer<typeof SurveyedGateway>;

const Mode = z.enum(["REGISTRY_ONLY", "ALLOW_ANY", "unknown"]);

const SurveyedRevision = z.object({
  revision: Name,
  mode: Mode,
  /** What its log format lacks for evidence: grants of these modes stay unproven. In words. */
  logLacks: z.array(Text).max(8),
  /** Whether Azure offers it still: else it is out of support. Undefined where that is not known. */
  offered: z.boolean().exactOptional(),
  /** Whether its pods see an address of their own for each host, where nothing else says otherwise. */
  dnsCapture: z.enum(["on", "off", "unknown"]),
});
export type SurveyedRevision = z.infer<typeof SurveyedRevision>;

/** A Sidecar with an outboundTrafficPolicy, in a team's namespace or in the mesh's root namespace. */
const SidecarOverride = z.object({
  /** `namespace/name` */
  sidecar: Name,
  mode: Mode,
  /** For pods that it selects, and not for all of the namespace. */
  selects: z.boolean(),
});
export type SidecarOverride = z.infer<typeof SidecarOverride>;

/** What limits enforcement in a team's namespace. */
const SurveyedNamespace = z.object({
  namespace: Name,
  /** What becomes of what has no entry, by the Sidecar that counts there or by the mesh. */
  mode: Mode,
  /** The Sidecar that says so. */
  sidecar: Name.exactOptional(),
  /** discoverySelectors leave it out: nothing works there. */
  isLeftOut: z.boolean(),
  /** Ways out that no grant opens. */
  waysOut: Named,
  /** Its live grants, by what the last proof said of each. */
  verdicts: z.object({ enforced: Count, advisory: Count, unproven: Count, unseen: Count }),
});
export type SurveyedNamespace = z.infer<typeof SurveyedNamespace>;

/** Two revisions side by side, while one is put in the other's place. */
const SurveyedUpgrade = z.object({
  from: Name,
  to: Name,
  /** In what the newer one opens the mesh, or sees less of it. In words. */
  differs: z.array(Text).max(MOST_NAMED),
  /** What is to be done about these. */
  mend: Text.exactOptional(),
});

/** Undefined parts were not allowed to be read. */
const SurveyedMesh = z.object({
  revisions: z.array(SurveyedRevision).max(MOST_REVISIONS),
  /** Undefined where there is one revision. */
  upgrade: SurveyedUpgrade.exactOptional(),
  /** Whose access log Sallyport's Telemetries turn on. */
  logProvider: Name,
  /** Telemetries that turn access logging off. */
  silenced: Named,
  sidecars: z
    .object({ first: z.array(SidecarOverride).max(MOST_NAMED), more: Count })
    .exactOptional(),
  namespaces: z.object({ first: z.array(SurveyedNamespace).max(MOST_SURVEYED), more: Count }),
});
export type SurveyedMesh = z.infer<typeof SurveyedMesh>;

export const Survey = z.object({
  cluster: z.string(),
  /** The API server's time of the run. */
  at: EpochMs,
  /** Of the configuration the run used. */
  configDigest: z.string(),
  /** Nothing is built until it is unfrozen. */
  frozen: z.boolean(),
  /** In the configuration's order. */
  gateways: z.array(SurveyedGateway).max(MOST_SURVEYED),
  /** Whether autoscalers could be read: the worker may lack the right. */
  autoscalersRead: z.boolean(),
  mesh: SurveyedMesh,
});

export function surveyKey(cluster: string): string {
  return `survey:${cluster}`;
}

/** What is known of a cluster's gateways and mesh when somebody asks. */
export interface Surveyed {
  /** Undefined where no lane has reported yet, or what is stored is not the worker's. */
  readonly survey: Survey | undefined;
  /** Epoch ms. */
  readonly now: number;
  readonly sweepMs: number;
}
