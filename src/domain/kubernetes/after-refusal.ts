/** The first that fits decides. */
const ROWS: readonly (readonly [RegExp, string])[] = [
  // https://learn.microsoft.com/azure/aks/istio-meshconfig
  [
    /admission webhook "azure-service-mesh[^"]*" denied/,
    "the mesh's add-on refuses it: https://learn.microsoft.com/azure/aks/istio-meshconfig says what it takes",
  ],
  // https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
  [
    /admission webhook "[^"]*" denied|ValidatingAdmissionPolicy '(?!sallyport-fence-)[^']*'/,
    "whoever owns that policy has to exempt Sallyport's worker",
  ],
  // https://kubernetes.io/docs/reference/access-authn-authz/rbac/ ; the fence is ours, and older where it refuses this.
  [
    /is forbidden|cannot (create|patch|get|list) resource|'sallyport-fence-/,
    "apply what `npx sallyport rbac` prints",
  ],
];

/** What the API server answered to a write, and what to do about it where that is known. */
export function refusalText(answer: string): string {
  const row = ROWS.find(([pattern]) => pattern.test(answer));
  return row === undefined ? answer : `${answer}; ${row[1]}`;
}
