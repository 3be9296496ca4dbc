import { describe, expect, it } from "@jest/globals";
import { heldLine, ownObjects } from "#src/domain/evidence/removal/held-object.ts";
import { refKey } from "#src/domain/kubernetes-object.ts";
import { aGrant, GATEWAY } from "../../compile/proven-grants.ts";

const HELD = { deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: ["example.com/hold"] };
const MANAGED = [
  { manager: "sallyport", fieldsV1: { "f:spec": {} } },
  {
    manager: "backup",
    fieldsV1: { "f:metadata": { "f:finalizers": { 'v:"example.com/hold"': {} } } },
  },
];

describe("an object that is deleted and still there", () => {
  it.each([
    [HELD, "Gateway egress-gw/x is deleted, but finalizer example.com/hold holds it"],
    [
      { ...HELD, managedFields: MANAGED },
      "Gateway egress-gw/x is deleted, but finalizer example.com/hold (written by backup) holds it",
    ],
    [
      { ...HELD, managedFields: "?" },
      "Gateway egress-gw/x is deleted, but finalizer example.com/hold holds it",
    ],
    [{ deletionTimestamp: HELD.deletionTimestamp }, undefined],
    [{ finalizers: HELD.finalizers }, undefined],
  ])("is said with what holds it: %j", (metadata, line) => {
    const object = {
      apiVersion: "networking.istio.io/v1",
      kind: "Gateway",
      metadata: { name: "x", namespace: "egress-gw", ...metadata },
    };

    expect(heldLine(object)).toBe(line);
  });
});

describe("what of a mesh only one grant needs", () => {
  const grant = aGrant();
  const known = { gateways: [GATEWAY], instance: "demo" };
  const mine = ownObjects(grant, [grant], known).map(refKey);

  it("is on both sides, and nothing of the gateway's own or of the probe", () => {
    expect(mine.map((key) => key.replace(/\/.*/, "")).toSorted()).toEqual([
      "DestinationRule egress-gw",
      "DestinationRule team-x",
      "Gateway egress-gw",
      "ServiceEntry egress-gw",
      "ServiceEntry team-x",
      "VirtualService egress-gw",
      "VirtualService team-x",
    ]);
  });

  it("is less while a live grant shares some of it", () => {
    const other = aGrant({ id: "EG-00002", destination: { ...grant.destination, port: 8443 } });
    const left = ownObjects(grant, [grant, other], known).map(
      (ref) => `${ref.kind} ${ref.namespace}`,
    );

    expect(left).not.toContain("ServiceEntry team-x");
    expect(left).toContain("Gateway egress-gw");
  });
});
