/**
 * What may follow a path's last slash: no encoded slash, dot or backslash, no backslash and no `;`, by which servers are
 * led to another path than the gateway saw. What is encoded twice still passes.
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/best_practices/edge
 */
const BELOW = String.raw`(?:[^%;\\]|%(?:[013-46-9a-fA-F][0-9a-fA-F]|2[0-9a-dA-D]|5[0-9abd-fABD-F]))*`;

/** How Istio matches a path of a grant: `/v1/*` is everything below `/v1/`, a path without a star itself alone. */
export function pathMatch(path: string): { readonly exact: string } | { readonly regex: string } {
  return path.endsWith("/*")
    ? { regex: `${literally(path.slice(0, -1))}${BELOW}` }
    : { exact: path };
}

/** RE2, as Envoy has it: https://github.com/google/re2/wiki/Syntax */
function literally(text: string): string {
  return text.replaceAll(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`);
}
