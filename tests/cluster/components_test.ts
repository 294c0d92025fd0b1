import { assert, assertEquals } from "@std/assert";
import { componentArguments, componentNames } from "./components.ts";

const ports = { etcd: 1, etcdPeer: 2, apiServer: 3, controllerManager: 4, scheduler: 5 };

Deno.test("components: none listens elsewhere than on loopback, or on a port that is not its own", () => {
  for (const name of componentNames) {
    const flags = componentArguments(name, "/state", ports);
    if (name === "etcd") {
      const urls = flags.filter((flag) => flag.includes("-urls="));
      assertEquals(urls.length, 4);
      for (const flag of urls) assert(/=http:\/\/127\.0\.0\.1:[12]$/.test(flag), flag);
    } else {
      assert(flags.includes("--bind-address=127.0.0.1"), name);
      assert(flags.some((flag) => /^--secure-port=[345]$/.test(flag)), name);
    }
  }
});
