import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { CannotListen, listen } from "../../src/system/listen.ts";
import { loopbackAddress } from "../loopback_address.ts";

const tcp = (port: number) => (hostname: string): Deno.TcpListener =>
  Deno.listen({ hostname, port });

Deno.test("an address that is given is the only one that is tried", async () => {
  const tried: string[] = [];
  const error = await assertRejects(() =>
    listen("192.0.2.1", 8081, (hostname) => {
      tried.push(hostname);
      throw new Error("no such thing (os error 97)");
    }), CannotListen);
  assertEquals(tried, ["192.0.2.1"]);
  assertEquals(
    error.message,
    "Cannot listen on 192.0.2.1:8081: no such thing (os error 97): give another address with --bind-address or BIND_ADDRESS",
  );
});

Deno.test("without an address it is all interfaces, by IPv4 alone where there is no IPv6", async () => {
  const tried: string[] = [];
  const used = await listen(undefined, 1, (hostname) => {
    tried.push(hostname);
    if (hostname === "::") throw new Error("Address family not supported by protocol");
    return hostname;
  });
  assertEquals([used, tried], ["0.0.0.0", ["::", "0.0.0.0"]]);
});

Deno.test("a port that another process has by IPv6 is not taken by IPv4", async () => {
  const tried: string[] = [];
  const error = await assertRejects(() =>
    listen(undefined, 8081, (hostname) => {
      tried.push(hostname);
      throw new Deno.errors.AddrInUse("taken");
    }), CannotListen);
  assertEquals(tried, ["::"]);
  assertStringIncludes(error.message, "Cannot listen on [::]:8081: another process has that port");
});

Deno.test("a taken port, and an address of another machine, name the address and the remedy", async () => {
  const address = loopbackAddress();
  using taken = await listen(address, 0, tcp(0));
  const { port } = taken.addr;
  const error = await assertRejects(() => listen(address, port, tcp(port)), CannotListen);
  assertEquals(
    error.message,
    `Cannot listen on ${address}:${port}: another process has that port: end it, or give another address ` +
      "of this machine with --bind-address or BIND_ADDRESS",
  );
  // Of the range that is for documentation.
  const elsewhere = await assertRejects(() => listen("2001:db8::1", 8081, tcp(8081)), CannotListen);
  assertStringIncludes(elsewhere.message, "Cannot listen on [2001:db8::1]:8081: ");
  assertStringIncludes(elsewhere.message, "with --bind-address or BIND_ADDRESS");
});

Deno.test("the option comes before the variable, and what is no address is refused", async () => {
  // In a process of its own: programs that other tests start at that moment would get the variable as well.
  const program = new URL("bind_address_program.ts", import.meta.url).pathname;
  const given = [
    ...[{}, { variable: "" }, { variable: "::1" }],
    ...[{ option: "127.0.0.1", variable: "::1" }, { variable: "localhost" }],
  ].map((one) => JSON.stringify(one));
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", "--no-check", program, ...given],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  assertEquals(JSON.parse(new TextDecoder().decode(stdout)), [
    ...[{}, {}, { address: "::1" }, { address: "127.0.0.1" }],
    {
      refused:
        'CannotListen: Cannot listen on "localhost": that is no IP address: give one such as 127.0.0.1 or ::1 ' +
        "with --bind-address or BIND_ADDRESS",
    },
  ]);
});
