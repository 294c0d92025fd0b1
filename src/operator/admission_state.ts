import type { MatchResources } from "kubernetes-types/admissionregistration/v1.d.ts";
import type { CallOptions, KubeReader, KubeReviewer } from "../kube/kube_api.ts";
import { isKubeError } from "../kube/kube_error.ts";
import type { KubeObject } from "../kube/kube_object.ts";
import { type Resource, resources } from "../kube/resource.ts";

/** Whether the API server holds every daemon to its own node; the messages say why not, and what to do. */
export type AdmissionState =
  | { state: "in-force" }
  /** The policy is not there, or not as manifests/base/admission.yaml has it. */
  | { state: "missing"; message: string }
  /** The API server can't do it. */
  | { state: "unsupported"; message: string }
  /** The account may not see it. */
  | { state: "unknown"; message: string };

/** Options of `admissionState`. */
export interface AdmissionOptions extends Pick<CallOptions, "signal"> {
  /** Name of the policy and of its binding. */
  policy?: string;
}

type Policies = Pick<KubeReader, "get"> & KubeReviewer;
type Gap = Exclude<AdmissionState, { state: "in-force" }>;

const remedy = "apply manifests/base/admission.yaml as it is";
const consequence = "a daemon can write for every node";

const missing = (why: string): Gap => ({
  state: "missing",
  message: `${why}, so ${consequence}: ${remedy}`,
});

const isEmpty = (value: object | undefined): boolean =>
  value === undefined || Object.keys(value).length === 0;

/** Whether some of what a rule or a policy is for is left out. */
function isNarrowed(match: MatchResources): boolean {
  const { namespaceSelector, objectSelector, excludeResourceRules = [] } = match;
  return !isEmpty(namespaceSelector) || !isEmpty(objectSelector) || excludeResourceRules.length > 0;
}

/** Gets the policy or its binding, or what it means that it can't be had. */
async function found<T extends KubeObject>(
  api: Policies,
  resource: Resource<T>,
  name: string,
  options: CallOptions,
): Promise<T | Gap> {
  const what = `${resource.kind} ${JSON.stringify(name)}`;
  try {
    return await api.get(resource, { name }, options);
  } catch (error) {
    if (isKubeError(error, "not-found")) return missing(`There is no ${what}`);
    if (isKubeError(error, "bad-request") && error.code === 404) {
      return {
        state: "unsupported",
        message: `The API server knows no ${resource.kind} of ${resource.apiVersion}, so ` +
          `${consequence}: use Kubernetes 1.30 or newer, then ${remedy}`,
      };
    }
    if (isKubeError(error, "forbidden")) {
      return {
        state: "unknown",
        message: `Whether ${consequence} can't be seen, as the operator may not get the ${what}: ` +
          "apply manifests/rbac/operator.yaml",
      };
    }
    throw error;
  }
}

const isGap = (value: object): value is Gap => "state" in value;

async function policyGap(
  api: Policies,
  name: string,
  options: CallOptions,
): Promise<Gap | undefined> {
  const policy = await found(api, resources.validatingAdmissionPolicies, name, options);
  if (isGap(policy)) return policy;
  const what = `ValidatingAdmissionPolicy ${JSON.stringify(name)}`;
  const { failurePolicy, matchConstraints = {}, validations = [] } = policy.spec ?? {};
  if (failurePolicy !== "Fail") return missing(`The ${what} lets pass what it can't judge`);
  if (validations.length === 0 || isNarrowed(matchConstraints)) {
    return missing(`The ${what} leaves something out`);
  }
  const [warning] = policy.status?.typeChecking?.expressionWarnings ?? [];
  if (warning !== undefined) {
    return missing(
      `The ${what} does not fit this API server, which says of ${warning.fieldRef}: ` +
        warning.warning.replace(/\s+/g, " ").trim().slice(0, 300),
    );
  }
  const binding = await found(api, resources.validatingAdmissionPolicyBindings, name, options);
  if (isGap(binding)) return binding;
  const { policyName, validationActions = [], matchResources = {} } = binding.spec ?? {};
  const bound = `The ValidatingAdmissionPolicyBinding ${JSON.stringify(name)}`;
  if (policyName !== name) return missing(`${bound} is not for the policy of that name`);
  if (!validationActions.includes("Deny")) return missing(`${bound} does not deny anything`);
  if (isNarrowed(matchResources) || (matchResources.resourceRules ?? []).length > 0) {
    return missing(`${bound} leaves something out`);
  }
  return undefined;
}

const claim = "authentication.kubernetes.io/";

/** Whether tokens of pods name the node, as far as the operator's own one, if it is a pod's, tells. */
async function tokenGap(api: Policies, options: CallOptions): Promise<Gap | undefined> {
  let extra: Record<string, string[]>;
  try {
    const { status } = await api.review(resources.selfSubjectReviews, {}, options);
    extra = status?.userInfo?.extra ?? {};
  } catch (error) {
    // Who asks is told by default, since Kubernetes 1.28. Where not, the daemons are still refused.
    if (isKubeError(error, "forbidden", "not-found", "bad-request")) return undefined;
    throw error;
  }
  if (!(`${claim}pod-name` in extra) || `${claim}node-name` in extra) return undefined;
  return {
    state: "unsupported",
    message:
      "The API server puts no node's name into the tokens of pods, so that it refuses every " +
      "result and log: use Kubernetes 1.30 or newer, with the feature gate " +
      "ServiceAccountTokenPodNodeInfo on",
  };
}

/**
 * Finds out whether the API server holds every daemon to its own node. Rejects with the KubeErrors of an API server
 * that can't be asked for now.
 */
export async function admissionState(
  api: Policies,
  { signal, policy = "file-integrity-daemon" }: AdmissionOptions = {},
): Promise<AdmissionState> {
  const options = signal === undefined ? {} : { signal };
  const gap = await policyGap(api, policy, options) ?? await tokenGap(api, options);
  return gap ?? { state: "in-force" };
}
