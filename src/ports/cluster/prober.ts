/**
 * What a probe pod is for: the last part of its name. Pods of the same grant and part left over from a crash are deleted
 * before it is made; before `removed`, those of every part: what ended is not proven any more.
 */
export type ProbePart = "granted" | "other" | "bypass" | "removed" | "tried-out";

/** One short-lived probe pod in a team's namespace. */
export interface ProbePod {
  readonly cluster: string;
  readonly namespace: string;
  /** Which grant's: hex digits, a part of the pod's name. */
  readonly of: string;
  readonly part: ProbePart;
  readonly serviceAccount: string;
  /** False = no sidecar is injected: for the by-pass check. */
  readonly sidecar: boolean;
  /** Lines for the probe script: `<name> <kind> <host> <port> [<address>]`. */
  readonly attempts: readonly string[];
  /** How long the attempt `reaches` is repeated until it succeeds. Seconds; 0 = once. */
  readonly retrySeconds: number;
}

export type ProbeResult =
  | {
      readonly kind: "ran";
      /** The script's standard output. */
      readonly output: readonly string[];
      /** The sidecar's log of this pod; empty without sidecar. */
      readonly sidecarLog: readonly string[];
      readonly podIp: string | undefined;
    }
  /** Quota, image, admission policy, somebody else's hand in the pod …: said to people, never taken for a verdict. */
  | { readonly kind: "could-not-run"; readonly why: string };

/** Runs a pod to its end and always removes it. Throws `RetryableError` or `FatalError` as `Mesh` does. */
export interface Prober {
  run(pod: ProbePod): Promise<ProbeResult>;
  /** Asks whether the API server would take the pod, without making it: its reason where it would not. */
  whyRefused(pod: ProbePod): Promise<string | undefined>;
}
