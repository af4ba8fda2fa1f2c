/* Takes a step for every line that comes in: 100 blocks of 1,000 bytes, 40 of them freed.
 */
#include <stdio.h>
#include <stdlib.h>

#define STEPS 1000

static void *kept[STEPS][100];

__attribute__((noinline)) static void *step_block(void) {
    return malloc(1000);
}

int main(void) {
    static char line[64], out[64], in[64];
    setvbuf(stdin, in, _IOFBF, sizeof in);
    setvbuf(stdout, out, _IOLBF, sizeof out);
    puts("ready");
    for (int step = 0; step < STEPS && fgets(line, sizeof line, stdin) != NULL; step++) {
        for (int i = 0; i < 100; i++)
            kept[step][i] = step_block();
        for (int i = 0; i < 40; i++)
            free(kept[step][i]);
        puts("done");
    }
    return 0;
}
