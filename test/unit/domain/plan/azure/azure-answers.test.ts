import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  type AdviceKind,
  type AzureAnswer,
  judgeAzureAnswer,
  longestPauseMs,
  pauseMs,
  quoteAzure,
} from "#src/domain/plan/azure/azure-answers.ts";

const QUOTA = "the subscription's owner to raise the quota";
const VM_SIZE = "the platform team to configure another VM size for the gateway node pool";
const RIGHTS = "an administrator to give Sallyport's worker the rights it lacks in Azure";
const BUSY = "another operation on the cluster to end";
const AGAIN = "a new try";
const REVISION = "the platform team to bring the mesh to a revision that Azure supports";
const REFUSED = "the platform team to look at what Azure refuses";

/** Status (none for an operation that failed later), code, message → what is done, and who is waited for. */
const ANSWERS: readonly (readonly [
  number | undefined,
  string,
  string,
  AdviceKind,
  string | RegExp,
])[] = [
  [
    409,
    "ScopeLocked",
    "cannot perform write operation because following scope(s) are locked",
    "mend",
    /lock away/,
  ],
  [403, "RequestDisallowedByPolicy", "denied by policy 'no-public-ips'", "mend", /Azure Policy/],
  [undefined, "QuotaExceeded", "", "mend", QUOTA],
  [412, "QuotaExceeded", "left regional vcpu quota 0", "mend", QUOTA],
  [undefined, "InsufficientVCPUQuota", "left regional vcpu quota 0, requested 4", "mend", QUOTA],
  [400, "ErrCode_InsufficientVCPUQuota", "", "mend", QUOTA],
  [undefined, "PublicIPCountLimitReached", "Cannot create more than 10", "mend", QUOTA],
  [
    undefined,
    "OperationNotAllowed",
    "Operation results in exceeding quota limits of Core",
    "mend",
    QUOTA,
  ],
  [403, "OperationNotAllowed", "exceeding approved standardDSv5Family Cores quota", "mend", QUOTA],
  [undefined, "SkuNotAvailable", "no such size today", "mend", VM_SIZE],
  [400, "VMSizeNotSupported", "", "mend", VM_SIZE],
  [
    400,
    "BadRequest",
    "The VM size of Standard_D2s_v5 is not allowed in your subscription in location 'westeurope'.",
    "mend",
    VM_SIZE,
  ],
  [
    400,
    "StaticEgressGatewayOnlySupportVMSSNodepool",
    "Node pool type VirtualMachines is not supported for gateway node pool",
    "mend",
    /scale sets/,
  ],
  [undefined, "SubnetIsFull", "", "mend", /subnet larger/],
  [400, "InsufficientSubnetSize", "", "mend", /subnet larger/],
  [403, "AuthorizationFailed", "does not have authorization", "mend", RIGHTS],
  [403, "LinkedAuthorizationFailed", "subnets/join/action", "mend", RIGHTS],
  [undefined, "Forbidden", "signing in was refused", "mend", RIGHTS],
  [401, "InvalidAuthenticationToken", "", "mend", RIGHTS],
  [409, "MissingSubscriptionRegistration", "", "mend", /in order/],
  [404, "ResourceGroupNotFound", "", "mend", /names a cluster/],
  [undefined, "AllocationFailed", "", "later", /machines of this size/],
  [undefined, "ZonalAllocationFailed", "", "later", /machines of this size/],
  [undefined, "OverconstrainedAllocationRequest", "", "later", /machines of this size/],
  [429, "Throttled", "", "wait", /limits how often/],
  [429, "SubscriptionRequestsThrottled", "", "wait", /limits how often/],
  [412, "PreconditionFailed", "", "wait", /just changed/],
  [409, "OperationNotAllowed", "Another operation (Updating) is in progress", "wait", BUSY],
  [409, "EtagMismatch", "Operation is not allowed", "wait", BUSY],
  [undefined, "OriginalEtagNotExpect", "preempted by Deleting operation", "wait", BUSY],
  [409, "", "", "wait", BUSY],
  [
    400,
    "BadRequest",
    "Use of Istio egress gateway for Azure Service Mesh is disallowed.",
    "mend",
    /this cluster's region/,
  ],
  [
    400,
    "BadRequest",
    "Requested change in revisions is not allowed. Reason: Revision asm-1-17 is not supported by the service mesh add-on.",
    "mend",
    REVISION,
  ],
  [
    400,
    "BadRequest",
    "Service mesh revision asm-1-27 is not compatible with cluster version 1.33.1",
    "mend",
    REVISION,
  ],
  [
    400,
    "BadRequest",
    "Istio based Azure service mesh is incompatible with feature Open Service Mesh.",
    "mend",
    /turn off the feature/,
  ],
  [400, "BadRequest", "Missing service mesh mode: {}", "refused", REFUSED],
  [
    400,
    "BadRequest",
    "Istio profile is missing even though Service Mesh mode is Istio",
    "refused",
    REFUSED,
  ],
  [400, "BadRequest", "ServiceMeshProfile revision field must not be empty", "refused", REFUSED],
  [
    400,
    "BadRequest",
    "Request exceeds maximum allowed number of revisions (2)",
    "refused",
    REFUSED,
  ],
  [
    400,
    "InvalidParameter",
    "Invalid request body. Converting request body to a managed cluster encountered error: accept type [], not type object",
    "refused",
    REFUSED,
  ],
  [400, "BadRequest", "If-None-Match can only be *", "refused", REFUSED],
  [undefined, "InternalOperationError", "an extension did not come up", "later", AGAIN],
  [undefined, "Canceled", "", "later", AGAIN],
  [500, "InternalServerError", "", "later", AGAIN],
  [503, "", "", "later", AGAIN],
];

describe("judgeAzureAnswer", () => {
  it.each(ANSWERS)("%s %s: %s", (status, code, message, kind, waitsFor) => {
    const advice = judgeAzureAnswer({ status, code, message });

    expect(advice.kind).toBe(kind);
    expect(advice.waitsFor).toMatch(waitsFor);
  });

  it("has an answer to whatever Azure says", () => {
    fc.assert(
      fc.property(anAnswer, (answer) => {
        expect(judgeAzureAnswer(answer).waitsFor).not.toBe("");
      }),
    );
  });
});

const anAnswer: fc.Arbitrary<AzureAnswer> = fc.record({
  status: fc.option(fc.integer({ min: 100, max: 599 }), { nil: undefined }),
  code: fc.string({ maxLength: 40 }),
  message: fc.string({ maxLength: 2000, unit: "binary" }),
});

describe("quoteAzure", () => {
  it("keeps Azure's words, its status and its code", () => {
    expect(quoteAzure({ status: 409, code: "ScopeLocked", message: "take the lock away" })).toBe(
      "“409 ScopeLocked: take the lock away”",
    );
    expect(quoteAzure({ status: undefined, code: "QuotaExceeded", message: "" })).toBe(
      "“QuotaExceeded”",
    );
  });

  it("is one short line, whatever Azure says, and ends where it seems to end", () => {
    fc.assert(
      fc.property(anAnswer, (answer) => {
        const inner = quoteAzure({ ...answer, code: "X" }).slice(1, -1);

        expect(inner).not.toMatch(/[\p{Cc}“”]/u);
        expect(inner.length).toBeLessThanOrEqual(301);
      }),
    );
  });
});

describe("pauseMs", () => {
  const TICK = 15_000;
  const MINUTE = 60_000;

  it("doubles from one minute up to ten", () => {
    const pauses = [1, 2, 3, 4, 5, 6].map((failures) => pauseMs("later", failures, TICK));

    expect(pauses.map((ms) => ms / MINUTE)).toEqual([1, 2, 4, 8, 10, 10]);
  });

  it("is ten minutes at once where somebody has to do something, and one where it is another's turn", () => {
    expect(pauseMs("mend", 1, TICK)).toBe(10 * MINUTE);
    expect(pauseMs("wait", 9, TICK)).toBe(MINUTE);
  });

  it("is never shorter than AKS gives a write back, nor longer than the longest", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<AdviceKind>("wait", "later", "mend", "refused"),
        fc.integer(),
        (kind, failures) => {
          const pause = pauseMs(kind, failures, TICK);

          expect(pause).toBeGreaterThanOrEqual(MINUTE);
          expect(pause).toBeLessThanOrEqual(longestPauseMs(TICK));
        },
      ),
    );
  });
});
