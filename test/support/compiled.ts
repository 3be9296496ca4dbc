import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * For the environment of each process a test starts: compiled modules are kept for the next one, which halves what its
 * start costs. They are found by their content, so a change is never missed. The place is Node's own.
 * https://nodejs.org/docs/latest-v24.x/api/module.html#module-compile-cache
 */
export const COMPILED = { NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache") };

const EARLY = `import { flushCompileCache } from "node:module"; setTimeout(flushCompileCache, 3000).unref();`;

/** Before the script's name, for a process that will be killed: without it, what it compiled is kept when it ends. */
export const KEEP_COMPILED = ["--import", `data:text/javascript,${encodeURIComponent(EARLY)}`];
