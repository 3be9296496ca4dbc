/** Why Azure does not do what it was asked, as it said so. */
export interface AzureAnswer {
  /** HTTP status of the answer; undefined for an operation that was accepted and failed later. */
  readonly status: number | undefined;
  /** Azure's own, such as `QuotaExceeded`; "" where it gave none. */
  readonly code: string;
  readonly message: string;
}

/** What to do about an answer; `waitsFor` completes "waiting for …". */
export interface AzureAdvice {
  readonly kind: AdviceKind;
  readonly waitsFor: string;
}

/**
 * `wait`: it is somebody else's turn. `later`: Azure could not, and may be able to soon. `mend`: somebody has to change
 * something in Azure. `refused`: what was sent is wrong in Azure's eyes, or one part of it is.
 */
export type AdviceKind = "wait" | "later" | "mend" | "refused";

interface Row extends AzureAdvice {
  readonly code?: RegExp;
  readonly status?: readonly (number | undefined)[];
  readonly message?: RegExp;
}

/** The first row that fits decides: a code says more than a status. */
const ROWS: readonly Row[] = [
  // https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources (sent with 409)
  {
    code: /^ScopeLocked$/,
    kind: "mend",
    waitsFor: "whoever locked the cluster or its resource group to take the lock away",
  },
  // https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-policy-requestdisallowedbypolicy
  {
    code: /^RequestDisallowed(ByPolicy|ByAzure)$/,
    kind: "mend",
    waitsFor: "the owner of the Azure Policy that denies this to exempt it",
  },
  // https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-resource-quota
  {
    code: /Quota|CountLimitReached$/,
    kind: "mend",
    waitsFor: "the subscription's owner to raise the quota",
  },
  // Compute sends OperationNotAllowed for a quota, AKS (with 409) for an operation that runs.
  {
    code: /^OperationNotAllowed$/,
    status: [undefined, 400, 403],
    kind: "mend",
    waitsFor: "the subscription's owner to raise the quota",
  },
  // https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-sku-not-available
  {
    code: /^(SkuNotAvailable|VMSizeNotSupported|InvalidVMSize)$/i,
    kind: "mend",
    waitsFor: "the platform team to configure another VM size for the gateway node pool",
  },
  // https://learn.microsoft.com/azure/aks/quotas-skus-regions: sent as BadRequest.
  {
    message: /VM size of \S+ is not allowed in your subscription/i,
    kind: "mend",
    waitsFor: "the platform team to configure another VM size for the gateway node pool",
  },
  // https://github.com/Azure/kube-egress-gateway/issues/1244
  {
    code: /^StaticEgressGatewayOnlySupportVMSSNodepool$/,
    kind: "mend",
    waitsFor: "the platform team: this region takes gateway node pools of scale sets alone",
  },
  // https://learn.microsoft.com/azure/aks/istio-deploy-egress: the feature, by region and API version.
  {
    message: /Use of Istio egress gateway .*is disallowed/i,
    kind: "mend",
    waitsFor: "the platform team: this cluster's region may not have Istio egress gateways",
  },
  // https://learn.microsoft.com/azure/aks/istio-upgrade
  {
    message: /Requested change in revisions is not allowed|not compatible with cluster version/i,
    kind: "mend",
    waitsFor: "the platform team to bring the mesh to a revision that Azure supports",
  },
  // https://learn.microsoft.com/azure/aks/istio-about#limitations
  {
    message: /Azure service mesh is incompatible with feature/i,
    kind: "mend",
    waitsFor: "the platform team to turn off the feature that the mesh does not go with",
  },
  // https://learn.microsoft.com/azure/aks/configure-azure-cni
  {
    code: /^(SubnetIsFull|InsufficientSubnetSize)$/,
    kind: "mend",
    waitsFor: "the network's owner to make the nodes' subnet larger",
  },
  // https://learn.microsoft.com/azure/role-based-access-control/troubleshooting
  {
    code: /^(AuthorizationFailed|LinkedAuthorizationFailed|Forbidden|LinkedAccessCheckFailed)$/,
    kind: "mend",
    waitsFor: "an administrator to give Sallyport's worker the rights it lacks in Azure",
  },
  {
    code: /^(MissingSubscriptionRegistration|SubscriptionNotRegistered|ReadOnlyDisabledSubscription)$/,
    kind: "mend",
    waitsFor: "the subscription's owner to put the subscription in order",
  },
  {
    status: [401, 403],
    kind: "mend",
    waitsFor: "an administrator to give Sallyport's worker the rights it lacks in Azure",
  },
  // https://learn.microsoft.com/troubleshoot/azure/virtual-machines/windows/allocation-failure
  {
    code: /AllocationFailed$|^Overconstrained\w*AllocationRequest$/,
    kind: "later",
    waitsFor: "Azure to have machines of this size free in the region",
  },
  // https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/error-codes/throttled-error
  { status: [429], kind: "wait", waitsFor: "Azure, which limits how often it is asked" },
  // https://learn.microsoft.com/azure/aks/use-etags
  {
    status: [412],
    kind: "wait",
    waitsFor: "a new look at the cluster, which somebody just changed",
  },
  {
    code: /^(OriginalEtagNotExpect|EtagMismatch|OperationPreempted)$/,
    kind: "wait",
    waitsFor: "another operation on the cluster to end",
  },
  // https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/create-upgrade-delete/error-code-operationnotallowed
  { status: [409], kind: "wait", waitsFor: "another operation on the cluster to end" },
  {
    code: /^(ResourceNotFound|ResourceGroupNotFound|SubscriptionNotFound)$/,
    kind: "mend",
    waitsFor: "the platform team: the configuration names a cluster Azure does not have",
  },
  {
    status: [400, 404, 405, 413, 422],
    kind: "refused",
    waitsFor: "the platform team to look at what Azure refuses",
  },
];

const LATER: AzureAdvice = { kind: "later", waitsFor: "a new try" };

/** Pure and total: what Azure has not been heard to say yet may pass by itself. */
export function judgeAzureAnswer(answer: AzureAnswer): AzureAdvice {
  const row = ROWS.find((candidate) => fits(candidate, answer));
  return row === undefined ? LATER : { kind: row.kind, waitsFor: row.waitsFor };
}

function fits(row: Row, { status, code, message }: AzureAnswer): boolean {
  return (
    (row.code?.test(code) ?? true) &&
    (row.status?.includes(status) ?? true) &&
    (row.message?.test(message) ?? true)
  );
}

const LONGEST_QUOTE = 300;

/** Azure's own words on one line, shortened; they are somebody else's text. */
export function quoteAzure({ status, code, message }: AzureAnswer): string {
  const head = [status, code].filter((part) => part !== undefined && part !== "").join(" ");
  const body = message.replaceAll(/[\p{Cc}\p{Cf}\s“”]+/gu, " ").trim();
  const text = [head, body].filter((part) => part !== "").join(": ");
  return `“${text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text}”`;
}

const FIRST_PAUSE_TICKS = 4;
const LONGEST_PAUSE_TICKS = 40;

/** No pause is longer, whatever anybody remembers. */
export function longestPauseMs(tickMs: number): number {
  return tickMs * LONGEST_PAUSE_TICKS;
}

/**
 * How long to leave Azure alone after so many failures in a row (1 or more). With ticks of 15 s: one minute, doubled up to
 * ten. AKS takes one write a minute and cluster, after 20 at once:
 * https://learn.microsoft.com/azure/aks/quotas-skus-regions#throttling-limits-on-aks-resource-provider-apis
 */
export function pauseMs(kind: AdviceKind, failures: number, tickMs: number): number {
  if (kind === "wait") return tickMs * FIRST_PAUSE_TICKS;
  if (kind === "mend") return longestPauseMs(tickMs);
  const doubled = FIRST_PAUSE_TICKS * 2 ** Math.min(Math.max(failures, 1) - 1, 10);
  return tickMs * Math.min(doubled, LONGEST_PAUSE_TICKS);
}
