/** A path from the root on, without a slash at its end unless it is "/", as seen from the directory `from`. */
export function absolutePath(path: string, from: string): string {
  const joined = path.startsWith("/") ? path : `${from}/${path}`;
  const kept: string[] = [];
  for (const part of joined.split("/")) {
    if (part === "..") kept.pop();
    else if (part !== "" && part !== ".") kept.push(part);
  }
  return `/${kept.join("/")}`;
}
