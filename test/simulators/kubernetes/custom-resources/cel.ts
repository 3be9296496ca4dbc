import { isIP } from "node:net";
import { Environment } from "@marcbachmann/cel-js";
import { isTree } from "../json-tree.ts";
import { Cidr } from "./cidr.ts";
import type { Schema } from "./schema.ts";

/**
 * The language of `x-kubernetes-validations`, with those of Kubernetes' own functions that our files use.
 * https://kubernetes.io/docs/reference/using-api/cel/
 */
const environment = new Environment({ unlistedVariablesAreDyn: true, enableOptionalTypes: true })
  .registerType("net.CIDR", Cidr)
  .registerFunction("isIP(string): bool", (text: string) => isIP(text) !== 0)
  .registerFunction("isCIDR(string): bool", (text: string) => Cidr.parse(text) !== undefined)
  .registerFunction("cidr(string): net.CIDR", cidr)
  .registerFunction("net.CIDR.masked(): net.CIDR", (range: Cidr) => range.masked())
  .registerOperator("net.CIDR == net.CIDR", (one: Cidr, other: Cidr) => one.equals(other));

function cidr(text: string): Cidr {
  const parsed = Cidr.parse(text);
  if (parsed === undefined) throw new Error(`CIDR ${text} does not parse`);
  return parsed;
}

const compiled = new Map<string, ReturnType<typeof environment.parse>>();

/** What is wrong with a rule itself; undefined where it compiles. */
export function compileProblem(rule: string): string | undefined {
  return environment.check(rule).error?.message;
}

/** What a rule says of these values; an error while evaluating it is thrown. */
export function evaluate(rule: string, context: Readonly<Record<string, unknown>>): unknown {
  const expression = compiled.get(rule) ?? environment.parse(rule);
  compiled.set(rule, expression);
  return expression({ ...context });
}

/** Words that a rule reaches a field of that name by as `__name__`. https://kubernetes.io/docs/reference/using-api/cel/#escaping */
const RESERVED = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);

/** A value as rules see it: numbers of integer fields are int, texts of format date-time are timestamps. */
export function toCel(value: unknown, schema: Schema): unknown {
  // `map` of an array from another realm makes another such, which the evaluator does not know.
  if (Array.isArray(value))
    return Array.from(value, (inner: unknown) => toCel(inner, schema.items ?? {}));
  if (isTree(value)) {
    const entries = Object.entries(value).flatMap(([name, inner]): [string, unknown][] => {
      if (inner === undefined) return [];
      const property = schema.properties?.[name];
      const converted = toCel(inner, property ?? schema.additionalProperties ?? {});
      return [[property !== undefined && RESERVED.has(name) ? `__${name}__` : name, converted]];
    });
    return Object.fromEntries(entries);
  }
  if (typeof value === "number" && schema.type === "integer") return BigInt(value);
  return typeof value === "string" && schema.format === "date-time" ? new Date(value) : value;
}
