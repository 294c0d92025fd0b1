import { assertEquals, assertMatch } from "@std/assert";
import { chooseTarget, type Target } from "./choose_target.ts";

interface Place {
  env: Record<string, string>;
  running?: string[];
  command?: Partial<Parameters<typeof chooseTarget>[0]>;
}

const choose = ({ env, running = [], command = {} }: Place): Promise<Target> =>
  chooseTarget(
    { cluster: false, ...command },
    (name) => env[name],
    () => Promise.resolve(running),
  );

Deno.test("dev: the kubeconfig decides, a test cluster takes the place of one that is not there", async () => {
  const home = await Deno.makeTempDir();
  try {
    const none: Target = await choose({ env: { HOME: home } });
    assertEquals(none, {
      on: "test-cluster",
      why: `there is no kubeconfig (${home}/.kube/config)`,
    });
    const stale = { HOME: home, KUBECONFIG: `${home}/gone` };
    assertEquals((await choose({ env: stale })).on, "test-cluster");
    assertEquals((await choose({ env: {} })).on, "test-cluster");

    await Deno.mkdir(`${home}/.kube`);
    await Deno.writeTextFile(`${home}/.kube/config`, "");
    const env = { HOME: home };
    assertEquals(await choose({ env }), { on: "kubeconfig" });
    const forced = { cluster: true };
    assertEquals((await choose({ env, command: forced })).on, "test-cluster");
    // A test cluster that is named is no reason to pass over a kubeconfig.
    const given = { ...env, FIO_TEST_CLUSTER: "/c" };
    assertEquals(await choose({ env: given }), { on: "kubeconfig" });
    assertEquals(await choose({ env: given, command: forced }), {
      on: "test-cluster",
      ...{ home: "/c", why: "--cluster is given" },
    });
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("dev: an option for a kubeconfig means that kubeconfig", async () => {
  for (const command of [{ kubeconfig: "/gone" }, { context: "c" }]) {
    assertEquals(await choose({ env: {}, command }), { on: "kubeconfig" });
  }
});

Deno.test("dev: a kubeconfig of a test cluster that runs means the test cluster", async () => {
  const home = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${home}/admin.kubeconfig`, "");
    await Deno.writeTextFile(`${home}/other`, "");
    const env = { KUBECONFIG: `${home}/admin.kubeconfig` };
    const own = await choose({ env, running: ["/other", home] });
    assertEquals([own.on, "home" in own && own.home], ["test-cluster", home]);
    assertMatch("why" in own ? own.why : "", /admin\.kubeconfig is that of a test cluster$/);
    assertEquals(await choose({ env, running: ["/other"] }), { on: "kubeconfig" });
    assertEquals(await choose({ env, running: [home.slice(0, -1)] }), { on: "kubeconfig" });
    // Joined with another one it may name any cluster.
    const both = { KUBECONFIG: `${home}/admin.kubeconfig:${home}/other` };
    assertEquals(await choose({ env: both, running: [home] }), { on: "kubeconfig" });
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
