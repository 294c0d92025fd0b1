import { bindAddressVariable } from "../api/ports.ts";
import type { CommandOption } from "./option_table.ts";

/** The option of what is listened on. Whether it is an address of this machine shows when it is listened on. */
export const bindAddressOption = {
  kind: "text",
  name: "bind-address",
  metavar: "ADDRESS",
  description: `The IP address to listen on. Default: ${bindAddressVariable}, else all interfaces.`,
} as const satisfies CommandOption;
