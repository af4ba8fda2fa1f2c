/* `mtalloc decrypt`: opens a sealed summary. The file is hostile. */
#include "cli/command.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/sealing.h"
#include "export/seal.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#if defined(MT_SODIUM)
#    include <sodium.h>
#endif

static const struct mt_argument arguments[] = {
    {'k', "key", "FILE", "the secret key's file (default mtalloc.key)"},
    {'o', "output", "FILE", "write FILE (default stdout)"},
    {0},
};
static int decrypt(int argc, char **argv);

const struct mt_command mt_command_decrypt = {
    .name = "decrypt",
    .operands = "FILE",
    .summary = "opens a sealed summary with the secret key",
    .arguments = arguments,
    .run = decrypt,
};

#if defined(MT_SODIUM)
static size_t read_all(int fd, void *to, size_t length) {
    size_t done = 0;
    ssize_t got;
    while (done < length && ((got = read(fd, (char *)to + done, length - done)) > 0 ||
                             (got < 0 && errno == EINTR)))
        done += got > 0 ? (size_t)got : 0;
    return done;
}

static bool read_key(const char *path, uint8_t secret[MT_SEAL_KEY_BYTES]) {
    char text[2 * MT_SEAL_KEY_BYTES + 2] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        mt_say("cannot open %s: %s", path, strerror(errno));
        return false;
    }
    size_t length = read_all(fd, text, sizeof text - 1);
    close(fd);
    text[length > 2 * MT_SEAL_KEY_BYTES ? 2 * MT_SEAL_KEY_BYTES : length] = '\0';
    bool good = mt_seal_key(text, secret);
    sodium_memzero(text, sizeof text);
    if (!good)
        mt_say("%s holds no secret key", path);
    return good;
}

struct opening {
    const char *name;
    int from;
    struct mt_seal_head head;
    crypto_secretstream_xchacha20poly1305_state stream;
};

static int refuse(const struct opening *open, const char *why) {
    mt_say("%s %s", open->name, why);
    return MT_EXIT_STATUS_INPUT;
}

static int begin(struct opening *open, const char *key_file) {
    uint8_t secret[MT_SEAL_KEY_BYTES], public[MT_SEAL_KEY_BYTES];
    unsigned char key[crypto_secretstream_xchacha20poly1305_KEYBYTES];
    struct mt_seal_head *head = &open->head;
    size_t length = read_all(open->from, head, sizeof *head);
    if (length < 16 || memcmp(head->magic, MT_SEAL_MAGIC, sizeof head->magic) != 0)
        return refuse(open, "is not a sealed summary");
    if (head->version != MT_SEAL_VERSION || head->chunk_bytes != MT_SEAL_CHUNK_BYTES)
        return refuse(open, "is sealed in a way that this mtalloc does not know");
    if (length < sizeof *head)
        return refuse(open, "is truncated: nothing of it can be opened");
    if (sodium_init() < 0 || !read_key(key_file, secret))
        return MT_EXIT_STATUS_INPUT;
    bool good =
        crypto_scalarmult_base(public, secret) == 0 &&
        crypto_box_seal_open(key, head->key, sizeof head->key, public, secret) == 0 &&
        crypto_secretstream_xchacha20poly1305_init_pull(&open->stream, head->stream, key) ==
            0;
    sodium_memzero(secret, sizeof secret);
    sodium_memzero(key, sizeof key);
    return good ? MT_EXIT_STATUS_OK
                : refuse(open, "was not sealed for this key, or its head is damaged");
}

/* One chunk. OK, PARTIAL where no further one authenticates, FAILED. */
static int copy_chunk(struct opening *open, const struct mt_output *to, bool *ended) {
    static unsigned char sealed[MT_SEAL_CHUNK_BYTES + MT_SEAL_TAG_BYTES],
        plain[MT_SEAL_CHUNK_BYTES];
    struct mt_seal_with with = {.version = MT_SEAL_VERSION,
                                .chunk_bytes = MT_SEAL_CHUNK_BYTES};
    unsigned long long length = 0;
    unsigned char tag = 0;
    memcpy(with.magic, MT_SEAL_MAGIC, sizeof with.magic);
    if (read_all(open->from, &with.length, sizeof with.length) != sizeof with.length ||
        with.length < MT_SEAL_TAG_BYTES || with.length > sizeof sealed ||
        read_all(open->from, sealed, with.length) != with.length ||
        crypto_secretstream_xchacha20poly1305_pull(&open->stream, plain, &length, &tag,
                                                   sealed, with.length, (void *)&with,
                                                   sizeof with) != 0)
        return MT_EXIT_STATUS_PARTIAL;
    *ended = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    return mt_output_write(to, plain, length) ? MT_EXIT_STATUS_OK : MT_EXIT_STATUS_FAILED;
}

static int copy_all(struct opening *open, const struct mt_output *output) {
    bool ended = false;
    int status = MT_EXIT_STATUS_OK;
    char more;
    while (status == MT_EXIT_STATUS_OK && !ended)
        status = copy_chunk(open, output, &ended);
    if (status == MT_EXIT_STATUS_PARTIAL)
        mt_say("%s is truncated or damaged; what came before is kept", open->name);
    if (status == MT_EXIT_STATUS_OK && read_all(open->from, &more, 1) > 0) {
        mt_say("%s goes on after its end; the rest is left out", open->name);
        status = MT_EXIT_STATUS_PARTIAL;
    }
    return status;
}

static int decrypt_file(const char *path, const char *key_file, const char *to) {
    struct opening open_file;
    struct mt_output output;
    open_file.from = mt_input_open(path, &open_file.name);
    if (open_file.from < 0)
        return MT_EXIT_STATUS_INPUT;
    int status = begin(&open_file, key_file);
    if (status == MT_EXIT_STATUS_OK && !mt_output_open(&output, to))
        status = MT_EXIT_STATUS_FAILED;
    else if (status == MT_EXIT_STATUS_OK) {
        status = copy_all(&open_file, &output);
        if (status == MT_EXIT_STATUS_FAILED)
            mt_output_abandon(&output);
        else if (!mt_output_commit(&output))
            status = MT_EXIT_STATUS_FAILED;
    }
    sodium_memzero(&open_file.stream, sizeof open_file.stream);
    mt_input_close(open_file.from);
    return status;
}
#else
static int decrypt_file(const char *path, const char *key_file, const char *to) {
    (void)path, (void)key_file, (void)to;
    return mt_sealing_absent();
}
#endif

static int decrypt(int argc, char **argv) {
    struct mt_arguments args = {
        .command = &mt_command_decrypt, argc, 1, argv, false, NULL, 0};
    const char *from = NULL, *to = "-", *key_file = "mtalloc.key";
    int key;
    while ((key = mt_arguments_next(&args)) != MT_ARGUMENT_END) {
        if (key == MT_ARGUMENT_STOP)
            return args.status;
        if (key == 'o')
            to = args.value;
        else if (key == 'k')
            key_file = args.value;
        else if (from != NULL)
            return mt_command_misused(args.command, "one FILE, not also %s", args.value);
        else
            from = args.value;
    }
    if (from == NULL)
        return mt_command_misused(args.command, "decrypt needs a FILE");
    return decrypt_file(from, key_file, to);
}
