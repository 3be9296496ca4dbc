/** So many are told one by one in one read; of more there is one line, whoever wrote them. */
const MOST = 10;

type Tell = (name: string, error: unknown) => void;

/** Tells a few of what one read leaves out, and how many more there were, under the name of the place. */
export function fewLines(
  tell: Tell,
  place: string,
): { readonly add: Tell; readonly done: () => void } {
  let count = 0;
  return {
    add(name, error) {
      count += 1;
      if (count <= MOST) tell(name, error);
    },
    done() {
      if (count > MOST) tell(place, new Error(`${count - MOST} more cannot be read`));
    },
  };
}
