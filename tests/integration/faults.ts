/** What can go wrong between a client and the API server, as values. */

/** When a fault comes. */
export type Moment =
  /** Before the API server sees the request. */
  | "request"
  /** When the API server has done its work, and before the client learns anything of it. */
  | "answered"
  /** When half of the answer's body was passed on. */
  | "body"
  /** When so many lines of a watch were passed on; with `within`, and half of the next one. */
  | { lines: number; within?: boolean };

/** What happens then. */
export type Effect =
  /** Nothing any more, and the connection stays open. */
  | { do: "stall" }
  /** The connection is cut. */
  | { do: "cut" }
  /** So many milliseconds pass, then all goes on. */
  | { do: "wait"; milliseconds: number }
  /** From here on the answer comes in pieces of so many bytes, with pauses. */
  | { do: "dribble"; bytes: number; milliseconds: number }
  /** Another answer than the API server's; not in the middle of one. */
  | { do: "answer"; code: number; headers?: Record<string, string>; body?: string }
  /** The API server is asked with these parameters instead of the client's. */
  | { do: "ask"; query: Record<string, string> }
  /** An answer without end. */
  | { do: "flood" }
  /** A line of ours instead of the rest of a watch, which then ends in good order. */
  | { do: "line"; line: string };

/** A fault: by default before the API server sees the request. */
export type Fault = Effect & { at?: Moment };

/** An answer that holds a Status of the API server, such as `answer(409, "Conflict")`. */
export function answer(
  code: number,
  reason: string,
  headers: Record<string, string> = {},
): Effect {
  const body = JSON.stringify(status(code, reason));
  return { do: "answer", code, headers: { "content-type": "application/json", ...headers }, body };
}

/** 429, with the seconds or the date to wait for. */
export function tooManyRequests(retryAfter: string): Effect {
  return answer(429, "TooManyRequests", { "retry-after": retryAfter });
}

/** The event with which a watch tells that its version is too old. */
export const expired: Effect = {
  do: "line",
  line: JSON.stringify({ type: "ERROR", object: status(410, "Expired") }),
};

function status(code: number, reason: string): unknown {
  const message = `the proxy of the test says ${reason}`;
  return { kind: "Status", apiVersion: "v1", status: "Failure", message, reason, code };
}
