/* `mtalloc keygen`: a pair of keys, the secret one into a file. */
#include "cli/command.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/sealing.h"
#include "export/seal.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#if defined(MT_SODIUM)
#    include <sodium.h>
#endif

static const struct mt_argument arguments[] = {
    {'o', "output", "FILE", "the secret key's file (default mtalloc.key)"},
    {0},
};
static int keygen(int argc, char **argv);

const struct mt_command mt_command_keygen = {
    .name = "keygen",
    .operands = "",
    .summary = "makes a secret key's file, and prints the public key for option recipient",
    .arguments = arguments,
    .run = keygen,
};

#if defined(MT_SODIUM)
static int make(const char *path) {
    unsigned char public[crypto_box_PUBLICKEYBYTES], secret[crypto_box_SECRETKEYBYTES];
    char text[2 * sizeof public + 1], line[2 * sizeof secret + 2];
    struct mt_output output;
    /* A key that is lost takes with it all that was sealed for it. */
    if (access(path, F_OK) == 0) {
        mt_say("cannot write %s: it is there already", path);
        return MT_EXIT_STATUS_FAILED;
    }
    if (sodium_init() < 0 || crypto_box_keypair(public, secret) != 0 ||
        !mt_output_open(&output, path))
        return MT_EXIT_STATUS_FAILED;
    sodium_bin2hex(line, sizeof line, secret, sizeof secret);
    line[2 * sizeof secret] = '\n';
    bool good = mt_output_write(&output, line, 2 * sizeof secret + 1);
    sodium_memzero(secret, sizeof secret);
    sodium_memzero(line, sizeof line);
    if (!good)
        mt_output_abandon(&output);
    else if (mt_output_commit(&output)) {
        puts(sodium_bin2hex(text, sizeof text, public, sizeof public));
        return MT_EXIT_STATUS_OK;
    }
    return MT_EXIT_STATUS_FAILED;
}
#else
static int make(const char *path) {
    (void)path;
    return mt_sealing_absent();
}
#endif

static int keygen(int argc, char **argv) {
    struct mt_arguments args = {
        .command = &mt_command_keygen, argc, 1, argv, false, NULL, 0};
    const char *path = "mtalloc.key";
    int key;
    while ((key = mt_arguments_next(&args)) != MT_ARGUMENT_END) {
        if (key == MT_ARGUMENT_STOP)
            return args.status;
        if (key != 'o')
            return mt_command_misused(args.command, "keygen takes no operand: %s",
                                      args.value);
        path = args.value;
    }
    if (!strcmp(path, "-"))
        return mt_command_misused(args.command, "the secret key goes to a FILE");
    return make(path);
}
