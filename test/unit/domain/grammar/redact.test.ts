import { describe, expect, it } from "@jest/globals";
import { typedForShow, withoutSecrets } from "#src/domain/grammar/reason/redact.ts";

describe("typedForShow", () => {
  it.each([
    [
      "allow https://me:pw@a.example.com:8443/x?y#z for team-x",
      "allow https://a.example.com:8443/… for team-x",
    ],
    ["allow a.example.com/hook?sig=x", "allow a.example.com/…"],
    ["allow https://a.example.com/", "allow https://a.example.com/"],
    ["allow a.example.com:443 because b@c.example", "allow a.example.com:443 because b@c.example"],
    [
      "allow https://a.example.com/x because https://jira.example.com/OPS-1",
      "allow https://a.example.com/… because https://jira.example.com/OPS-1",
    ],
    ["status EG-7QK4M.1", "status EG-7QK4M.1"],
  ])("shows %j as %j", (typed, shown) => {
    expect(typedForShow(typed)).toBe(shown);
  });
});

describe("withoutSecrets", () => {
  it.each([
    [
      "see https://jira.example.com/browse/OPS-1?view=all#c",
      "see https://jira.example.com/browse/OPS-1?view=all#c",
    ],
    ["https://u:p@wiki.example.com/x", "https://wiki.example.com/x"],
    ["https://s.example.com/f?sv=1&sig=abc", "https://s.example.com/f?…"],
    ["https://s.example.com/f?a=1&access_token=abc", "https://s.example.com/f?…"],
    ["https://s.example.com/f#id_token=abc", "https://s.example.com/f?…"],
    ["https://s.example.com/f?X-Amz-Signature=abc", "https://s.example.com/f?…"],
    ["https://hooks.slack.com/services/T/B/x", "https://hooks.slack.com/…"],
    ["hooks.slack.com/services/T/B/x", "hooks.slack.com/…"],
    [
      "https://prod-1.westeurope.logic.azure.com:443/workflows/x",
      "https://prod-1.westeurope.logic.azure.com:443/…",
    ],
    ["ask bob@example.com, or R&D: 1.5 < 2", "ask bob@example.com, or R&D: 1.5 < 2"],
  ])("keeps of the reason %j: %j", (reason, kept) => {
    expect(withoutSecrets(reason)).toBe(kept);
    expect(withoutSecrets(kept)).toBe(kept);
  });
});
