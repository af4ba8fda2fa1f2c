#include "cli/policy.h"

#include "cli/say.h"
#include "export/seal.h"

const struct mt_policy *mt_policy(void) {
    static struct mt_policy policy;
    static bool done;
    if (!done) {
        const char *problem = mt_policy_read(MT_POLICY, &policy);
        if (problem != NULL)
            mt_say("the host's policy %s %s", MT_POLICY, problem);
        done = true;
    }
    return &policy;
}

bool mt_policy_permits(void) {
    const struct mt_policy *policy = mt_policy();
    bool sealed = mt_seal_wanted();
    if (policy->require_encryption && !sealed)
        mt_say("the host's policy requires encryption: name a --recipient");
    return !policy->silent && (sealed || !policy->require_encryption);
}

bool mt_policy_permits_plain(void) {
    const struct mt_policy *policy = mt_policy();
    if (policy->require_encryption)
        mt_say("the host's policy requires encryption, and run counts and reports in "
               "plain: set LD_PRELOAD and option exit=summary instead");
    return !policy->silent && !policy->require_encryption;
}
