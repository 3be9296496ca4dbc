/** An Entra object id, or `system:serviceaccount:NAMESPACE:NAME`: nothing that could end a text of a policy. */
const IDENTITY = /^[\w.:@-]{1,253}$/;

/** Whether the API server may call somebody that, and a policy may name them. */
export function isIdentity(text: string): boolean {
  return IDENTITY.test(text);
}
