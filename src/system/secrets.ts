/** Secrets in texts, as far as they can be told from their form. */

/** What stands in the place of a secret. */
export const hidden = "[hidden]";

const privateKey =
  /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^]*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|$)/g;
const authorization = /\b(Bearer|Basic)\s+[\w.~+/-]{16,}=*/gi;
// A JSON Web Token, or the beginning of one: {" in base64.
const webToken = /eyJ[\w-]{8,}(?:\.[\w-]*)*/g;
const userInfo = /:\/\/[^\s/?#@"'<>]{1,500}@/g;

/**
 * A text without private keys, tokens, and user names and passwords of URLs. What is known to be a secret must not come
 * here: this is for what others say, such as a server that repeats what it was asked.
 */
export function withoutSecrets(text: string): string {
  return text
    .replace(privateKey, hidden)
    .replace(authorization, `$1 ${hidden}`)
    .replace(webToken, hidden)
    .replace(userInfo, `://${hidden}@`);
}
