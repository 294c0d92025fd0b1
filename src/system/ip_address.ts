/** IP addresses as text. */

const octet = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
const group = "[0-9A-Fa-f]{1,4}";

// "::" stands for one group or more: with so many groups before it, so many less can follow.
function shortened(before: number): string {
  const head = before === 0 ? ":" : `(${group}:){${before}}`;
  const most = 7 - before;
  return most === 0 ? `${head}:` : `${head}(:|(:${group}){1,${most}})`;
}

const four = `(${octet}[.]){3}${octet}`;
const six = [
  `(${group}:){7}${group}`,
  ...Array.from({ length: 8 }, (_, before) => shortened(before)),
].join("|");

/**
 * What an IPv4 or IPv6 address looks like, as an extended regular expression of POSIX, for the shell script of the
 * packed file as well. Neither zones nor IPv4 addresses inside of IPv6 ones.
 */
export const addressPattern = `^(${four}|${six})$`;

const pattern = new RegExp(addressPattern);

/** Whether a text is an IPv4 or IPv6 address. */
export function isAddress(text: string): boolean {
  return pattern.test(text);
}

/** An address with a port, as URLs and Deno's permissions have it. */
export function withPort(address: string, port: number | string): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}
