// deno-lint-ignore-file no-console -- says what it finds
/**
 * Runs as the program of a pod and says, in lines of JSON, what it finds there: arguments, variables, token, root of the
 * host, configuration. Follows the configuration until it is asked to end; ends by itself as its arguments say.
 */

const service = "/var/run/secrets/kubernetes.io/serviceaccount";
const say = (what: string, value: unknown): void =>
  console.log(JSON.stringify({ time: "", level: "info", message: what, value }));

async function attempt<T>(action: () => Promise<T>): Promise<T | string> {
  try {
    return await action();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

const namesIn = async (path: string): Promise<string[]> =>
  (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name).sort();

async function write(path: string): Promise<string> {
  await Deno.writeTextFile(path, "written\n");
  return "written";
}

async function status(name: string): Promise<string | undefined> {
  const text = await Deno.readTextFile("/proc/self/status");
  return new RegExp(`^${name}:\\s*(.*)$`, "m").exec(text)?.[1];
}

async function callApi(): Promise<unknown> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = Deno.env.toObject();
  const ca = await Deno.readTextFile(`${service}/ca.crt`);
  using client = Deno.createHttpClient({ caCerts: [ca], http2: false });
  const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
  const answer = await fetch(`https://${host}:${port}${path}`, {
    client,
    method: "POST",
    headers: {
      authorization: `Bearer ${await Deno.readTextFile(`${service}/token`)}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({
      apiVersion: "authentication.k8s.io/v1",
      kind: "SelfSubjectReview",
    }),
  });
  return ((await answer.json()) as { status?: { userInfo?: unknown } }).status?.userInfo;
}

/** The configuration as it is at one moment, said again whenever it is another one. */
async function followConfig(): Promise<void> {
  const watcher = Deno.watchFs("/config");
  let last = "";
  const look = async (): Promise<void> => {
    const directory = await Deno.realPath("/config/..data"); // one state, whatever comes next
    const keys = await namesIn(directory);
    const texts = await Promise.all(keys.map((key) => Deno.readTextFile(`${directory}/${key}`)));
    // Another one took its place meanwhile, so that this one was being removed.
    if (await Deno.realPath("/config/..data") !== directory) return;
    const now = JSON.stringify([keys, texts]);
    if (now !== last) say("config", { keys, texts });
    last = now;
  };
  await attempt(look);
  for await (const _ of watcher) await attempt(look);
}

if (Deno.args[0] === "crash") {
  say("crashing", null);
  Deno.exit(7);
}

say("found", {
  args: Deno.args,
  env: Deno.env.toObject(),
  pid: Deno.pid,
  hostname: Deno.hostname(),
  uid: Deno.uid(),
  capabilities: await status("CapEff"),
  token: await attempt(() => Deno.readTextFile(`${service}/token`)),
  namespace: await attempt(() => Deno.readTextFile(`${service}/namespace`)),
  user: await attempt(callApi),
  host: await attempt(() => namesIn("/hostroot/etc")),
  passwd: await attempt(() => Deno.readTextFile("/hostroot/etc/passwd")),
  writes: {
    host: await attempt(() => write("/hostroot/etc/made")),
    state: await attempt(() => write("/hostroot/var/lib/probe/state")),
    root: await attempt(() => write("/made")),
    scratch: await attempt(() => write("/tmp/made")),
    config: await attempt(() => write("/config/made")),
    system: await attempt(() => write("/usr/made")),
  },
});
if (Deno.args[0] !== "stubborn") {
  Deno.addSignalListener("SIGTERM", () => {
    say("asked to end", null);
    Deno.exit(0);
  });
}
await Promise.all([followConfig(), new Promise(() => {})]);
