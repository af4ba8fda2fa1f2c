#include "export/seal.h"

#include "base/sys.h"
#include <errno.h>
#include <string.h>

static bool wanted;
static const struct mt_sealing *sealing; /* NULL: cannot be done */
static uint8_t recipient[MT_SEAL_KEY_BYTES];

/* The file being written. */
static struct {
    int fd;
    struct mt_seal_state state;
    struct {
        uint32_t length;
        uint8_t chunk[MT_SEAL_CHUNK_BYTES + MT_SEAL_TAG_BYTES];
    } piece; /* side by side, as they are written */
} file;

static int digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool mt_seal_key(const char *text, uint8_t key[MT_SEAL_KEY_BYTES]) {
    if (strlen(text) != 2 * MT_SEAL_KEY_BYTES)
        return false;
    for (size_t i = 0; i < MT_SEAL_KEY_BYTES; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        key[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

void mt_seal_use(const struct mt_sealing *use, const uint8_t key[MT_SEAL_KEY_BYTES]) {
    wanted = true;
    sealing = use && use->version == MT_SEAL_VERSION ? use : NULL;
    memcpy(recipient, key, sizeof recipient);
}

bool mt_seal_wanted(void) {
    return wanted;
}

bool mt_seal_possible(void) {
    return sealing != NULL;
}

static int write_all(const void *bytes, size_t length) {
    const char *at = bytes;
    while (length) {
        long done = mt_sys3(SYS_write, file.fd, at, length);
        if (done == -EINTR)
            continue;
        if (done <= 0)
            return done ? (int)done : -EIO;
        at += done;
        length -= (size_t)done;
    }
    return 0;
}

int mt_seal_begin(int fd) {
    struct mt_seal_head head = {
        .magic = {0}, .version = MT_SEAL_VERSION, .chunk_bytes = MT_SEAL_CHUNK_BYTES};
    memcpy(head.magic, MT_SEAL_MAGIC, sizeof head.magic);
    file.fd = fd;
    if (!sealing || !sealing->begin(&file.state, recipient, &head))
        return -ENOTSUP;
    return write_all(&head, sizeof head);
}

static int write_chunk(const char *bytes, size_t length, bool last) {
    struct mt_seal_with with = {.version = MT_SEAL_VERSION,
                                .chunk_bytes = MT_SEAL_CHUNK_BYTES,
                                .length = (uint32_t)length + MT_SEAL_TAG_BYTES};
    memcpy(with.magic, MT_SEAL_MAGIC, sizeof with.magic);
    sealing->chunk(&file.state, &with, bytes, length, last, file.piece.chunk);
    file.piece.length = with.length;
    return write_all(&file.piece, sizeof with.length + with.length);
}

long mt_seal_write(const char *bytes, size_t length) {
    if (length > MT_SEAL_CHUNK_BYTES)
        length = MT_SEAL_CHUNK_BYTES;
    int error = write_chunk(bytes, length, false);
    return error ? error : (long)length;
}

int mt_seal_end(void) {
    return write_chunk("", 0, true);
}
