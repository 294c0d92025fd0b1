/** What the words of the API mean, from the guides in src/api/guide. */

import { errorReasons } from "../../api/error_reasons.ts";
import { type AnnotationGuide, annotationGuide } from "../../api/guide/annotation_guide.ts";
import { baselineGuide } from "../../api/guide/baseline_guide.ts";
import {
  type ConditionGuide,
  conditionGuide,
  conditionTypeGuide,
} from "../../api/guide/condition_guide.ts";
import { errorGuide } from "../../api/guide/error_guide.ts";
import { eventGuide, type EventMessage } from "../../api/guide/event_guide.ts";
import { labelGuide } from "../../api/guide/label_guide.ts";
import { unverifiedGuide } from "../../api/guide/unverified_guide.ts";
import { annotations, labels } from "../../api/labels.ts";
import { type ConditionType, conditionTypes, eventReasons } from "../../api/reasons.ts";
import { markdownTable } from "./markdown_table.ts";

/** A list of words, each with what it means. */
export function wordList(guide: Readonly<Record<string, string>>): string {
  return Object.entries(guide).map(([word, text]) => `- \`${word}\`: ${text}`).join("\n");
}

/** Every reason of a baseline. */
export const baselineList = (): string => wordList(baselineGuide);

/** A section for each reason of an `Errored` result, which can be linked to. */
export function errorSections(): string {
  return errorReasons.map((reason) => {
    const { meaning, remedy } = errorGuide[reason];
    return `#### ${reason}\n\n${meaning}\n\n**What to do:** ${remedy}`;
  }).join("\n\n");
}

/** Every reason for which a path is unverified. */
export function unverifiedTable(): string {
  return markdownTable(
    ["reason", "meaning", "what to do"],
    Object.entries(unverifiedGuide)
      .map(([reason, { meaning, remedy }]) => [`\`${reason}\``, meaning, remedy]),
  );
}

function conditionTable(type: ConditionType): string {
  const rows = Object.entries<readonly ConditionGuide[]>(conditionGuide)
    .flatMap(([reason, ways]) =>
      ways.filter((way) => way.type === type)
        .map(({ status, meaning, remedy = "" }) => [`\`${reason}\``, status, meaning, remedy])
    );
  return markdownTable(["reason", "status", "meaning", "what to do"], rows);
}

const isPlanned = (type: ConditionType): boolean =>
  Object.values<readonly ConditionGuide[]>(conditionGuide).flat()
    .every((way) => way.type !== type || way.planned === true);

/** A section for each condition that this version gives. */
export function conditionSections(): string {
  return conditionTypes.filter((type) => !isPlanned(type)).map((type) =>
    `#### ${type}\n\n${conditionTypeGuide[type]}\n\n${conditionTable(type)}`
  ).join("\n\n");
}

/** A section for each reason of an event. */
export function eventSections(): string {
  return eventReasons.map((reason) => {
    const messages: readonly EventMessage[] = eventGuide[reason];
    const rows = messages.map(({ type, message, when }) => [type, `\`${message}\``, when]);
    return `#### ${reason}\n\n${markdownTable(["type", "message", "when"], rows)}`;
  }).join("\n\n");
}

const who: Readonly<Record<AnnotationGuide["by"], string>> = {
  you: "you",
  updater: "who updates the node",
  operator: "the operator",
  daemon: "the daemon",
};

/** The annotations that are set by some; by all others where `theirs` is false. */
export function annotationTable(setters: readonly AnnotationGuide["by"][]): string {
  const rows = Object.entries<readonly AnnotationGuide[]>(annotationGuide)
    .flatMap(([name, ways]) =>
      ways.filter(({ by }) => setters.includes(by)).map(({ on, by, value, meaning }) => [
        `\`${annotations[name as keyof typeof annotations].replace(/^.*\//, "")}\``,
        ...[on, who[by], value, meaning],
      ])
    );
  return markdownTable(["annotation", "on", "set by", "value", "meaning"], rows);
}

/** Every label. */
export function labelTable(): string {
  return markdownTable(
    ["label", "on", "value"],
    Object.entries(labelGuide).map(([name, { on, value }]) => [
      `\`${labels[name as keyof typeof labels].replace(/^.*\//, "")}\``,
      ...[on, value],
    ]),
  );
}
