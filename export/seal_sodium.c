/* libmtalloc-seal.so, and part of the command: the calls of libsodium that seal a file.
 * None of them allocates; randomness is one getrandom() each. */
#include "base/attr.h"
#include "export/seal.h"

#include <sodium.h>
#include <string.h>

_Static_assert(sizeof(struct mt_seal_state) >=
                   sizeof(crypto_secretstream_xchacha20poly1305_state),
               "a stream's state");
_Static_assert(sizeof((struct mt_seal_head){0}).key ==
                   crypto_secretstream_xchacha20poly1305_KEYBYTES + crypto_box_SEALBYTES,
               "a sealed key");
_Static_assert(sizeof((struct mt_seal_head){0}).stream ==
                   crypto_secretstream_xchacha20poly1305_HEADERBYTES,
               "a stream's header");
_Static_assert(MT_SEAL_TAG_BYTES == crypto_secretstream_xchacha20poly1305_ABYTES, "a tag");
_Static_assert(MT_SEAL_KEY_BYTES == crypto_box_PUBLICKEYBYTES, "a public key");

static bool begin(struct mt_seal_state *state, const uint8_t recipient[MT_SEAL_KEY_BYTES],
                  struct mt_seal_head *head) {
    unsigned char key[crypto_secretstream_xchacha20poly1305_KEYBYTES];
    void *stream = state->bytes;
    crypto_secretstream_xchacha20poly1305_keygen(key);
    bool good =
        crypto_box_seal(head->key, key, sizeof key, recipient) == 0 &&
        crypto_secretstream_xchacha20poly1305_init_push(stream, head->stream, key) == 0;
    sodium_memzero(key, sizeof key);
    return good;
}

static void chunk(struct mt_seal_state *state, const struct mt_seal_with *with,
                  const char *bytes, size_t length, bool last, uint8_t *out) {
    void *stream = state->bytes;
    (void)crypto_secretstream_xchacha20poly1305_push(
        stream, out, NULL, (const unsigned char *)bytes, length, (const void *)with,
        sizeof *with,
        last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
             : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE);
    if (last)
        sodium_memzero(state, sizeof *state);
}

MT_EXPORT const struct mt_sealing mtalloc_sealing = {MT_SEAL_VERSION, begin, chunk};

/* Before any file: it opens or probes the kernel's source of randomness. */
__attribute__((constructor)) static void start(void) {
    if (sodium_init() >= 0)
        randombytes_stir();
}
