import { type Answer, badRequest, refusal } from "./answers.ts";

export interface Conditions {
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
}

/**
 * The eTag matrix of AKS; `eTag` is undefined where the resource does not exist.
 * https://learn.microsoft.com/azure/aks/use-etags
 */
export function unmetCondition(
  { ifMatch = "", ifNoneMatch = "" }: Conditions,
  eTag: string | undefined,
): Answer | undefined {
  if (ifMatch !== "" && ifNoneMatch !== "")
    return badRequest("If-Match and If-None-Match cannot both be given.");
  if (ifNoneMatch !== "") {
    if (ifNoneMatch !== "*") return badRequest("If-None-Match only takes '*'.");
    return eTag === undefined ? undefined : preconditionFailed("The resource already exists.");
  }
  if (ifMatch === "" || (ifMatch === "*" && eTag !== undefined) || ifMatch === eTag)
    return undefined;
  return preconditionFailed("The eTag does not match the resource's.");
}

function preconditionFailed(message: string): Answer {
  return refusal(412, { code: "PreconditionFailed", message });
}

const PENDING = "See https://aka.ms/aks-pending-operation for more details";
const WAIT = "is in progress, please wait for it to finish before starting a new operation.";

/** The answers AKS is known to give while an operation runs, in turn. */
export class BusyAnswers {
  #given = 0;

  next(subject: { readonly pool: string | undefined; readonly state: string }): Answer {
    const { pool = "nodepool1", state } = subject;
    const code = "OperationNotAllowed";
    const answers = [
      refusal(409, {
        code,
        message: `Operation is not allowed: Another operation (${state}) ${WAIT} ${PENDING}`,
      }),
      etagMismatch(),
      refusal(409, {
        code,
        message: `Operation is not allowed: Another agentpool operation (${pool} - ${state}) ${WAIT} ${PENDING}`,
      }),
      refusal(409, {
        code,
        message: `Operation is not allowed: Another operation (${pool} - ${state}) ${WAIT} ${PENDING}`,
      }),
    ] as const;
    const answer = answers[this.#given % answers.length] ?? etagMismatch();
    this.#given += 1;
    return answer;
  }
}

/** No outer `error`. https://github.com/Azure/terraform-azurerm-aks/issues/604 */
function etagMismatch(): Answer {
  return {
    status: 409,
    body: {
      code: "EtagMismatch",
      details: [
        {
          code: "Unspecified",
          message: "rpc error: code = FailedPrecondition desc = Etag mismatched",
        },
      ],
      message: "Operation is not allowed: Another operation is in progress",
      subcode: "PutManagedClusterAndComponents_FailedPrecondition",
    },
  };
}
