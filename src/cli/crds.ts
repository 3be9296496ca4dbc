import { readdirSync, readFileSync } from "node:fs";

const FOLDER = new URL("../../deploy/crds/", import.meta.url);

/** `crds`: prints the CustomResourceDefinitions of this version, to be applied by an administrator of each cluster. */
export async function run(args: readonly string[]): Promise<number> {
  if (args.length > 0) {
    console.error("usage: sallyport crds | kubectl apply -f -");
    return 2;
  }
  const texts = readdirSync(FOLDER)
    .filter((name) => name.endsWith(".yaml"))
    .toSorted()
    .map((name) => readFileSync(new URL(name, FOLDER), "utf8"));
  process.stdout.write(texts.join("---\n"));
  return 0;
}
