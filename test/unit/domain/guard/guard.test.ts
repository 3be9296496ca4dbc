import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { type AdmissionGuard, judgeAdmission } from "#src/domain/evidence/guards/admission.ts";
import type { Directory } from "#src/domain/directory.ts";
import { compileGuard } from "#src/domain/guard/guard.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { CLUSTERS, directories, TEAM_NAMESPACES } from "./some-directory.ts";

function objectsOf(
  directory: Directory,
  {
    team,
    cluster,
    admitted = ["worker"],
  }: { readonly team: string; readonly cluster: string; readonly admitted?: readonly string[] },
): readonly KubernetesObject[] {
  const guard = compileGuard({ directory, team, cluster, admitted });
  return guard === undefined ? [] : [...guard.egressObjects, ...guard.pods];
}

function judged(objects: readonly KubernetesObject[], namespace: string): AdmissionGuard {
  return judgeAdmission({
    policies: objects.filter(({ kind }) => kind === "ValidatingAdmissionPolicy"),
    bindings: objects.filter(({ kind }) => kind === "ValidatingAdmissionPolicyBinding"),
    namespace,
    namespaceLabels: { "kubernetes.io/metadata.name": namespace },
  });
}

const cases = fc.tuple(directories, fc.constantFrom(...CLUSTERS));

describe("a guard", () => {
  it("is there where the team has a namespace in the cluster", () => {
    fc.assert(
      fc.property(cases, ([directory, cluster]) => {
        for (const { name: team, placements } of directory.teams) {
          const isThere = placements.some((each) => each.cluster === cluster);

          expect(objectsOf(directory, { team, cluster }).length).toBe(isThere ? 4 : 0);
        }
      }),
    );
  });

  it("of one team never takes the place of another's", () => {
    fc.assert(
      fc.property(cases, ([directory, cluster]) => {
        const names = directory.teams.flatMap(({ name: team }) =>
          objectsOf(directory, { team, cluster }).map(
            ({ kind, metadata }) => `${kind} ${metadata.name}`,
          ),
        );

        expect(new Set(names).size).toBe(names.length);
      }),
    );
  });

  it("is recognised by what it says, in the team's namespaces alone", () => {
    fc.assert(
      fc.property(cases, ([directory, cluster]) => {
        for (const { name: team, placements } of directory.teams) {
          const objects = objectsOf(directory, { team, cluster });
          const own = placements
            .filter((each) => each.cluster === cluster)
            .map(({ namespace }) => namespace);
          // Whatever they are called.
          const renamed = objects.map((object) =>
            object.kind === "ValidatingAdmissionPolicy"
              ? { ...object, metadata: { name: `${object.metadata.name}-a` } }
              : { ...object, spec: { ...object.spec, policyName: `${object.metadata.name}-a` } },
          );
          for (const namespace of TEAM_NAMESPACES) {
            const by = `sallyport-guard-objects-${team}`;

            expect(judged(objects, namespace)).toEqual(
              own.includes(namespace)
                ? { kind: "denied", by: [by], notGuarded: ["gateways"] }
                : { kind: "unclear", why: expect.any(Array) as unknown },
            );
            if (own.includes(namespace))
              expect(judged(renamed, namespace)).toMatchObject({ by: [`${by}-a`] });
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it.each(["system:serviceaccount:team-x:default", "system:serviceaccount:team-x:ci"])(
    "is none where it lets %s of the team through",
    (account) => {
      const directory: Directory = {
        clusters: [],
        teams: [
          {
            name: "team-x",
            channel: undefined,
            userGroup: undefined,
            placements: [
              {
                cluster: "prod",
                namespace: "team-x",
                serviceAccounts: [],
                gateway: "egress-gw/egw",
              },
            ],
          },
        ],
      };
      const wanted = { team: "team-x", cluster: "prod" };

      expect(judged(objectsOf(directory, wanted), "team-x").kind).toBe("denied");
      expect(
        judged(objectsOf(directory, { ...wanted, admitted: ["worker", account] }), "team-x").kind,
      ).toBe("unclear");
    },
  );
});
