// What Swift's Glibc module does not show (it is imported without _GNU_SOURCE), and nothing more.
#ifndef CLINUX_H
#define CLINUX_H

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

/// accept4(2): the new descriptor is non-blocking and close-on-exec.
int laurel_accept(int fd, struct sockaddr *address, socklen_t *length);

/// pthread_setname_np(3) for the calling thread; at most 15 bytes.
int laurel_name_thread(const char *name);

/// setpriority(2) for the calling thread, which is what Linux means by process 0.
void laurel_lower_priority(void);

/// wcwidth(3): the columns that a character takes on a terminal; -1 for what the locale cannot print.
int laurel_columns(unsigned int scalar);

#endif
