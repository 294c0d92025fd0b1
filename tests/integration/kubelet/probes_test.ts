import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { clusterTest } from "../../cluster/test_cluster.ts";
import { NotSupported } from "../../kubelet/not_supported.ts";
import { ThrowawayAuthority } from "../throwaway_authority.ts";
import { answeringTest, type Asked, says } from "./answering_pods.ts";
import { apply, probedNodes, probeTemplate } from "./probing_pods.ts";

const get = (path: string): object => ({ httpGet: { path, port: 8080 } });
const patience = "--timeout=180s";

/** Every second, and with the time that a program on a busy machine may take: a second is not enough for every answer. */
const often = { periodSeconds: 1, timeoutSeconds: 30 };

// deno-lint-ignore no-explicit-any
const conditions = (status: any): Record<string, string> =>
  Object.fromEntries(
    status.conditions.map(({ type, status }: Record<string, string>) => [type, status]),
  );

answeringTest("a pod is Ready for as long as its readinessProbe succeeds", async (scene) => {
  const { nodes, run, status, answer, asked, kubectl } = scene;
  const failed = async (text: RegExp): Promise<void> => {
    await nodes.until(
      `a probe to fail with ${text}`,
      () => nodes.probeFailures("probe").find((failure) => text.test(failure.text)),
    );
  };
  await answer("/ready", "silence");
  const httpGet = { path: "/ready?full=1", port: "answers" };
  await run({
    name: "probe",
    container: {
      ports: [{ name: "other", containerPort: 8081 }, { name: "answers", containerPort: 8080 }],
      readinessProbe: { httpGet, periodSeconds: 1, timeoutSeconds: 3, failureThreshold: 2 },
    },
  });
  const url = String.raw`GET http://127\.\d+\.\d+\.\d+:8080/ready\?full=1`;
  await failed(new RegExp(`^Readiness probe failed: ${url} did not answer within 3 s$`));
  await answer("/ready", "503");
  await failed(new RegExp(`^Readiness probe failed: ${url} answered 503: status of /ready$`));
  const before = await status("probe");
  assertEquals(before.phase, "Running");
  const [{ ready, started }] = before.containerStatuses;
  assertEquals([ready, started], [false, true]);
  assertEquals([conditions(before).Ready, conditions(before).ContainersReady], ["False", "False"]);

  await answer("/ready", "200");
  await kubectl("wait", "pod/probe", "--for=condition=Ready", patience);
  const while200 = await status("probe");
  assertEquals(while200.containerStatuses[0].ready, true);
  assertEquals(conditions(while200).ContainersReady, "True");

  await answer("/ready", "500");
  await kubectl("wait", "pod/probe", "--for=condition=Ready=false", patience);
  assert(asked("probe").filter((one) => one.status === "500").length >= 2, "one failure is none");
  assertEquals((await status("probe")).containerStatuses[0].ready, false);

  await answer("/ready", "200");
  await kubectl("wait", "pod/probe", "--for=condition=Ready", patience);
  assertEquals((await status("probe")).containerStatuses[0].restartCount, 0);
  // Each question has a connection of its own, which is closed after the answer, and without one after the time for it.
  await nodes.until("the one who asked to hang up each time", () => {
    const hungUp = nodes.logLines("probe").filter(says("hung up")).length;
    return hungUp >= asked("probe").length || undefined;
  });
});

answeringTest("a container that fails its livenessProbe is killed and replaced", async (scene) => {
  const { nodes, run, status, answer, asked, kubectl } = scene;
  const names = ["probe-polite", "probe-stubborn", "probe-last"];
  for (const name of names) {
    const grace = name === "probe-polite" ? 60 : 5; // seconds, in which it can say that it was asked to
    await run({
      name,
      args: name === "probe-polite" ? [] : ["stubborn"],
      container: {
        startupProbe: { ...get("/started"), ...often, failureThreshold: 100 },
        livenessProbe: {
          ...{ ...get(`/${name}`), ...often, failureThreshold: 1 },
          terminationGracePeriodSeconds: grace,
        },
      },
      spec: { restartPolicy: name === "probe-last" ? "Never" : "Always" },
    });
  }
  const untilAsked = async (name: string, restart: number): Promise<void> => {
    await nodes.untilLogged(name, `that its container ${restart} was asked`, (line) => {
      const { target } = (line.entry?.value ?? {}) as Partial<Asked>;
      return says("asked")(line) && line.restart === restart && target === `/${name}`;
    });
  };
  for (const name of names) await untilAsked(name, 0);
  await kubectl("wait", ...names.map((name) => `pod/${name}`), "--for=condition=Ready", patience);
  for (const name of names) await answer(`/${name}`, "500");

  for (const [name = "", exitCode] of [["probe-polite", 0], ["probe-stubborn", 137]] as const) {
    const killed = await nodes.untilLogged(name, "that it was asked to end", says("asked to end"));
    assertEquals(killed.restart, 0);
    await nodes.until(
      `the next container of ${name}`,
      () => nodes.containers(name).find(({ restarts }) => restarts === 1),
    );
    const code = `{.status.containerStatuses[0].lastState.terminated.exitCode}=${exitCode}`;
    await kubectl("wait", `pod/${name}`, `--for=jsonpath=${code}`, patience);
    await untilAsked(name, 1);
    await kubectl("wait", `pod/${name}`, "--for=condition=Ready", patience);
    const [container] = (await status(name)).containerStatuses;
    assertEquals([container.restartCount, container.ready], [1, true]);
    const [failure, ...others] = nodes.probeFailures(name).filter(({ probe }) =>
      probe === "liveness"
    );
    assertEquals([failure?.restart, others], [0, []]);
    assertMatch(failure?.text ?? "", /^Liveness probe failed: .* answered 500/);
  }
  await kubectl("wait", "pod/probe-last", "--for=jsonpath={.status.phase}=Failed", patience);
  const { containerStatuses: [last] } = await status("probe-last");
  assertEquals([last.restartCount, last.state.terminated.exitCode, last.ready], [0, 137, false]);
  assertEquals(nodes.containers("probe-last"), []);
  assertEquals(asked("probe-last").at(-1)?.status, "500");
});

answeringTest("a startupProbe holds the other probes back", async (scene) => {
  const { nodes, run, status, answer, asked, kubectl } = scene;
  await answer("/started", "503");
  await answer("/alive", "500"); // would end it at once
  await run({
    name: "probe",
    container: {
      startupProbe: { ...get("/started"), ...often, failureThreshold: 100 },
      readinessProbe: { ...get("/ready"), ...often },
      livenessProbe: { ...get("/alive"), ...often, failureThreshold: 1 },
    },
  });
  await nodes.until(
    "three requests",
    () => asked("probe").length >= 3 || undefined,
  );
  const { containerStatuses: [before] } = await status("probe");
  assertEquals([before.started, before.ready, before.restartCount], [false, false, 0]);
  await answer("/alive", "200");
  await answer("/started", "200");
  await kubectl("wait", "pod/probe", "--for=condition=Ready", patience);
  await nodes.until(
    "the livenessProbe",
    () => asked("probe").find((one) => one.target === "/alive"),
  );
  const { containerStatuses: [after] } = await status("probe");
  assertEquals([after.started, after.ready, after.restartCount], [true, true, 0]);
  const started = asked("probe").findIndex((one) => one.status === "200");
  const targets = asked("probe").map(({ target }) => target);
  assertEquals(new Set(targets.slice(0, started + 1)), new Set(["/started"]));
  assert(!targets.slice(started + 1).includes("/started"), "it has started for good");
});

answeringTest("a container that never starts is killed and replaced", async (scene) => {
  const { nodes, run, answer, asked } = scene;
  await answer("/started", "503");
  await run({
    name: "probe",
    container: {
      startupProbe: { ...get("/started"), periodSeconds: 1, failureThreshold: 5 },
      livenessProbe: get("/alive"),
    },
  });
  await nodes.until(
    "the next container",
    () => nodes.containers("probe").find(({ restarts }) => restarts === 1),
  );
  assertEquals(nodes.probeFailures("probe").filter(({ restart }) => restart === 0).length, 5);
  assert(asked("probe").every(({ target }) => target === "/started"));
});

answeringTest(
  "HTTPS is asked without a look at the certificate, by the port's name",
  async (scene) => {
    const { cluster, namespace, nodes, run, asked, kubectl } = scene;
    await run({
      name: "probe",
      args: ["tls"],
      container: {
        ports: [{ name: "secure", containerPort: 8443 }],
        readinessProbe: {
          httpGet: {
            ...{ scheme: "HTTPS", path: "/ready", port: "secure" },
            httpHeaders: [
              { name: "X-Asked", value: "once" },
              { name: "X-Asked", value: "twice" },
              { name: "Host", value: "named.example" },
            ],
          },
        },
        volumeMounts: [
          { name: "certificate", mountPath: "/certs", readOnly: true },
        ],
      },
      spec: {
        volumes: [
          { name: "certificate", secret: { secretName: "certificate", optional: true } },
        ],
      },
    });
    await nodes.untilLogged("probe", "that it listens", says("listening"));
    await nodes.until("a probe to fail", () => nodes.probeFailures("probe")[0]);
    const authority = await ThrowawayAuthority.make();
    const { cert, key } = await authority.server("DNS:elsewhere.example");
    await apply(cluster, namespace, {
      ...{ apiVersion: "v1", kind: "Secret", metadata: { name: "certificate" } },
      ...{ type: "kubernetes.io/tls", stringData: { "tls.crt": cert, "tls.key": key } },
    });
    await kubectl("wait", "pod/probe", "--for=condition=Ready", patience);
    const [first] = asked("probe");
    assertEquals([first?.method, first?.target, first?.port], ["GET", "/ready", 8443]);
    const headers = first?.headers.map((line) => line.toLowerCase()) ?? [];
    for (
      const one of ["x-asked: once", "x-asked: twice", "host: named.example", "connection: close"]
    ) {
      assert(headers.includes(one), `${one} is not among ${headers.join(", ")}`);
    }
    assert(headers.some((line) => line.startsWith("user-agent: kube-probe/")), headers.join(", "));
  },
);

const unsupported: [string, object, RegExp][] = [
  ["exec", { exec: { command: ["true"] } }, /readinessProbe of the container probe by exec/],
  ["tcpSocket", { tcpSocket: { port: 1 } }, /readinessProbe of the container probe by tcpSocket/],
  ["grpc", { grpc: { port: 1 } }, /readinessProbe of the container probe by grpc/],
  ["a port without a name", { httpGet: { port: "gone" } }, /it has no port named gone/],
];

clusterTest("a probe that the test's kubelet can't ask fails its test", async (cluster) => {
  for (const [what, readinessProbe, text] of unsupported) {
    await using namespace = await cluster.namespace("kubelet");
    const error = await assertRejects(async () => {
      const probed = await probedNodes(cluster, namespace, 1);
      await using nodes = probed.nodes;
      const template = probeTemplate(probed) as { spec: { containers: object[] } };
      await apply(cluster, namespace, {
        ...{ apiVersion: "v1", kind: "Pod", metadata: { name: "probe" } },
        spec: {
          ...template.spec,
          containers: [{ ...template.spec.containers[0], readinessProbe }],
        },
      });
      await nodes.until("a problem", () => nodes.problems[0]);
    });
    assert(error instanceof NotSupported, `${what}: ${error}`);
    assertMatch(error.message, text);
  }
});
