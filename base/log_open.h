/* Where messages go: opened at start. Used by base/log.c. */
#ifndef MT_BASE_LOG_OPEN_H
#define MT_BASE_LOG_OPEN_H

/* A socket connected to the system's log, close-on-exec, or a negative errno. It never
 * blocks. MT_SIGNAL_SAFE. */
int mt_log_open_syslog(void);

/*
 * A file to append to, mode 0600, close-on-exec, made if it is not there. It must be a
 * regular file of the effective user, with one name, that nobody else can write, and no
 * symbolic link. A descriptor or a negative errno. MT_SIGNAL_SAFE.
 */
int mt_log_open_file(const char *path);

#endif
