import { isRefusal } from "#src/domain/outcome.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { type LanePorts } from "#src/requests/lane-ports.ts";
import { resolveOutside } from "#src/requests/observe/address-check.ts";
import { bestEffort } from "../best-effort.ts";
import { hearing } from "./hear-dns.ts";
import { collectEvidence, type Proof } from "./collect-evidence.ts";
import type { One } from "./prove-grants.ts";

/** A name that leads inside by now is not probed: people are told, and nothing of it counts as proven. */
export async function evidenceOf(
  ports: LanePorts,
  mesh: Mesh,
  { open, live, cluster }: One,
): Promise<Proof> {
  const { grant, proof, admission } = open;
  const key = `leads-inside:${grant.id}`;
  const addresses = await hearing(ports, open, () => resolveOutside(ports, mesh, grant));
  if (!isRefusal(addresses)) {
    await bestEffort(ports, "taking back an alarm", () => ports.announcer.over(key));
    return collectEvidence(ports, {
      cluster,
      grant,
      live,
      admittedAt: admission.payload.at,
      addresses,
    });
  }
  if (addresses.reason !== "NameDoesNotResolve") {
    await bestEffort(ports, `telling that ${grant.id} leads inside`, () =>
      ports.announcer.tell(
        key,
        `${grant.id}: ${addresses.why}. It was public when it was approved. Revoke ${grant.id} unless you know why.`,
      ),
    );
  }
  const check = {
    name: "reaches",
    verdict: "failed",
    explanation: addresses.why,
    lines: [],
  } as const;
  return {
    checks: [check],
    verdict: "unproven",
    advisories: [],
    egressIpPrefix: proof?.egressIpPrefix,
  };
}
