/*
 * Who lets out what has no entry, and what to do about it. `sidecar`: the Sidecar that decides for the namespace in the
 * mesh configuration's place, as `namespace/name`.
 */

export function whoLetsOut(sidecar: string | undefined): string {
  return sidecar === undefined ? "the mesh" : `Sidecar ${sidecar}`;
}

export function howToClose(sidecar: string | undefined): string {
  return sidecar === undefined
    ? "set the mesh's outboundTrafficPolicy to REGISTRY_ONLY"
    : `set outboundTrafficPolicy of Sidecar ${sidecar} to REGISTRY_ONLY`;
}
