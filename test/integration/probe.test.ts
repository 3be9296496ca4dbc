import { afterEach, describe, expect, it } from "@jest/globals";
import { lastTry, parseProbeOutput } from "#src/domain/evidence/probe/probe-output.ts";
import { closedPort, type ProbeTarget, runProbe, startTarget } from "./probe-support.ts";

const targets: ProbeTarget[] = [];

afterEach(async () => {
  for (const started of targets.splice(0)) await started.close();
});

async function target(...options: Parameters<typeof startTarget>): Promise<ProbeTarget> {
  const started = await startTarget(...options);
  targets.push(started);
  return started;
}

describe("the probe's script", () => {
  it("reports an HTTP answer with its sizes, times and connection", async () => {
    const { port, requests } = await target({ kind: "http", statuses: [200] });

    const { output, exitCode } = await runProbe([`reaches http localhost ${port} 127.0.0.1`]);

    expect(exitCode).toBe(0);
    expect(output.complete).toBe(true);
    expect(output.tries).toEqual([
      {
        attempt: "reaches",
        try: 1,
        exit: 0,
        status: 200,
        bytes: 5,
        connect: expect.any(Number),
        appconnect: 0,
        total: expect.any(Number),
        localPort: requests[0]?.remotePort,
        remoteIp: "127.0.0.1",
        error: "",
        redirect: "",
      },
    ]);
    expect(output.tries[0]?.connect).toBeGreaterThan(0);
    expect(requests[0]?.userAgent).toBe("sallyport-probe/test-nonce-reaches-1");
  });

  it.each([403, 404, 503])("reports HTTP %d as it is", async (status) => {
    const { port } = await target({ kind: "http", statuses: [status] });

    const { output } = await runProbe([`reaches http 127.0.0.1 ${port}`]);

    expect(output.tries).toMatchObject([{ exit: 0, status, try: 1 }]);
  });

  it.each([
    ["https://edition.cnn.com/a b?token=x|y", "https"],
    ["https://edition.cnn.com", "https"],
    ["https://edition.cnn.com.example/", ""],
    ["https://other.example/", ""],
    ["http://edition.cnn.com/", ""],
    ["/elsewhere", ""],
  ])(
    "says of an answer that sends to %s only whether that is itself over TLS",
    async (location, redirect) => {
      const { port } = await target({ kind: "http", statuses: [301], location });

      const { output, lines } = await runProbe([`reaches http edition.cnn.com ${port} 127.0.0.1`]);

      expect(output.tries).toMatchObject([{ status: 301, redirect, error: "" }]);
      expect(lines.join("")).not.toContain("token");
    },
  );

  it("counts a completed handshake, whoever's certificate it is and whatever comes after", async () => {
    const https = await target({ kind: "https" });
    const silent = await target({ kind: "tls-closes" });

    const { output } = await runProbe(
      [
        `reaches tls edition.cnn.com ${https.port} 127.0.0.1`,
        `refused tls edition.cnn.com ${silent.port} 127.0.0.1`,
      ],
      { retrySeconds: 1, pauseSeconds: "0.3" },
    );

    expect(lastTry(output, "reaches")).toMatchObject({ exit: 0, status: 200, try: 1 });
    expect(lastTry(output, "reaches")?.appconnect).toBeGreaterThan(0);
    expect(lastTry(output, "refused")?.appconnect).toBeGreaterThan(0);
    expect(lastTry(output, "refused")?.try).toBeGreaterThan(1);
  });

  it("reports a refused connection, a reset handshake, garbage and an unknown name by curl's exit code", async () => {
    const reset = await target({ kind: "resets" });
    const garbage = await target({ kind: "garbage" });
    const free = await closedPort();

    const { output } = await runProbe([
      `a tls 127.0.0.1 ${free}`,
      `b tls 127.0.0.1 ${reset.port}`,
      `c http 127.0.0.1 ${reset.port}`,
      `d tls 127.0.0.1 ${garbage.port}`,
      `e http 127.0.0.1 ${garbage.port}`,
      `f tls nobody.invalid 443`,
    ]);

    expect(output.tries.map(({ exit }) => exit)).toEqual([7, 35, 56, 35, 1, 6]);
    expect(output.tries.every(({ appconnect, status }) => appconnect === 0 && status === 0)).toBe(
      true,
    );
    expect(output.tries[1]?.localPort).toBeGreaterThan(0);
    expect(output.tries[5]?.error).toContain("nobody.invalid");
  });

  it("gives up on a silent server at its limit with exit code 28", async () => {
    const { port } = await target({ kind: "silent" });

    const { output } = await runProbe([`nothing-else tls 127.0.0.1 ${port}`], {
      env: { SALLYPORT_MAX_SECONDS: "0.5" },
    });

    // 28 is curl's own word for its limit: no connection was refused or closed. https://curl.se/libcurl/c/libcurl-errors.html
    expect(output.tries).toMatchObject([{ exit: 28, status: 0, appconnect: 0 }]);
  });

  it("repeats `reaches` until it succeeds within the window, and nothing else", async () => {
    const healing = await target({ kind: "http", statuses: [403, 403, 200] });
    const broken = await target({ kind: "http", statuses: [404] });

    const { output } = await runProbe(
      [`reaches http 127.0.0.1 ${healing.port}`, `nobody-else http 127.0.0.1 ${broken.port}`],
      { retrySeconds: 20, pauseSeconds: "0.05" },
    );

    expect(output.tries.map((one) => [one.attempt, one.try, one.status])).toEqual([
      ["reaches", 1, 403],
      ["reaches", 2, 403],
      ["reaches", 3, 200],
      ["nobody-else", 1, 404],
    ]);
  });

  it("repeats `refused` until it is refused", async () => {
    const { port } = await target({ kind: "http", statuses: [200, 200, 404] });

    const { output } = await runProbe([`refused http 127.0.0.1 ${port}`], {
      retrySeconds: 20,
      pauseSeconds: "0.05",
    });

    expect(output.tries.map(({ status }) => status)).toEqual([200, 200, 404]);
  });

  it("stops at the end of the window, having tried more than once", async () => {
    const { port } = await target({ kind: "http", statuses: [403] });

    const { output } = await runProbe([`reaches http 127.0.0.1 ${port}`], {
      retrySeconds: 5,
      pauseSeconds: "0.5",
    });

    expect(output.complete).toBe(true);
    expect(output.tries.length).toBeGreaterThan(1);
    expect(output.tries.length).toBeLessThan(15);
  });

  it("runs nothing of what it is given, and refuses every word of another kind", async () => {
    const { port } = await target({ kind: "http", statuses: [200] });
    const hostile = [
      "$(touch pwned) http 127.0.0.1 80",
      'a"b http 127.0.0.1 80',
      "a http `touch${IFS}pwned` 80",
      "a http -ofile 80",
      "a http host;id 80",
      "a http user@host 80",
      "a http host/path 80",
      "a http {a,b} 80",
      "a http host 80;id",
      "a http host 999999",
      "a gopher host 80",
      "a http host 80 1.1.1.1,2.2.2.2",
      "a http host 80 1.1.1.1 more",
      "a http *",
      "",
    ];

    const { output, lines, files } = await runProbe([...hostile, `last http 127.0.0.1 ${port}`]);

    expect(output.tries).toMatchObject([{ attempt: "last", status: 200 }]);
    expect(lines.filter((line) => line.includes("refusedLine"))).toHaveLength(hostile.length - 1);
    expect(output.complete).toBe(true);
    expect(files).toEqual([]);
  });

  it("prints JSON whatever curl's error says, and cuts it", async () => {
    const { lines } = await runProbe([`a tls ${"x".repeat(250)}.invalid 443`]);

    const tries = parseProbeOutput(lines).tries;
    expect(tries).toHaveLength(1);
    expect(tries[0]?.error.length).toBeLessThanOrEqual(200);
    for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
  });

  it("does not go through a proxy named by the environment", async () => {
    const { port } = await target({ kind: "http", statuses: [200] });

    const { output } = await runProbe([`reaches http 127.0.0.1 ${port}`], {
      env: { http_proxy: "http://127.0.0.1:1", ALL_PROXY: "http://127.0.0.1:1" },
    });

    expect(output.tries).toMatchObject([{ exit: 0, status: 200 }]);
  });

  it("says where nothing was to be tried", async () => {
    const { output, exitCode } = await runProbe([]);

    expect({ output, exitCode }).toEqual({ output: { tries: [], complete: true }, exitCode: 0 });
  });
});
