import type { Installation } from "#test/support/installation.ts";
import type { Process } from "#test/support/processes.ts";
import type { Disturbance, PlantedFault } from "#test/simulators/planted-faults.ts";
import { armKind, kubernetesKind, slackCaller, slackKind } from "./kinds.ts";
import { heldOpen, type Supervisor, type When } from "./supervisor.ts";

/** A call as it arrives at a simulator. */
interface Arriving {
  readonly kind: string;
  readonly by: Process["name"];
}

/** Plants one fault, which the first call meets that is `meant`. */
type Plant = (meant: (call: Arriving) => boolean, fault: Disturbance) => PlantedFault;

function plantsOf({ arm, kubernetes, slack }: Installation): readonly Plant[] {
  return [
    (meant, fault) =>
      arm.faults.next({ where: (call) => isMeantWrite(armKind(call), meant) }, fault),
    (meant, fault) =>
      kubernetes.faults.next(
        { where: (call) => isMeantWrite(kubernetesKind(call, kubernetes), meant) },
        fault,
      ),
    (meant, fault) =>
      slack.faults.next(
        {
          method: /./,
          where: (call) => meant({ kind: slackKind(call), by: slackCaller(call) }),
        },
        fault,
      ),
  ];
}

/** The bot has no credentials for any. */
function isMeantWrite(kind: string | undefined, meant: (call: Arriving) => boolean): boolean {
  return kind !== undefined && meant({ kind, by: "worker" });
}

/** The kinds of all calls made from now on; disturbs none. */
export function watchKinds(installation: Installation): ReadonlySet<string> {
  const seen = new Set<string>();
  for (const plant of plantsOf(installation))
    plant(({ kind }) => {
      seen.add(kind);
      return false;
    }, {});
  return seen;
}

/**
 * Has the first call of each kind kill the process that waits for its answer, of those kinds alone where they are given;
 * the kinds that have done so by now.
 */
export function killAtEach(
  installation: Installation,
  supervisor: Supervisor,
  { when, only }: { readonly when: When; readonly only?: readonly string[] },
): ReadonlySet<string> {
  const killed = new Set<string>();
  function plantNext(plant: Plant): void {
    let caller: Process["name"] = "worker";
    const call = plant(({ kind, by }) => {
      if (killed.has(kind) || only?.includes(kind) === false) return false;
      killed.add(kind);
      caller = by;
      // Before this one is dealt with: another call may arrive meanwhile.
      plantNext(plant);
      return true;
    }, heldOpen(when));
    void supervisor.killAt(call, () => caller);
  }
  plantsOf(installation).forEach(plantNext);
  return killed;
}
