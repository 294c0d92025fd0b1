/** What the events of a FileIntegrity tell. */

import type { EventReason } from "../reasons.ts";

/** One message that events of a reason have. */
export interface EventMessage {
  type: "Normal" | "Warning";
  /** Words in capitals stand for what differs; what stands in brackets may be missing. */
  message: string;
  /** When it is told, as a sentence. */
  when: string;
}

const follows =
  "each node is looked at with the one before, and then takes a new baseline; what that absorbs is kept";

const newBaseline =
  "node NODE has a new baseline, WHY: N entries[, which absorbed a:N,c:N,r:N[ log:NAMESPACE/CONFIGMAP]][; NOTE]";

/** Every reason of an event, with its messages. */
export const eventGuide = {
  FileIntegrityStatus: [
    { type: "Normal", message: "Pending", when: "The phase has become that." },
    { type: "Normal", message: "Initializing", when: "The phase has become that." },
    { type: "Normal", message: "Active", when: "The phase has become that." },
    { type: "Warning", message: "Error", when: "The phase has become that." },
  ],
  NodeIntegrityStatus: [
    {
      type: "Normal",
      message: "no changes to node NODE",
      when: "A scan is Succeeded, and the one before was not; or it is the first one.",
    },
    {
      type: "Warning",
      message: "node NODE has changed! a:N,c:N,r:N[ log:NAMESPACE/CONFIGMAP]",
      when:
        "A scan is Failed, with other changes than the one before. The numbers are of added, changed and removed files.",
    },
    {
      type: "Warning",
      message: "node NODE has an error! MESSAGE",
      when: "A scan is Errored, for another reason than the one before.",
    },
  ],
  NodeBaseline: [
    {
      type: "Normal",
      message: "node NODE has a new baseline, WHY: N entries",
      when: "It absorbed nothing.",
    },
    {
      type: "Warning",
      message: newBaseline,
      when:
        "It absorbed changes, which the log names; or nobody knows what it absorbed, and the note says why.",
    },
  ],
  Configuration: [
    {
      type: "Normal",
      message: `The user's AIDE configuration is active: ${follows}`,
      when: "Another configuration of yours went live.",
    },
    {
      type: "Normal",
      message: `The default policy is active: ${follows}`,
      when: "The spec names no ConfigMap any more.",
    },
    {
      type: "Normal",
      message:
        `The default policy of this version is another than that of the one before, and is active: ${follows}`,
      when: "After an update of the operator.",
    },
    {
      type: "Warning",
      message: "MESSAGE",
      when: "ConfigAccepted has become `False`; the message is that of the condition.",
    },
  ],
  ReInit: [{
    type: "Warning",
    message: "re-init: not scanned here, and ignored: NODES",
    when: "The annotation `re-init` names nodes that this FileIntegrity does not select.",
  }],
  Holdoff: [{
    type: "Warning",
    message:
      "The annotation holdoff names what is not scanned here: NODES. Correct the names, and separate them by commas",
    when:
      "The annotation `holdoff` names nodes that this FileIntegrity does not select, or has names without commas between " +
      "them. The others are held.",
  }],
  PriorityClass: [{
    type: "Warning",
    message: "Error while getting priority class 'NAME', PriorityClass not found or invalid",
    when: "`spec.priorityClassName` names one that is not there; the pods run without it.",
  }],
  DaemonSet: [{
    type: "Warning",
    message: "MESSAGE",
    when:
      "The API server refuses the DaemonSet that the spec asks for; the message is that of SpecAsWritten.",
  }],
  MovedOver: [
    {
      type: "Normal",
      message:
        "Moved over from another operator: each node takes a new baseline, and what was found before stays in its " +
        "results",
      when: "The operator has taken on what the existing operator carried out.",
    },
    {
      type: "Normal",
      message: "Removed, as nothing needs it any more: OBJECTS",
      when: "Objects of the existing operator were removed.",
    },
    {
      type: "Warning",
      message:
        "node NODE: took in a result of TIME that the operator before had not: CONDITION (DETAILS)",
      when: "The existing operator ended before it took in that result.",
    },
  ],
} as const satisfies Record<EventReason, readonly EventMessage[]>;
