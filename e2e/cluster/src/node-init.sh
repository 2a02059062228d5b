# First process of a node, in process and mount namespaces of its own; its end is the end of the node.
# Arguments: the node's folder, a folder of binaries, the node's name, its address, and its labels (a=b,c=d). All paths after the mounts are the usual ones of a node.
set -eu
node=$1
binaries=$2

mount --make-rprivate /
# The network namespaces of others, this cluster's or another's, must not live on because they are mounted here.
umount --all --lazy --types nsfs
mount -t proc proc /proc

# A real node's folders, kept on disk beneath the node's own folder. In this order, since /run may hide what comes later.
mkdir -p "$node/var-lib" "$node/var-log"
mkdir -p "$node/mounts/etc" "$node/mounts/bin"
mount --bind "$node/etc" "$node/mounts/etc"
mount --bind "$binaries" "$node/mounts/bin"
mount --bind "$node/var-lib" /var/lib
mount --bind "$node/var-log" /var/log
mount -t tmpfs tmpfs /run
mkdir -p /run/node
mount --rbind "$node/mounts" /run/node
mount --make-rshared /

# The kubelet insists on these kernel settings, which are the whole machine's: it gets files to write to instead.
for setting in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys kernel/keys/root_maxbytes; do
  mkdir -p "/run/settings/${setting%/*}"
  cat "/proc/sys/$setting" >"/run/settings/$setting"
  mount --bind "/run/settings/$setting" "/proc/sys/$setting"
done

# Like a service manager: what ends is started again.
keep() {
  name=$1
  shift
  while true; do
    "$@" >>"/var/log/$name.log" 2>&1 || true
    echo "$name ended and is started again" >>"/var/log/$name.log"
    sleep 1
  done
}

keep containerd containerd --config /run/node/etc/containerd.toml &

until ctr --connect-timeout 1s version >/dev/null 2>&1; do sleep 0.05; done
ctr --namespace k8s.io images import /run/node/etc/pause.tar >>/var/log/containerd.log 2>&1

keep kube-proxy /run/node/bin/kube-proxy --config=/run/node/etc/kube-proxy.yaml &
keep kubelet /run/node/bin/kubelet --config=/run/node/etc/kubelet.yaml --kubeconfig=/run/node/etc/kubelet.kubeconfig \
  --hostname-override="$3" --node-ip="$4" --node-labels="$5" --root-dir=/var/lib/kubelet --cert-dir=/var/lib/kubelet/pki &

# The shell waits for every process of the node that loses its parent, too.
wait
