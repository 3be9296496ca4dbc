import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { classifyAddress, normaliseCidrs, parseAddress } from "#src/domain/network/address.ts";

function classOf(address: string): string {
  const found = classifyAddress(address, []);
  return found === "public" ? found : found.range;
}

describe("classifyAddress", () => {
  it.each([
    "8.8.8.8",
    "151.101.3.5",
    "172.32.0.1",
    "100.128.0.1",
    "192.0.2.7",
    "198.51.100.7",
    "203.0.113.7",
    "2001:db8::7",
    "2a04:4e42::773",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
  ])("calls %s public", (address) => {
    expect(classOf(address)).toBe("public");
  });

  it.each([
    ["10.1.2.3", "a private range"],
    ["172.16.0.1", "a private range"],
    ["172.31.255.255", "a private range"],
    ["192.168.1.1", "a private range"],
    ["100.64.0.1", "a shared (carrier-grade NAT) range"],
    ["127.0.0.1", "a loopback range"],
    ["0.0.0.0", "this network"],
    ["169.254.1.1", "a link-local range"],
    ["169.254.169.254", "the cloud's metadata service"],
    ["168.63.129.16", "Azure's platform service"],
    ["224.0.0.1", "a multicast range"],
    ["255.255.255.255", "a reserved range"],
    ["::", "unspecified or loopback"],
    ["::1", "unspecified or loopback"],
    ["fd00::1", "a private range"],
    ["fe80::1%eth0", "a link-local range"],
    ["ff02::1", "a multicast range"],
    ["::ffff:10.0.0.1", "a private range"],
    ["::ffff:a9fe:a9fe", "the cloud's metadata service"],
    ["0:0:0:0:0:FFFF:7F00:0001", "a loopback range"],
    ["::10.0.0.1", "a reserved range"],
    ["::8.8.8.8", "a reserved range"],
    ["64:ff9b::10.0.0.1", "a private range"],
    ["2002:a00:1::", "a private range"],
    ["2001:0:4136:e378:8000:63bf:3fff:fdd2", "a Teredo range"],
    ["010.0.0.1", "no address"],
    ["127.1", "no address"],
    ["edition.cnn.com", "no address"],
    ["", "no address"],
  ])("calls %s %s", (address, range) => {
    expect(classOf(address)).toBe(range);
  });

  it("looks at the extra ranges first, also for what an IPv6 address carries", () => {
    const extra = [{ cidr: "203.0.113.0/24", name: "a pod range" }];

    expect(classifyAddress("203.0.113.9", extra)).toEqual({ range: "a pod range" });
    expect(classifyAddress("::ffff:203.0.113.9", extra)).toEqual({ range: "a pod range" });
    expect(classifyAddress("203.0.114.9", extra)).toBe("public");
  });

  it("calls every address in a private range private", () => {
    const last24 = fc.integer({ min: 0, max: 0xff_ffff });
    fc.assert(
      fc.property(last24, (bits) => {
        const address = `10.${bits >> 16}.${(bits >> 8) & 255}.${bits & 255}`;
        expect(classOf(address)).toBe("a private range");
        expect(classOf(`::ffff:${address}`)).toBe("a private range");
      }),
    );
  });
});

describe("parseAddress", () => {
  it("reads all spellings of one IPv6 address as the same", () => {
    const spellings = ["2001:db8::1:2", "2001:0DB8:0:0:0:0:0001:0002", "2001:db8::0.1.0.2"];

    expect(new Set(spellings.map((text) => parseAddress(text)?.toString()))).toEqual(
      new Set(["2001:db8::1:2"]),
    );
  });

  it("reads every IPv4 and IPv6 address, and never throws on anything else", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.string({ unit: "binary" }), (text, other) => {
        expect(parseAddress(text)).toBeDefined();
        expect(parseAddress(`x${other}`)).toBeUndefined();
      }),
    );
  });
});

describe("normaliseCidrs", () => {
  it("sorts, and drops repeats and ranges within others", () => {
    expect(
      normaliseCidrs([
        "168.63.129.16/32",
        "10.0.0.0/8",
        "10.244.0.0/16",
        "10.0.0.0/8",
        "fd00:1::/48",
        "fd00::/8",
      ]),
    ).toEqual(["10.0.0.0/8", "168.63.129.16/32", "fd00::/8"]);
  });

  it("spells a network in one way", () => {
    expect(
      normaliseCidrs([
        "10.1.2.3/8",
        "10.0.0.0/8",
        "FD00:0:0:1:0:0:0:1/64",
        "fd00:0:0:1::/64",
        "::1/128",
      ]),
    ).toEqual(["10.0.0.0/8", "::1/128", "fd00:0:0:1::/64"]);
  });

  it.each(["10.0.0.0", "10.0.0.0/33", "10.0.0.0/8/8", "x/8", "10.0.0.0/"])(
    "throws on %j",
    (text) => {
      expect(() => normaliseCidrs([text])).toThrow(TypeError);
    },
  );

  it("depends on neither order nor repetition, and is the same when done again", () => {
    const cidr = fc
      .oneof(
        fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })),
        fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })),
      )
      .map((parts) => parts.join("/"));

    fc.assert(
      fc.property(fc.array(cidr, { maxLength: 8 }), (cidrs) => {
        const once = normaliseCidrs(cidrs);
        expect(normaliseCidrs([...cidrs, ...cidrs].toReversed())).toEqual(once);
        expect(normaliseCidrs(once)).toEqual(once);
      }),
    );
  });
});
