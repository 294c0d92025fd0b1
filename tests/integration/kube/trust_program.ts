/**
 * Connects to servers in turn: `trust_program.ts CA-FILE (default|trust|given) URL ...`. "default" asks with Deno's
 * usual client, "given" with one that is given the authority of the file; "trust" limits trust. Prints a line for each
 * request.
 */
import { HttpClientSource } from "../../../src/kube/http_client_source.ts";
import { trustOnlyGivenAuthorities } from "../../../src/kube/trust.ts";

const [caFile = "", ...steps] = Deno.args;
const ca = await Deno.readTextFile(caFile);
using clients = new HttpClientSource();

async function ask(url: string, init: { client?: Deno.HttpClient }): Promise<string> {
  try {
    return await (await fetch(url, init)).text();
  } catch (error) {
    return /invalid peer certificate/.test(String((error as Error).cause)) ? "refused" : `${error}`;
  }
}

for (let at = 0; at < steps.length; at++) {
  const step = steps[at];
  if (step === "trust") trustOnlyGivenAuthorities();
  else {
    const init = step === "given" ? { client: clients.client({ ca }) } : {};
    const line = `${step}: ${await ask(steps[++at] ?? "", init)}\n`;
    await Deno.stdout.write(new TextEncoder().encode(line));
  }
}
