import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { install, type Installation } from "#test/support/installation.ts";
import { approve, ask, says, SECURITY } from "#test/support/people.ts";

const FIRST = {
  user: "alice",
  channel: "C0TEAMX000",
  text: "allow edition.cnn.com:443 because news",
};
const READ = { method: "GET", path: /\/managedClusters\// };
const FORBIDDEN = {
  status: 403,
  code: "AuthorizationFailed",
  message: "the client has no authorization to read it",
};

let installation: Installation;

beforeEach(async () => {
  installation = await install({
    configure: (file) => {
      Object.assign(file, { destinations: { allowedRanges: ["10.0.0.0/8"] } });
    },
  });
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
}, 60_000);
afterEach(async () => {
  await installation[Symbol.asyncDispose]();
});

describe("a request that cannot go on says why in its thread, and goes on by itself:", () => {
  it("Azure does not let Sallyport read the cluster, while the plan is made", async () => {
    const { arm, slack } = installation;
    arm.faults.next(READ, FORBIDDEN, Infinity);
    const { ts } = slack.mention(FIRST.user, FIRST.channel, `@sallyport ${FIRST.text}`);
    const thread = { channel: FIRST.channel, ts };
    await says(installation, thread, /does not go on: .*no authorization to read it/);
    expect(slack.messages(SECURITY)).toEqual([]);

    arm.faults.clear();
    await says(installation, thread, /goes on: what it waited for is over/);
    await says(installation, thread, /Waiting for approval/);
  }, 60_000);

  it("Azure takes that right away while the gateway is built", async () => {
    const { arm } = installation;
    const put = arm.faults.next({ method: "PUT" }, { hold: "before" });
    const request = await ask(installation, FIRST);
    await approve(installation, request.id);
    await put.hit;
    arm.faults.next(READ, FORBIDDEN, Infinity);
    put.release();
    await says(installation, request, /does not go on: .*no authorization to read it/);

    arm.faults.clear();
    await says(installation, request, /active and enforced/);
    await says(installation, request, /goes on: what it waited for is over/);
  }, 60_000);
});

describe("a name that is pointed elsewhere later", () => {
  it("to the inside while its gateway is built: nothing is built for it until it leads outside again", async () => {
    const { arm, dns, kubernetes } = installation;
    const put = arm.faults.next({ method: "PUT" }, { hold: "before" });
    const request = await ask(installation, FIRST);
    await approve(installation, request.id);
    await put.hit;
    dns.set("edition.cnn.com", { a: ["169.254.169.254"] });
    put.release();
    await says(installation, request, /is not built yet: .*the cloud's metadata service/);
    expect(
      kubernetes.store.all().filter(({ metadata }) => metadata.name.includes("edition-cnn-com")),
    ).toEqual([]);

    dns.set("edition.cnn.com", { a: ["192.0.2.10"] });
    await says(installation, request, /active and enforced/);
  }, 120_000);

  it("to where the gateway does not lead: the grant is unproven, and the approvers are told", async () => {
    const { dns, kubernetes, slack } = installation;
    const request = await ask(installation, FIRST);
    await approve(installation, request.id);
    await says(installation, request, /active and enforced/);

    dns.set("edition.cnn.com", { a: ["10.244.7.7"] });
    // What had to be repaired is verified again at once.
    const entry = kubernetes.store
      .all()
      .find(({ kind, metadata }) => kind === "ServiceEntry" && metadata.namespace === "team-x");
    kubernetes.store.delete("ServiceEntry", "team-x", entry?.metadata.name ?? "");

    await slack.until(
      () =>
        slack
          .messages(SECURITY)
          .some(
            ({ text }) =>
              text.includes("10.244.7.7") && text.includes("does not go through the gateway"),
          ),
      90_000,
    );
    await says(installation, request, /unproven/);
  }, 120_000);
});
