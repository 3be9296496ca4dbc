import { compile } from "#src/domain/compile/compile.ts";
import type { Grant } from "#src/domain/grant.ts";
import { INSTANCE_LABEL, type KubernetesObject, refKey } from "#src/domain/kubernetes-object.ts";
import type {
  AdoptionStep,
  Hiding,
  Kept,
  Viewers,
} from "#src/domain/plan/adoption/adoption-step.ts";
import { ANY_OTHER } from "#src/domain/plan/adoption/adoption.ts";
import type { Theirs } from "#src/domain/plan/adoption/theirs.ts";
import { planChanges } from "#src/domain/plan/changes.ts";
import { isRecord, listOf } from "#src/domain/json.ts";
import { GATEWAY } from "../../compile/proven-grants.ts";
import { EDITION, HOSTS, MOVING, OTHERS, TEAM } from "./adoption-world.ts";

export const INSTANCE = "demo";

type Objects = readonly KubernetesObject[];

/** What a person who does just what is printed brings about: the objects after each single write. */
export function played(step: AdoptionStep, objects: Objects, grant: Grant): readonly Objects[] {
  switch (step.do) {
    case "compare":
    case "ask":
    case "look":
      return [];
    case "let-in":
      return [
        objects.map((object) =>
          keyOf(object) === refKey(step.sidecar) ? lettingIn(object) : object,
        ),
      ];
    case "copy":
      return [[...objects, copyOf(step)]];
    case "delete":
      return [without(objects, step.theirs)];
    case "take-out":
      return [changed(objects, step.theirs, { hosts: step.hosts })];
    case "unbind":
      return [changed(objects, step.theirs, { gateways: step.gateways })];
    case "approve":
      return approved(objects, grant);
    case "hide":
      return hidden(objects, step.which === "copy" ? inMoving(step.theirs) : step.theirs, step.by);
    default:
      return step satisfies never;
  }
}

/** Sallyport's own objects one by one, in the order in which a lane writes them. */
function approved(objects: Objects, grant: Grant): readonly Objects[] {
  const desired = compile({
    instance: INSTANCE,
    grants: [grant],
    namespaces: [],
    gateways: [GATEWAY],
  });
  const { changes } = planChanges({
    desired,
    observed: [],
    instance: INSTANCE,
    accounted: new Set(),
  });
  const ours = changes.flatMap(({ object }) => (object === undefined ? [] : [object]));
  return ours.map((_, at) => [...objects, ...ours.slice(0, at + 1)]);
}

export function isOurs({ metadata }: KubernetesObject): boolean {
  return metadata.labels?.[INSTANCE_LABEL] === INSTANCE;
}

function hidden(objects: Objects, theirs: Theirs, by: Hiding): readonly Objects[] {
  switch (by.how) {
    case "delete":
      return [without(objects, theirs)];
    case "show":
      return [shown(objects, theirs, by.to)];
    case "narrow":
      return [changed(objects, theirs, { hosts: kept(by.keeps) })];
    case "split": {
      const first = [...objects, ...forTheTeam(objects, theirs, by.keeps)];
      return [first, shown(first, theirs, by.to)];
    }
    default:
      return by satisfies never;
  }
}

function shown(objects: Objects, theirs: Theirs, to: Viewers): Objects {
  return changed(objects, theirs, { exportTo: to === "others" ? OTHERS : to });
}

/** What somebody needs of a pattern: all that there is under it. */
function kept(keeps: Kept): readonly string[] {
  return keeps === "needed" ? HOSTS.filter((host) => host !== EDITION) : keeps;
}

function forTheTeam(objects: Objects, theirs: Theirs, keeps: Kept): Objects {
  return objects
    .filter((object) => keyOf(object) === refKey(theirs.ref))
    .map((object) => ({
      ...object,
      metadata: { ...object.metadata, name: `${object.metadata.name}-${TEAM}` },
      spec: { ...object.spec, hosts: kept(keeps), exportTo: [TEAM] },
    }));
}

function copyOf({
  theirs: { object, ref },
  hosts,
  exportTo,
}: Extract<AdoptionStep, { readonly do: "copy" }>): KubernetesObject {
  return {
    ...object,
    metadata: { name: ref.name, namespace: MOVING },
    spec: {
      ...object.spec,
      exportTo,
      ...(ref.kind === "ServiceEntry" ? { hosts } : { gateways: ["mesh"] }),
    },
  };
}

function lettingIn(sidecar: KubernetesObject): KubernetesObject {
  const egress = listOf(sidecar.spec?.["egress"]).map((listener) =>
    isRecord(listener)
      ? {
          ...listener,
          hosts: [...listOf(listener["hosts"]), `${ANY_OTHER}/*`.replace(ANY_OTHER, MOVING)],
        }
      : listener,
  );
  return { ...sidecar, spec: { ...sidecar.spec, egress } };
}

function changed(
  objects: Objects,
  { ref }: Theirs,
  fields: Readonly<Record<string, unknown>>,
): Objects {
  return objects.map((object) =>
    keyOf(object) === refKey(ref) ? { ...object, spec: { ...object.spec, ...fields } } : object,
  );
}

function without(objects: Objects, { ref }: Theirs): Objects {
  return objects.filter((object) => keyOf(object) !== refKey(ref));
}

function inMoving(theirs: Theirs): Theirs {
  return { ...theirs, ref: { ...theirs.ref, namespace: MOVING } };
}

function keyOf({ kind, metadata }: KubernetesObject): string {
  return refKey({ kind, ...metadata });
}
