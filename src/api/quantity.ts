/** Kubernetes resource quantities, such as 500m, 0.5 or 64Mi. */

/** What a quantity looks like, as a regular expression. */
export const quantityPattern =
  "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$";

const parts = /^([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))(.*)$/;

const suffixes: Readonly<Record<string, number>> = {
  "": 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The value of a quantity as a number (of cores, of bytes); undefined when it is none. */
export function quantityValue(quantity: number | string): number | undefined {
  if (typeof quantity === "number") return quantity;
  if (!new RegExp(quantityPattern).test(quantity)) return undefined;
  const [, digits = "", suffix = ""] = parts.exec(quantity) ?? [];
  const factor = suffixes[suffix];
  return factor === undefined ? Number(digits + suffix) : Number(digits) * factor;
}
