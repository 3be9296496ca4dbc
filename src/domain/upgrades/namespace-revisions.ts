/** Which revision injects the sidecars of a namespace's new pods; https://learn.microsoft.com/azure/aks/istio-upgrade */
export const REVISION_LABEL = "istio.io/rev";

/**
 * Of several revisions those whose sidecars pods of a namespace have: `named` is what the namespace's label says, and what
 * each of its injected pods does. All of them where that cannot be told: a name that is no revision may be a tag of any. Pure.
 */
export function revisionsOfNamespace<Each extends { readonly revision: string }>(
  revisions: readonly Each[],
  named: readonly (string | undefined)[],
): readonly Each[] {
  const known = revisions.filter(({ revision }) => named.includes(revision));
  return known.length === 0 || known.length < new Set(named).size ? revisions : known;
}
