/** Prints, as JSON, what `bindAddress` makes of an option and of BIND_ADDRESS; each is given in JSON, as an argument. */
import { bindAddress } from "../../src/system/listen.ts";

const said = Deno.args.map((arg) => {
  const { option, variable }: { option?: string; variable?: string } = JSON.parse(arg);
  if (variable === undefined) Deno.env.delete("BIND_ADDRESS");
  else Deno.env.set("BIND_ADDRESS", variable);
  try {
    return { address: bindAddress(option) };
  } catch (error) {
    return { refused: String(error) };
  }
});
await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(said)));
