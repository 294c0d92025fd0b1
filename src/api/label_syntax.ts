/** What the API server takes as keys and values of labels, and as keys of annotations. */

import { isObjectName } from "./names.ts";

const word = /^([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$/;

/** Whether `key` can be the key of a label: a name of at most 63 characters, with or without `<DNS subdomain>/` before it. */
export function isLabelKey(key: string): boolean {
  const at = key.indexOf("/");
  if (at < 0) return word.test(key);
  return isObjectName(key.slice(0, at)) && word.test(key.slice(at + 1));
}

/** Whether `value` can be the value of a label: at most 63 characters, or none. */
export function isLabelValue(value: string): boolean {
  return value === "" || word.test(value);
}

/** Whether `key` can be the key of an annotation: that of a label, in which capitals of the prefix do not matter. */
export function isAnnotationKey(key: string): boolean {
  return isLabelKey(key.toLowerCase());
}
