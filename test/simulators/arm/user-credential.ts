import type { Answer } from "./answers.ts";
import { objectAt, textOf } from "./json.ts";
import type { StoredCluster } from "./world.ts";

/** The application kubelogin asks a token for, the same for every cluster. https://azure.github.io/kubelogin/concepts/aks.html */
const AKS_SERVER_ID = "6dae42f8-4368-4678-94ff-3960e28e3630";

/** https://learn.microsoft.com/rest/api/aks/managed-clusters/list-cluster-user-credentials */
export function listUserCredential(cluster: StoredCluster): Answer {
  const value = Buffer.from(kubeconfig(cluster)).toString("base64");
  return { status: 200, body: { kubeconfigs: [{ name: "clusterUser", value }] } };
}

function kubeconfig({ name, resourceGroup, raw, userCredential }: StoredCluster): string {
  const fqdn = textOf(objectAt(raw, "properties")["fqdn"]);
  const { server, ca } = userCredential ?? { server: `https://${fqdn}:443`, ca: "" };
  const user = `clusterUser_${resourceGroup}_${name}`;
  return `apiVersion: v1
kind: Config
clusters:
- cluster:
    certificate-authority-data: ${Buffer.from(ca).toString("base64")}
    server: ${server}
  name: ${name}
contexts:
- context:
    cluster: ${name}
    user: ${user}
  name: ${name}
current-context: ${name}
preferences: {}
users:
- name: ${user}
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      args:
      - get-token
      - --environment
      - AzurePublicCloud
      - --server-id
      - ${AKS_SERVER_ID}
      - --login
      - devicecode
      command: kubelogin
      env: null
      provideClusterInfo: false
`;
}
