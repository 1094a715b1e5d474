#!/usr/bin/env bash
# The same inputs give the same verdict lines in QEMU as on the host.
# usage: boot/verdicts_test.sh KHEAP KERNEL microvm|pc|pentium pack|modules|cdrom|stick INPUT...
# pentium: a microvm with that processor.
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source "${BASH_SOURCE[0]%/*}/test_common.sh" || exit 3
kheap=$1
kernel=$2
machine=$3
how=$4
shift 4
if [ "$how" = pack ]; then
    "$kheap" pack "$scratch/corpus.pack" "$@" || exit 1
    set -- "$scratch/corpus.pack"
fi
"$kheap" replay "$@" > "$scratch/host" || fail 'replay on the host failed'
if [ "$machine" = pentium ]; then
    machine=microvm
    use_pentium
fi
what=("$@")
case $how in
    cdrom | stick)
        "$here/iso" --kernel "$kernel" --tool "$kheap" "$scratch/image.iso" "$@" || exit 1
        what=(--iso "$scratch/image.iso")
        [ "$how" = cdrom ] || what=(--stick "$scratch/image.iso")
        ;;
esac
boot --kernel "$kernel" --machine "$machine" --timeout 300 "${what[@]}"
grep -E ' (ok|violation) .*digest=' "$scratch/out" > "$scratch/guest"
diff "$scratch/host" "$scratch/guest" || fail 'verdict lines differ between host (<) and QEMU (>)'
[ -s "$scratch/host" ] || fail 'no verdict lines'
[ "$status" -eq 0 ] || fail "boot/run ended with status $status"
test_end "$(wc -l < "$scratch/host") verdict lines are equal on $machine ($how)"
