/** A grant's id is its request's, with `.n` where there are several. */
export function requestIdOf(grantId: string): string {
  return grantId.replace(/\.\d+$/, "");
}

/** Whether both were asked for in one request. */
export function areOfOneRequest(one: string, other: string): boolean {
  return requestIdOf(one) === requestIdOf(other);
}
