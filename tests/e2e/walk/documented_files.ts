/** The documentation's FileIntegrity, and the ConfigMap that it names. */

const sample = new URL("../../../manifests/samples/worker-fileintegrity.yaml", import.meta.url);

const whole = "/usr/ CONTENT_EX";
const part = "/usr/sbin/ CONTENT_EX";

/**
 * The file that the documentation applies. The user's configuration selects a part of /usr in place of all of it, as
 * this test scans every 20 seconds, as documented; another FileIntegrity scans the whole.
 */
export async function workerFileIntegrity(): Promise<string> {
  const text = await Deno.readTextFile(sample);
  if (!text.includes(whole)) throw new Error(`The sample has no line "${whole}" any more`);
  return text.replace(whole, part);
}

/**
 * A FileIntegrity with the default policy, which scans again and again. It may use both cores, to be done in time, and
 * more memory than by default: a check of half a million entries was killed at 600Mi.
 */
export const everythingFileIntegrity = `apiVersion: fileintegrity.openshift.io/v1alpha1
kind: FileIntegrity
metadata:
  name: everything
  namespace: openshift-file-integrity
spec:
  nodeSelector:
    node-role.kubernetes.io/worker: ""
  config:
    gracePeriod: 10
  resources:
    limits:
      cpu: "2"
      memory: 1Gi
`;
