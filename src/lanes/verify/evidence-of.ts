import { z } from "zod";
import { gatewayConfigurationRef } from "#src/domain/directory.ts";
import type { Evidence } from "#src/domain/evidence/check.ts";
import type { Grant } from "#src/domain/grant.ts";
import { isRefusal, type Refusal } from "#src/domain/outcome.ts";
import { statusOf } from "#src/domain/request/grant-status.ts";
import type { Mesh } from "#src/ports/mesh.ts";
import { type LanePorts } from "#src/requests/lane-ports.ts";
import { aroundGatewayRefusal, resolvePublic } from "#src/requests/observe/address-check.ts";
import { bestEffort } from "../best-effort.ts";
import { collectEvidence } from "./collect-evidence.ts";
import type { Target } from "./prove-grant.ts";

export type Proof = Evidence & { readonly egressIpPrefix: string | undefined };

/** A name that leads inside by now is not probed: people are told, and nothing of it counts as proven. */
export async function evidenceOf(
  ports: LanePorts,
  mesh: Mesh,
  { open, cluster }: Target,
): Promise<Proof> {
  const { grant, requestId, object } = open;
  const key = `leads-inside:${requestId}`;
  const addresses = await addressesOf(ports, mesh, grant);
  if (!isRefusal(addresses)) {
    await bestEffort(ports, "taking back an alarm", () => ports.announcer.over(key));
    return collectEvidence(ports, { cluster, grant });
  }
  if (addresses.reason !== "NameDoesNotResolve") {
    await bestEffort(ports, `telling that ${requestId} leads inside`, () =>
      ports.announcer.tell(
        key,
        `${requestId}: ${addresses.why}. It was public when it was approved. Revoke ${requestId} unless you know why.`,
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
    egressIpPrefix: statusOf(object).egressIpPrefix,
  };
}

async function addressesOf(
  ports: LanePorts,
  mesh: Mesh,
  { destination, gateway }: Grant,
): Promise<readonly string[] | Refusal> {
  const addresses = await resolvePublic(ports, destination);
  if (isRefusal(addresses)) return addresses;
  const configuration = await mesh.get(gatewayConfigurationRef(gateway));
  const excluded = z.array(z.string()).safeParse(configuration?.spec?.["excludeCidrs"]).data ?? [];
  return aroundGatewayRefusal(destination, addresses, excluded) ?? addresses;
}
