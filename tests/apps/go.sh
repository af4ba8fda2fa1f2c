# A Go program with cgo: what C allocates is counted, from threads that Go made; Go's own heap
# is not malloc's.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/apps/lib.sh"
need go

mkdir "$tmp/source"
cat >"$tmp/source/work.go" <<'END_GO'
package main

/*
#include <stdlib.h>
#include <string.h>
static size_t work(int n) {
	size_t sum = 0;
	for (int i = 1; i < 500; i++) {
		char *at = malloc((size_t)i);
		memset(at, n, (size_t)i);
		sum += (size_t)at[i - 1];
		free(at);
	}
	return sum;
}
*/
import "C"
import (
	"fmt"
	"os"
	"unsafe"
)

func main() {
	sums := make(chan int)
	for n := 1; n <= 16; n++ {
		go func(n int) {
			text := C.CString(fmt.Sprint("goroutine ", n))
			defer C.free(unsafe.Pointer(text))
			sums <- int(C.work(C.int(n))) + len(C.GoString(text))
		}(n)
	}
	total := 0
	for n := 1; n <= 16; n++ {
		total += <-sums
	}
	fmt.Println(total)
	os.Exit(5)
}
END_GO
(cd "$tmp/source" && GOFLAGS=-mod=mod GO111MODULE=off GOCACHE=$tmp/cache CGO_ENABLED=1 timeout 200 go build -o "$tmp/work" work.go) ||
    fail "go build"
rm -rf "$tmp"/tmpdir/*
# os.Exit does not run C's exit: no summary is written, so the program is recorded.
"$tmp/work" >"$tmp/plain.out" 2>"$tmp/plain.err" || status=$?
expect_equal 5 "${status:-0}" "status"
for options in "" preset=test,leaks=off,frames=512; do
    status=0
    MTALLOC_OPTIONS=$options timeout 60 "$MTALLOC_CMD" run -o "$tmp/summary" -- "$tmp/work" >"$tmp/out" 2>"$tmp/err" || status=$?
    expect_equal 5 "$status" "status under the library"
    cmp "$tmp/plain.out" "$tmp/out" || fail "another output"
    summary check "$tmp/summary" || fail "bad summary"
    expect_at_least 8000 "$(summary get "$tmp/summary" total.allocs)" "allocations"
    expect_equal "" "$(summary get "$tmp/summary" event.kind)" "events"
    rm -f "$tmp/summary"
done
