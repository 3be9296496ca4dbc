import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import type { KubernetesObject } from "./stored-object.ts";

const FOLDER = new URL("../../../deploy/crds/", import.meta.url);

/** The CustomResourceDefinitions as they are shipped. */
export const SHIPPED_CRDS: readonly KubernetesObject[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".yaml"))
  .toSorted()
  .map((name) => parse(readFileSync(new URL(name, FOLDER), "utf8")) as KubernetesObject);
