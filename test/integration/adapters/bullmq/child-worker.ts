import { startWorker } from "#src/adapters/bullmq/worker.ts";

// A worker process to be killed: says when its job runs, and never finishes it.
const [url = "", prefix = ""] = process.argv.slice(2);
startWorker({
  connection: { url },
  prefix,
  kind: "mesh",
  cluster: "prod-1",
  concurrency: 1,
  lockMs: 1_000,
  log: { info() {}, warn() {}, error() {} },
  process: async () => {
    process.send?.("running");
    return new Promise(() => {});
  },
});
