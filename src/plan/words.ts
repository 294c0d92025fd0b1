/** Numbers and lists in messages. */

const most = 5;

/** `1 node`, `2 nodes`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Some of the names, in alphabetical order, and how many more there are. */
export function listed(names: readonly string[]): string {
  const shown = [...names].sort().slice(0, most).join(", ");
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}
