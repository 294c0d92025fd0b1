/** Attribute expressions: `p+u-m`. */

/** One term of an attribute expression. */
export interface Term {
  operator: "+" | "-";
  name: string;
}

/** Reads an attribute expression; undefined when it isn't one. */
export function parseExpression(text: string): Term[] | undefined {
  const terms: Term[] = [];
  let operator: Term["operator"] = "+";
  // Splitting on one character keeps the time linear in the length of hostile lines.
  for (const piece of text.split(/([+-])/)) {
    if (piece === "+" || piece === "-") {
      operator = piece;
      continue;
    }
    const name = piece.replace(/^[ \t]+/, "").trimEnd();
    if (!/^[A-Za-z0-9_%>]+$/.test(name)) return undefined;
    terms.push({ operator, name });
  }
  return terms;
}

/** Writes an attribute expression. A leading `-` can't be written, so such terms need something before them. */
export function formatExpression(terms: readonly Term[]): string {
  return terms.map(({ operator, name }, index) => index === 0 ? name : operator + name).join("");
}
