import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";

/**
 * As the API server keeps an object that Sallyport applied: whose which field is.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
export function writtenByUs(object: KubernetesObject): KubernetesObject {
  const annotations = Object.keys(object.metadata.annotations ?? {}).map((key) => [`f:${key}`, {}]);
  const fieldsV1 = { "f:metadata": { "f:annotations": Object.fromEntries(annotations) as object } };
  return {
    ...object,
    metadata: {
      ...object.metadata,
      managedFields: [{ manager: "sallyport", operation: "Apply", fieldsV1 }],
    },
  };
}
