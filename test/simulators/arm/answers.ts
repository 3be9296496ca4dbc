import type { Json } from "./json.ts";

/** What a call is answered with. */
export interface Answer {
  readonly status: number;
  readonly body?: Json;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ErrorText {
  readonly code: string;
  readonly message: string;
}

/** https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/find-error-code */
export function refusal(status: number, { code, message }: ErrorText, flat = false): Answer {
  return {
    status,
    body: flat ? { code, details: [], message, subcode: "" } : { error: { code, message } },
  };
}

export function badRequest(message: string): Answer {
  return refusal(400, { code: "BadRequest", message });
}

export function notFound(type: string, name: string, resourceGroup: string): Answer {
  const message = `The Resource '${type}/${name}' under resource group '${resourceGroup}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`;
  return {
    ...refusal(404, { code: "ResourceNotFound", message }),
    headers: { "x-ms-failure-cause": "gateway" },
  };
}
