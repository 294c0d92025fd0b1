/**
 * One question of a probe. By node:http, since `fetch` knows no way to leave a server's certificate unchecked, as a
 * kubelet does, but for the whole process.
 */
import http, { type IncomingMessage, type RequestOptions } from "node:http";
import https from "node:https";
import { pause } from "./changes.ts";

/** What is asked. */
export interface HttpTarget {
  scheme: "http" | "https";
  host: string;
  port: number;
  /** With the query. */
  path: string;
  /** A list where there are several of one name. */
  headers: Readonly<Record<string, string | string[]>>;
}

// As much as a kubelet reads.
const bodyLimit = 10 * 1024;
const shownBody = 300;
const timeoutParts = 4;

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/**
 * Asks, on a connection of its own that is closed before this resolves: with undefined where the answer is a success
 * within `milliseconds`, else with what is wrong.
 */
export async function askOverHttp(
  target: HttpTarget,
  milliseconds: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { scheme, host, port, path, headers } = target;
  const url = `GET ${scheme}://${host}:${port}${path}`;
  const closed = Promise.withResolvers<void>();
  let outcome: { failure: string | undefined } | undefined;
  const settle = (failure?: string): void => void (outcome ??= { failure });

  const judge = (statusCode: number, body: string): void => {
    if (isSuccess(statusCode)) return settle();
    const redirect = statusCode < 400 ? ", and the test's kubelet follows no redirect" : "";
    const said = body.trim().slice(0, shownBody);
    settle(`${url} answered ${statusCode}${redirect}${said === "" ? "" : `: ${said}`}`);
  };
  const take = (answer: IncomingMessage): void => {
    const { statusCode = 0 } = answer;
    let body = "";
    answer.setEncoding("utf8");
    answer.on("data", (text: string) => {
      body += text;
      if (body.length < bodyLimit) return;
      judge(statusCode, body);
      request.destroy();
    });
    answer.on("end", () => judge(statusCode, body));
  };
  const options = { host, port, path, headers, agent: false, rejectUnauthorized: false };
  const request = (scheme === "https" ? https : http).request(options as RequestOptions, take);
  const stop = (): void => void request.destroy();
  request.on("error", ({ message }: Error) => settle(`${url} failed: ${message}`));
  request.on("close", () => closed.resolve());
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  request.end();

  // In parts: while this process stands still, under load, only one of them passes; the silence is not the program's.
  for (let part = 0; part < timeoutParts && outcome === undefined; part++) {
    await pause(milliseconds / timeoutParts, closed.promise);
  }
  settle(`${url} did not answer within ${milliseconds / 1_000} s`);
  request.destroy();
  await closed.promise;
  signal.removeEventListener("abort", stop);
  return outcome?.failure;
}
