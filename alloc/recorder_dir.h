/* Recordings in a directory, one for each process: option recorder=DIR, and children under
 * follow_fork=yes. */
#ifndef MT_ALLOC_RECORDER_DIR_H
#define MT_ALLOC_RECORDER_DIR_H

#include <stdbool.h>

/* Keeps the directory, open, for this process and the children that it forks. `file`: the
 * one that the file is in. False if there is none. */
bool mt_recorder_dir_hold(const char *path, bool file);

/* Makes a new file there, PROGRAM.PID.RANDOM.recording. Returns a descriptor; -1 if it
 * can't be made, or there are max_recordings of them; why was said unless `quiet`.
 * MT_SIGNAL_SAFE. */
int mt_recorder_dir_make(const char *program, bool quiet);

#endif
