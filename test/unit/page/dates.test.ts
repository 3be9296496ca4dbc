import { describe, expect, it } from "@jest/globals";
import { formatDate } from "#test/page/client/words/dates.ts";

/* https://docs.slack.dev/messaging/formatting-message-text#date-formatting, with the moment its examples are about. */

const AT = new Date("2014-02-18T14:39:42Z");
const READER = { now: new Date("2014-03-01T12:00:00Z"), timeZone: "UTC", locale: "en-US" };

describe("a moment in a message", () => {
  it.each([
    ["{date_num}", "2014-02-18"],
    ["{date}", "February 18, 2014"],
    ["{date_short}", "Feb 18, 2014"],
    ["{date_long}", "Tuesday, February 18, 2014"],
    ["{date_pretty}", "February 18, 2014"],
    ["{date_short_pretty} {time}", "Feb 18, 2014 2:39 PM"],
    ["Posted {date_long_pretty} at {time_secs}", "Posted Tuesday, February 18, 2014 at 2:39:42 PM"],
    ["{ago}", "10 days ago"],
  ])("%s", (format, expected) => {
    expect(formatDate(AT, format, READER)).toBe(expected);
  });

  it.each([
    ["2014-02-17T23:59:00Z", "UTC", "tomorrow"],
    ["2014-02-18T00:01:00Z", "UTC", "today"],
    ["2014-02-19T23:00:00Z", "UTC", "yesterday"],
    ["2014-02-18T01:00:00Z", "America/Los_Angeles", "tomorrow"],
    ["2014-02-18T16:00:00Z", "Pacific/Auckland", "today"],
  ])("near days are words by the reader's own calendar: %s in %s", (now, timeZone, expected) => {
    const reader = { ...READER, now: new Date(now), timeZone };
    expect(formatDate(AT, "{date_short_pretty}", reader)).toBe(expected);
  });

  it("is in the reader's zone", () => {
    expect(formatDate(AT, "{date_num} {time}", { ...READER, timeZone: "Asia/Tokyo" })).toBe(
      "2014-02-18 11:39 PM",
    );
  });

  it("leaves what it does not know, and no moment at all, to the fallback", () => {
    expect(formatDate(AT, "{fortnight}", READER)).toBeUndefined();
    expect(formatDate(AT, "{date_num_pretty}", READER)).toBeUndefined();
    expect(formatDate(new Date(Number.NaN), "{date}", READER)).toBeUndefined();
  });
});
