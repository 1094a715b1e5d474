#!/usr/bin/env bash
# The parts of boot/run that run QEMU, and that keep a run. To be sourced by it.
# shellcheck disable=SC2154,SC2034 # its variables

# Runs QEMU with the accelerator $1; what the kernel prints goes through the command `show`. Sets
# status.
run_qemu()
{
    local command=(qemu-system-i386 -accel "$1" "${options[@]}")
    "${show[@]}" <"$work/serial" &
    tee_pid=$!
    # The shell becomes timeout(1), which hands a signal on to the QEMU that it started, and to no
    # other.
    (cd -- "$work" && exec timeout --foreground --kill-after=5 "$seconds" "${command[@]}" \
        </dev/null >serial) &
    qemu_pid=$!
    wait "$qemu_pid"
    status=$?
    qemu_pid=
    wait "$tee_pid"
    tee_pid=
}

# KVM may be there and still not run a guest: only the kernel's own exit counts. Nothing is shown
# before that is known, so that no line is shown twice.
run_on_kvm()
{
    local why
    if [[ ! -r /dev/kvm || ! -w /dev/kvm ]]; then
        why="/dev/kvm is not there, or not for this user"
    else
        show=(cat)
        run_qemu kvm >"$work/kvm" 2>"$work/errors"
        case $status in
        0) why="it resets the guest: QEMU ended without the kernel's exit" ;;
        1) why=$(tail -n 1 -- "$work/errors") ;;
        *) cp -- "$work/kvm" "$log" && cat -- "$log" && return ;;
        esac
    fi
    printf 'boot: KVM cannot be used (%s); running on TCG instead\n' "$why" >&2
    show=(tee -- "$log")
    run_qemu tcg
}

# A triple fault leaves no report: the boot is repeated with QEMU telling of every exception, and
# the last of them are shown. With a debugger, or of a recording or an image, it is not.
show_last_state()
{
    [[ -z $gdb$record$iso ]] && mkfifo "$work/exceptions" || return
    "${self%/*}/last_state" "$kernel" <"$work/exceptions" >&2 &
    tee_pid=$!
    (cd -- "$work" && exec timeout --foreground --kill-after=5 "$seconds" \
        qemu-system-i386 -accel tcg "${options[@]}" -d int,cpu_reset \
        </dev/null >/dev/null 2>exceptions) &
    qemu_pid=$!
    wait "$qemu_pid"
    qemu_pid=
    wait "$tee_pid"
    tee_pid=
}

# Puts all that this run needs into the directory $record: settings, kernel, modules.
recording_make()
{
    local i
    mkdir -- "$record" || die 7 "the directory $record cannot be made"
    record=$(realpath -- "$record")
    printf '%s\n' "$machine" "$memory" "$append" ${modules[@]+"${modules[@]##*/}"} >"$record/settings"
    cp -- "$kernel" "$record/kernel" || die 7 "the kernel cannot be copied to $record"
    for i in ${modules[@]+"${!modules[@]}"}; do
        mkdir -p -- "$record/modules/$i"
        cp -- "${modules[i]}" "$record/modules/$i/" || die 7 "a module cannot be copied to $record"
    done
}

# Takes kernel, modules and machine from the recording $replay.
recording_open()
{
    local i names=()
    [[ ${#modules[@]} -eq 0 && -z $append ]] || die 64 "--replay takes neither modules nor --append"
    [[ -r $replay/settings && -r $replay/log ]] || die 7 "$replay is no recording"
    replay=$(realpath -- "$replay")
    kernel=$replay/kernel
    # Three lines, then the modules, a name each.
    { read -r machine && read -r memory && read -r append && mapfile -t names; } \
        <"$replay/settings" || die 7 "$replay is no recording"
    for i in "${!names[@]}"; do
        modules+=("$replay/modules/$i/${names[i]}")
    done
}
