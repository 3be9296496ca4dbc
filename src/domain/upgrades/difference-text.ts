import { someOf } from "../some-of.ts";
import type { Comparison, Difference, PlainSetting } from "./compare-revisions.ts";

const PLAIN: Readonly<Record<PlainSetting, string>> = {
  outboundTrafficPolicy:
    "REGISTRY_ONLY is missing: pods there go out directly to whatever no grant names, and a revoke does not block them",
  accessLogFile:
    "accessLogFile is another or missing: pods there may write no access log but where a Telemetry turns it on, as Sallyport's do",
  extensionProviders:
    "the access log provider sallyport is missing or writes less: Sallyport's logs of both revisions go by envoy's format instead",
  dnsCapture:
    "DNS capture is off: hosts of tcp grants have no address of their own there, so that two on one port are not told apart",
  discoverySelectors:
    "discoverySelectors are others: its control plane may ignore Sallyport's objects in a namespace, or heed what others put into more of them",
  trustDomain:
    "trustDomain is another: pods there have other identities than grants are for, and are refused",
  pathNormalization:
    "pathNormalization is weaker: paths written in other ways may pass grants that name paths",
};

/** What a difference means for what is moved to the newer revision, in one sentence that fits into a survey. */
export function differenceText(difference: Difference): string {
  if ("revision" in difference)
    return `the configuration of ${difference.revision} is no YAML: whether the two agree is unknown`;
  if ("names" in difference)
    return `proxyMetadata ${someOf(difference.names, 4)} is another or missing: proxies there behave differently`;
  if ("shownTo" in difference)
    return `${difference.setting} shows to ${someOf(difference.shownTo, 3)} as well what says nothing itself: others' objects may open more, or lead elsewhere`;
  if (!("lacks" in difference)) return PLAIN[difference.setting];
  return difference.lacks.length === 0
    ? "accessLogFormat or accessLogEncoding is missing: who reads these logs by their form finds another one"
    : `the access log does not write ${someOf(difference.lacks, 3)}: no grant can be proven with pods there`;
}

/** What is to be done about all of them. */
export function howToMend({ from, to, hasShared }: Omit<Comparison, "differences">): string {
  const map = `ConfigMap aks-istio-system/istio-shared-configmap-${to}`;
  return hasShared
    ? `Before a workload is moved to ${to}, set in ${map} what that of ${from} sets.`
    : `There is no ${map}: make it as a copy of that of ${from} before a workload is moved to ${to}.`;
}
