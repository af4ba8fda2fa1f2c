/*
 * Encryption of what is written, to a public key (option `recipient`): docs/FORMAT.md,
 * "Sealed files". The code that encrypts needs libsodium and is an object of its own,
 * libmtalloc-seal.so, loaded at start when a recipient is set and never otherwise.
 */
#ifndef MT_EXPORT_SEAL_H
#define MT_EXPORT_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MT_SEAL_KEY_BYTES   32u
#define MT_SEAL_MAGIC       "MTSEALED"
#define MT_SEAL_VERSION     1u
#define MT_SEAL_CHUNK_BYTES 65536u /* most plain bytes in a chunk */
#define MT_SEAL_TAG_BYTES   17u    /* what a chunk grows by */

/* A sealed file begins with this; chunks follow, each behind its length. Little endian. */
struct mt_seal_head {
    char magic[8];
    uint32_t version;
    uint32_t chunk_bytes;
    uint8_t key[48 + 32]; /* the file's key in a sealed box */
    uint8_t stream[24];   /* the stream's header */
};
_Static_assert(sizeof(struct mt_seal_head) == 120, "head of a sealed file");

/* Authenticated with every chunk: the head's first fields and the chunk's own length. */
struct mt_seal_with {
    char magic[8];
    uint32_t version, chunk_bytes, length;
};
_Static_assert(sizeof(struct mt_seal_with) == 20, "additional data of a chunk");

/* What libmtalloc-seal.so exports. MT_SIGNAL_SAFE, no allocation; a state is a stream's. */
struct mt_seal_state {
    _Alignas(16) uint8_t bytes[64];
};
struct mt_sealing {
    uint32_t version; /* MT_SEAL_VERSION */
    bool (*begin)(struct mt_seal_state *state, const uint8_t recipient[MT_SEAL_KEY_BYTES],
                  struct mt_seal_head *head);
    /* Seals `length` bytes into `length + MT_SEAL_TAG_BYTES`; `last` ends the stream. */
    void (*chunk)(struct mt_seal_state *state, const struct mt_seal_with *with,
                  const char *bytes, size_t length, bool last, uint8_t *out);
};
extern const struct mt_sealing mtalloc_sealing;

/* Reads 64 hexadecimal digits. */
bool mt_seal_key(const char *text, uint8_t key[MT_SEAL_KEY_BYTES]);

/* From now on files are sealed by `sealing` for `recipient`; NULL: that is asked for but
 * cannot be done, so that nothing may be written. */
void mt_seal_use(const struct mt_sealing *sealing,
                 const uint8_t recipient[MT_SEAL_KEY_BYTES]);

/* Loads the object beside the library and uses it. Not MT_SIGNAL_SAFE: at start only.
 * NULL, or a static text saying why it could not be: then nothing may be written. */
const char *mt_seal_load(const char *recipient);

/* Whether files are to be sealed, and whether they can be. */
bool mt_seal_wanted(void);
bool mt_seal_possible(void);

/* One file at a time, in pieces of at most MT_SEAL_CHUNK_BYTES. 0 (write: the length) or a
 * negative errno. MT_SIGNAL_SAFE. */
int mt_seal_begin(int fd);
long mt_seal_write(const char *bytes, size_t length);
int mt_seal_end(void);

#endif
