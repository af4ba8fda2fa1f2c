/* dump_to PATH …: writes a summary to each of them and says what came of it. */
#include "api/api.h"

int main(int argc, char **argv) {
    EQUAL(-EINVAL, mtalloc_dump_to(NULL));
    for (int i = 1; i < argc; i++) {
        errno = 77;
        printf("%d\n", mtalloc_dump_to(argv[i]));
        EQUAL(77, errno);
    }
    return 0;
}
