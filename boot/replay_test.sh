#!/usr/bin/env bash
# A recorded boot runs again, the very same, under gdb too; and KVM counts only if the kernel itself
# ends the run.
# usage: boot/replay_test.sh KHEAP KERNEL SEED
# shellcheck source-path=SCRIPTDIR source=test_common.sh
source "${BASH_SOURCE[0]%/*}/test_common.sh" || exit 3
kheap=$1
kernel=$2
seed=$3

# The registers that gdb sees where the first session ends.
registers_under_gdb()
{
    expect 0 '1 ok' boot_under_gdb "$scratch/recording/kernel" 'tbreak session_run' continue finish 'info registers' \
        detach -- --replay "$scratch/recording" >&2
    grep -E '^(eip|esp|eax|ecx|edx|ebx) ' "$scratch/gdb"
}

"$kheap" import "$seed" "$scratch/seed.ops" > /dev/null || exit 1
expect_boot 0 '1 ok' --kernel "$kernel" --record "$scratch/recording" "$scratch/seed.ops"
cp "$scratch/out" "$scratch/recorded"
rm "$scratch/seed.ops" # all that a replay needs is in the recording
expect_boot 0 '1 ok' --replay "$scratch/recording"
cmp "$scratch/recorded" "$scratch/out" || fail "the replay prints something else"
registers_under_gdb > "$scratch/first"
registers_under_gdb > "$scratch/second"
if [ "$(wc -l < "$scratch/first")" -lt 6 ] || ! cmp "$scratch/first" "$scratch/second"; then
    fail "gdb does not see the same registers twice"
fi
"$kheap" import "$seed" "$scratch/seed.ops" > /dev/null || exit 1
expect_boot 4 'hangs' --kernel "$kernel" --append hang --timeout 3 --record "$scratch/hang" "$scratch/seed.ops"
expect_boot 4 'the recording ends here, without a verdict' --replay "$scratch/hang"
expect_boot 7 'no recording' --replay "$scratch"
expect_boot 7 'cannot be made' --kernel "$kernel" --record "$scratch/hang" "$scratch/seed.ops"
expect_boot 64 'go neither' --kvm --record "$scratch/kvm" "$scratch/seed.ops"
expect_boot 64 'neither modules' --replay "$scratch/hang" "$scratch/seed.ops"

# A QEMU that resets under KVM, as some do.
mkdir "$scratch/bin"
cat > "$scratch/bin/qemu-system-i386" <<END
#!/usr/bin/env bash
[ "\$2" != kvm ] || { echo "seed.ops ok operations=9 applied=9 digest=9"; exit 0; }
exec $(command -v qemu-system-i386) "\$@"
END
chmod +x "$scratch/bin/qemu-system-i386"
why='it resets the guest'
[ -w /dev/kvm ] || why='/dev/kvm is not there'
PATH=$scratch/bin:$PATH expect_boot 0 "KVM cannot be used \\($why.*running on TCG" --kernel "$kernel" --kvm "$scratch/seed.ops"
[ "$(grep -c 'seed.ops ok' "$scratch/out")" -eq 1 ] || fail "what KVM printed is taken for a verdict"
test_end 'recorded runs are gone through again'
