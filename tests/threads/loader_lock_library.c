/* With CONSTRUCTED: a library whose constructor calls the program, under the loader's lock.
 * Else one with a function NAME that calls back; its code is not seen before that. */
#ifdef CONSTRUCTED
void while_locked(void);
__attribute__((constructor)) static void at_load(void) {
    while_locked();
    __asm__ volatile("" ::: "memory");
}
#else
void NAME(void (*callback)(void));
void NAME(void (*callback)(void)) {
    callback();
    __asm__ volatile("" ::: "memory");
}
#endif
