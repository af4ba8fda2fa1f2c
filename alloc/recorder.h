/* The recorder: the region as a file that survives the process. */
#ifndef MT_ALLOC_RECORDER_H
#define MT_ALLOC_RECORDER_H

/*
 * Opens `path` for this process to record into. Returns a descriptor, or -1: then the
 * region is private. A file that belongs to another process (the parent under `mtalloc
 * run`, say) is left alone but for its count of other processes; under follow_fork=yes this
 * one then gets a file beside it. A file that is not there is made, 0600; one that is no
 * recording is refused with a warning. Of a directory, a new file in it. "fd:N": the file
 * of that descriptor, empty or a recording.
 */
int mt_recorder_open(const char *path, const char *program);

/* The same for a forked child under follow_fork=yes. MT_SIGNAL_SAFE. */
int mt_recorder_open_child(void);

#endif
