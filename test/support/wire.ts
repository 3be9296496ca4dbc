import { connect, createServer, type Socket } from "node:net";

/** A wire to a server on this machine, which can be cut: TLS goes through it untouched. */
export interface Wire {
  readonly url: string;
  /** Ends every connection; new ones are refused until `mend`. */
  cut(): void;
  mend(): void;
  /** Nothing comes through any longer on the connections there are, and nobody is told. */
  silence(): void;
  /** What the server says waits, until `release`; what it is told goes through. */
  hold(): void;
  release(): void;
  /** Silence from the moment on when a client says this, which nobody hears; resolves then. */
  swallow(words: RegExp): Promise<void>;
  close(): Promise<void>;
}

export async function startWire(target: string): Promise<Wire> {
  const { port, hostname } = new URL(target);
  const pairs = new Set<readonly [Socket, Socket]>();
  let whole = true;
  const server = createServer((near) => {
    if (!whole) {
      near.destroy();
      return;
    }
    const far = connect(Number(port), hostname);
    const pair = [near, far] as const;
    pairs.add(pair);
    near.pipe(far);
    far.pipe(near);
    for (const socket of pair) {
      socket.on("error", () => end(pair));
      socket.on("close", () => end(pair));
    }
  });

  function end(pair: readonly [Socket, Socket]): void {
    pairs.delete(pair);
    for (const socket of pair) socket.destroy();
  }

  function cut(): void {
    whole = false;
    for (const pair of pairs) end(pair);
  }

  let silent = false;
  function silence(): void {
    silent = true;
    for (const [near, far] of pairs) {
      far.unpipe(near);
      near.unpipe(far);
      far.resume();
      near.resume();
    }
  }

  function hold(): void {
    for (const [near, far] of pairs) {
      far.unpipe(near);
      far.pause();
    }
  }

  function release(): void {
    for (const [near, far] of pairs) far.pipe(near);
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const own = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `https://127.0.0.1:${own}`,
    cut,
    mend: () => void (whole = true),
    silence,
    hold,
    release,
    swallow(words) {
      const { promise, resolve } = Promise.withResolvers<void>();
      for (const [near, far] of pairs) {
        near.unpipe(far);
        near.on("data", (bytes) => {
          if (words.test(bytes.toString("latin1"))) {
            silence();
            resolve();
          } else if (!silent) far.write(bytes);
        });
        near.resume();
      }
      return promise;
    },
    async close() {
      cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
