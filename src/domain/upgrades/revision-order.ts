const REVISION = /^asm-(\d+)-(\d+)/;

/** Oldest first: `asm-1-9` before `asm-1-10`. What is no revision of the add-on's comes first. */
export function inOrder<Each extends { readonly revision: string }>(
  revisions: readonly Each[],
): readonly Each[] {
  return revisions.toSorted((one, other) => {
    const [major, minor] = numbers(one);
    const [otherMajor, otherMinor] = numbers(other);
    return major - otherMajor || minor - otherMinor;
  });
}

function numbers({ revision }: { readonly revision: string }): readonly [number, number] {
  const [, major = "-1", minor = "-1"] = REVISION.exec(revision) ?? [];
  return [Number(major), Number(minor)];
}
