/** A small machine's files, for the root of a fake node. */

const text = (path: string): string => `The contents of ${path}, as they were installed\n`;
const program = (path: string): string => `#!/bin/sh\n# ${path}\nexit 0\n`;

const files: Readonly<Record<string, string>> = {
  "etc/resolv.conf": "nameserver 127.0.0.53\n",
  "etc/hostname": "node\n",
  "etc/hosts": "127.0.0.1 localhost\n",
  "etc/passwd":
    "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n",
  "etc/group": "root:x:0:\nnobody:x:65534:\n",
  "etc/os-release": 'ID="rhcos"\nVERSION_ID="4.20"\n',
  "etc/ssh/sshd_config": "PermitRootLogin no\n",
  "etc/sudoers": "root ALL=(ALL) ALL\n",
  "etc/fstab": "/dev/vda1 / xfs defaults 0 0\n",
  "etc/crontab": "SHELL=/bin/sh\n",
  "etc/kubernetes/kubelet.conf": "kind: KubeletConfiguration\n",
  "etc/systemd/system/kubelet.service": "[Service]\nExecStart=/usr/bin/kubelet\n",
  "etc/sysctl.d/99-node.conf": "net.ipv4.ip_forward = 1\n",
  "etc/pki/ca-trust/source/README": text("README"),
  "boot/grub2/grub.cfg": "set timeout=1\n",
  "boot/vmlinuz-6.12.0": text("vmlinuz"),
  "boot/initramfs-6.12.0.img": text("initramfs"),
  "root/.bashrc": "alias ll='ls -l'\n",
  "root/.bash_profile": ". ~/.bashrc\n",
  "usr/lib/os-release": 'ID="rhcos"\n',
  "usr/lib/systemd/systemd": text("systemd"),
  "usr/lib64/libc.so.6": text("libc"),
  "usr/lib64/libcrypto.so.3": text("libcrypto"),
  "usr/libexec/openssh/sftp-server": text("sftp-server"),
  "usr/share/doc/bash/README": text("bash"),
  "usr/local/bin/node-setup": program("node-setup"),
  "var/lib/kubelet/config.json": "{}\n",
  "var/log/messages": "Nov 25 12:00:00 node kernel: started\n",
};

const programs = ["bash", "cat", "cp", "crictl", "curl", "kubelet", "ls", "runc", "ssh", "sudo"];
const links: Readonly<Record<string, string>> = {
  "bin": "usr/bin",
  "sbin": "usr/sbin",
  "lib": "usr/lib",
  "lib64": "usr/lib64",
  "usr/bin/sh": "bash",
  "etc/localtime": "../usr/share/zoneinfo/UTC",
};
const modes: Readonly<Record<string, number>> = {
  "etc/sudoers": 0o440,
  "root": 0o700,
  "tmp": 0o1777,
  "usr/bin/sudo": 0o4755,
};

/** Fills an empty directory with some forty files and links, the same ones each time. */
export async function fillHostRoot(root: string): Promise<void> {
  const all = { ...files };
  for (const name of programs) all[`usr/bin/${name}`] = program(name);
  for (const name of ["sshd", "useradd"]) all[`usr/sbin/${name}`] = program(name);
  const above = (path: string): string => path.split("/").slice(0, -1).join("/");
  const directories = new Set([
    ...[...Object.keys(all), ...Object.keys(links)].map(above),
    ...["tmp", "proc", "sys", "dev", "run", "opt"],
  ]);
  for (const directory of directories) {
    await Deno.mkdir(`${root}/${directory}`, { recursive: true, mode: 0o755 });
  }
  for (const [path, contents] of Object.entries(all)) {
    await Deno.writeTextFile(`${root}/${path}`, contents);
    if (/(^|\/)s?bin\//.test(path)) await Deno.chmod(`${root}/${path}`, 0o755);
  }
  for (const [path, target] of Object.entries(links)) {
    await Deno.symlink(target, `${root}/${path}`);
  }
  for (const [path, mode] of Object.entries(modes)) await Deno.chmod(`${root}/${path}`, mode);
}
