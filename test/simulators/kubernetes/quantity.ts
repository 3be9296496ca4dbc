import { textOf } from "./json-tree.ts";
const FACTORS: Readonly<Record<string, number>> = {
  "": 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
export function parseQuantity(text: unknown): number {
  const [, number = "0", suffix = ""] = /^([\d.]+)([a-zA-Z]*)$/.exec(textOf(text)) ?? [];
  return Number(number) * (FACTORS[suffix] ?? 1);
}
