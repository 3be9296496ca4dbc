/** Slack shows an error of its own where a window is not answered within three seconds: https://docs.slack.dev/surfaces/modals#handling_submissions */
const ANSWERED_WITHIN_MS = 2500;

/** The answer, or `late` where it takes too long; what is under way goes on. */
export async function answeredInTime<Answer>(
  answer: Promise<Answer>,
  late: Answer,
): Promise<Answer> {
  const over = Promise.withResolvers<Answer>();
  const timer = setTimeout(() => over.resolve(late), ANSWERED_WITHIN_MS);
  try {
    return await Promise.race([answer, over.promise]);
  } finally {
    clearTimeout(timer);
  }
}
