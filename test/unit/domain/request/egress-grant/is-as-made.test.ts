import { describe, expect, it } from "@jest/globals";
import { isAsMade, newEgressGrant } from "#src/domain/request/egress-grant/egress-grant.ts";
import { aGrantOf, anActiveRequest, anEnd, INSTANCE } from "#test/support/signed-request.ts";
import { anObject, type Json, keys, pathsOf, replaced } from "./judged-object.ts";

const active = anActiveRequest(keys);
const made = newEgressGrant({
  instance: INSTANCE,
  namespace: "sallyport-system",
  record: active,
  grants: [aGrantOf(active)],
});
const { admission: _, activation: __, ...before } = active;
const waiting = anObject(before);
const admitted = anObject(active);

function withSpec(change: Json): typeof waiting {
  return { ...waiting, spec: { ...waiting.spec, ...change } };
}

describe("an object that has the name already", () => {
  it("is the one that would be made, also admitted and active", () => {
    expect(isAsMade(waiting, made)).toBe(true);
    expect(isAsMade(admitted, made)).toBe(true);
  });

  it("is another one with any other value anywhere in its spec, or without it", () => {
    const paths = pathsOf(waiting.spec);
    expect(paths.length).toBeGreaterThan(30);
    for (const path of paths)
      for (const value of ["other", undefined]) {
        const spec = replaced(waiting.spec, path, () => value) as Json;
        expect({ path, same: isAsMade({ ...waiting, spec }, made) }).toEqual({ path, same: false });
      }
  });

  it("is another one with any field more", () => {
    const { spec } = admitted;
    const more = [{ follows: "EG-00000" }, { anything: 1 }, { activation: spec?.["activation"] }];
    expect(more.map((change) => isAsMade(withSpec(change), made))).toEqual([false, false, false]);
  });

  it("is another one without what keeps it until it is closed", () => {
    const { finalizers: ___, ...metadata } = waiting.metadata;
    expect(isAsMade({ ...waiting, metadata }, made)).toBe(false);
    expect(
      isAsMade({ ...waiting, metadata: { ...metadata, finalizers: ["example.com/other"] } }, made),
    ).toBe(false);
  });

  it("is the same where it ended meanwhile: whoever asks is told that", () => {
    const end = { cause: "revoked", at: "x", statement: anEnd(keys, active).envelope };
    expect(isAsMade(withSpec({ end: { [active.id]: end } }), made)).toBe(true);
  });
});
