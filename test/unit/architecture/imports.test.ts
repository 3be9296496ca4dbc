import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import path from "node:path";
import { describe, expect, it } from "@jest/globals";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Each room may import itself and these, and nothing further out. */
const MAY: readonly { readonly room: string; readonly imports: readonly string[] }[] = [
  { room: "src/domain", imports: [] },
  { room: "src/ports", imports: ["src/domain"] },
  { room: "src/requests", imports: ["src/domain", "src/ports"] },
  { room: "src/lanes", imports: ["src/domain", "src/ports", "src/requests"] },
  ...["azure", "kubernetes", "redis", "bullmq", "dns", "slack", "keys"].map((name) => ({
    room: `src/adapters/${name}`,
    imports: ["src/domain", "src/ports"],
  })),
  { room: "src/config", imports: ["src/domain", "src/ports"] },
  {
    room: "src/slack",
    imports: ["src/domain", "src/ports", "src/requests", "src/config", "src/log.ts"],
  },
  { room: "src/slack/render", imports: ["src/domain", "src/ports"] },
  { room: "src/slack/views", imports: ["src/domain", "src/ports", "src/slack/render"] },
  { room: "src", imports: ["src"] },
  { room: "jobs", imports: ["src", "jobs"] },
];

function filesIn(folder: string): readonly string[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => path.posix.join(folder, name));
}

/** Files of the project a file imports, from the root. */
function importsOf(file: string): readonly string[] {
  const text = readFileSync(path.join(ROOT, file), "utf8");
  return [...text.matchAll(/(?:from|import)\s*\(?"([#.][^"]+)"/g)].map(([, target = ""]) =>
    target.startsWith("#") ? target.slice(1) : path.posix.join(path.posix.dirname(file), target),
  );
}

describe("imports", () => {
  it.each(MAY.map(({ room, imports }) => [room, imports] as const))(
    "of %s point inwards",
    (room, allowed) => {
      const outward = filesIn(room).flatMap((file) =>
        importsOf(file)
          .filter(
            (target) =>
              !target.startsWith(`${room}/`) &&
              !allowed.some((other) => target === other || target.startsWith(`${other}/`)),
          )
          .map((target) => `${file} → ${target}`),
      );

      expect(outward).toEqual([]);
    },
  );

  it("of the product never reach into the tests, nor those of src into jobs", () => {
    const wrong = [...filesIn("src"), ...filesIn("jobs")].filter((file) =>
      importsOf(file).some(
        (target) =>
          target.startsWith("test/") || (file.startsWith("src/") && target.startsWith("jobs/")),
      ),
    );

    expect(wrong).toEqual([]);
  });
});
