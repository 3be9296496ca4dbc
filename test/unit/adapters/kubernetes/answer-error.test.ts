import { describe, expect, it } from "@jest/globals";
import { answerError, isAbsent } from "#src/adapters/kubernetes/answer-error.ts";
import type { ApiAnswer } from "#src/adapters/kubernetes/api-client.ts";

function answer(status: number, details?: object): ApiAnswer {
  const text = JSON.stringify({ kind: "Status", message: "no", details });
  return { status, text, retryAfterMs: undefined };
}

const NAMED = { name: "eg-7qk4m", kind: "egressgrants" };

describe("an answer that is no success", () => {
  it.each([
    ["absent", 404, NAMED, { name: "FatalError", code: "NotFound" }],
    ["in no namespace", 404, { name: "n", kind: "namespaces" }, { code: "NamespaceNotFound" }],
    ["of a kind that is not served", 404, {}, { name: "FatalError", code: "KindNotServed" }],
    [
      "in a namespace being deleted",
      403,
      { ...NAMED, causes: [{ reason: "NamespaceTerminating", field: "metadata.namespace" }] },
      { name: "FatalError", code: "NamespaceTerminating" },
    ],
    ["not ours to write", 403, NAMED, { name: "FatalError", code: "Forbidden" }],
    // https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go
    [
      "another one than was meant",
      422,
      { ...NAMED, causes: [{ reason: "FieldValueInvalid", field: "metadata.uid" }] },
      { name: "RetryableError" },
    ],
    [
      "wrong",
      422,
      { ...NAMED, causes: [{ reason: "FieldValueInvalid", field: "spec.hosts" }] },
      { name: "FatalError", code: "InvalidObject" },
    ],
  ])("for an object that is %s", (_, status, details, expected) => {
    expect(answerError("patching", answer(status, details))).toMatchObject(expected);
  });

  it("says that an object is absent only where it names that object", () => {
    const named = { plural: "egressgrants", name: "eg-7qk4m" };

    expect(isAbsent(answer(404, NAMED), named)).toBe(true);
    expect(isAbsent(answer(404), named)).toBe(false);
    expect(isAbsent(answer(404, { name: "n", kind: "namespaces" }), named)).toBe(false);
    expect(isAbsent({ ...answer(404), text: "404 page not found\n" }, named)).toBe(false);
  });
});
