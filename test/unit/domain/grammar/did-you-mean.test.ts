import { describe, expect, it } from "@jest/globals";
import { parse } from "#src/domain/grammar/parse.ts";

describe("an answer to what is no command", () => {
  it.each([
    [
      "alow edition.cnn.com:443 because news",
      "Did you mean `allow`? For example: `@sallyport allow edition.cnn.com:443 because news`",
    ],
    [
      "alow",
      "Did you mean `allow`? For example: `@sallyport allow edition.cnn.com:443 for blue because weather feed`",
    ],
    [
      "please allow edition.cnn.com:443 because news",
      "Did you mean `@sallyport allow edition.cnn.com:443 because news`?",
    ],
    [
      "freeze a b",
      "`freeze` needs the name of one cluster, or none for all. For example: `@sallyport freeze west`",
    ],
  ])("%j is answered with what would work here", (text, answer) => {
    expect(parse(text, { team: "blue", cluster: "west" })).toEqual({ kind: "reply", text: answer });
  });
});
