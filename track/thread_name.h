/* Names that the program gives its threads, in their shards. Whoever reads one may be
 * another process, whoever wrote it a hostile one: only what has the form of a name is one.
 */
#ifndef MT_TRACK_THREAD_NAME_H
#define MT_TRACK_THREAD_NAME_H

#include "base/attr.h"
#include "track/region.h"

/* True for 1 to 31 of A-Z a-z 0-9 _ . -, and a NUL. */
bool mt_thread_name_fits(const char *name);

/* Sets it; "" for none. Only the shard's owner does; false if that is what a handler has
 * interrupted. MT_SIGNAL_SAFE. */
bool mt_thread_name_set(struct mt_shard *shard, const char *name);

/* Takes it away, when the owner changes. */
void mt_thread_name_clear(struct mt_shard *shard);

/* The name, or "": there is none, it is no name, or it is being changed. MT_SIGNAL_SAFE. */
void mt_thread_name_read(const struct mt_shard *shard, char name[MT_THREAD_NAME_MAX]);

#endif
