/**
 * What a lane has to remember between two runs: small JSON documents, last write wins (a lane has one writer). What was
 * not written by the worker reads as undefined.
 */
export interface LaneStore {
  read(key: string): Promise<unknown>;
  write(key: string, value: unknown): Promise<void>;
  remove(key: string): Promise<void>;
}
