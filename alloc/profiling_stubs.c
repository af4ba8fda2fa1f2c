/* The mathematical functions that jemalloc's own profiler wants (alloc/jemalloc_names.txt).
 * It is refused at start, so they are never called; without them the library would need
 * one more library at run time. */
double mt_libm_log_stub(double x);
double mt_libm_exp_stub(double x);
double mt_libm_round_stub(double x);

double mt_libm_log_stub(double x) {
    return x;
}

double mt_libm_exp_stub(double x) {
    return x;
}

double mt_libm_round_stub(double x) {
    return x;
}
