import { endpoint } from "../grant.ts";
import type { Asked, AskedDestination } from "./request.ts";

/** Every destination a request asks for, in the order they were written. */
export function destinationsAsked(
  asked: AskedDestination & Pick<Asked, "also">,
): readonly [AskedDestination, ...(readonly AskedDestination[])] {
  const { destination, typedHost, registrableDomain, also = [] } = asked;
  return [{ destination, typedHost, registrableDomain }, ...also];
}

export function asksSeveral({ also }: Pick<Asked, "also">): boolean {
  return also !== undefined;
}

/** `edition.cnn.com:443`, or `3 destinations`. */
export function askedText(asked: AskedDestination & Pick<Asked, "also">): string {
  const all = destinationsAsked(asked);
  return all.length === 1 ? endpoint(asked.destination) : `${all.length} destinations`;
}
