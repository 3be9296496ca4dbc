import type { Destination } from "../../grant.ts";
import type { ObjectRef } from "../../kubernetes-object.ts";
import type { Theirs } from "./theirs.ts";

/** Hosts that a namespace keeps; `needed` where a pattern has to be replaced by the names that are needed. */
export type Kept = readonly string[] | "needed";

/** Namespaces by name; `others` where all see it now, and only its owner knows who needs it. */
export type Viewers = readonly string[] | "others";

/**
 * How the owner of an object takes a host away from one namespace.
 * - `delete`: nobody else sees it, and it has nothing else.
 * - `show`: to others alone.
 * - `narrow`: nobody else sees it, and it has other hosts, or a pattern over several.
 * - `split`: others see it, and it has more: to the namespace is shown one of its own with what it keeps, then the first
 *   one to the others alone, for whom nothing changes.
 */
export type Hiding =
  | { readonly how: "delete" }
  | { readonly how: "show"; readonly to: Viewers }
  | { readonly how: "narrow"; readonly host: string; readonly keeps: Kept }
  | { readonly how: "split"; readonly keeps: Kept; readonly to: Viewers };

/** What is there instead. `nothing`: what it set, such as time-outs and retries, ends. */
export type Successor = "copy" | "elsewhere" | "ours" | "nothing";

/** One thing that somebody does, in an order in which the traffic of a namespace does not stop. */
export type AdoptionStep =
  /** Both lead to the same server? What theirs has as endpoints, ours takes from DNS. */
  | { readonly do: "compare"; readonly theirs: Theirs; readonly addresses: readonly string[] }
  /** A Sidecar object would keep the copy out. */
  | { readonly do: "let-in"; readonly sidecar: ObjectRef }
  /** To another namespace, which shows it to whom it is shown now. */
  | {
      readonly do: "copy";
      readonly theirs: Theirs;
      readonly hosts: readonly string[];
      readonly exportTo: readonly string[];
    }
  | { readonly do: "delete"; readonly theirs: Theirs; readonly successor: Successor }
  | {
      readonly do: "take-out";
      readonly theirs: Theirs;
      /** Those that stay. */
      readonly hosts: readonly string[];
      readonly successor: Successor;
    }
  /** A VirtualService that also serves a gateway keeps that part. */
  | { readonly do: "unbind"; readonly theirs: Theirs; readonly gateways: readonly string[] }
  | { readonly do: "ask"; readonly destination: Destination; readonly team: string }
  /** `beside`: VirtualServices of other namespaces, of which it is not shown that ours goes before them. */
  | { readonly do: "approve"; readonly beside: readonly Theirs[] }
  | {
      readonly do: "hide";
      readonly theirs: Theirs;
      /**
       * `before`: before anybody approves, since it could send on to what leads nowhere any more. `after`: once the grant is
       * active. `copy`: of what was copied, once the grant is active.
       */
      readonly which: "before" | "after" | "copy";
      readonly by: Hiding;
    }
  | { readonly do: "look" };

/** How far a request has come: refused for what is in its namespace, waiting for approval, or in place. */
export type AdoptionStage = "refused" | "asked" | "active";
