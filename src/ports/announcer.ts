/** Tells the approvers something that belongs to no request: a lost store, tampering, a frozen cluster. */
export interface Announcer {
  /** `key` makes it said once: the same key with the same text is not repeated until `over(key)`. */
  tell(key: string, text: string): Promise<void>;
  over(key: string): Promise<void>;
}
