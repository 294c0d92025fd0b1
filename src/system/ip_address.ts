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

const address = new RegExp(`^(${four}|${six})$`);

/** Whether a text is an IPv4 or IPv6 address. Neither zones nor IPv4 addresses inside of IPv6 ones. */
export function isAddress(text: string): boolean {
  return address.test(text);
}

/** An address with a port, as URLs and Deno's permissions have it. */
export function withPort(address: string, port: number | string): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}
