import { isKnownCluster, type Names } from "../names.ts";

const GATEWAYS =
  /\b(?:list|show|which|what|where|see|how many)\b.*\b(?:egress\s*)?gateways?\b|^gateways?(?:\s+(?:in|of|on)\b|\W*$)/is;
const MESH =
  /\b(?:status|state|mode|show|what|which|how|is)\b.*\bmesh\b|^mesh\W*$|\bmesh\b.*\b(?:status|state|mode|registry_only|allow_any)\b/is;

/**
 * The line that answers a question about a cluster's gateways or its mesh, in anybody's words: `gateway list prod`.
 * Undefined where the text asks for neither.
 */
export function aboutCluster(text: string, names: Names): string | undefined {
  const line = GATEWAYS.test(text) ? "gateway list" : MESH.test(text) ? "mesh status" : undefined;
  if (line === undefined) return undefined;
  const cluster = text
    .toLowerCase()
    .split(/[^a-z0-9-]+/)
    .find((word) => isKnownCluster(word, names));
  return cluster === undefined ? line : `${line} ${cluster}`;
}
