import type { LaneStore } from "#src/ports/store/lane-store.ts";

/** Documents of this process alone, gone with it. */
export function memoryStore(): LaneStore {
  const documents = new Map<string, unknown>();
  return {
    read: async (key) => documents.get(key),
    async write(key, value) {
      documents.set(key, value);
    },
    async remove(key) {
      documents.delete(key);
    },
  };
}
