/** The configuration of a FileIntegrity that names none. */

import { ourLines } from "./option_policy.ts";

/**
 * The default aide.conf. It watches what the table for AIDE 0.16 of the existing operator watches, and more closely: link
 * targets everywhere, the size of regular files, inode and change time of device nodes. A directory's size is left alone, since it changes with every file that
 * comes or goes, and those are reported themselves.
 */
export const defaultPolicy = `\
${ourLines.DBDIR}
${ourLines.LOGDIR}
${ourLines.database_in}
${ourLines.database_out}
${ourLines.gzip_dbout}
log_level=warning
report_level=changed_attributes
${ourLines.report_url}

# Who may do what
PERMS = ftype+p+u+g+l+acl+selinux+xattrs
# Content as well; times and inodes are left out, since they change without it
CONTENTEX = sha512+ftype+p+u+g+n+l+acl+selinux+xattrs
# Content of regular files
CONTENTFILE = CONTENTEX+s
# Device nodes: AIDE keeps no device number, so a node that was replaced shows by its inode and its change time alone
DEVICE = CONTENTEX+i+c

/hostroot/boot/ f CONTENTFILE
/hostroot/boot/ b,c DEVICE
/hostroot/boot/ CONTENTEX
/hostroot/root/\\..* PERMS
/hostroot/root/ f CONTENTFILE
/hostroot/root/ b,c DEVICE
/hostroot/root/ CONTENTEX
!/hostroot/root/\\.kube
!/hostroot/usr/src/
!/hostroot/usr/tmp/

/hostroot/usr/ f CONTENTFILE
/hostroot/usr/ b,c DEVICE
/hostroot/usr/ CONTENTEX

# OpenShift specific excludes
!/hostroot/opt/
!/hostroot/var
!/hostroot/etc/NetworkManager/system-connections/
!/hostroot/etc/mtab$
!/hostroot/etc/.*~
!/hostroot/etc/kubernetes/static-pod-resources
!/hostroot/etc/kubernetes/aide.*
!/hostroot/etc/kubernetes/manifests
!/hostroot/etc/kubernetes/kubelet-ca.crt
!/hostroot/etc/docker/certs.d
!/hostroot/etc/selinux/targeted
!/hostroot/etc/openvswitch/conf.db
!/hostroot/etc/kubernetes/cni/net.d
!/hostroot/etc/machine-config-daemon/currentconfig$
!/hostroot/etc/machine-config-daemon/node-annotations?\\.json
!/hostroot/etc/pki/ca-trust/extracted/java/cacerts$
!/hostroot/etc/cvo/updatepayloads
!/hostroot/etc/cni/multus/certs
!/hostroot/etc/kubernetes/compliance-operator
!/hostroot/etc/kubernetes/node-feature-discovery
!/hostroot/etc/mco/internal-registry-pull-secret.json$

# Catch everything else in /etc
/hostroot/etc/ f CONTENTFILE
/hostroot/etc/ b,c DEVICE
/hostroot/etc/ CONTENTEX
`;
