import { z } from "zod";
import { evaluate } from "../custom-resources/cel.ts";
import type { KubernetesObject } from "../stored-object.ts";
import { MatchResources, type Write } from "./match.ts";

const Named = z.object({ name: z.string(), expression: z.string() });

/** https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/validating-admission-policy-v1/ */
export const Policy = z.object({
  failurePolicy: z.enum(["Fail", "Ignore"]).default("Fail"),
  matchConstraints: MatchResources.optional(),
  matchConditions: z.array(Named).default([]),
  variables: z.array(Named).default([]),
  validations: z
    .array(
      z.object({
        expression: z.string(),
        message: z.string().default(""),
        messageExpression: z.string().optional(),
        reason: z
          .enum(["Invalid", "Forbidden", "Unauthorized", "RequestEntityTooLarge"])
          .optional(),
      }),
    )
    .default([]),
});
export type Policy = z.infer<typeof Policy>;
type Validation = Policy["validations"][number];

export interface Denial {
  readonly message: string;
  readonly reason: NonNullable<Validation["reason"]>;
}

type Context = Readonly<Record<string, unknown>>;

/**
 * Why a policy denies a write, one denial for each validation that is not true. An expression that fails denies where
 * `failurePolicy` is Fail. A condition that is false leaves the write out, also where another one fails.
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
export function denials(policy: Policy, write: Write): readonly Denial[] {
  const context = contextOf(policy, write);
  const conditions = policy.matchConditions.map(({ expression }) => attempt(expression, context));
  if (conditions.some((each) => each.kind === "value" && each.value === false)) return [];
  const failed = conditions.find((each) => each.kind === "failed");
  if (failed !== undefined) return failure(policy, failed.why);
  return policy.validations.flatMap((validation) => {
    const result = attempt(validation.expression, context);
    if (result.kind === "failed") return failure(policy, result.why);
    if (result.value === true) return [];
    return [{ message: messageOf(validation, context), reason: validation.reason ?? "Invalid" }];
  });
}

function failure({ failurePolicy }: Policy, why: string): readonly Denial[] {
  return failurePolicy === "Fail" ? [{ message: why, reason: "Invalid" }] : [];
}

type Attempt =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "failed"; readonly why: string };

function attempt(expression: string, context: Context): Attempt {
  try {
    return { kind: "value", value: evaluate(expression, context) };
  } catch (error) {
    const why = Error.isError(error) ? error.message : String(error);
    return { kind: "failed", why: `expression '${expression}' resulted in error: ${why}` };
  }
}

const LONGEST_MESSAGE = 5 * 1024;

/** A messageExpression that fails, is blank, too long or has several lines gives way to `message`. */
function messageOf(
  { expression, message, messageExpression }: Validation,
  context: Context,
): string {
  const made = messageExpression === undefined ? undefined : attempt(messageExpression, context);
  const text = made?.kind === "value" && typeof made.value === "string" ? made.value.trim() : "";
  if (text !== "" && text.length <= LONGEST_MESSAGE && !text.includes("\n")) return text;
  return message.trim() === "" ? `failed expression: ${expression.trim()}` : message.trim();
}

function contextOf({ variables }: Policy, write: Write): Context {
  const made: Record<string, unknown> = {};
  const context = {
    object: celOf(write.object ?? null),
    oldObject: celOf(write.oldObject ?? null),
    request: celOf(requestOf(write)),
    namespaceObject: celOf(namespaceOf(write)),
    variables: made,
  };
  // Each is computed when it is first asked for, and may use those before it: one that fails harms nobody else.
  for (const { name, expression } of variables) {
    let kept: { readonly value: unknown } | undefined;
    Object.defineProperty(made, name, {
      enumerable: true,
      get: () => (kept ??= { value: evaluate(expression, context) }).value,
    });
  }
  return context;
}

/** What lives in no namespace has none; nor has a Namespace itself. */
function namespaceOf({ store, resource, object, oldObject }: Write): KubernetesObject | null {
  if (!resource.namespaced) return null;
  const name = (object ?? oldObject)?.metadata.namespace ?? "";
  return store.get("Namespace", undefined, name) ?? null;
}

/** An AdmissionRequest: what is empty is absent. https://pkg.go.dev/k8s.io/api/admission/v1#AdmissionRequest */
function requestOf(write: Write): unknown {
  const { resource, subresource, operation, user, dryRun, object, oldObject } = write;
  const { group, version, kind, plural } = resource;
  const { name, namespace } = (object ?? oldObject)?.metadata ?? {};
  const within = kind === "Namespace" ? name : namespace;
  const sub = subresource === undefined ? {} : { subResource: subresource };
  return {
    kind: { group, version, kind },
    resource: { group, version, resource: plural },
    ...sub,
    requestKind: { group, version, kind },
    requestResource: { group, version, resource: plural },
    ...(subresource === undefined ? {} : { requestSubResource: subresource }),
    ...(name === undefined ? {} : { name }),
    ...(within === undefined ? {} : { namespace: within }),
    operation,
    userInfo: { username: user, groups: ["system:authenticated"] },
    dryRun,
  };
}

/** JSON as expressions see it: whole numbers are int. */
function celOf(value: unknown): unknown {
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return Array.from(value, celOf);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries.map(([name, inner]) => [name, celOf(inner)]));
}
