import {
  apiVersionOf,
  type KubernetesObject,
  type ObjectKind,
  ownLabels,
} from "../kubernetes-object.ts";
import { gatewayKey, type GatewayRef } from "../grant.ts";

/** One object a cluster should hold, and why. */
export interface Compiled {
  readonly object: KubernetesObject;
  /** The grants it exists for, sorted; none for a gateway's own objects and namespace policies. */
  readonly grantIds: readonly string[];
  /** `namespace/name` of the gateway it belongs to. */
  readonly gateway: string;
  /** The team namespace it serves, also on the gateway's side; undefined where it serves several. */
  readonly namespace?: string;
}

export interface Draft {
  readonly kind: ObjectKind;
  readonly name: string;
  /** Where the object lives. */
  readonly in: string;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly grantIds?: readonly string[];
  readonly serves?: string;
  /** Name the grants on the object itself: only on a tunnel's Gateway and a route's VirtualService. */
  readonly annotated?: true;
}

const GATEWAY_LABEL = "sallyport.dev/gateway";
const GRANT_ANNOTATION = "sallyport.dev/grant-";

/** Makes drafts of one gateway into objects of one instance. */
export function finish(
  draft: Draft,
  owner: { readonly instance: string; readonly gateway: GatewayRef },
): Compiled {
  const { kind, name, spec, grantIds = [], serves, annotated } = draft;
  const annotations = Object.fromEntries(
    grantIds.map((id) => [`${GRANT_ANNOTATION}${id.toLowerCase()}`, id]),
  );
  return {
    object: {
      apiVersion: apiVersionOf(kind),
      kind,
      metadata: {
        name,
        namespace: draft.in,
        labels: {
          ...ownLabels(owner.instance),
          // A label's value holds no slash: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
          [GATEWAY_LABEL]: gatewayLabel(owner.gateway),
        },
        ...(annotated === true ? { annotations } : {}),
      },
      spec,
    },
    grantIds,
    gateway: gatewayKey(owner.gateway),
    ...(serves === undefined ? {} : { namespace: serves }),
  };
}

/** `namespace.name`, cut to a label's 63 characters. */
function gatewayLabel({ namespace, name }: GatewayRef): string {
  return `${namespace}.${name}`.slice(0, 63).replaceAll(/[^a-z0-9]+$/g, "");
}
