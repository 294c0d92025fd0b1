/** Where one FileIntegrity keeps its state on one node: the names in its state directory. */
export interface StateFiles {
  directory: string;
  /** The baseline that scans are made against. */
  database: string;
  /** The configuration that built it, as a cluster holds it. */
  config: string;
  /** A verified baseline that is not anchored yet, and its configuration. */
  nextDatabase: string;
  nextConfig: string;
  /** What AIDE is writing at this moment. */
  draft: string;
  healed: string;
  /** The last report, and the one that is being written. */
  log: string;
  draftLog: string;
  /** The report of a re-check of single paths. */
  pathsLog: string;
  /** In a cluster: `metadata.uid` of the FileIntegrity whose state it is. */
  owner: string;
}

/** The names in the state directory. */
export function stateFiles(directory: string): StateFiles {
  const at = (name: string): string => `${directory}/${name}`;
  return {
    directory,
    database: at("aide.db.gz"),
    config: at("aide.conf"),
    nextDatabase: at("aide.db.gz.new"),
    nextConfig: at("aide.conf.new"),
    draft: at("aide.db.gz.draft"),
    healed: at("aide.db.gz.healed"),
    log: at("aide.log"),
    draftLog: at("aide.log.new"),
    pathsLog: at("aide.paths.log"),
    owner: at("file-integrity-uid"),
  };
}

const two = (value: number): string => String(value).padStart(2, "0");

/** `YYYYMMDDTHH_MM_SS` in UTC, as in the names of backups. */
export function backupStamp(milliseconds: number): string {
  const at = new Date(milliseconds);
  const day = `${at.getUTCFullYear()}${two(at.getUTCMonth() + 1)}${two(at.getUTCDate())}`;
  return `${day}T${two(at.getUTCHours())}_${two(at.getUTCMinutes())}_${two(at.getUTCSeconds())}`;
}

const backupName = /^(aide\.(?:db\.gz|log|conf))\.backup-\d{8}T\d{2}_\d{2}_\d{2}$/;

/** The backups among these names that are too many: per kind, all but the newest `keep`. */
export function surplusBackups(names: readonly string[], keep: number): string[] {
  const kinds = new Map<string, string[]>();
  for (const name of names) {
    const kind = backupName.exec(name)?.[1];
    if (kind !== undefined) kinds.set(kind, [...kinds.get(kind) ?? [], name]);
  }
  // The stamp sorts as text; times of the files themselves say nothing after a restore.
  return [...kinds.values()].flatMap((all) => all.sort().slice(0, Math.max(all.length - keep, 0)));
}

const ownNames = [
  /^(?:lock|lost\+found)$/,
  /^(?:status\.json|file-integrity-uid)(?:\.tmp)?$/,
  /^aide\.(?:db\.gz|conf|log)(?:\.new|\.draft|\.healed|\.tmp)?$/,
  /^aide\.paths\.log-\d+$/,
  /^aide-ds-.*\.json(?:\.tmp)?$/,
  /^(?:failed|absorbed)-\d+\.tmp$/,
  backupName,
];

/** The names among these that are none of the state's own: the directory is not, or no longer, for the state alone. */
export function foreignNames(names: readonly string[]): string[] {
  return names.filter((name) => !ownNames.some((own) => own.test(name)));
}
