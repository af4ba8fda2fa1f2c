#!/bin/bash
# Prints the table of docs/DETECTION.md that compares: the programs of tests/detect/matrix.cc
# under what is installed of other allocators and checkers. Not a test: run by hand.
#     MTALLOC_SO=… bash tests/detect/peers.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
. "$srcdir/tests/programs.sh"
ulimit -c 0
sizes="8 10 24 4096 262144"

program detect/matrix.cc -Wno-mismatched-new-delete
source=$srcdir/tests/detect/matrix.cc
# shellcheck disable=SC2086 # flags
$CXX -std=c++17 $test_flags -D_GNU_SOURCE -O1 -fno-builtin -Wno-mismatched-new-delete \
    -fsanitize=address -o "$tmp/matrix.asan" "$source" || rm -f "$tmp/matrix.asan"
$CXX -std=c++17 -O2 -o "$tmp/churn" "$srcdir/bench/churn.cc"
$CXX -std=c++17 -O2 -fsanitize=address -o "$tmp/churn.asan" "$srcdir/bench/churn.cc" || true
scudo=$(compgen -G '/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.scudo_standalone-x86_64.so' |
    tail -1) || true
tcmalloc=$(compgen -G '/usr/lib/*/libtcmalloc_debug.so.4') || true

# run TOOL PROGRAM [ARGUMENT …]; PROGRAM.asan is the one for the sanitizer.
run() {
    local tool=$1 program=$2
    shift 2
    case $tool in
    mtalloc) set -- env LD_PRELOAD="$MTALLOC_SO" "$program" "$@" ;;
    mtalloc-test) set -- env LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS=preset=test,leaks=off "$program" "$@" ;;
    mtalloc-guard) set -- env LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS=preset=guard,leaks=off,guard_side=$side "$program" "$@" ;;
    asan) set -- env ASAN_OPTIONS=detect_leaks=0 "$program.asan" "$@" ;;
    valgrind) set -- valgrind -q --error-exitcode=9 "$program" "$@" ;;
    scudo) set -- env LD_PRELOAD="$scudo" SCUDO_OPTIONS=dealloc_type_mismatch=1:delete_size_mismatch=1 "$program" "$@" ;;
    tcmalloc_debug) set -- env LD_PRELOAD="$tcmalloc" "$program" "$@" ;;
    glibc) set -- "$program" "$@" ;;
    esac
    timeout 120 "$@" >"$tmp/out" 2>"$tmp/err"
}

# under TOOL BUG WAY SIZE VARIANT [correct]: what it did, in $said.
under() {
    local status=0
    (exec 2>/dev/null; run "$1" "$tmp/matrix" "${@:2}") || status=$?
    if [ -s "$tmp/err" ]; then
        said=said
    elif [ "$status" -ge 128 ]; then
        said=crashed
    else
        said=nothing
    fi
}

# cell TOOL BUG WAY: how many sizes it spoke at, crashed at, and whether the twin was silent.
cell() {
    local size said total=0 spoke=0 crashed=0 false=0
    for size in $sizes; do
        under "$1" "$2" "$3" "$size" "$variant"
        case $said in said) spoke=$((spoke + 1)) ;; crashed) crashed=$((crashed + 1)) ;; esac
        under "$1" "$2" "$3" "$size" "$variant" correct
        [ "$said" = nothing ] || false=$((false + 1))
        total=$((total + 1))
    done
    case $spoke,$crashed in
    "$total,0") cell=all ;;
    0,0) cell=no ;;
    *) cell="$spoke of $total" ;;
    esac
    [ "$crashed" -eq 0 ] || cell+=", crashed $crashed"
    [ "$false" -eq 0 ] || cell+=", false alarms $false"
}

tools="mtalloc mtalloc-test mtalloc-guard glibc"
[ ! -e "$tmp/matrix.asan" ] || tools+=" asan"
command -v valgrind >/dev/null && tools+=" valgrind"
[ -z "$scudo" ] || tools+=" scudo"
[ -z "$tcmalloc" ] || tools+=" tcmalloc_debug"
echo "| bug |$(printf ' %s |' $tools)"
echo "|---|$(printf -- '---|%.0s' $tools)"
side=right
for bug in overflow overflow_zero overflow_all underflow underflow_all double_free \
    realloc_freed write_first write_last past_read past_write before_read before_write \
    read_first read_last middle stack global wrong_kind kept_overflow kept_underflow; do
    row="| $bug |"
    case $bug in before_*) side=left ;; *) side=right ;; esac
    case $bug in kept_*) variant=kept ;; *) variant=now ;; esac
    for tool in $tools; do
        cell "$tool" "${bug#kept_}" malloc
        row+=" $cell |"
    done
    echo "$row"
done

# seconds TOOL: of the containers of bench/churn.cc, the best of three.
seconds() {
    for _ in 1 2 3; do
        local start=$EPOCHREALTIME
        run "$1" "$tmp/churn" || return 0
        echo "$start $EPOCHREALTIME"
    done | awk '{ s = $2 - $1 } NR == 1 || s < best { best = s } END { if (NR == 3) print best }'
}
base=$(seconds glibc)
row="| time of bench/churn |"
for tool in $tools; do
    row+=" $(seconds "$tool" | awk -v base="$base" '{ printf "%.1f", $1 / base }') |"
done
echo "$row"

# Leaks: the programs of tests/detect/leaks that need no thread, at their exit.
echo 'int nobody_looks(int mode) { return mode * 0; }' >"$tmp/stub.c"
for kind in plain lsan; do
    flags="-g -O1 -fno-builtin -fno-optimize-sibling-calls -w -D_GNU_SOURCE -pthread -I$srcdir/tests -I$srcdir/include"
    [ "$kind" = plain ] || flags+=" -fsanitize=leak"
    # shellcheck disable=SC2086 # flags
    {
        $CXX $flags -std=gnu++17 -o "$tmp/ways.$kind" "$srcdir/tests/detect/leaks/ways.cc"
        $CC $flags -std=gnu11 -Dmtalloc_leaks=nobody_looks -o "$tmp/places.$kind" \
            "$srcdir/tests/detect/leaks/places.c" "$tmp/stub.c"
    } || fail "cannot compile the programs of tests/detect/leaks"
done

# lost TOOL PROGRAM ARGUMENT …: "said" if it calls anything lost, "-" if not.
lost() {
    local program=$tmp/$2
    case $1 in
    mtalloc) env LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS=leaks=reachable "$program.plain" "${@:3}" ;;
    lsan) "$program.lsan" "${@:3}" ;;
    valgrind) valgrind --leak-check=full "$program.plain" "${@:3}" ;;
    esac >"$tmp/out" 2>"$tmp/err" || true
    if grep -qE 'kind=lost|detected memory leaks|definitely lost: [1-9]' "$tmp/err"; then
        echo said
    else
        echo -
    fi
}
echo
echo "| lost, held | mtalloc | lsan | valgrind |"
echo "|---|---|---|---|"
while read -r program name bug twin; do
    row="| $name |"
    for tool in mtalloc lsan valgrind; do
        row+=" $(lost "$tool" "$program" "$name" "$bug"), $(lost "$tool" "$program" "$name" "$twin") |"
    done
    echo "$row"
done < <(printf 'ways %s bug correct\n' malloc calloc realloc memalign strdup new array
    printf 'places %s lost held\n' global bss data tls mapping block interior end freed key)
