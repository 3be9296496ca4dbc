/** Who somebody is in Slack, now. */
export interface PersonFacts {
  readonly userId: string;
  /** Home workspace of the account. */
  readonly teamId: string;
  readonly name: string;
  readonly deactivated: boolean;
  readonly bot: boolean;
  /** Single- or multi-channel guest. */
  readonly guest: boolean;
  /** From another organisation (Slack Connect). */
  readonly stranger: boolean;
}

/**
 * Live look-ups; answers may be up to 60 s old, failures are never remembered. Throws `RetryableError` where Slack does
 * not answer: a look-up that fails is never a yes, and never "not a member".
 */
export interface Identity {
  /** The workspace Sallyport is installed in. */
  homeTeam(): Promise<string>;
  /** Undefined for an id Slack does not know. Asked after `since` (epoch ms), where given. */
  person(userId: string, since?: number): Promise<PersonFacts | undefined>;
  /** The user groups somebody is in, for what is shown: whether somebody may decide is a question of `members`. */
  groupsOf(userId: string): Promise<readonly string[]>;
  /** User ids of a user group; `checkedAt` is when Slack was asked: after `since`, where given. */
  members(
    group: string,
    since?: number,
  ): Promise<{ readonly users: readonly string[]; readonly checkedAt: number }>;
}
