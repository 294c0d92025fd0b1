import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { type ProgramName, programNames, type Programs } from "../../cluster/programs.ts";
import { startCluster, type StartOptions } from "../../cluster/start_cluster.ts";
import { clusterTest, type TestCluster } from "../../cluster/test_cluster.ts";
import { TestRun } from "../../cluster/test_run.ts";
import { freePorts } from "../../cluster/free_ports.ts";

interface Trial extends AsyncDisposable {
  directory: string;
  said: string[];
  options: StartOptions;
  stop: AbortController;
}

function programs(cluster: TestCluster): Programs {
  const paths = Object.fromEntries(
    programNames.map((name) => [name, `${cluster.home}/bin/${name}`]),
  );
  return { paths: paths as Record<ProgramName, string>, version: "1.36.2", origin: "the test" };
}

async function trial(cluster: TestCluster): Promise<Trial> {
  const directory = await Deno.makeTempDir({ prefix: "start-" });
  const run = await TestRun.begin(directory);
  const said: string[] = [];
  const stop = new AbortController();
  return {
    directory,
    said,
    stop,
    options: {
      name: "trial",
      home: `${directory}/clusters/trial`,
      programs: programs(cluster),
      api: false,
      progress: (text) => said.push(text),
      signal: stop.signal,
    },
    [Symbol.asyncDispose]: () => run[Symbol.asyncDispose](),
  };
}

async function nothingIsLeft(directory: string): Promise<void> {
  assertEquals(await Array.fromAsync(Deno.readDir(`${directory}/clusters`)), []);
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const command = await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "");
    assert(!command.includes(`${directory}/clusters`), command);
  }
}

clusterTest(
  "a component that ends while starting is named, with its log's last lines",
  async (cluster) => {
    await using one = await trial(cluster);
    const script = `${one.directory}/kube-apiserver`;
    const text = '#!/bin/sh\necho "Error: unknown flag: --audit-log-mode"; exit 3\n';
    await Deno.writeTextFile(script, text, { mode: 0o755 });
    one.options.programs.paths["kube-apiserver"] = script;
    const { message } = await assertRejects(() => startCluster(one.options), Error);
    assertStringIncludes(
      message,
      `kube-apiserver (${script}) ended with exit code 3 while starting`,
    );
    assertStringIncludes(message, "Error: unknown flag: --audit-log-mode");
    await nothingIsLeft(one.directory);
  },
);

clusterTest(
  "a component that does not come up in time is given up, and nothing is left",
  async (cluster) => {
    await using one = await trial(cluster);
    const script = `${one.directory}/kube-apiserver`;
    await Deno.writeTextFile(script, '#!/bin/sh\necho "Waiting"; exec sleep 1000\n', {
      mode: 0o755,
    });
    one.options.programs.paths["kube-apiserver"] = script;
    one.options.readyDeadline = 5;
    const { message } = await assertRejects(() => startCluster(one.options), Error);
    assertMatch(message, /after 5 s still no sign that kube-apiserver is ready.*\nWaiting$/);
    await nothingIsLeft(one.directory);
  },
);

clusterTest(
  "a taken port is left to its owner; an interrupted start leaves nothing",
  async (cluster) => {
    await using one = await trial(cluster);
    using owner = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const taken = (owner.addr as Deno.NetAddr).port;
    const [etcd = 0, etcdPeer = 0, controllerManager = 0, scheduler = 0] = freePorts(4);
    one.options.ports = { etcd, etcdPeer, apiServer: taken, controllerManager, scheduler };
    one.options.progress = (text) => {
      one.said.push(text);
      if (text.includes("kube-apiserver is ready")) one.stop.abort(new Error("Ended by SIGINT"));
    };
    await assertRejects(() => startCluster(one.options), Error, "Ended by SIGINT");
    const said = one.said.join("\n");
    assertStringIncludes(said, "A port was taken by another program: trying others");
    assert(!said.includes(`ready at https://127.0.0.1:${taken}`), said);
    await nothingIsLeft(one.directory);
  },
);
