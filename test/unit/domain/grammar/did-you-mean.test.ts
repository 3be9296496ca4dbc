import { describe, expect, it } from "@jest/globals";
import { parse } from "./in-words.ts";

describe("an answer to what is no command", () => {
  it.each([
    [
      "alow edition.cnn.com:443 because news",
      "Did you mean `allow`? Write `@sallyport allow edition.cnn.com:443 because news`. I read: host `edition.cnn.com`, port `443`, mode `tls`, the reason as it stands there.",
    ],
    [
      "alow",
      "Did you mean `allow`? For example: `@sallyport allow edition.cnn.com:443 for blue because weather feed`",
    ],
    [
      "please allow edition.cnn.com:443 because news",
      "Did you mean: `@sallyport allow edition.cnn.com:443 because news`? I read: host `edition.cnn.com`, port `443`, mode `tls`, the reason as it stands there.",
    ],
    ["aprove 3f9a", "Did you mean `approve`? For example: `@sallyport approve 3f9a`"],
    ["please status EG-7QK4M", "Did you mean `@sallyport status EG-7QK4M`?"],
    ["what became of eg-7qk4m?", "Did you mean `@sallyport status EG-7QK4M`?"],
    [
      "hello there",
      "That is not a command I know. There are `allow`, `check`, `status`, `history`, `list`, `cancel`, `revoke`, `renew`, `amend`, `approve`, `deny`, `freeze`, `unfreeze`, `gateway list`, `gateway move`, `gateway remove`, `guard show`, `mesh status`, `mesh registry-only`, `help`. For example: `@sallyport allow edition.cnn.com:443 for blue because weather feed`",
    ],
    ["gatway lst", "Did you mean `gateway list`? For example: `@sallyport gateway list`"],
    [
      "gateways list west",
      "Did you mean `gateway list`? For example: `@sallyport gateway list west`",
    ],
    ["mesh staus", "Did you mean `mesh status`? For example: `@sallyport mesh status`"],
    ["list gateways", "Did you mean `@sallyport gateway list`?"],
    ["which gateways are there in west?", "Did you mean `@sallyport gateway list west`?"],
    ["gateways", "Did you mean `@sallyport gateway list`?"],
    ["gateway", "Did you mean `@sallyport gateway list`?"],
    ["status of the mesh", "Did you mean `@sallyport mesh status`?"],
    ["is the mesh REGISTRY_ONLY in west?", "Did you mean `@sallyport mesh status west`?"],
    ["please mesh status", "Did you mean `@sallyport mesh status`?"],
    ["which gateway has EG-7QK4M?", "Did you mean `@sallyport status EG-7QK4M`?"],
    [
      "mesh status a b",
      "`mesh status` needs the name of one cluster, or none for all. For example: `@sallyport mesh status west`",
    ],
    [
      "freeze a b",
      "`freeze` needs the name of one cluster, or none for all. For example: `@sallyport freeze west`",
    ],
  ])("%j is answered with what would work here", (text, answer) => {
    expect(parse(text, { team: "blue", cluster: "west" })).toEqual({ kind: "reply", text: answer });
  });
});
