/** The documents with parts that are made of the code. */

import { phaseGuide } from "../../api/guide/phase_guide.ts";
import { verdictGuide } from "../../api/guide/verdict_guide.ts";
import { machineryMetrics } from "../../metrics/machinery_metrics.ts";
import { productMetrics } from "../../metrics/product_metrics.ts";
import { columnTable, fieldTable } from "./field_table.ts";
import { partNames, withParts } from "./generated_parts.ts";
import {
  alertSections,
  type Dashboard,
  dashboardList,
  metricTable,
} from "./monitoring_sections.ts";
import { permissionTables } from "./permission_tables.ts";
import {
  annotationTable,
  baselineList,
  conditionSections,
  errorSections,
  eventSections,
  labelTable,
  unverifiedTable,
  wordList,
} from "./reason_sections.ts";

/** What is read beside the code: files of the repository, by their paths. */
export type ReadFile = (path: string) => Promise<string>;

const accounts = ["daemon", "editor", "metrics", "operator", "viewer"];

async function monitoringParts(read: ReadFile): Promise<Record<string, string>> {
  const dashboard: Dashboard = JSON.parse(await read("manifests/monitoring/dashboard.json"));
  return {
    "product-metrics": metricTable(productMetrics),
    "machinery-metrics": metricTable(machineryMetrics),
    "alerts": alertSections(),
    "dashboard": dashboardList(dashboard),
  };
}

async function manifestParts(read: ReadFile): Promise<Record<string, string>> {
  const files = accounts.map((name) => read(`manifests/rbac/${name}.yaml`));
  return { permissions: permissionTables(await Promise.all(files)) };
}

const apiParts = (): Record<string, string> => ({
  "columns": columnTable(),
  "spec": fieldTable("FileIntegrity", "spec"),
  "status": fieldTable("FileIntegrity", "status"),
  "node-status": fieldTable("FileIntegrityNodeStatus"),
  "your-annotations": annotationTable(["you", "updater"]),
  "other-annotations": annotationTable(["operator", "daemon"]),
  "labels": labelTable(),
  "phases": wordList(phaseGuide),
  "verdicts": wordList(verdictGuide),
  "conditions": conditionSections(),
  "events": eventSections(),
  "baselines": baselineList(),
  "unverified": unverifiedTable(),
  "errors": errorSections(),
});

/** The documents, and what makes their parts. */
export const documents: Readonly<
  Record<string, (read: ReadFile) => Promise<Record<string, string>> | Record<string, string>>
> = {
  "crds/README.md": apiParts,
  "manifests/README.md": manifestParts,
  "manifests/monitoring/README.md": monitoringParts,
};

/** A document as it is to be, before it is formatted. Throws a TypeError where a part has no place in it. */
export async function madeDocument(path: string, read: ReadFile): Promise<string> {
  const text = await read(path);
  const parts = await documents[path]?.(read) ?? {};
  const placed = partNames(text);
  const missing = Object.keys(parts).filter((name) => !placed.includes(name));
  if (missing.length > 0) {
    throw new TypeError(
      `${path} has no place for ${missing.join(", ")}: write the marks ` +
        `"<!-- made by deno task docs: NAME -->" and "<!-- end of NAME -->"`,
    );
  }
  return withParts(text, parts);
}
