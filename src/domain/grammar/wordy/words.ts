/** Without the quotation marks, brackets and stops that stand around a word in a sentence. */
export function bareWord(word: string): string {
  return word.replace(/^[\s"'([{<]+/, "").replace(/[\s"')\]}>.,;!?]+$/, "");
}

/** Words of courtesy and of asking, which say nothing about the request. */
const FILLERS = new Set(
  (
    "a an the and or & also too again please pls plz kindly thanks thank thx ty you hi hey hello dear team folks all guys " +
    "can could would will may shall should must do does is are be been being i we us our me my they them it this that there " +
    "need needs needed want wants like get give have has had make let lets allow allowed check open opened unblock " +
    "unblocked whitelist whitelisted add added grant granted request requesting requested approve enable permit access " +
    "reach reachable connect connection connections call talk egress outbound outgoing traffic firewall rule rules " +
    "exception entry list whitelisting to towards toward from at on in for with via over host hosts domain domains url " +
    "urls endpoint endpoints site sites api port ports destination destinations tcp already yet still currently now " +
    "asap urgently quickly up so just"
  ).split(" "),
);

export function isFiller(word: string): boolean {
  const bare = bareWord(word).toLowerCase();
  return bare === "" || FILLERS.has(bare);
}
