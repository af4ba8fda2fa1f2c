/* How the test steers the fake allocator, and what it has seen. */
#ifndef FAKE_BACKEND_H
#define FAKE_BACKEND_H

#ifdef __cplusplus
extern "C" {
#endif
extern unsigned long fake_calls, fake_fail_at; /* 0: none fails */
extern unsigned long fake_live, fake_live_bytes, fake_wrong;
#ifdef __cplusplus
}
#endif

#endif
