#!/usr/bin/env bash
# The same inputs give the same verdict lines in QEMU as on the host.
# usage: boot/verdicts_test.sh KHEAP KERNEL MACHINE pack|modules|cdrom|stick INPUT...
set -u -o pipefail
here=$(cd "$(dirname "$0")" && pwd) || exit 1
kheap=$1
kernel=$2
machine=$3
how=$4
shift 4
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
if [ "$how" = pack ]; then
    "$kheap" pack "$scratch/corpus.pack" "$@" || exit 1
    set -- "$scratch/corpus.pack"
fi
"$kheap" replay "$@" > "$scratch/host" || { echo "verdicts_test: replay on the host failed"; exit 1; }
what=("$@")
case $how in
    cdrom | stick)
        "$here/iso" --kernel "$kernel" --tool "$kheap" "$scratch/image.iso" "$@" || exit 1
        what=(--iso "$scratch/image.iso")
        [ "$how" = cdrom ] || what=(--stick "$scratch/image.iso")
        ;;
esac
"$here/run" --kernel "$kernel" --machine "$machine" --timeout 300 "${what[@]}" > "$scratch/boot"
status=$?
grep -E ' (ok|violation) .*digest=' "$scratch/boot" > "$scratch/guest"
if ! diff "$scratch/host" "$scratch/guest"; then
    echo "verdicts_test: verdict lines differ between host (<) and QEMU (>)"
    tail -n 5 "$scratch/boot"
    exit 1
fi
[ -s "$scratch/host" ] || { echo "verdicts_test: no verdict lines"; exit 1; }
[ "$status" -eq 0 ] || { echo "verdicts_test: boot/run ended with status $status"; exit 1; }
echo "verdicts_test: $(wc -l < "$scratch/host") verdict lines are equal on $machine ($how)"
