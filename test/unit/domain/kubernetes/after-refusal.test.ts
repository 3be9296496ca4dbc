import { expect, it } from "@jest/globals";
import { refusalText } from "#src/domain/kubernetes/after-refusal.ts";

it.each([
  [
    'admission webhook "azure-service-mesh-ccp-validating-webhook.azmk8s.io" denied the request: field is not allowed',
    /the mesh's add-on refuses it: https:/,
  ],
  [
    'admission webhook "validation.gatekeeper.sh" denied the request: [limits] no',
    /whoever owns that policy/,
  ],
  [
    "configmaps \"x\" is forbidden: ValidatingAdmissionPolicy 'no-changes' with binding 'no-changes' denied request",
    /whoever owns that policy/,
  ],
  [
    "configmaps \"x\" is forbidden: ValidatingAdmissionPolicy 'sallyport-fence-mesh-config' with binding 'x' denied request: no",
    /apply what `npx sallyport rbac` prints/,
  ],
  [
    'configmaps is forbidden: User "w" cannot create resource "configmaps" in API group ""',
    /apply what `npx sallyport rbac` prints/,
  ],
])("%s: says what to do", (answer, what) => {
  expect(refusalText(answer).startsWith(`${answer}; `)).toBe(true);
  expect(refusalText(answer).slice(answer.length)).toMatch(what);
});

it("an answer that nobody knows is told as it stands", () => {
  expect(refusalText("etcdserver: request timed out")).toBe("etcdserver: request timed out");
});
