/* The recorder: the region as a file that survives the process. */
#ifndef MT_ALLOC_RECORDER_H
#define MT_ALLOC_RECORDER_H

/*
 * Opens `path` for this process to record into. Returns a descriptor, or -1: then the
 * region is private. A file that belongs to another process (the parent under `mtalloc
 * run`, say) is left alone but for its count of other processes. A file that is not there
 * is made, 0600; one that is no recording is refused with a warning.
 */
int mt_recorder_open(const char *path);

#endif
