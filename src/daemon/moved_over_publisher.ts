import type { StoredNodeStatus } from "../api/node_status.ts";
import type { Publication, Publisher } from "../node/publisher.ts";
import { movedOverNote } from "../plan/moved_over.ts";

/**
 * Publishes as `publisher` does. Beside the first baseline of a node that the existing operator scanned before it says
 * that its word was not "Succeeded": `before` is the node's status as this daemon found it.
 */
export function movedOverPublisher(publisher: Publisher, before: StoredNodeStatus): Publisher {
  return {
    publish: (publication, signal) => publisher.publish(withNote(publication, before), signal),
    ...(publisher.again !== undefined && {
      again: (failures, signal) => publisher.again?.(failures, signal) ?? Promise.resolve(),
    }),
  };
}

function withNote(publication: Publication, before: StoredNodeStatus): Publication {
  if (publication.baseline?.reason !== "moved-over") return publication;
  const note = movedOverNote(before);
  return note === undefined
    ? publication
    : { ...publication, absorbed: { ...publication.absorbed, note } };
}
