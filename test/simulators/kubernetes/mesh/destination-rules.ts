import type { DestinationRule } from "./networking-schema.ts";

/** Rules for one host that were made one, and to whom they are exported. */
interface Merged {
  readonly rule: DestinationRule;
  readonly exportTo: ReadonlySet<string>;
}

/**
 * The one of a namespace's rules for a host that its proxies use. Rules are taken oldest first, then by name. One that is
 * exported as an earlier one is, or wider, is merged into that: it adds subsets of new names, and its traffic policy
 * where there is none. Any other stands alone, and the last that stands alone is the one in force; the rest is ignored.
 * Seen on a mesh; https://istio.io/latest/docs/ops/best-practices/traffic-management/#split-virtual-services says that
 * rules for one host are merged, and not how.
 */
export function ruleInForce(rules: readonly DestinationRule[]): DestinationRule | undefined {
  let standing: readonly Merged[] = [];
  for (const rule of rules) {
    const exportTo = exportedTo(rule);
    const last = standing.at(-1);
    const merged = standing.map((one) =>
      covers(exportTo, one.exportTo) ? { ...one, rule: merge(one.rule, rule) } : one,
    );
    standing =
      last !== undefined && covers(exportTo, last.exportTo)
        ? merged
        : [...merged, { rule, exportTo }];
  }
  return standing.at(-1)?.rule;
}

/** `*` is a word of its own here: it does not hold the others. */
function exportedTo({ metadata, spec }: DestinationRule): ReadonlySet<string> {
  if (spec.exportTo.length === 0) return new Set(["*"]);
  return new Set(spec.exportTo.map((target) => (target === "." ? metadata.namespace : target)));
}

function covers(exportTo: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return exportTo.isSupersetOf(other);
}

function merge(first: DestinationRule, added: DestinationRule): DestinationRule {
  const names = new Set(first.spec.subsets.map(({ name }) => name));
  const trafficPolicy = first.spec.trafficPolicy ?? added.spec.trafficPolicy;
  return {
    ...first,
    spec: {
      ...first.spec,
      subsets: [
        ...first.spec.subsets,
        ...added.spec.subsets.filter(({ name }) => !names.has(name)),
      ],
      ...(trafficPolicy === undefined ? {} : { trafficPolicy }),
    },
  };
}
