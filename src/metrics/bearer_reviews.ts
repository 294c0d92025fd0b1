import type { SubjectAccessReview } from "kubernetes-types/authorization/v1.d.ts";
import type { TokenReview } from "kubernetes-types/authentication/v1.d.ts";
import { digestText } from "../base/digest.ts";
import type { KubeReviewer } from "../kube/kube_api.ts";
import { resource, type Stored } from "../kube/resource.ts";
import type { MonotonicClock } from "../system/clock.ts";

/** What is known of somebody who asks for a path. */
export type Reviewed =
  | "allowed"
  /** The API server knows who it is, and that they may not. */
  | "forbidden"
  /** The API server does not know the token. */
  | "unknown"
  /** So many ask at once that this one was not looked at. */
  | "busy";

/** What reviews are made with. */
export interface BearerReviewsOptions {
  api: KubeReviewer;
  clock: MonotonicClock;
}

const tokenReviews = resource<Stored<TokenReview>>(
  "authentication.k8s.io/v1",
  "TokenReview",
  "tokenreviews",
  "cluster",
);

const accessReviews = resource<Stored<SubjectAccessReview>>(
  "authorization.k8s.io/v1",
  "SubjectAccessReview",
  "subjectaccessreviews",
  "cluster",
);

// A scrape comes every half a minute or so, and must not cost the API server two calls each. Who was refused is
// about to be given the permission.
const allowedFor = 60_000;
const refusedFor = 10_000;

const deadline = 8_000;
const most = 256;
const mostAtOnce = 8;

const tokenSyntax = /^[A-Za-z0-9._~+/=-]{1,16384}$/;

interface Known {
  reviewed: Promise<Reviewed>;
  /** Milliseconds of the monotonic clock; Infinity while it is being asked. */
  until: number;
}

/** Asks the API server who has a token, and whether they may get a path (TokenReview, SubjectAccessReview). */
export class BearerReviews {
  readonly #options: BearerReviewsOptions;
  // By a digest, so that no token stays in memory; the oldest first.
  readonly #known = new Map<string, Known>();
  #asking = 0;

  constructor(options: BearerReviewsOptions) {
    this.#options = options;
  }

  /** Whether the token's owner may get the path. Rejects with a `KubeError` when the API server can't be asked. */
  async review(token: string, path: string): Promise<Reviewed> {
    if (!tokenSyntax.test(token)) return "unknown";
    const key = `${digestText(token)} ${path}`;
    const known = this.#known.get(key);
    if (known !== undefined && this.#options.clock.monotonic() < known.until) {
      return await known.reviewed;
    }
    if (this.#asking >= mostAtOnce) return "busy";
    this.#known.delete(key);
    const entry: Known = { reviewed: this.#counted(token, path), until: Infinity };
    this.#known.set(key, entry);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= most) break;
      this.#known.delete(oldest);
    }
    try {
      const reviewed = await entry.reviewed;
      const now = this.#options.clock.monotonic();
      entry.until = now + (reviewed === "allowed" ? allowedFor : refusedFor);
      return reviewed;
    } catch (error) {
      if (this.#known.get(key) === entry) this.#known.delete(key);
      throw error;
    }
  }

  async #counted(token: string, path: string): Promise<Reviewed> {
    this.#asking++;
    try {
      return await this.#ask(token, path);
    } finally {
      this.#asking--;
    }
  }

  async #ask(token: string, path: string): Promise<Reviewed> {
    const { api } = this.#options;
    const { status } = await api.review(tokenReviews, { spec: { token } }, { deadline });
    const { authenticated, user } = status ?? {};
    if (authenticated !== true || user?.username === undefined) return "unknown";
    const { username, uid, groups, extra } = user;
    const answer = await api.review(accessReviews, {
      spec: {
        user: username,
        ...(uid !== undefined && { uid }),
        ...(groups !== undefined && { groups }),
        ...(extra !== undefined && { extra }),
        nonResourceAttributes: { path, verb: "get" },
      },
    }, { deadline });
    return answer.status?.allowed === true ? "allowed" : "forbidden";
  }
}
