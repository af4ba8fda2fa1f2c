#include "cli/sealing.h"

#include "cli/exit_status.h"
#include "cli/policy.h"
#include "cli/say.h"
#include "export/seal.h"

#if defined(MT_SODIUM)
#    define SEALING (&mtalloc_sealing)
#else
#    define SEALING NULL
#endif

bool mt_sealing_recipient(const char *key) {
    uint8_t bytes[MT_SEAL_KEY_BYTES];
    if (!mt_seal_key(key, bytes))
        return false;
    mt_seal_use(SEALING, bytes);
    return true;
}

void mt_sealing_for(const struct mt_region *region) {
    const char *hosts = mt_policy()->floor.recipient;
    uint8_t any = 0;
    if (hosts[0]) {
        (void)mt_sealing_recipient(hosts);
        return;
    }
    for (unsigned i = 0; i < MT_SEAL_KEY_BYTES; i++)
        any |= region->recipient[i];
    if (any && !mt_seal_wanted())
        mt_seal_use(SEALING, region->recipient);
}

int mt_sealing_absent(void) {
    mt_say("this mtalloc was built without libsodium: it can neither seal nor decrypt");
    return MT_EXIT_STATUS_FAILED;
}

bool mt_sealing_possible(void) {
    if (!mt_seal_wanted() || mt_seal_possible())
        return true;
    (void)mt_sealing_absent();
    return false;
}
