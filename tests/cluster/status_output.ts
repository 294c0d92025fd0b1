/** How the clusters are, for a person and for programs. */
import type { ClusterState } from "./cluster_state.ts";
import { componentNames, serverUrl } from "./components.ts";

function server({ record }: ClusterState): string {
  return record?.ports === undefined ? "" : serverUrl(record.ports);
}

function processes({ components }: ClusterState): string {
  const running = components.filter((component) => component.running).length;
  return `${running}/${componentNames.length}`;
}

/** A table, one line a cluster; a sentence where there is none. */
export function statusTable(states: readonly ClusterState[]): string {
  if (states.length === 0) return "There is no cluster";
  const rows = [
    ["NAME", "STATE", "PROCESSES", "VERSION", "SERVER", "SINCE"],
    ...states.map((state) => [
      ...[state.name, state.condition, processes(state)],
      ...[state.record?.version ?? "", server(state), state.record?.created ?? ""],
    ]),
  ];
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) =>
    row.map((cell, at) => cell.padEnd(widths?.[at] ?? 0)).join("  ").trimEnd()
  ).join("\n");
}

/** An array of objects, one a cluster. */
export function statusJson(states: readonly ClusterState[]): string {
  return JSON.stringify(
    states.map((state) => ({
      name: state.name,
      state: state.condition,
      version: state.record?.version ?? null,
      server: server(state) || null,
      since: state.record?.created ?? null,
      home: state.home,
      kubeconfig: `${state.home}/admin.kubeconfig`,
      processes: state.components.map(({ name, process: { pid }, running }) => ({
        name,
        pid,
        running,
      })),
    })),
    null,
    2,
  );
}
