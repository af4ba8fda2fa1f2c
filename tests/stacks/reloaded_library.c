/* The same function twice, as long, with frames of different size (BYTES) and another name.
 */
void NAME(void (*callback)(int), int size);

void NAME(void (*callback)(int), int size) {
    volatile char space[BYTES];
    space[0] = space[BYTES - 1] = 1;
    callback(size);
    space[1] = 1;
}
