/** This machine's architecture, as images name it. */
export function imageArchitecture(): string {
  return Deno.build.arch === "aarch64" ? "arm64" : "amd64";
}
