/** Closed sets of words that are condition reason, event reason, metric label and log field at once. */

/** Why a baseline was made. */
export const baselineReasons = [
  "first",
  "requested",
  "config-change",
  "node-update",
  "node-replaced",
  "moved-over",
] as const;

/** Why a baseline was made. */
export type BaselineReason = typeof baselineReasons[number];

/** Why a path could not be verified by a scan. */
export const unverifiedReasons = [
  "changed-while-hashed",
  "unreadable",
  "path-too-long",
  "link-too-long",
  "attributes-differ",
  "not-in-baseline-hash",
  "stat-failed",
] as const;

/** Why a path could not be verified by a scan. */
export type UnverifiedReason = typeof unverifiedReasons[number];

/** Reasons of events on a FileIntegrity. */
export const eventReasons = [
  "FileIntegrityStatus",
  "NodeIntegrityStatus",
  "NodeBaseline",
  "Configuration",
  "ReInit",
  "Holdoff",
  "PriorityClass",
  "DaemonSet",
  "MovedOver",
] as const;

/** Reason of an event on a FileIntegrity. */
export type EventReason = typeof eventReasons[number];

/** Types of the conditions in the status of a FileIntegrity. */
export const conditionTypes = [
  "Ready",
  "ConfigAccepted",
  "SpecAsWritten",
  "NodesReporting",
  "NodesUnchanged",
  "Realtime",
  "DaemonsConfined",
] as const;

/** Type of a condition in the status of a FileIntegrity. */
export type ConditionType = typeof conditionTypes[number];

/** Reasons of the conditions in the status of a FileIntegrity. */
export const conditionReasons = [
  // Ready
  "DaemonSetPending",
  "InitialDelay",
  "Initializing",
  "Scanning",
  "NodeErrors",
  "DaemonSetRefused", // SpecAsWritten too
  // ConfigAccepted
  "DefaultPolicy",
  "UserConfig",
  "ConfigNotFound",
  "ConfigKeyNotFound",
  "ConfigForbidden",
  "ConfigRefused",
  "ConfigUnchecked",
  // SpecAsWritten
  "AsWritten",
  "Adjusted",
  "PriorityClassNotFound",
  // NodesReporting
  "AllReporting",
  "NodesStale",
  "NodesHeld",
  "NodesHeldLong",
  "NameTaken",
  "NoNodes",
  // NodesUnchanged
  "NoChanges",
  "ChangesFound",
  // Realtime
  "Watching",
  "Disabled",
  "WatchLimitReached",
  "EventsLost",
  // DaemonsConfined
  "PolicyInForce",
  "PolicyMissing",
  "PolicyUnsupported",
] as const;

/** Reason of a condition in the status of a FileIntegrity. */
export type ConditionReason = typeof conditionReasons[number];
