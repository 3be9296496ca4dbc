import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createNameResolver } from "#src/adapters/dns/resolver.ts";
import { FatalError, RetryableError } from "#src/ports/errors.ts";
import type { NameResolver } from "#src/ports/name-resolver.ts";
import { type DnsSimulator, startDnsSimulator } from "#test/simulators/dns/dns-simulator.ts";

let dns: DnsSimulator;
let resolver: NameResolver;

beforeEach(async () => {
  dns = await startDnsSimulator();
  resolver = resolverAt([dns.address]);
});

afterEach(async () => {
  await dns.close();
});

/** A busy machine is slow; nothing waits this long but for a server that never answers. */
const PATIENT_MS = 10_000;
const IMPATIENT_MS = 100;

function resolverAt(servers: readonly string[], timeoutMs = PATIENT_MS): NameResolver {
  return createNameResolver({ servers, timeoutMs, tries: 1 });
}

async function thrownBy(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

describe("a name with addresses", () => {
  it("has both kinds, in canonical form, sorted and without repeats", async () => {
    dns.set("api.example.com", {
      a: ["198.18.200.11", "198.18.200.10", "198.18.200.11"],
      aaaa: ["2001:db8:0:0:0:0:0:11"],
    });
    expect(await resolver.resolve("api.example.com")).toEqual({
      addresses: ["198.18.200.10", "198.18.200.11", "2001:db8::11"],
      exists: true,
    });
    expect(dns.asked.map(({ name, type }) => `${type} ${name}`).toSorted()).toEqual([
      "A api.example.com",
      "AAAA api.example.com",
    ]);
  });

  it("has those of the name its aliases lead to", async () => {
    dns.set("www.example.com", { cname: "edge.example.net" });
    dns.set("edge.example.net", { cname: "pop.example.org" });
    dns.set("pop.example.org", { a: ["198.18.200.12"] });
    expect(await resolver.resolve("www.example.com")).toEqual({
      addresses: ["198.18.200.12"],
      exists: true,
    });
  });

  it("has the IPv6 ones where there are no others", async () => {
    dns.set("six.example.com", { aaaa: ["2001:db8::6"] });
    expect(await resolver.resolve("six.example.com")).toEqual({
      addresses: ["2001:db8::6"],
      exists: true,
    });
  });

  it("is found whatever its case", async () => {
    dns.set("API.example.com", { a: ["198.18.200.11"] });
    expect((await resolver.resolve("api.EXAMPLE.com")).addresses).toEqual(["198.18.200.11"]);
  });
});

it("has all of more addresses than one UDP answer carries", async () => {
  const a = Array.from({ length: 200 }, (_, index) => `198.18.200.${index + 1}`);
  dns.set("many.example.com", { a });
  expect((await resolver.resolve("many.example.com")).addresses).toEqual(a.toSorted());
  expect(dns.asked.map(({ transport }) => transport)).toContain("tcp");
});

it("is asked for anew each time, because addresses change", async () => {
  dns.set("api.example.com", { a: ["198.18.200.11"] });
  await resolver.resolve("api.example.com");
  dns.set("api.example.com", { a: ["198.18.200.12"] });
  expect((await resolver.resolve("api.example.com")).addresses).toEqual(["198.18.200.12"]);
});

describe("a name without addresses", () => {
  it("does not exist where the server says NXDOMAIN", async () => {
    expect(await resolver.resolve("nx.example.com")).toEqual({ addresses: [], exists: false });
  });

  it("does not exist where its alias leads nowhere", async () => {
    dns.set("dangling.example.com", { cname: "gone.example.net" });
    expect(await resolver.resolve("dangling.example.com")).toEqual({
      addresses: [],
      exists: false,
    });
  });

  it("exists where the server has other records of it", async () => {
    dns.set("mail.example.com", {});
    expect(await resolver.resolve("mail.example.com")).toEqual({ addresses: [], exists: true });
  });
});

describe("a server in trouble", () => {
  it("is no proof that a name does not exist when it says SERVFAIL", async () => {
    dns.set("broken.example.com", { servfail: true });
    const error = await thrownBy(resolver.resolve("broken.example.com"));
    expect(error).toBeInstanceOf(RetryableError);
    expect(error).toMatchObject({ cause: { code: "ESERVFAIL" } });
    expect(String(error)).toContain("broken.example.com");
  });

  it("is no proof when an alias loops", async () => {
    dns.set("one.example.com", { cname: "two.example.com" });
    dns.set("two.example.com", { cname: "one.example.com" });
    expect(await thrownBy(resolver.resolve("one.example.com"))).toBeInstanceOf(RetryableError);
  });

  it("is no proof when it is silent", async () => {
    dns.set("slow.example.com", { silent: true });
    const impatient = resolverAt([dns.address], IMPATIENT_MS);
    const error = await thrownBy(impatient.resolve("slow.example.com"));
    expect(error).toBeInstanceOf(RetryableError);
    expect(error).toMatchObject({ cause: { code: "ETIMEOUT" } });
  });

  it("is no proof when nobody listens there", async () => {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    const { port } = socket.address();
    socket.close();
    const error = await thrownBy(resolverAt([`127.0.0.1:${port}`]).resolve("api.example.com"));
    expect(error).toBeInstanceOf(RetryableError);
  });

  it("is helped out by the next one", async () => {
    const second = await startDnsSimulator();
    dns.silence(true);
    second.set("api.example.com", { a: ["198.18.200.11"] });
    const both = resolverAt([dns.address, second.address], 3000);
    const found = await both.resolve("api.example.com");
    await second.close();
    expect(found.addresses).toEqual(["198.18.200.11"]);
  });
});

it("refuses for good what can never be a name", async () => {
  const error = await thrownBy(resolver.resolve(`${"a".repeat(64)}.example.com`));
  expect(error).toBeInstanceOf(FatalError);
  expect(dns.asked).toEqual([]);
});
