/** One line a container wrote, and when: what `kubectl logs --timestamps` shows. */
export interface LogLine {
  readonly at: Date;
  readonly text: string;
}

/** Logs of all containers, by namespace, pod and container; kept until the pod is deleted. */
export interface ContainerLogs {
  append(where: LogOwner, container: string, lines: readonly string[]): void;
  read(where: LogOwner, container: string): readonly LogLine[];
  drop(where: LogOwner): void;
}

export interface LogOwner {
  readonly namespace: string;
  readonly name: string;
}

export function createContainerLogs(now: () => Date): ContainerLogs {
  const pods = new Map<string, Map<string, LogLine[]>>();
  return {
    append(where, container, lines) {
      const containers = pods.get(keyOf(where)) ?? new Map<string, LogLine[]>();
      pods.set(keyOf(where), containers);
      const at = now();
      const log = containers.get(container) ?? [];
      containers.set(container, [...log, ...lines.map((text) => ({ at, text }))]);
    },
    read: (where, container) => pods.get(keyOf(where))?.get(container) ?? [],
    drop: (where) => void pods.delete(keyOf(where)),
  };
}

function keyOf({ namespace, name }: LogOwner): string {
  return `${namespace}/${name}`;
}
