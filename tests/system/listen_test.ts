import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { bindAddress, CannotListen, listen } from "../../src/system/listen.ts";
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

Deno.test("the option comes before the variable, and what is no address is refused", () => {
  const before = Deno.env.get("BIND_ADDRESS");
  try {
    Deno.env.delete("BIND_ADDRESS");
    assertEquals(bindAddress(undefined), undefined);
    Deno.env.set("BIND_ADDRESS", "");
    assertEquals(bindAddress(undefined), undefined);
    Deno.env.set("BIND_ADDRESS", "::1");
    assertEquals(bindAddress(undefined), "::1");
    assertEquals(bindAddress("127.0.0.1"), "127.0.0.1");
    Deno.env.set("BIND_ADDRESS", "localhost");
    assertEquals(
      assertThrows(() => bindAddress(undefined), CannotListen).message,
      'Cannot listen on "localhost": that is no IP address: give one such as 127.0.0.1 or ::1 ' +
        "with --bind-address or BIND_ADDRESS",
    );
  } finally {
    if (before === undefined) Deno.env.delete("BIND_ADDRESS");
    else Deno.env.set("BIND_ADDRESS", before);
  }
});
