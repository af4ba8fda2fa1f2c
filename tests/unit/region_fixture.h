/* A region put together by hand, for tests of its readers. */
#ifndef MT_TESTS_REGION_FIXTURE_H
#define MT_TESTS_REGION_FIXTURE_H

#include "track/region.h"

enum {
    FIXTURE_BYTES = 2 << 20,
    FIXTURE_EPOCH = 5,
    FIXTURE_DEMO = MT_PSEUDO_COUNT + 1, /* modules */
    FIXTURE_LIBRARY,
    FIXTURE_MAIN =
        MT_PSEUDO_COUNT + 1, /* nodes: main calls make and, in the library, keep */
    FIXTURE_MAKE,
    FIXTURE_KEEP,
    FIXTURE_SITE_MAKE = MT_PSEUDO_COUNT + 1, /* sites */
    FIXTURE_SITE_KEEP,
};

/* An empty region with tables and the pseudo modules, nodes and sites. */
struct mt_region *fixture_empty(void);

/* Two sites, three frames, three shards (two owned, one shared). Fresh on every call:
 * tests may damage it. */
struct mt_region *fixture_region(void);

/* More frames below main, up to index `end`, so that a summary is long. */
void fixture_frames(struct mt_region *region, uint32_t end);

void *fixture_record(struct mt_region *region, enum mt_table_id id, uint32_t index);
struct mt_shard *fixture_shard(struct mt_region *region, uint32_t index);

/* The counter of a site in a shard, made with the chunks that lead to it. */
struct mt_counter *fixture_counter(struct mt_region *region, uint32_t shard, uint32_t site);

#endif
