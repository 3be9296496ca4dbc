import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { pathMatch } from "#src/domain/compile/paths.ts";

/** As Envoy matches: the whole path, without its query. */
function lets(path: string, asked: string): boolean {
  const match = pathMatch(path);
  return "exact" in match ? match.exact === asked : new RegExp(`^(?:${match.regex})$`).test(asked);
}

/** What a server may take for a slash, a dot or a backslash, in every spelling. */
const TRICKS = ["%2f", "%2F", "%2e", "%2E", "%5c", "%5C", "\\", ";"];

describe("a path with a star", () => {
  it.each(["/v1/", "/v1/items", "/v1/a/b/c", "/v1/a%20b", "/v1/%41", "/v1/~x,y@z:!$'()+="])(
    "lets %s pass",
    (asked) => {
      expect(lets("/v1/*", asked)).toBe(true);
    },
  );

  it.each([
    "/v1",
    "/v1x",
    "/v2/items",
    "/",
    "/V1/items",
    "/x/v1/items",
    "/v1/%",
    "/v1/%zz",
    "/v1/%4",
  ])("does not let %s pass", (asked) => {
    expect(lets("/v1/*", asked)).toBe(false);
  });

  it("lets nothing pass that has an encoded slash, dot or backslash, a backslash or a semicolon anywhere", () => {
    const piece = fc.stringMatching(/^[a-z/]{0,8}$/);
    fc.assert(
      fc.property(piece, fc.constantFrom(...TRICKS), piece, (before, trick, after) => {
        expect(lets("/v1/*", `/v1/${before}${trick}${after}`)).toBe(false);
      }),
    );
  });

  it("lets what is encoded twice pass, which docs say", () => {
    expect(lets("/v1/*", "/v1/%252e%252e%252fadmin")).toBe(true);
  });

  it("takes what stands before it literally, whatever a regular expression would make of it", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[-.~!$'()+,=:@a-z]{1,8}$/), (segment) => {
        expect(lets(`/${segment}/*`, `/${segment}/x`)).toBe(true);
        expect(lets(`/${segment}/*`, `/${segment}`)).toBe(false);
      }),
    );
    expect(lets("/a.b/*", "/axb/x")).toBe(false);
    expect(lets("/(a|b)/*", "/a/x")).toBe(false);
  });
});

describe("a path without a star", () => {
  it("is that path alone", () => {
    expect(lets("/health", "/health")).toBe(true);
    for (const asked of ["/health/", "/health/x", "/healthz", "/Health", "/"])
      expect(lets("/health", asked)).toBe(false);
  });
});
