import { request } from "node:http";
import { Resolver } from "node:dns/promises";
import { networkInterfaces } from "node:os";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { servePage } from "#test/page/server.ts";
import type { SlackState } from "#test/page/wire.ts";
import { install, type Installation } from "#test/support/installation.ts";

/* The page's server, without a browser: who is answered, and what each person is told. */

let stack: AsyncDisposableStack;
let installation: Installation;
let url: URL;

beforeAll(async () => {
  stack = new AsyncDisposableStack();
  installation = stack.use(await install());
  url = new URL(stack.use(await servePage(installation)).url);
}, 60_000);
afterAll(() => stack.disposeAsync());

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly hostname?: string;
}

async function send(path: string, { body, hostname = url.hostname, ...sent }: Sent = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const asked = request({ hostname, port: url.port, path, ...sent }, (response) => {
    text(response).then(
      (answer) => resolve({ status: response.statusCode ?? 0, text: answer }),
      reject,
    );
  });
  asked.on("error", reject).end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}

function act(name: string, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  return send(`/do/${name}`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: url.origin, ...headers },
    body,
  });
}

/** What a person's page is told first. */
async function stateOf(me: string): Promise<SlackState> {
  const response = await fetch(new URL(`/live?me=${me}`, url));
  let told = "";
  for await (const chunk of response.body ?? []) {
    told += Buffer.from(chunk).toString("utf8");
    const data = /^event: slack\ndata: (.*)\n\n/mu.exec(told)?.[1];
    if (data !== undefined) return JSON.parse(data) as SlackState;
  }
  throw new Error("nothing was told");
}

const SAID = { me: "alice", channel: "C0TEAMX000", text: "hello" };

describe("the page's server", () => {
  it("sends the page with a policy that lets the browser ask nobody else", async () => {
    const response = await fetch(url);
    const policy = response.headers.get("content-security-policy") ?? "";
    const sources = policy.split(/;? /u).filter((word) => !word.endsWith("-src"));
    expect(response.status).toBe(200);
    expect(policy).toContain("default-src 'none'");
    expect(sources.filter((word) => /^(?:\*|https?:|\w+\.)/u.test(word))).toEqual([]);
    expect(await response.text()).toContain('type="importmap"');
  });

  it.each(["evil.example", "evil.example:80", "127.0.0.1", "localhost:1"])(
    "refuses whoever comes by the name %j",
    async (host) => {
      for (const path of ["/", "/live?me=alice", "/client/main.ts"])
        expect((await send(path, { headers: { host } })).status).toBe(421);
      expect((await act("say", SAID, { host })).status).toBe(421);
    },
  );

  it("listens on the loopback interface alone", async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === "IPv4");
    for (const { address } of others)
      await expect(send("/", { hostname: address })).rejects.toThrow("ECONNREFUSED");
  });

  it.each<Readonly<Record<string, string>>>([
    { origin: "http://evil.example" },
    { origin: "null" },
    { "content-type": "text/plain" },
    { "content-type": "application/x-www-form-urlencoded" },
  ])("does nothing that another page asks for: %j", async (headers) => {
    const before = installation.slack.messages("C0TEAMX000").length;
    expect((await act("say", SAID, headers)).status).toBe(403);
    expect(installation.slack.messages("C0TEAMX000")).toHaveLength(before);
  });

  it.each(["/client/../server.ts", "/client/%2e%2e/server.ts", "/modules/../package.json", "/x"])(
    "has no file %s",
    async (path) => {
      expect((await send(path)).status).toBe(404);
    },
  );

  it("knows nobody it was not told of, and goes on", async () => {
    expect((await send("/live?me=nobody")).status).toBe(404);
    expect((await stateOf("sam")).me).toBe("U0SAM00000");
  });

  it("says in a sentence what cannot be done", async () => {
    for (const [name, body] of [
      ["say", { ...SAID, me: "nobody" }],
      ["press", { me: "alice", at: { in: "window" }, blockId: "a", actionId: "b" }],
      ["submit", { me: "alice", typed: {} }],
      ["plant", { id: "nothing" }],
      ["remove", { kind: "EgressCluster", namespace: "sallyport-system", name: "cluster" }],
      ["constructor", {}],
    ] as const) {
      const { status, text: answer } = await act(name, body);
      expect([name, status, JSON.parse(answer)]).toEqual([
        name,
        200,
        { problem: expect.stringMatching(/\w+ \w+/u) },
      ]);
    }
  });

  it("tells each person what they may see, and nobody else's whispers", async () => {
    const { world } = installation.slack;
    await act("say", SAID);
    const message = { type: "message", channel: "C0TEAMX000", ts: world.nextTs() } as const;
    world.putEphemeral({
      to: world.user("alice").id,
      message: { ...message, user: "U0SALLYPORT", team: "T0HOME0000", text: "for alice" },
    });
    world.addChannel({ name: "closed", members: ["sam"] });
    await act("say", { me: "sam", channel: "closed", text: "for sam" });

    const [alice, sam] = [await stateOf("alice"), await stateOf("sam")];

    expect(alice.messages.map(({ text: said }) => said)).toEqual(["hello", "for alice"]);
    expect(sam.messages.map(({ text: said }) => said)).toEqual(["hello", "for sam"]);
    expect(alice.places.map(({ name }) => name)).not.toContain("closed");
  });

  it("makes a name unknown, and known again, with the addresses it had", async () => {
    const resolver = new Resolver();
    resolver.setServers([installation.dns.address]);
    const id = "name edition.cnn.com";
    const before = await resolver.resolve4("edition.cnn.com");

    await act("plant", { id });
    await expect(resolver.resolve4("edition.cnn.com")).rejects.toThrow("ENOTFOUND");

    await act("mend", { id });
    expect(await resolver.resolve4("edition.cnn.com")).toEqual(before);
  });
});
