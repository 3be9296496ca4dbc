import type { Grant } from "../../grant.ts";
import { isWithin } from "../../network/limits.ts";
import type { ProbeRequest } from "../../network/modes/mode-rules.ts";
import { listeningPort, modeOf } from "../../network/modes/modes.ts";
import { includes } from "../../network/wildcard.ts";
import { someOf } from "../../some-of.ts";
import { covers, grantedAccount } from "../probe/probed-grant.ts";
import { askedAs, type ProbedName, probedName, withName } from "../probe/probed-name.ts";

/** How the end of a grant is looked at: who asks for what, and which live grants let that very request pass. */
export interface RemovalProbe {
  readonly account: string;
  readonly name: ProbedName;
  /** Undefined where every request might change something at the destination. */
  readonly request: ProbeRequest | undefined;
  /** Of the live grants that let it pass the ids: then there is nothing to be refused. */
  readonly stillGrantedBy: readonly string[];
  /** Of the live grants that let the account pass there, but not with this request, the ids. */
  readonly besides: readonly string[];
  /** Of every live grant that leads there, whomever it lets pass, the ids. */
  readonly keptOpenBy: readonly string[];
}

/**
 * Asks for what no live grant lets pass, under an account and with a request of the ended grant, where there is such a
 * pair; of a host that ended a live wildcard lets pass what it lets pass of every host below it.
 */
export function removalProbe(grant: Grant, live: readonly Grant[]): RemovalProbe {
  const name = probedName(grant, live);
  const named = withName(grant.destination, name);
  const { serviceAccounts } = grant.scope;
  const accounts = [grantedAccount(grant.scope), ...serviceAccounts.slice(1)];
  const requests = modeOf(named).probes(named);
  const there = live.filter((other) => leadsThere(other, grant, name.host));
  const keptOpenBy = there.map(({ id }) => id);
  function tried(account: string, request: ProbeRequest | undefined): RemovalProbe {
    const letting = there.filter(({ scope }) => covers(scope, account));
    const [stillGrantedBy = [], besides = []] = [true, false].map((isLet) =>
      letting.filter((other) => lets(other, request) === isLet).map(({ id }) => id),
    );
    return { account, name, request, stillGrantedBy, besides, keptOpenBy };
  }
  const [first] = requests;
  const tries = accounts.flatMap((account) => requests.map((request) => tried(account, request)));
  return (
    tries.find(({ stillGrantedBy }) => stillGrantedBy.length === 0) ??
    tried(grantedAccount(grant.scope), first)
  );
}

/** How it is asked, where that is not plain: a clause for people. */
export function howAsked({ name, request, stillGrantedBy, besides }: RemovalProbe): string {
  const asked =
    request?.path === undefined || request.method === undefined
      ? "it"
      : `${request.method} ${request.path}`;
  const clauses = [
    askedAs(name),
    besides.length > 0 && stillGrantedBy.length === 0
      ? `asked for ${asked}, which ${someOf(besides, 3)}, still open there, does not let pass`
      : undefined,
    request !== undefined && stillGrantedBy.length > 0 && request.path !== undefined
      ? "nothing that a probe may ask there was let pass by the ended grant alone"
      : undefined,
  ];
  return clauses.filter((clause) => clause !== undefined).join("; ");
}

function leadsThere(other: Grant, grant: Grant, host: string): boolean {
  return (
    other.id !== grant.id &&
    other.scope.namespace === grant.scope.namespace &&
    includes(other.destination.host, host) &&
    listeningPort(other.destination) === listeningPort(grant.destination)
  );
}

/** What is not HTTP, or cannot be asked, is let pass as a whole. */
function lets({ destination }: Grant, request: ProbeRequest | undefined): boolean {
  if (request?.path === undefined || request.method === undefined) return true;
  return isWithin(destination, { path: request.path, method: request.method });
}
